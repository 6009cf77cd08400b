/*
 * keep: retention: the oldest go when there is more than was asked for.
 *
 * The writer looks after each batch, which costs one small question, and
 * removes in steps that delay nobody for long: while there is work, only when
 * the limit is passed by some part of it; as soon as there is none, exactly.
 * What was removed is counted in the table `counter` ("pruned") and told in the
 * log, now and then. What was not accepted has the same limits by itself, so
 * that it never takes the place of what was. A session goes when it ended
 * before everything that is left; sessions without messages also when there are
 * too many of them.
 */
#ifndef KEEP_H
#define KEEP_H

#include "err.h"
#include "log.h"
#include "sql.h"

#include <stdbool.h>
#include <stdint.h>

/* What is kept of either kind; 0 is no limit. The newest always is. */
struct store_keep {
	uint64_t count; /* messages */
	int64_t age_us;
	uint64_t size; /* sum of the bodies, bytes */
};

enum keep_kind { KEEP_ACCEPTED, KEEP_REST, KEEP_KINDS };

/* One writer's retention; all private. */
struct keep {
	struct store_keep limits;
	struct log *log;
	int64_t first[KEEP_KINDS]; /* seq: there is none before */
	uint64_t untold;           /* removed since the last line in the log */
	int64_t told_us;           /* when that was; monotonic */
	int64_t session_seq; /* up to where empty sessions were looked for */
	int64_t session_us;  /* and when; monotonic */
	bool has_more;       /* of what the last step removed */
};

/* A sixteenth and a hundred messages (or a MiB) above the limits, or none. */
enum keep_slack { KEEP_SLACK, KEEP_EXACT };

/* Borrows the log. Counts anew what there is, if there is a limit. */
enum err
keep_init(struct keep *, const struct store_keep *, struct log *, struct sql *);

/*
 * Looks, and removes a bounded number. True: there is more to remove, call
 * again soon. Failures are left to the next call.
 */
bool keep_step(struct keep *, struct sql *, enum keep_slack);

/* How long until keep_step() may find something on an idle store;
   microseconds, 0: never. */
int64_t keep_patience(const struct keep *);

/* Inside a transaction: sessions go that ended before all messages that are
   left, out of as many as messages went, and some. */
enum err keep_old_sessions(struct sql *, uint64_t removed);

/* Writes what is yet untold to the log. */
void keep_finish(struct keep *);

/*
 * Gives space back to the file system where most of the file is empty and what
 * is left is copied at once; else free pages wait to be used again. For the
 * writer when it is idle.
 */
enum err keep_shrink(struct sql *);

#endif
