/*
 * header: the raw header block of a message (RFC 5322 section 2.2).
 *
 * For what needs no MIME: finding fields in bytes that may be anything. Line
 * ends may be CRLF or a bare LF; the block ends at the first empty line, at
 * the first line that can be no field, or at the end of the bytes. Pure.
 */
#ifndef HEADER_H
#define HEADER_H

#include "buf.h"
#include "span.h"

struct header_field {
	struct span name;  /* without the colon and blanks before it */
	struct span value; /* raw: folds kept, outer blanks and line end cut */
};

/* Reads the next field and moves *rest behind it; false at the end. */
bool header_next(struct span *rest, struct header_field *field);

/* The first field of that name, any case; false when there is none. */
bool header_find(struct span message, struct span name, struct span *value);

/* Appends the value with each fold replaced by one blank. */
bool header_unfold(struct buf *, struct span value);

/* The header block without the empty line that ends it. */
struct span header_block(struct span message);

#endif
