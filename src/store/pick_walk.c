/* pick_walk: from message to message, as a request asks (pick_private.h). */
#include "pick_private.h"

#define TEXT_LIMIT ((size_t)4 * 1024 * 1024)

/* Among fewer messages the index is not asked at all. */
#define LOOK_MAX 500
/* So many of the newest are looked at before it is, for what one in so many
   has. */
#define LOOK_FIRST 200
#define LOOK_RARITY 4

/* The first parameters. */
enum { PARAMETER_AFTER = 1, PARAMETER_BEFORE, PARAMETER_INBOX, PARAMETER_NEXT };

/* Refused and aborted mail is kept apart: it is shown to who asks for it. */
static const char *
state_condition(const struct pick_request *request)
{
	return request->all_states ||
		query_mentions(request->query, QUERY_STATE)
	    ? ""
	    : " AND m.state = 0";
}

static enum err
make_text(struct pick_walk *walk, const char *columns, const char *join)
{
	const struct pick_request *request = walk->request;
	enum err err = ERR_OK;

	(void)buf_printf(&walk->text,
	    "SELECT %s FROM message m %s WHERE m.seq > ?1 AND m.seq < ?2%s%s",
	    columns, join, state_condition(request),
	    request->inbox ? " AND m.inbox = ?3" : "");
	/* In the words of the index that serves it. */
	if (request->inbox && *request->inbox)
		(void)buf_put_string(&walk->text, " AND m.inbox <> ''");
	if (request->query) {
		(void)buf_put_string(&walk->text, " AND ");
		err = query_sql_put(&walk->made, request->query);
	}
	(void)buf_printf(&walk->text, " ORDER BY m.seq %s",
	    request->oldest_first ? "ASC" : "DESC");
	if (!err && !buf_string(&walk->text))
		err = ERR_MEMORY;
	return err;
}

/*
 * What is common is among the newest: they are looked at one by one, and the
 * index, which has long lists of it, is asked for what is older only.
 */
static enum err
plan(struct pick_walk *walk)
{
	const struct pick_request *request = walk->request;
	int64_t newest = 0;
	enum err err = pick_last(walk->sql, &newest);

	if (request->before && request->before <= newest)
		newest = request->before - 1;
	walk->border = INT64_MIN;
	if (err || !request->query || newest < LOOK_MAX ||
	    request->after > newest - LOOK_MAX)
		return err;
	err = fulltext_want(
	    walk->sql, request->query, newest, &walk->wanted, &walk->rarity);
	if (err || walk->wanted.len == 0)
		return err;
	walk->made.use = QUERY_SQL_CHECK;
	walk->border = request->oldest_first || walk->rarity > LOOK_RARITY
	    ? INT64_MAX
	    : newest - LOOK_FIRST;
	return buf_string(&walk->wanted) ? ERR_OK : ERR_MEMORY;
}

static void
bind_range(struct pick_walk *walk, int64_t after, int64_t before)
{
	sql_bind_number(walk->row, PARAMETER_AFTER, after);
	sql_bind_number(walk->row, PARAMETER_BEFORE, before);
}

static void
bind(struct pick_walk *walk)
{
	const struct pick_request *request = walk->request;

	bind_range(walk,
	    request->after > walk->border ? request->after : walk->border,
	    request->before ? request->before : INT64_MAX);
	if (request->inbox)
		sql_bind_span(
		    walk->row, PARAMETER_INBOX, span_string(request->inbox));
	query_sql_bind(&walk->made, walk->row);
}

enum err
pick_walk_open(struct pick_walk *walk, struct sql *sql,
    const struct pick_request *request, const char *columns, const char *join,
    enum pick_walk_extent extent)
{
	enum err err;

	*walk = (struct pick_walk){.sql = sql, .request = request};
	walk->left = UINT64_MAX;
	if (extent == PICK_WALK_PAGE) {
		walk->skip = request->skip;
		walk->left = request->limit ? request->limit : UINT64_MAX;
	}
	buf_init(&walk->text, TEXT_LIMIT);
	buf_init(&walk->wanted, TEXT_LIMIT);
	query_sql_init(&walk->made, &walk->text, PARAMETER_NEXT);
	err = plan(walk);
	if (!err)
		err = make_text(walk, columns, join);
	if (!err)
		err = sql_start_once(sql, &walk->row, buf_string(&walk->text));
	if (!err)
		bind(walk);
	return err;
}

/* From the newest, where there was nothing (more), to what the index knows. */
static enum err
turn_to_index(struct pick_walk *walk)
{
	const struct pick_request *request = walk->request;
	int64_t before = request->before ? request->before : INT64_MAX;

	if (walk->wanted.len == 0)
		return ERR_NOT_FOUND;
	if (walk->border < before)
		before = walk->border + 1;
	walk->state = PICK_WALK_ASKS;
	walk->found = (struct fulltext_walk){
	    .sql = walk->sql,
	    .wanted = buf_string(&walk->wanted),
	    .rarity = walk->rarity,
	    .after = request->after,
	    .before = before,
	    .oldest_first = request->oldest_first,
	};
	return fulltext_open(&walk->found);
}

/* Looks at one message that the index has found. */
static enum err
look_at(struct pick_walk *walk, int64_t seq)
{
	sql_again(walk->row);
	bind_range(walk, seq - 1, seq + 1);
	return sql_step(walk->row);
}

static enum err
step(struct pick_walk *walk)
{
	enum err err = ERR_NOT_FOUND;
	int64_t seq;

	if (walk->state == PICK_WALK_LOOKS) {
		err = sql_step(walk->row);
		if (err == ERR_NOT_FOUND)
			err = turn_to_index(walk);
		if (err || walk->state == PICK_WALK_LOOKS)
			return err;
	}
	do {
		err = fulltext_next(&walk->found, &seq);
		if (!err)
			err = look_at(walk, seq);
		else
			break;
	} while (err == ERR_NOT_FOUND);
	return err;
}

enum err
pick_walk_next(struct pick_walk *walk)
{
	enum err err;

	if (walk->left == 0)
		return ERR_NOT_FOUND;
	do
		err = step(walk);
	while (!err && walk->skip && walk->skip--);
	walk->left--;
	return err;
}

enum err
pick_walk_close(struct pick_walk *walk)
{
	enum err err = sql_done(walk->row);
	enum err found = ERR_OK;

	if (walk->state == PICK_WALK_ASKS)
		found = fulltext_close(&walk->found);
	walk->row = NULL;
	query_sql_release(&walk->made);
	buf_release(&walk->wanted);
	buf_release(&walk->text);
	return err ? err : found;
}
