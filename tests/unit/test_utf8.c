/* test_utf8: each form at its borders, and what is none. */
#include "utf8.h"

#include "unit.h"

static const struct row {
	struct span bytes;
	size_t len;
	uint32_t code;
} rows[] = {
    {SPAN(""), 0, 0},
    {SPAN("\0"), 1, 0},
    {SPAN("a\xff"), 1, 'a'},
    {SPAN("\x7f"), 1, 0x7f},
    {SPAN("\x80"), 0, 0},
    {SPAN("\xbf"), 0, 0},
    {SPAN("\xc0\xaf"), 0, 0},
    {SPAN("\xc1\xbf"), 0, 0},
    {SPAN("\xc2\x80"), 2, 0x80},
    {SPAN("\xdf\xbf"), 2, 0x7ff},
    {SPAN("\xc3"), 0, 0},
    {SPAN("\xc3z"), 0, 0},
    {SPAN("\xc3\xc3"), 0, 0},
    {SPAN("\xe0\x9f\xbf"), 0, 0},
    {SPAN("\xe0\xa0\x80"), 3, 0x800},
    {SPAN("\xe2\x82\xac"), 3, 0x20ac},
    {SPAN("\xe2\x82"), 0, 0},
    {SPAN("\xe2\x82z"), 0, 0},
    {SPAN("\xed\x9f\xbf"), 3, 0xd7ff},
    {SPAN("\xed\xa0\x80"), 0, 0},
    {SPAN("\xee\x80\x80"), 3, 0xe000},
    {SPAN("\xef\xbf\xbf"), 3, 0xffff},
    {SPAN("\xf0\x8f\xbf\xbf"), 0, 0},
    {SPAN("\xf0\x90\x80\x80"), 4, 0x10000},
    {SPAN("\xf0\x9f\x98\x80"), 4, 0x1f600},
    {SPAN("\xf0\x9f\x98"), 0, 0},
    {SPAN("\xf0\x9f\x98z"), 0, 0},
    {SPAN("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
    {SPAN("\xf4\x90\x80\x80"), 0, 0},
    {SPAN("\xf5\x80\x80\x80"), 0, 0},
    {SPAN("\xff"), 0, 0},
};

static void
tells_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t code = 0;
		size_t len = utf8_next(rows[i].bytes, &code);

		if (len != rows[i].len || code != rows[i].code)
			print_error("row %zu: %zu, U+%04x\n", i, len, code);
		assert_int_equal(len, rows[i].len);
		assert_int_equal(code, rows[i].code);
		assert_int_equal(utf8_next(rows[i].bytes, NULL), len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
