/*
 * smtp_reply: replies as values, rendered in one place.
 *
 * RFC 5321 section 4.2, RFC 2034 (enhanced codes on each line). Whatever the
 * text holds, what is written is printable ASCII, lines of at most 512 octets
 * with CRLF: strange bytes are escaped, long lines are shortened.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "buf.h"
#include "span.h"

struct smtp_reply {
	int code;             /* 200 to 599 */
	const char *enhanced; /* "2.1.0", or NULL where none belongs */
	struct span text;     /* borrowed; '\n' separates lines */
};

/* Appends the reply's lines. False when the buffer is full. */
bool smtp_reply_put(struct buf *out, const struct smtp_reply *);

#endif
