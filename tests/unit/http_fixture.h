/*
 * http_fixture: a server with a few routes, and what its handlers have seen.
 */
#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include "http_peer.h"

#define HOST "Host: localhost\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"
#define PUT(fields) "PUT /echo HTTP/1.1\r\n" HOST fields "\r\n"
#define PENDING_LIMIT 600
#define LARGE_LEN ((size_t)8 << 20)

/*
 * GET / answers "hello", PUT /echo (up to 1 MiB) its body, GET /large
 * LARGE_LEN bytes of zero; GET and PUT /later leave theirs in `pending`.
 */
struct http_fixture {
	struct http_peer peer;
	struct http_options options;
	struct http_request *pending[PENDING_LIMIT]; /* by `served` */
	unsigned served;
	unsigned gone;
};

/* Any of the three may be NULL. */
void http_fixture_open(struct http_fixture *, const struct http_limits *,
    struct tls *, const char *listen);

/* Turn the loop until it is so, or fail the test. */
void http_fixture_wait_served(struct http_fixture *, unsigned count);
void http_fixture_wait_connections(struct http_fixture *, size_t count);

struct http_client http_fixture_connect(struct http_fixture *);

#endif
