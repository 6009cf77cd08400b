/* pick_stats: how many there are of what (pick.h). */
#include "pick.h"

enum column {
	COLUMN_MESSAGES,
	COLUMN_REFUSED,
	COLUMN_ABORTED,
	COLUMN_SESSIONS,
	COLUMN_READ,
	COLUMN_BYTES,
	COLUMN_FILE_BYTES,
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_SEQ,
	COLUMN_PRUNED,
	COLUMN_REMOVED
};

#define COUNTER(name)                                                          \
	"ifnull((SELECT value FROM counter WHERE name = '" name "'), 0)"

/* Asked for with each page: what is many is counted as it comes and goes, what
   is few has an index that holds nothing else. */
static const char text[] = "SELECT " COUNTER(
    "messages") ","
		" (SELECT count(*) FROM message WHERE state <> 0 AND state = 1),"
		" (SELECT count(*) FROM message WHERE state <> 0 AND state = 2),"
		" " COUNTER(
		    "sessions") ","
				" (SELECT count(*) FROM message WHERE is_read = 1 AND state = 0),"
				" " COUNTER(
				    "bytes") ","
					     " (SELECT page_count * page_size FROM pragma_page_count,"
					     " pragma_page_size),"
					     " ifnull((SELECT received FROM message ORDER BY seq LIMIT 1), 0),"
					     " ifnull((SELECT received FROM message ORDER BY seq DESC LIMIT 1), 0),"
					     " " COUNTER("seq") "," COUNTER(
						 "pruned") "," COUNTER("removed");

/* The counters of a damaged file may be anything. */
static uint64_t
at_least_zero(int64_t number)
{
	return number > 0 ? (uint64_t)number : 0;
}

enum err
pick_stats(struct sql *sql, struct pick_stats *stats)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);
	int64_t others;

	*stats = (struct pick_stats){0};
	if (err)
		return err;
	if (sql_step(row) == ERR_OK) {
		others = sql_number(row, COLUMN_REFUSED) +
		    sql_number(row, COLUMN_ABORTED);
		*stats = (struct pick_stats){
		    .accepted = at_least_zero(
			sql_number(row, COLUMN_MESSAGES) - others),
		    .refused = at_least_zero(sql_number(row, COLUMN_REFUSED)),
		    .aborted = at_least_zero(sql_number(row, COLUMN_ABORTED)),
		    .sessions = at_least_zero(sql_number(row, COLUMN_SESSIONS)),
		    .unread = at_least_zero(sql_number(row, COLUMN_MESSAGES) -
			others - sql_number(row, COLUMN_READ)),
		    .bytes = at_least_zero(sql_number(row, COLUMN_BYTES)),
		    .file_bytes =
			at_least_zero(sql_number(row, COLUMN_FILE_BYTES)),
		    .first_us = sql_number(row, COLUMN_FIRST),
		    .last_us = sql_number(row, COLUMN_LAST),
		    .seq = sql_number(row, COLUMN_SEQ),
		    .pruned = at_least_zero(sql_number(row, COLUMN_PRUNED)),
		    .removed = at_least_zero(sql_number(row, COLUMN_REMOVED)),
		};
	}
	return sql_done(row);
}

enum err
pick_inbox_stats(struct sql *sql, struct span inbox, struct pick_stats *stats)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT total(state = 0), total(state = 1), total(state = 2),"
	    " count(DISTINCT session), total(state = 0 AND is_read = 0),"
	    " total(size), ifnull(min(received), 0), ifnull(max(received), 0)"
	    " FROM message WHERE inbox = ?1 AND inbox <> ''");

	if (err)
		return err;
	sql_bind_span(row, 1, inbox);
	if (sql_step(row) == ERR_OK) {
		stats->accepted = at_least_zero(sql_number(row, 0));
		stats->refused = at_least_zero(sql_number(row, 1));
		stats->aborted = at_least_zero(sql_number(row, 2));
		stats->sessions = at_least_zero(sql_number(row, 3));
		stats->unread = at_least_zero(sql_number(row, 4));
		stats->bytes = at_least_zero(sql_number(row, 5));
		stats->first_us = sql_number(row, 6);
		stats->last_us = sql_number(row, 7);
	}
	return sql_done(row);
}

static enum err
ask_number(struct sql *sql, const char *question, int64_t *seq)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, question);

	*seq = 0;
	if (err)
		return err;
	if (sql_step(row) == ERR_OK)
		*seq = sql_number(row, 0);
	return sql_done(row);
}

enum err
pick_newest(struct sql *sql, int64_t *seq)
{
	return ask_number(
	    sql, "SELECT value FROM counter WHERE name = 'seq'", seq);
}

enum err
pick_last(struct sql *sql, int64_t *seq)
{
	return ask_number(sql, "SELECT ifnull(max(seq), 0) FROM message", seq);
}

enum err
pick_found(struct sql *sql, int64_t *seq)
{
	/* The index of the table is asked in its own words first. */
	return ask_number(sql,
	    "SELECT ifnull((SELECT seq - 1 FROM message"
	    " WHERE is_indexed <> 1 AND is_indexed = 0 ORDER BY seq LIMIT 1),"
	    " (SELECT value FROM counter WHERE name = 'seq'))",
	    seq);
}

enum err
pick_found_messages(struct sql *sql, const struct pick_request *request,
    pick_callback *callback, void *context)
{
	struct pick_request found = *request;
	int64_t last;
	enum err err = pick_found(sql, &last);

	if (!found.before || found.before > last)
		found.before = last + 1;
	return err ? err : pick_messages(sql, &found, callback, context);
}
