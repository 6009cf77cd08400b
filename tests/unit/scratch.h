/*
 * scratch: a folder of a test's own, and the way to be rid of it.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCRATCH_SIZE 64

static inline int
scratch_remove_one(
    const char *path, const struct stat *found, int kind, struct FTW *where)
{
	(void)found;
	(void)kind;
	(void)where;
	return remove(path);
}

/* A short path: unix sockets must fit below it. */
static inline void
scratch_make(char path[SCRATCH_SIZE])
{
	(void)snprintf(path, SCRATCH_SIZE, "/tmp/mailstop-test-XXXXXX");
	if (!mkdtemp(path))
		abort();
}

static inline void
scratch_remove(const char *path)
{
	(void)nftw(path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
