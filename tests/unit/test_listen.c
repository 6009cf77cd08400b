/* test_listen: sockets of each kind, and what is in their way. */
#include "listen.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static enum err
try_open(struct listener **out, const char *text, struct failure *failure)
{
	struct listen_spec spec;
	enum err err =
	    listen_parse(&spec, LISTEN_SMTP, span_string(text), failure);

	*out = NULL;
	if (!err)
		err = listen_open(out, &spec, failure);
	listen_spec_release(&spec);
	return err;
}

static struct listener *
must_open(const char *text)
{
	struct listener *listener;
	struct failure failure = {""};

	if (try_open(&listener, text, &failure))
		fail_msg("%s: %s", text, failure.text);
	return listener;
}

static void
must_fail(const char *text, enum err err, const char *says)
{
	struct listener *listener;
	struct failure failure = {""};

	assert_int_equal(try_open(&listener, text, &failure), err);
	assert_null(listener);
	if (!strstr(failure.text, says))
		fail_msg("%s: %s", text, failure.text);
}

/* A socket connected to where the listener really is. */
static int
reach(const struct listener *listener)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd;

	assert_int_equal(
	    getsockname(listen_fd(listener), (struct sockaddr *)&address, &len),
	    0);
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
	return fd;
}

static int
take(const struct listener *listener)
{
	struct pollfd wait = {.fd = listen_fd(listener), .events = POLLIN};
	int fd;

	assert_int_equal(poll(&wait, 1, 5000), 1);
	fd = accept4(
	    listen_fd(listener), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int
get_option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static unsigned
port_of(const struct listener *listener)
{
	const char *colon = strrchr(listen_address(listener), ':');

	return (unsigned)strtoul(colon + 1, NULL, 10);
}

static void
serves_tcp(void **state)
{
	struct listener *listener = must_open("name=a,addr=127.0.0.1:0");
	char address[64];
	int client = reach(listener);
	int server = take(listener);

	(void)state;
	assert_true(port_of(listener) > 0);
	(void)snprintf(
	    address, sizeof(address), "127.0.0.1:%u", port_of(listener));
	assert_string_equal(listen_address(listener), address);
	assert_string_equal(listen_spec(listener)->name, "a");
	assert_true(fcntl(listen_fd(listener), F_GETFL) & O_NONBLOCK);
	assert_int_equal(fcntl(listen_fd(listener), F_GETFD), FD_CLOEXEC);
	/* Inherited: so that accepting needs no further system call. */
	assert_true(get_option(server, IPPROTO_TCP, TCP_NODELAY));
	close(client);
	close(server);
	listen_close(listener);
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 address = {
	    .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 &&
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void
serves_both_families(void **state)
{
	struct listener *listener = must_open(":0");
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port_of(listener)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	close(take(listener));
	if (has_ipv6()) {
		assert_non_null(strstr(listen_address(listener), "[::]:"));
		close(reach(listener));
		close(take(listener));
	}
	listen_close(listener);
}

static void
serves_ipv6(void **state)
{
	struct listener *listener;

	(void)state;
	if (!has_ipv6())
		skip();
	listener = must_open("[::1]:0");
	assert_non_null(strstr(listen_address(listener), "[::1]:"));
	close(reach(listener));
	close(take(listener));
	listen_close(listener);
}

static void
prefers_ipv4_of_a_name(void **state)
{
	struct listener *listener = must_open("localhost:0");

	(void)state;
	assert_non_null(strstr(listen_address(listener), "127.0.0.1:"));
	listen_close(listener);
}

static void
explains_a_taken_port(void **state)
{
	struct listener *listener = must_open("127.0.0.1:0");
	char address[64];

	(void)state;
	(void)snprintf(
	    address, sizeof(address), "%s", listen_address(listener));
	must_fail(address, ERR_EXISTS, "already in use: is another mailstop");
	must_fail(address, ERR_EXISTS, address);
	listen_close(listener);
	/* Free at once, although connections may linger in TIME_WAIT. */
	listen_close(must_open(address));
}

static void
explains_other_troubles(void **state)
{
	(void)state;
	must_fail(
	    "192.0.2.1:0", ERR_UNAVAILABLE, "no interface of this machine");
	must_fail("fd:987", ERR_UNAVAILABLE, "no such descriptor");
}

static void
serves_unix(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE * 2];
	char text[SCRATCH_SIZE * 3];
	struct listener *listener;
	struct stat found;
	mode_t old = umask(077);

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	(void)snprintf(text, sizeof(text), "unix:%s:0626", path);
	listener = must_open(text);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0626);
	(void)snprintf(text, sizeof(text), "unix:%s", path);
	assert_string_equal(listen_address(listener), text);
	close(reach(listener));
	close(take(listener));
	must_fail(text, ERR_EXISTS, "another server listens there");
	listen_close(listener);
	assert_int_equal(access(path, F_OK), -1);
	umask(old);
	scratch_remove(folder);
}

static void
replaces_a_stale_socket(void **state)
{
	char folder[SCRATCH_SIZE];
	char text[SCRATCH_SIZE * 2];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct listener *listener;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	scratch_make(folder);
	(void)snprintf(
	    address.sun_path, sizeof(address.sun_path), "%.60s/s", folder);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	(void)snprintf(text, sizeof(text), "unix:%s", address.sun_path);
	listener = must_open(text);
	close(reach(listener));
	listen_close(listener);
	scratch_remove(folder);
}

static void
keeps_a_file_that_is_no_socket(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE * 2];
	char text[SCRATCH_SIZE * 3];
	FILE *file;

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	(void)snprintf(text, sizeof(text), "unix:%s", path);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fclose(file);
	must_fail(text, ERR_EXISTS, "no socket");
	assert_int_equal(access(path, F_OK), 0);
	(void)snprintf(text, sizeof(text), "unix:%s/none/s", folder);
	must_fail(text, ERR_READONLY, "No such file");
	scratch_remove(folder);
}

/* Somebody removed our socket and put another there: that one stays. */
static void
removes_only_its_own(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE * 2];
	char text[SCRATCH_SIZE * 3];
	struct listener *first;
	struct listener *second;

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	(void)snprintf(text, sizeof(text), "unix:%s", path);
	first = must_open(text);
	assert_int_equal(unlink(path), 0);
	second = must_open(text);
	listen_close(first);
	assert_int_equal(access(path, F_OK), 0);
	listen_close(second);
	assert_int_equal(access(path, F_OK), -1);
	scratch_remove(folder);
}

static void
adopts_descriptors(void **state)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct listener *listener;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[32];

	(void)state;
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)snprintf(text, sizeof(text), "fd:%d", fd);
	listener = must_open(text);
	assert_int_equal(listen_fd(listener), fd);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(reach(listener));
	close(take(listener));
	listen_close(listener);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void
refuses_descriptors_that_are_no_listeners(void **state)
{
	int pair[2];
	int datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char text[32];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	(void)snprintf(text, sizeof(text), "fd:%d", pair[0]);
	must_fail(text, ERR_UNAVAILABLE, "neither listens");
	(void)snprintf(text, sizeof(text), "fd:%d", datagram);
	must_fail(text, ERR_UNAVAILABLE, "not a stream socket");
	(void)snprintf(text, sizeof(text), "fd:%d", null);
	must_fail(text, ERR_UNAVAILABLE, "not a socket");
	assert_int_equal(fcntl(null, F_GETFD), FD_CLOEXEC);
	close(pair[0]);
	close(pair[1]);
	close(datagram);
	close(null);
}

static void
scenario(void *context)
{
	struct listener *listener;
	struct failure failure = {""};
	enum err err =
	    try_open(&listener, "name=a,addr=127.0.0.1:0,inbox=b", &failure);

	(void)context;
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	assert_true(!err || strstr(failure.text, "memory"));
	listen_close(listener);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(scenario, NULL), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(serves_tcp),
	    cmocka_unit_test(serves_both_families),
	    cmocka_unit_test(serves_ipv6),
	    cmocka_unit_test(prefers_ipv4_of_a_name),
	    cmocka_unit_test(explains_a_taken_port),
	    cmocka_unit_test(explains_other_troubles),
	    cmocka_unit_test(serves_unix),
	    cmocka_unit_test(replaces_a_stale_socket),
	    cmocka_unit_test(keeps_a_file_that_is_no_socket),
	    cmocka_unit_test(removes_only_its_own),
	    cmocka_unit_test(adopts_descriptors),
	    cmocka_unit_test(refuses_descriptors_that_are_no_listeners),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
