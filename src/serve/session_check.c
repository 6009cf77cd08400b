/* session_check: what is found in a message before it is answered. */
#include "session_private.h"

#include <stdio.h>

#include "index.h"
#include "mime.h"

/* What the check runs on; the rest of a larger message is not looked at. */
#define CHECK_MAX INDEX_MESSAGE_MAX

#define PIECE_SIZE ((size_t)64 * 1024)

/* ---- on the worker thread */

static enum err
read_body(struct buf *out, const struct spool *body)
{
	while (out->len < CHECK_MAX && out->len < body->len) {
		char *room = buf_room(out, PIECE_SIZE);
		ssize_t got;

		if (!room)
			return ERR_MEMORY;
		got = spool_read(body, out->len, room, PIECE_SIZE);
		if (got <= 0)
			return ERR_IO;
		buf_grow(out, (size_t)got);
	}
	return ERR_OK;
}

static void
note_first(struct session_check *check, const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->at[i].rule->severity != FINDING_ERROR)
			continue;
		check->rule = findings->at[i].rule;
		check->offset = findings->at[i].offset;
		return;
	}
}

static enum err
look_at(struct session_check *check, struct span bytes)
{
	struct mime *mime = mime_parse(bytes);
	struct findings findings;
	bool is_whole;

	if (!mime)
		return ERR_MEMORY;
	findings_init(&findings);
	is_whole = finding_message(&findings, check->message, bytes, mime);
	note_first(check, &findings);
	findings_release(&findings);
	mime_free(mime);
	return is_whole ? ERR_OK : ERR_MEMORY;
}

static enum err
run(struct store_job *job, struct sql *sql)
{
	struct session_check *check = (struct session_check *)job;
	const struct spool *body = &check->message->body;
	struct span bytes;
	struct buf copy;
	enum err err;

	(void)sql;
	check->rule = NULL;
	if (spool_in_memory(body, &bytes))
		return look_at(check, bytes);
	buf_init(&copy, (size_t)CHECK_MAX + PIECE_SIZE);
	err = read_body(&copy, body);
	if (!err)
		err = look_at(check, buf_span(&copy));
	buf_release(&copy);
	return err;
}

/* ---- on the loop */

static void
refuse(struct session *session)
{
	const struct session_check *check = &session->check;
	struct smtp_reply reply = {.code = 550, .enhanced = "5.6.0"};
	char text[300];

	(void)snprintf(text, sizeof(text), "%s at octet %llu: %s (%s)",
	    check->rule->id, (unsigned long long)check->offset,
	    check->rule->title, check->rule->section);
	reply.text = span_string(text);
	session_answer(session, &reply);
}

static void
on_done(struct store_job *job, enum err err)
{
	struct session *session = (struct session *)((char *)job -
	    offsetof(struct session, check.job));

	session->shared->now_us = clock_mono_us();
	session->is_message_out = false;
	/* Nobody is left to be told that it is accepted, so it is not. */
	if (session->state == SESSION_GONE) {
		session_put_settle(session);
		return;
	}
	if (err) {
		session_complain(session, err);
		session_answer(session, session_trouble(err));
	} else if (session->check.rule) {
		refuse(session);
	} else {
		session_put_accepted(session);
	}
	session_resume(session);
}

void
session_check_body(struct session *session)
{
	struct session_check *check = &session->check;

	/* It came by SMTP: what was not declared is a finding. */
	if (!message_set(
		session->message, MESSAGE_SESSION, span_string(session->id))) {
		session_answer(session, session_trouble(ERR_MEMORY));
		return;
	}
	*check = (struct session_check){
	    .job = {.run = run, .done = on_done},
	    .message = session->message,
	};
	session->is_message_out = true;
	session->state = SESSION_WAITING;
	store_work(session->shared->store, &check->job);
}
