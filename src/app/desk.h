/*
 * desk: where other threads ask a running sink, and wait for the answer.
 *
 * A question travels to the loop's thread, from there to a thread of the store
 * where it needs one, and comes back; whoever asked blocks meanwhile. Any
 * thread may ask, but those of the sink itself: they would wait for themselves.
 * The owner sees to it that the loop runs until nobody asks any more.
 */
#ifndef DESK_H
#define DESK_H

#include "err.h"
#include "pick.h"
#include "sink.h"

#include <stdint.h>

struct desk;

/* NULL without memory. Borrows the sink. */
struct desk *desk_new(struct sink *);
/* When nobody asks. NULL is allowed. */
void desk_free(struct desk *);

/* Everybody who waits for mail, or will, is sent away with ERR_STOPPED. Other
   questions are answered as before. */
void desk_stop_waits(struct desk *);

/* Runs work() on the loop's thread. */
void desk_call(
    struct desk *, void (*work)(struct sink *, void *context), void *context);

/*
 * Runs work() on the reader's thread, once all that was stored before is
 * indexed. Gives back what it returns, or what has kept it from running.
 */
enum err desk_read(struct desk *, enum err (*work)(struct sql *, void *context),
    void *context);

/*
 * Likewise inside a transaction of the writer; work() may run again, as a
 * store_job may. After the commit, and only then, done() runs on the loop's
 * thread.
 */
enum err
desk_write(struct desk *, enum err (*work)(struct sql *, void *context),
    void (*done)(struct sink *, void *context), void *context);

/* ---- waiting for mail */

/* Counts what matches from desk_wait_begin() on. */
struct desk_wait;

/* NULL without memory. The request is borrowed; its limit does not count. */
struct desk_wait *desk_wait_begin(struct desk *, const struct pick_request *);
void desk_wait_end(struct desk_wait *);

/* Forgets what was counted: whoever reads then sees all of it. */
void desk_wait_reset(struct desk_wait *);

/*
 * Blocks until so many were counted since the reset. ERR_NOT_FOUND at the
 * deadline (monotonic), ERR_STOPPED after desk_stop_waits().
 */
enum err desk_wait_for(struct desk_wait *, uint64_t count, int64_t deadline_us);

#endif
