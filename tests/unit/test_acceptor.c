/* test_acceptor: connections are taken, also when descriptors run out. */
#include "acceptor.h"

#include "clock.h"
#include "fail_alloc.h"
#include "store_double.h"
#include "unit.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define CLIENTS 150
#define REFUSAL "421 4.3.2 too many\r\n"

struct fixture {
	struct store store;
	struct loop *loop;
	struct acceptor *acceptor;
	struct acceptor_calls calls;
	struct event *tick; /* so that no turn waits for ever */
	unsigned ticks;
	char address[128];
	int taken[CLIENTS];
	struct peer peers[CLIENTS];
	size_t count;
};

static void
take(void *context, int fd, const struct peer *peer)
{
	struct fixture *fixture = context;

	assert_true(fixture->count < CLIENTS);
	fixture->taken[fixture->count] = fd;
	fixture->peers[fixture->count++] = *peer;
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct fixture *fixture = context;

	(void)fd;
	(void)what;
	fixture->ticks++;
}

static struct listener *
listen_somewhere(void)
{
	struct listen_spec spec;
	struct listener *listener;

	assert_int_equal(
	    listen_parse(&spec, LISTEN_SMTP, SPAN("127.0.0.1:0"), NULL),
	    ERR_OK);
	assert_int_equal(listen_open(&listener, &spec, NULL), ERR_OK);
	listen_spec_release(&spec);
	return listener;
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct listener *listener = listen_somewhere();
	struct timeval time = {.tv_usec = 10000};

	assert_non_null(fixture);
	(void)snprintf(fixture->address, sizeof(fixture->address), "%s",
	    listen_address(listener));
	fixture->store.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	fixture->calls.took = take;
	fixture->calls.context = fixture;
	fixture->calls.refusal = SPAN(REFUSAL);
	assert_int_equal(
	    loop_new(&fixture->loop, &fixture->store, NULL), ERR_OK);
	assert_int_equal(acceptor_open(&fixture->acceptor, fixture->loop,
			     listener, &fixture->calls),
	    ERR_OK);
	fixture->tick = event_new(
	    loop_base(fixture->loop), -1, EV_PERSIST, on_tick, fixture);
	assert_int_equal(event_add(fixture->tick, &time), 0);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	acceptor_close(fixture->acceptor);
	event_free(fixture->tick);
	loop_free(fixture->loop);
	for (size_t i = 0; i < fixture->count; i++)
		if (fixture->taken[i] >= 0)
			close(fixture->taken[i]);
	close(fixture->store.fd);
	free(fixture);
	return 0;
}

static int
connect_to(const struct fixture *fixture)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const char *port = strrchr(fixture->address, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	address.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
turn_until(struct fixture *fixture, size_t count)
{
	int64_t deadline = clock_mono_us() + 5 * CLOCK_SECOND;

	while (fixture->count < count && clock_mono_us() < deadline)
		loop_turn(fixture->loop);
	assert_int_equal(fixture->count, count);
}

static void
takes_connections(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int fd = connect_to(fixture);

	turn_until(fixture, 1);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_string_equal(fixture->peers[0].address, "127.0.0.1");
	assert_int_equal(fixture->peers[0].port, ntohs(address.sin_port));
	assert_true(fcntl(fixture->taken[0], F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fixture->taken[0], F_GETFD) & FD_CLOEXEC);
	close(fd);
}

/* More than one turn takes, all the same. */
static void
takes_many(void **state)
{
	struct fixture *fixture = *state;
	int fds[CLIENTS];

	for (size_t i = 0; i < CLIENTS; i++)
		fds[i] = connect_to(fixture);
	loop_turn(fixture->loop);
	assert_true(fixture->count < CLIENTS);
	turn_until(fixture, CLIENTS);
	for (size_t i = 0; i < CLIENTS; i++)
		close(fds[i]);
}

static void
expect_refusal(struct fixture *fixture, int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int64_t deadline = clock_mono_us() + 5 * CLOCK_SECOND;
	char text[64] = "";

	while (poll(&wait, 1, 0) == 0 && clock_mono_us() < deadline)
		loop_turn(fixture->loop);
	assert_int_equal(read(fd, text, sizeof(text) - 1), sizeof(REFUSAL) - 1);
	assert_string_equal(text, REFUSAL);
	assert_int_equal(read(fd, text, sizeof(text)), 0);
}

/* No descriptor is left for the server; the clients got theirs before. */
static void
tells_when_descriptors_run_out(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before;
	struct rlimit none;
	int fds[3];

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = connect_to(fixture);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)fds[COUNT(fds) - 1] + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (size_t i = 0; i < COUNT(fds); i++)
		expect_refusal(fixture, fds[i]);
	assert_int_equal(fixture->count, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	fds[0] = connect_to(fixture);
	turn_until(fixture, 1);
	close(fds[0]);
}

/* Not even the descriptor kept for that is left: the clients wait, and the
   loop does not spin meanwhile. */
static void
rests_in_need(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before;
	struct rlimit none = {0};
	unsigned turns = 0;
	int fds[2];

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = connect_to(fixture);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (fixture->ticks < 5) {
		loop_turn(fixture->loop);
		turns++;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(fixture->count, 0);
	/* It tried once; it may have rested once already. */
	assert_in_range(turns, 1, 5 + 4);
	turn_until(fixture, COUNT(fds));
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
}

static void
closes_its_socket(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const char *port = strrchr(fixture->address, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	acceptor_close(fixture->acceptor);
	fixture->acceptor = NULL;
	address.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

static void
open_and_close(void *context)
{
	struct fixture *fixture = context;
	struct listen_spec spec;
	struct listener *listener = NULL;
	struct acceptor *acceptor;

	if (listen_parse(&spec, LISTEN_SMTP, SPAN("127.0.0.1:0"), NULL) == 0) {
		(void)listen_open(&listener, &spec, NULL);
		listen_spec_release(&spec);
	}
	if (listener &&
	    acceptor_open(
		&acceptor, fixture->loop, listener, &fixture->calls) == ERR_OK)
		acceptor_close(acceptor);
	else
		assert_true(fail_alloc_happened());
}

static void
survives_without_memory(void **state)
{
	acceptor_close(NULL);
	assert_true(fail_alloc_each(open_and_close, *state) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(takes_connections),
	    TEST(takes_many),
	    TEST(tells_when_descriptors_run_out),
	    TEST(rests_in_need),
	    TEST(closes_its_socket),
	    TEST(survives_without_memory),
	};

	return cmocka_run_group_tests_name("acceptor", tests, NULL, NULL);
}
