/*
 * http_target: what a request is for: paths, their patterns, parameters.
 *
 * Pure.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>

struct http_target {
	struct span authority; /* of the absolute form; else empty */
	struct span path;      /* starts with '/', or is "*" */
	struct span query;     /* behind the '?' */
	bool has_query;        /* there is a '?' */
};

/* False when it is none of the forms that a server takes (RFC 9112 3.2). */
bool http_target_read(struct http_target *, struct span target);

/* Whether its escapes are well-formed, and none stands for a NUL. */
bool http_path_is_valid(struct span path);

/* Whether no segment is empty, "." or "..", but the last one may be empty. */
bool http_path_is_clean(struct span path);

/*
 * Appends the path without such segments. It starts with exactly one '/', and
 * bytes that a browser might take for something else are escaped, so that it
 * never leads to another host.
 */
bool http_path_clean(struct buf *, struct span path);

/* Replaces escapes where they stand; returns the length that is left. */
size_t http_decode_path(char *at, size_t len);
/* Likewise in a form, where '+' is a blank. */
size_t http_decode_form(char *at, size_t len);

#define HTTP_VALUES_LIMIT 4

struct http_pair {
	struct span name;
	struct span value;
};

struct http_values {
	struct http_pair list[HTTP_VALUES_LIMIT];
	size_t count;
};

/*
 * Whether the path fits the pattern of a route. The values are spans of the
 * path, not decoded yet; names are those of the pattern.
 */
bool
http_path_fits(const char *pattern, struct span path, struct http_values *);

/* How many parameters a query has. */
size_t http_query_count(struct span query);

/* Cuts the next parameter off; false at the end. Nothing is decoded. */
bool http_query_cut(struct span *rest, struct http_pair *);

#endif
