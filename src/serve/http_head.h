/*
 * http_head: the head of an HTTP/1 request: its first line and its fields.
 *
 * RFC 9112, strict where lenience has let requests be read in two ways: no
 * folded lines, no blank before a colon, one Content-Length or one
 * Transfer-Encoding. A bare LF ends a line too. Pure; spans point into the
 * bytes that were read.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_LIMIT ((size_t)32 * 1024)
#define HTTP_FIELDS_LIMIT 100

struct http_field {
	struct span name;
	struct span value; /* without the blanks around it */
};

enum http_body_form { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED };

struct http_head {
	struct span method;
	struct span target;
	unsigned minor; /* of HTTP/1: 0, or 1 and above */
	struct http_field *fields;
	size_t count; /* of fields */
	enum http_body_form body;
	uint64_t body_len;   /* HTTP_BODY_LENGTH */
	bool keeps_alive;    /* another request may follow */
	bool wants_continue; /* the client waits before it sends the body */
};

/*
 * The length of the head with the empty line that ends it; 0 when it is not all
 * there. *looked, which starts as 0, keeps how far the search has come.
 */
size_t http_head_find(struct span bytes, size_t *looked);

/* The status that a head deserves which has no end within HTTP_HEAD_LIMIT. */
int http_head_too_long(struct span bytes);

/* How many fields a whole head has at most; never above HTTP_FIELDS_LIMIT. */
size_t http_head_count(struct span head);

/*
 * Reads a whole head into `fields`, which has room for http_head_count().
 * Returns 0, or the status of the refusal.
 */
int http_head_read(
    struct http_head *out, struct span head, struct http_field *fields);

/* The first field of that name, whatever the case; NULL when there is none. */
const struct http_field *
http_head_field(const struct http_head *, const char *name);

/* Whether a list of words with commas has the word, whatever the case.
   Parameters behind ';' do not count. */
bool http_list_has(struct span list, struct span word);

#endif
