/*
 * notice: tells that another process may have written to a database file.
 *
 * The kernel says when the file or its WAL is written to; until then a wait
 * takes no processor time. Where it cannot say so (a network file system), it
 * is looked at now and then. Linux.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include "err.h"

#include <stdint.h>

struct notice;

/* The path of the database. ERR_MEMORY only. */
enum err notice_open(struct notice **out, const char *path);
void notice_close(struct notice *); /* NULL is allowed */

/*
 * Returns when something may have changed since the last call, or at the
 * deadline (monotonic), or earlier. Whoever opens it, looks, and then waits
 * misses nothing.
 */
void notice_wait(struct notice *, int64_t deadline_us);

#endif
