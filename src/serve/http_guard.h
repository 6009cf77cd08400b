/*
 * http_guard: which requests a browser may have been talked into, and which
 * host names are ours.
 *
 * A page of another origin can make a browser send requests to this machine
 * (forms, images, fetch(), WebSockets), and with DNS rebinding it can read the
 * answers. So the Host must be one that is known to mean us, and a request that
 * another origin caused is refused unless that origin is allowed. Pure.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "span.h"

#include <stdbool.h>

/* What is allowed beside the obvious; either may be NULL. NULL-terminated. */
struct http_guard {
	const char *const *hosts;   /* names, "*.name", or "*" for any */
	const char *const *origins; /* "https://name:port", "name:port", "*" */
};

/* The fields of a request that tell; `at` is NULL where there is none. */
struct http_asked {
	struct span host;   /* with the port */
	struct span origin; /* Origin */
	struct span site;   /* Sec-Fetch-Site */
	struct span mode;   /* Sec-Fetch-Mode */
	struct span target; /* Sec-Fetch-Dest */
};

enum http_verdict { HTTP_ALLOWED, HTTP_UNKNOWN_HOST, HTTP_FOREIGN_ORIGIN };

/* What a request may do that another origin caused. */
enum http_crossing {
	HTTP_CROSS_NEVER,      /* nothing */
	HTTP_CROSS_VISIT,      /* show itself in a tab of its own: pages */
	HTTP_CROSS_CORS,       /* whatever allowed origins want: the API */
	HTTP_CROSS_CORS_VISIT, /* both: views of messages */
};

/* Whether the Host is localhost, a literal address or a name that is allowed.
   An absent one is none that a browser sent. */
bool http_guard_knows_host(const struct http_guard *, struct span host);

enum http_verdict http_guard_judge(
    const struct http_guard *, const struct http_asked *, enum http_crossing);

/* Whether that origin is among those that are allowed. */
bool http_guard_allows_origin(const struct http_guard *, struct span origin);

#endif
