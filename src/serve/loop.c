/* loop: the event loop of a server, its turns and its stop. */
#include "loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

TAILQ_HEAD(loop_tasks, loop_task);

struct loop {
	struct event_base *base;
	struct event *reap;
	struct event *wake;
	struct store *store;
	struct log *log;
	struct loop_tasks later;
	char *scratch;
	/* What other threads reach. */
	int wake_fd;
	atomic_bool must_stop;
	_Atomic(struct loop_call *) calls; /* the latest first */
	bool is_stopped;
};

static void
on_store(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	(void)store_reap(loop->store);
}

/* In the order in which they were given. */
static void
run_calls(struct loop *loop)
{
	struct loop_call *latest = atomic_exchange(&loop->calls, NULL);
	struct loop_call *first = NULL;
	struct loop_call *next;

	for (; latest; latest = next) {
		next = latest->next;
		latest->next = first;
		first = latest;
	}
	for (; first; first = next) {
		next = first->next;
		first->run(first);
	}
}

/* First the descriptor: what is given from now on wakes again. */
static void
on_wake(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	if (atomic_exchange(&loop->must_stop, false))
		loop->is_stopped = true;
	run_calls(loop);
}

/* Edges, so that a session need not say each time that it does not want to
   read; early closes, so that an edge tells of the peer's FIN as well. */
static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	if (event_config_require_features(
		config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE) == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static bool
add_events(struct loop *loop)
{
	loop->reap = event_new(loop->base, store_fd(loop->store),
	    EV_READ | EV_PERSIST, on_store, loop);
	loop->wake = event_new(
	    loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
	return loop->reap && loop->wake && event_add(loop->reap, NULL) == 0 &&
	    event_add(loop->wake, NULL) == 0;
}

enum err
loop_new(struct loop **out, struct store *store, struct log *log)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	*out = NULL;
	if (!loop)
		return ERR_MEMORY;
	loop->store = store;
	loop->log = log;
	TAILQ_INIT(&loop->later);
	loop->scratch = malloc(LOOP_SCRATCH_SIZE);
	atomic_init(&loop->must_stop, false);
	atomic_init(&loop->calls, NULL);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake_fd < 0) {
		enum err err = err_from_errno(errno);

		loop_free(loop);
		return err;
	}
	loop->base = new_base();
	if (!loop->scratch || !loop->base || !add_events(loop)) {
		loop_free(loop);
		return ERR_MEMORY;
	}
	*out = loop;
	return ERR_OK;
}

void
loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->reap)
		event_free(loop->reap);
	if (loop->wake)
		event_free(loop->wake);
	if (loop->base)
		event_base_free(loop->base);
	if (loop->wake_fd >= 0)
		(void)close(loop->wake_fd);
	free(loop->scratch);
	free(loop);
}

struct event_base *
loop_base(const struct loop *loop)
{
	return loop->base;
}

struct store *
loop_store(const struct loop *loop)
{
	return loop->store;
}

/* Those that are put off meanwhile stand behind the mark. */
static void
run_later(struct loop *loop)
{
	struct loop_task mark = {.run = NULL};
	struct loop_task *task;

	TAILQ_INSERT_TAIL(&loop->later, &mark, entry);
	for (;;) {
		task = TAILQ_FIRST(&loop->later);
		TAILQ_REMOVE(&loop->later, task, entry);
		if (task == &mark)
			return;
		task->is_queued = false;
		task->run(task);
	}
}

void
loop_turn(struct loop *loop)
{
	int flags = EVLOOP_ONCE;

	if (!TAILQ_EMPTY(&loop->later))
		flags |= EVLOOP_NONBLOCK;
	if (event_base_loop(loop->base, flags) < 0) {
		log_error(loop->log, "the event loop failed");
		loop->is_stopped = true;
	}
	run_later(loop);
	store_flush(loop->store);
}

void
loop_run(struct loop *loop)
{
	while (!loop->is_stopped)
		loop_turn(loop);
	loop->is_stopped = false;
}

/* It fails only where it was done 2^64 times. */
static void
wake(const struct loop *loop)
{
	static const uint64_t one = 1;

	if (write(loop->wake_fd, &one, sizeof(one)) < 0)
		return;
}

void
loop_stop(struct loop *loop)
{
	atomic_store(&loop->must_stop, true);
	wake(loop);
}

void
loop_call(struct loop *loop, struct loop_call *call)
{
	call->next = atomic_load(&loop->calls);
	while (!atomic_compare_exchange_weak(&loop->calls, &call->next, call))
		;
	wake(loop);
}

char *
loop_scratch(struct loop *loop)
{
	return loop->scratch;
}

void
loop_later(struct loop *loop, struct loop_task *task)
{
	if (task->is_queued)
		return;
	TAILQ_INSERT_TAIL(&loop->later, task, entry);
	task->is_queued = true;
}

void
loop_forget(struct loop *loop, struct loop_task *task)
{
	if (!task->is_queued)
		return;
	TAILQ_REMOVE(&loop->later, task, entry);
	task->is_queued = false;
}
