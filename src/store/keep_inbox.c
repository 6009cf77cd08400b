/* keep_inbox: retention by inbox: of each the oldest go. */
#include "keep_inbox.h"

#include "clock.h"
#include "erase.h"
#include "pick.h"
#include "txn.h"

#include <string.h>

/* Messages that go in one transaction. */
#define STEP 64
/* Inboxes that are looked at in one step. */
#define LOOKS 8
/* New messages that are taken for one look at most. */
#define NEWS 256
/* So many messages of an inbox are counted at once after each new one; where
   more are allowed it has to wait for the walk. */
#define COUNT_AT_ONCE 4096
/* While there is work so many new messages come together first. */
#define SLACK_NEWS 100

#define WALK_INTERVAL_US (10 * CLOCK_SECOND)
#define WALK_INTERVAL_MIN_US (CLOCK_SECOND / 10)
#define LOG_INTERVAL_US (60 * CLOCK_SECOND)

#define NAME_MAX_LEN ((size_t)1024 * 1024)

/* ---- rules */

bool
keep_inbox_fits(const char *glob, struct span name)
{
	struct span after = name; /* the last star, where it may go on */
	const char *star = NULL;

	while (name.len > 0) {
		if (*glob == '*') {
			star = ++glob;
			after = name;
		} else if (*glob == '?' || (*glob && *glob == name.at[0])) {
			glob++;
			span_skip(&name, 1);
		} else if (star) {
			span_skip(&after, 1);
			name = after;
			glob = star;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

static const struct store_keep *
limits_of(const struct keep_inbox *keep, struct span name)
{
	for (size_t i = 0; i < keep->rule_count; i++)
		if (keep_inbox_fits(keep->rules[i].name, name))
			return &keep->rules[i].limits;
	return NULL;
}

static int64_t
shortest_age(const struct keep_inbox *keep)
{
	int64_t age = 0;

	for (size_t i = 0; i < keep->rule_count; i++) {
		int64_t other = keep->rules[i].limits.age_us;

		if (other && (age == 0 || other < age))
			age = other;
	}
	return age;
}

static int64_t
walk_interval(const struct keep_inbox *keep)
{
	int64_t age = shortest_age(keep);

	if (age == 0 || age / 10 > WALK_INTERVAL_US)
		return WALK_INTERVAL_US;
	return age / 10 > WALK_INTERVAL_MIN_US ? age / 10
					       : WALK_INTERVAL_MIN_US;
}

/* ---- one inbox */

/* What was not accepted has the same limits by itself. */
struct look {
	struct span name;
	const struct store_keep *limits;
	enum keep_kind kind;
	uint64_t rows_max; /* rows that are counted; 0: all */
	int64_t cut;       /* this one and the older ones go; 0: none */
	bool is_left;      /* there were more rows */
};

static bool
is_too_much(const struct store_keep *limits, uint64_t count, uint64_t size,
    int64_t received)
{
	if (limits->count && count > limits->count)
		return true;
	if (limits->size && size > limits->size)
		return true;
	return limits->age_us && received < clock_wall_us() - limits->age_us;
}

/* From the newest on, which always stays. */
static enum err
look_at(struct sql *sql, struct look *look)
{
	static const char text[] =
	    "SELECT seq, size, received FROM message WHERE inbox = ?1"
	    " AND inbox <> '' AND (state <> 0) = ?2 ORDER BY seq DESC";
	struct sql_row *row;
	uint64_t count = 0;
	uint64_t size = 0;
	enum err err = sql_start(sql, &row, text);

	look->cut = 0;
	look->is_left = false;
	if (err)
		return err;
	sql_bind_span(row, 1, look->name);
	sql_bind_number(row, 2, look->kind == KEEP_REST);
	while (!look->cut && !look->is_left && sql_step(row) == ERR_OK) {
		size += (uint64_t)sql_number(row, 1);
		if (++count > 1 &&
		    is_too_much(look->limits, count, size, sql_number(row, 2)))
			look->cut = sql_number(row, 0);
		look->is_left = look->rows_max && count > look->rows_max;
	}
	return sql_done(row);
}

/* Those that go, up to a step, the oldest first. */
static enum err
find_cut(
    struct sql *sql, const struct look *look, int64_t seqs[STEP], size_t *count)
{
	static const char text[] =
	    "SELECT seq FROM message WHERE inbox = ?1 AND inbox <> ''"
	    " AND (state <> 0) = ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	*count = 0;
	if (err)
		return err;
	sql_bind_span(row, 1, look->name);
	sql_bind_number(row, 2, look->kind == KEEP_REST);
	sql_bind_number(row, 3, look->cut);
	sql_bind_number(row, 4, STEP);
	while (*count < STEP && sql_step(row) == ERR_OK)
		seqs[(*count)++] = sql_number(row, 0);
	return sql_done(row);
}

/* Neighbours go together. */
static enum err
erase_these(
    struct sql *sql, const int64_t *seqs, size_t count, uint64_t *removed)
{
	enum err err = ERR_OK;

	for (size_t i = 0, next; i < count && !err; i = next) {
		next = i + 1;
		while (next < count && seqs[next] == seqs[next - 1] + 1)
			next++;
		err = erase_range(sql, seqs[i], seqs[next - 1], removed);
	}
	return err;
}

/* One transaction. */
static enum err
remove_cut(struct sql *sql, const struct look *look, uint64_t *removed)
{
	int64_t seqs[STEP];
	size_t count;
	enum err err = txn_begin(sql);

	*removed = 0;
	if (err)
		return err;
	err = find_cut(sql, look, seqs, &count);
	if (!err)
		err = erase_these(sql, seqs, count, removed);
	txn_add(sql, TXN_PRUNED, (int64_t)*removed);
	if (!err)
		err = keep_old_sessions(sql, *removed);
	if (err)
		txn_rollback(sql);
	else
		err = txn_commit(sql);
	return err;
}

static void
tell(struct keep_inbox *keep, uint64_t removed)
{
	int64_t now = clock_mono_us();

	keep->untold += removed;
	if (!keep->untold || now - keep->told_us < LOG_INTERVAL_US)
		return;
	keep_inbox_finish(keep);
	keep->told_us = now;
}

/* Removes what is too much in one inbox, up to a step of either kind; *has_more
   says whether there is more. */
static enum err
keep_one(struct keep_inbox *keep, struct sql *sql, struct span name,
    uint64_t rows_max, bool *has_more)
{
	struct look look = {.name = name,
	    .limits = limits_of(keep, name),
	    .rows_max = rows_max};
	enum err err = ERR_OK;

	*has_more = false;
	for (int kind = 0; look.limits && kind < KEEP_KINDS && !err; kind++) {
		uint64_t removed = 0;

		look.kind = (enum keep_kind)kind;
		err = look_at(sql, &look);
		keep->is_due = keep->is_due || look.is_left;
		if (!err && look.cut)
			err = remove_cut(sql, &look, &removed);
		if (!err)
			tell(keep, removed);
		*has_more = *has_more || removed == STEP;
	}
	return err;
}

/* ---- new messages */

/* The inbox of the next one, and up to where they are of the same one.
   ERR_NOT_FOUND when there is none. */
static enum err
next_news(
    struct keep_inbox *keep, struct sql *sql, struct buf *room, int64_t *seen)
{
	static const char text[] =
	    "SELECT seq, inbox FROM message WHERE seq > ?1 ORDER BY seq LIMIT ?2";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);
	enum err found = ERR_NOT_FOUND;
	bool is_same = true;

	if (err)
		return err;
	sql_bind_number(row, 1, keep->seen_seq);
	sql_bind_number(row, 2, NEWS);
	buf_reset(room);
	while (is_same && sql_step(row) == ERR_OK) {
		struct span name = sql_span(row, 1);

		if (found == ERR_OK)
			is_same = span_equal(name, buf_span(room));
		else if (!buf_put(room, name))
			found = ERR_MEMORY;
		else
			found = ERR_OK;
		if (is_same)
			*seen = sql_number(row, 0);
	}
	err = sql_done(row);
	return err ? err : found;
}

static enum err
look_at_one(struct keep_inbox *keep, struct sql *sql)
{
	bool has_more = false;
	int64_t seen = 0;
	struct buf name;
	enum err err;

	buf_init(&name, NAME_MAX_LEN);
	err = next_news(keep, sql, &name, &seen);
	if (!err)
		err = keep_one(
		    keep, sql, buf_span(&name), COUNT_AT_ONCE, &has_more);
	buf_release(&name);
	if (!err && !has_more)
		keep->seen_seq = seen;
	return err;
}

/* True: there are more. */
static bool
look_at_news(struct keep_inbox *keep, struct sql *sql, enum keep_slack slack)
{
	int64_t newest;
	enum err err = pick_last(sql, &newest);
	int64_t least = slack == KEEP_SLACK ? SLACK_NEWS : 1;

	if (err || newest - keep->seen_seq < least)
		return false;
	for (int i = 0; i < LOOKS && !err && keep->seen_seq < newest; i++)
		err = look_at_one(keep, sql);
	return !err && keep->seen_seq < newest;
}

/* ---- the walk over all of them */

static enum err
next_inbox(struct keep_inbox *keep, struct sql *sql)
{
	static const char text[] =
	    "SELECT min(inbox) FROM message WHERE inbox > ?1 AND inbox <> ''";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);
	enum err found = ERR_NOT_FOUND;

	if (err)
		return err;
	sql_bind_span(row, 1, keep->at.at ? buf_span(&keep->at) : SPAN(""));
	if (sql_step(row) == ERR_OK && !sql_is_null(row, 0)) {
		buf_reset(&keep->at);
		found =
		    buf_put(&keep->at, sql_span(row, 0)) ? ERR_OK : ERR_MEMORY;
	}
	err = sql_done(row);
	return err ? err : found;
}

static void
begin_walk(struct keep_inbox *keep)
{
	keep->state = KEEP_INBOX_WALKS;
	keep->is_due = false;
	keep->walked_us = clock_mono_us();
	buf_reset(&keep->at);
}

static bool
go_on(struct keep_inbox *keep, struct sql *sql)
{
	enum err err = ERR_OK;

	for (int i = 0; i < LOOKS && !err; i++) {
		if (!keep->has_more)
			err = next_inbox(keep, sql);
		if (!err)
			err = keep_one(
			    keep, sql, buf_span(&keep->at), 0, &keep->has_more);
	}
	if (!err)
		return true;
	keep->state = KEEP_INBOX_RESTS;
	keep->has_more = false;
	return false;
}

/* ---- the whole */

enum err
keep_inbox_init(struct keep_inbox *keep, const struct keep_inbox_rule *rules,
    size_t rule_count, struct log *log, struct sql *sql)
{
	*keep = (struct keep_inbox){.rules = rules,
	    .rule_count = rule_count,
	    .log = log,
	    .told_us = clock_mono_us() - LOG_INTERVAL_US};
	buf_init(&keep->at, NAME_MAX_LEN);
	if (rule_count == 0)
		return ERR_OK;
	begin_walk(keep);
	return pick_last(sql, &keep->seen_seq);
}

void
keep_inbox_finish(struct keep_inbox *keep)
{
	if (keep->untold)
		log_info(keep->log,
		    "retention: removed %llu messages, the oldest of their "
		    "inboxes",
		    (unsigned long long)keep->untold);
	keep->untold = 0;
}

void
keep_inbox_release(struct keep_inbox *keep)
{
	buf_release(&keep->at);
}

bool
keep_inbox_step(struct keep_inbox *keep, struct sql *sql, enum keep_slack slack)
{
	bool is_due = keep->is_due || shortest_age(keep);

	if (keep->rule_count == 0)
		return false;
	if (look_at_news(keep, sql, slack))
		return true;
	if (keep->state == KEEP_INBOX_RESTS && is_due &&
	    clock_mono_us() - keep->walked_us >= walk_interval(keep))
		begin_walk(keep);
	return keep->state == KEEP_INBOX_WALKS && go_on(keep, sql);
}

int64_t
keep_inbox_patience(const struct keep_inbox *keep)
{
	if (keep->rule_count == 0)
		return 0;
	if (keep->is_due || shortest_age(keep))
		return walk_interval(keep);
	return keep->untold ? LOG_INTERVAL_US : 0;
}
