/*
 * http_gzip: bytes made smaller, piece by piece.
 *
 * What is large is compressed while it is sent, so that it never keeps the
 * loop from others for long.
 */
#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "buf.h"
#include "span.h"

#include <stddef.h>

struct http_gzip;

/* NULL without memory. */
struct http_gzip *http_gzip_new(void);
void http_gzip_free(struct http_gzip *);

enum http_gzip_status {
	HTTP_GZIP_MORE,   /* not all of *in fitted into the room */
	HTTP_GZIP_DONE,   /* all is written, and the end too */
	HTTP_GZIP_FAILED, /* no memory */
};

/*
 * Compresses from the front of *in, which must hold all that is left, and
 * appends at most `most` bytes. Call it until it is done.
 */
enum http_gzip_status http_gzip_step(
    struct http_gzip *, struct span *in, struct buf *out, size_t most);

#endif
