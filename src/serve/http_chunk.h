/*
 * http_chunk: a body that comes in chunks (RFC 9112 section 7.1).
 *
 * Pure. Extensions and trailers are read and forgotten. Each line ends in CR
 * LF: what one program takes for a line end and another does not is where
 * requests are smuggled.
 */
#ifndef HTTP_CHUNK_H
#define HTTP_CHUNK_H

#include "buf.h"
#include "span.h"

#include <stddef.h>
#include <stdint.h>

enum http_chunk_state {
	HTTP_CHUNK_SIZE, /* hexadecimal digits; where it starts */
	HTTP_CHUNK_REST, /* of the line with the size */
	HTTP_CHUNK_REST_LF,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_END, /* the line end behind the data */
	HTTP_CHUNK_END_LF,
	HTTP_CHUNK_TRAILER, /* lines, up to an empty one */
	HTTP_CHUNK_TRAILER_LF,
};

/* All zeros to start with. */
struct http_chunk {
	enum http_chunk_state state;
	uint64_t left;   /* of the data of this chunk */
	unsigned digits; /* of its size so far */
	size_t line_len; /* of the trailer that is being read */
	size_t spent;    /* bytes that were neither data nor sizes */
};

enum http_chunk_status {
	HTTP_CHUNK_MORE, /* all was used; more must come */
	HTTP_CHUNK_DONE, /* what is left in *in belongs to the next request */
	HTTP_CHUNK_BAD,
	HTTP_CHUNK_FULL, /* the buffer's ceiling is reached, or no memory */
};

/* Takes bytes from the front of *in, and appends the data to `out`. */
enum http_chunk_status
http_chunk_step(struct http_chunk *, struct span *in, struct buf *out);

#endif
