/* test_url_host: hosts of URLs, and which of them the public net has not. */
#include "url_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
assert_span(struct span found, const char *wanted)
{
	if (!span_equal(found, span_string(wanted)))
		fail_msg("\"%.*s\" instead of \"%s\"", SPAN_ARG(found), wanted);
}

static void
finds_hosts(void **state)
{
	static const struct {
		const char *url, *host;
	} rows[] = {
	    {"http://a.test", "a.test"},
	    {"HTTPS://a.test/", "a.test"},
	    {"http://a.test:80/x@y", "a.test"},
	    {"http://a.test?x", "a.test"},
	    {"http://a.test#x", "a.test"},
	    {"http://me:pw@a.test:1", "a.test"},
	    {"http://b.test@a.test/", "a.test"},
	    {"http://a.test\\@b.test/", "a.test"},
	    {"http://[::1]:80/", "::1"},
	    {"http://me@[fe80::1%25eth0]", "fe80::1%25eth0"},
	    {"http://[::1", "::1"},
	    {"http://", ""},
	    {"http:///x", ""},
	    {"ftp://a.test", ""},
	    {"mailto:a@b.test", ""},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_span(url_host(span_string(rows[i].url)), rows[i].host);
}

static void
knows_what_is_reserved(void **state)
{
	static const char *const reserved[] = {"", ".", "localhost",
	    "LOCALHOST.", "x.localhost", "router", "printer.local",
	    "metadata.google.internal", "x.home.arpa", "0.0.0.0", "10.1.2.3",
	    "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1", "2130706433",
	    "0x7f000001", "0177.0.0.1", "169.254.169.254", "172.16.0.1",
	    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1",
	    "198.18.0.1", "198.19.0.1", "198.51.100.7", "203.0.113.9",
	    "224.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
	    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
	    "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1",
	    "fc00::1", "fdff::1", "fe80::1", "fe80::1%25eth0", "febf::1",
	    "ff02::1", "100::1"};
	static const char *const public[] = {"a.test", "example.com.",
	    "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.0.1", "100.128.0.1",
	    "172.15.0.1", "172.32.0.1", "192.0.1.1", "192.169.0.1",
	    "198.17.0.1", "198.20.0.1", "223.255.255.255", "::ffff:8.8.8.8",
	    "64:ff9b::808:808", "2002:808:808::1", "2001:4860:4860::8888",
	    "2606:4700::1111", "localhost.test", "xlocalhost.test"};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!url_host_is_reserved(span_string(reserved[i])))
			fail_msg("%s is not reserved", reserved[i]);
	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
		if (url_host_is_reserved(span_string(public[i])))
			fail_msg("%s is reserved", public[i]);
	/* What is no name is nowhere. */
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '.' : 'a';
	assert_true(url_host_is_reserved(span_make(longest, sizeof(longest))));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_hosts),
	    cmocka_unit_test(knows_what_is_reserved),
	};

	return cmocka_run_group_tests_name("url_host", tests, NULL, NULL);
}
