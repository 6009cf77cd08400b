/* put: the jobs that bring messages and sessions into the database. */
#include "put.h"

#include "txn.h"

#include <string.h>

/* What is read from a file and written to the database at once. */
#define PIECE_SIZE ((size_t)64 * 1024)

/* ---- sessions */

/* Parameters of both statements; the fields follow. */
enum session_parameter {
	SESSION_SEQ = 1,
	SESSION_ID,
	SESSION_STARTED,
	SESSION_ENDED,
	SESSION_PORT,
	SESSION_ACCEPTED,
	SESSION_REFUSED,
	SESSION_ABORTED,
	SESSION_AFTER,
	SESSION_UNTIL,
	SESSION_FIELD
};

/* What message.seq has come to. */
struct place {
	int64_t before; /* what is put now */
	int64_t now;    /* with it */
};

static void
bind_session(struct sql_row *row, const struct put_session *put,
    const struct place *place)
{
	sql_bind_number(row, SESSION_STARTED, put->started_us);
	if (put->ended_us) {
		sql_bind_number(row, SESSION_ENDED, put->ended_us);
		sql_bind_number(row, SESSION_UNTIL, place->now);
	}
	sql_bind_number(row, SESSION_PORT, put->peer_port);
	sql_bind_number(row, SESSION_ACCEPTED, put->accepted);
	sql_bind_number(row, SESSION_REFUSED, put->refused);
	sql_bind_number(row, SESSION_ABORTED, put->aborted);
	for (int i = 0; i < PUT_SESSION_FIELDS; i++)
		sql_bind_span(row, SESSION_FIELD + i, put->fields[i]);
}

/* ERR_NOT_FOUND when it was not put before. */
static enum err
find_session(struct sql *sql, const struct put_session *put, int64_t *seq)
{
	struct sql_row *row;
	enum err err =
	    sql_start(sql, &row, "SELECT seq FROM session WHERE id = ?");
	enum err found;

	if (err)
		return err;
	sql_bind_span(row, 1, span_string(put->id));
	found = sql_step(row);
	if (found == ERR_OK)
		*seq = sql_number(row, 0);
	err = sql_done(row);
	return err ? err : found;
}

static enum err
insert_session(struct sql *sql, const struct put_session *put,
    const struct place *place, int64_t *seq)
{
	static const char text[] =
	    "INSERT INTO session (seq, id, started, ended, peer_port, accepted,"
	    " refused, aborted, after_seq, until_seq, listener, protocol, peer,"
	    " local, proxy, helo, user, mechanism, tls_version, tls_cipher,"
	    " tls_group, sni, alpn, client_cert, ending) VALUES (?1, ?2, ?3,"
	    " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
	    " ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)";
	struct sql_row *row;
	enum err err = txn_next(sql, TXN_SESSION, seq);

	if (!err)
		err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_number(row, SESSION_SEQ, *seq);
	sql_bind_span(row, SESSION_ID, span_string(put->id));
	sql_bind_number(row, SESSION_AFTER, put->is_late ? 0 : place->before);
	bind_session(row, put, place);
	(void)sql_step(row);
	err = sql_done(row);
	if (!err)
		txn_add(sql, TXN_SESSIONS, 1);
	return err;
}

static enum err
update_session(struct sql *sql, const struct put_session *put,
    const struct place *place, int64_t seq)
{
	static const char text[] =
	    "UPDATE session SET started = ?3, ended = ?4, peer_port = ?5,"
	    " accepted = ?6, refused = ?7, aborted = ?8, until_seq = ?10,"
	    " listener = ?11, protocol = ?12, peer = ?13, local = ?14,"
	    " proxy = ?15, helo = ?16, user = ?17, mechanism = ?18,"
	    " tls_version = ?19, tls_cipher = ?20, tls_group = ?21, sni = ?22,"
	    " alpn = ?23, client_cert = ?24, ending = ?25 WHERE seq = ?1";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, SESSION_SEQ, seq);
	bind_session(row, put, place);
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
insert_dialogue(struct sql *sql, const struct put_session *put, int64_t seq)
{
	static const char text[] =
	    "INSERT INTO dialogue (session, part, text) VALUES (?, ?, ?)";
	struct sql_row *row;
	enum err err;

	if (put->dialogue.len == 0)
		return ERR_OK;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	sql_bind_number(row, 2, put->part);
	sql_bind_span(row, 3, put->dialogue);
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
write_session(
    struct sql *sql, const struct put_session *put, const struct place *place)
{
	int64_t seq = 0;
	enum err err = find_session(sql, put, &seq);

	if (err == ERR_NOT_FOUND)
		err = insert_session(sql, put, place, &seq);
	else if (!err)
		err = update_session(sql, put, place, seq);
	if (!err)
		err = insert_dialogue(sql, put, seq);
	txn_weigh(sql, put->dialogue.len);
	return err;
}

static enum err
run_session(struct store_job *job, struct sql *sql)
{
	struct place place;
	enum err err = txn_last(sql, TXN_SEQ, &place.now);

	place.before = place.now;
	return err
	    ? err
	    : write_session(sql, (const struct put_session *)job, &place);
}

void
put_session_init(struct put_session *put)
{
	memset(put, 0, sizeof(*put));
	put->job.run = run_session;
}

/* ---- messages */

static enum err
insert_message(struct sql *sql, const struct message *message, int64_t seq)
{
	static const char text[] =
	    "INSERT INTO message (seq, id, received, state, size, session,"
	    " listener, inbox, peer, helo, user, mail_from, mail_params, reason)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	enum { FIRST_FIELD = 6 };
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	sql_bind_span(row, 2, span_string(message->id));
	sql_bind_number(row, 3, message->received_us);
	sql_bind_number(row, 4, message->state);
	sql_bind_number(row, 5, (int64_t)message->body.len);
	for (int i = 0; i < MESSAGE_FIELDS; i++)
		sql_bind_span(row, FIRST_FIELD + i,
		    message_get(message, (enum message_field)i));
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
insert_recipient(struct sql *sql, int64_t seq, size_t position,
    const struct message_rcpt *rcpt)
{
	static const char text[] =
	    "INSERT INTO recipient (message, position, address, params, reply,"
	    " fault, is_accepted) VALUES (?, ?, ?, ?, ?, ?, ?)";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	sql_bind_number(row, 2, (int64_t)position);
	sql_bind_span(row, 3, rcpt->address);
	sql_bind_span(row, 4, rcpt->params);
	sql_bind_span(row, 5, rcpt->reply);
	sql_bind_span(row, 6, rcpt->fault);
	sql_bind_number(row, 7, message_rcpt_is_accepted(rcpt));
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
insert_recipients(struct sql *sql, const struct message *message, int64_t seq)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < message->recipient_count && !err; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		err = insert_recipient(sql, seq, i, &rcpt);
	}
	return err;
}

/* Fills the zeros that stand for a body in a file. */
static enum err
copy_file(struct sql *sql, const struct spool *body, int64_t seq)
{
	char piece[PIECE_SIZE];
	uint64_t at = 0;

	while (at < body->len) {
		ssize_t n = spool_read(body, at, piece, sizeof(piece));
		enum err err;

		if (n <= 0)
			return ERR_IO;
		err = sql_blob_write(
		    sql, "raw", "bytes", seq, at, span_make(piece, (size_t)n));
		if (err)
			return err;
		at += (uint64_t)n;
	}
	return ERR_OK;
}

static enum err
insert_body(struct sql *sql, const struct spool *body, int64_t seq)
{
	static const char text[] =
	    "INSERT INTO raw (message, bytes) VALUES (?, ?)";
	struct span all;
	bool in_memory = spool_in_memory(body, &all);
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	if (in_memory)
		sql_bind_blob(row, 2, all);
	else
		sql_bind_zeros(row, 2, body->len);
	(void)sql_step(row);
	err = sql_done(row);
	if (!err && !in_memory)
		err = copy_file(sql, body, seq);
	return err;
}

static enum err
run_message(struct store_job *job, struct sql *sql)
{
	struct put_message *put = (struct put_message *)job;
	enum err err = txn_next(sql, TXN_SEQ, &put->seq);

	if (!err && put->session)
		err = write_session(
		    sql, put->session, &(struct place){put->seq - 1, put->seq});
	if (!err)
		err = insert_message(sql, put->message, put->seq);
	if (!err)
		err = insert_recipients(sql, put->message, put->seq);
	if (!err)
		err = insert_body(sql, &put->message->body, put->seq);
	if (err)
		return err;
	txn_weigh(sql, put->message->body.len);
	txn_add(sql, TXN_MESSAGES, 1);
	txn_add(sql, TXN_BYTES, (int64_t)put->message->body.len);
	if (put->message->state == MESSAGE_ACCEPTED)
		return ERR_OK;
	txn_add(sql, TXN_REST, 1);
	txn_add(sql, TXN_REST_BYTES, (int64_t)put->message->body.len);
	return ERR_OK;
}

void
put_message_init(struct put_message *put, struct message *message)
{
	memset(put, 0, sizeof(*put));
	put->job.run = run_message;
	put->message = message;
}
