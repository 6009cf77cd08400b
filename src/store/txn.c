/* txn: one write transaction, and the numbers that are given out inside it. */
#include "txn.h"

/* The connection's marks: one a counter, then the weight, one a sum. */
enum {
	MARK_WEIGHT = TXN_COUNTERS,
	MARK_SUM,
	MARKS = MARK_SUM + TXN_SUMS,
};

_Static_assert(MARKS <= SQL_MARKS, "a mark for each");

static const char *const sums[] = {
    [TXN_MESSAGES] = "messages",
    [TXN_BYTES] = "bytes",
    [TXN_REST] = "rest",
    [TXN_REST_BYTES] = "rest_bytes",
    [TXN_SESSIONS] = "sessions",
    [TXN_PRUNED] = "pruned",
    [TXN_REMOVED] = "removed",
    [TXN_MARKED] = "marked",
};

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

void
txn_add(struct sql *sql, enum txn_sum sum, int64_t more)
{
	sql_marks(sql)[MARK_SUM + sum] += more;
}

/* Writes one row of `counter`. */
static enum err
write_row(struct sql *sql, const char *text, const char *name, int64_t value)
{
	struct sql_row *row;
	enum err err;

	if (value == 0)
		return ERR_OK;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_span(row, 1, span_string(name));
	sql_bind_number(row, 2, value);
	(void)sql_step(row);
	return sql_done(row);
}

enum err
txn_count(struct sql *sql, const char *name, int64_t more)
{
	static const char text[] =
	    "INSERT INTO counter (name, value) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value";

	return write_row(sql, text, name, more);
}

static enum err
save_all(struct sql *sql)
{
	static const char text[] =
	    "INSERT INTO counter (name, value) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
	const int64_t *marks = sql_marks(sql);
	enum err err = ERR_OK;

	for (int i = 0; i < TXN_COUNTERS && !err; i++)
		err = write_row(sql, text, counters[i].name, marks[i]);
	for (int i = 0; i < TXN_SUMS && !err; i++)
		err = txn_count(sql, sums[i], marks[MARK_SUM + i]);
	return err;
}

enum err
txn_commit(struct sql *sql)
{
	enum err err = save_all(sql);

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
txn_last(struct sql *sql, enum txn_counter counter, int64_t *number)
{
	int64_t *last = &sql_marks(sql)[counter];
	enum err err = ERR_OK;

	if (*last == 0)
		err = read_last(sql, counter);
	if (*last < 0)
		*last = 0;
	*number = *last;
	return err;
}

enum err
txn_next(struct sql *sql, enum txn_counter counter, int64_t *number)
{
	int64_t last;
	enum err err = txn_last(sql, counter, &last);

	if (err)
		return err;
	if (last == INT64_MAX)
		return ERR_LIMIT;
	*number = last + 1;
	sql_marks(sql)[counter] = *number;
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
