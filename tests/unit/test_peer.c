/* test_peer: addresses of connections as text. */
#include "peer.h"

#include "unit.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static void
shows_each_kind(void **state)
{
	static const struct {
		const char *given;
		const char *address;
		const char *shown; /* with port 25 */
		const char *tagged;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1", "192.0.2.1:25", "192.0.2.1"},
	    {"2001:DB8::1", "2001:db8::1", "[2001:db8::1]:25",
		"IPv6:2001:db8::1"},
	    {"IPv6:2001:db8::1", "2001:db8::1", "[2001:db8::1]:25",
		"IPv6:2001:db8::1"},
	    {"ipv6:::1", "::1", "[::1]:25", "IPv6:::1"},
	    {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1:25", "192.0.2.1"},
	    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:25",
		"IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct peer peer = {.port = 25};
		char text[PEER_SIZE];

		assert_true(peer_parse(&peer, span_string(rows[i].given)));
		assert_string_equal(peer.address, rows[i].address);
		assert_int_equal(peer.port, 25);
		peer_show(&peer, text);
		assert_string_equal(text, rows[i].shown);
		peer_tag(&peer, text);
		assert_string_equal(text, rows[i].tagged);
	}
}

static void
refuses_what_is_no_address(void **state)
{
	static const struct span rows[] = {
	    SPAN(""),
	    SPAN("IPv6:"),
	    SPAN("unix"),
	    SPAN("192.0.2"),
	    SPAN("192.0.2.256"),
	    SPAN("192.0.2.1 "),
	    SPAN("192.0.2.1\0x"),
	    SPAN("[::1]"),
	    SPAN("fe80::1%lo"),
	    SPAN("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct peer peer = {.address = "before"};

		assert_false(peer_parse(&peer, rows[i]));
		assert_string_equal(peer.address, "before");
	}
}

static void
reads_socket_addresses(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct peer peer;
	char text[PEER_SIZE];

	(void)state;
	peer_read(&peer, (const struct sockaddr *)&local, sizeof(sa_family_t));
	assert_string_equal(peer.address, "unix");
	peer_show(&peer, text);
	assert_string_equal(text, "unix");
	peer_tag(&peer, text);
	assert_string_equal(text, "unix");
	/* Some kernels tell nothing of an unnamed client. */
	peer_read(&peer, (const struct sockaddr *)&local, 0);
	assert_string_equal(peer.address, "");
}

static void
asks_for_the_near_end(void **state)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct peer peer;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	peer_of_local(&peer, fd);
	assert_string_equal(peer.address, "127.0.0.1");
	assert_true(peer.port > 0);
	close(fd);
	peer_of_local(&peer, -1);
	assert_string_equal(peer.address, "");
	assert_int_equal(peer.port, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shows_each_kind),
	    cmocka_unit_test(refuses_what_is_no_address),
	    cmocka_unit_test(reads_socket_addresses),
	    cmocka_unit_test(asks_for_the_near_end),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
