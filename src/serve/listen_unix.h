/*
 * listen_unix: a listening unix socket, with the file that stands for it.
 */
#ifndef LISTEN_UNIX_H
#define LISTEN_UNIX_H

#include "endpoint.h"
#include "err.h"

#include <sys/types.h>

/* Which file was made; all zeros: none. */
struct unix_file {
	char path[ENDPOINT_PATH_SIZE];
	dev_t device;
	ino_t inode;
};

/*
 * Binds and listens. `mode` is the file's permissions or ENDPOINT_NO_MODE. The
 * file of a server that is gone is replaced; ERR_EXISTS when the server is not
 * gone, or when the file is no socket.
 */
enum err unix_listen(int *fd, struct unix_file *, const char *path, int mode,
    int backlog, struct failure *);

/* Removes the file, unless it is not the one that was made any more. */
void unix_remove(struct unix_file *);

#endif
