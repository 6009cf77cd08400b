/* store: where messages go to stay, and the threads that bring them there. */
#include "store.h"

#include "batch.h"
#include "clock.h"
#include "erase.h"
#include "lane.h"
#include "schema.h"
#include "sql.h"
#include "vfs_memory.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* The worker's place behind the others, as nice(2) counts. */
#define WORKER_NICE 10

/* How long the writer has to be idle before it looks what has to go, and how
   long then before it checkpoints. */
#define KEEP_US ((int64_t)20 * 1000)
#define CHECKPOINT_US ((int64_t)200 * 1000)

/*
 * So many pages of WAL are checkpointed even in the midst of work: 16 MiB. With
 * 64 MiB the slowest batch took 180 ms where it takes 20, and no CPU was saved:
 * so much is in no cache when it is read again.
 */
#define WAL_PAGES_MAX 1024u

/* The rest of so many messages that were removed is erased at once while the
   writer rests, and after each transaction while it does not. */
#define ERASE_RESTING 256
#define ERASE_WORKING 16

/* How long reads may still take once the store is closing. */
#define CLOSING_US ((int64_t)300 * 1000)

enum kind { WRITER, READER, WORKER, HELPER, KINDS };

/* One thread with its connection. */
struct hand {
	struct store *store;
	struct lane lane;
	struct sql *sql; /* the thread's while it runs */
};

struct store {
	struct store_options options;
	struct vfs_memory *memory; /* NULL: it is a file */
	struct lane_back back;
	struct hand hands[KINDS];
	int started;               /* threads */
	size_t pending;            /* the owner's */
	struct keep keep;          /* the writer's */
	struct keep_inbox inboxes; /* likewise */
	enum err trouble;          /* the writer's: what it last logged */
	atomic_int_fast64_t hurry; /* when reads end; 0: never */
};

/* ---- the threads */

/* For a person. */
static const char *
place(const struct store *store)
{
	return store->options.path ? store->options.path : "memory";
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
	const char *path = place(store);

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

/* True: there is more to remove. */
static bool
keep_all(struct hand *hand, enum keep_slack slack)
{
	return keep_step(&hand->store->keep, hand->sql, slack) ||
	    keep_inbox_step(&hand->store->inboxes, hand->sql, slack);
}

static void
write_all(struct hand *hand, struct store_job *first)
{
	while (first) {
		struct store_job *next = batch_write(hand->sql, first);

		tell(hand->store, first, next);
		lane_finish(&hand->lane, first, next);
		first = next;
		(void)keep_all(hand, KEEP_SLACK);
		(void)erase_step(hand->sql, ERASE_WORKING);
		if (sql_wal_pages(hand->sql) >= WAL_PAGES_MAX)
			(void)sql_checkpoint(hand->sql);
	}
}

/* What the writer does while there is nothing to write, in this order. */
enum rest { REST_BEGUN, REST_KEPT, REST_COMPLETE };

static int64_t
patience_in(const struct hand *hand, enum rest rest)
{
	int64_t keep = keep_patience(&hand->store->keep);
	int64_t inboxes = keep_inbox_patience(&hand->store->inboxes);

	switch (rest) {
	case REST_BEGUN:
		return KEEP_US;
	case REST_KEPT:
		return CHECKPOINT_US;
	default:
		if (inboxes && (!keep || inboxes < keep))
			keep = inboxes;
		return keep ? keep : LANE_FOREVER;
	}
}

static enum rest
use_rest(struct hand *hand, enum rest rest)
{
	if (rest == REST_KEPT) {
		if (sql_wal_pages(hand->sql) > 0)
			(void)sql_checkpoint(hand->sql);
		(void)keep_shrink(hand->sql);
		return REST_COMPLETE;
	}
	while (!lane_has_work(&hand->lane) && keep_all(hand, KEEP_EXACT))
		;
	while (!lane_has_work(&hand->lane) &&
	    erase_step(hand->sql, ERASE_RESTING) == ERR_OK)
		if (sql_wal_pages(hand->sql) >= WAL_PAGES_MAX)
			(void)sql_checkpoint(hand->sql);
	return REST_KEPT;
}

static void *
run_writer(void *context)
{
	struct hand *hand = context;
	enum rest rest = REST_BEGUN;

	while (!lane_is_over(&hand->lane)) {
		struct store_job *first =
		    lane_take(&hand->lane, patience_in(hand, rest));

		if (first) {
			write_all(hand, first);
			rest = REST_BEGUN;
		} else {
			rest = use_rest(hand, rest);
		}
	}
	keep_finish(&hand->store->keep);
	keep_inbox_finish(&hand->store->inboxes);
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
	struct hand *hand = context;

	while (!lane_is_over(&hand->lane)) {
		struct store_job *job = lane_take(&hand->lane, LANE_FOREVER);

		while (job) {
			struct store_job *next = job->next;

			job->err = read_one(hand->sql, job);
			lane_finish(&hand->lane, job, next);
			job = next;
		}
	}
	return NULL;
}

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

static enum err
open_reader(struct store *store, enum kind kind, struct failure *failure)
{
	struct sql **sql = &store->hands[kind].sql;
	enum err err = connect_to(store, sql, SQL_READ, failure);

	if (!err)
		sql_set_stop(*sql, is_late, store);
	return err;
}

/* The helper's connection is opened when it is needed, where that may block. */
static enum err
work_one(struct hand *hand, struct store_job *job)
{
	enum err err = ERR_OK;

	if (!hand->sql)
		err = open_reader(hand->store, HELPER, NULL);
	if (err)
		return err;
	err = job->run(job, hand->sql);
	sql_blob_done(hand->sql);
	return err;
}

static void *
run_worker(void *context)
{
	struct hand *hand = context;
	id_t self = (id_t)gettid();
	int nice = getpriority(PRIO_PROCESS, self);

	(void)setpriority(PRIO_PROCESS, self, nice + WORKER_NICE);
	while (!lane_is_over(&hand->lane)) {
		struct store_job *job = lane_take(&hand->lane, LANE_FOREVER);

		while (job) {
			struct store_job *next = job->next;

			job->err = work_one(hand, job);
			lane_finish(&hand->lane, job, next);
			job = next;
		}
	}
	return NULL;
}

/* ---- opening */

/* What schema.h says of a failure does not name the file. */
static enum err
prepare(struct store *store, struct sql *sql, struct failure *reason)
{
	static const char *const synchronous[] = {
	    [STORE_FULL] = "PRAGMA synchronous = FULL",
	    [STORE_NORMAL] = "PRAGMA synchronous = NORMAL",
	    [STORE_NONE] = "PRAGMA synchronous = OFF",
	};
	enum err err;

	if (store->options.patience_us)
		sql_set_patience(sql, store->options.patience_us);
	/* One without mail would be as good as any; an older one is brought to
	   this version in memory. */
	if (store->options.touch == STORE_UNTOUCHED) {
		err = schema_check(sql, reason);
		if (err && err != ERR_VERSION)
			return err;
	}
	/* First, so that the tables of a new database are not synced for those
	   who want no sync: it took a third of a private server's start. */
	err = sql_exec(sql, synchronous[store->options.durability]);
	if (err)
		return failure_set(reason, err, "%s", err_text(err));
	err = schema_migrate(sql, reason);
	if (err)
		return err;
	err = keep_init(
	    &store->keep, &store->options.keep, store->options.log, sql);
	if (!err)
		err = keep_inbox_init(&store->inboxes,
		    store->options.inbox_rules, store->options.inbox_rule_count,
		    store->options.log, sql);
	return failure_set(reason, err, "%s", err_text(err));
}

static enum err
open_writer(struct store *store, struct failure *failure)
{
	struct sql **sql = &store->hands[WRITER].sql;
	struct failure reason;
	enum err err = connect_to(store, sql, SQL_WRITE, failure);

	if (err)
		return err;
	err = prepare(store, *sql, &reason);
	if (err)
		return failure_set(
		    failure, err, "%s: %.400s", place(store), reason.text);
	return ERR_OK;
}

static enum err
start(struct store *store, enum kind kind, struct failure *failure)
{
	static void *(*const runs[])(void *) = {
	    [WRITER] = run_writer,
	    [READER] = run_reader,
	    [WORKER] = run_worker,
	    [HELPER] = run_worker,
	};
	struct hand *hand = &store->hands[kind];
	enum err err = lane_start(&hand->lane, runs[kind], hand, failure);

	if (!err)
		store->started++;
	return err;
}

static enum err
open_memory(struct store *store, struct failure *failure)
{
	const struct store_options *options = &store->options;

	if (options->path && options->touch == STORE_TO_FILE)
		return ERR_OK;
	if (options->path)
		return vfs_memory_over(&store->memory, options->path, failure);
	store->memory = vfs_memory_new();
	return store->memory
	    ? ERR_OK
	    : failure_set(failure, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

static enum err
open_all(struct store *store, struct failure *failure)
{
	enum err err = lane_back_init(&store->back, failure);

	if (err)
		return err;
	err = open_memory(store, failure);
	if (!err)
		err = open_writer(store, failure);
	for (int i = READER; i < HELPER && !err; i++)
		err = open_reader(store, (enum kind)i, failure);
	for (int i = 0; i < HELPER && !err; i++)
		err = start(store, (enum kind)i, failure);
	return err;
}

/* Ends the threads that were started, and frees everything. */
static void
release(struct store *store)
{
	for (int i = 0; i < store->started; i++)
		lane_end(&store->hands[i].lane);
	/* The writer's connection goes last: it brings the WAL home. */
	for (int i = KINDS - 1; i >= 0; i--) {
		sql_close(store->hands[i].sql);
		lane_release(&store->hands[i].lane);
	}
	keep_inbox_release(&store->inboxes);
	vfs_memory_free(store->memory);
	lane_back_release(&store->back);
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
	for (int i = 0; i < KINDS; i++) {
		store->hands[i].store = store;
		lane_init(&store->hands[i].lane, &store->back);
	}
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
	return store->back.fd;
}

static void
submit(struct store *store, enum kind kind, struct store_job *job)
{
	lane_submit(&store->hands[kind].lane, job);
	store->pending++;
}

void
store_write(struct store *store, struct store_job *job)
{
	submit(store, WRITER, job);
}

void
store_read(struct store *store, struct store_job *job)
{
	submit(store, READER, job);
}

void
store_work(struct store *store, struct store_job *job)
{
	submit(store, WORKER, job);
}

void
store_help(struct store *store, struct store_job *job)
{
	bool helps =
	    store->started == KINDS || start(store, HELPER, NULL) == ERR_OK;

	submit(store, helps ? HELPER : WORKER, job);
}

void
store_flush(struct store *store)
{
	for (int i = 0; i < KINDS; i++)
		lane_flush(&store->hands[i].lane);
}

size_t
store_reap(struct store *store)
{
	struct store_job *job = lane_back_take(&store->back);
	size_t count = 0;

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
	wait.fd = store->back.fd;
	wait.events = POLLIN;
	atomic_store(&store->hurry, clock_mono_us() + CLOSING_US);
	while (store->pending) {
		store_flush(store);
		(void)poll(&wait, 1, -1);
		(void)store_reap(store);
	}
	release(store);
}
