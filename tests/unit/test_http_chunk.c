/* test_http_chunk: bodies in chunks, whole and in pieces of every size. */
#include "http_chunk.h"

#include "unit.h"

#include <string.h>

#define LIMIT 64

static const struct row {
	const char *what;
	struct span text;
	enum http_chunk_status status;
	struct span body;
	size_t rest; /* bytes that belong to the next request */
} rows[] = {
    {"nothing", SPAN("0\r\n\r\n"), HTTP_CHUNK_DONE, SPAN(""), 0},
    {"one", SPAN("5\r\nhello\r\n0\r\n\r\n"), HTTP_CHUNK_DONE, SPAN("hello"), 0},
    {"two", SPAN("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nGET"), HTTP_CHUNK_DONE,
	SPAN("hello"), 3},
    {"bare LF", SPAN("5\nhello\r\n0\r\n\r\n"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"bare LF in an extension", SPAN("5;a\nhello\r\n0\r\n\r\n"), HTTP_CHUNK_BAD,
	SPAN(""), 0},
    {"bare LF behind data", SPAN("5\r\nhello\n0\r\n\r\n"), HTTP_CHUNK_BAD,
	SPAN("hello"), 0},
    {"bare LF at the end", SPAN("0\r\n\n"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"bare LF in a trailer", SPAN("0\r\nA: b\n\r\n"), HTTP_CHUNK_BAD, SPAN(""),
	0},
    {"bare CR", SPAN("5\rx\nhello"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"bare CR in an extension", SPAN("5;\rx\r\nhello"), HTTP_CHUNK_BAD,
	SPAN(""), 0},
    {"two CRs behind data", SPAN("5\r\nhello\r\r\n0\r\n\r\n"), HTTP_CHUNK_BAD,
	SPAN("hello"), 0},
    {"bare CR at the end", SPAN("0\r\n\r\r\n"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"blanks", SPAN("1 \t\r\nx\r\n0\r\n\r\n"), HTTP_CHUNK_DONE, SPAN("x"), 0},
    {"NUL behind digits", SPAN("1\0\r\nx"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"hexadecimal", SPAN("0000A\r\n0123456789\r\n00\r\n\r\n"), HTTP_CHUNK_DONE,
	SPAN("0123456789"), 0},
    {"extensions", SPAN("1;a=\"b\"\r\nx\r\n0 ;c\r\n\r\n"), HTTP_CHUNK_DONE,
	SPAN("x"), 0},
    {"trailers", SPAN("1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\nG"), HTTP_CHUNK_DONE,
	SPAN("x"), 1},
    {"line ends inside", SPAN("4\r\n\r\n\r\n\r\n0\r\n\r\n"), HTTP_CHUNK_DONE,
	SPAN("\r\n\r\n"), 0},
    {"NULs", SPAN("2\r\n\0\0\r\n0\r\n\r\n"), HTTP_CHUNK_DONE, SPAN("\0\0"), 0},
    {"up to the ceiling",
	SPAN("40\r\n"
	     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	     "\r\n0\r\n\r\n"),
	HTTP_CHUNK_DONE,
	SPAN("0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
	     "abcdef"),
	0},
    {"unfinished", SPAN("5\r\nhel"), HTTP_CHUNK_MORE, SPAN("hel"), 0},
    {"no end", SPAN("5\r\nhello\r\n"), HTTP_CHUNK_MORE, SPAN("hello"), 0},
    {"no last line", SPAN("0\r\n"), HTTP_CHUNK_MORE, SPAN(""), 0},
    {"no digits", SPAN("\r\nhello\r\n"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"no number", SPAN("x\r\n"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"a sign", SPAN("-1\r\n"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"0x", SPAN("0x5\r\nhello\r\n"), HTTP_CHUNK_BAD, SPAN(""), 0},
    {"too many digits", SPAN("0000000000000001\r\n"), HTTP_CHUNK_BAD, SPAN(""),
	0},
    {"too long", SPAN("2\r\nhello\r\n"), HTTP_CHUNK_BAD, SPAN("he"), 0},
    {"beyond the ceiling", SPAN("41\r\n"), HTTP_CHUNK_FULL, SPAN(""), 0},
    {"beyond it in two", SPAN("1\r\nx\r\n40\r\n"), HTTP_CHUNK_FULL, SPAN("x"),
	0},
    {"beyond all", SPAN("fffffffffffffff\r\n"), HTTP_CHUNK_FULL, SPAN(""), 0},
};

static void
check(const struct row *row, size_t size)
{
	struct http_chunk chunk = {.state = HTTP_CHUNK_SIZE};
	enum http_chunk_status status = HTTP_CHUNK_MORE;
	struct span rest = row->text;
	struct buf body;

	buf_init(&body, LIMIT);
	while (status == HTTP_CHUNK_MORE && rest.len > 0) {
		struct span part = rest;

		part.len = part.len < size ? part.len : size;
		span_skip(&rest, part.len);
		status = http_chunk_step(&chunk, &part, &body);
		rest.at -= part.len;
		rest.len += part.len;
	}
	if (status != row->status || !span_equal(buf_span(&body), row->body))
		fail_msg("%s by %zu: %d", row->what, size, (int)status);
	if (status == HTTP_CHUNK_DONE && rest.len != row->rest)
		fail_msg("%s by %zu leaves %zu", row->what, size, rest.len);
	buf_release(&body);
}

static void
reads_chunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t size = 1; size <= rows[i].text.len; size++)
			check(&rows[i], size);
}

/* Neither extensions nor trailers go on for ever. */
static void
has_a_ceiling_for_the_rest(void **state)
{
	static const struct span starts[] = {SPAN("1;"), SPAN("0\r\nA: ")};

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct http_chunk chunk = {.state = HTTP_CHUNK_SIZE};
		enum http_chunk_status status = HTTP_CHUNK_MORE;
		struct span in = starts[i];
		struct buf body;
		size_t count = 0;

		buf_init(&body, LIMIT);
		while (status == HTTP_CHUNK_MORE && count++ < 1000000) {
			status = http_chunk_step(&chunk, &in, &body);
			in = SPAN("xxxxxxxxxxxxxxxx");
		}
		assert_int_equal(status, HTTP_CHUNK_BAD);
		assert_true(count < 10000);
		buf_release(&body);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_chunks),
	    cmocka_unit_test(has_a_ceiling_for_the_rest),
	};

	return cmocka_run_group_tests_name("http_chunk", tests, NULL, NULL);
}
