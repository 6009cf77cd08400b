/* test_endpoint: each written form of an address, and texts that are none. */
#include "endpoint.h"

#include "unit.h"

#include <string.h>

static const struct {
	const char *text;
	enum endpoint_kind kind;
	const char *where; /* host or path */
	unsigned port;
	int mode;
	int fd;
} good[] = {
    {"1025", ENDPOINT_TCP, "127.0.0.1", 1025, ENDPOINT_NO_MODE, -1},
    {"0", ENDPOINT_TCP, "127.0.0.1", 0, ENDPOINT_NO_MODE, -1},
    {":1025", ENDPOINT_TCP, "", 1025, ENDPOINT_NO_MODE, -1},
    {"*:65535", ENDPOINT_TCP, "", 65535, ENDPOINT_NO_MODE, -1},
    {"127.0.0.1:0", ENDPOINT_TCP, "127.0.0.1", 0, ENDPOINT_NO_MODE, -1},
    {"mail.test:25", ENDPOINT_TCP, "mail.test", 25, ENDPOINT_NO_MODE, -1},
    {"[::1]:25", ENDPOINT_TCP, "::1", 25, ENDPOINT_NO_MODE, -1},
    {"[fe80::1%lo]:25", ENDPOINT_TCP, "fe80::1%lo", 25, ENDPOINT_NO_MODE, -1},
    {"unix:/run/s", ENDPOINT_UNIX, "/run/s", 0, ENDPOINT_NO_MODE, -1},
    {"unix:/run/s:0660", ENDPOINT_UNIX, "/run/s", 0, 0660, -1},
    {"unix:s:600", ENDPOINT_UNIX, "s", 0, 0600, -1},
    {"unix:/a:b", ENDPOINT_UNIX, "/a:b", 0, ENDPOINT_NO_MODE, -1},
    {"unix:/a:9", ENDPOINT_UNIX, "/a:9", 0, ENDPOINT_NO_MODE, -1},
    {"unix:/a=b", ENDPOINT_UNIX, "/a=b", 0, ENDPOINT_NO_MODE, -1},
    {"fd:0", ENDPOINT_FD, "", 0, ENDPOINT_NO_MODE, 0},
    {"fd:17", ENDPOINT_FD, "", 0, ENDPOINT_NO_MODE, 17},
};

static const struct {
	struct span text;
	const char *says;
} bad[] = {
    {SPAN(""), "empty"},
    {SPAN("127.0.0.1"), "no port"},
    {SPAN("localhost"), "no port"},
    {SPAN("localhost:"), "no port"},
    {SPAN(":"), "no port"},
    {SPAN("host:smtp"), "no port"},
    {SPAN("host:-1"), "no port"},
    {SPAN("host:65536"), "65535"},
    {SPAN("host:18446744073709551641"), "no port"},
    {SPAN("::1:25"), "brackets"},
    {SPAN("smtp://host:25"), "not a URL"},
    {SPAN("http://host:8025/"), "not a URL"},
    {SPAN("http://host"), "not a URL"},
    {SPAN("[::1]"), "[address]:port"},
    {SPAN("[]:25"), "[address]:port"},
    {SPAN("[::1:25"), "[address]:port"},
    {SPAN("host :25"), "blank"},
    {SPAN("host:25\n"), "blank"},
    {SPAN("a\0b:25"), "blank"},
    {SPAN("unix:"), "no path"},
    {SPAN("unix::0600"), "no path"},
    {SPAN("unix:/23456789012345678901234567890123456789012345678901234567890"
	  "1234567890123456789012345678901234567890123456789"),
	"longer"},
    {SPAN("fd:"), "descriptor"},
    {SPAN("fd:x"), "descriptor"},
    {SPAN("fd:-1"), "descriptor"},
    {SPAN("fd:4294967296"), "descriptor"},
};

static void
reads_each_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct endpoint found;
		struct failure failure = {""};

		if (endpoint_parse(&found, span_string(good[i].text), &failure))
			fail_msg("%s: %s", good[i].text, failure.text);
		assert_int_equal(found.kind, good[i].kind);
		assert_string_equal(
		    found.kind == ENDPOINT_UNIX ? found.path : found.host,
		    good[i].where);
		assert_int_equal(found.port, good[i].port);
		assert_int_equal(found.mode, good[i].mode);
		assert_int_equal(found.fd, good[i].fd);
	}
}

static void
refuses_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct endpoint found;
		struct failure failure = {""};

		assert_int_equal(
		    endpoint_parse(&found, bad[i].text, &failure), ERR_USAGE);
		if (!strstr(failure.text, bad[i].says))
			fail_msg("%s: %s", bad[i].text.at, failure.text);
	}
}

/* The longest path that fits is one byte shorter than the room. */
static void
takes_the_longest_path(void **state)
{
	char text[5 + ENDPOINT_PATH_SIZE] = "unix:";
	struct endpoint found;

	(void)state;
	memset(text + 5, 'p', ENDPOINT_PATH_SIZE);
	assert_int_equal(
	    endpoint_parse(&found, span_make(text, sizeof(text) - 1), NULL),
	    ERR_OK);
	assert_int_equal(strlen(found.path), ENDPOINT_PATH_SIZE - 1);
	assert_int_equal(
	    endpoint_parse(&found, span_make(text, sizeof(text)), NULL),
	    ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_each_form),
	    cmocka_unit_test(refuses_with_words),
	    cmocka_unit_test(takes_the_longest_path),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
