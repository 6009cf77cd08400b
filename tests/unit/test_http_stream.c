/* test_http_stream: server-sent events and WebSockets, and how they end. */
#include "http_peer.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "tls.h"
#include "unit.h"

#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
#define WS_VERSION "Sec-WebSocket-Version: 13\r\n"
#define EVENTS "GET /events HTTP/1.1\r\n" HOST "Last-Event-ID: 17\r\n\r\n"
#define SOCKET "GET /socket HTTP/1.1\r\n" HOST UPGRADE KEY WS_VERSION "\r\n"
#define ACCEPTED "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define MASK "\0\0\0\0"

struct fixture {
	struct http_peer peer;
	struct http_options options;
	struct http_stream *stream;
	unsigned opened;
	unsigned failed;
	unsigned gone;
};

static void
on_gone(void *context)
{
	struct fixture *fixture = context;

	assert_non_null(fixture->stream);
	fixture->stream = NULL;
	fixture->gone++;
}

static void
open_stream(struct http_request *request, struct fixture *fixture,
    enum http_stream_kind kind)
{
	struct http_stream *stream =
	    http_stream_open(request, kind, on_gone, fixture);

	if (!stream) {
		fixture->failed++;
		return;
	}
	fixture->stream = stream;
	fixture->opened++;
}

static void
serve_events(struct http_request *request, void *context)
{
	open_stream(request, context, HTTP_EVENTS);
}

static void
serve_socket(struct http_request *request, void *context)
{
	open_stream(request, context, HTTP_WEBSOCKET);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/events", serve_events, HTTP_CORS},
    {HTTP_GET, "/socket", serve_socket, HTTP_CORS},
    {0, NULL, NULL, 0},
};
static const struct http_route *const tables[] = {routes, NULL};

static void
open_fixture(struct fixture *fixture, int64_t ping_us, struct tls *tls)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->options.tables = tables;
	fixture->options.context = fixture;
	fixture->options.tls = tls;
	fixture->options.limits.ping_us = ping_us;
	http_peer_open(&fixture->peer, &fixture->options, NULL);
}

static void
open_client(
    struct http_client *client, struct fixture *fixture, struct span request)
{
	unsigned before = fixture->opened;
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	http_client_open(client, &fixture->peer);
	http_client_send(client, request);
	while (fixture->opened == before && clock_mono_us() < deadline)
		http_peer_turn(&fixture->peer);
	assert_int_equal(fixture->opened, before + 1);
}

static void
wait_gone(struct fixture *fixture)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (fixture->gone == 0 && clock_mono_us() < deadline)
		http_peer_turn(&fixture->peer);
	assert_int_equal(fixture->gone, 1);
}

static void
wait_bytes(struct http_client *client, struct span bytes)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (client->got.len < bytes.len ||
	    !memmem(client->got.at, client->got.len, bytes.at, bytes.len)) {
		if (clock_mono_us() > deadline)
			fail_msg("there is: %s", http_client_text(client));
		http_peer_turn(client->peer);
		http_client_read(client);
	}
}

/* ---- events */

static void
sends_events(void **state)
{
	struct fixture fixture;
	struct http_client client;

	(void)state;
	open_fixture(&fixture, 0, NULL);
	open_client(&client, &fixture, SPAN(EVENTS));
	http_stream_send(fixture.stream, "18", "message", SPAN("{\"a\":1}"));
	http_stream_send(fixture.stream, NULL, NULL, SPAN("one\ntwo\r\n"));
	http_stream_send(fixture.stream, "1\nid: 2", "a\rb", SPAN(""));
	http_client_wait_text(&client, "HTTP/1.1 200 OK\r\n");
	http_client_wait_text(
	    &client, "\r\nContent-Type: text/event-stream\r\n");
	http_client_wait_text(&client, "\r\nCache-Control: no-store\r\n");
	http_client_wait_text(&client, "\r\nTransfer-Encoding: chunked\r\n");
	http_client_wait_text(&client, "\r\n\r\n3\r\n:\n\n\r\n");
	http_client_wait_text(&client,
	    "\r\n25\r\nid: 18\nevent: message\ndata: {\"a\":1}\n\n\r\n");
	http_client_wait_text(
	    &client, "\r\n15\r\ndata: one\ndata: two\n\n\r\n");
	http_client_wait_text(
	    &client, "\r\n1d\r\nid: 1id: 2\nevent: ab\ndata: \n\n\r\n");
	http_stream_close(fixture.stream);
	http_client_wait_closed(&client);
	http_client_wait_text(&client, "\n\n\r\n0\r\n\r\n");
	assert_int_equal(fixture.gone, 0);
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
sends_events_without_chunks(void **state)
{
	struct fixture fixture;
	struct http_client client;

	(void)state;
	open_fixture(&fixture, 0, NULL);
	open_client(&client, &fixture, SPAN("GET /events HTTP/1.0\r\n\r\n"));
	http_stream_send(fixture.stream, NULL, NULL, SPAN("x"));
	http_client_wait_text(&client, "\r\n\r\n:\n\ndata: x\n\n");
	http_stream_close(fixture.stream);
	http_client_wait_closed(&client);
	assert_null(strstr(http_client_text(&client), "chunked"));
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
shows_signs_of_life(void **state)
{
	struct fixture fixture;
	struct http_client client;

	(void)state;
	open_fixture(&fixture, 5000, NULL);
	open_client(&client, &fixture, SPAN(EVENTS));
	http_client_wait_text(
	    &client, "3\r\n:\n\n\r\n3\r\n:\n\n\r\n3\r\n:\n\n\r\n");
	http_client_close(&client);
	wait_gone(&fixture);
	http_peer_close(&fixture.peer);
}

static void
opens_no_events_for_head(void **state)
{
	struct fixture fixture;
	struct http_client client;

	(void)state;
	open_fixture(&fixture, 0, NULL);
	(void)http_client_ask(&client, &fixture.peer,
	    "HEAD /events HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	http_client_wait_text(&client, "text/event-stream");
	assert_int_equal(fixture.failed, 1);
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

/* ---- WebSockets */

static const struct {
	const char *what;
	const char *request;
	const char *says;
} refused[] = {
    {"plain", "GET /socket HTTP/1.1\r\n" HOST "\r\n", "400 "},
    {"no key", "GET /socket HTTP/1.1\r\n" HOST UPGRADE WS_VERSION "\r\n",
	"400 "},
    {"a short key",
	"GET /socket HTTP/1.1\r\n" HOST UPGRADE WS_VERSION
	"Sec-WebSocket-Key: AAAA\r\n\r\n",
	"400 "},
    {"no upgrade",
	"GET /socket HTTP/1.1\r\n" HOST WS_VERSION KEY
	"Upgrade: websocket\r\n\r\n",
	"400 "},
    {"another upgrade",
	"GET /socket HTTP/1.1\r\n" HOST WS_VERSION KEY
	"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
	"400 "},
    {"HTTP/1.0", "GET /socket HTTP/1.0\r\n" HOST UPGRADE WS_VERSION KEY "\r\n",
	"400 "},
    {"another version",
	"GET /socket HTTP/1.1\r\n" HOST UPGRADE KEY
	"Sec-WebSocket-Version: 8\r\n\r\n",
	"\r\nSec-WebSocket-Version: 13\r\n"},
    {"another origin",
	"GET /socket HTTP/1.1\r\n" HOST UPGRADE KEY WS_VERSION
	"Origin: http://evil.test\r\n\r\n",
	"403 "},
    {"another name",
	"GET /socket HTTP/1.1\r\nHost: evil.test\r\n" UPGRADE KEY WS_VERSION
	"\r\n",
	"403 "},
};

static void
refuses_what_is_no_websocket(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, 0, NULL);
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct http_client client;
		const char *text =
		    http_client_ask(&client, &fixture.peer, refused[i].request);

		if (!strstr(text, refused[i].says))
			fail_msg("%s: %s", refused[i].what, text);
		assert_null(strstr(text, "101 "));
		http_client_close(&client);
	}
	assert_int_equal(fixture.opened, 0);
	http_peer_close(&fixture.peer);
}

static void
speaks_websocket(void **state)
{
	struct fixture fixture;
	struct http_client client;

	(void)state;
	open_fixture(&fixture, 0, NULL);
	/* A frame may come right behind the request. */
	open_client(&client, &fixture,
	    SPAN(SOCKET "\x89\x82" MASK "hi\x81\x81" MASK "x"));
	http_client_wait_text(&client, "101 Switching Protocols\r\n");
	http_client_wait_text(&client, "\r\nUpgrade: websocket\r\n");
	http_client_wait_text(&client, "\r\nConnection: Upgrade\r\n");
	http_client_wait_text(&client, "\r\n" ACCEPTED);
	assert_null(strstr(http_client_text(&client), "Content-Length"));
	wait_bytes(&client, SPAN("\r\n\r\n\x8a\x02hi"));
	http_stream_send(fixture.stream, "1", "x", SPAN("{\"Type\":\"new\"}"));
	wait_bytes(&client, SPAN("\x8a\x02hi\x81\x0e{\"Type\":\"new\"}"));
	http_client_send(&client, SPAN("\x88\x82" MASK "\x03\xe8"));
	wait_gone(&fixture);
	http_client_wait_closed(&client);
	wait_bytes(&client, SPAN("}\x88\x02\x03\xe8"));
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
closes_websockets(void **state)
{
	struct fixture fixture;
	struct http_client client;

	(void)state;
	open_fixture(&fixture, 0, NULL);
	open_client(&client, &fixture, SPAN(SOCKET));
	http_stream_send(fixture.stream, NULL, NULL, SPAN("last"));
	http_stream_close(fixture.stream);
	http_client_wait_closed(&client);
	wait_bytes(&client, SPAN("last\x88\x02\x03\xe8"));
	assert_int_equal(fixture.gone, 0);
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
refuses_broken_frames(void **state)
{
	static const struct {
		struct span frame;
		struct span answer;
	} frames[] = {
	    {SPAN("\x81\x05hello"), SPAN("\x88\x02\x03\xea")},
	    {SPAN("\x82\xff\0\0\0\0\1\0\0\0" MASK), SPAN("\x88\x02\x03\xf1")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct fixture fixture;
		struct http_client client;

		open_fixture(&fixture, 0, NULL);
		open_client(&client, &fixture, SPAN(SOCKET));
		http_client_send(&client, frames[i].frame);
		wait_gone(&fixture);
		http_client_wait_closed(&client);
		wait_bytes(&client, frames[i].answer);
		http_client_close(&client);
		http_peer_close(&fixture.peer);
	}
}

static void
drops_a_client_that_answers_no_ping(void **state)
{
	struct fixture fixture;
	struct http_client client;

	(void)state;
	open_fixture(&fixture, 30000, NULL);
	open_client(&client, &fixture, SPAN(SOCKET));
	for (int i = 0; i < 3; i++) {
		wait_bytes(&client, SPAN("\x89\0"));
		assert_int_equal(fixture.gone, 0);
		buf_reset(&client.got);
		http_client_send(&client, SPAN("\x8a\x80" MASK));
	}
	wait_gone(&fixture);
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
serves_over_tls(void **state)
{
	struct tls_options tls_options = {.hostname = "localhost"};
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;
	struct fixture fixture;
	struct http_client client;
	struct tls *tls;
	char folder[SCRATCH_SIZE];

	(void)state;
	scratch_make(folder);
	tls_options.directory = folder;
	assert_int_equal(tls_open(&tls, &tls_options, NULL), ERR_OK);
	open_fixture(&fixture, 0, tls);
	http_client_open(&client, &fixture.peer);
	client.ssl = SSL_new(context);
	assert_int_equal(SSL_set_fd(client.ssl, client.fd), 1);
	while (SSL_connect(client.ssl) != 1 && clock_mono_us() < deadline)
		http_peer_turn(&fixture.peer);
	http_client_send(&client, SPAN(SOCKET "\x89\x81" MASK "x"));
	wait_bytes(&client, SPAN("\r\n\r\n\x8a\x01x"));
	http_stream_send(fixture.stream, NULL, NULL, SPAN("text"));
	wait_bytes(&client, SPAN("\x81\x04text"));
	http_client_send(&client, SPAN("\x88\x80" MASK));
	wait_gone(&fixture);
	http_client_wait_closed(&client);
	wait_bytes(&client, SPAN("\x88\0"));
	http_client_close(&client);
	http_peer_close(&fixture.peer);
	tls_close(tls);
	SSL_CTX_free(context);
	scratch_remove(folder);
}

/* ---- both */

static const struct span both[] = {SPAN(EVENTS), SPAN(SOCKET)};

static void
notices_who_leaves(void **state)
{
	static const struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)state;
	for (size_t i = 0; i < COUNT(both) * 2; i++) {
		struct fixture fixture;
		struct http_client client;

		open_fixture(&fixture, 0, NULL);
		open_client(&client, &fixture, both[i / 2]);
		if (i % 2 == 1)
			setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &now,
			    sizeof(now));
		http_client_close(&client);
		wait_gone(&fixture);
		assert_int_equal(http_connections(fixture.peer.http), 0);
		http_peer_close(&fixture.peer);
	}
}

static void
cuts_off_who_does_not_read(void **state)
{
	static char text[100000];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < COUNT(both); i++) {
		struct fixture fixture;
		struct http_client client;
		size_t sent = 0;

		open_fixture(&fixture, 0, NULL);
		open_client(&client, &fixture, both[i]);
		while (fixture.gone == 0 && sent < (size_t)64 << 20) {
			/* Several a turn: the owner is not told in between. */
			for (int j = 0; j < 7 && fixture.stream; j++)
				http_stream_send(fixture.stream, NULL, NULL,
				    span_make(text, sizeof(text)));
			sent += 7 * sizeof(text);
			http_peer_turn(&fixture.peer);
		}
		assert_int_equal(fixture.gone, 1);
		assert_true(sent > (size_t)4 << 20);
		http_client_close(&client);
		http_peer_close(&fixture.peer);
	}
}

static void
ends_with_the_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(both); i++) {
		struct fixture fixture;
		struct http_client client;

		open_fixture(&fixture, 0, NULL);
		open_client(&client, &fixture, both[i]);
		http_stop(fixture.peer.http);
		assert_int_equal(fixture.gone, 0);
		wait_gone(&fixture);
		http_client_wait_closed(&client);
		wait_bytes(&client,
		    i == 0 ? SPAN("0\r\n\r\n") : SPAN("\x88\x02\x03\xe9"));
		http_client_close(&client);
		http_peer_close(&fixture.peer);
		/* Without a turn in between. */
		open_fixture(&fixture, 0, NULL);
		open_client(&client, &fixture, both[i]);
		http_peer_close(&fixture.peer);
		assert_int_equal(fixture.gone, 1);
		http_client_close(&client);
	}
}

static void
scenario(void *context)
{
	struct fixture *fixture = context;
	struct http_client client;
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;
	unsigned failed = fixture->failed;
	char room[4096];

	http_client_open(&client, &fixture->peer);
	http_client_send(&client, SPAN(SOCKET));
	/* Either it becomes a stream, or a refusal, or nothing at all. */
	while (!client.is_closed && fixture->failed == failed &&
	    clock_mono_us() < deadline) {
		if (fixture->stream) {
			http_stream_send(
			    fixture->stream, NULL, NULL, SPAN("x"));
			http_stream_close(fixture->stream);
			fixture->stream = NULL;
		}
		if (recv(client.fd, room, sizeof(room), 0) == 0)
			client.is_closed = true;
		http_peer_turn(&fixture->peer);
	}
	http_client_close(&client);
	while (http_connections(fixture->peer.http) > 0 &&
	    clock_mono_us() < deadline)
		http_peer_turn(&fixture->peer);
	assert_int_equal(http_connections(fixture->peer.http), 0);
}

static void
survives_without_memory(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, 0, NULL);
	assert_true(fail_alloc_each(scenario, &fixture) >= 5);
	http_peer_close(&fixture.peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sends_events),
	    cmocka_unit_test(sends_events_without_chunks),
	    cmocka_unit_test(shows_signs_of_life),
	    cmocka_unit_test(opens_no_events_for_head),
	    cmocka_unit_test(refuses_what_is_no_websocket),
	    cmocka_unit_test(speaks_websocket),
	    cmocka_unit_test(closes_websockets),
	    cmocka_unit_test(refuses_broken_frames),
	    cmocka_unit_test(drops_a_client_that_answers_no_ping),
	    cmocka_unit_test(serves_over_tls),
	    cmocka_unit_test(notices_who_leaves),
	    cmocka_unit_test(cuts_off_who_does_not_read),
	    cmocka_unit_test(ends_with_the_server),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("http_stream", tests, NULL, NULL);
}
