/* session_rest: what a session did not accept, until it is stored. */
#include "session_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX 512

/* So many of a session may be on their way before it waits for the store: who
   is refused as fast as he can ask must not fill the memory. */
#define REST_MAX 8

/* One message that was not accepted; the session has forgotten it already. */
struct rest {
	struct put_message put;
	struct session *session;
};

static void
on_rest(struct store_job *job, enum err err)
{
	struct rest *rest =
	    (struct rest *)((char *)job - offsetof(struct rest, put.job));
	struct session *session = rest->session;
	struct session_shared *shared = session->shared;
	struct message *message = rest->put.message;

	shared->now_us = clock_mono_us();
	session->rests_out--;
	if (err) {
		session->counts[message->state]--;
		session_complain(session, err);
	} else if (shared->options->saw && !shared->is_abandoned) {
		shared->options->saw(
		    message, rest->put.seq, shared->options->saw_context);
	}
	session_give(shared, message);
	free(rest);
	if (session->waits_for_rest && session->rests_out == 0 &&
	    session->state == SESSION_WAITING)
		session_resume(session);
	session_put_settle(session);
}

static void
wait_for_rests(struct session *session)
{
	session->waits_for_rest = true;
	session->state = SESSION_WAITING;
}

bool
session_rest_is_out(struct session *session)
{
	if (session->rests_out == 0)
		return false;
	wait_for_rests(session);
	return true;
}

/* Takes the message. Without memory it is not kept. */
static void
submit(struct session *session)
{
	struct rest *rest = malloc(sizeof(*rest));

	if (!rest) {
		session_give_message(session);
		return;
	}
	session->counts[session->message->state]++;
	/* Nobody would know the session without it; at its end it follows. */
	if (!session->is_known && !session->is_record_out &&
	    session->state != SESSION_GONE)
		session_put_record(session);
	put_message_init(&rest->put, session->message);
	rest->put.job.done = on_rest;
	rest->session = session;
	session->message = NULL;
	session->rests_out++;
	store_write(session->shared->store, &rest->put.job);
	if (session->rests_out >= REST_MAX && session->state == SESSION_TALKING)
		wait_for_rests(session);
}

static void
remark(struct session *session, uint64_t len)
{
	const struct message *message = session->message;
	bool is_refused = message->state == MESSAGE_REFUSED;
	char times[80] = "";
	double from =
	    (double)(session->text_us[0] - session->record.started_us);
	double to = (double)(session->text_us[1] - session->record.started_us);

	if (session->text_us[0])
		(void)snprintf(times, sizeof(times), ", from %.6f to %.6f",
		    from / CLOCK_SECOND, to / CLOCK_SECOND);
	session_remark(session, "%s message %s: %llu of %llu octets kept%s",
	    is_refused ? "refused" : "aborted", message->id,
	    (unsigned long long)message->body.len, (unsigned long long)len,
	    times);
}

/* An envelope that only has a sender, and was given up, is no mail. */
static bool
is_nothing(const struct message *message, enum message_state state)
{
	return state == MESSAGE_ABORTED && message->recipient_count == 0 &&
	    message->body.len == 0;
}

/* False when there is nothing to keep, or no memory to keep it. */
static bool
fill(struct session *session, enum message_state state, struct span reason)
{
	struct message *message = session->message;
	uint64_t len = message->body.len;
	char words[REASON_MAX];

	if (is_nothing(message, state))
		return false;
	/* It may stand in the message itself, which grows now. */
	if (reason.len > sizeof(words))
		reason.len = sizeof(words);
	if (reason.len)
		memcpy(words, reason.at, reason.len);
	if (!message_set(
		message, MESSAGE_REASON, span_make(words, reason.len)) ||
	    !session_fill_message(session, state))
		return false;
	spool_cut(&message->body, session->shared->options->refused_max);
	remark(session, len);
	return true;
}

void
session_put_rest(
    struct session *session, enum message_state state, struct span reason)
{
	session->shared->refused++;
	if (fill(session, state, reason))
		submit(session);
	else
		session_give_message(session);
}
