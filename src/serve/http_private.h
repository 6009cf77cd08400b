/*
 * http_private: what the files of the HTTP server share.
 *
 * A connection goes round through its states; a request is born when its head
 * is read and dies when it is answered, wherever the connection is by then.
 */
#ifndef HTTP_PRIVATE_H
#define HTTP_PRIVATE_H

#include "http.h"

#include "acceptor.h"
#include "buf.h"
#include "http_chunk.h"
#include "http_guard.h"
#include "http_gzip.h"
#include "http_head.h"
#include "http_target.h"
#include "io.h"
#include "websocket.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

struct http_conn;

TAILQ_HEAD(http_conns, http_conn);
SLIST_HEAD(http_acceptors, http_acceptor);

struct http_acceptor {
	struct acceptor *acceptor;
	SLIST_ENTRY(http_acceptor) entry;
};

struct http {
	struct http_options options;
	struct http_limits limits;
	struct http_guard guard;
	struct loop *loop;
	struct acceptor_calls calls;
	struct http_acceptors acceptors;
	struct http_conns conns;
	size_t conn_count;
	uint64_t body_octets; /* of requests, in memory now */
	struct loop_task idle_task;
	void (*idle)(void *context); /* NULL: nobody waits, or it was told */
	void *idle_context;
	bool is_stopping;
};

/* The last connection may have gone. */
void http_check_idle(struct http *);

/* ---- connections */

enum http_state {
	HTTP_HANDSHAKE,
	HTTP_HEAD,    /* a request may come, or has begun to */
	HTTP_BODY,    /* its body is coming */
	HTTP_PENDING, /* it is with its handler */
	HTTP_REPLY,   /* the answer is on its way out */
	HTTP_STREAM,  /* the answer has no end */
	HTTP_LINGER,  /* all is said; what the peer still says is thrown away */
};

/* An answer that is made while it is sent. */
struct http_tail {
	struct http_gzip *gzip;
	struct buf bytes;
	struct span rest; /* of them */
	struct buf piece;
};

struct http_conn {
	TAILQ_ENTRY(http_conn) entry;
	struct http *http;
	enum http_state state;
	struct io io;
	struct event event; /* edges of the socket */
	struct event timer;
	int64_t deadline_us; /* monotonic; 0: none */
	struct loop_task task;
	struct buf in;          /* bytes that nobody has used yet */
	size_t looked;          /* of them, in search of the end of a head */
	struct buf out;         /* bytes to send */
	size_t sent;            /* of them */
	struct http_tail *tail; /* NULL: all is in `out` */
	struct http_request *request; /* HTTP_BODY and HTTP_PENDING */
	struct http_stream *stream;   /* HTTP_STREAM */
	bool is_local;                /* a unix socket: no browser gets there */
	bool is_pumping; /* its state is being looked after right now */
	bool has_ended;  /* the peer will send no more */
	bool closes;     /* behind the answer */
};

/* Takes a connected, nonblocking socket. */
void http_conn_open(struct http *, int fd, const struct peer *);
void http_conn_free(struct http_conn *);

/* Goes on with it later in this turn. */
void http_conn_wake(struct http_conn *);

/* It will be left alone until then; 0 takes the deadline away. */
void http_conn_set_deadline(struct http_conn *, int64_t wait_us);

/* ---- requests */

struct http_request {
	struct http_conn *conn; /* NULL: the peer is gone */
	const struct http *http;
	const struct http_route *route;
	struct http_head head;
	struct http_target target;
	struct span path; /* below the web root, starts with '/' */
	enum http_method method;
	bool is_head;
	bool is_cors; /* the answer may be for another origin */
	struct http_values values;
	struct http_pair *parameters;
	size_t parameter_count;
	struct buf login; /* "name:password" */
	struct buf body;
	struct http_chunk chunk;
	struct buf headers; /* of the answer */
	void (*gone)(void *context);
	void *gone_context;
	char *text; /* the head */
};

/*
 * Copies the head and reads it. *status is 0, or that of the refusal, which
 * the request that is returned can be answered with. NULL without memory.
 */
struct http_request *
http_request_new(struct http_conn *, struct span head, int *status);
void http_request_free(struct http_request *);

/*
 * Lets a request in whose head is read: false when it was answered instead.
 * The route is known then, and the body's ceiling.
 */
bool http_request_admit(struct http_request *);
uint64_t http_request_body_max(const struct http_request *);

/* Answers with words in the form that the path's family has. */
void http_request_refuse(struct http_request *, int status);

/* ---- answers */

/* The value of a field; `at` is NULL when there is none. */
struct span http_request_field(const struct http_request *, const char *name);

/* Puts the head of an answer into the connection's output: with the length of
   its body, or HTTP_NO_LENGTH. `type` may be NULL. */
#define HTTP_NO_LENGTH UINT64_MAX
void http_reply_put_head(
    struct http_request *, int status, const char *type, uint64_t body_len);

/* Makes a piece of an answer's tail; false when it fails. The tail is gone
   when it is complete. */
bool http_reply_make_more(struct http_conn *);
void http_tail_free(struct http_tail *);

/* ---- streams */

#define HTTP_STREAM_LIMIT ((size_t)4 << 20)

struct http_stream {
	struct http_conn *conn;
	enum http_stream_kind kind;
	bool is_chunked; /* HTTP_EVENTS */
	bool is_cut;     /* the peer does not read */
	bool is_pinged;  /* an answer is due */
	bool heard;      /* since the last ping */
	struct websocket ws;
	void (*gone)(void *context);
	void *context;
};

/* Takes what the peer sent. False when the stream has to end. */
bool http_stream_take(struct http_stream *, struct span bytes);
/* It has been silent for a while; false when the peer is dead. */
bool http_stream_tick(struct http_stream *);
int64_t http_stream_period(const struct http_stream *);
/* Says good-bye, as the kind has it. */
void http_stream_put_end(struct http_stream *, enum websocket_reason);
/* Tells the owner, and frees it. */
void http_stream_drop(struct http_stream *);

#endif
