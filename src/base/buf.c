/* buf: a growing byte buffer with a ceiling. */
#include "buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Small enough for an idle connection, large enough for most replies. */
#define FIRST_SIZE 256

void
buf_init(struct buf *buf, size_t limit)
{
	memset(buf, 0, sizeof(*buf));
	buf->limit = limit;
}

void
buf_release(struct buf *buf)
{
	free(buf->at);
	buf_init(buf, buf->limit);
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
}

static bool
enlarge(struct buf *buf, size_t need)
{
	size_t size = buf->size ? buf->size : FIRST_SIZE;
	char *at;

	while (size < need)
		size = size > SIZE_MAX / 2 ? need : size * 2;
	/* Doubling would take up to twice what the ceiling promises. */
	if (size - 1 > buf->limit)
		size = buf->limit + 1;
	at = realloc(buf->at, size);
	if (!at)
		return false;
	buf->at = at;
	buf->size = size;
	return true;
}

char *
buf_room(struct buf *buf, size_t count)
{
	/* One byte more is kept for the NUL of buf_string(). */
	if (buf->failed || count > buf->limit - buf->len ||
	    count >= SIZE_MAX - buf->len) {
		buf->failed = true;
		return NULL;
	}
	if (buf->len + count + 1 > buf->size &&
	    !enlarge(buf, buf->len + count + 1)) {
		buf->failed = true;
		return NULL;
	}
	return buf->at + buf->len;
}

void
buf_grow(struct buf *buf, size_t count)
{
	assert(count <= buf->size - buf->len);
	buf->len += count;
}

bool
buf_put(struct buf *buf, struct span span)
{
	char *room = buf_room(buf, span.len);

	if (!room)
		return false;
	if (span.len)
		memcpy(room, span.at, span.len);
	buf_grow(buf, span.len);
	return true;
}

bool
buf_put_string(struct buf *buf, const char *string)
{
	return buf_put(buf, span_string(string));
}

bool
buf_put_char(struct buf *buf, char byte)
{
	return buf_put(buf, span_make(&byte, 1));
}

bool
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	char *room;
	int need;

	va_start(args, format);
	need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (need < 0) {
		buf->failed = true;
		return false;
	}
	room = buf_room(buf, (size_t)need);
	if (!room)
		return false;
	va_start(args, format);
	(void)vsnprintf(room, (size_t)need + 1, format, args);
	va_end(args);
	buf_grow(buf, (size_t)need);
	return true;
}

void
buf_drop(struct buf *buf, size_t count)
{
	if (count > buf->len)
		count = buf->len;
	if (count == 0)
		return;
	buf->len -= count;
	memmove(buf->at, buf->at + count, buf->len);
}

void
buf_cut(struct buf *buf, size_t len)
{
	if (len < buf->len)
		buf->len = len;
}

bool
buf_failed(const struct buf *buf)
{
	return buf->failed;
}

struct span
buf_span(const struct buf *buf)
{
	return span_make(buf->at, buf->len);
}

const char *
buf_string(struct buf *buf)
{
	char *room = buf_room(buf, 0);

	if (!room)
		return NULL;
	*room = '\0';
	return buf->at;
}
