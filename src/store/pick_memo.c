/* pick_memo: how many messages matched a query when it was counted last. */
#include "pick_private.h"

#include "query_field.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COUNTS 8
#define KEY_LIMIT ((size_t)4096)

/* What must be the same for a count to hold. */
struct stamp {
	int64_t removed, pruned, marked, tables;
};

struct entry {
	struct buf key;
	struct stamp stamp;
	struct pick_count count;
	int64_t seq;
};

struct pick_memo {
	struct entry entries[COUNTS];
	size_t next; /* the one that is forgotten next */
};

static void
release(void *context)
{
	struct pick_memo *memo = context;

	for (size_t i = 0; i < COUNTS; i++)
		buf_release(&memo->entries[i].key);
	free(memo);
}

static struct pick_memo *
memo_of(struct sql *sql)
{
	struct pick_memo *memo = sql_companion(sql, SQL_COUNTS);

	if (memo)
		return memo;
	memo = calloc(1, sizeof(*memo));
	if (!memo)
		return NULL;
	for (size_t i = 0; i < COUNTS; i++)
		buf_init(&memo->entries[i].key, KEY_LIMIT);
	sql_set_companion(sql, SQL_COUNTS, memo, release);
	return memo;
}

/* ---- what was asked */

static void
put_text(struct buf *key, const char *text)
{
	(void)buf_printf(
	    key, " %zu:%s", text ? strlen(text) : 0, text ? text : "");
}

/* False when the answer may change with something else than messages. */
static bool
put_query(struct buf *key, const struct query *query)
{
	if (!query)
		return buf_put_char(key, '.');
	if (query->kind == QUERY_TERM && query_field_columns(query->field) == 0)
		return false;
	(void)buf_printf(key, "(%d %d %d", (int)query->kind, (int)query->field,
	    (int)query->form);
	put_text(key, query->text);
	put_text(key, query->name);
	return put_query(key, query->left) && put_query(key, query->right) &&
	    buf_put_char(key, ')');
}

/* Without a query there is nothing to be saved, and a writer does not know
   whether what it sees will stay. */
static bool
put_key(
    struct buf *key, const struct sql *sql, const struct pick_request *request)
{
	if (!sql_reads_only(sql) || !request->query || request->before)
		return false;
	(void)buf_printf(
	    key, "%" PRId64 " %d", request->after, (int)request->all_states);
	(void)buf_printf(key, "%c", request->inbox ? '=' : '*');
	put_text(key, request->inbox);
	return put_query(key, request->query);
}

/* ---- what there is */

static enum err
ask_stamp(struct sql *sql, struct stamp *stamp)
{
	static const char text[] =
	    "SELECT total(value) FILTER (WHERE name = 'removed'),"
	    " total(value) FILTER (WHERE name = 'pruned'),"
	    " total(value) FILTER (WHERE name = 'marked'),"
	    " total(value) FILTER (WHERE name = 'word_tables') FROM counter";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	if (sql_step(row) == ERR_OK)
		*stamp = (struct stamp){sql_number(row, 0), sql_number(row, 1),
		    sql_number(row, 2), sql_number(row, 3)};
	return sql_done(row);
}

/* The newest message; 0 when there is one that is not indexed. */
static enum err
ask_newest(struct sql *sql, int64_t *seq)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT iif(EXISTS (SELECT 1 FROM message WHERE is_indexed <> 1),"
	    " 0, ifnull((SELECT max(seq) FROM message), 0))");

	if (err)
		return err;
	if (sql_step(row) == ERR_OK)
		*seq = sql_number(row, 0);
	return sql_done(row);
}

static struct entry *
find(struct pick_memo *memo, const struct buf *key)
{
	for (size_t i = 0; i < COUNTS; i++)
		if (memo->entries[i].seq &&
		    span_equal(buf_span(&memo->entries[i].key), buf_span(key)))
			return &memo->entries[i];
	return NULL;
}

static enum err
recall(struct sql *sql, const struct buf *key, struct pick_count *count,
    int64_t *seq)
{
	struct pick_memo *memo = memo_of(sql);
	struct entry *entry = memo ? find(memo, key) : NULL;
	struct stamp stamp;
	enum err err;

	if (!entry)
		return ERR_OK;
	err = ask_stamp(sql, &stamp);
	if (err)
		return err;
	if (memcmp(&stamp, &entry->stamp, sizeof(stamp)) != 0) {
		entry->seq = 0;
		return ERR_OK;
	}
	*count = entry->count;
	*seq = entry->seq;
	return ERR_OK;
}

enum err
pick_memo_recall(struct sql *sql, const struct pick_request *request,
    struct pick_count *count, int64_t *seq)
{
	struct buf key;
	enum err err = ERR_OK;

	*count = (struct pick_count){0, 0};
	*seq = 0;
	buf_init(&key, KEY_LIMIT);
	if (put_key(&key, sql, request))
		err = recall(sql, &key, count, seq);
	buf_release(&key);
	return err;
}

static enum err
keep(struct sql *sql, const struct buf *key, const struct pick_count *count)
{
	struct pick_memo *memo = memo_of(sql);
	struct entry *entry = memo ? find(memo, key) : NULL;
	struct stamp stamp;
	int64_t seq = 0;
	enum err err;

	if (!memo)
		return ERR_OK;
	err = ask_newest(sql, &seq);
	if (!err && seq)
		err = ask_stamp(sql, &stamp);
	if (err || !seq)
		return err;
	if (!entry) {
		entry = &memo->entries[memo->next];
		memo->next = (memo->next + 1) % COUNTS;
		buf_reset(&entry->key);
		entry->seq = 0;
		if (!buf_put(&entry->key, buf_span(key)))
			return ERR_OK;
	}
	entry->stamp = stamp;
	entry->count = *count;
	entry->seq = seq;
	return ERR_OK;
}

enum err
pick_memo_keep(struct sql *sql, const struct pick_request *request,
    const struct pick_count *count)
{
	struct buf key;
	enum err err = ERR_OK;

	buf_init(&key, KEY_LIMIT);
	if (put_key(&key, sql, request))
		err = keep(sql, &key, count);
	buf_release(&key);
	return err;
}
