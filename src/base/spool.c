/* spool: the bytes of one message while they arrive. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a reset keeps: most test mail fits, and idle sessions stay small. */
#define KEEP_SIZE ((size_t)16 * 1024)
#define FIRST_SIZE ((size_t)4 * 1024)

void
spool_init(struct spool *spool, const struct spool_rules *rules)
{
	memset(spool, 0, sizeof(*spool));
	spool->rules = rules;
	spool->fd = -1;
}

static void
drop_memory(struct spool *spool)
{
	free(spool->at);
	if (spool->size)
		budget_return(spool->rules->budget, spool->size);
	spool->at = NULL;
	spool->size = 0;
}

static void
close_file(struct spool *spool)
{
	if (spool->fd >= 0)
		(void)close(spool->fd);
	spool->fd = -1;
}

void
spool_release(struct spool *spool)
{
	drop_memory(spool);
	close_file(spool);
	spool->len = 0;
}

void
spool_reset(struct spool *spool)
{
	if (spool->size > KEEP_SIZE)
		drop_memory(spool);
	close_file(spool);
	spool->len = 0;
}

/* Makes the memory `size` bytes large if ceiling, budget and system allow. */
static bool
resize(struct spool *spool, size_t size)
{
	size_t more = size - spool->size;
	char *at;

	if (size > spool->rules->memory_max ||
	    !budget_draw(spool->rules->budget, more))
		return false;
	at = realloc(spool->at, size);
	if (!at) {
		budget_return(spool->rules->budget, more);
		return false;
	}
	spool->at = at;
	spool->size = size;
	return true;
}

static bool
make_room(struct spool *spool, size_t need)
{
	size_t max = spool->rules->memory_max;
	size_t size = spool->size ? spool->size : FIRST_SIZE;

	if (need <= spool->size)
		return true;
	if (need > max)
		return false;
	while (size < need && size <= max / 2)
		size *= 2;
	if (size < need || size > max)
		size = max;
	return resize(spool, size) || resize(spool, need);
}

void
spool_expect(struct spool *spool, uint64_t len)
{
	if (spool->fd < 0 && len > spool->size &&
	    len <= spool->rules->memory_max)
		(void)resize(spool, (size_t)len);
}

static enum err
write_all(int fd, struct span bytes, uint64_t offset)
{
	while (bytes.len) {
		ssize_t n = pwrite(fd, bytes.at, bytes.len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		span_skip(&bytes, (size_t)n);
		offset += (uint64_t)n;
	}
	return ERR_OK;
}

/* A file without a name where the file system can; else one unlinked at once.
 */
static int
open_unlinked(const char *directory)
{
	char path[4096];
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	(void)snprintf(
	    path, sizeof(path), "%s/mailstop-spool-XXXXXX", directory);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

static enum err
move_to_file(struct spool *spool)
{
	enum err err;

	if (!spool->rules->directory)
		return ERR_LIMIT;
	spool->fd = open_unlinked(spool->rules->directory);
	if (spool->fd < 0)
		return err_from_errno(errno);
	err = write_all(spool->fd, span_make(spool->at, (size_t)spool->len), 0);
	if (err) {
		close_file(spool);
		return err;
	}
	drop_memory(spool);
	return ERR_OK;
}

enum err
spool_put(struct spool *spool, struct span bytes)
{
	enum err err = ERR_OK;

	if (bytes.len == 0)
		return ERR_OK;
	if (spool->fd < 0 && bytes.len <= SIZE_MAX - spool->len &&
	    make_room(spool, (size_t)spool->len + bytes.len)) {
		memcpy(spool->at + spool->len, bytes.at, bytes.len);
		spool->len += bytes.len;
		return ERR_OK;
	}
	if (spool->fd < 0)
		err = move_to_file(spool);
	if (!err)
		err = write_all(spool->fd, bytes, spool->len);
	if (!err)
		spool->len += bytes.len;
	return err;
}

void
spool_cut(struct spool *spool, uint64_t len)
{
	if (spool->len > len)
		spool->len = len;
}

bool
spool_in_memory(const struct spool *spool, struct span *all)
{
	if (spool->fd >= 0)
		return false;
	*all = span_make(spool->at ? spool->at : "", (size_t)spool->len);
	return true;
}

ssize_t
spool_read(const struct spool *spool, uint64_t offset, char *out, size_t size)
{
	uint64_t left = offset < spool->len ? spool->len - offset : 0;
	ssize_t n;

	if (size > left)
		size = (size_t)left;
	if (size == 0)
		return 0;
	if (spool->fd < 0) {
		memcpy(out, spool->at + offset, size);
		return (ssize_t)size;
	}
	do
		n = pread(spool->fd, out, size, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}
