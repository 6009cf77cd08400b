/*
 * query_sql: a query as a condition in SQL, with its parameters.
 *
 * Says of a row of "message m" what query_match() says of the message, as long
 * as the message is indexed. query_field.h has the meaning of each field.
 */
#ifndef QUERY_SQL_H
#define QUERY_SQL_H

#include "buf.h"
#include "err.h"
#include "query.h"
#include "sql.h"

#include <stdint.h>

/* What the condition is for. */
enum query_sql_use {
	QUERY_SQL_SCAN,  /* rows by the hundred: sets may be made in advance */
	QUERY_SQL_CHECK, /* one row again and again */
};

struct query_sql {
	int first;              /* number of the first parameter */
	enum query_sql_use use; /* of the next condition */
	struct buf *out;
	/* Private: the parameters, and the bytes of those that are texts. */
	struct query_sql_value *values;
	size_t count, room;
	struct buf texts;
	bool failed;
};

/* Conditions will be appended to `out`, their parameters numbered from `first`
   on. */
void query_sql_init(struct query_sql *, struct buf *out, int first);
void query_sql_release(struct query_sql *);

/* Appends one condition in parentheses. ERR_LIMIT, ERR_MEMORY. */
enum err query_sql_put(struct query_sql *, const struct query *);

/* Borrowed until sql_done(), so release after that. */
void query_sql_bind(const struct query_sql *, struct sql_row *);

#endif
