/* http_fixture: a server with a few routes, and what its handlers have seen. */
#include "http_fixture.h"

#include "unit.h"

#include <string.h>

static void
serve_hello(struct http_request *request, void *context)
{
	struct http_fixture *fixture = context;

	fixture->served++;
	http_reply(request, 200, "text/plain", SPAN("hello"));
}

static void
serve_echo(struct http_request *request, void *context)
{
	struct http_fixture *fixture = context;

	fixture->served++;
	http_reply(request, 200, NULL, http_body(request));
}

static void
count_gone(void *context)
{
	struct http_fixture *fixture = context;

	fixture->gone++;
}

static void
serve_later(struct http_request *request, void *context)
{
	struct http_fixture *fixture = context;

	assert_true(fixture->served < PENDING_LIMIT);
	fixture->pending[fixture->served++] = request;
	http_when_gone(request, count_gone, fixture);
}

static void
serve_large(struct http_request *request, void *context)
{
	static char bytes[LARGE_LEN];

	(void)context;
	http_reply(request, 200, NULL, span_make(bytes, sizeof(bytes)));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", serve_hello, 0},
    {HTTP_PUT, "/echo", serve_echo, HTTP_LARGE},
    {HTTP_GET, "/later", serve_later, 0},
    {HTTP_PUT, "/later", serve_later, HTTP_LARGE},
    {HTTP_GET, "/large", serve_large, 0},
    {0, NULL, NULL, 0},
};
static const struct http_route *const tables[] = {routes, NULL};

void
http_fixture_open(struct http_fixture *fixture,
    const struct http_limits *limits, struct tls *tls, const char *listen)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->options.tables = tables;
	fixture->options.context = fixture;
	fixture->options.large_max = 1 << 20;
	fixture->options.tls = tls;
	if (limits)
		fixture->options.limits = *limits;
	http_peer_open(&fixture->peer, &fixture->options, listen);
}

struct http_client
http_fixture_connect(struct http_fixture *fixture)
{
	struct http_client client;

	http_client_open(&client, &fixture->peer);
	return client;
}

void
http_fixture_wait_served(struct http_fixture *fixture, unsigned count)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (fixture->served < count && clock_mono_us() < deadline)
		http_peer_turn(&fixture->peer);
	assert_int_equal(fixture->served, count);
}

void
http_fixture_wait_connections(struct http_fixture *fixture, size_t count)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (http_connections(fixture->peer.http) != count &&
	    clock_mono_us() < deadline)
		http_peer_turn(&fixture->peer);
	assert_int_equal(http_connections(fixture->peer.http), count);
}
