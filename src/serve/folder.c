/* folder: a folder that several processes may fill at once. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_TRIES 400
#define LOCK_PAUSE_MS 5

static enum err
make_one(const char *path, struct failure *failure)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return ERR_OK;
	return failure_set(failure, err_from_making(errno),
	    "%s: the folder cannot be made: %s", path, strerror(errno));
}

enum err
folder_make(const char *path, struct failure *failure)
{
	char *part;
	enum err err = ERR_OK;
	struct stat found;

	/* A path of somebody else's folders may be passable, yet refuse
	   mkdir(2) with something else than EEXIST. */
	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return ERR_OK;
	part = strdup(path);
	if (!part)
		return failure_set(failure, ERR_MEMORY, "out of memory");
	for (char *at = strchr(part + 1, '/'); at && !err;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (stat(part, &found) != 0)
			err = make_one(part, failure);
		*at = '/';
	}
	free(part);
	return err ? err : make_one(path, failure);
}

enum err
folder_lock(int *fd, const char *path, struct failure *failure)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return failure_set(failure, err_from_making(errno), "%s: %s",
		    path, strerror(errno));
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
			return ERR_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ERR_OK;
		/* The kernel has no waiting for a lock with a deadline. */
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	(void)close(*fd);
	*fd = -1;
	return failure_set(
	    failure, ERR_BUSY, "%s: another process holds the folder", path);
}
