/* keep: retention: the oldest go when there is more than was asked for. */
#include "keep.h"

#include "clock.h"
#include "erase.h"
#include "txn.h"

#include <string.h>

/* Messages, or sessions, that go in one transaction. */
#define STEP 256
/* Rows that are looked at for them. */
#define ROWS_MAX 4096

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

/* What there is of one kind, and the oldest of it. */
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

/* Both kinds, for an index that finds one of them would cost each message. */
static const char from_first[] =
    "SELECT seq, size, received, state <> 0 FROM message WHERE seq >= ?"
    " ORDER BY seq";

static void
take_oldest(struct stock *stock, const struct sql_row *row)
{
	stock->seq = sql_number(row, 0);
	stock->size = sql_number(row, 1);
	stock->received = sql_number(row, 2);
}

static enum keep_kind
kind_of(const struct sql_row *row)
{
	return sql_number(row, 3) ? KEEP_REST : KEEP_ACCEPTED;
}

/* Numbers only grow: each row is passed once. */
static enum err
find_oldest(struct keep *keep, struct sql *sql, enum keep_kind kind,
    struct stock *stock)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, from_first);

	if (err)
		return err;
	sql_bind_number(row, 1, keep->first[kind]);
	while (stock->seq == 0 && sql_step(row) == ERR_OK) {
		if (kind_of(row) == kind)
			take_oldest(stock, row);
		keep->first[kind] = sql_number(row, 0);
	}
	return sql_done(row);
}

static enum err
ask_stock(struct keep *keep, struct sql *sql, struct stock stocks[KEEP_KINDS])
{
	static const char text[] =
	    "SELECT"
	    " ifnull((SELECT value FROM counter WHERE name = 'messages'), 0),"
	    " ifnull((SELECT value FROM counter WHERE name = 'bytes'), 0),"
	    " ifnull((SELECT value FROM counter WHERE name = 'rest'), 0),"
	    " ifnull((SELECT value FROM counter WHERE name = 'rest_bytes'), 0)";
	struct stock *kept = &stocks[KEEP_ACCEPTED];
	struct stock *rest = &stocks[KEEP_REST];
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	memset(stocks, 0, KEEP_KINDS * sizeof(stocks[0]));
	if (sql_step(row) == ERR_OK) {
		rest->messages = sql_number(row, 2);
		rest->bytes = sql_number(row, 3);
		kept->messages = sql_number(row, 0) - rest->messages;
		kept->bytes = sql_number(row, 1) - rest->bytes;
	}
	err = sql_done(row);
	for (int kind = 0; kind < KEEP_KINDS && !err; kind++)
		if (stocks[kind].messages > 0)
			err = find_oldest(
			    keep, sql, (enum keep_kind)kind, &stocks[kind]);
	return err;
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

/* Neighbours, which go together. */
struct range {
	int64_t first, last;
};

/* What goes: up to a step, out of so many rows. */
struct choice {
	struct range ranges[STEP];
	size_t range_count;
	size_t count; /* messages */
	size_t rows;
	bool is_open; /* the last range may grow */
};

static void
choose(struct choice *choice, int64_t seq)
{
	if (!choice->is_open)
		choice->ranges[choice->range_count++].first = seq;
	choice->ranges[choice->range_count - 1].last = seq;
	choice->is_open = true;
	choice->count++;
}

static enum err
choose_oldest(struct keep *keep, struct sql *sql, enum keep_kind kind,
    struct stock *stock, struct choice *choice)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, from_first);

	memset(choice, 0, sizeof(*choice));
	if (err)
		return err;
	sql_bind_number(row, 1, keep->first[kind]);
	while (choice->count < STEP && choice->rows < ROWS_MAX &&
	    sql_step(row) == ERR_OK) {
		choice->rows++;
		if (kind_of(row) != kind) {
			choice->is_open = false;
			continue;
		}
		take_oldest(stock, row);
		if (!is_too_much(&keep->limits, stock))
			break;
		choose(choice, stock->seq);
		stock->messages--;
		stock->bytes -= stock->size;
	}
	return sql_done(row);
}

/* Removes what is too much of a kind, or some of it. */
static enum err
remove_messages(struct keep *keep, struct sql *sql, enum keep_kind kind,
    struct stock *stock, uint64_t *removed)
{
	struct choice choice;
	uint64_t before = *removed;
	enum err err = choose_oldest(keep, sql, kind, stock, &choice);

	for (size_t i = 0; i < choice.range_count && !err; i++)
		err = erase_range(sql, choice.ranges[i].first,
		    choice.ranges[i].last, removed);
	txn_add(sql, TXN_PRUNED, (int64_t)(*removed - before));
	keep->has_more =
	    keep->has_more || choice.count == STEP || choice.rows == ROWS_MAX;
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
enum err
keep_old_sessions(struct sql *sql, uint64_t removed)
{
	static const char text[] =
	    "SELECT seq FROM (SELECT seq, ifnull(ended, started + ?1) AS ended"
	    " FROM session ORDER BY seq LIMIT ?2) WHERE ended < ?3";
	struct sql_row *row;
	int64_t received;
	int64_t last;
	enum err err = ask_number(
	    sql, "SELECT received FROM message ORDER BY seq", &received);

	if (err || received == 0)
		return err;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_number(row, 1, SESSION_DEAD_US);
	sql_bind_number(row, 2, (int64_t)removed + SESSION_MORE);
	sql_bind_number(row, 3, received);
	return erase_sessions(sql, row, &last);
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
#define EXCESS_OF(kind) (1u << (unsigned)(kind))
#define EXCESS_SESSIONS (1u << KEEP_KINDS)

/* One transaction. */
static enum err
remove_some(
    struct keep *keep, struct sql *sql, unsigned excess, uint64_t *removed)
{
	struct stock stocks[KEEP_KINDS];
	enum err err = txn_begin(sql);

	if (err)
		return err;
	err = ask_stock(keep, sql, stocks);
	for (int kind = 0; kind < KEEP_KINDS && !err; kind++)
		if (excess & EXCESS_OF(kind))
			err = remove_messages(keep, sql, (enum keep_kind)kind,
			    &stocks[kind], removed);
	if (!err)
		err = keep_old_sessions(sql, *removed);
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
	struct stock stocks[KEEP_KINDS];
	uint64_t removed = 0;
	unsigned excess = 0;

	if (!has_limits(keep) || ask_stock(keep, sql, stocks))
		return false;
	for (int kind = 0; kind < KEEP_KINDS; kind++)
		if (is_too_much(&limits, &stocks[kind]))
			excess |= EXCESS_OF(kind);
	keep->has_more = false;
	if (are_too_many_sessions(keep, sql))
		excess |= EXCESS_SESSIONS;
	if (!excess || remove_some(keep, sql, excess, &removed))
		return false;
	tell(keep, removed);
	return keep->has_more;
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
	    " SELECT 'bytes', ifnull(sum(size), 0) FROM message UNION ALL"
	    " SELECT 'rest', count(*) FROM message WHERE state <> 0 UNION ALL"
	    " SELECT 'rest_bytes', ifnull(sum(size), 0) FROM message"
	    " WHERE state <> 0"
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
