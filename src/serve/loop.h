/*
 * loop: the event loop of a server, its turns and its stop.
 *
 * One thread runs it, and all of serve lives on that thread. Only loop_stop()
 * and loop_call() may be called from elsewhere (another thread; the first also
 * from a signal handler). A turn is: wait for events and run their callbacks,
 * run what was put off, flush the store.
 */
#ifndef LOOP_H
#define LOOP_H

#include "err.h"
#include "log.h"
#include "store.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct event_base;
struct loop;

/*
 * Borrows the store; reaps it when its descriptor says so, and flushes it once
 * at the end of each turn. The event base tells edges and half-closed
 * connections (EV_ET, EV_CLOSED).
 */
enum err loop_new(struct loop **out, struct store *, struct log *);

/* All events must be gone; what was put off is forgotten. NULL is allowed. */
void loop_free(struct loop *);

struct event_base *loop_base(const struct loop *);
struct store *loop_store(const struct loop *);

/* Runs turns until loop_stop(), which may come before it too. */
void loop_run(struct loop *);
void loop_stop(struct loop *);

/*
 * Work that another thread gives to the loop's: run() is called there, in the
 * order in which one thread gave it, and may free what it is embedded in. The
 * giver sees to it that the loop runs until then.
 */
struct loop_call {
	void (*run)(struct loop_call *);
	struct loop_call *next; /* the loop's */
};
void loop_call(struct loop *, struct loop_call *);

/* One turn: waits for at least one event. For tests and loop_run(). */
void loop_turn(struct loop *);

/*
 * A piece of work put off to the end of this turn, or to the next one when it
 * is put off by such work: events are looked at in between. For whoever would
 * keep others waiting, or would free what its caller still uses. Embed it.
 */
struct loop_task {
	void (*run)(struct loop_task *);
	TAILQ_ENTRY(loop_task) entry; /* the loop's */
	bool is_queued;               /* the loop's; start with false */
};
void loop_later(struct loop *, struct loop_task *); /* once, however often */
void loop_forget(struct loop *, struct loop_task *);

/* For the rest of this turn and the next ones: a block of at least
   LOOP_SCRATCH_SIZE bytes that any callback may use until it returns. */
char *loop_scratch(struct loop *);
#define LOOP_SCRATCH_SIZE ((size_t)128 * 1024)

#endif
