/* desk: where other threads ask a running sink, and wait for the answer. */
#include "desk.h"

#include "api.h"
#include "clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* One mutex over all that the askers and the loop's thread share. Each asker
   sleeps on a condition of its own, so that one answer wakes one thread. */
struct desk {
	struct sink *sink;
	pthread_mutex_t mutex;
	bool is_stopped; /* for those who wait for mail */
	TAILQ_HEAD(desk_waits, desk_wait) waits;
};

struct desk *
desk_new(struct sink *sink)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return NULL;
	desk->sink = sink;
	TAILQ_INIT(&desk->waits);
	(void)pthread_mutex_init(&desk->mutex, NULL);
	return desk;
}

void
desk_free(struct desk *desk)
{
	if (!desk)
		return;
	(void)pthread_mutex_destroy(&desk->mutex);
	free(desk);
}

/* ---- questions; each lives on the stack of who asks */

struct ask {
	struct store_job job;
	struct loop_call call;
	struct desk *desk;
	void (*start)(struct ask *); /* on the loop's thread */
	void (*act)(struct sink *, void *context);
	enum err (*work)(struct sql *, void *context);
	void *context;
	pthread_cond_t answered;
	bool is_answered;
	enum err err;
};

/* The last thing that the sink's threads do with it. */
static void
answer(struct ask *ask, enum err err)
{
	struct desk *desk = ask->desk;

	pthread_mutex_lock(&desk->mutex);
	ask->err = err;
	ask->is_answered = true;
	pthread_cond_signal(&ask->answered);
	pthread_mutex_unlock(&desk->mutex);
}

static void
on_call(struct loop_call *call)
{
	struct ask *ask =
	    (struct ask *)((char *)call - offsetof(struct ask, call));

	ask->start(ask);
}

static enum err
put_question(struct desk *desk, struct ask *ask)
{
	ask->desk = desk;
	ask->call.run = on_call;
	(void)pthread_cond_init(&ask->answered, NULL);
	loop_call(sink_loop(desk->sink), &ask->call);
	pthread_mutex_lock(&desk->mutex);
	while (!ask->is_answered)
		pthread_cond_wait(&ask->answered, &desk->mutex);
	pthread_mutex_unlock(&desk->mutex);
	(void)pthread_cond_destroy(&ask->answered);
	return ask->err;
}

static void
start_call(struct ask *ask)
{
	ask->act(ask->desk->sink, ask->context);
	answer(ask, ERR_OK);
}

void
desk_call(struct desk *desk, void (*work)(struct sink *, void *context),
    void *context)
{
	struct ask ask = {.start = start_call, .act = work, .context = context};

	(void)put_question(desk, &ask);
}

/* ---- questions to the store */

static enum err
run_job(struct store_job *job, struct sql *sql)
{
	struct ask *ask = (struct ask *)job;

	return ask->work(sql, ask->context);
}

static void
on_done(struct store_job *job, enum err err)
{
	struct ask *ask = (struct ask *)job;

	if (!err && ask->act)
		ask->act(ask->desk->sink, ask->context);
	answer(ask, err);
}

static struct store *
store_of(const struct ask *ask)
{
	return loop_store(sink_loop(ask->desk->sink));
}

static void
read_it(void *context)
{
	struct ask *ask = context;

	store_read(store_of(ask), &ask->job);
}

static void
write_it(void *context)
{
	struct ask *ask = context;

	store_write(store_of(ask), &ask->job);
}

static void
start_read(struct ask *ask)
{
	indexer_then(sink_indexer(ask->desk->sink), read_it, ask);
}

static void
start_write(struct ask *ask)
{
	indexer_then(sink_indexer(ask->desk->sink), write_it, ask);
}

enum err
desk_read(struct desk *desk, enum err (*work)(struct sql *, void *context),
    void *context)
{
	struct ask ask = {
	    .job = {.run = run_job, .done = on_done},
	    .start = start_read,
	    .work = work,
	    .context = context,
	};

	return put_question(desk, &ask);
}

enum err
desk_write(struct desk *desk, enum err (*work)(struct sql *, void *context),
    void (*done)(struct sink *, void *context), void *context)
{
	struct ask ask = {
	    .job = {.run = run_job, .done = on_done},
	    .start = start_write,
	    .act = done,
	    .work = work,
	    .context = context,
	};

	return put_question(desk, &ask);
}

/* ---- waiting for mail */

struct desk_wait {
	struct desk *desk;
	const struct pick_request *request;
	struct watcher *watcher; /* the loop thread's */
	pthread_cond_t more;
	uint64_t count, wanted;
	TAILQ_ENTRY(desk_wait) entry;
};

void
desk_stop_waits(struct desk *desk)
{
	struct desk_wait *wait;

	pthread_mutex_lock(&desk->mutex);
	desk->is_stopped = true;
	TAILQ_FOREACH(wait, &desk->waits, entry)
	pthread_cond_signal(&wait->more);
	pthread_mutex_unlock(&desk->mutex);
}

static void
on_event(const struct watch_event *event, void *context)
{
	struct desk_wait *wait = context;

	if (event->kind != WATCH_MESSAGE ||
	    !api_matches(wait->request, event->entry))
		return;
	pthread_mutex_lock(&wait->desk->mutex);
	if (++wait->count >= wait->wanted)
		pthread_cond_signal(&wait->more);
	pthread_mutex_unlock(&wait->desk->mutex);
}

static void
watch_it(struct sink *sink, void *context)
{
	struct desk_wait *wait = context;

	wait->watcher = watch_add(sink_watch(sink), on_event, wait);
}

static void
forget_it(struct sink *sink, void *context)
{
	struct desk_wait *wait = context;

	watch_remove(sink_watch(sink), wait->watcher);
}

/* The clock of the deadlines. */
static void
init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

struct desk_wait *
desk_wait_begin(struct desk *desk, const struct pick_request *request)
{
	struct desk_wait *wait = calloc(1, sizeof(*wait));

	if (!wait)
		return NULL;
	wait->desk = desk;
	wait->request = request;
	wait->wanted = UINT64_MAX;
	init_condition(&wait->more);
	pthread_mutex_lock(&desk->mutex);
	TAILQ_INSERT_TAIL(&desk->waits, wait, entry);
	pthread_mutex_unlock(&desk->mutex);
	desk_call(desk, watch_it, wait);
	if (wait->watcher)
		return wait;
	desk_wait_end(wait);
	return NULL;
}

void
desk_wait_end(struct desk_wait *wait)
{
	struct desk *desk = wait->desk;

	if (wait->watcher)
		desk_call(desk, forget_it, wait);
	pthread_mutex_lock(&desk->mutex);
	TAILQ_REMOVE(&desk->waits, wait, entry);
	pthread_mutex_unlock(&desk->mutex);
	(void)pthread_cond_destroy(&wait->more);
	free(wait);
}

void
desk_wait_reset(struct desk_wait *wait)
{
	pthread_mutex_lock(&wait->desk->mutex);
	wait->count = 0;
	pthread_mutex_unlock(&wait->desk->mutex);
}

/* Nobody lives to see the other end of it. */
#define FAR_US ((int64_t)1000000 * 3600 * 24 * 365 * 100)

enum err
desk_wait_for(struct desk_wait *wait, uint64_t count, int64_t deadline_us)
{
	int64_t until_us = deadline_us < FAR_US ? deadline_us : FAR_US;
	const struct timespec until = {(time_t)(until_us / CLOCK_SECOND),
	    (long)(until_us % CLOCK_SECOND * 1000)};
	enum err err = ERR_OK;

	pthread_mutex_lock(&wait->desk->mutex);
	wait->wanted = count;
	while (!err && !wait->desk->is_stopped && wait->count < count)
		if (pthread_cond_timedwait(
			&wait->more, &wait->desk->mutex, &until) != 0)
			err = ERR_NOT_FOUND;
	if (wait->desk->is_stopped)
		err = ERR_STOPPED;
	else if (wait->count >= count)
		err = ERR_OK;
	pthread_mutex_unlock(&wait->desk->mutex);
	return err;
}
