/* batch: write jobs in as few transactions as it takes. */
#include "batch.h"

#include "txn.h"

#include <stddef.h>

/* More of either in one transaction gains nothing; others would wait longer. */
#define JOBS_MAX ((size_t)512)
#define WEIGHT_MAX ((uint64_t)4 * 1024 * 1024)

/* How one transaction went. */
struct attempt {
	enum err err;
	struct store_job *culprit; /* what failed in run(), or NULL */
	struct store_job *next;    /* the first that was not run */
	size_t count;              /* of those that were run without failure */
};

/* Sets the outcome of the jobs before `end`. */
static void
settle(struct store_job *first, const struct store_job *end, enum err err)
{
	for (; first != end; first = first->next)
		first->err = err;
}

static void
run_jobs(struct sql *sql, struct attempt *attempt, size_t limit)
{
	while (attempt->next && attempt->count < limit &&
	    txn_weight(sql) < WEIGHT_MAX) {
		struct store_job *job = attempt->next;

		attempt->err = job->run(job, sql);
		sql_blob_done(sql);
		if (attempt->err) {
			attempt->culprit = job;
			return;
		}
		attempt->next = job->next;
		attempt->count++;
	}
}

static struct attempt
try_together(struct sql *sql, struct store_job *first, size_t limit)
{
	struct attempt attempt = {.next = first};

	run_jobs(sql, &attempt, limit);
	if (attempt.err)
		txn_rollback(sql);
	else
		attempt.err = txn_commit(sql);
	return attempt;
}

/* Whether fewer jobs at a time might fare better at the commit. */
static bool
is_too_much(enum err err)
{
	return err == ERR_FULL || err == ERR_MEMORY || err == ERR_LIMIT;
}

struct store_job *
batch_write(struct sql *sql, struct store_job *first)
{
	size_t limit = JOBS_MAX;

	while (first) {
		enum err err = txn_begin(sql);
		struct attempt attempt;

		if (err) {
			settle(first, NULL, err);
			return NULL;
		}
		attempt = try_together(sql, first, limit);
		if (attempt.err == ERR_OK) {
			settle(first, attempt.next, ERR_OK);
			return attempt.next;
		}
		if (attempt.count > 0 && attempt.culprit) {
			limit = attempt.count;
		} else if (attempt.count > 1 && is_too_much(attempt.err)) {
			limit = attempt.count / 2;
		} else {
			struct store_job *end =
			    attempt.culprit ? first->next : attempt.next;

			settle(first, end, attempt.err);
			first = end;
		}
	}
	return NULL;
}
