/* web: everything that a server shows by HTTP, put together: index, watch, API
 * and pages. */
#include "web.h"

#include "api_own.h"
#include "clock.h"
#include "indexer.h"
#include "message.h"
#include "page.h"
#include "watch.h"

#include <event2/event.h>
#include <stdlib.h>

/* Messages by HTTP that are on their way to the store. */
#define MEMORY_LIMIT ((size_t)256 * 1024 * 1024)
#define MEMORY_EACH ((size_t)1024 * 1024)

struct web {
	struct api api;
	struct http *http;
	struct budget budget;
	struct spool_rules spool;
	struct uid_source ids;
	void (*idle)(void *context); /* NULL: was called, or is not due */
	void *idle_context;
};

/* Ours first, then those of others, the page for what is left. */
static const struct http_route *const tables[] = {
    api_own_routes,
    api_mailpit_routes,
    api_mailhog_routes,
    page_routes,
    NULL,
};

static void
fill(struct web *web, struct loop *loop, const struct web_options *options)
{
	web->budget.limit = MEMORY_LIMIT;
	web->spool = (struct spool_rules){
	    .budget = &web->budget,
	    .memory_max = MEMORY_EACH,
	    .directory = options->spool_directory,
	};
	web->api.loop = loop;
	web->api.faults = options->faults;
	web->api.log = options->log;
	web->api.options = options->api;
	web->api.spool = &web->spool;
	web->api.ids = &web->ids;
}

enum err
web_new(struct web **out, struct loop *loop, const struct web_options *options)
{
	struct http_options http = options->http;
	struct web *web = calloc(1, sizeof(*web));
	enum err err = ERR_MEMORY;

	if (!web)
		return ERR_MEMORY;
	fill(web, loop, options);
	http.tables = tables;
	http.context = &web->api;
	web->api.watch = watch_new();
	web->api.recent = recent_new();
	if (web->api.watch && web->api.recent)
		err = http_new(&web->http, loop, &http);
	if (!err)
		watch_set_witness(web->api.watch, own_remember, &web->api);
	/* Last: a batch of it may be under way from now on. */
	if (!err)
		err = indexer_new(&web->api.indexer, loop, web->api.watch,
		    options->api.finds ? INDEX_ALL : INDEX_ALL_BUT_FINDINGS,
		    options->log);
	if (err) {
		web_free(web);
		return err;
	}
	*out = web;
	return ERR_OK;
}

void
web_set_smtp(struct web *web, const struct serve_smtp *smtp)
{
	web->api.smtp = smtp;
}

void
web_set_listeners(
    struct web *web, const struct api_listener *listeners, size_t count)
{
	web->api.listeners = listeners;
	web->api.listener_count = count;
}

enum err
web_listen(struct web *web, struct listener *listener)
{
	return http_listen(web->http, listener);
}

void
web_saw(const struct message *message, int64_t seq, void *context)
{
	struct web *web = context;

	if (message->state == MESSAGE_ACCEPTED)
		web->api.smtp_bytes += message->body.len;
	indexer_saw(web->api.indexer, seq);
}

void
web_ended(const char *session_id, void *context)
{
	struct web *web = context;

	watch_publish(web->api.watch,
	    &(struct watch_event){
		.kind = WATCH_SESSION, .id = span_string(session_id)});
}

void
web_refused(const char *peer, struct span reply, void *context)
{
	struct web *web = context;

	watch_publish(web->api.watch,
	    &(struct watch_event){
		.kind = WATCH_REFUSED, .id = span_string(peer), .text = reply});
}

struct watch *
web_watch(const struct web *web)
{
	return web->api.watch;
}

struct indexer *
web_indexer(const struct web *web)
{
	return web->api.indexer;
}

static void
call_idle(void *context)
{
	struct web *web = context;
	void (*idle)(void *) = web->idle;

	web->idle = NULL;
	if (idle)
		idle(web->idle_context);
}

static void
on_grace(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	call_idle(context);
}

void
web_stop(struct web *web, int64_t grace_us, void (*idle)(void *context),
    void *context)
{
	const struct timeval grace = {(time_t)(grace_us / CLOCK_SECOND),
	    (suseconds_t)(grace_us % CLOCK_SECOND)};

	web->idle = idle;
	web->idle_context = context;
	/* Without memory for a timer there is no grace. */
	if (event_base_once(loop_base(web->api.loop), -1, EV_TIMEOUT, on_grace,
		web, &grace) != 0)
		call_idle(web);
	http_when_idle(web->http, call_idle, web);
	http_stop(web->http);
	/* Who waits is answered while there are connections to answer on. */
	watch_publish(
	    web->api.watch, &(struct watch_event){.kind = WATCH_STOP});
}

/* Tasks that are at the store belong to nobody else: each must come back, also
   to learn that its client is gone. */
static void
drain(struct web *web)
{
	if (web->api.indexer)
		indexer_stop(web->api.indexer);
	/* A loop that has never run has flushed nothing, and would wait. */
	store_flush(loop_store(web->api.loop));
	while (store_pending(loop_store(web->api.loop)) > 0)
		loop_turn(web->api.loop);
}

void
web_free(struct web *web)
{
	if (!web)
		return;
	http_free(web->http);
	drain(web);
	indexer_free(web->api.indexer);
	watch_free(web->api.watch);
	recent_free(web->api.recent);
	free(web);
}
