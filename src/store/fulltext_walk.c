/* fulltext_walk: messages that have what is wanted, in order (fulltext.h). */
#include "fulltext.h"

#include <inttypes.h>

#define TEXT_LIMIT 512

enum err
fulltext_open(struct fulltext_walk *walk)
{
	static const char up[] = "SELECT number FROM fulltext WHERE number"
				 " BETWEEN ? AND ? ORDER BY number";
	static const char down[] = "SELECT number FROM fulltext WHERE number"
				   " BETWEEN ? AND ? ORDER BY number DESC";
	int64_t first = walk->after < 0 ? 0 : walk->after;
	enum err err;

	walk->row = NULL;
	buf_init(&walk->text, TEXT_LIMIT);
	err =
	    sql_start(walk->sql, &walk->tables, walk->oldest_first ? up : down);
	if (err)
		return err;
	sql_bind_number(walk->tables, 1, first / FULLTEXT_SPAN);
	sql_bind_number(walk->tables, 2, walk->before / FULLTEXT_SPAN);
	return ERR_OK;
}

static enum err
open_table(struct fulltext_walk *walk, int64_t number)
{
	enum err err;

	buf_reset(&walk->text);
	(void)buf_printf(&walk->text,
	    "SELECT rowid FROM fulltext_%" PRId64 " WHERE fulltext_%" PRId64
	    " MATCH ? AND rowid > ? AND rowid < ? ORDER BY rowid %s",
	    number, number, walk->oldest_first ? "ASC" : "DESC");
	if (!buf_string(&walk->text))
		return ERR_MEMORY;
	err = sql_start_once(walk->sql, &walk->row, buf_string(&walk->text));
	if (err)
		return err;
	sql_bind_span(walk->row, 1, span_string(walk->wanted));
	sql_bind_number(walk->row, 2, walk->after);
	sql_bind_number(walk->row, 3, walk->before);
	return ERR_OK;
}

static enum err
close_table(struct fulltext_walk *walk)
{
	enum err err = sql_done(walk->row);

	walk->row = NULL;
	return err;
}

enum err
fulltext_next(struct fulltext_walk *walk, int64_t *seq)
{
	enum err err = ERR_OK;

	while (!err) {
		if (!walk->row) {
			err = sql_step(walk->tables);
			if (!err)
				err = open_table(
				    walk, sql_number(walk->tables, 0));
		} else if (sql_step(walk->row) == ERR_OK) {
			*seq = sql_number(walk->row, 0);
			return ERR_OK;
		} else {
			err = close_table(walk);
		}
	}
	return err;
}

enum err
fulltext_close(struct fulltext_walk *walk)
{
	enum err err = close_table(walk);
	enum err tables = sql_done(walk->tables);

	walk->tables = NULL;
	buf_release(&walk->text);
	return err ? err : tables;
}
