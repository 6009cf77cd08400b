/* test_clean: text before and after it is cleaned. */
#include "clean.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	const char *clean;
	const char *lower;
} rows[] = {
    {"", "", ""},
    {"   ", "", "   "},
    {"Hello", "hello", "hello"},
    {" A  B ", "a b", " a  b "},
    {"a\r\n\tb", "a b", "a\r\n\tb"},
    {"<A@B.test>, \"C\"; (d)", "a@b.test c d", "<a@b.test>, \"c\"; (d)"},
    {"a.b-c/d:e_f", "a.b-c/d:e_f", "a.b-c/d:e_f"},
    /* white space beyond ASCII, byte order mark */
    {"a\xc2\xa0"
     "b\xe2\x80\x83"
     "c\xc2\x85"
     "d",
	"a b c d",
	"a\xc2\xa0"
	"b\xe2\x80\x83"
	"c\xc2\x85"
	"d"},
    {"\xef\xbb\xbf"
     "A",
	"a",
	"\xef\xbb\xbf"
	"a"},
    /* letters beyond ASCII */
    {"\xc3\x84\xc3\x96\xc3\x9c \xd0\x96 \xce\xa9 \xe1\xba\x9e",
	"\xc3\xa4\xc3\xb6\xc3\xbc \xd0\xb6 \xcf\x89 \xc3\x9f",
	"\xc3\xa4\xc3\xb6\xc3\xbc \xd0\xb6 \xcf\x89 \xc3\x9f"},
    /* one that becomes longer, U+023A */
    {"\xc8\xba", "\xe2\xb1\xa5", "\xe2\xb1\xa5"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    /* no UTF-8 */
    {"A\xff"
     "B",
	"a\xff"
	"b",
	"a\xff"
	"b"},
    {"A\xc3", "a\xc3", "a\xc3"},
};

static void
try_row(const char *text, const char *wanted,
    bool (*put)(struct buf *, struct span))
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	struct buf out;

	assert_non_null(copy);
	memcpy(copy, text, len);
	buf_init(&out, 1000);
	assert_true(put(&out, span_make(copy, len)));
	assert_string_equal(buf_string(&out), wanted);
	buf_release(&out);
	free(copy);
}

static void
cleans(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		try_row(rows[i].text, rows[i].clean, clean_put);
		try_row(rows[i].text, rows[i].lower, clean_put_lower);
	}
}

/* What is clean is not changed again. */
static void
is_clean_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		try_row(rows[i].clean, rows[i].clean, clean_put);
}

static void
puts_a_blank_between(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(clean_put(&out, SPAN("A ")));
	assert_true(clean_put(&out, SPAN("  ")));
	assert_true(clean_put(&out, SPAN("B\0C")));
	assert_string_equal(buf_string(&out), "a b c");
	buf_release(&out);
}

static void
stops_at_the_ceiling(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 3);
	assert_false(clean_put(&out, SPAN("abcd")));
	buf_reset(&out);
	assert_false(clean_put_lower(&out, SPAN("\xc3\x84\xc3\x84")));
	buf_release(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cleans),
	    cmocka_unit_test(is_clean_once),
	    cmocka_unit_test(puts_a_blank_between),
	    cmocka_unit_test(stops_at_the_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
