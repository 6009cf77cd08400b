/*
 * job: one piece of work for a thread of the store, as store.h takes it.
 */
#ifndef JOB_H
#define JOB_H

#include "err.h"

struct sql;

/* One piece of work. Embed it first in a struct of your own. */
struct store_job {
	/*
	 * Runs on a thread of the store. In the writer's case inside a
	 * transaction with other jobs (txn.h); it may be run again after a
	 * rollback, so it must leave nothing behind but SQL, and what it
	 * writes into its own struct must not depend on an earlier run. What
	 * it returns other than ERR_OK undoes this job alone. The reader's
	 * jobs see one state of the database from start to end; the worker's
	 * a new one with each statement, so that long work keeps no old one
	 * alive.
	 */
	enum err (*run)(struct store_job *, struct sql *);
	/*
	 * Runs in store_reap(): the job is yours again. For a write, ERR_OK
	 * means committed, with the durability that was asked for.
	 */
	void (*done)(struct store_job *, enum err);
	/* The store's from here on. */
	struct store_job *next;
	enum err err;
};

#endif
