/* test_http_wait: requests that wait, clients that do not, and ceilings. */
#include "http_fixture.h"

#include "unit.h"

#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Of memory, for a request that waits. */
#define WAITING_LIMIT ((size_t)6 * 1024)

/* ---- handlers that take their time */

static void
answers_later(void **state)
{
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	/* The second one waits in the kernel for the first. */
	http_client_send(&client, SPAN(GET("/later") GET("/")));
	http_fixture_wait_served(&fixture, 1);
	http_client_send(&client, SPAN(GET("/")));
	http_peer_turn(&fixture.peer);
	http_reply(fixture.pending[0], 200, NULL, SPAN("later"));
	http_client_wait_text(&client, "later");
	http_client_wait_text(&client, "hello");
	http_fixture_wait_served(&fixture, 3);
	assert_int_equal(fixture.gone, 0);
	http_client_close(&client);
	http_fixture_wait_connections(&fixture, 0);
	http_peer_close(&fixture.peer);
}

/* A reset is known at once; what the request has stays until the answer. */
static void
survives_a_reset(void **state)
{
	static const struct linger now = {.l_onoff = 1, .l_linger = 0};
	struct http_fixture fixture;
	struct http_client client;
	struct span value;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/later?a=b")));
	http_fixture_wait_served(&fixture, 1);
	setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	http_client_close(&client);
	http_fixture_wait_connections(&fixture, 0);
	assert_int_equal(fixture.gone, 1);
	assert_true(http_parameter(fixture.pending[0], "a", &value));
	assert_true(span_equal(value, SPAN("b")));
	http_add_header(fixture.pending[0], "X", "y");
	http_reply(fixture.pending[0], 200, NULL, SPAN("too late"));
	http_peer_close(&fixture.peer);
}

/* It has shut down its sending side, as "nc -N" does: it may still wait. */
static void
answers_a_client_that_is_done_sending(void **state)
{
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/later")));
	shutdown(client.fd, SHUT_WR);
	http_fixture_wait_served(&fixture, 1);
	http_peer_turn(&fixture.peer);
	assert_int_equal(fixture.gone, 0);
	http_reply(fixture.pending[0], 200, NULL, SPAN("later"));
	http_client_wait_closed(&client);
	assert_non_null(strstr(http_client_text(&client), "later"));
	http_client_close(&client);
	/* One that gets its answer at once. */
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/")));
	shutdown(client.fd, SHUT_WR);
	http_client_wait_closed(&client);
	assert_non_null(strstr(http_client_text(&client), "hello"));
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

/* But not for ever. */
static void
gives_up_a_client_that_is_done_sending(void **state)
{
	static const struct http_limits limits = {.grace_us = 20000};
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, &limits, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/later")));
	http_fixture_wait_served(&fixture, 1);
	shutdown(client.fd, SHUT_WR);
	http_fixture_wait_connections(&fixture, 0);
	assert_int_equal(fixture.gone, 1);
	http_reply(fixture.pending[0], 200, NULL, SPAN("too late"));
	http_client_close(&client);
	/* It was done before anybody looked. */
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/later")));
	shutdown(client.fd, SHUT_WR);
	http_fixture_wait_served(&fixture, 2);
	http_fixture_wait_connections(&fixture, 0);
	assert_int_equal(fixture.gone, 2);
	http_reply(fixture.pending[1], 200, NULL, SPAN("too late"));
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
outlives_the_server(void **state)
{
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/later")));
	http_fixture_wait_served(&fixture, 1);
	http_peer_close(&fixture.peer);
	assert_int_equal(fixture.gone, 1);
	http_reply(fixture.pending[0], 200, NULL, SPAN("too late"));
	http_client_close(&client);
}

/* ---- time and room */

static void
times_out(void **state)
{
	static const struct http_limits limits = {.timeout_us = 30000};
	static const struct span starts[] = {SPAN(""), SPAN("GET / HT"),
	    SPAN(PUT("Content-Length: 5\r\n") "he"), SPAN(GET("/"))};
	struct http_fixture fixture;

	(void)state;
	http_fixture_open(&fixture, &limits, NULL, NULL);
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct http_client client = http_fixture_connect(&fixture);

		http_client_send(&client, starts[i]);
		http_client_wait_closed(&client);
		http_client_close(&client);
	}
	http_fixture_wait_connections(&fixture, 0);
	http_peer_close(&fixture.peer);
}

/* A client that asks for much and reads nothing. */
static void
times_out_a_client_that_does_not_read(void **state)
{
	static const struct http_limits limits = {.timeout_us = 30000};
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, &limits, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/large")));
	http_fixture_wait_connections(&fixture, 1);
	http_fixture_wait_connections(&fixture, 0);
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
sends_what_is_large(void **state)
{
	struct http_fixture fixture;
	struct http_client client;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	client = http_fixture_connect(&fixture);
	http_client_send(&client, SPAN(GET("/large") GET("/")));
	http_client_wait_len(&client, LARGE_LEN);
	http_fixture_wait_served(&fixture, 1);
	http_client_close(&client);
	http_peer_close(&fixture.peer);
}

static void
has_a_ceiling_for_connections(void **state)
{
	static const struct http_limits limits = {.connections = 2};
	struct http_fixture fixture;
	struct http_client clients[3];

	(void)state;
	http_fixture_open(&fixture, &limits, NULL, NULL);
	for (size_t i = 0; i < 2; i++)
		clients[i] = http_fixture_connect(&fixture);
	http_fixture_wait_connections(&fixture, 2);
	clients[2] = http_fixture_connect(&fixture);
	http_client_wait_closed(&clients[2]);
	assert_non_null(strstr(http_client_text(&clients[2]), "503 "));
	http_client_close(&clients[2]);
	http_client_close(&clients[0]);
	http_fixture_wait_connections(&fixture, 1);
	clients[0] = http_fixture_connect(&fixture);
	http_client_send(&clients[0], SPAN(GET("/")));
	http_client_wait_response(&clients[0]);
	http_client_close(&clients[0]);
	http_client_close(&clients[1]);
	http_peer_close(&fixture.peer);
}

static void
has_a_ceiling_for_all_bodies(void **state)
{
	static const struct http_limits limits = {.body_octets = 1000};
	static char body[600];
	struct http_fixture fixture;
	struct http_client first;
	struct http_client second;

	(void)state;
	http_fixture_open(&fixture, &limits, NULL, NULL);
	first = http_fixture_connect(&fixture);
	http_client_send(&first, SPAN(PUT("Content-Length: 601\r\n")));
	http_client_send(&first, span_make(body, sizeof(body)));
	http_peer_turn(&fixture.peer);
	http_peer_turn(&fixture.peer);
	second = http_fixture_connect(&fixture);
	http_client_send(&second, SPAN(PUT("Content-Length: 600\r\n")));
	http_client_send(&second, span_make(body, sizeof(body)));
	http_client_wait_closed(&second);
	assert_non_null(strstr(http_client_text(&second), "503 "));
	http_client_close(&second);
	http_client_send(&first, SPAN("x"));
	http_client_wait_response(&first);
	assert_non_null(strstr(http_client_text(&first), "200 "));
	/* All is given back. */
	for (int i = 0; i < 3; i++) {
		second = http_fixture_connect(&fixture);
		http_client_send(&second, SPAN(PUT("Content-Length: 600\r\n")));
		http_client_send(&second, span_make(body, sizeof(body)));
		http_client_wait_response(&second);
		assert_non_null(strstr(http_client_text(&second), "200 "));
		http_client_close(&second);
	}
	http_client_close(&first);
	http_peer_close(&fixture.peer);
}

static void
gives_back_what_a_lost_body_took(void **state)
{
	static const struct http_limits limits = {.body_octets = 1000};
	static const struct linger now = {.l_onoff = 1, .l_linger = 0};
	static char body[600];
	struct http_fixture fixture;

	(void)state;
	http_fixture_open(&fixture, &limits, NULL, NULL);
	for (unsigned i = 0; i < 3; i++) {
		struct http_client client = http_fixture_connect(&fixture);

		http_client_send(&client,
		    SPAN("PUT /later HTTP/1.1\r\n" HOST
			 "Content-Length: 600\r\n\r\n"));
		http_client_send(&client, span_make(body, sizeof(body)));
		http_fixture_wait_served(&fixture, i + 1);
		setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		http_client_close(&client);
		http_fixture_wait_connections(&fixture, 0);
		http_reply(fixture.pending[i], 200, NULL, SPAN("too late"));
	}
	http_peer_close(&fixture.peer);
}

#define WAITING 500
#define BROWSER_FIELDS                                                          \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) "                \
	"Gecko/20100101 Firefox/115.0\r\n"                                      \
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*\r\n" \
	"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: br\r\n"

/* What allocators under a sanitizer use is not told here. */
static void
waits_for_little_memory(void **state)
{
	struct http_fixture fixture;
	struct http_client clients[WAITING];
	size_t before;
	size_t used;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	before = mallinfo2().uordblks;
	for (size_t i = 0; i < WAITING; i++)
		clients[i] = http_fixture_connect(&fixture);
	for (size_t i = 0; i < WAITING; i++)
		http_client_send(&clients[i],
		    SPAN("GET /later?query=to%3Aa%40b.test&timeout=60 "
			 "HTTP/1.1\r\n" HOST BROWSER_FIELDS "\r\n"));
	http_fixture_wait_served(&fixture, WAITING);
	used = mallinfo2().uordblks - before;
	print_message("%zu bytes each\n", used / WAITING);
	assert_true(used / WAITING < WAITING_LIMIT);
	for (size_t i = 0; i < WAITING; i++)
		http_reply(fixture.pending[i], 200, NULL, SPAN("later"));
	for (size_t i = 0; i < WAITING; i++) {
		http_client_wait_text(&clients[i], "later");
		http_client_close(&clients[i]);
	}
	http_peer_close(&fixture.peer);
}

/* ---- the end */

static void
count_idle(void *context)
{
	unsigned *idle = context;

	(*idle)++;
}

/* Also when there was nobody to begin with. */
static void
tells_when_it_is_idle(void **state)
{
	struct http_fixture fixture;
	unsigned idle = 0;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	http_when_idle(fixture.peer.http, count_idle, &idle);
	http_peer_turn(&fixture.peer);
	assert_int_equal(idle, 0);
	http_stop(fixture.peer.http);
	assert_int_equal(idle, 0);
	http_peer_turn(&fixture.peer);
	http_peer_turn(&fixture.peer);
	assert_int_equal(idle, 1);
	http_peer_close(&fixture.peer);
	assert_int_equal(idle, 1);
}

static void
stops(void **state)
{
	unsigned gone = 0;
	struct http_fixture fixture;
	struct http_client idle;
	struct http_client busy;

	(void)state;
	http_fixture_open(&fixture, NULL, NULL, NULL);
	idle = http_fixture_connect(&fixture);
	busy = http_fixture_connect(&fixture);
	http_client_send(&idle, SPAN(GET("/")));
	http_client_wait_response(&idle);
	http_client_send(&busy, SPAN(GET("/later")));
	http_fixture_wait_served(&fixture, 2);
	http_when_idle(fixture.peer.http, count_idle, &gone);
	http_stop(fixture.peer.http);
	http_client_wait_closed(&idle);
	http_fixture_wait_connections(&fixture, 1);
	http_reply(fixture.pending[1], 200, NULL, SPAN("later"));
	http_client_wait_closed(&busy);
	assert_non_null(
	    strstr(http_client_text(&busy), "\r\nConnection: close\r\n"));
	assert_non_null(strstr(http_client_text(&busy), "later"));
	assert_int_equal(gone, 0);
	http_client_close(&idle);
	http_client_close(&busy);
	http_fixture_wait_connections(&fixture, 0);
	http_peer_turn(&fixture.peer);
	assert_int_equal(gone, 1);
	http_peer_close(&fixture.peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_later),
	    cmocka_unit_test(survives_a_reset),
	    cmocka_unit_test(answers_a_client_that_is_done_sending),
	    cmocka_unit_test(gives_up_a_client_that_is_done_sending),
	    cmocka_unit_test(outlives_the_server),
	    cmocka_unit_test(times_out),
	    cmocka_unit_test(times_out_a_client_that_does_not_read),
	    cmocka_unit_test(sends_what_is_large),
	    cmocka_unit_test(has_a_ceiling_for_connections),
	    cmocka_unit_test(has_a_ceiling_for_all_bodies),
	    cmocka_unit_test(gives_back_what_a_lost_body_took),
	    cmocka_unit_test(waits_for_little_memory),
	    cmocka_unit_test(stops),
	    cmocka_unit_test(tells_when_it_is_idle),
	};
	struct rlimit files;

	/* Both ends of many connections. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 4096) {
		files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return cmocka_run_group_tests_name("http_wait", tests, NULL, NULL);
}
