/* erase: removing all that belongs to a message or a session. */
#include "erase.h"

#include "txn.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each with the first and the last number as its parameters; the last one is
   the message itself. */
static const char *const of_messages[] = {
    "DELETE FROM recipient WHERE message BETWEEN ? AND ?",
    "DELETE FROM raw WHERE message BETWEEN ? AND ?",
    "DELETE FROM summary WHERE message BETWEEN ? AND ?",
    "DELETE FROM header WHERE message BETWEEN ? AND ?",
    "DELETE FROM part WHERE message BETWEEN ? AND ?",
    "DELETE FROM search WHERE message BETWEEN ? AND ?",
    "DELETE FROM tag WHERE message BETWEEN ? AND ?",
    "DELETE FROM finding WHERE message BETWEEN ? AND ?",
    ("INSERT OR REPLACE INTO gone (seq, id)"
     " SELECT seq, id FROM message WHERE seq BETWEEN ? AND ?"),
    "DELETE FROM message WHERE seq BETWEEN ? AND ?",
};

/* Likewise, of those numbers between them that stand in `erased`. */
#define ERASED                                                                 \
	" IN (SELECT e.message FROM erased e WHERE e.message BETWEEN ? AND ?)"

/* What is found without the message, and the message. */
static const char *const of_numbers[] = {
    "DELETE FROM tag WHERE message" ERASED,
    "DELETE FROM message WHERE seq" ERASED,
};

/* What is left of them then. */
static const char *const of_rest[] = {
    "DELETE FROM recipient WHERE message" ERASED,
    "DELETE FROM raw WHERE message" ERASED,
    "DELETE FROM summary WHERE message" ERASED,
    "DELETE FROM header WHERE message" ERASED,
    "DELETE FROM part WHERE message" ERASED,
    "DELETE FROM search WHERE message" ERASED,
    "DELETE FROM finding WHERE message" ERASED,
    "DELETE FROM erased WHERE message BETWEEN ? AND ?",
};

/* Without conditions SQLite drops whole trees. */
static const char *const of_all[] = {
    "DELETE FROM recipient",
    "DELETE FROM raw",
    "DELETE FROM summary",
    "DELETE FROM header",
    "DELETE FROM part",
    "DELETE FROM search",
    "DELETE FROM tag",
    "DELETE FROM finding WHERE message IS NOT NULL",
    ("INSERT OR REPLACE INTO gone (seq, id) SELECT seq, id FROM message"
     " WHERE seq > (SELECT max(seq) FROM message) - 100000"),
    "DELETE FROM message",
    "DELETE FROM erased",
};

static const char *const of_session[] = {
    "DELETE FROM dialogue WHERE session = ?",
    ("DELETE FROM finding WHERE message IS NULL"
     " AND session = (SELECT id FROM session WHERE seq = ?)"),
    "DELETE FROM session WHERE seq = ?",
};

static enum err
run_with(struct sql *sql, const char *text, int64_t number)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, number);
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
run_range(struct sql *sql, const char *text, int64_t first, int64_t last)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, first);
	sql_bind_number(row, 2, last);
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
run_ranges(struct sql *sql, const char *const *texts, size_t count,
    int64_t first, int64_t last)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < count && !err; i++)
		err = run_range(sql, texts[i], first, last);
	return err;
}

/* What of the tally a range is. */
struct share {
	int64_t messages;
	int64_t bytes;
	int64_t rest; /* of the messages, what was not accepted */
	int64_t rest_bytes;
	int64_t last; /* seq */
};

static enum err
ask_share(struct sql *sql, int64_t first, int64_t last, struct share *share)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT count(*), ifnull(sum(size), 0),"
	    " count(*) FILTER (WHERE state <> 0),"
	    " ifnull(sum(size) FILTER (WHERE state <> 0), 0),"
	    " ifnull(max(seq), 0) FROM message WHERE seq BETWEEN ? AND ?");

	*share = (struct share){0};
	if (err)
		return err;
	sql_bind_number(row, 1, first);
	sql_bind_number(row, 2, last);
	if (sql_step(row) == ERR_OK)
		*share = (struct share){
		    .messages = sql_number(row, 0),
		    .bytes = sql_number(row, 1),
		    .rest = sql_number(row, 2),
		    .rest_bytes = sql_number(row, 3),
		    .last = sql_number(row, 4),
		};
	return sql_done(row);
}

/* Says what is gone, and forgets what was gone long ago. */
static enum err
settle(struct sql *sql, const struct share *share, uint64_t *count)
{
	txn_add(sql, TXN_MESSAGES, -share->messages);
	txn_add(sql, TXN_BYTES, -share->bytes);
	txn_add(sql, TXN_REST, -share->rest);
	txn_add(sql, TXN_REST_BYTES, -share->rest_bytes);
	*count += (uint64_t)share->messages;
	return run_with(sql, "DELETE FROM gone WHERE seq <= ?",
	    share->last - ERASE_REMEMBERED);
}

enum err
erase_range(struct sql *sql, int64_t first, int64_t last, uint64_t *count)
{
	struct share share;
	enum err err = ask_share(sql, first, last, &share);

	if (err || share.messages == 0)
		return err;
	err = run_ranges(sql, of_messages, COUNT(of_messages), first, last);
	return err ? err : settle(sql, &share, count);
}

static enum err
note_erased(struct sql *sql, const int64_t *seqs, size_t count)
{
	struct sql_row *row;
	enum err err = sql_start(
	    sql, &row, "INSERT OR IGNORE INTO erased (message) VALUES (?)");

	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		sql_bind_number(row, 1, seqs[i]);
		err = sql_step(row);
		err = err == ERR_NOT_FOUND ? ERR_OK : err;
		sql_again(row);
	}
	return sql_done(row);
}

/* What settle() would forget is not remembered to begin with. */
static enum err
remember(struct sql *sql, int64_t first, int64_t last)
{
	static const char text[] = "INSERT OR REPLACE INTO gone (seq, id)"
				   " SELECT seq, id FROM message"
				   " WHERE seq" ERASED;
	int64_t oldest = last - ERASE_REMEMBERED + 1;

	return run_range(sql, text, first > oldest ? first : oldest, last);
}

enum err
erase_numbers(struct sql *sql, const int64_t *seqs, size_t seq_count,
    const struct erase_sum *sum, uint64_t *count)
{
	struct share share = {.bytes = sum->bytes,
	    .rest = sum->rest,
	    .rest_bytes = sum->rest_bytes};
	int64_t first;
	enum err err;

	if (seq_count == 0)
		return ERR_OK;
	first = seqs[0];
	share.last = seqs[seq_count - 1];
	err = note_erased(sql, seqs, seq_count);
	if (!err)
		err = remember(sql, first, share.last);
	if (!err)
		err = run_ranges(
		    sql, of_numbers, COUNT(of_numbers), first, share.last);
	/* The last one is the message itself. */
	share.messages = (int64_t)sql_changes(sql);
	return err ? err : settle(sql, &share, count);
}

static enum err
find_step(struct sql *sql, int64_t limit, int64_t *first, int64_t *last)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT min(message), max(message) FROM"
	    " (SELECT message FROM erased ORDER BY message LIMIT ?)");
	enum err found;

	if (err)
		return err;
	sql_bind_number(row, 1, limit);
	found = sql_step(row);
	if (!found && sql_is_null(row, 0))
		found = ERR_NOT_FOUND;
	if (!found) {
		*first = sql_number(row, 0);
		*last = sql_number(row, 1);
	}
	err = sql_done(row);
	return err ? err : found;
}

enum err
erase_step(struct sql *sql, int64_t limit)
{
	int64_t first, last;
	enum err err = find_step(sql, limit, &first, &last);

	if (!err)
		err = txn_begin(sql);
	if (err)
		return err;
	err = run_ranges(sql, of_rest, COUNT(of_rest), first, last);
	if (!err)
		return txn_commit(sql);
	txn_rollback(sql);
	return err;
}

enum err
erase_all(struct sql *sql, uint64_t *count)
{
	struct share share;
	enum err err = ask_share(sql, INT64_MIN, INT64_MAX, &share);

	for (size_t i = 0; i < COUNT(of_all) && !err; i++)
		err = sql_run(sql, of_all[i]);
	return err ? err : settle(sql, &share, count);
}

enum err
erase_message(struct sql *sql, int64_t seq)
{
	uint64_t count = 0;
	enum err err = erase_range(sql, seq, seq, &count);

	return !err && count == 0 ? ERR_NOT_FOUND : err;
}

enum err
erase_ask(struct sql *sql, struct span id)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, "SELECT 1 FROM gone WHERE id = ?");
	enum err found;

	if (err)
		return err;
	sql_bind_span(row, 1, id);
	found = sql_step(row);
	err = sql_done(row);
	if (err)
		return err;
	return found == ERR_OK ? ERR_GONE : ERR_NOT_FOUND;
}

enum err
erase_session(struct sql *sql, int64_t seq)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < COUNT(of_session) && !err; i++)
		err = run_with(sql, of_session[i], seq);
	/* The last one is the session itself. */
	if (!err)
		txn_add(sql, TXN_SESSIONS, -(int64_t)sql_changes(sql));
	return err;
}
