/*
 * store: where messages go to stay, and the threads that bring them there.
 *
 * One writer thread gathers all that waits into one transaction (group commit)
 * and syncs it; one reader thread answers questions on a read-only handle, so
 * a reader never blocks the writer; a worker thread does what takes long, and a
 * second one while there is much of it. The owner, a loop thread, submits jobs
 * and reaps them when store_fd() is readable. Only the owner calls these
 * functions; done() runs inside store_reap(), on the owner's thread, and may
 * submit again.
 */
#ifndef STORE_H
#define STORE_H

#include "err.h"
#include "job.h"
#include "keep.h"
#include "keep_inbox.h"
#include "log.h"

#include <stddef.h>
#include <stdint.h>

struct store;

enum store_durability {
	STORE_FULL,   /* done() means synced to disk */
	STORE_NORMAL, /* done() means written: survives us, not the machine */
	STORE_NONE,   /* done() means handed to the system; nothing is ever
			 synced: a crash of the machine may damage the file */
};

struct store_options {
	const char *path; /* NULL: in memory, nothing on disk */
	/* Whether what is written goes there, or only to memory, where it is
	   gone at the end: the file is one of mailstop's then, and stays as it
	   is, with all that is beside it. */
	enum store_touch { STORE_TO_FILE, STORE_UNTOUCHED } touch;
	enum store_durability durability;
	struct store_keep keep;
	/* Likewise of inboxes (keep_inbox.h); borrowed. */
	const struct keep_inbox_rule *inbox_rules;
	size_t inbox_rule_count;
	/* How long a lock of another program is waited for, before what was
	   to be written fails with ERR_BUSY; 0: five seconds. */
	int64_t patience_us;
	struct log *log;
};

/* Opens or makes the database, migrates it, starts the threads. */
enum err
store_open(struct store **out, const struct store_options *, struct failure *);

/*
 * Finishes all that was submitted, calls every done(), closes. Writes are
 * finished whatever they take; reads that take longer than a moment end with
 * ERR_STOPPED.
 */
void store_close(struct store *);

/* Readable when store_reap() has something to do. For the event loop. */
int store_fd(const struct store *);

/* Takes the job until done(). Never fails: failure arrives in done() too. */
void store_write(struct store *, struct store_job *);
void store_read(struct store *, struct store_job *);
/* For long work, parsing first of all: a third thread of low priority, with a
   read-only handle of its own, so that it delays neither of the others. */
void store_work(struct store *, struct store_job *);
/* Likewise, on a fourth thread, which begins with the first of these jobs;
   where it cannot, they are the third one's. */
void store_help(struct store *, struct store_job *);

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
