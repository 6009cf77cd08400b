/* export_file: messages as files of a folder, one each. */
#include "export_file.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_SIZE 160
#define ID_MAX 64
#define PIECE_SIZE ((size_t)64 * 1024)
#define SECOND INT64_C(1000000)

struct export_folder {
	char *path;
	enum export_form form;
	int tmp_fd; /* where files are written */
	int fd;     /* and where they go to when they are whole */
};

static enum err
blame(const struct export_folder *folder, struct failure *f)
{
	int number = errno;

	return failure_set(f, err_from_errno(number), "%s: %s", folder->path,
	    strerror(number));
}

/* ---- folders */

static enum err
open_below(
    struct export_folder *folder, const char *name, int *fd, struct failure *f)
{
	size_t size = strlen(folder->path) + strlen(name) + 2;
	char *path = malloc(size);
	enum err err;

	if (!path)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	(void)snprintf(path, size, "%s/%s", folder->path, name);
	err = folder_make(path, f);
	if (!err) {
		*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*fd < 0)
			err = blame(folder, f);
	}
	free(path);
	return err;
}

static enum err
open_folders(struct export_folder *folder, struct failure *f)
{
	int cur = -1;
	enum err err;

	if (folder->form == EXPORT_EML) {
		err = open_below(folder, ".", &folder->fd, f);
		if (!err)
			err = open_below(folder, ".", &folder->tmp_fd, f);
		return err;
	}
	err = open_below(folder, "tmp", &folder->tmp_fd, f);
	if (!err)
		err = open_below(folder, "new", &folder->fd, f);
	if (!err)
		err = open_below(folder, "cur", &cur, f);
	if (cur >= 0)
		(void)close(cur);
	return err;
}

enum err
export_folder_open(struct export_folder **out, const char *path,
    enum export_form form, struct failure *f)
{
	struct export_folder *folder = calloc(1, sizeof(*folder));
	enum err err;

	*out = NULL;
	if (!folder)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	folder->form = form;
	folder->tmp_fd = folder->fd = -1;
	folder->path = strdup(path);
	if (folder->path)
		err = open_folders(folder, f);
	else
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (err)
		export_folder_close(folder);
	else
		*out = folder;
	return err;
}

void
export_folder_close(struct export_folder *folder)
{
	if (!folder)
		return;
	if (folder->tmp_fd >= 0)
		(void)close(folder->tmp_fd);
	if (folder->fd >= 0)
		(void)close(folder->fd);
	free(folder->path);
	free(folder);
}

/* ---- files */

static bool
is_safe(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len <= ID_MAX &&
	    strspn(id,
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz") == len;
}

static void
make_name(char name[NAME_SIZE], const struct export_folder *folder,
    const struct export_message *message)
{
	if (folder->form == EXPORT_EML)
		(void)snprintf(name, NAME_SIZE, "%08" PRId64 "-%s.eml",
		    message->seq, message->id);
	else
		(void)snprintf(name, NAME_SIZE, "%" PRId64 ".%s.mailstop",
		    message->received_us / SECOND, message->id);
}

static bool
write_piece(int fd, const char *piece, size_t len)
{
	while (len > 0) {
		ssize_t count = write(fd, piece, len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		piece += count;
		len -= (size_t)count;
	}
	return true;
}

static bool
write_all(int fd, const struct export_message *message)
{
	struct timespec times[2];
	char piece[PIECE_SIZE];
	uint64_t offset = 0;
	ssize_t got;

	while ((got = spool_read(message->body, offset, piece, sizeof(piece))) >
	    0) {
		if (!write_piece(fd, piece, (size_t)got))
			return false;
		offset += (uint64_t)got;
	}
	times[0].tv_sec = message->received_us / SECOND;
	times[0].tv_nsec = message->received_us % SECOND * 1000;
	times[1] = times[0];
	/* A file system that keeps no times is no reason to fail. */
	(void)futimens(fd, times);
	return got == 0;
}

/* A link fails where the name is taken, which rename(2) would not. */
static enum err
write_file(struct export_folder *folder, const struct export_message *message,
    const char *name, struct failure *f)
{
	char tmp[NAME_SIZE + 8];
	enum err err = ERR_OK;
	bool is_written;
	int fd;

	(void)snprintf(tmp, sizeof(tmp), ".%s.tmp", name);
	(void)unlinkat(folder->tmp_fd, tmp, 0);
	fd = openat(folder->tmp_fd, tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return blame(folder, f);
	is_written = write_all(fd, message);
	if (close(fd) != 0)
		is_written = false;
	if (!is_written ||
	    linkat(folder->tmp_fd, tmp, folder->fd, name, 0) != 0)
		err = blame(folder, f);
	(void)unlinkat(folder->tmp_fd, tmp, 0);
	return err;
}

/* It may have been read meanwhile: then it is in cur, with flags behind. */
static bool
is_there(const struct export_folder *folder, const char *name)
{
	return faccessat(folder->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum err
export_folder_put(struct export_folder *folder,
    const struct export_message *message, struct failure *f)
{
	char name[NAME_SIZE];

	if (!is_safe(message->id))
		return failure_set(f, ERR_DATA,
		    "\"%s\": such an id makes no file name", message->id);
	make_name(name, folder, message);
	if (is_there(folder, name))
		return failure_set(
		    f, ERR_EXISTS, "%s/%s exists", folder->path, name);
	return write_file(folder, message, name, f);
}

/* ---- times */

int64_t
export_time(const char *text)
{
	struct tm tm = {.tm_isdst = 0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t us = 0;

	if (!rest)
		return 0;
	if (*rest == '.')
		for (int64_t unit = SECOND / 10; *++rest >= '0' && *rest <= '9';
		     unit /= 10)
			us += unit * (*rest - '0');
	return (int64_t)timegm(&tm) * SECOND + us;
}
