/* session_mail: a session's transaction, from MAIL to the end of its text. */
#include "session_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "header.h"

/* Without a spool file a message is not begun in less memory than this. */
#define ROOM_MIN ((size_t)64 * 1024)

/* Recipients beyond the limit that are noted too, with our reply. */
#define RCPT_MORE 1000
#define RCPT_LEN 256

/* How much of a message is looked at, to find its header. */
#define HEADER_MAX ((size_t)64 * 1024)

/* A client's word is good for so much memory in advance. */
#define EXPECT_MAX ((uint64_t)256 * 1024)

static const struct smtp_reply no_room = {
    452, "4.3.1", SPAN("Insufficient system storage, try again later")};
static const struct smtp_reply no_luck = {
    451, "4.3.0", SPAN("The message cannot be stored now, try again later")};

/* ---- messages to be used again */

static struct message *
take_message(struct session_shared *shared)
{
	if (shared->spare_count)
		return shared->spare[--shared->spare_count];
	return message_new(&shared->spool_rules);
}

void
session_give(struct session_shared *shared, struct message *message)
{
	if (!message)
		return;
	if (shared->spare_count == SESSION_SPARE) {
		message_free(message);
		return;
	}
	message_reset(message);
	shared->spare[shared->spare_count++] = message;
}

void
session_give_message(struct session *session)
{
	struct message *message = session->message;

	session->message = NULL;
	session_give(session->shared, message);
}

/* They hold memory of the budget too. */
static bool
drop_spare(struct session_shared *shared)
{
	bool had_some = shared->spare_count > 0;

	while (shared->spare_count)
		message_free(shared->spare[--shared->spare_count]);
	return had_some;
}

/* ---- the envelope */

static bool
set_sender(struct session *session)
{
	const struct path *path = smtp_path(session->smtp);

	return message_set(
		   session->message, MESSAGE_MAIL_FROM, path->mailbox) &&
	    message_set(session->message, MESSAGE_MAIL_PARAMS,
		smtp_params(session->smtp));
}

void
session_mail_begin(struct session *session)
{
	assert(!session->message);
	session->trouble = ERR_OK;
	session->text_us[0] = session->text_us[1] = 0;
	session->message = take_message(session->shared);
	if (session->message && set_sender(session))
		return;
	session_give_message(session);
	session->trouble = ERR_MEMORY;
}

static struct span
domain_of(struct span mailbox)
{
	const char *at =
	    mailbox.len ? memrchr(mailbox.at, '@', mailbox.len) : NULL;

	if (!at)
		return SPAN("");
	span_skip(&mailbox, (size_t)(at - mailbox.at) + 1);
	return mailbox;
}

void
session_mail(struct session *session)
{
	if (session->trouble)
		session_answer(session, &no_room);
	else
		session_check_sender(session,
		    domain_of(
			message_get(session->message, MESSAGE_MAIL_FROM)));
}

void
session_mail_answered(struct session *session, struct span said)
{
	if (session_said_yes(said))
		session->transactions++;
	else if (session->message)
		session_put_rest(session, MESSAGE_REFUSED, said);
}

/* Its reply follows. */
void
session_rcpt_begin(struct session *session)
{
	const struct message_rcpt rcpt = {
	    .address = smtp_path(session->smtp)->mailbox,
	    .params = smtp_params(session->smtp),
	};

	if (!message_add_recipient(session->message, &rcpt))
		session->trouble = ERR_MEMORY;
}

void
session_rcpt(struct session *session)
{
	session_answer(session, session->trouble ? &no_room : NULL);
}

void
session_rcpt_answered(struct session *session, struct span said)
{
	struct message *message = session->message;

	if (session->trouble)
		return;
	if (!message_set_reply(message, message->recipient_count - 1, said,
		span_string(session->fault_id)))
		session->trouble = ERR_MEMORY;
}

/* ---- what the engine refuses by itself */

/* What stands behind the verb, as far as it is an address. */
static void
read_path(struct span rest, enum path_use use, struct span *address,
    struct span *params)
{
	struct path path;

	rest = span_trim(rest);
	*address = rest;
	*params = SPAN("");
	if (address->len > RCPT_LEN)
		address->len = RCPT_LEN;
	if (address_parse(&rest, use, &path) != PATH_OK)
		return;
	*address = path.mailbox;
	*params = span_trim(rest);
}

/* In all that follows: without memory it is not noted, but still refused. */
static void
note_rcpt(struct session *session, struct span rest, struct span said)
{
	struct message_rcpt rcpt = {.reply = said};

	if (!session->message ||
	    session->message->recipient_count >=
		session->place->config.max_recipients + RCPT_MORE)
		return;
	read_path(rest, PATH_FORWARD, &rcpt.address, &rcpt.params);
	(void)message_add_recipient(session->message, &rcpt);
}

static void
note_mail(struct session *session, struct span rest, struct span said)
{
	struct span address, params;

	/* Inside of a transaction it changes nothing. */
	if (session->message)
		return;
	session->text_us[0] = session->text_us[1] = 0;
	session->message = take_message(session->shared);
	if (!session->message)
		return;
	read_path(rest, PATH_REVERSE, &address, &params);
	if (message_set(session->message, MESSAGE_MAIL_FROM, address) &&
	    message_set(session->message, MESSAGE_MAIL_PARAMS, params))
		session_put_rest(session, MESSAGE_REFUSED, said);
	else
		session_give_message(session);
}

void
session_refused(struct session *session, struct span line, struct span said)
{
	static const struct {
		struct span start;
		void (*note)(
		    struct session *, struct span rest, struct span said);
	} rows[] = {
	    {SPAN("RCPT TO:"), note_rcpt},
	    {SPAN("MAIL FROM:"), note_mail},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span rest = line;

		if (!span_starts_nocase(line, rows[i].start))
			continue;
		span_skip(&rest, rows[i].start.len);
		rows[i].note(session, rest, said);
	}
}

/* ---- the text */

static bool
has_room(struct session *session)
{
	struct session_shared *shared = session->shared;
	const struct budget *budget = &shared->budget;

	if (shared->options->spool_directory)
		return true;
	return budget->limit - budget->used >= ROOM_MIN ||
	    (drop_spare(shared) && budget->limit - budget->used >= ROOM_MIN);
}

void
session_data(struct session *session)
{
	uint64_t declared = smtp_declared_size(session->smtp);

	if (session->trouble || !has_room(session)) {
		session_answer(session, &no_room);
		return;
	}
	if (declared <= EXPECT_MAX)
		spool_expect(&session->message->body, declared);
	session_answer(session, NULL);
}

void
session_data_answered(struct session *session, struct span said)
{
	if (!session_said_yes(said) && session->message)
		(void)message_set(session->message, MESSAGE_REASON, said);
}

struct span
session_header(const struct session *session, char **room)
{
	const struct spool *body = &session->message->body;
	struct span text;
	ssize_t got;

	*room = NULL;
	if (spool_in_memory(body, &text))
		return header_block(text);
	*room = malloc(HEADER_MAX);
	got = *room ? spool_read(body, 0, *room, HEADER_MAX) : 0;
	return got > 0 ? header_block(span_make(*room, (size_t)got)) : SPAN("");
}

void
session_content(struct session *session)
{
	struct span content = smtp_content(session->smtp);
	struct spool *body = &session->message->body;

	if (!session->text_us[0])
		session->text_us[0] = session->shared->now_us;
	session->text_us[1] = session->shared->now_us;
	if (session->trouble)
		return;
	session->trouble = spool_put(body, content);
	if (session->trouble == ERR_LIMIT && drop_spare(session->shared))
		session->trouble = spool_put(body, content);
}

/* ---- its end */

const struct smtp_reply *
session_trouble(enum err err)
{
	switch (err) {
	case ERR_MEMORY:
	case ERR_LIMIT:
	case ERR_FULL:
		return &no_room;
	default:
		return &no_luck;
	}
}

void
session_body(struct session *session)
{
	if (session->trouble) {
		session_complain(session, session->trouble);
		session_answer(session, session_trouble(session->trouble));
		return;
	}
	if (session->shared->options->findings == SERVE_FINDINGS_REJECT)
		session_check_body(session);
	else
		session_put_accepted(session);
}

void
session_body_answered(struct session *session, struct span said)
{
	/* A rule that waits for the commit is about this message only. */
	session->drops_at_commit = false;
	/* What was stored, or could not be, is given back already. */
	if (session->message)
		session_put_rest(session, MESSAGE_REFUSED, said);
}

/* What the client gave up after our no to it was refused by us. */
void
session_give_up(struct session *session, const char *words)
{
	const struct message *message = session->message;
	struct span reason = message_get(message, MESSAGE_REASON);
	struct message_rcpt last = {.reply = SPAN("")};
	bool is_accepted = false;

	for (size_t i = 0; i < message->recipient_count; i++) {
		last = message_recipient(message, i);
		is_accepted = is_accepted || message_rcpt_is_accepted(&last);
	}
	if (reason.len == 0 && !is_accepted)
		reason = last.reply;
	if (reason.len)
		session_put_rest(session, MESSAGE_REFUSED, reason);
	else
		session_put_rest(session, MESSAGE_ABORTED, span_string(words));
}

void
session_abort(struct session *session)
{
	const struct smtp_reply *refusal = smtp_refusal(session->smtp);
	char text[256];

	if (!session->message)
		return;
	if (!refusal) {
		session_give_up(session, "given up by the client");
		return;
	}
	(void)snprintf(text, sizeof(text), "%d %s%s%.*s", refusal->code,
	    refusal->enhanced ? refusal->enhanced : "",
	    refusal->enhanced ? " " : "", SPAN_ARG(refusal->text));
	session_put_rest(session, MESSAGE_REFUSED, span_string(text));
}
