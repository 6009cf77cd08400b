/*
 * pick_private: what the parts of pick share: walking from message to message,
 * as a request asks for them.
 */
#ifndef PICK_PRIVATE_H
#define PICK_PRIVATE_H

#include "pick.h"

#include "buf.h"
#include "fulltext.h"
#include "query_sql.h"
#include "sql.h"

enum pick_walk_state { PICK_WALK_LOOKS, PICK_WALK_ASKS };

struct pick_walk {
	struct sql_row *row; /* of the SELECT; positioned by pick_walk_next() */
	/* Private. */
	struct sql *sql;
	const struct pick_request *request;
	struct buf text;
	struct query_sql made;
	struct buf wanted;          /* of the index; empty: all is looked at */
	double rarity;              /* of what is wanted */
	struct fulltext_walk found; /* what it has */
	enum pick_walk_state state;
	int64_t border; /* newer ones are looked at without it */
	uint64_t skip;
	uint64_t left; /* rows to come at most; of `limit` */
};

/*
 * `columns` of "message m", with `join` behind it ("" without one). `skip` and
 * `limit` of the request are heeded with PICK_WALK_PAGE only. pick_walk_close()
 * whatever is returned. The request is borrowed.
 */
enum pick_walk_extent { PICK_WALK_PAGE, PICK_WALK_ALL };
enum err
pick_walk_open(struct pick_walk *, struct sql *, const struct pick_request *,
    const char *columns, const char *join, enum pick_walk_extent);

/* The next row; ERR_NOT_FOUND when there is none. */
enum err pick_walk_next(struct pick_walk *);

/* ERR_OK, or what the last step failed with. */
enum err pick_walk_close(struct pick_walk *);

#endif
