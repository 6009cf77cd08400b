/* test_smtp_reply: what is said is ASCII, in lines of 512 octets at most. */
#include "smtp_reply.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static const struct {
	struct smtp_reply reply;
	const char *lines;
} rows[] = {
    {{250, NULL, SPAN("mx.test Hello")}, "250 mx.test Hello\r\n"},
    {{250, "2.1.0", SPAN("a@b.test... Sender ok")},
	"250 2.1.0 a@b.test... Sender ok\r\n"},
    {{334, NULL, SPAN("")}, "334 \r\n"},
    {{250, NULL, SPAN("mx.test\nSIZE 1\nHELP")},
	"250-mx.test\r\n250-SIZE 1\r\n250 HELP\r\n"},
    {{550, "5.7.1", SPAN("no\nnever")}, "550-5.7.1 no\r\n550 5.7.1 never\r\n"},
    {{250, NULL, SPAN("a\nb\n")}, "250-a\r\n250-b\r\n250 \r\n"},
    /* strange bytes */
    {{250, NULL, SPAN("tab\there")}, "250 tab\there\r\n"},
    {{250, NULL, SPAN("a\rb\0c\x7f")}, "250 a\\x0db\\x00c\\x7f\r\n"},
    {{250, NULL, SPAN("\xc3\xa4\xff")}, "250 \\xc3\\xa4\\xff\r\n"},
    {{250, NULL, SPAN("a\r\nb")}, "250-a\\x0d\r\n250 b\r\n"},
    {{250, NULL, SPAN("%s%n\\")}, "250 %s%n\\\r\n"},
};

static void
renders(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out;

		buf_init(&out, 4096);
		assert_true(smtp_reply_put(&out, &rows[i].reply));
		assert_string_equal(buf_string(&out), rows[i].lines);
		buf_release(&out);
	}
}

static void
appends(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_true(smtp_reply_put(&out, &rows[0].reply));
	assert_true(smtp_reply_put(&out, &rows[2].reply));
	assert_string_equal(buf_string(&out), "250 mx.test Hello\r\n334 \r\n");
	buf_release(&out);
}

/* Whatever the length, whatever the byte. */
static void
check_length(size_t len, char byte)
{
	char text[2000];
	struct smtp_reply reply = {250, "2.1.0", {text, len}};
	struct buf out;
	const char *line;

	memset(text, byte, len);
	buf_init(&out, 4096);
	assert_true(smtp_reply_put(&out, &reply));
	line = buf_string(&out);
	assert_in_range(out.len, 12, 512);
	assert_memory_equal(line, "250 2.1.0 ", 10);
	assert_string_equal(line + out.len - 2, "\r\n");
	for (size_t i = 0; i < out.len - 2; i++)
		assert_in_range(line[i], ' ', '~');
	/* Nothing is lost where there is room; else one sees that it is. */
	if (byte == 'x' && len <= 500)
		assert_int_equal(out.len, len + 12);
	if (byte == 'x' && len > 500) {
		assert_int_equal(out.len, 512);
		assert_memory_equal(line + out.len - 5, "...", 3);
	}
	buf_release(&out);
}

static void
shortens(void **state)
{
	(void)state;
	for (size_t len = 0; len < 600; len++) {
		check_length(len, 'x');
		check_length(len, '\x80');
	}
	check_length(2000, 'x');
}

static void
says_nothing_by_halves(void **state)
{
	struct smtp_reply reply = {250, NULL, SPAN("one\ntwo")};
	struct buf out;

	(void)state;
	buf_init(&out, 12);
	assert_false(smtp_reply_put(&out, &reply));
	assert_true(buf_failed(&out));
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void
scenario(void *context)
{
	struct buf out;
	bool is_put;

	(void)context;
	buf_init(&out, 4096);
	is_put = smtp_reply_put(&out, &rows[3].reply);
	assert_int_equal(!is_put, fail_alloc_happened());
	buf_release(&out);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(scenario, NULL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(renders),
	    cmocka_unit_test(appends),
	    cmocka_unit_test(shortens),
	    cmocka_unit_test(says_nothing_by_halves),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("smtp_reply", tests, NULL, NULL);
}
