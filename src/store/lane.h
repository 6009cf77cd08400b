/*
 * lane: jobs on their way to a thread and back.
 *
 * Several lanes share one way back. The owner's thread submits, flushes and
 * takes what came back; the lane's own thread takes and finishes. A job is in
 * one queue at a time, and no memory is needed to queue it.
 */
#ifndef LANE_H
#define LANE_H

#include "err.h"
#include "job.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Jobs in the order in which they came. */
struct lane_queue {
	struct store_job *first;
	struct store_job *last;
};

struct lane_back {
	int fd; /* readable while something has come back */
	pthread_mutex_t mutex;
	struct lane_queue finished;
};

struct lane {
	struct lane_back *back;
	struct lane_queue submitted; /* the owner's, until it flushes */
	pthread_t thread;
	pthread_mutex_t mutex; /* over the rest */
	pthread_cond_t work;
	struct lane_queue waiting;
	bool is_asleep;
	bool must_end;
};

/* ---- the owner's side */

enum err lane_back_init(struct lane_back *, struct failure *);
void lane_back_release(struct lane_back *);

/* All that has come back, in order; the descriptor is then not readable. */
struct store_job *lane_back_take(struct lane_back *);

void lane_init(struct lane *, struct lane_back *);
void lane_release(struct lane *);

/* The thread gets no signals. */
enum err lane_start(
    struct lane *, void *(*run)(void *), void *context, struct failure *);

/* Waits for its end: it finishes what was flushed before. */
void lane_end(struct lane *);

void lane_submit(struct lane *, struct store_job *);

/* Lets the thread see what was submitted, and wakes it if it sleeps. */
void lane_flush(struct lane *);

/* ---- the thread's side */

#define LANE_FOREVER INT64_MAX

/* All that waits; NULL when the patience is over or the lane must end. */
struct store_job *lane_take(struct lane *, int64_t patience_us);

/* Whether lane_take() would return at once. */
bool lane_has_work(struct lane *);

/* True when it must end and nothing waits. */
bool lane_is_over(struct lane *);

/* Sends back the jobs before `end`, their `err` set. */
void lane_finish(
    struct lane *, struct store_job *first, const struct store_job *end);

#endif
