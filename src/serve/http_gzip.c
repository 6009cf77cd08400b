/* http_gzip: bytes made smaller, piece by piece. */
#include "http_gzip.h"

#include <stdlib.h>
/* Else zlib would take the input for its own to write to. */
#define ZLIB_CONST
#include <zlib.h>

/* The fastest: it is for tests on the same machine, mostly. */
#define LEVEL 1
/* 2^15 bytes of window, and 16 for gzip's header and end. */
#define WINDOW_BITS (15 + 16)
#define MEMORY_LEVEL 8
/* Taken at once: at worst two milliseconds' work. */
#define INPUT_LIMIT ((size_t)64 * 1024)

struct http_gzip {
	z_stream stream;
};

struct http_gzip *
http_gzip_new(void)
{
	struct http_gzip *gzip = calloc(1, sizeof(*gzip));

	if (!gzip)
		return NULL;
	if (deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, WINDOW_BITS,
		MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK)
		return gzip;
	free(gzip);
	return NULL;
}

void
http_gzip_free(struct http_gzip *gzip)
{
	if (!gzip)
		return;
	(void)deflateEnd(&gzip->stream);
	free(gzip);
}

enum http_gzip_status
http_gzip_step(
    struct http_gzip *gzip, struct span *in, struct buf *out, size_t most)
{
	z_stream *stream = &gzip->stream;
	char *room = buf_room(out, most);
	size_t given = in->len < INPUT_LIMIT ? in->len : INPUT_LIMIT;
	int status;

	if (!room)
		return HTTP_GZIP_FAILED;
	stream->next_in = (const Bytef *)in->at;
	stream->avail_in = (uInt)given;
	stream->next_out = (Bytef *)room;
	stream->avail_out = (uInt)most;
	status = deflate(stream, given == in->len ? Z_FINISH : Z_NO_FLUSH);
	buf_grow(out, most - stream->avail_out);
	span_skip(in, given - stream->avail_in);
	if (status == Z_STREAM_END)
		return HTTP_GZIP_DONE;
	/* Z_BUF_ERROR says that the room is used up. */
	return status == Z_OK || status == Z_BUF_ERROR ? HTTP_GZIP_MORE
						       : HTTP_GZIP_FAILED;
}
