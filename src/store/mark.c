/* mark: what people put on stored messages: read marks and tags. */
#include "mark.h"

#include "txn.h"

#include <stdlib.h>

enum err
mark_message(struct sql *sql, int64_t seq, enum mark mark, mark_callback *call,
    void *context)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "UPDATE message SET is_read = ?1 WHERE seq = ?2 AND is_read <> ?1 "
	    "RETURNING id");

	if (!err) {
		sql_bind_number(row, 1, mark == MARK_READ);
		sql_bind_number(row, 2, seq);
		err = sql_step(row);
		if (!err)
			txn_add(sql, TXN_MARKED, 1);
		if (!err && call)
			call(sql_span(row, 0), context);
		/* Rows that RETURNING has left must be taken. */
		while (!err)
			err = sql_step(row);
		if (err == ERR_NOT_FOUND)
			err = ERR_OK;
	}
	(void)sql_done(row);
	return err;
}

/* A walk may not change what it walks over: first the numbers. */
struct numbers {
	int64_t *at;
	size_t count;
	size_t room;
	enum err err;
};

static bool
add_number(const struct pick_row *row, void *context)
{
	struct numbers *numbers = context;
	size_t room = numbers->room ? numbers->room * 2 : 256;
	int64_t *at;

	if (numbers->count == numbers->room) {
		at = realloc(numbers->at, room * sizeof(*at));
		if (!at) {
			numbers->err = ERR_MEMORY;
			return false;
		}
		numbers->at = at;
		numbers->room = room;
	}
	numbers->at[numbers->count++] = row->seq;
	return true;
}

enum err
mark_matching(struct sql *sql, const struct pick_request *request,
    enum mark mark, mark_callback *call, void *context)
{
	struct numbers numbers = {0};
	enum err err = pick_messages(sql, request, add_number, &numbers);

	if (!err)
		err = numbers.err;
	for (size_t i = 0; !err && i < numbers.count; i++)
		err = mark_message(sql, numbers.at[i], mark, call, context);
	free(numbers.at);
	return err;
}

enum err
mark_all(struct sql *sql, enum mark mark)
{
	txn_add(sql, TXN_MARKED, 1);
	return sql_run(sql,
	    mark == MARK_READ
		? "UPDATE message SET is_read = 1 WHERE is_read = 0"
		: "UPDATE message SET is_read = 0 WHERE is_read = 1");
}

enum err
tag_list(struct sql *sql, tag_callback *call, void *context)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT name, count(*) FROM tag GROUP BY name ORDER BY name");

	while (!err) {
		err = sql_step(row);
		if (!err &&
		    !call(sql_span(row, 0), sql_number(row, 1), context))
			break;
	}
	(void)sql_done(row);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Runs a statement without rows on a number and a name. */
static enum err
run_on(struct sql *sql, const char *text, int64_t number, const char *name)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (!err) {
		sql_bind_number(row, 1, number);
		sql_bind_span(row, 2, span_string(name));
		err = sql_step(row);
	}
	(void)sql_done(row);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
tag_set(struct sql *sql, int64_t seq, const char *const *tags, size_t count)
{
	enum err err = run_on(
	    sql, "DELETE FROM tag WHERE message = ?1 AND ?2 = ''", seq, "");

	/* A tag that another message has keeps its spelling. */
	for (size_t i = 0; !err && i < count; i++)
		err = run_on(sql,
		    "INSERT OR IGNORE INTO tag (message, name) VALUES (?1, "
		    "coalesce((SELECT name FROM tag WHERE name = ?2 LIMIT 1), "
		    "?2))",
		    seq, tags[i]);
	return err;
}

static enum err
find_tag(struct sql *sql, const char *name)
{
	struct sql_row *row;
	enum err err =
	    sql_start(sql, &row, "SELECT 1 FROM tag WHERE name = ?1 LIMIT 1");

	if (!err) {
		sql_bind_span(row, 1, span_string(name));
		err = sql_step(row);
	}
	(void)sql_done(row);
	return err;
}

enum err
tag_rename(struct sql *sql, const char *from, const char *to)
{
	struct sql_row *row;
	bool is_same = span_equal_nocase(span_string(from), span_string(to));
	enum err err = find_tag(sql, from);

	if (err)
		return err;
	if (!is_same && find_tag(sql, to) == ERR_OK)
		return ERR_EXISTS;
	err = sql_start(sql, &row, "UPDATE tag SET name = ?2 WHERE name = ?1");
	if (!err) {
		sql_bind_span(row, 1, span_string(from));
		sql_bind_span(row, 2, span_string(to));
		err = sql_step(row);
	}
	(void)sql_done(row);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
tag_remove(struct sql *sql, const char *name)
{
	enum err err = find_tag(sql, name);

	if (err)
		return err;
	return run_on(
	    sql, "DELETE FROM tag WHERE name = ?2 AND ?1 = 0", 0, name);
}
