/* test_span: each function at the edges of its spans. */
#include "span.h"

#include "unit.h"

#include <string.h>

static void
compares(void **state)
{
	struct span none = span_make(NULL, 0);

	(void)state;
	assert_true(span_equal(SPAN("a\0b"), SPAN("a\0b")));
	assert_false(span_equal(SPAN("a\0b"), SPAN("a\0c")));
	assert_false(span_equal(SPAN("ab"), SPAN("a")));
	assert_true(span_equal(none, SPAN("")));
	assert_true(span_equal(span_string(NULL), span_string("")));
	assert_true(span_equal_nocase(SPAN("hElo@[z"), SPAN("HeLO@[Z")));
	/* '@' and '[' stand beside the letters and have no other case. */
	assert_false(span_equal_nocase(SPAN("@["), SPAN("`{")));
	assert_false(span_equal_nocase(SPAN("\xc4"), SPAN("\xe4")));
	assert_false(span_equal_nocase(SPAN("ab"), SPAN("abc")));
}

static void
finds_beginnings(void **state)
{
	(void)state;
	assert_true(span_starts(SPAN("MAIL FROM"), SPAN("MAIL")));
	assert_true(span_starts(SPAN("MAIL"), SPAN("")));
	assert_true(span_starts(SPAN(""), span_make(NULL, 0)));
	assert_false(span_starts(SPAN("MAI"), SPAN("MAIL")));
	assert_false(span_starts(SPAN("mail"), SPAN("MAIL")));
	assert_true(span_starts_nocase(SPAN("mail from"), SPAN("MAIL")));
	assert_false(span_starts_nocase(SPAN("mai"), SPAN("MAIL")));
}

static const struct {
	struct span span;
	struct span needle;
	bool contains;
} contents[] = {
    {SPAN("abc"), SPAN(""), true},
    {SPAN(""), SPAN(""), true},
    {SPAN(""), SPAN("a"), false},
    {SPAN("abc"), SPAN("ABC"), true},
    {SPAN("abc"), SPAN("c"), true},
    {SPAN("abc"), SPAN("cd"), false},
    {SPAN("aaab"), SPAN("aab"), true},
    {SPAN("abc"), SPAN("abcd"), false},
    {SPAN("a\0B"), SPAN("\0b"), true},
};

static void
finds_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++)
		assert_int_equal(
		    span_contains_nocase(contents[i].span, contents[i].needle),
		    contents[i].contains);
	assert_int_equal(span_find(SPAN("abc"), 'c'), 2);
	assert_int_equal(span_find(SPAN("abc"), 'd'), 3);
	assert_int_equal(span_find(SPAN("a\0b"), '\0'), 1);
	assert_int_equal(span_find(span_make(NULL, 0), 'a'), 0);
}

/* It looks at eight bytes at a time: each place, in each length. */
static void
finds_8bit(void **state)
{
	char text[40];

	(void)state;
	assert_int_equal(span_find_8bit(span_make(NULL, 0)), 0);
	memset(text, 0x7f, sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len++) {
		assert_int_equal(span_find_8bit(span_make(text, len)), len);
		for (size_t at = 0; at < len; at++) {
			text[at] = '\x80';
			text[len - 1] |= '\x80';
			assert_int_equal(
			    span_find_8bit(span_make(text, len)), at);
			text[at] = 0x7f;
			text[len - 1] = 0x7f;
		}
	}
}

static void
skips_and_cuts(void **state)
{
	struct span rest = SPAN("a,,b");
	struct span none = span_make(NULL, 0);

	(void)state;
	assert_true(span_equal(span_cut(&rest, ','), SPAN("a")));
	assert_true(span_equal(span_cut(&rest, ','), SPAN("")));
	assert_true(span_equal(span_cut(&rest, ','), SPAN("b")));
	assert_int_equal(rest.len, 0);
	assert_int_equal(span_cut(&rest, ',').len, 0);
	assert_int_equal(span_cut(&none, ',').len, 0);
	rest = SPAN("abc");
	span_skip(&rest, 1);
	assert_true(span_equal(rest, SPAN("bc")));
	span_skip(&rest, SIZE_MAX);
	assert_int_equal(rest.len, 0);
	span_skip(&none, 1);
	assert_null(none.at);
}

static void
cuts_words(void **state)
{
	struct span rest = SPAN("one \ttwo\tthree ");
	struct span blank = SPAN(" x");
	struct span none = SPAN("");

	(void)state;
	assert_true(span_equal(span_cut_word(&rest), SPAN("one")));
	assert_true(span_equal(span_cut_word(&rest), SPAN("two")));
	assert_true(span_equal(rest, SPAN("three ")));
	assert_true(span_equal(span_cut_word(&rest), SPAN("three")));
	assert_int_equal(rest.len, 0);
	assert_int_equal(span_cut_word(&rest).len, 0);
	assert_int_equal(span_cut_word(&blank).len, 0);
	assert_true(span_equal(blank, SPAN("x")));
	assert_int_equal(span_cut_word(&none).len, 0);
}

static void
trims(void **state)
{
	(void)state;
	assert_true(span_equal(span_trim(SPAN(" \ta b\t ")), SPAN("a b")));
	assert_true(span_equal(span_trim(SPAN(" \t ")), SPAN("")));
	assert_true(
	    span_equal(span_trim(SPAN("\r\na\r\n")), SPAN("\r\na\r\n")));
	assert_int_equal(span_trim(span_make(NULL, 0)).len, 0);
}

static const struct {
	struct span text;
	bool is_number;
	uint64_t number;
} numbers[] = {
    {SPAN("0"), true, 0},
    {SPAN("0010"), true, 10},
    {SPAN("18446744073709551615"), true, UINT64_MAX},
    {SPAN("18446744073709551616"), false, 0},
    {SPAN("99999999999999999999"), false, 0},
    {SPAN("100000000000000000000000"), false, 0},
    {SPAN(""), false, 0},
    {SPAN("-1"), false, 0},
    {SPAN("+1"), false, 0},
    {SPAN(" 1"), false, 0},
    {SPAN("1\0"), false, 0},
    {SPAN("12a"), false, 0},
    {SPAN("\xb2"), false, 0},
};

static void
reads_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint64_t number = 77;
		bool is_number = span_number(numbers[i].text, &number);

		assert_int_equal(is_number, numbers[i].is_number);
		assert_true(number == (is_number ? numbers[i].number : 77));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(compares),
	    cmocka_unit_test(finds_beginnings),
	    cmocka_unit_test(finds_inside),
	    cmocka_unit_test(finds_8bit),
	    cmocka_unit_test(skips_and_cuts),
	    cmocka_unit_test(cuts_words),
	    cmocka_unit_test(trims),
	    cmocka_unit_test(reads_numbers),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
