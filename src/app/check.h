/*
 * check: expectations held against what a source has.
 */
#ifndef CHECK_H
#define CHECK_H

#include "expect.h"
#include "source.h"

#include <stdio.h>

struct check {
	struct expect *expect;
	char *text;     /* as it was given */
	uint64_t found; /* exact up to CHECK_FOUND_MAX or the number wanted */
	bool holds;
	struct buf account; /* of one that fails: lines, for a person */
};

#define CHECK_FOUND_MAX 1000

struct checks {
	struct check *at;
	size_t count;
	const char *inbox; /* borrowed; NULL: all */
};

void checks_init(struct checks *, const char *inbox);
void checks_release(struct checks *);

/* ERR_USAGE points at the place. */
enum err checks_add(struct checks *, const char *text, struct failure *);
/* "none QUERY". */
enum err checks_add_none(struct checks *, const char *query, struct failure *);

/* Counts for all of them. */
enum err checks_run(struct checks *, struct source *, struct failure *);

/* Likewise, again and again until all hold or the time is over. */
enum err checks_wait(
    struct checks *, struct source *, int64_t timeout_us, struct failure *);

/* Of those that fail: what was found, or what came near. */
enum err checks_explain(struct checks *, struct source *, struct failure *);

/* Prints those that fail, with their accounts. */
void checks_print_failed(const struct checks *, FILE *);

size_t checks_failed(const struct checks *);

#endif
