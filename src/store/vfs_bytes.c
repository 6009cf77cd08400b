/* vfs_bytes: the bytes of a file in memory, in pieces that never move. */
#include "vfs_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_SIZE ((size_t)65536)

void
vfs_bytes_init(struct vfs_bytes *bytes)
{
	*bytes = (struct vfs_bytes){.beneath = -1};
}

void
vfs_bytes_release(struct vfs_bytes *bytes)
{
	vfs_bytes_cut(bytes, 0);
	if (bytes->beneath >= 0)
		(void)close(bytes->beneath);
	vfs_bytes_init(bytes);
}

bool
vfs_bytes_lend(struct vfs_bytes *bytes, int fd, size_t len)
{
	size_t count = (len + CHUNK_SIZE - 1) / CHUNK_SIZE;
	size_t room = 1;

	bytes->beneath = fd;
	bytes->exists = true;
	/* A power of two, as grow() leaves it. */
	while (room < count)
		room *= 2;
	if (count) {
		bytes->chunks = calloc(room, sizeof(*bytes->chunks));
		if (!bytes->chunks)
			return false;
	}
	bytes->count = count;
	bytes->len = bytes->lent = len;
	return true;
}

void
vfs_bytes_cut(struct vfs_bytes *bytes, size_t len)
{
	size_t keep = (len + CHUNK_SIZE - 1) / CHUNK_SIZE;

	while (bytes->count > keep)
		free(bytes->chunks[--bytes->count]);
	if (bytes->count == 0) {
		free(bytes->chunks);
		bytes->chunks = NULL;
	}
	/* What grows again later grows out of zeros. */
	if (bytes->lent > len)
		bytes->lent = len;
	if (keep && len % CHUNK_SIZE && bytes->count == keep &&
	    bytes->chunks[keep - 1])
		memset(bytes->chunks[keep - 1] + len % CHUNK_SIZE, 0,
		    CHUNK_SIZE - len % CHUNK_SIZE);
	if (len < bytes->len)
		bytes->len = len;
}

static bool
grow(struct vfs_bytes *bytes, size_t len)
{
	size_t need = (len + CHUNK_SIZE - 1) / CHUNK_SIZE;

	while (bytes->count < need) {
		/* Doubled: the count is a power of two when it is full. */
		if ((bytes->count & (bytes->count - 1)) == 0) {
			size_t room = bytes->count ? bytes->count * 2 : 1;
			char **chunks = realloc(
			    bytes->chunks, room * sizeof(*bytes->chunks));

			if (!chunks)
				return false;
			bytes->chunks = chunks;
		}
		bytes->chunks[bytes->count] = calloc(1, CHUNK_SIZE);
		if (!bytes->chunks[bytes->count])
			return false;
		bytes->count++;
	}
	if (len > bytes->len)
		bytes->len = len;
	return true;
}

/* Of the file beneath, and zeros behind its end. */
static bool
read_beneath(
    const struct vfs_bytes *bytes, char *out, size_t len, size_t offset)
{
	size_t have = offset < bytes->lent ? bytes->lent - offset : 0;
	size_t done = 0;

	if (have > len)
		have = len;
	while (done < have) {
		ssize_t got = pread(bytes->beneath, out + done, have - done,
		    (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	memset(out + done, 0, len - done);
	return true;
}

/* How many of `len` bytes from `offset` on are in one piece. */
static size_t
piece_len(size_t offset, size_t len)
{
	size_t left = CHUNK_SIZE - offset % CHUNK_SIZE;

	return len < left ? len : left;
}

static bool
read_piece(const struct vfs_bytes *bytes, char *out, size_t len, size_t offset)
{
	const char *chunk = bytes->chunks[offset / CHUNK_SIZE];

	if (!chunk)
		return read_beneath(bytes, out, len, offset);
	memcpy(out, chunk + offset % CHUNK_SIZE, len);
	return true;
}

/* The piece to write to: what is beneath it is brought here first. NULL without
   memory, or when that cannot be read. */
static char *
own_piece(struct vfs_bytes *bytes, size_t offset)
{
	char **chunk = &bytes->chunks[offset / CHUNK_SIZE];
	char *own;

	if (*chunk)
		return *chunk + offset % CHUNK_SIZE;
	own = malloc(CHUNK_SIZE);
	if (!own ||
	    !read_beneath(
		bytes, own, CHUNK_SIZE, offset / CHUNK_SIZE * CHUNK_SIZE)) {
		free(own);
		return NULL;
	}
	*chunk = own;
	return own + offset % CHUNK_SIZE;
}

bool
vfs_bytes_read(const struct vfs_bytes *bytes, size_t offset, char *out,
    size_t size, size_t *got)
{
	size_t have = offset < bytes->len ? bytes->len - offset : 0;
	size_t done = 0;

	if (have > size)
		have = size;
	while (done < have) {
		size_t len = piece_len(offset + done, have - done);

		if (!read_piece(bytes, out + done, len, offset + done))
			return false;
		done += len;
	}
	memset(out + done, 0, size - done);
	*got = done;
	return true;
}

bool
vfs_bytes_write(struct vfs_bytes *bytes, size_t offset, struct span from)
{
	if (!grow(bytes, offset + from.len))
		return false;
	while (from.len > 0) {
		size_t len = piece_len(offset, from.len);
		char *to = own_piece(bytes, offset);

		if (!to)
			return false;
		memcpy(to, from.at, len);
		offset += len;
		span_skip(&from, len);
	}
	return true;
}
