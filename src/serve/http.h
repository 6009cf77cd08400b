/*
 * http: an HTTP/1.1 server on the loop, and the requests it is asked.
 *
 * A route table above, and what every request must pass stands here once: Host
 * and Origin, credentials, web root, path cleaning, methods, body ceilings,
 * compression, the headers that are always sent. Loop thread only.
 *
 * A handler answers its request exactly once, at once or later (after a store
 * job). The request is gone with that call, and not before: when the client
 * hangs up earlier the request lives on, and the late answer is thrown away.
 *
 *	static void
 *	serve_size(struct http_request *request, void *context)
 *	{
 *		struct span id = http_value(request, "id");
 *		...
 *		http_reply(request, 200, "text/plain", size);
 *	}
 *
 *	static const struct http_route routes[] = {
 *	    {HTTP_GET, "/api/x/{id}/size", serve_size, HTTP_CORS},
 *	    {0, NULL, NULL, 0},
 *	};
 */
#ifndef HTTP_H
#define HTTP_H

#include "err.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "span.h"
#include "tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_request;
struct http_stream;
struct json_t; /* Jansson's */
struct peer;
struct users;

enum http_method {
	HTTP_GET = 1 << 0, /* answers HEAD too */
	HTTP_POST = 1 << 1,
	HTTP_PUT = 1 << 2,
	HTTP_DELETE = 1 << 3,
};

enum http_flag {
	HTTP_OPEN = 1 << 0,  /* needs no credentials: /livez, /readyz */
	HTTP_CORS = 1 << 1,  /* may be allowed to other origins by --api-cors */
	HTTP_LARGE = 1 << 2, /* the body may be as large as a message */
};

/*
 * One row of a route table. In `path`, {name} stands for one segment,
 * {name}.html for one with that end, and {name...} at the end for the rest. The
 * first row that fits path and method serves; a path that fits with another
 * method is 405 with Allow. OPTIONS is answered by the server.
 */
struct http_route {
	enum http_method method;
	const char *path; /* below the web root, starts with '/' */
	void (*serve)(struct http_request *, void *context);
	unsigned flags;
};

/* Ceilings that only tests have a reason to change; 0 takes the usual. */
struct http_limits {
	size_t connections;   /* 16,384 */
	uint64_t body_octets; /* of all requests in memory: 512 MiB,
				 or large_max where that is more */
	int64_t timeout_us;   /* 60 s: no request, no byte, nobody reads */
	int64_t grace_us;     /* 2 s: an answer for a client that has shut down
				 its sending side, perhaps to hang up */
	int64_t ping_us;      /* of streams: 15 s between signs of life, or 48 s
				 before a ping and 6 s for its answer */
};

/* Strings, tables and handles are borrowed, and outlive the server. */
struct http_options {
	/* NULL-terminated; each table ends with a row without path. */
	const struct http_route *const *tables;
	void *context;                   /* for serve() */
	const char *webroot;             /* "/" or "/x/" */
	const char *const *hosts;        /* --http-host, NULL-terminated */
	const char *const *cors_origins; /* --api-cors, "*" is any */
	const char *read_only; /* why methods other than GET are 403, or NULL */
	struct users *users;   /* --http-auth-file, or NULL */
	struct tls *tls;       /* HTTPS when not NULL */
	uint64_t body_max;     /* octets of a request; 0: no ceiling */
	uint64_t large_max;    /* likewise, for HTTP_LARGE routes */
	bool is_plain;         /* no compression */
	struct http_limits limits;
	struct log *log;
};

enum err
http_new(struct http **out, struct loop *, const struct http_options *);
/* Takes the listener, also on failure. */
enum err http_listen(struct http *, struct listener *);
/*
 * Accepts no more, closes what is idle, ends streams in the next turn, lets
 * what is being answered finish. http_free() once http_connections() is 0, or
 * when nobody wants to wait any more.
 */
void http_stop(struct http *);
/* `idle` is called once, in a turn after http_stop(), when no connection is
   left; not by http_free(). Set it before. */
void http_when_idle(struct http *, void (*idle)(void *context), void *context);
void http_free(struct http *);
size_t http_connections(const struct http *);

/* ---- what is asked; spans live as long as the request */

/* The value of {name} of the route, percent-decoded; empty if absent. */
struct span http_value(const struct http_request *, const char *name);
/* A parameter of the query string, decoded; false when it is not there. */
bool http_parameter(
    const struct http_request *, const char *name, struct span *value);
struct span http_header(const struct http_request *, const char *name);
struct span http_body(const struct http_request *);
enum http_method http_method(const struct http_request *);
/* The name of the user who logged in, empty without credentials. */
struct span http_user(const struct http_request *);
const char *http_webroot(const struct http_request *);
/* Who asks, at this moment. */
void http_peer(const struct http_request *, struct peer *);
/*
 * `gone` is called once if the client hangs up before the answer, never inside
 * a function of this module that the handler calls. The request must still be
 * answered, then or later: for handlers that let it wait for long.
 */
void http_when_gone(
    struct http_request *, void (*gone)(void *context), void *context);

/* ---- the answer: one of these, once */

/* Adds a header to the answer that is still to come; it replaces one that is
   always sent (Content-Security-Policy). Controls in the value become blanks.
 */
void
http_add_header(struct http_request *, const char *name, const char *value);
/* `type` NULL sends no Content-Type; controls in it become blanks. The body is
   copied. */
void http_reply(
    struct http_request *, int status, const char *type, struct span body);
/* Takes the value; NULL (no memory) becomes a 500. */
void http_reply_json(struct http_request *, int status, struct json_t *);
/* {"error": "..."} in mailstop's own API. */
void http_reply_error(struct http_request *, int status, const char *format,
    ...) __attribute__((format(printf, 3, 4)));
/* A JSON string of whatever bytes: what is no UTF-8 becomes U+FFFD. NULL
   without memory. */
struct json_t *http_json_string(struct span);

/* ---- answers without an end */

enum http_stream_kind {
	HTTP_EVENTS,    /* text/event-stream */
	HTTP_WEBSOCKET, /* RFC 6455; a plain GET gets its 400 and NULL here */
};

/*
 * Turns the request into a stream (the request is gone with that, also with
 * NULL). `gone` is called once when the peer has left or the server stops,
 * never inside a function of this module that the owner calls; the stream is
 * void after it. NULL when it was answered otherwise: HEAD, a WebSocket that is
 * none, a peer that has left, no memory; `gone` is not called then.
 */
struct http_stream *http_stream_open(struct http_request *,
    enum http_stream_kind, void (*gone)(void *context), void *context);
/* An event: id (or NULL), name (or NULL) and text; a text frame: text only.
   Line ends in the text of an event become lines of its own. A peer that does
   not read is cut off at a ceiling of 4 MiB. */
void http_stream_send(
    struct http_stream *, const char *id, const char *name, struct span text);
/* Closes; `gone` is not called. */
void http_stream_close(struct http_stream *);

#endif
