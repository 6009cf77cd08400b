/* keep: retention: the oldest go when there is more than was asked for. */
#include "keep.h"

#include "clock.h"
#include "erase.h"
#include "txn.h"

#include <string.h>

/* Messages, or sessions, that go in one transaction. */
#define STEP 256

/* Rows of sessions that are looked at for empty ones, and how often. */
#define SESSION_ROWS 1000
#define SESSION_INTERVAL_US CLOCK_SECOND

/* Old sessions are looked for among so many more than messages went. */
#define SESSION_MORE 64

/* Sessions beyond this many more than messages are too many. */
#define SESSIONS_SPARE 1000
#define SESSIONS_MAX 100000

/* A session without an end is dead after so long: we were killed. */
#define SESSION_DEAD_US (86400 * CLOCK_SECOND)

/* While there is work the limits may be passed by this and a sixteenth. */
#define SLACK_COUNT 100
#define SLACK_SIZE (1024 * 1024)

#define LOG_INTERVAL_US (60 * CLOCK_SECOND)

/* The age of messages is looked at so often on an idle store. */
#define AGE_INTERVAL_US (10 * CLOCK_SECOND)
#define AGE_INTERVAL_MIN_US (CLOCK_SECOND / 10)

/* Shrinking pays with so many free pages, and so few that are in use. */
#define SHRINK_FREE 4096
#define SHRINK_USED 1024

/* What there is, and the oldest of it. */
struct stock {
	int64_t messages;
	int64_t bytes;
	int64_t seq; /* of the oldest message; 0: there is none */
	int64_t size;
	int64_t received;
};

static bool
has_limits(const struct keep *keep)
{
	return keep->limits.count || keep->limits.age_us || keep->limits.size;
}

static const char oldest[] = "SELECT seq, size, received FROM message"
			     " ORDER BY seq";

/* False at the end of the rows. */
static bool
next_oldest(struct sql_row *row, struct stock *stock)
{
	stock->seq = 0;
	if (sql_step(row))
		return false;
	stock->seq = sql_number(row, 0);
	stock->size = sql_number(row, 1);
	stock->received = sql_number(row, 2);
	return true;
}

static enum err
ask_stock(struct sql *sql, struct stock *stock)
{
	static const char text[] =
	    "SELECT (SELECT value FROM counter WHERE name = 'messages'),"
	    " (SELECT value FROM counter WHERE name = 'bytes')";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	memset(stock, 0, sizeof(*stock));
	if (sql_step(row) == ERR_OK) {
		stock->messages = sql_number(row, 0);
		stock->bytes = sql_number(row, 1);
	}
	err = sql_done(row);
	if (!err)
		err = sql_start(sql, &row, oldest);
	if (err)
		return err;
	(void)next_oldest(row, stock);
	return sql_done(row);
}

static uint64_t
with_slack(uint64_t limit, uint64_t least)
{
	uint64_t slack = limit / 16 + least;

	return limit > UINT64_MAX - slack ? UINT64_MAX : limit + slack;
}

/* The limits that hold now. */
static struct store_keep
limits_with(const struct keep *keep, enum keep_slack slack)
{
	struct store_keep limits = keep->limits;

	if (slack == KEEP_SLACK && limits.count)
		limits.count = with_slack(limits.count, SLACK_COUNT);
	if (slack == KEEP_SLACK && limits.size)
		limits.size = with_slack(limits.size, SLACK_SIZE);
	return limits;
}

/* Whether the oldest message has to go. */
static bool
is_too_much(const struct store_keep *limits, const struct stock *stock)
{
	if (stock->seq == 0 || stock->messages <= 1)
		return false;
	if (limits->count && (uint64_t)stock->messages > limits->count)
		return true;
	if (limits->size && stock->bytes > 0 &&
	    (uint64_t)stock->bytes > limits->size)
		return true;
	return limits->age_us &&
	    stock->received < clock_wall_us() - limits->age_us;
}

/* Removes what is too much, up to a step; the stock is then what is left. */
static enum err
remove_messages(
    struct keep *keep, struct sql *sql, struct stock *stock, uint64_t *removed)
{
	struct sql_row *row;
	int64_t first = stock->seq;
	int64_t last = 0;
	enum err err = sql_start(sql, &row, oldest);

	if (err)
		return err;
	for (int i = 0; i < STEP && next_oldest(row, stock) &&
	     is_too_much(&keep->limits, stock);
	     i++) {
		last = stock->seq;
		stock->messages--;
		stock->bytes -= stock->size;
	}
	err = sql_done(row);
	if (!err && last)
		err = erase_range(sql, first, last, removed);
	txn_add(sql, TXN_PRUNED, (int64_t)*removed);
	return err;
}

/* Erases the sessions that the statement, with its parameters bound, names. */
static enum err
erase_sessions(struct sql *sql, struct sql_row *row, int64_t *last)
{
	int64_t seqs[STEP];
	size_t count = 0;
	enum err err;

	while (count < STEP && sql_step(row) == ERR_OK)
		seqs[count++] = sql_number(row, 0);
	err = sql_done(row);
	for (size_t i = 0; i < count && !err; i++)
		err = erase_session(sql, seqs[i]);
	*last = count ? seqs[count - 1] : 0;
	return err;
}

/* Sessions that ended before everything that is left. */
static enum err
remove_old_sessions(
    struct sql *sql, const struct stock *stock, uint64_t removed)
{
	static const char text[] =
	    "SELECT seq FROM (SELECT seq, ifnull(ended, started + ?1) AS ended"
	    " FROM session ORDER BY seq LIMIT ?2) WHERE ended < ?3";
	struct sql_row *row;
	int64_t last;
	enum err err;

	if (stock->seq == 0)
		return ERR_OK;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_number(row, 1, SESSION_DEAD_US);
	sql_bind_number(row, 2, (int64_t)removed + SESSION_MORE);
	sql_bind_number(row, 3, stock->received);
	return erase_sessions(sql, row, &last);
}

static enum err
ask_number(struct sql *sql, const char *text, int64_t *number)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	*number = sql_step(row) == ERR_OK ? sql_number(row, 0) : 0;
	return sql_done(row);
}

/* By their numbers, so that nothing has to be counted. */
static bool
are_too_many_sessions(struct keep *keep, struct sql *sql)
{
	int64_t now = clock_mono_us();
	int64_t first = 0;
	int64_t last = 0;
	uint64_t most = keep->limits.count ? keep->limits.count + SESSIONS_SPARE
					   : SESSIONS_MAX;

	if (now - keep->session_us < SESSION_INTERVAL_US)
		return false;
	keep->session_us = now;
	return ask_number(sql, "SELECT min(seq) FROM session", &first) ==
	    ERR_OK &&
	    ask_number(sql, "SELECT max(seq) FROM session", &last) == ERR_OK &&
	    (uint64_t)(last - first) >= most;
}

/*
 * Somebody looks whether we are there, every ten seconds, and sends nothing:
 * such sessions go, from the oldest on, whatever messages are as old.
 */
static enum err
remove_empty_sessions(struct keep *keep, struct sql *sql)
{
	static const char text[] =
	    "SELECT seq FROM (SELECT seq, ended, accepted + refused + aborted"
	    " AS messages FROM session WHERE seq > ?1 ORDER BY seq LIMIT ?2)"
	    " WHERE messages = 0 AND ended IS NOT NULL";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, keep->session_seq);
	sql_bind_number(row, 2, SESSION_ROWS);
	return erase_sessions(sql, row, &keep->session_seq);
}

static void
tell(struct keep *keep, uint64_t removed)
{
	int64_t now = clock_mono_us();

	keep->untold += removed;
	if (keep->untold && now - keep->told_us >= LOG_INTERVAL_US) {
		keep_finish(keep);
		keep->told_us = now;
	}
}

void
keep_finish(struct keep *keep)
{
	if (keep->untold)
		log_info(keep->log,
		    "retention: removed %llu messages, the oldest ones",
		    (unsigned long long)keep->untold);
	keep->untold = 0;
}

/* What there is too much of. */
enum excess { EXCESS_MESSAGES = 1, EXCESS_SESSIONS = 2 };

/* One transaction. */
static enum err
remove_some(
    struct keep *keep, struct sql *sql, unsigned excess, uint64_t *removed)
{
	struct stock stock;
	enum err err = txn_begin(sql);

	if (err)
		return err;
	err = ask_stock(sql, &stock);
	if (!err)
		err = remove_messages(keep, sql, &stock, removed);
	if (!err)
		err = remove_old_sessions(sql, &stock, *removed);
	if (!err && (excess & EXCESS_SESSIONS))
		err = remove_empty_sessions(keep, sql);
	if (err)
		txn_rollback(sql);
	else
		err = txn_commit(sql);
	return err;
}

bool
keep_step(struct keep *keep, struct sql *sql, enum keep_slack slack)
{
	struct store_keep limits = limits_with(keep, slack);
	struct stock stock;
	uint64_t removed = 0;
	unsigned excess = 0;

	if (!has_limits(keep) || ask_stock(sql, &stock))
		return false;
	if (is_too_much(&limits, &stock))
		excess |= EXCESS_MESSAGES;
	if (are_too_many_sessions(keep, sql))
		excess |= EXCESS_SESSIONS;
	if (!excess || remove_some(keep, sql, excess, &removed))
		return false;
	tell(keep, removed);
	return removed == STEP;
}

int64_t
keep_patience(const struct keep *keep)
{
	int64_t age = keep->limits.age_us / 10;

	if (keep->limits.age_us == 0)
		return keep->untold ? LOG_INTERVAL_US : 0;
	if (age > AGE_INTERVAL_US)
		return AGE_INTERVAL_US;
	return age > AGE_INTERVAL_MIN_US ? age : AGE_INTERVAL_MIN_US;
}

/* Somebody may have changed the tables by hand. */
static enum err
count_anew(struct sql *sql)
{
	static const char text[] =
	    "INSERT INTO counter (name, value)"
	    " SELECT 'messages', count(*) FROM message UNION ALL"
	    " SELECT 'bytes', ifnull(sum(size), 0) FROM message WHERE true"
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
	enum err err = txn_begin(sql);

	if (err)
		return err;
	err = sql_run(sql, text);
	if (!err)
		return txn_commit(sql);
	txn_rollback(sql);
	return err;
}

enum err
keep_init(struct keep *keep, const struct store_keep *limits, struct log *log,
    struct sql *sql)
{
	*keep = (struct keep){.limits = *limits,
	    .log = log,
	    .told_us = clock_mono_us() - LOG_INTERVAL_US};
	return has_limits(keep) ? count_anew(sql) : ERR_OK;
}

enum err
keep_shrink(struct sql *sql)
{
	int64_t all = 0;
	int64_t free_pages = 0;
	enum err err = ask_number(sql, "PRAGMA page_count", &all);

	if (!err)
		err = ask_number(sql, "PRAGMA freelist_count", &free_pages);
	if (err || free_pages < SHRINK_FREE || all - free_pages > SHRINK_USED)
		return err;
	err = sql_vacuum(sql);
	return err ? err : sql_checkpoint(sql);
}
