/* fulltext_walk: messages that have what is wanted, in order (fulltext.h). */
#include "fulltext.h"

#include <inttypes.h>
#include <stdlib.h>

#define TEXT_LIMIT 512

/*
 * Newest first means to FTS5 that it reads a page of each list from its start
 * to its end before the first row comes, in each segment. Where rows are few,
 * they all come sooner the other way round.
 */
#define FEW_RARITY 128
#define FEW_MAX ((size_t)2048)

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
	walk->few = NULL;
	walk->few_count = 0;
	buf_init(&walk->text, TEXT_LIMIT);
	if (!walk->oldest_first && walk->rarity >= FEW_RARITY) {
		walk->few = malloc(FEW_MAX * sizeof(*walk->few));
		if (!walk->few)
			return ERR_MEMORY;
	}
	err =
	    sql_start(walk->sql, &walk->tables, walk->oldest_first ? up : down);
	if (err)
		return err;
	sql_bind_number(walk->tables, 1, first / FULLTEXT_SPAN);
	sql_bind_number(walk->tables, 2, walk->before / FULLTEXT_SPAN);
	return ERR_OK;
}

static enum err
start(struct fulltext_walk *walk, int64_t number, const char *direction)
{
	enum err err;

	buf_reset(&walk->text);
	(void)buf_printf(&walk->text,
	    "SELECT rowid FROM fulltext_%" PRId64 " WHERE fulltext_%" PRId64
	    " MATCH ? AND rowid > ? AND rowid < ? ORDER BY rowid %s",
	    number, number, direction);
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

/* ERR_LIMIT when there are too many to keep. */
static enum err
read_few(struct fulltext_walk *walk, int64_t number)
{
	enum err err = start(walk, number, "ASC");
	enum err closed;

	while (!err) {
		err = sql_step(walk->row);
		if (!err && walk->few_count == FEW_MAX)
			err = ERR_LIMIT;
		if (!err)
			walk->few[walk->few_count++] = sql_number(walk->row, 0);
	}
	closed = close_table(walk);
	if (err == ERR_LIMIT)
		walk->few_count = 0;
	return err == ERR_NOT_FOUND ? closed : err;
}

static enum err
open_table(struct fulltext_walk *walk, int64_t number)
{
	enum err err = ERR_LIMIT;

	if (walk->few)
		err = read_few(walk, number);
	if (err == ERR_LIMIT)
		err = start(walk, number, walk->oldest_first ? "ASC" : "DESC");
	return err;
}

enum err
fulltext_next(struct fulltext_walk *walk, int64_t *seq)
{
	enum err err = ERR_OK;

	while (!err) {
		if (walk->few_count) {
			*seq = walk->few[--walk->few_count];
			return ERR_OK;
		}
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
	free(walk->few);
	walk->few = NULL;
	return err ? err : tables;
}
