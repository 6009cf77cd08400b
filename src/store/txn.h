/*
 * txn: one write transaction, and the numbers that are given out inside it.
 *
 * Whoever writes messages begins and ends here: the store's writer, and
 * commands that work on a file without a server. Numbers come from the table
 * `counter` under the transaction's lock, so that two programs on one file
 * never give out the same one, and are saved once, at the commit.
 */
#ifndef TXN_H
#define TXN_H

#include "err.h"
#include "sql.h"

#include <stdint.h>

/* Rows of `counter` out of which txn_next() gives. */
enum txn_counter {
	TXN_SEQ,     /* of messages, in commit order: "seq" */
	TXN_SESSION, /* of sessions: "session" */
	TXN_COUNTERS
};

/* ERR_BUSY when somebody else holds the lock for seconds. */
enum err txn_begin(struct sql *);

/* On failure the transaction is rolled back. */
enum err txn_commit(struct sql *);
void txn_rollback(struct sql *);

/*
 * The next number: greater than any that was committed before, also when its
 * row is gone. One that is not committed may be given out again.
 */
enum err txn_next(struct sql *, enum txn_counter, int64_t *number);

/* The last one that was given out; 0 where none was. */
enum err txn_last(struct sql *, enum txn_counter, int64_t *number);

/* Says that so many bytes were written; and how many were, since it began. */
void txn_weigh(struct sql *, uint64_t more);
uint64_t txn_weight(struct sql *);

/* Rows of `counter` that are sums. */
enum txn_sum {
	TXN_MESSAGES, /* how many there are: "messages" */
	TXN_BYTES,    /* of their bodies: "bytes" */
	TXN_REST,     /* of these, what was not accepted: "rest" */
	TXN_REST_BYTES,
	TXN_SESSIONS, /* how many there are: "sessions" */
	TXN_PRUNED,   /* messages removed by retention: "pruned" */
	TXN_REMOVED,  /* messages removed on request: "removed" */
	TXN_MARKED,   /* how often some were read or unread: "marked" */
	TXN_SUMS
};

/* Adds to a sum, once it is committed. Not undone by a savepoint. */
void txn_add(struct sql *, enum txn_sum, int64_t more);

/* Adds to any other row of `counter`, at once; it is made where it is missing.
   `name` is a constant. */
enum err txn_count(struct sql *, const char *name, int64_t more);

#endif
