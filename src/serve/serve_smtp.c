/*
 * serve_smtp: SMTP and LMTP sessions on listeners: engine, socket and store
 * joined.
 */
#include "serve_smtp.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptor.h"
#include "clock.h"
#include "session.h"
#include "users.h"

/* How often silent sessions are looked for. */
#define TICK_US (CLOCK_SECOND / 4)
#define TICK_MIN_US (CLOCK_SECOND / 100)
#define TICK_STOPPING_US (CLOCK_SECOND / 20)
#define TICKS_A_TIMEOUT 8

/* A listener, which ends before its sessions do. */
struct place {
	struct session_place place;
	struct listen_spec spec;
	struct acceptor_calls calls;
	struct acceptor *acceptor;
	struct serve_smtp *server;
	char local[192];
	struct place *next;
};

enum serve_state { SERVE_RUNNING, SERVE_STOPPING, SERVE_DRAINED };

struct serve_smtp {
	struct session_shared shared;
	struct place *places;
	enum serve_state state;
	char refusal[320]; /* for those that find no descriptor */
	struct event tick;
	struct event grace;
	struct loop_task drain;
	void (*drained)(void *context);
	void *context;
};

/* ---- time */

static struct timeval
to_timeval(int64_t us)
{
	return (struct timeval){
	    .tv_sec = (time_t)(us / CLOCK_SECOND),
	    .tv_usec = (suseconds_t)(us % CLOCK_SECOND),
	};
}

static int64_t
tick_us(const struct serve_smtp *server)
{
	int64_t given = server->shared.options->timeout_us / TICKS_A_TIMEOUT;

	if (server->state != SERVE_RUNNING)
		return TICK_STOPPING_US;
	if (given == 0 || given > TICK_US)
		return TICK_US;
	return given < TICK_MIN_US ? TICK_MIN_US : given;
}

static void
start_ticking(struct serve_smtp *server)
{
	struct timeval time = to_timeval(tick_us(server));

	(void)event_add(&server->tick, &time);
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct serve_smtp *server = context;

	(void)fd;
	(void)what;
	session_check_all(&server->shared);
}

/* ---- its end */

static void
drain(struct loop_task *task)
{
	struct serve_smtp *server = (struct serve_smtp *)((char *)task -
	    offsetof(struct serve_smtp, drain));

	(void)event_del(&server->grace);
	if (server->state == SERVE_DRAINED)
		return;
	server->state = SERVE_DRAINED;
	server->drained(server->context);
}

static void
on_grace(evutil_socket_t fd, short what, void *context)
{
	struct serve_smtp *server = context;

	(void)fd;
	(void)what;
	/* Their records are with the store, now or once it has given back what
	   it has of them; it ends after us. */
	session_cut_all(&server->shared);
	loop_later(server->shared.loop, &server->drain);
}

static void
on_empty(void *context)
{
	struct serve_smtp *server = context;

	(void)event_del(&server->tick);
	if (server->state == SERVE_STOPPING)
		loop_later(server->shared.loop, &server->drain);
}

static void
close_acceptors(struct serve_smtp *server)
{
	for (struct place *at = server->places; at; at = at->next) {
		acceptor_close(at->acceptor);
		at->acceptor = NULL;
	}
}

void
serve_smtp_stop(struct serve_smtp *server, int64_t grace_us,
    void (*drained)(void *context), void *context)
{
	struct timeval grace = to_timeval(grace_us);

	server->state = SERVE_STOPPING;
	server->drained = drained;
	server->context = context;
	close_acceptors(server);
	if (server->shared.alive == 0) {
		loop_later(server->shared.loop, &server->drain);
		return;
	}
	(void)event_add(&server->grace, &grace);
	start_ticking(server);
	session_stop_all(&server->shared);
}

static void
free_place(struct place *place)
{
	acceptor_close(place->acceptor);
	listen_spec_release(&place->spec);
	free(place);
}

/* Once no session is left. */
static void
free_server(void *context)
{
	struct serve_smtp *server = context;

	while (server->places) {
		struct place *place = server->places;

		server->places = place->next;
		free_place(place);
	}
	session_shared_release(&server->shared);
	free(server);
}

void
serve_smtp_free(struct serve_smtp *server)
{
	if (!server)
		return;
	close_acceptors(server);
	server->shared.is_abandoned = true;
	server->shared.emptied = NULL;
	session_cut_all(&server->shared);
	(void)event_del(&server->tick);
	(void)event_del(&server->grace);
	loop_forget(server->shared.loop, &server->drain);
	if (server->shared.alive)
		server->shared.emptied = free_server;
	else
		free_server(server);
}

/* ---- its beginning */

enum err
serve_smtp_new(struct serve_smtp **out, struct loop *loop,
    const struct serve_smtp_options *options)
{
	struct serve_smtp *server = calloc(1, sizeof(*server));
	struct event_base *base = loop_base(loop);

	*out = NULL;
	if (!server)
		return ERR_MEMORY;
	session_shared_init(&server->shared, loop, options);
	server->shared.emptied = on_empty;
	server->shared.context = server;
	server->drain.run = drain;
	(void)snprintf(server->refusal, sizeof(server->refusal),
	    "421 4.3.2 %.255s Too many connections, try again later\r\n",
	    options->hostname);
	(void)event_assign(
	    &server->tick, base, -1, EV_PERSIST, on_tick, server);
	(void)event_assign(
	    &server->grace, base, -1, EV_TIMEOUT, on_grace, server);
	*out = server;
	return ERR_OK;
}

static unsigned
offer(const struct serve_smtp_options *options, const struct listen_spec *spec)
{
	unsigned features = SMTP_USUAL_FEATURES;

	if (spec->xclient)
		features |= SMTP_XCLIENT;
	if (!options->tls || options->tls_mode == SERVE_TLS_OFF)
		features &= ~(unsigned)SMTP_STARTTLS;
	if (options->auth_mode == SERVE_AUTH_OFF)
		features &= ~(unsigned)SMTP_AUTH_ANY;
	if (options->users && !users_can_cram(options->users))
		features &= ~(unsigned)SMTP_AUTH_CRAM_MD5;
	return features & ~(options->hide | spec->hide);
}

static void
configure(struct place *place, const struct serve_smtp_options *options)
{
	place->place.spec = &place->spec;
	place->place.config = (struct smtp_config){
	    .hostname = options->hostname,
	    .banner = options->banner,
	    .version = options->version,
	    .features = offer(options, &place->spec),
	    .lmtp = place->spec.protocol == LISTEN_LMTP,
	    .auth_required = options->auth_mode == SERVE_AUTH_REQUIRED,
	    .tls_required = options->tls_mode == SERVE_TLS_REQUIRED,
	    .bare_lf = options->bare_lf,
	    .max_message = options->max_message,
	    .max_recipients = options->max_recipients,
	    .max_errors = options->max_errors,
	};
}

static void
on_connection(void *context, int fd, const struct peer *peer)
{
	struct place *place = context;
	struct serve_smtp *server = place->server;

	if (!event_pending(&server->tick, EV_TIMEOUT, NULL))
		start_ticking(server);
	session_start(&server->shared, &place->place, fd, peer);
}

/* A socket that is bound to one address need not be asked for it again. */
static void
set_local(struct place *place, const char *address)
{
	if (strncmp(address, "0.0.0.0:", 8) == 0 ||
	    strncmp(address, "[::]:", 5) == 0)
		return;
	(void)snprintf(place->local, sizeof(place->local), "%s", address);
	place->place.local = span_string(place->local);
}

static enum err
open_place(
    struct serve_smtp *server, struct place *place, struct listener *listener)
{
	const struct listen_spec *spec = listen_spec(listener);
	enum err err = ERR_USAGE;

	if (spec->protocol == LISTEN_SMTPS && !server->shared.options->tls)
		goto refuse;
	err = ERR_MEMORY;
	if (!listen_spec_copy(&place->spec, spec))
		goto refuse;
	place->server = server;
	set_local(place, listen_address(listener));
	configure(place, server->shared.options);
	place->calls = (struct acceptor_calls){
	    .took = on_connection,
	    .context = place,
	    .log = server->shared.options->log,
	};
	/* A TLS client would not understand it. */
	if (spec->protocol != LISTEN_SMTPS)
		place->calls.refusal = span_string(server->refusal);
	return acceptor_open(
	    &place->acceptor, server->shared.loop, listener, &place->calls);
refuse:
	listen_close(listener);
	return err;
}

enum err
serve_smtp_listen(struct serve_smtp *server, struct listener *listener)
{
	struct place *place = calloc(1, sizeof(*place));
	enum err err;

	if (!place) {
		listen_close(listener);
		return ERR_MEMORY;
	}
	err = open_place(server, place, listener);
	if (err) {
		free_place(place);
		return err;
	}
	place->next = server->places;
	server->places = place;
	return ERR_OK;
}

void
serve_smtp_stats(const struct serve_smtp *server, struct serve_smtp_stats *out)
{
	*out = (struct serve_smtp_stats){
	    .sessions = server->shared.started,
	    .accepted = server->shared.accepted,
	    .refused = server->shared.refused,
	    .connections = server->shared.connections,
	};
}
