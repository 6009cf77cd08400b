/* test_xtext: what is xtext, what it stands for, and what is none. */
#include "xtext.h"

#include "unit.h"

#include <string.h>

static const struct {
	struct span text;
	struct span bytes;
} good[] = {
    {SPAN(""), SPAN("")},
    {SPAN("abc"), SPAN("abc")},
    {SPAN("a+2Bb"), SPAN("a+b")},
    {SPAN("+3D+3d"), SPAN("==")},
    {SPAN("a@b.test!~"), SPAN("a@b.test!~")},
    {SPAN("<>"), SPAN("<>")},
    {SPAN("+00+FF+20"), SPAN("\0\xff ")},
};

static const struct {
	const char *what;
	struct span text;
} bad[] = {
    {"an equals sign", SPAN("a=b")},
    {"a blank", SPAN("a b")},
    {"a plus sign at the end", SPAN("a+")},
    {"half of a hex pair", SPAN("a+2")},
    {"no hex digit first", SPAN("+G0")},
    {"no hex digit second", SPAN("+0G")},
    {"a sign within", SPAN("++2B")},
    {"a control character", SPAN("a\x01")},
    {"a NUL", SPAN("a\0")},
    {"DEL", SPAN("a\x7f")},
    {"8-bit", SPAN("a\xc3\xa4")},
};

static void
decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct buf buf;
		size_t len;

		buf_init(&buf, 100);
		assert_true(xtext_measure(good[i].text, &len));
		assert_int_equal(len, good[i].bytes.len);
		assert_true(xtext_decode(&buf, good[i].text));
		assert_true(span_equal(buf_span(&buf), good[i].bytes));
		buf_release(&buf);
	}
}

static void
refuses(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t len;

		if (xtext_measure(bad[i].text, &len) ||
		    xtext_decode(&buf, bad[i].text))
			fail_msg("taken: %s", bad[i].what);
		assert_int_equal(buf.len, 0);
		assert_false(buf_failed(&buf));
	}
	buf_release(&buf);
}

static void
keeps_the_ceiling(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 2);
	assert_true(xtext_decode(&buf, SPAN("+41+42")));
	assert_false(xtext_decode(&buf, SPAN("c")));
	assert_int_equal(buf.len, 2);
	buf_release(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decodes),
	    cmocka_unit_test(refuses),
	    cmocka_unit_test(keeps_the_ceiling),
	};

	return cmocka_run_group_tests_name("xtext", tests, NULL, NULL);
}
