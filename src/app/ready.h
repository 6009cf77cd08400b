/*
 * ready: tells another program that the server accepts, and where.
 */
#ifndef READY_H
#define READY_H

#include "buf.h"
#include "err.h"
#include "listen_spec.h"

#include <stddef.h>
#include <sys/types.h>

struct ready_address {
	enum listen_protocol protocol;
	const char *text; /* "127.0.0.1:1025" */
};

struct ready {
	pid_t pid;
	const char *db; /* NULL: in memory */
	const char *ca; /* NULL: there is none */
	const struct ready_address *addresses;
	size_t address_count;
};

/* Appends the JSON object and a line end. False without memory. */
bool ready_put(struct buf *, const struct ready *);

/* Removes what an earlier run has left, so that nobody takes it for this one.
   What is no regular file stays. */
void ready_remove_file(const char *path);

/*
 * Writes the file so that whoever sees it sees all of it. An existing FIFO or
 * device is written to instead.
 */
enum err ready_write_file(const char *path, struct span text, struct failure *);

/* Writes to a descriptor and closes it. */
enum err ready_write_fd(int fd, struct span text, struct failure *);

#endif
