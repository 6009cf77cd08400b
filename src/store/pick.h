/*
 * pick: reading and removing messages, by query or by id.
 *
 * Blocking functions on a connection: for the store's threads (inside a job's
 * run()) and for commands that read a database file without a server.
 */
#ifndef PICK_H
#define PICK_H

#include "err.h"
#include "message.h"
#include "query.h"
#include "sql.h"

struct pick_row {
	int64_t seq;
	uint64_t size; /* bytes of the body */
	/* `message.body` is empty; its header block is in `header`. */
	struct message *message; /* borrowed until the callback returns */
	struct span header;      /* raw, at most PICK_HEADER_MAX bytes */
};

#define PICK_HEADER_MAX (64 * 1024)

struct pick_request {
	const struct query *query; /* NULL: everything */
	int64_t after;             /* seq greater than this */
	int64_t before;            /* seq less than this; 0: no bound */
	uint64_t limit;            /* 0: none */
	bool oldest_first;
	bool all_states; /* else only accepted ones, unless the query has state:
			  */
};

/* Called a row; returning false ends the walk early, without an error. */
typedef bool pick_callback(const struct pick_row *, void *context);

enum err pick_messages(
    struct sql *, const struct pick_request *, pick_callback *, void *context);

/* One message. ERR_NOT_FOUND; its seq number in decimals serves as id too. */
enum err
pick_message(struct sql *, const char *id, pick_callback *, void *context);

/* The body in pieces, in order. False from the callback ends it. */
typedef bool pick_bytes_callback(struct span, void *context);
enum err
pick_body(struct sql *, int64_t seq, pick_bytes_callback *, void *context);

/* Removes what matches, inside a transaction of its own; *count says how many.
 */
enum err
pick_remove(struct sql *, const struct pick_request *, uint64_t *count);

struct pick_stats {
	uint64_t accepted, refused, aborted, sessions;
	uint64_t bytes;            /* sum of the bodies */
	uint64_t file_bytes;       /* pages of the database */
	int64_t first_us, last_us; /* received; 0 when there is none */
	int64_t seq;               /* the newest that ever was */
	uint64_t pruned;           /* removed by retention so far */
};
enum err pick_stats(struct sql *, struct pick_stats *);

#endif
