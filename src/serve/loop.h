/*
 * loop: the event loop of a server, its turns and its stop.
 *
 * One thread runs it, and all of serve lives on that thread. Only loop_stop()
 * may be called from elsewhere (another thread or a signal handler).
 */
#ifndef LOOP_H
#define LOOP_H

#include "err.h"
#include "log.h"
#include "store.h"

struct event_base;
struct loop;

/* Borrows the store; reaps it when its descriptor says so, and flushes it once
   at the end of each turn that submitted something. */
enum err loop_new(struct loop **out, struct store *, struct log *);
void loop_free(struct loop *);

struct event_base *loop_base(const struct loop *);
struct store *loop_store(const struct loop *);

/* Runs until loop_stop(). */
void loop_run(struct loop *);
void loop_stop(struct loop *);

/* For the rest of this turn and the next ones: a block of at least
   LOOP_SCRATCH_SIZE bytes that any callback may use until it returns. */
char *loop_scratch(struct loop *);
#define LOOP_SCRATCH_SIZE ((size_t)128 * 1024)

#endif
