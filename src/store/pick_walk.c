/* pick_walk: from message to message, as a request asks (pick_private.h). */
#include "pick_private.h"

#define TEXT_LIMIT ((size_t)4 * 1024 * 1024)

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

static void
bind(struct pick_walk *walk)
{
	const struct pick_request *request = walk->request;

	sql_bind_number(walk->row, PARAMETER_AFTER, request->after);
	sql_bind_number(walk->row, PARAMETER_BEFORE,
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
	query_sql_init(&walk->made, &walk->text, PARAMETER_NEXT);
	err = make_text(walk, columns, join);
	if (!err)
		err = sql_start_once(sql, &walk->row, buf_string(&walk->text));
	if (!err)
		bind(walk);
	return err;
}

enum err
pick_walk_next(struct pick_walk *walk)
{
	enum err err;

	if (walk->left == 0)
		return ERR_NOT_FOUND;
	do
		err = sql_step(walk->row);
	while (!err && walk->skip && walk->skip--);
	walk->left--;
	return err;
}

enum err
pick_walk_close(struct pick_walk *walk)
{
	enum err err = sql_done(walk->row);

	walk->row = NULL;
	query_sql_release(&walk->made);
	buf_release(&walk->text);
	return err;
}
