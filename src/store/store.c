/* store: where messages go to stay, and the threads that bring them there. */
#include "store.h"

#include "batch.h"
#include "clock.h"
#include "schema.h"
#include "sql.h"
#include "vfs_memory.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The worker's place behind the others, as nice(2) counts. */
#define WORKER_NICE 10

/* How long the writer has to be idle before it checkpoints. */
#define IDLE_US ((int64_t)200 * 1000)

/*
 * So many pages of WAL are checkpointed even in the midst of work: 16 MiB. With
 * 64 MiB the slowest batch took 180 ms where it takes 20, and no CPU was saved:
 * so much is in no cache when it is read again.
 */
#define WAL_PAGES_MAX 1024u

/* How long reads may still take once the store is closing. */
#define CLOSING_US ((int64_t)300 * 1000)

enum lane_kind { LANE_WRITER, LANE_READER, LANE_WORKER, LANES };

/* Jobs in the order in which they came. */
struct queue {
	struct store_job *first;
	struct store_job *last;
};

/* One thread with its connection, and the jobs on their way to it. */
struct lane {
	struct store *store;
	struct queue submitted; /* the owner's, until it flushes */
	struct sql *sql;        /* the thread's while it runs */
	pthread_t thread;
	pthread_mutex_t mutex; /* over the rest */
	pthread_cond_t work;
	struct queue waiting;
	bool is_asleep;
	bool must_end;
};

struct store {
	struct store_options options;
	struct vfs_memory *memory; /* NULL: it is a file */
	struct lane lanes[LANES];
	int started; /* threads */
	int fd;
	size_t pending;            /* the owner's */
	enum err trouble;          /* the writer's: what it last logged */
	atomic_int_fast64_t hurry; /* when reads end; 0: never */
	pthread_mutex_t mutex;     /* over what is finished */
	struct queue finished;
};

/* ---- queues */

static void
push(struct queue *queue, struct store_job *job)
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
move_all(struct queue *to, struct queue *from)
{
	if (!from->first)
		return;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	from->first = NULL;
	from->last = NULL;
}

/* ---- the threads */

/* Gives the jobs before `end` back to the owner. */
static void
finish(struct store *store, struct store_job *first, struct store_job *end)
{
	struct queue queue = {NULL, NULL};
	static const uint64_t one = 1;
	bool must_wake;

	while (first != end) {
		struct store_job *job = first;

		first = job->next;
		push(&queue, job);
	}
	pthread_mutex_lock(&store->mutex);
	must_wake = !store->finished.first;
	move_all(&store->finished, &queue);
	pthread_mutex_unlock(&store->mutex);
	/* It cannot be full: each wake-up is answered by one read. */
	if (must_wake)
		while (
		    write(store->fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
}

static struct timespec
time_in(int64_t us)
{
	int64_t then = clock_mono_us() + us;

	return (struct timespec){.tv_sec = (time_t)(then / CLOCK_SECOND),
	    .tv_nsec = (long)(then % CLOCK_SECOND * 1000)};
}

/*
 * All that waits, or NULL when `patience_us` (0: no end) has passed or the lane
 * must end.
 */
static struct store_job *
take(struct lane *lane, int64_t patience_us)
{
	struct timespec until = time_in(patience_us);
	struct store_job *first;
	int late = 0;

	pthread_mutex_lock(&lane->mutex);
	lane->is_asleep = true;
	while (!lane->waiting.first && !lane->must_end && !late) {
		if (patience_us)
			late = pthread_cond_timedwait(
			    &lane->work, &lane->mutex, &until);
		else
			pthread_cond_wait(&lane->work, &lane->mutex);
	}
	lane->is_asleep = false;
	first = lane->waiting.first;
	lane->waiting.first = NULL;
	lane->waiting.last = NULL;
	pthread_mutex_unlock(&lane->mutex);
	return first;
}

static bool
must_end(struct lane *lane)
{
	bool end;

	pthread_mutex_lock(&lane->mutex);
	end = lane->must_end && !lane->waiting.first;
	pthread_mutex_unlock(&lane->mutex);
	return end;
}

static bool
is_trouble(enum err err)
{
	switch (err) {
	case ERR_MEMORY:
	case ERR_IO:
	case ERR_FULL:
	case ERR_BUSY:
	case ERR_READONLY:
	case ERR_CORRUPT:
		return true;
	default:
		return false;
	}
}

/* One line when trouble begins or changes, one when it is over. */
static void
tell(struct store *store, const struct store_job *first,
    const struct store_job *end)
{
	const char *path = store->options.path ? store->options.path : "memory";

	for (; first != end; first = first->next) {
		if (first->err == store->trouble)
			continue;
		if (is_trouble(first->err)) {
			store->trouble = first->err;
			log_error(store->options.log, "%s: cannot write: %s",
			    path, err_text(first->err));
		} else if (first->err == ERR_OK) {
			store->trouble = ERR_OK;
			log_info(
			    store->options.log, "%s: can write again", path);
		}
	}
}

static void
write_all(struct lane *lane, struct store_job *first)
{
	while (first) {
		struct store_job *next = batch_write(lane->sql, first);

		tell(lane->store, first, next);
		finish(lane->store, first, next);
		first = next;
		if (sql_wal_pages(lane->sql) >= WAL_PAGES_MAX)
			(void)sql_checkpoint(lane->sql);
	}
}

static void *
run_writer(void *context)
{
	struct lane *lane = context;

	while (!must_end(lane)) {
		bool has_wal = sql_wal_pages(lane->sql) > 0;
		struct store_job *first = take(lane, has_wal ? IDLE_US : 0);

		if (first)
			write_all(lane, first);
		else if (has_wal)
			(void)sql_checkpoint(lane->sql);
	}
	return NULL;
}

/* A job's statements see one state of the database. */
static enum err
read_one(struct sql *sql, struct store_job *job)
{
	enum err err = sql_run(sql, "BEGIN");

	if (err)
		return err;
	err = job->run(job, sql);
	sql_blob_done(sql);
	(void)sql_run(sql, "ROLLBACK");
	return err;
}

static void *
run_reader(void *context)
{
	struct lane *lane = context;

	while (!must_end(lane)) {
		struct store_job *job = take(lane, 0);

		while (job) {
			struct store_job *next = job->next;

			job->err = read_one(lane->sql, job);
			finish(lane->store, job, next);
			job = next;
		}
	}
	return NULL;
}

static void *
run_worker(void *context)
{
	struct lane *lane = context;
	id_t self = (id_t)gettid();
	int nice = getpriority(PRIO_PROCESS, self);

	(void)setpriority(PRIO_PROCESS, self, nice + WORKER_NICE);
	while (!must_end(lane)) {
		struct store_job *job = take(lane, 0);

		while (job) {
			struct store_job *next = job->next;

			job->err = job->run(job, lane->sql);
			sql_blob_done(lane->sql);
			finish(lane->store, job, next);
			job = next;
		}
	}
	return NULL;
}

/* ---- opening */

static bool
is_late(void *context)
{
	const struct store *store = context;
	int64_t hurry = atomic_load(&store->hurry);

	return hurry && clock_mono_us() > hurry;
}

static enum err
connect_to(struct store *store, struct sql **out, enum sql_access access,
    struct failure *failure)
{
	if (store->memory)
		return sql_open_memory(out, store->memory, access, failure);
	return sql_open(out, store->options.path, access, failure);
}

/* Says the path too, which schema.h does not know. */
static enum err
migrate(struct store *store, struct sql *sql, struct failure *failure)
{
	struct failure reason;
	enum err err = schema_migrate(sql, &reason);

	if (err)
		return failure_set(failure, err, "%s: %.400s",
		    store->options.path ? store->options.path : "memory",
		    reason.text);
	return ERR_OK;
}

static enum err
open_writer(struct store *store, struct failure *failure)
{
	static const char *const synchronous[] = {
	    [STORE_FULL] = "PRAGMA synchronous = FULL",
	    [STORE_NORMAL] = "PRAGMA synchronous = NORMAL",
	    [STORE_NONE] = "PRAGMA synchronous = OFF",
	};
	struct sql **sql = &store->lanes[LANE_WRITER].sql;
	enum err err = connect_to(store, sql, SQL_WRITE, failure);

	if (!err)
		err = migrate(store, *sql, failure);
	if (!err)
		err = sql_exec(*sql, synchronous[store->options.durability]);
	return err;
}

static enum err
open_reader(struct store *store, enum lane_kind kind, struct failure *failure)
{
	struct sql **sql = &store->lanes[kind].sql;
	enum err err = connect_to(store, sql, SQL_READ, failure);

	if (!err)
		sql_set_stop(*sql, is_late, store);
	return err;
}

static enum err
start(struct store *store, enum lane_kind kind, struct failure *failure)
{
	static void *(*const runs[])(void *) = {
	    [LANE_WRITER] = run_writer,
	    [LANE_READER] = run_reader,
	    [LANE_WORKER] = run_worker,
	};
	struct lane *lane = &store->lanes[kind];
	sigset_t all;
	sigset_t before;
	int error;

	/* Signals are the owner's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&lane->thread, NULL, runs[kind], lane);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return failure_set(failure, err_from_errno(error),
		    "cannot start a thread: %s", strerror(error));
	store->started++;
	return ERR_OK;
}

static void
init_lane(struct store *store, struct lane *lane)
{
	pthread_condattr_t attributes;

	lane->store = store;
	(void)pthread_mutex_init(&lane->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&lane->work, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

static enum err
open_all(struct store *store, struct failure *failure)
{
	enum err err = ERR_OK;

	store->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->fd < 0)
		return failure_set(failure, err_from_errno(errno),
		    "eventfd: %s", strerror(errno));
	if (!store->options.path) {
		store->memory = vfs_memory_new();
		if (!store->memory)
			return failure_set(
			    failure, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	}
	err = open_writer(store, failure);
	for (int i = LANE_READER; i < LANES && !err; i++)
		err = open_reader(store, (enum lane_kind)i, failure);
	for (int i = 0; i < LANES && !err; i++)
		err = start(store, (enum lane_kind)i, failure);
	return err;
}

/* Ends the threads that were started, and frees everything. */
static void
release(struct store *store)
{
	for (int i = 0; i < store->started; i++) {
		struct lane *lane = &store->lanes[i];

		pthread_mutex_lock(&lane->mutex);
		lane->must_end = true;
		pthread_cond_signal(&lane->work);
		pthread_mutex_unlock(&lane->mutex);
		(void)pthread_join(lane->thread, NULL);
	}
	/* The writer's goes last: it brings the WAL home. */
	for (int i = LANES - 1; i >= 0; i--) {
		sql_close(store->lanes[i].sql);
		(void)pthread_mutex_destroy(&store->lanes[i].mutex);
		(void)pthread_cond_destroy(&store->lanes[i].work);
	}
	vfs_memory_free(store->memory);
	(void)pthread_mutex_destroy(&store->mutex);
	if (store->fd >= 0)
		(void)close(store->fd);
	free(store);
}

enum err
store_open(struct store **out, const struct store_options *options,
    struct failure *failure)
{
	struct store *store = calloc(1, sizeof(*store));
	enum err err;

	*out = NULL;
	if (!store)
		return failure_set(
		    failure, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	store->options = *options;
	store->fd = -1;
	(void)pthread_mutex_init(&store->mutex, NULL);
	for (int i = 0; i < LANES; i++)
		init_lane(store, &store->lanes[i]);
	err = open_all(store, failure);
	if (err) {
		release(store);
		return err;
	}
	*out = store;
	return ERR_OK;
}

/* ---- the owner's side */

int
store_fd(const struct store *store)
{
	return store->fd;
}

static void
submit(struct store *store, enum lane_kind kind, struct store_job *job)
{
	push(&store->lanes[kind].submitted, job);
	store->pending++;
}

void
store_write(struct store *store, struct store_job *job)
{
	submit(store, LANE_WRITER, job);
}

void
store_read(struct store *store, struct store_job *job)
{
	submit(store, LANE_READER, job);
}

void
store_work(struct store *store, struct store_job *job)
{
	submit(store, LANE_WORKER, job);
}

void
store_flush(struct store *store)
{
	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &store->lanes[i];
		bool must_wake;

		if (!lane->submitted.first)
			continue;
		pthread_mutex_lock(&lane->mutex);
		move_all(&lane->waiting, &lane->submitted);
		must_wake = lane->is_asleep;
		pthread_mutex_unlock(&lane->mutex);
		if (must_wake)
			pthread_cond_signal(&lane->work);
	}
}

size_t
store_reap(struct store *store)
{
	struct store_job *job;
	uint64_t wakes;
	size_t count = 0;

	/* First the descriptor: what is finished from now on wakes again. */
	(void)!read(store->fd, &wakes, sizeof(wakes));
	pthread_mutex_lock(&store->mutex);
	job = store->finished.first;
	store->finished.first = NULL;
	store->finished.last = NULL;
	pthread_mutex_unlock(&store->mutex);
	while (job) {
		struct store_job *next = job->next;

		store->pending--;
		count++;
		job->done(job, job->err);
		job = next;
	}
	return count;
}

size_t
store_pending(const struct store *store)
{
	return store->pending;
}

void
store_close(struct store *store)
{
	struct pollfd wait;

	if (!store)
		return;
	wait.fd = store->fd;
	wait.events = POLLIN;
	atomic_store(&store->hurry, clock_mono_us() + CLOSING_US);
	while (store->pending) {
		store_flush(store);
		(void)poll(&wait, 1, -1);
		(void)store_reap(store);
	}
	release(store);
}
