/* listen_unix: a listening unix socket, with the file that stands for it. */
#include "listen_unix.h"

#include "folder.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void
fill(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path));
}

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Whether a socket's file has nobody behind it. Doubt counts as somebody. */
static bool
is_stale(const struct sockaddr_un *address)
{
	int fd = new_socket();
	bool stale;

	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)address,
		    sizeof(*address)) != 0 &&
	    errno == ECONNREFUSED;
	(void)close(fd);
	return stale;
}

/* Makes the path free, where that does no harm. */
static enum err
clear_path(const struct sockaddr_un *address, struct failure *failure)
{
	const char *path = address->sun_path;
	struct stat found;

	if (lstat(path, &found) != 0)
		return ERR_OK;
	if (!S_ISSOCK(found.st_mode))
		return failure_set(failure, ERR_EXISTS,
		    "unix:%s: a file that is no socket stands there", path);
	if (!is_stale(address))
		return failure_set(failure, ERR_EXISTS,
		    "unix:%s: another server listens there", path);
	if (unlink(path) == 0 || errno == ENOENT)
		return ERR_OK;
	return failure_set(failure, err_from_errno(errno),
	    "unix:%s: what is left of an old server cannot be removed: %s",
	    path, strerror(errno));
}

/*
 * The permissions are taken away before the file exists and given afterwards,
 * so that they are never wider than asked for.
 */
static bool
bind_file(int fd, const struct sockaddr_un *address, int mode, int backlog)
{
	bool has_mode = mode != ENDPOINT_NO_MODE;

	if (has_mode && fchmod(fd, (mode_t)mode) != 0)
		return false;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return false;
	if ((!has_mode || chmod(address->sun_path, (mode_t)mode) == 0) &&
	    listen(fd, backlog) == 0)
		return true;
	mode = errno;
	(void)unlink(address->sun_path);
	errno = mode;
	return false;
}

static void
remember(struct unix_file *file, const char *path)
{
	struct stat made;

	if (lstat(path, &made) != 0)
		return;
	memcpy(file->path, path, strlen(path) + 1);
	file->device = made.st_dev;
	file->inode = made.st_ino;
}

static enum err
listen_locked(int *out, struct unix_file *file,
    const struct sockaddr_un *address, int mode, int backlog,
    struct failure *failure)
{
	enum err err = clear_path(address, failure);
	int fd;

	if (err)
		return err;
	fd = new_socket();
	if (fd >= 0 && bind_file(fd, address, mode, backlog)) {
		remember(file, address->sun_path);
		*out = fd;
		return ERR_OK;
	}
	err = failure_set(failure, err_from_errno(errno), "unix:%s: %s",
	    address->sun_path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* The folder of `path`, in `out`. */
static void
find_folder(char out[ENDPOINT_PATH_SIZE], const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash)
		out[len++] = '.';
	else if (len == 0)
		out[len++] = '/';
	else
		memcpy(out, path, len);
	out[len] = '\0';
}

enum err
unix_listen(int *out, struct unix_file *file, const char *path, int mode,
    int backlog, struct failure *failure)
{
	struct sockaddr_un address;
	char folder[ENDPOINT_PATH_SIZE];
	int lock = -1;
	enum err err;

	/*
	 * Between the look at an old file and listen(2) no other server may do
	 * the same: each would remove the other's socket.
	 */
	memset(file, 0, sizeof(*file));
	fill(&address, path);
	find_folder(folder, path);
	err = folder_lock(&lock, folder, failure);
	if (err == ERR_PERMISSION)
		err = ERR_OK; /* not readable, and so not to be locked */
	if (err)
		return err;
	err = listen_locked(out, file, &address, mode, backlog, failure);
	if (lock >= 0)
		(void)close(lock);
	return err;
}

void
unix_remove(struct unix_file *file)
{
	struct stat found;

	if (file->path[0] && lstat(file->path, &found) == 0 &&
	    found.st_dev == file->device && found.st_ino == file->inode)
		(void)unlink(file->path);
	memset(file, 0, sizeof(*file));
}
