/* test_finding_text: each finding in one line of printable ASCII. */
#include "finding_text.h"

#include "unit.h"

#include <string.h>

struct row {
	const char *rule;
	uint64_t offset;
	struct span bytes;
	uint64_t more;
	const char *text;
};

#define BYTES(literal)                                                         \
	{                                                                      \
		literal, sizeof(literal) - 1                                   \
	}

static const struct row rows[] = {
    {"bare-lf", 120, BYTES("\nSecond line"), 0,
	"error bare-lf RFC 5321 2.3.8 at 120: A line ends with LF without CR: "
	"\"\\nSecond line\""},
    {"nul", 0, BYTES("\0\r\t\\\"\xff\x7f\x1b"), 3,
	"error nul RFC 5322 2.1 at 0: The text holds a NUL: "
	"\"\\0\\r\\t\\\\\\\"\\xff\\x7f\\x1b\" (and 3 more)"},
    {"no-quit", 4, BYTES(""), 0,
	"warning no-quit RFC 5321 4.1.1.10 at line 5: The client left without "
	"QUIT"},
    {"recipient-hidden", 0, BYTES("a@b.test"), 0,
	"info recipient-hidden RFC 5321 7.2 at 0: A recipient of the envelope "
	"is not in the header: \"a@b.test\""},
};

static void
writes_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct finding finding = {
		    .rule = finding_rule(span_string(rows[i].rule)),
		    .offset = rows[i].offset,
		    .bytes = rows[i].bytes,
		    .more = rows[i].more,
		};
		struct buf out;

		assert_non_null(finding.rule);
		buf_init(&out, 1000);
		assert_true(finding_put_text(&out, &finding));
		assert_string_equal(buf_string(&out), rows[i].text);
		buf_release(&out);
	}
}

static void
a_full_buffer_is_said(void **state)
{
	struct finding finding = {
	    .rule = finding_rules(), .bytes = SPAN("\xff")};
	struct buf out;

	(void)state;
	buf_init(&out, 20);
	assert_false(finding_put_text(&out, &finding));
	buf_release(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_one_line),
	    cmocka_unit_test(a_full_buffer_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
