/*
 * web: everything that a server shows by HTTP, put together: index, watch, API
 * and pages.
 *
 * Loop thread only. The order: web_new(), sessions that call web_saw() and its
 * kin, web_stop(), the end of the sessions, web_free().
 */
#ifndef WEB_H
#define WEB_H

#include "api.h"
#include "err.h"
#include "http.h"
#include "listen.h"
#include "loop.h"

struct message;
struct web;

/* Strings and handles are borrowed, and outlive it. */
struct web_options {
	struct http_options http; /* tables and context are filled here */
	struct api_options api;
	struct fault_set *faults;
	const char *spool_directory; /* for messages by HTTP; NULL: memory */
	struct log *log;
};

enum err web_new(struct web **out, struct loop *, const struct web_options *);

/* What the API asks for statistics; sessions are made after this. */
void web_set_smtp(struct web *, const struct serve_smtp *);

/* What the API tells of where the server is reached; borrowed, and outlives
   it. */
void web_set_listeners(
    struct web *, const struct api_listener *listeners, size_t count);

/* Takes the listener, also on failure. */
enum err web_listen(struct web *, struct listener *);

/* The callbacks that sessions have; `context` is the struct web. */
void web_saw(const struct message *, int64_t seq, void *context);
void web_ended(const char *session_id, void *context);
void web_refused(const char *peer, struct span reply, void *context);

struct watch *web_watch(const struct web *);
struct indexer *web_indexer(const struct web *);

/*
 * Accepts no more, ends streams, lets what is being answered finish, and calls
 * back once when nobody is connected any more, at most `grace_us` later (some
 * requests wait for long). Never inside this call.
 */
void web_stop(
    struct web *, int64_t grace_us, void (*idle)(void *context), void *context);

/*
 * Hangs up on whoever is left, takes turns of the loop until nothing is at the
 * store any more, and frees. NULL is allowed.
 */
void web_free(struct web *);

#endif
