/* lane: jobs on their way to a thread and back. */
#include "lane.h"

#include "clock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static void
push(struct lane_queue *queue, struct store_job *job)
{
	job->next = NULL;
	if (queue->last)
		queue->last->next = job;
	else
		queue->first = job;
	queue->last = job;
}

/* Moves all of `from` behind what is in `to`. */
static void
move_all(struct lane_queue *to, struct lane_queue *from)
{
	if (!from->first)
		return;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	*from = (struct lane_queue){NULL, NULL};
}

static struct store_job *
empty(struct lane_queue *queue)
{
	struct store_job *first = queue->first;

	*queue = (struct lane_queue){NULL, NULL};
	return first;
}

/* ---- the way back */

enum err
lane_back_init(struct lane_back *back, struct failure *failure)
{
	memset(back, 0, sizeof(*back));
	(void)pthread_mutex_init(&back->mutex, NULL);
	back->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (back->fd < 0)
		return failure_set(failure, err_from_errno(errno),
		    "eventfd: %s", strerror(errno));
	return ERR_OK;
}

void
lane_back_release(struct lane_back *back)
{
	(void)pthread_mutex_destroy(&back->mutex);
	if (back->fd >= 0)
		(void)close(back->fd);
}

struct store_job *
lane_back_take(struct lane_back *back)
{
	struct store_job *first;
	uint64_t wakes;

	/* First the descriptor: what comes back from now on wakes again. */
	(void)!read(back->fd, &wakes, sizeof(wakes));
	pthread_mutex_lock(&back->mutex);
	first = empty(&back->finished);
	pthread_mutex_unlock(&back->mutex);
	return first;
}

static void
wake(const struct lane_back *back)
{
	static const uint64_t one = 1;

	/* It cannot be full: each wake-up is answered by one read. */
	while (write(back->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void
lane_finish(
    struct lane *lane, struct store_job *first, const struct store_job *end)
{
	struct lane_queue queue = {NULL, NULL};
	bool must_wake;

	while (first != end) {
		struct store_job *job = first;

		first = job->next;
		push(&queue, job);
	}
	pthread_mutex_lock(&lane->back->mutex);
	must_wake = !lane->back->finished.first;
	move_all(&lane->back->finished, &queue);
	pthread_mutex_unlock(&lane->back->mutex);
	if (must_wake)
		wake(lane->back);
}

/* ---- the way there */

void
lane_init(struct lane *lane, struct lane_back *back)
{
	pthread_condattr_t attributes;

	memset(lane, 0, sizeof(*lane));
	lane->back = back;
	(void)pthread_mutex_init(&lane->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&lane->work, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

void
lane_release(struct lane *lane)
{
	(void)pthread_mutex_destroy(&lane->mutex);
	(void)pthread_cond_destroy(&lane->work);
}

enum err
lane_start(struct lane *lane, void *(*run)(void *), void *context,
    struct failure *failure)
{
	sigset_t all;
	sigset_t before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&lane->thread, NULL, run, context);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return failure_set(failure, err_from_errno(error),
		    "cannot start a thread: %s", strerror(error));
	return ERR_OK;
}

void
lane_end(struct lane *lane)
{
	pthread_mutex_lock(&lane->mutex);
	lane->must_end = true;
	pthread_cond_signal(&lane->work);
	pthread_mutex_unlock(&lane->mutex);
	(void)pthread_join(lane->thread, NULL);
}

void
lane_submit(struct lane *lane, struct store_job *job)
{
	push(&lane->submitted, job);
}

void
lane_flush(struct lane *lane)
{
	bool must_wake;

	if (!lane->submitted.first)
		return;
	pthread_mutex_lock(&lane->mutex);
	move_all(&lane->waiting, &lane->submitted);
	must_wake = lane->is_asleep;
	pthread_mutex_unlock(&lane->mutex);
	if (must_wake)
		pthread_cond_signal(&lane->work);
}

static struct timespec
time_in(int64_t us)
{
	int64_t then = clock_mono_us() + us;

	return (struct timespec){.tv_sec = (time_t)(then / CLOCK_SECOND),
	    .tv_nsec = (long)(then % CLOCK_SECOND * 1000)};
}

struct store_job *
lane_take(struct lane *lane, int64_t patience_us)
{
	struct timespec until =
	    time_in(patience_us == LANE_FOREVER ? 0 : patience_us);
	struct store_job *first;
	int late = 0;

	pthread_mutex_lock(&lane->mutex);
	lane->is_asleep = true;
	while (!lane->waiting.first && !lane->must_end && !late) {
		if (patience_us == LANE_FOREVER)
			pthread_cond_wait(&lane->work, &lane->mutex);
		else
			late = pthread_cond_timedwait(
			    &lane->work, &lane->mutex, &until);
	}
	lane->is_asleep = false;
	first = empty(&lane->waiting);
	pthread_mutex_unlock(&lane->mutex);
	return first;
}

bool
lane_has_work(struct lane *lane)
{
	bool has;

	pthread_mutex_lock(&lane->mutex);
	has = lane->waiting.first || lane->must_end;
	pthread_mutex_unlock(&lane->mutex);
	return has;
}

bool
lane_is_over(struct lane *lane)
{
	bool is_over;

	pthread_mutex_lock(&lane->mutex);
	is_over = lane->must_end && !lane->waiting.first;
	pthread_mutex_unlock(&lane->mutex);
	return is_over;
}
