/* txn: one write transaction, and the numbers that are given out inside it. */
#include "txn.h"

/* The connection's marks: one a counter, then these. */
enum { MARK_WEIGHT = TXN_COUNTERS, MARK_MESSAGES, MARK_BYTES, MARKS };

_Static_assert(MARKS <= SQL_MARKS, "a mark for each");

/* The last number given, or 0 where none was in this transaction. The table is
   asked too: a file that was edited by hand must not stop us. */
static const struct {
	const char *name;
	const char *last;
} counters[] = {
    [TXN_SEQ] = {"seq",
	"SELECT max(ifnull((SELECT value FROM counter WHERE name = 'seq'), 0),"
	" ifnull((SELECT max(seq) FROM message), 0))"},
    [TXN_SESSION] = {"session",
	"SELECT max("
	"ifnull((SELECT value FROM counter WHERE name = 'session'), 0),"
	" ifnull((SELECT max(seq) FROM session), 0))"},
};

static void
forget(struct sql *sql)
{
	for (int i = 0; i < MARKS; i++)
		sql_marks(sql)[i] = 0;
}

enum err
txn_begin(struct sql *sql)
{
	forget(sql);
	return sql_run(sql, "BEGIN IMMEDIATE");
}

void
txn_rollback(struct sql *sql)
{
	forget(sql);
	/* After some failures SQLite has done it already. */
	(void)sql_run(sql, "ROLLBACK");
}

enum err
txn_count(struct sql *sql, const char *name, int64_t more)
{
	static const char text[] =
	    "INSERT INTO counter (name, value) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value";
	struct sql_row *row;
	enum err err;

	if (more == 0)
		return ERR_OK;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_span(row, 1, span_string(name));
	sql_bind_number(row, 2, more);
	(void)sql_step(row);
	return sql_done(row);
}

void
txn_tally(struct sql *sql, int64_t messages, int64_t bytes)
{
	sql_marks(sql)[MARK_MESSAGES] += messages;
	sql_marks(sql)[MARK_BYTES] += bytes;
}

static enum err
save(struct sql *sql, enum txn_counter counter)
{
	static const char text[] =
	    "INSERT INTO counter (name, value) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
	struct sql_row *row;
	enum err err;

	if (sql_marks(sql)[counter] == 0)
		return ERR_OK;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_span(row, 1, span_string(counters[counter].name));
	sql_bind_number(row, 2, sql_marks(sql)[counter]);
	(void)sql_step(row);
	return sql_done(row);
}

enum err
txn_commit(struct sql *sql)
{
	enum err err = ERR_OK;

	for (int i = 0; i < TXN_COUNTERS && !err; i++)
		err = save(sql, (enum txn_counter)i);
	if (!err)
		err = txn_count(sql, "messages", sql_marks(sql)[MARK_MESSAGES]);
	if (!err)
		err = txn_count(sql, "bytes", sql_marks(sql)[MARK_BYTES]);
	if (!err)
		err = sql_run(sql, "COMMIT");
	if (err)
		txn_rollback(sql);
	forget(sql);
	return err;
}

static enum err
read_last(struct sql *sql, enum txn_counter counter)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, counters[counter].last);

	if (err)
		return err;
	if (sql_step(row) == ERR_OK)
		sql_marks(sql)[counter] = sql_number(row, 0);
	return sql_done(row);
}

enum err
txn_next(struct sql *sql, enum txn_counter counter, int64_t *number)
{
	int64_t *last = &sql_marks(sql)[counter];
	enum err err = ERR_OK;

	if (*last == 0)
		err = read_last(sql, counter);
	if (err)
		return err;
	if (*last == INT64_MAX)
		return ERR_LIMIT;
	*last = *last < 0 ? 1 : *last + 1;
	*number = *last;
	return ERR_OK;
}

void
txn_weigh(struct sql *sql, uint64_t more)
{
	sql_marks(sql)[MARK_WEIGHT] += (int64_t)more;
}

uint64_t
txn_weight(struct sql *sql)
{
	return (uint64_t)sql_marks(sql)[MARK_WEIGHT];
}
