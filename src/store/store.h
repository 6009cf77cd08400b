/*
 * store: where messages go to stay, and the threads that bring them there.
 *
 * One writer thread gathers all that waits into one transaction (group commit)
 * and syncs it; one reader thread answers questions on a read-only handle, so
 * a reader never blocks the writer; a worker thread does what takes long. The
 * owner, a loop thread, submits jobs and
 * reaps them when store_fd() is readable. Only the owner calls these
 * functions; done() runs inside store_reap(), on the owner's thread, and may
 * submit again.
 */
#ifndef STORE_H
#define STORE_H

#include "err.h"
#include "log.h"
#include "message.h"

#include <stdbool.h>
#include <stdint.h>

struct sql;
struct store;

enum store_durability {
	STORE_FULL,   /* done() means synced to disk */
	STORE_NORMAL, /* done() means written: survives us, not the machine */
	STORE_NONE,   /* done() means queued */
};

/* What is kept; 0 is no limit. The oldest go first, and are counted. */
struct store_keep {
	uint64_t count;
	int64_t age_us;
	uint64_t size; /* sum of the bodies, bytes */
};

struct store_options {
	const char *path; /* NULL: in memory, nothing on disk */
	enum store_durability durability;
	struct store_keep keep;
	struct log *log;
};

/* One piece of work. Embed it first in a struct of your own. */
struct store_job {
	/*
	 * Runs on a thread of the store. In the writer's case inside a
	 * transaction with other jobs; it may be run again after a rollback,
	 * so it must leave nothing behind but SQL.
	 */
	enum err (*run)(struct store_job *, struct sql *);
	/*
	 * Runs in store_reap(): the job is yours again. For a write, ERR_OK
	 * means committed, with the durability that was asked for.
	 */
	void (*done)(struct store_job *, enum err);
	struct store_job *next; /* the store's */
};

/* Opens or makes the database, migrates it, starts the threads. */
enum err
store_open(struct store **out, const struct store_options *, struct failure *);

/* Finishes all that was submitted, calls every done(), closes. */
void store_close(struct store *);

/* Readable when store_reap() has something to do. For the event loop. */
int store_fd(const struct store *);

/* Takes the job until done(). Never fails: failure arrives in done() too. */
void store_write(struct store *, struct store_job *);
void store_read(struct store *, struct store_job *);
/* For long work, parsing first of all: a third thread of low priority, with a
   read-only handle of its own, so that it delays neither of the others. */
void store_work(struct store *, struct store_job *);

/*
 * Makes the threads see what was submitted since the last call. Submitting is
 * cheap until then; the loop flushes once a turn, so that one wake-up and one
 * transaction serve all sessions of that turn.
 */
void store_flush(struct store *);

/* Calls done() of what is finished. Returns how many there were. */
size_t store_reap(struct store *);

/* Jobs submitted and not yet done. */
size_t store_pending(const struct store *);

#endif
