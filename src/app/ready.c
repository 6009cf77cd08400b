/* ready: tells another program that the server accepts. */
#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *
make_list(const struct ready *ready, enum listen_protocol protocol)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ready->address_count; i++)
		if (ready->addresses[i].protocol == protocol &&
		    json_array_append_new(
			list, json_string(ready->addresses[i].text)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
make_text(const char *text)
{
	/* A path may hold any bytes; JSON may not. */
	json_t *value = text ? json_string(text) : json_null();

	return value ? value : json_null();
}

bool
ready_put(struct buf *out, const struct ready *ready)
{
	json_t *object = json_object();
	bool is_whole = object &&
	    json_object_set_new(
		object, "pid", json_integer((json_int_t)ready->pid)) == 0 &&
	    json_object_set_new(object, "db", make_text(ready->db)) == 0 &&
	    json_object_set_new(object, "ca", make_text(ready->ca)) == 0;
	char *text = NULL;

	for (int i = 0; i < LISTEN_PROTOCOLS && is_whole; i++) {
		enum listen_protocol protocol = (enum listen_protocol)i;

		is_whole =
		    json_object_set_new(object, listen_protocol_name(protocol),
			make_list(ready, protocol)) == 0;
	}
	if (is_whole)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	is_whole = text && buf_put_string(out, text) && buf_put_char(out, '\n');
	free(text);
	return is_whole;
}

void
ready_remove_file(const char *path)
{
	struct stat found;

	if (lstat(path, &found) == 0 && S_ISREG(found.st_mode))
		(void)unlink(path);
}

static enum err
write_all(int fd, struct span text)
{
	while (text.len > 0) {
		ssize_t count = write(fd, text.at, text.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return err_from_errno(errno);
		span_skip(&text, (size_t)count);
	}
	return ERR_OK;
}

enum err
ready_write_fd(int fd, struct span text, struct failure *f)
{
	enum err err = write_all(fd, text);

	if (err)
		(void)failure_set(f, err, "--ready-fd %d: %m", fd);
	(void)close(fd);
	return err;
}

/* Somebody waits at the other end, or nobody is meant to read it. */
static enum err
write_special(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	enum err err;

	if (fd < 0)
		return err_from_making(errno);
	err = write_all(fd, text);
	(void)close(fd);
	return err;
}

static enum err
write_beside(const char *path, char *beside, struct span text)
{
	int fd = mkostemp(beside, O_CLOEXEC);
	enum err err;

	if (fd < 0)
		return err_from_making(errno);
	/* Who starts a server may be another user than who runs it. */
	err =
	    fchmod(fd, 0644) == 0 ? write_all(fd, text) : err_from_errno(errno);
	if (close(fd) != 0 && !err)
		err = err_from_errno(errno);
	if (!err && rename(beside, path) != 0)
		err = err_from_making(errno);
	if (err) {
		int saved = errno;

		(void)unlink(beside);
		errno = saved;
	}
	return err;
}

enum err
ready_write_file(const char *path, struct span text, struct failure *f)
{
	size_t size = strlen(path) + sizeof(".XXXXXX");
	char *beside;
	struct stat found;
	enum err err;

	if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) {
		err = write_special(path, text);
		return err ? failure_set(f, err, "--ready-file %s: %m", path)
			   : ERR_OK;
	}
	beside = malloc(size);
	if (!beside)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	(void)snprintf(beside, size, "%s.XXXXXX", path);
	err = write_beside(path, beside, text);
	if (err)
		(void)failure_set(f, err, "--ready-file %s: %m", path);
	free(beside);
	return err;
}
