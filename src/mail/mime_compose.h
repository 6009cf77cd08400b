/*
 * mime_compose: makes a message out of its pieces, for mail that comes by HTTP.
 *
 * RFC 5322, 2045 to 2047, 2231; written by GMime. Structure: mixed around
 * related around alternative around text and HTML, each level only where it
 * is needed, a text part always. Text and HTML can be read back unchanged.
 * Everything in a struct compose is borrowed UTF-8. Any thread after
 * mime_init().
 */
#ifndef MIME_COMPOSE_H
#define MIME_COMPOSE_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compose_address {
	const char *name; /* NULL or "": none */
	const char *address;
};

struct compose_list {
	const struct compose_address *at;
	size_t count;
};

struct compose_attachment {
	struct span bytes;
	const char *name;
	const char *type; /* "image/png"; NULL: guessed from the bytes */
	const char
	    *content_id; /* not NULL or "": inline, in the related part */
};

struct compose_header {
	const char *name; /* compose_may_set() is true of it */
	const char *value;
};

struct compose {
	struct compose_address from;
	struct compose_list to, cc, reply_to;
	const char *subject;    /* NULL: none */
	const char *text;       /* NULL: empty */
	const char *html;       /* NULL or "": none */
	int64_t date_us;        /* wall clock */
	const char *message_id; /* without <> */
	const struct compose_attachment *attachments;
	size_t attachment_count;
	const struct compose_header *headers;
	size_t header_count;
};

/* Appends the message with CRLF line ends. False when `out` is full. */
bool mime_compose(struct buf *out, const struct compose *);

/* Whether a caller may set that header: not those that are made here, and none
   that is no field name (RFC 5322 3.6.8). */
bool compose_may_set(struct span name);

/* Whether it is one address, local@domain, without controls. */
bool compose_is_address(struct span address);

#endif
