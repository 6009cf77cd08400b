/*
 * fetch: HTTP requests to one running server.
 *
 * libcurl does them; it is loaded when the first server is asked, for it takes
 * longer to load than the rest of the program to start. Blocks.
 */
#ifndef FETCH_H
#define FETCH_H

#include "err.h"
#include "span.h"

#include <stdint.h>

struct fetch;

struct fetch_options {
	const char *url; /* "http://host:port/root" or "unix:/path" */
	const char *ca;  /* a file of certificates to trust; NULL: the usual */
};

/* Connects to nothing yet. ERR_USAGE when it is no such URL. */
enum err
fetch_open(struct fetch **out, const struct fetch_options *, struct failure *);
void fetch_close(struct fetch *); /* NULL is allowed */

/* Gets the body of an answer in pieces; false ends it with ERR_LIMIT. */
typedef bool fetch_callback(struct span, void *context);

struct fetch_request {
	const char *method; /* "GET" */
	const char *path;   /* "/api/mailstop/v1/now?x=y", escaped */
	const char *accept; /* "Accept: application/json"; NULL: anything */
	const char *send;   /* the body, as text; NULL: none */
	int64_t timeout_us; /* for all of it; 0: as long as it takes */
	fetch_callback *body;
	void *context;
};

/*
 * Asks, and gives the status of the answer, whatever it is. ERR_UNAVAILABLE
 * when there was none; the words name the URL.
 */
enum err fetch_run(struct fetch *, const struct fetch_request *, int *status,
    struct failure *);

#endif
