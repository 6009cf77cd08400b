/* test_header: header blocks well and badly made. */
#include "header.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void
reads_fields_in_order(void **state)
{
	struct span rest =
	    SPAN("A: 1\r\nb :\t2 \nLong: x\r\n y\r\n\tz\r\n\r\nBody: no\r\n");
	struct header_field field;

	(void)state;
	assert_true(header_next(&rest, &field));
	assert_true(span_equal(field.name, SPAN("A")));
	assert_true(span_equal(field.value, SPAN("1")));
	assert_true(header_next(&rest, &field));
	assert_true(span_equal(field.name, SPAN("b")));
	assert_true(span_equal(field.value, SPAN("2")));
	assert_true(header_next(&rest, &field));
	assert_true(span_equal(field.value, SPAN("x\r\n y\r\n\tz")));
	assert_false(header_next(&rest, &field));
	assert_true(span_starts(rest, SPAN("\r\nBody")));
}

static void
ends_where_no_field_is(void **state)
{
	static const struct {
		struct span text;
		size_t len; /* of the block */
	} rows[] = {
	    {SPAN(""), 0},
	    {SPAN("\r\n"), 0},
	    {SPAN("no field\r\nA: 1\r\n"), 0},
	    {SPAN(" A: 1\r\n"), 0},
	    {SPAN(": 1\r\n"), 0},
	    {SPAN("A: 1"), 4},
	    {SPAN("A: 1\r\nnot\r\nB: 2\r\n"), 6},
	    /* RFC 5322 4.2: a line of blanks is an obsolete fold. */
	    {SPAN("A: 1\r\n \r\nB: 2\r\n"), 15},
	    {SPAN("A\0: 1\r\n"), 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(header_block(rows[i].text).len, rows[i].len);
}

static void
finds_the_first_of_a_name(void **state)
{
	struct span message =
	    SPAN("X: 0\r\nSubject: one\r\nSUBJECT: two\r\n\r\nTo: b\r\n");
	struct span value;

	(void)state;
	assert_true(header_find(message, SPAN("subject"), &value));
	assert_true(span_equal(value, SPAN("one")));
	assert_false(header_find(message, SPAN("to"), &value));
	assert_false(header_find(message, SPAN("sub"), &value));
}

static void
unfolds(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_true(header_unfold(&out, SPAN("x\r\n  y z\n\tend")));
	assert_true(span_equal(buf_span(&out), SPAN("x y z end")));
	buf_release(&out);
	buf_init(&out, 4);
	assert_false(header_unfold(&out, SPAN("12345")));
	buf_release(&out);
}

static void
keeps_bytes_that_may_be_anything(void **state)
{
	struct span rest = SPAN("S: a\0b\xff\rc\r\n\r\n");
	struct header_field field;

	(void)state;
	assert_true(header_next(&rest, &field));
	assert_true(span_equal(field.value, SPAN("a\0b\xff\rc")));
}

/* 100,000 fields, and a field of 100,000 folds: both in one pass. */
static void
walks_large_blocks(void **state)
{
	size_t count = 100000, seen = 0;
	char *text = malloc(count * 6);
	struct header_field field;
	struct span rest;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * 6, "A: 1\r\n", 6);
	rest = span_make(text, count * 6);
	while (header_next(&rest, &field))
		seen++;
	assert_int_equal(seen, count);
	for (size_t i = 1; i < count; i++)
		text[i * 6] = ' ';
	rest = span_make(text, count * 6);
	assert_true(header_next(&rest, &field));
	assert_int_equal(rest.len, 0);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_fields_in_order),
	    cmocka_unit_test(ends_where_no_field_is),
	    cmocka_unit_test(finds_the_first_of_a_name),
	    cmocka_unit_test(unfolds),
	    cmocka_unit_test(keeps_bytes_that_may_be_anything),
	    cmocka_unit_test(walks_large_blocks),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
