/* test_http_conn: connections of each kind, and what they carry. */
#include "http_fixture.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "tls.h"
#include "unit.h"

#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

/* ---- one after the other */

static void
stays_open(void **state)
{
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	for (unsigned i = 1; i <= 3; i++) {
		buf_reset(&client.got);
		http_client_send(&client, SPAN(GET("/")));
		http_client_wait_response(&client);
		assert_int_equal(fixture.served, i);
		assert_non_null(strstr(http_client_text(&client), "hello"));
	}
	http_client_close(&client);
	http_fixture_wait_connections(&fixture, 0);
	http_peer_close(&fixture.peer);
}

static unsigned
count_text(const char *text, const char *part)
{
	unsigned count = 0;

	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		count++;
	return count;
}

/* Many at once, some with bodies; the last one closes. */
static void
answers_a_pipeline(void **state)
{
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	for (int i = 0; i < 200; i++)
		http_client_send(&client,
		    SPAN(GET("/") PUT("Content-Length: 5\r\n") "hello" PUT(
			"Transfer-Encoding: chunked\r\n") "5\r\nhello\r\n0\r\n\r\n"));
	http_client_send(&client,
	    SPAN("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	http_client_wait_closed(&client);
	assert_int_equal(
	    count_text(http_client_text(&client), "\r\n\r\nhello"), 601);
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

/* Byte by byte, each in a turn of its own. */
static void
reads_single_bytes(void **state)
{
	static const struct span requests[] = {
	    SPAN(GET("/")),
	    SPAN(PUT("Content-Length: 5\r\n") "hello"),
	    SPAN(PUT(
		"Transfer-Encoding: chunked\r\n") "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
	};
	struct http_fixture fixture;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct http_client client = http_fixture_connect(&fixture);

		for (size_t at = 0; at < requests[i].len; at++) {
			http_client_send(
			    &client, span_make(requests[i].at + at, 1));
			http_peer_turn(&fixture.peer);
		}
		http_client_wait_text(&client, "\r\n\r\nhello");
		http_client_close(&client);
	}
	http_peer_close(&fixture.peer);
}

static void
asks_for_the_body(void **state)
{
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client,
	    SPAN(PUT("Content-Length: 5\r\nExpect: 100-continue\r\n")));
	http_client_wait_text(&client, "HTTP/1.1 100 Continue\r\n\r\n");
	http_client_send(&client, SPAN("hello"));
	http_client_wait_text(&client, "\r\n\r\nhello");
	http_client_close(&client);
	/* Not for one that is refused. */
	client = http_fixture_connect(&fixture);
	http_client_send(&client,
	    SPAN(PUT("Content-Length: 9999999\r\nExpect: 100-continue\r\n")));
	http_client_wait_closed(&client);
	assert_null(strstr(http_client_text(&client), "100 Continue"));
	assert_non_null(strstr(http_client_text(&client), "413 "));
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

/* The answer must not be lost because the client still sends (RST). */
static void
refuses_a_body_while_it_comes(void **state)
{
	static char part[65536];
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(PUT("Content-Length: 9999999\r\n")));
	/* As much as fits, before anybody looks. */
	while (send(client.fd, part, sizeof(part), MSG_NOSIGNAL) > 0)
		continue;
	shutdown(client.fd, SHUT_WR);
	http_client_wait_closed(&client);
	assert_non_null(strstr(http_client_text(&client), "413 "));
	assert_false(client.is_reset);
	http_client_close(&client);
	http_fixture_wait_connections(&fixture, 0);
	http_peer_close(&fixture.peer);
}

static void
has_a_ceiling_for_heads(void **state)
{
	static const char *const starts[] = {
	    "GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: "};
	static const char *const says[] = {"414 ", "431 "};
	static char part[50000];
	struct http_fixture fixture;

	(void)state;
	memset(part, 'a', sizeof(part));
	http_fixture_open(&fixture, NULL, NULL, NULL);
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct http_client client = http_fixture_connect(&fixture);

		http_client_send(&client, span_string(starts[i]));
		http_client_send(&client, span_make(part, sizeof(part)));
		http_client_wait_closed(&client);
		assert_non_null(strstr(http_client_text(&client), says[i]));
		http_client_close(&client);
	}
	http_peer_close(&fixture.peer);
}

/* ---- other sockets */

static void
serves_unix_sockets(void **state)
{
	struct http_fixture fixture;
	struct http_client client;
	char folder[SCRATCH_SIZE];
	char listen[SCRATCH_SIZE + 16];

	(void)state;
	scratch_make(folder);
	(void)snprintf(listen, sizeof(listen), "unix:%s/s", folder);
	http_fixture_open(&fixture, NULL, NULL, listen);
	/* No browser gets here, so any name will do. */
	assert_non_null(strstr(http_client_ask(&client, &fixture.peer,
				   "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	    "hello"));
	http_client_close(&client);
	http_peer_close(&fixture.peer);
	scratch_remove(folder);
}

static void
start_tls(struct http_client *client, SSL_CTX *context)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	client->ssl = SSL_new(context);
	assert_non_null(client->ssl);
	assert_int_equal(SSL_set_fd(client->ssl, client->fd), 1);
	while (SSL_connect(client->ssl) != 1) {
		assert_true(clock_mono_us() < deadline);
		http_peer_turn(client->peer);
	}
}

static void
serves_https(void **state)
{
	struct tls_options tls_options = {.hostname = "localhost"};
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	struct http_fixture fixture;
	struct http_client client;
	struct tls *tls;
	char folder[SCRATCH_SIZE];

	(void)state;
	scratch_make(folder);
	tls_options.directory = folder;
	assert_int_equal(tls_open(&tls, &tls_options, NULL), ERR_OK);
	http_fixture_open(&fixture, NULL, tls, NULL);
	client = http_fixture_connect(&fixture);
	start_tls(&client, context);
	http_client_send(&client, SPAN(GET("/") GET("/later")));
	http_client_wait_text(&client, "hello");
	http_fixture_wait_served(&fixture, 2);
	http_reply(fixture.pending[1], 200, NULL, SPAN("later"));
	http_client_wait_text(&client, "later");
	http_client_send(&client, SPAN(GET("/large")));
	http_client_wait_len(&client, LARGE_LEN);
	http_client_close(&client);
	/* Plain HTTP, where TLS is spoken. */
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/")));
	http_client_wait_closed(&client);
	http_client_close(&client);
	http_fixture_wait_connections(&fixture, 0);
	http_peer_close(&fixture.peer);
	tls_close(tls);
	SSL_CTX_free(context);
	scratch_remove(folder);
}

/* ---- without memory */

static void
scenario(void *context)
{
	struct http_fixture *fixture = context;
	struct http_client client;
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	client.peer = &fixture->peer;
	http_client_open(&client, &fixture->peer);
	http_client_send(&client,
	    SPAN("PUT /echo?a=b HTTP/1.1\r\n" HOST "Connection: close\r\n"
		 "Accept-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"));
	shutdown(client.fd, SHUT_WR);
	/* An answer, or none: but it comes to an end. */
	while (http_connections(fixture->peer.http) > 0 || !client.is_closed) {
		char room[4096];

		if (recv(client.fd, room, sizeof(room), 0) == 0)
			client.is_closed = true;
		http_peer_turn(&fixture->peer);
		assert_true(clock_mono_us() < deadline);
	}
	http_client_close(&client);
}

static void
survives_without_memory(void **state)
{
	struct http_fixture fixture;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	assert_true(fail_alloc_each(scenario, &fixture) >= 5);
	http_peer_close(&fixture.peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stays_open),
	    cmocka_unit_test(answers_a_pipeline),
	    cmocka_unit_test(reads_single_bytes),
	    cmocka_unit_test(asks_for_the_body),
	    cmocka_unit_test(refuses_a_body_while_it_comes),
	    cmocka_unit_test(has_a_ceiling_for_heads),
	    cmocka_unit_test(serves_unix_sockets),
	    cmocka_unit_test(serves_https),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("http_conn", tests, NULL, NULL);
}
