/*
 * source_http_private: what the files of source_http share, and nobody else.
 */
#ifndef SOURCE_HTTP_PRIVATE_H
#define SOURCE_HTTP_PRIVATE_H

#include "source.h"

#include "fetch.h"

#define SOURCE_HTTP_ACCEPT_JSON "Accept: application/json"
#define SOURCE_HTTP_JSON_MAX ((size_t)256 * 1024 * 1024)
#define SOURCE_HTTP_PATH_MAX ((size_t)256 * 1024)

struct source_http {
	struct source source;
	struct fetch *fetch;
	struct buf path; /* of the request that is made */
	struct buf body; /* of its answer */
};

/* ---- source_http_ask.c */

/* The path of the next request, below that of the API. */
void source_http_begin(struct source_http *, const char *path);
/* Likewise, with something between that is encoded. */
void source_http_begin_on(struct source_http *, const char *before,
    const char *id, const char *behind);
void source_http_put_encoded(struct source_http *, const char *text);

/* Asks; the answer is in http->body, whatever its status. */
enum err source_http_run(
    struct source_http *, struct fetch_request, int *status, struct failure *);
/* The answer is the caller's. */
enum err
source_http_read_json(struct source_http *, json_t **out, struct failure *);
/* What the server says is wrong, in its own words. */
enum err source_http_blame(struct source_http *, int status, struct failure *);
/* All of these: a request whose answer is JSON. */
enum err source_http_ask(
    struct source_http *, const char *method, json_t **out, struct failure *);

enum err source_http_call(struct source *, const struct source_call *,
    json_t **out, struct failure *);

#endif
