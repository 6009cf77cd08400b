/* http: an HTTP/1.1 server on the loop, and the requests it is asked. */
#include "http_private.h"

#include "clock.h"
#include "peer.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define REFUSAL                                                                \
	"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"            \
	"Connection: close\r\n\r\n"

static const struct http_limits usual = {
    .connections = 16384,
    .body_octets = (uint64_t)512 << 20,
    .timeout_us = 60 * CLOCK_SECOND,
    .grace_us = 2 * CLOCK_SECOND,
};

static void
use_limits(struct http *http)
{
	struct http_limits *limits = &http->limits;

	*limits = http->options.limits;
	if (!limits->connections)
		limits->connections = usual.connections;
	/* One body at least, however large it may be. */
	if (!limits->body_octets)
		limits->body_octets =
		    usual.body_octets > http->options.large_max
		    ? usual.body_octets
		    : http->options.large_max;
	if (!limits->timeout_us)
		limits->timeout_us = usual.timeout_us;
	if (!limits->grace_us)
		limits->grace_us = usual.grace_us;
}

static void
took(void *context, int fd, const struct peer *peer)
{
	struct http *http = context;

	if (http->conn_count >= http->limits.connections) {
		log_debug(http->options.log,
		    "http: %s turned away: too many connections",
		    peer->address);
		(void)send(fd, http->calls.refusal.at, http->calls.refusal.len,
		    MSG_NOSIGNAL);
		(void)close(fd);
		return;
	}
	http_conn_open(http, fd, peer);
}

static void
tell_idle(struct loop_task *task)
{
	struct http *http =
	    (struct http *)((char *)task - offsetof(struct http, idle_task));
	void (*idle)(void *) = http->idle;

	http->idle = NULL;
	idle(http->idle_context);
}

void
http_check_idle(struct http *http)
{
	if (http->is_stopping && http->conn_count == 0 && http->idle)
		loop_later(http->loop, &http->idle_task);
}

void
http_when_idle(struct http *http, void (*idle)(void *context), void *context)
{
	http->idle = idle;
	http->idle_context = context;
}

enum err
http_new(
    struct http **out, struct loop *loop, const struct http_options *options)
{
	struct http *http = calloc(1, sizeof(*http));

	*out = http;
	if (!http)
		return ERR_MEMORY;
	http->options = *options;
	http->guard.hosts = options->hosts;
	http->guard.origins = options->cors_origins;
	http->loop = loop;
	http->idle_task.run = tell_idle;
	http->calls.took = took;
	http->calls.context = http;
	http->calls.log = options->log;
	/* Inside TLS it would be gibberish. */
	if (!options->tls)
		http->calls.refusal = SPAN(REFUSAL);
	SLIST_INIT(&http->acceptors);
	TAILQ_INIT(&http->conns);
	use_limits(http);
	return ERR_OK;
}

enum err
http_listen(struct http *http, struct listener *listener)
{
	struct http_acceptor *entry = calloc(1, sizeof(*entry));
	enum err err;

	if (!entry) {
		listen_close(listener);
		return ERR_MEMORY;
	}
	err =
	    acceptor_open(&entry->acceptor, http->loop, listener, &http->calls);
	if (err) {
		free(entry);
		return err;
	}
	SLIST_INSERT_HEAD(&http->acceptors, entry, entry);
	return ERR_OK;
}

static void
close_acceptors(struct http *http)
{
	while (!SLIST_EMPTY(&http->acceptors)) {
		struct http_acceptor *entry = SLIST_FIRST(&http->acceptors);

		SLIST_REMOVE_HEAD(&http->acceptors, entry);
		acceptor_close(entry->acceptor);
		free(entry);
	}
}

void
http_stop(struct http *http)
{
	struct http_conn *conn = TAILQ_FIRST(&http->conns);

	http->is_stopping = true;
	close_acceptors(http);
	for (; conn; conn = TAILQ_NEXT(conn, entry))
		http_conn_wake(conn);
	http_check_idle(http);
}

void
http_free(struct http *http)
{
	if (!http)
		return;
	http->idle = NULL;
	close_acceptors(http);
	while (!TAILQ_EMPTY(&http->conns))
		http_conn_free(TAILQ_FIRST(&http->conns));
	loop_forget(http->loop, &http->idle_task);
	free(http);
}

size_t
http_connections(const struct http *http)
{
	return http->conn_count;
}
