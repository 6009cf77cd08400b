/*
 * pick_private: what the parts of pick share: walking from message to message,
 * as a request asks for them, and counts.
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

/* ---- counts that are remembered (pick_memo.c) */

/*
 * Lists say how many messages match; of a common word among a million that took
 * two seconds, each time that the page was shown again because one more had
 * come. A reader's connection remembers some counts, so that only what came
 * later is counted: as long as nothing was removed, read or indexed anew since,
 * which counters say, and for queries on the text of messages only. On the
 * connection's thread, inside one transaction a count.
 *
 * Puts what is known of the request into *count, which holds up to *seq;
 * nothing is known, and both are 0, of what was not counted yet.
 */
enum err pick_memo_recall(struct sql *, const struct pick_request *,
    struct pick_count *count, int64_t *seq);

/* This is how many there are now. Remembered if it may be, and if there is
   memory. */
enum err pick_memo_keep(
    struct sql *, const struct pick_request *, const struct pick_count *);

#endif
