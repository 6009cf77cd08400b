/* test_http_head: heads that are well-formed, and ones that are not. */
#include "http_head.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define HOST "Host: a\r\n"

static const struct {
	const char *what;
	struct span text;
	int status;
	unsigned minor;
	enum http_body_form body;
	uint64_t body_len;
	bool keeps_alive;
	bool wants_continue;
} rows[] = {
    {"plain", SPAN("GET / HTTP/1.1\r\n" HOST "\r\n"), 0, 1, HTTP_BODY_NONE, 0,
	true, false},
    {"bare LF", SPAN("GET / HTTP/1.1\nHost: a\n\n"), 0, 1, HTTP_BODY_NONE, 0,
	true, false},
    {"mixed ends", SPAN("GET / HTTP/1.1\r\nHost: a\n\r\n"), 0, 1,
	HTTP_BODY_NONE, 0, true, false},
    {"1.0", SPAN("GET / HTTP/1.0\r\n\r\n"), 0, 0, HTTP_BODY_NONE, 0, false,
	false},
    {"1.0 kept", SPAN("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 0, 0,
	HTTP_BODY_NONE, 0, true, false},
    {"1.2", SPAN("GET / HTTP/1.2\r\n" HOST "\r\n"), 0, 2, HTTP_BODY_NONE, 0,
	true, false},
    {"closed", SPAN("GET / HTTP/1.1\r\n" HOST "Connection: TE, Close\r\n\r\n"),
	0, 1, HTTP_BODY_NONE, 0, false, false},
    {"closed of two",
	SPAN("GET / HTTP/1.1\r\n" HOST
	     "Connection: keep-alive\r\nconnection:close\r\n\r\n"),
	0, 1, HTTP_BODY_NONE, 0, false, false},
    {"length", SPAN("PUT / HTTP/1.1\r\n" HOST "content-length: 17\r\n\r\n"), 0,
	1, HTTP_BODY_LENGTH, 17, true, false},
    {"length 0", SPAN("PUT / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), 0,
	1, HTTP_BODY_NONE, 0, true, false},
    {"same length twice",
	SPAN("PUT / HTTP/1.1\r\n" HOST
	     "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
	0, 1, HTTP_BODY_LENGTH, 5, true, false},
    {"chunked",
	SPAN("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"), 0,
	1, HTTP_BODY_CHUNKED, 0, true, false},
    {"expected",
	SPAN("PUT / HTTP/1.1\r\n" HOST
	     "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n"),
	0, 1, HTTP_BODY_LENGTH, 1, true, true},
    {"expected in 1.0",
	SPAN("PUT / HTTP/1.0\r\n" HOST
	     "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n"),
	0, 0, HTTP_BODY_LENGTH, 1, false, false},
    {"tabs", SPAN("GET / HTTP/1.1\r\nHost:\t a\t \r\nX:\r\n\r\n"), 0, 1,
	HTTP_BODY_NONE, 0, true, false},
    {"8-bit", SPAN("GET /\xc3\xa4 HTTP/1.1\r\n" HOST "X: \xff\r\n\r\n"), 0, 1,
	HTTP_BODY_NONE, 0, true, false},

    {"no version", SPAN("GET /\r\n\r\n"), 400, 0, 0, 0, 0, 0},
    {"no target", SPAN("GET HTTP/1.1\r\n" HOST "\r\n"), 400, 0, 0, 0, 0, 0},
    {"two blanks", SPAN("GET  / HTTP/1.1\r\n" HOST "\r\n"), 400, 0, 0, 0, 0, 0},
    {"a blank in the target", SPAN("GET /a b HTTP/1.1\r\n" HOST "\r\n"), 400, 0,
	0, 0, 0, 0},
    {"a blank behind", SPAN("GET / HTTP/1.1 \r\n" HOST "\r\n"), 400, 0, 0, 0, 0,
	0},
    {"a tab", SPAN("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), 400, 0, 0, 0, 0, 0},
    {"a NUL", SPAN("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), 400, 0, 0, 0, 0, 0},
    {"a bare CR", SPAN("GET / HTTP/1.1\rX\r\n" HOST "\r\n"), 400, 0, 0, 0, 0,
	0},
    {"no method", SPAN(" / HTTP/1.1\r\n" HOST "\r\n"), 400, 0, 0, 0, 0, 0},
    {"a method of marks", SPAN("G(T / HTTP/1.1\r\n" HOST "\r\n"), 400, 0, 0, 0,
	0, 0},
    {"small letters", SPAN("GET / http/1.1\r\n" HOST "\r\n"), 400, 0, 0, 0, 0,
	0},
    {"HTTP/2", SPAN("PRI * HTTP/2.0\r\n\r\n"), 505, 0, 0, 0, 0, 0},
    {"HTTP/0.9", SPAN("GET / HTTP/0.9\r\n\r\n"), 505, 0, 0, 0, 0, 0},
    {"HTTP/11", SPAN("GET / HTTP/11\r\n" HOST "\r\n"), 400, 0, 0, 0, 0, 0},
    {"HTTP/1.10", SPAN("GET / HTTP/1.10\r\n" HOST "\r\n"), 400, 0, 0, 0, 0, 0},
    {"no host", SPAN("GET / HTTP/1.1\r\n\r\n"), 400, 0, 0, 0, 0, 0},
    {"two hosts", SPAN("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), 400, 0, 0, 0, 0,
	0},
    {"a folded line", SPAN("GET / HTTP/1.1\r\n" HOST " b\r\n\r\n"), 400, 0, 0,
	0, 0, 0},
    {"a blank before the colon", SPAN("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
	400, 0, 0, 0, 0, 0},
    {"no colon", SPAN("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"), 400, 0, 0, 0, 0,
	0},
    {"no name", SPAN("GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n"), 400, 0, 0, 0, 0,
	0},
    {"a NUL in a value", SPAN("GET / HTTP/1.1\r\n" HOST "X: \0\r\n\r\n"), 400,
	0, 0, 0, 0, 0},
    {"a CR in a value", SPAN("GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n"), 400,
	0, 0, 0, 0, 0},
    {"two lengths",
	SPAN("PUT / HTTP/1.1\r\n" HOST
	     "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
	400, 0, 0, 0, 0, 0},
    {"a list of lengths",
	SPAN("PUT / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n"), 400, 0,
	0, 0, 0, 0},
    {"a negative length",
	SPAN("PUT / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n"), 400, 0, 0,
	0, 0, 0},
    {"a plus", SPAN("PUT / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n"),
	400, 0, 0, 0, 0, 0},
    {"no length", SPAN("PUT / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"),
	400, 0, 0, 0, 0, 0},
    {"a length beyond all",
	SPAN("PUT / HTTP/1.1\r\n" HOST
	     "Content-Length: 18446744073709551616\r\n\r\n"),
	400, 0, 0, 0, 0, 0},
    {"length and chunks",
	SPAN("PUT / HTTP/1.1\r\n" HOST
	     "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
	400, 0, 0, 0, 0, 0},
    {"chunks twice",
	SPAN("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
	     "Transfer-Encoding: chunked\r\n\r\n"),
	400, 0, 0, 0, 0, 0},
    {"chunks in 1.0",
	SPAN("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, 0, 0,
	0, 0, 0},
    {"gzip",
	SPAN("PUT / HTTP/1.1\r\n" HOST
	     "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	501, 0, 0, 0, 0, 0},
    {"identity",
	SPAN("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n"),
	501, 0, 0, 0, 0, 0},
    {"other expectations", SPAN("GET / HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n"),
	417, 0, 0, 0, 0, 0},
};

/* In memory that ends where the text ends. */
static int
read_copy(struct span text, struct http_head *head)
{
	struct http_field *fields =
	    calloc(http_head_count(text) + 1, sizeof(*fields));
	char *copy = malloc(text.len);
	int status;

	assert_non_null(fields);
	assert_non_null(copy);
	memcpy(copy, text.at, text.len);
	status = http_head_read(head, span_make(copy, text.len), fields);
	free(copy);
	free(fields);
	return status;
}

static void
reads_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_head head;

		if (read_copy(rows[i].text, &head) != rows[i].status)
			fail_msg("%s", rows[i].what);
		if (rows[i].status)
			continue;
		if (head.minor != rows[i].minor || head.body != rows[i].body ||
		    (head.body == HTTP_BODY_LENGTH &&
			head.body_len != rows[i].body_len) ||
		    head.keeps_alive != rows[i].keeps_alive ||
		    head.wants_continue != rows[i].wants_continue)
			fail_msg("%s", rows[i].what);
	}
}

/* Fed in pieces of every size, with more behind it, it ends at its end. */
static void
finds_the_end(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = rows[i].text.len;

		memcpy(text, rows[i].text.at, len);
		memcpy(text + len, "\r\n\r\nX", 5);
		for (size_t size = 1; size <= len + 5; size++) {
			size_t looked = 0;
			size_t found = 0;

			for (size_t at = size; !found && at <= len + 5;
			     at += size)
				found = http_head_find(
				    span_make(text, at), &looked);
			if (found != len && len + 5 >= size * (len / size + 1))
				fail_msg("%s by %zu: %zu", rows[i].what, size,
				    found);
		}
	}
}

static void
finds_no_end_too_early(void **state)
{
	static const struct span parts[] = {SPAN(""), SPAN("\n"), SPAN("\r\n"),
	    SPAN("GET / HTTP/1.1\r\n"), SPAN("GET / HTTP/1.1\r\n\r"),
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\n\rx"),
	    SPAN("GET / HTTP/1.1\r\n \r\n")};

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		size_t looked = 0;

		assert_int_equal(http_head_find(parts[i], &looked), 0);
	}
}

static void
finds_fields(void **state)
{
	static const struct span text =
	    SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nX-Two:  2 \r\nx-two: 3\r\n"
		 "Empty:\r\n\r\n");
	struct http_field fields[8];
	struct http_head head;

	(void)state;
	assert_true(http_head_count(text) <= COUNT(fields));
	assert_int_equal(http_head_read(&head, text, fields), 0);
	assert_int_equal(head.count, 4);
	assert_true(span_equal(head.method, SPAN("GET")));
	assert_true(span_equal(head.target, SPAN("/x?y")));
	assert_true(
	    span_equal(http_head_field(&head, "X-TWO")->value, SPAN("2")));
	assert_int_equal(http_head_field(&head, "empty")->value.len, 0);
	assert_null(http_head_field(&head, "X-T"));
	assert_null(http_head_field(&head, ""));
}

static void
has_a_ceiling_for_fields(void **state)
{
	char text[HTTP_FIELDS_LIMIT * 8 + 64] = "GET / HTTP/1.1\r\nHost: a\r\n";
	size_t len = strlen(text);
	struct http_head head;

	(void)state;
	for (size_t i = 1; i < HTTP_FIELDS_LIMIT; i++) {
		memcpy(text + len, "A: b\r\n", 6);
		len += 6;
	}
	memcpy(text + len, "\r\n", 3);
	assert_int_equal(read_copy(span_make(text, len + 2), &head), 0);
	memcpy(text + len, "A: b\r\n\r\n", 8);
	assert_int_equal(read_copy(span_make(text, len + 8), &head), 431);
}

static void
says_what_is_too_long(void **state)
{
	char line[HTTP_HEAD_LIMIT + 16];

	(void)state;
	assert_int_equal(http_head_too_long(SPAN("GET /aaaaaaaa")), 414);
	assert_int_equal(http_head_too_long(SPAN("GET / HTTP/1.1\nA")), 431);
	/* Its end may have come together with what is too much. */
	memset(line, 'a', sizeof(line));
	line[HTTP_HEAD_LIMIT] = '\n';
	assert_int_equal(
	    http_head_too_long(span_make(line, sizeof(line))), 414);
	line[HTTP_HEAD_LIMIT - 1] = '\n';
	assert_int_equal(
	    http_head_too_long(span_make(line, sizeof(line))), 431);
}

static void
reads_lists(void **state)
{
	(void)state;
	assert_true(http_list_has(SPAN("a, B;q=1 ,c"), SPAN("b")));
	assert_true(http_list_has(SPAN("upgrade"), SPAN("Upgrade")));
	assert_false(http_list_has(SPAN("a,bc"), SPAN("b")));
	assert_false(http_list_has(SPAN(""), SPAN("b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_heads),
	    cmocka_unit_test(finds_the_end),
	    cmocka_unit_test(finds_no_end_too_early),
	    cmocka_unit_test(finds_fields),
	    cmocka_unit_test(has_a_ceiling_for_fields),
	    cmocka_unit_test(says_what_is_too_long),
	    cmocka_unit_test(reads_lists),
	};

	return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
