/* http_chunk: a body that comes in chunks (RFC 9112 section 7.1). */
#include "http_chunk.h"

#include <string.h>

/* 60 bits: nothing overflows, and nobody has as much. */
#define DIGITS_LIMIT 15
#define SPENT_LIMIT ((size_t)16 * 1024)

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

static enum http_chunk_status
step_size(struct http_chunk *chunk, char byte)
{
	int value = hex_value(byte);

	if (value >= 0 && chunk->digits < DIGITS_LIMIT) {
		chunk->left = chunk->left * 16 + (uint64_t)value;
		chunk->digits++;
		return HTTP_CHUNK_MORE;
	}
	/* Blanks may stand in front of an extension, and at the end. */
	if (value >= 0 || chunk->digits == 0 || !byte ||
	    !strchr(" \t;\r", byte))
		return HTTP_CHUNK_BAD;
	chunk->state = HTTP_CHUNK_REST;
	return HTTP_CHUNK_MORE;
}

/* A byte of a line; CR and LF stand at its end only. */
static enum http_chunk_status
step_line(struct http_chunk *chunk, char byte, enum http_chunk_state line_feed)
{
	if (byte == '\n')
		return HTTP_CHUNK_BAD;
	if (byte == '\r')
		chunk->state = line_feed;
	else
		chunk->line_len++;
	return HTTP_CHUNK_MORE;
}

static enum http_chunk_status
step_line_feed(struct http_chunk *chunk, char byte, enum http_chunk_state next)
{
	if (byte != '\n')
		return HTTP_CHUNK_BAD;
	chunk->line_len = 0;
	chunk->state = next;
	return HTTP_CHUNK_MORE;
}

static enum http_chunk_status
step_rest(struct http_chunk *chunk, char byte)
{
	return step_line(chunk, byte, HTTP_CHUNK_REST_LF);
}

static enum http_chunk_status
step_rest_lf(struct http_chunk *chunk, char byte)
{
	chunk->digits = 0;
	return step_line_feed(chunk, byte,
	    chunk->left > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER);
}

static enum http_chunk_status
step_end(struct http_chunk *chunk, char byte)
{
	chunk->state = HTTP_CHUNK_END_LF;
	return byte == '\r' ? HTTP_CHUNK_MORE : HTTP_CHUNK_BAD;
}

static enum http_chunk_status
step_end_lf(struct http_chunk *chunk, char byte)
{
	return step_line_feed(chunk, byte, HTTP_CHUNK_SIZE);
}

static enum http_chunk_status
step_trailer(struct http_chunk *chunk, char byte)
{
	return step_line(chunk, byte, HTTP_CHUNK_TRAILER_LF);
}

static enum http_chunk_status
step_trailer_lf(struct http_chunk *chunk, char byte)
{
	bool is_last = chunk->line_len == 0;
	enum http_chunk_status status =
	    step_line_feed(chunk, byte, HTTP_CHUNK_TRAILER);

	return status == HTTP_CHUNK_MORE && is_last ? HTTP_CHUNK_DONE : status;
}

static enum http_chunk_status
take_data(struct http_chunk *chunk, struct span *in, struct buf *out)
{
	size_t count = in->len < chunk->left ? in->len : (size_t)chunk->left;

	if (!buf_put(out, span_make(in->at, count)))
		return HTTP_CHUNK_FULL;
	span_skip(in, count);
	chunk->left -= count;
	if (chunk->left == 0)
		chunk->state = HTTP_CHUNK_END;
	return HTTP_CHUNK_MORE;
}

/* One byte of what is no data. */
static enum http_chunk_status
take_byte(struct http_chunk *chunk, struct span *in)
{
	static enum http_chunk_status (*const steps[])(
	    struct http_chunk *, char) = {
	    [HTTP_CHUNK_SIZE] = step_size,
	    [HTTP_CHUNK_REST] = step_rest,
	    [HTTP_CHUNK_REST_LF] = step_rest_lf,
	    [HTTP_CHUNK_END] = step_end,
	    [HTTP_CHUNK_END_LF] = step_end_lf,
	    [HTTP_CHUNK_TRAILER] = step_trailer,
	    [HTTP_CHUNK_TRAILER_LF] = step_trailer_lf,
	};
	enum http_chunk_state before = chunk->state;
	enum http_chunk_status status = steps[before](chunk, in->at[0]);

	/* The byte behind the digits is looked at again. */
	if (before == HTTP_CHUNK_SIZE && chunk->state == HTTP_CHUNK_REST)
		return status;
	span_skip(in, 1);
	if (before == HTTP_CHUNK_REST || before == HTTP_CHUNK_TRAILER)
		chunk->spent++;
	return chunk->spent > SPENT_LIMIT ? HTTP_CHUNK_BAD : status;
}

enum http_chunk_status
http_chunk_step(struct http_chunk *chunk, struct span *in, struct buf *out)
{
	enum http_chunk_status status = HTTP_CHUNK_MORE;

	while (in->len > 0 && status == HTTP_CHUNK_MORE) {
		if (chunk->state == HTTP_CHUNK_DATA)
			status = take_data(chunk, in, out);
		else
			status = take_byte(chunk, in);
		/* Known before it comes, and refused before it comes. */
		if (status == HTTP_CHUNK_MORE &&
		    chunk->state == HTTP_CHUNK_DATA &&
		    chunk->left > out->limit - out->len)
			status = HTTP_CHUNK_FULL;
	}
	return status;
}
