/* pick: reading and removing messages, by query or by id. */
#include "pick.h"

#include "pick_private.h"

#include "envelope.h"
#include "erase.h"

#include <stdlib.h>

/* What is read of a body at once. */
#define PIECE_SIZE ((size_t)256 * 1024)

#define SUMMARY_COLUMNS                                                        \
	"m.is_read, m.is_indexed = 1 AND s.message IS NOT NULL,"               \
	" s.subject, s.message_id, s.return_path, s.snippet, s.sha256,"        \
	" s.date_text, s.from_list, s.to_list, s.cc_list, s.bcc_list,"         \
	" s.reply_to_list, s.date, s.attachments, s.inlines, s.findings,"      \
	" s.trace_size"
#define COLUMNS ENVELOPE_COLUMNS ", " SUMMARY_COLUMNS
#define JOIN "LEFT JOIN summary s ON s.message = m.seq"

enum column {
	COLUMN_IS_READ = ENVELOPE_COUNT,
	COLUMN_IS_INDEXED,
	COLUMN_SUBJECT,
	COLUMN_MESSAGE_ID,
	COLUMN_RETURN_PATH,
	COLUMN_SNIPPET,
	COLUMN_SHA256,
	COLUMN_DATE_TEXT,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_CC,
	COLUMN_BCC,
	COLUMN_REPLY_TO,
	COLUMN_DATE,
	COLUMN_ATTACHMENTS,
	COLUMN_INLINES,
	COLUMN_FINDINGS,
	COLUMN_TRACE_SIZE
};

/* ---- one row */

static void
read_summary(struct pick_summary *summary, const struct sql_row *row)
{
	*summary = (struct pick_summary){
	    .is_read = sql_number(row, COLUMN_IS_READ) != 0,
	    .is_indexed = sql_number(row, COLUMN_IS_INDEXED) != 0,
	    .subject = sql_span(row, COLUMN_SUBJECT),
	    .message_id = sql_span(row, COLUMN_MESSAGE_ID),
	    .return_path = sql_span(row, COLUMN_RETURN_PATH),
	    .snippet = sql_span(row, COLUMN_SNIPPET),
	    .sha256 = sql_span(row, COLUMN_SHA256),
	    .date = sql_span(row, COLUMN_DATE_TEXT),
	    .from = sql_span(row, COLUMN_FROM),
	    .to = sql_span(row, COLUMN_TO),
	    .cc = sql_span(row, COLUMN_CC),
	    .bcc = sql_span(row, COLUMN_BCC),
	    .reply_to = sql_span(row, COLUMN_REPLY_TO),
	    .date_us = sql_number(row, COLUMN_DATE),
	    .attachments = sql_number(row, COLUMN_ATTACHMENTS),
	    .inlines = sql_number(row, COLUMN_INLINES),
	    .findings = sql_number(row, COLUMN_FINDINGS),
	    .trace_size = sql_number(row, COLUMN_TRACE_SIZE),
	};
}

/* What a callback returned, where it ends the walk. */
enum answer { ANSWER_GO_ON, ANSWER_ENOUGH };

static enum err
tell(struct sql *sql, struct pick_row *told, pick_callback *callback,
    void *context, enum answer *answer)
{
	static const char text[] =
	    "SELECT json_group_array(name) FROM"
	    " (SELECT name FROM tag WHERE message = ? ORDER BY name)";
	struct sql_row *tags;
	enum err err = sql_start(sql, &tags, text);

	if (err)
		return err;
	sql_bind_number(tags, 1, told->seq);
	if (sql_step(tags) == ERR_OK) {
		told->summary.tags = sql_span(tags, 0);
		if (!callback(told, context))
			*answer = ANSWER_ENOUGH;
	}
	return sql_done(tags);
}

static enum err
tell_row(struct sql *sql, const struct sql_row *row, struct message *message,
    pick_callback *callback, void *context, enum answer *answer)
{
	struct pick_row told = {
	    .seq = sql_number(row, ENVELOPE_SEQ),
	    .size = (uint64_t)sql_number(row, ENVELOPE_SIZE),
	    .message = message,
	};
	enum err err = envelope_read(sql, row, message);

	if (err)
		return err;
	read_summary(&told.summary, row);
	return tell(sql, &told, callback, context, answer);
}

/* ---- many messages */

static enum err
tell_all(struct pick_walk *walk, struct message *message,
    pick_callback *callback, void *context)
{
	enum answer answer = ANSWER_GO_ON;
	enum err err = ERR_OK;

	while (!err && answer == ANSWER_GO_ON) {
		err = pick_walk_next(walk);
		if (!err)
			err = tell_row(walk->sql, walk->row, message, callback,
			    context, &answer);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
pick_messages(struct sql *sql, const struct pick_request *request,
    pick_callback *callback, void *context)
{
	struct message *message = envelope_new();
	struct pick_walk walk;
	enum err err = ERR_MEMORY;
	enum err closed;

	if (!message)
		return err;
	err =
	    pick_walk_open(&walk, sql, request, COLUMNS, JOIN, PICK_WALK_PAGE);
	if (!err)
		err = tell_all(&walk, message, callback, context);
	closed = pick_walk_close(&walk);
	message_free(message);
	return err ? err : closed;
}

/* Adds to the count. */
static enum err
count_rest(struct sql *sql, const struct pick_request *request,
    struct pick_count *count)
{
	struct pick_walk walk;
	enum err err =
	    pick_walk_open(&walk, sql, request, "m.is_read", "", PICK_WALK_ALL);
	enum err closed;

	while (!err) {
		err = pick_walk_next(&walk);
		if (err)
			break;
		count->count++;
		count->unread += sql_number(walk.row, 0) == 0;
	}
	closed = pick_walk_close(&walk);
	return err == ERR_NOT_FOUND ? closed : err;
}

enum err
pick_count(struct sql *sql, const struct pick_request *request,
    struct pick_count *count)
{
	struct pick_request rest = *request;
	int64_t counted;
	enum err err = pick_memo_recall(sql, request, count, &counted);

	if (counted > rest.after)
		rest.after = counted;
	if (!err)
		err = count_rest(sql, &rest, count);
	return err ? err : pick_memo_keep(sql, request, count);
}

/* ---- one message */

/* Why there is no such message. */
static enum err
ask_number(struct sql *sql, uint64_t seq)
{
	struct sql_row *row;
	enum err err = sql_start(
	    sql, &row, "SELECT value FROM counter WHERE name = 'seq'");
	bool was_given = false;

	if (err)
		return err;
	if (sql_step(row) == ERR_OK)
		was_given = seq && seq <= (uint64_t)sql_number(row, 0);
	err = sql_done(row);
	if (err)
		return err;
	return was_given ? ERR_GONE : ERR_NOT_FOUND;
}

static enum err
tell_one(struct sql *sql, struct sql_row *row, pick_callback *callback,
    void *context)
{
	enum answer answer = ANSWER_GO_ON;
	struct message *message;
	enum err err = sql_step(row);

	if (err)
		return err;
	message = envelope_new();
	if (!message)
		return ERR_MEMORY;
	err = tell_row(sql, row, message, callback, context, &answer);
	message_free(message);
	return err;
}

enum err
pick_message(
    struct sql *sql, const char *id, pick_callback *callback, void *context)
{
	static const char by_seq[] =
	    "SELECT " COLUMNS " FROM message m " JOIN " WHERE m.seq = ?";
	static const char by_id[] =
	    "SELECT " COLUMNS " FROM message m " JOIN " WHERE m.id = ?";
	struct sql_row *row;
	uint64_t seq = 0;
	bool is_number = span_number(span_string(id), &seq) && seq <= INT64_MAX;
	enum err err = sql_start(sql, &row, is_number ? by_seq : by_id);
	enum err done;

	if (err)
		return err;
	if (is_number)
		sql_bind_number(row, 1, (int64_t)seq);
	else
		sql_bind_span(row, 1, span_string(id));
	err = tell_one(sql, row, callback, context);
	done = sql_done(row);
	if (err != ERR_NOT_FOUND)
		return err ? err : done;
	return is_number ? ask_number(sql, seq)
			 : erase_ask(sql, span_string(id));
}

/* ---- bodies */

static enum err
ask_size(struct sql *sql, int64_t seq, uint64_t *size)
{
	struct sql_row *row;
	enum err err = sql_start(
	    sql, &row, "SELECT length(bytes) FROM raw WHERE message = ?");
	enum err found;

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	found = sql_step(row);
	if (!found)
		*size = (uint64_t)sql_number(row, 0);
	err = sql_done(row);
	return err ? err : found;
}

enum err
pick_body(
    struct sql *sql, int64_t seq, pick_bytes_callback *callback, void *context)
{
	uint64_t size = 0;
	char *piece;
	enum err err = ask_size(sql, seq, &size);

	if (err)
		return err;
	piece = malloc(PIECE_SIZE);
	if (!piece)
		return ERR_MEMORY;
	for (uint64_t at = 0; at < size && !err;) {
		uint64_t left = size - at;
		size_t len = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;

		err = sql_blob_read(sql, "raw", "bytes", seq, at, piece, len);
		if (err || !callback(span_make(piece, len), context))
			break;
		at += len;
	}
	sql_blob_done(sql);
	free(piece);
	return err;
}

static enum err
put_body(const struct sql_row *row, struct buf *out)
{
	struct span bytes = sql_span(row, 0);

	if (bytes.len > out->limit - out->len)
		return ERR_LIMIT;
	return buf_put(out, bytes) ? ERR_OK : ERR_MEMORY;
}

enum err
pick_body_whole(struct sql *sql, int64_t seq, struct buf *out)
{
	struct sql_row *row;
	enum err err =
	    sql_start(sql, &row, "SELECT bytes FROM raw WHERE message = ?");
	enum err done;

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	err = sql_step(row);
	if (!err)
		err = put_body(row, out);
	done = sql_done(row);
	return done ? done : err;
}
