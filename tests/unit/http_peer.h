/*
 * http_peer: an HTTP server on a loop, and clients that the test steps.
 *
 * Server and clients share the test's thread: whoever waits for the server
 * turns its loop, until a deadline.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include "http.h"

#include "buf.h"
#include "clock.h"
#include "store_double.h"

#include <event2/event.h>

#define HTTP_PEER_DEADLINE_US (10 * CLOCK_SECOND)

struct http_peer {
	struct store store;
	struct loop *loop;
	struct http *http;
	struct event *tick; /* so that no turn waits for ever */
	char address[128];
};

/* Starts a server on 127.0.0.1, or where `listen` says. */
void http_peer_open(
    struct http_peer *, const struct http_options *, const char *listen);
void http_peer_close(struct http_peer *);

/* One turn of the loop. */
void http_peer_turn(struct http_peer *);

struct ssl_st;

struct http_client {
	struct http_peer *peer;
	int fd;
	struct ssl_st *ssl; /* NULL: plain */
	struct buf got;
	bool is_closed; /* by the server */
	bool is_reset;  /* likewise, and not in peace */
};

void http_client_open(struct http_client *, struct http_peer *);
void http_client_close(struct http_client *);
void http_client_send(struct http_client *, struct span);
/* Reads what is there, without waiting. */
void http_client_read(struct http_client *);

/* Each turns the loop until it is so, or fails the test. */
void http_client_wait_text(struct http_client *, const char *text);
void http_client_wait_closed(struct http_client *);
void http_client_wait_len(struct http_client *, size_t len);
/* One whole response, with Content-Length or in chunks or up to the end. */
void http_client_wait_response(struct http_client *);

/* One request on a connection of its own; what came back, as a C string that
   is good until the next call on the client. */
const char *
http_client_ask(struct http_client *, struct http_peer *, const char *request);
const char *http_client_text(struct http_client *);

#endif
