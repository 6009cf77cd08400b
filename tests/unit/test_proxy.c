/* test_proxy: headers of both versions, whole and byte by byte, and none. */
#include "proxy.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\x7f\x00\x00\x01\xc0\x00\x02\x01\x04\x01\x00\x19"
#define V6                                                                     \
	"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"     \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"     \
	"\xff\xff\x00\x00"

static const struct {
	struct span text;
	enum proxy_status status;
	struct proxy_found found; /* of those that are done */
} rows[] = {
    {SPAN("PROXY TCP4 127.0.0.1 192.0.2.1 1025 25\r\n"), PROXY_DONE,
	{true, "127.0.0.1", "192.0.2.1", 1025, 25}},
    {SPAN("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n"), PROXY_DONE,
	{true, "2001:db8::1", "::1", 65535, 0}},
    {SPAN("PROXY UNKNOWN\r\n"), PROXY_DONE, {.known = false}},
    {SPAN("PROXY UNKNOWN what ever stands here\r\n"), PROXY_DONE,
	{.known = false}},
    {SPAN(V2 "\x21\x11\x00\x0c" V4), PROXY_DONE,
	{true, "127.0.0.1", "192.0.2.1", 1025, 25}},
    {SPAN(V2 "\x21\x21\x00\x24" V6), PROXY_DONE,
	{true, "2001:db8::1", "::1", 65535, 0}},
    /* TLVs behind the addresses */
    {SPAN(V2 "\x21\x11\x00\x10" V4 "\x04\x00\x01x"), PROXY_DONE,
	{true, "127.0.0.1", "192.0.2.1", 1025, 25}},
    /* a health check; unspecified; a unix socket */
    {SPAN(V2 "\x20\x00\x00\x00"), PROXY_DONE, {.known = false}},
    {SPAN(V2 "\x20\x11\x00\x0c" V4), PROXY_DONE, {.known = false}},
    {SPAN(V2 "\x21\x00\x00\x03xyz"), PROXY_DONE, {.known = false}},
    {SPAN(V2 "\x21\x31\x00\x02xy"), PROXY_DONE, {.known = false}},

    {SPAN("EHLO x\r\n"), PROXY_BAD, {.known = false}},
    {SPAN("PROXY\r\n"), PROXY_BAD, {.known = false}},
    {SPAN("proxy UNKNOWN\r\n"), PROXY_BAD, {.known = false}},
    {SPAN("PROXY TCP4 127.0.0.1 192.0.2.1 1025 25\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 127.0.0.1 192.0.2.1 1025\r\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 127.0.0.1 192.0.2.1 1025 25 x\r\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 127.0.0.1 192.0.2.1 1025 65536\r\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 127.0.0.1 192.0.2.1 -1 25\r\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 127.0.0.256 192.0.2.1 1 2\r\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 127.0.0.1\0 192.0.2.1 1 2\r\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 ::1 ::1 1 2\r\n"), PROXY_BAD, {.known = false}},
    {SPAN("PROXY TCP6 127.0.0.1 ::1 1 2\r\n"), PROXY_BAD, {.known = false}},
    {SPAN("PROXY UDP4 127.0.0.1 127.0.0.1 1 2\r\n"), PROXY_BAD,
	{.known = false}},
    {SPAN("PROXY TCP4 11111111111111111111111111111111111111111111111111 "
	  "127.0.0.1 1 2\r\n"),
	PROXY_BAD, {.known = false}},
    {SPAN(V2 "\x22\x11\x00\x0c" V4), PROXY_BAD, {.known = false}},
    {SPAN(V2 "\x11\x11\x00\x0c" V4), PROXY_BAD, {.known = false}},
    {SPAN(V2 "\x21\x11\x00\x0b" V4), PROXY_BAD, {.known = false}},
    {SPAN(V2 "\x21\x21\x00\x0c" V4), PROXY_BAD, {.known = false}},
    {SPAN(V2 "\x20\x00\xff\xff"), PROXY_BAD, {.known = false}},
    /* Families and transports that nobody has defined. */
    {SPAN(V2 "\x21\x41\x00\x0c" V4), PROXY_BAD, {.known = false}},
    {SPAN(V2 "\x21\xf1\x00\x0c" V4), PROXY_BAD, {.known = false}},
    {SPAN(V2 "\x21\x13\x00\x0c" V4), PROXY_BAD, {.known = false}},
    /* LOCAL: the family is ignored. */
    {SPAN(V2 "\x20\x41\x00\x0c" V4), PROXY_DONE, {.known = false}},
    {SPAN("\r\n\r\n\r\n"), PROXY_BAD, {.known = false}},
};

static enum proxy_status
parse_copy(struct span text, struct proxy_found *found, size_t *consumed)
{
	char *copy = malloc(text.len ? text.len : 1);
	struct span in = {copy, text.len};
	enum proxy_status status;

	assert_non_null(copy);
	memcpy(copy, text.at, text.len);
	status = proxy_parse(&in, found);
	*consumed = text.len - in.len;
	free(copy);
	return status;
}

static void
check_found(const struct proxy_found *found, const struct proxy_found *expected)
{
	assert_int_equal(found->known, expected->known);
	if (!found->known)
		return;
	assert_string_equal(found->peer, expected->peer);
	assert_string_equal(found->local, expected->local);
	assert_int_equal(found->peer_port, expected->peer_port);
	assert_int_equal(found->local_port, expected->local_port);
}

static void
reads_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct proxy_found found;
		size_t consumed;

		assert_int_equal(parse_copy(rows[i].text, &found, &consumed),
		    rows[i].status);
		if (rows[i].status != PROXY_DONE)
			continue;
		assert_int_equal(consumed, rows[i].text.len);
		check_found(&found, &rows[i].found);
	}
}

/* Every beginning of a header is one that waits, and consumes nothing. */
static void
reads_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct proxy_found found;
		enum proxy_status status = PROXY_MORE;
		size_t consumed = 0;

		for (size_t len = 0; len <= rows[i].text.len; len++) {
			assert_int_equal(consumed, 0);
			status = parse_copy(
			    span_make(rows[i].text.at, len), &found, &consumed);
			if (status != PROXY_MORE)
				break;
		}
		assert_int_equal(status, rows[i].status);
	}
}

static void
leaves_what_follows(void **state)
{
	struct span in = SPAN("PROXY UNKNOWN\r\nEHLO x\r\n");
	struct proxy_found found;

	(void)state;
	assert_int_equal(proxy_parse(&in, &found), PROXY_DONE);
	assert_true(span_equal(in, SPAN("EHLO x\r\n")));
}

static void
has_a_ceiling(void **state)
{
	char text[PROXY_MAX + 1];
	struct span in = {text, 107};
	struct proxy_found found;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "PROXY UNKNOWN", 13);
	memcpy(text + 105, "\r\n", 2);
	assert_int_equal(proxy_parse(&in, &found), PROXY_DONE);
	memcpy(text + 105, " \r\n", 3);
	in = span_make(text, 106);
	assert_int_equal(proxy_parse(&in, &found), PROXY_MORE);
	in = span_make(text, 108);
	assert_int_equal(proxy_parse(&in, &found), PROXY_BAD);
	memcpy(text, V2 "\x20\x00\x0f\xf0", 16);
	in = span_make(text, PROXY_MAX);
	assert_int_equal(proxy_parse(&in, &found), PROXY_DONE);
	text[15] = '\xf1';
	in = span_make(text, sizeof(text));
	assert_int_equal(proxy_parse(&in, &found), PROXY_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_whole),
	    cmocka_unit_test(reads_byte_by_byte),
	    cmocka_unit_test(leaves_what_follows),
	    cmocka_unit_test(has_a_ceiling),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
