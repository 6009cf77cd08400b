/* notice: tells that another process may have written to a database file. */
#include "notice.h"

#include "clock.h"

#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* How often it is looked at when the kernel may not know all. */
#define DOUBT_MS 1000
/* And when it tells nothing. */
#define BLIND_MS 20

struct notice {
	char *folder;
	char *name; /* of the file; those of WAL and index begin with it */
	int fd;     /* -1: the kernel does not say */
};

/* The folder and not the file: the WAL comes and goes. */
static bool
split(struct notice *notice, const char *path)
{
	const char *slash = strrchr(path, '/');

	notice->name = strdup(slash ? slash + 1 : path);
	if (!slash)
		notice->folder = strdup(".");
	else
		notice->folder =
		    strndup(path, slash == path ? 1 : (size_t)(slash - path));
	return notice->name && notice->folder;
}

enum err
notice_open(struct notice **out, const char *path)
{
	struct notice *notice = calloc(1, sizeof(*notice));

	*out = NULL;
	if (!notice)
		return ERR_MEMORY;
	notice->fd = -1;
	if (!split(notice, path)) {
		notice_close(notice);
		return ERR_MEMORY;
	}
	notice->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (notice->fd >= 0 &&
	    inotify_add_watch(notice->fd, notice->folder,
		IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO) < 0) {
		(void)close(notice->fd);
		notice->fd = -1;
	}
	*out = notice;
	return ERR_OK;
}

void
notice_close(struct notice *notice)
{
	if (!notice)
		return;
	if (notice->fd >= 0)
		(void)close(notice->fd);
	free(notice->folder);
	free(notice->name);
	free(notice);
}

/* Takes all that the kernel has to say; whether it concerns the database. */
static bool
take_events(struct notice *notice)
{
	union {
		struct inotify_event event;
		char bytes[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	} room;
	size_t name_len = strlen(notice->name);
	bool concerns = false;
	ssize_t len;

	while ((len = read(notice->fd, &room, sizeof(room))) > 0) {
		const char *at = room.bytes;

		while (at < room.bytes + len) {
			const struct inotify_event *event =
			    (const struct inotify_event *)(const void *)at;

			if (event->mask & IN_Q_OVERFLOW ||
			    (event->len > 0 &&
				strncmp(event->name, notice->name, name_len) ==
				    0))
				concerns = true;
			at += sizeof(*event) + event->len;
		}
	}
	return concerns;
}

void
notice_wait(struct notice *notice, int64_t deadline_us)
{
	int64_t doubt_us =
	    clock_mono_us() + (notice->fd < 0 ? BLIND_MS : DOUBT_MS) * 1000;
	struct pollfd wait = {.fd = notice->fd, .events = POLLIN};

	if (deadline_us > doubt_us)
		deadline_us = doubt_us;
	for (;;) {
		int64_t left_us = deadline_us - clock_mono_us();

		if (left_us <= 0)
			return;
		if (poll(&wait, 1, (int)((left_us + 999) / 1000)) != 1)
			continue;
		if (take_events(notice))
			return;
	}
}
