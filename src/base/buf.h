/*
 * buf: a growing byte buffer with a ceiling.
 *
 * A put that would pass the ceiling, or finds no memory, changes nothing but a
 * flag: buf_failed() stays true until buf_reset(). So a caller may put many
 * pieces and check once. A buf belongs to one thread.
 */
#ifndef BUF_H
#define BUF_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *at;
	size_t len;   /* bytes used */
	size_t size;  /* bytes there is room for */
	size_t limit; /* the ceiling, in bytes */
	bool failed;
};

/* An empty buffer that will never hold more than `limit` bytes. */
void buf_init(struct buf *, size_t limit);
void buf_release(struct buf *);

/* Forgets content and failure; memory is kept. */
void buf_reset(struct buf *);

/* Appends. False, and nothing appended, on failure. */
bool buf_put(struct buf *, struct span);
bool buf_put_string(struct buf *, const char *string);
bool buf_put_char(struct buf *, char byte);
bool buf_printf(struct buf *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Room for `count` more bytes, or NULL. Write there, then say with buf_grow()
 * how many bytes were written.
 */
char *buf_room(struct buf *, size_t count);
void buf_grow(struct buf *, size_t count);

/* Removes `count` bytes from the front. */
void buf_drop(struct buf *, size_t count);

/* Removes what stands behind the first `len` bytes. */
void buf_cut(struct buf *, size_t len);

bool buf_failed(const struct buf *);

/* All of it; borrowed until the next call that changes the buffer. */
struct span buf_span(const struct buf *);

/*
 * The content as a C string: a NUL is kept behind it and not counted. NULL
 * when the buffer has failed. Borrowed like buf_span().
 */
const char *buf_string(struct buf *);

#endif
