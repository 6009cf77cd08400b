/* session_put: what a session has at the store, its messages and its record. */
#include "session_private.h"

#include <assert.h>
#include <string.h>

#define COMPLAIN_EVERY_US CLOCK_SECOND

/* All texts of a session together, each with its own ceiling. */
#define TEXTS_MAX ((size_t)16 * 1024)

/* So much of the record is worth the writing. */
#define RECORD_ENOUGH ((size_t)16 * 1024)
/* After so long a silence it is written, for those who look at it. */
#define IDLE_US (CLOCK_SECOND / 5)

/* A full disk makes each message fail; the log need not say so each time. */
void
session_complain(struct session *session, enum err err)
{
	struct session_shared *shared = session->shared;

	if (shared->complained_us &&
	    shared->now_us - shared->complained_us < COMPLAIN_EVERY_US)
		return;
	shared->complained_us = shared->now_us;
	log_error(shared->options->log, "session %s from %s: not stored: %s",
	    session->id, session->peer.address, err_text(err));
}

/* ---- what the jobs hold */

/*
 * The session goes on while its record is at the store: what the job borrows is
 * copied. Without memory a text is missing.
 */
static void
copy_fields(struct session *session, const struct span *fields)
{
	struct put_session *put = &session->put_session;
	struct buf *texts = &session->put_texts;

	buf_reset(texts);
	for (size_t i = 0; i < PUT_SESSION_FIELDS; i++) {
		size_t before = texts->len;

		(void)buf_put(texts, fields[i]);
		put->fields[i].len = texts->len - before;
	}
	/* Now it grows no more. */
	for (size_t i = 0, at = 0; i < PUT_SESSION_FIELDS; i++) {
		put->fields[i].at = texts->at ? texts->at + at : "";
		at += put->fields[i].len;
	}
}

static void
fill_fields(struct session *session)
{
	const struct listen_spec *spec = session->place->spec;
	bool is_over = session->state == SESSION_GONE;
	const char *ending =
	    is_over ? session_ending_name(session->ending) : "";
	const struct span fields[PUT_SESSION_FIELDS] = {
	    [PUT_SESSION_LISTENER] = span_string(spec->name),
	    [PUT_SESSION_PROTOCOL] =
		span_string(listen_protocol_name(spec->protocol)),
	    [PUT_SESSION_PEER] = span_string(session->peer.address),
	    [PUT_SESSION_LOCAL] = session->local,
	    [PUT_SESSION_PROXY] = buf_span(&session->proxy),
	    [PUT_SESSION_HELO] = buf_span(&session->helo),
	    [PUT_SESSION_USER] = buf_span(&session->user),
	    [PUT_SESSION_MECHANISM] = span_string(session->mechanism),
	    [PUT_SESSION_TLS_VERSION] = span_string(session->tls_version),
	    [PUT_SESSION_TLS_CIPHER] = span_string(session->tls_cipher),
	    [PUT_SESSION_TLS_GROUP] = span_string(session->tls_group),
	    [PUT_SESSION_SNI] = buf_span(&session->sni),
	    [PUT_SESSION_ALPN] = buf_span(&session->alpn),
	    [PUT_SESSION_CLIENT_CERT] = buf_span(&session->client_cert),
	    [PUT_SESSION_ENDING] = span_string(ending),
	};

	copy_fields(session, fields);
}

static void
lend_record(struct session *session)
{
	struct put_session *put = &session->put_session;

	assert(!session->is_record_out);
	fill_fields(session);
	put->peer_port = session->peer.port;
	put->ended_us = session->state == SESSION_GONE ? clock_wall_us() : 0;
	put->accepted = session->counts[MESSAGE_ACCEPTED];
	put->refused = session->counts[MESSAGE_REFUSED];
	put->aborted = session->counts[MESSAGE_ABORTED];
	put->dialogue = record_lend(&session->record, &put->part);
	session->is_record_out = true;
	session->is_known = true;
}

static void
return_record(struct session *session, enum err err)
{
	session->is_record_out = false;
	if (err) {
		record_lost(&session->record);
		session->is_known = false;
		session->put_session.is_late = true;
	} else {
		record_stored(&session->record);
	}
}

bool
session_fill_message(struct session *session, enum message_state state)
{
	const char *listener = session->place->spec->name;
	struct message *message = session->message;
	struct inbox_name inbox;

	message->state = state;
	message->received_us = clock_wall_us();
	uid_next(&session->shared->uids, message->received_us, message->id);
	return message_set(
		   message, MESSAGE_SESSION, span_string(session->id)) &&
	    message_set(message, MESSAGE_LISTENER, span_string(listener)) &&
	    message_set(
		message, MESSAGE_INBOX, session_inbox(session, &inbox)) &&
	    message_set(
		message, MESSAGE_PEER, span_string(session->peer.address)) &&
	    message_set(message, MESSAGE_HELO, buf_span(&session->helo)) &&
	    message_set(message, MESSAGE_USER, buf_span(&session->user));
}

/* ---- there and back */

void
session_put_settle(struct session *session)
{
	if (session->state == SESSION_GONE && !session->is_record_out &&
	    !session->is_message_out && session->rests_out == 0)
		session_finish(session);
}

static void
on_record(struct store_job *job, enum err err)
{
	struct session *session = (struct session *)((char *)job -
	    offsetof(struct session, put_session.job));

	session->shared->now_us = clock_mono_us();
	return_record(session, err);
	if (err)
		session_complain(session, err);
	if (session->waits_for_record) {
		session->waits_for_record = false;
		if (session->state == SESSION_WAITING)
			session_resume(session);
	}
	session_put_settle(session);
}

void
session_put_init(struct session *session)
{
	put_session_init(&session->put_session);
	session->put_session.job.done = on_record;
	memcpy(session->put_session.id, session->id, sizeof(session->id));
	session->put_session.started_us = session->started_us;
	buf_init(&session->put_texts, TEXTS_MAX);
}

void
session_put_release(struct session *session)
{
	buf_release(&session->put_texts);
}

/* ---- messages */

struct words {
	char at[128];
	size_t len;
};

static void
add(struct words *words, struct span text)
{
	memcpy(words->at + words->len, text.at, text.len);
	words->len += text.len;
}

static void
add_number(struct words *words, uint64_t number)
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		words->at[words->len++] = digits[--count];
}

/* Seconds since the session began, as transcripts count them. */
static void
add_seconds(struct words *words, int64_t us)
{
	add_number(words, (uint64_t)(us / CLOCK_SECOND));
	words->at[words->len++] = '.';
	for (int64_t unit = CLOCK_SECOND / 10; unit; unit /= 10)
		words->at[words->len++] = (char)('0' + us / unit % 10);
}

/* When the text came, if there was any. */
static void
add_text_times(struct words *words, const struct session *session)
{
	int64_t started_us = session->record.started_us;

	if (!session->text_us[0])
		return;
	add(words, SPAN(", from "));
	add_seconds(words, session->text_us[0] - started_us);
	add(words, SPAN(" to "));
	add_seconds(words, session->text_us[1] - started_us);
}

/* In each message's way: without printf. */
static void
remark_message(struct session *session)
{
	const struct message *message = session->message;
	struct words words = {.len = 0};

	add(&words, SPAN("message "));
	add(&words, span_make(message->id, UID_LEN));
	add(&words, SPAN(": "));
	add_number(&words, message->body.len);
	add(&words, SPAN(" octets"));
	add_text_times(&words, session);
	record_remark(&session->record, session->shared->now_us,
	    span_make(words.at, words.len));
}

static void
answer_saved(struct session *session)
{
	struct smtp_reply reply = {.code = 250, .enhanced = "2.0.0"};
	struct words words = {.len = 0};

	add(&words, SPAN("OK Message saved as "));
	add(&words, span_make(session->put_message.message->id, UID_LEN));
	reply.text = span_make(words.at, words.len);
	session_give_message(session);
	session_answer(session, &reply);
}

static void
accepted_stored(struct session *session, enum err err)
{
	if (!err)
		session->shared->accepted++;
	if (session->state == SESSION_GONE) {
		session_give_message(session);
		return;
	}
	if (!err && session->drops_at_commit) {
		session_remark(session, "stored, and not acknowledged");
		session_give_message(session);
		session_fault_drop(session);
		return;
	}
	if (!err) {
		answer_saved(session);
	} else {
		session->shared->refused++;
		session_give_message(session);
		session_answer(session, session_trouble(err));
	}
	session_resume(session);
}

static void
on_message(struct store_job *job, enum err err)
{
	struct session *session = (struct session *)((char *)job -
	    offsetof(struct session, put_message.job));
	const struct serve_smtp_options *options = session->shared->options;
	const struct message *message = session->message;

	session->shared->now_us = clock_mono_us();
	session->is_message_out = false;
	if (session->put_message.session)
		return_record(session, err);
	if (err) {
		session->counts[MESSAGE_ACCEPTED]--;
		session_complain(session, err);
	} else if (options->saw && !session->shared->is_abandoned) {
		options->saw(
		    message, session->put_message.seq, options->saw_context);
	}
	accepted_stored(session, err);
	session_put_settle(session);
}

/*
 * Writing the record doubles the cost of a small message. So it goes with the
 * first one, without which nobody would know the session, with the next one
 * when a fact is new, and else only when there is enough of it.
 */
static bool
takes_record_along(const struct session *session)
{
	if (session->is_record_out)
		return false;
	return !session->is_known || session->state == SESSION_GONE ||
	    record_len(&session->record) >= RECORD_ENOUGH;
}

static void
submit_message(struct session *session)
{
	struct put_message *put = &session->put_message;

	assert(!session->is_message_out);
	session->counts[MESSAGE_ACCEPTED]++;
	put_message_init(put, session->message);
	put->job.done = on_message;
	if (takes_record_along(session)) {
		lend_record(session);
		put->session = &session->put_session;
	}
	session->is_message_out = true;
	/* The engine takes nothing meanwhile. */
	session->state = SESSION_WAITING;
	store_write(session->shared->store, &put->job);
}

void
session_put_accepted(struct session *session)
{
	if (!session_fill_message(session, MESSAGE_ACCEPTED)) {
		session->trouble = ERR_MEMORY;
		session_body(session);
		return;
	}
	remark_message(session);
	submit_message(session);
}

/* ---- the record */

void
session_put_record(struct session *session)
{
	lend_record(session);
	store_write(session->shared->store, &session->put_session.job);
}

bool
session_record_is_full(struct session *session)
{
	if (record_len(&session->record) < RECORD_FULL)
		return false;
	if (!session->is_record_out) {
		session_put_record(session);
		return false;
	}
	session->waits_for_record = true;
	session->state = SESSION_WAITING;
	return true;
}

void
session_put_when_idle(struct session *session)
{
	if (session->state == SESSION_TALKING && !session->is_record_out &&
	    record_len(&session->record) &&
	    session->shared->now_us - session->active_us > IDLE_US)
		session_put_record(session);
}

void
session_put_last(struct session *session)
{
	static const char *const words[ENDINGS] = {
	    [ENDING_NONE] = "the connection ended",
	    [ENDING_QUIT] = "the client quit",
	    [ENDING_DROP] = "the client hung up",
	    [ENDING_RESET] = "the connection was reset",
	    [ENDING_TIMEOUT] = "the client was silent for too long",
	    [ENDING_TLS_FAILED] = "TLS failed",
	    [ENDING_SHUTDOWN] = "the server was shut down",
	    [ENDING_REFUSED] = "the session was refused",
	    [ENDING_FAULT] = "a fault rule ended the session",
	    [ENDING_ERRORS] = "too many errors",
	};

	session->is_recorded = true;
	if (session->message)
		session_give_up(session, words[session->ending]);
	session_put_record(session);
}
