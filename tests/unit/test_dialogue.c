/* test_dialogue: conversations written down, and read again. */
#include "dialogue.h"

#include "unit.h"

#include <string.h>

static const struct {
	struct span raw;
	struct span escaped;
} texts[] = {
    {SPAN(""), SPAN("")},
    {SPAN("MAIL FROM:<a@b.test>"), SPAN("MAIL FROM:<a@b.test>")},
    {SPAN(" blanks  stay "), SPAN(" blanks  stay ")},
    {SPAN("NOOP\n"), SPAN("NOOP\\n")},
    {SPAN("a\rb\nc\td\0e"), SPAN("a\\rb\\nc\\td\\0e")},
    {SPAN("a\\b\\n"), SPAN("a\\\\b\\\\n")},
    {SPAN("\\"), SPAN("\\\\")},
    {SPAN("\\."), SPAN("\\\\.")},
    {SPAN("\x01\x1b\x7f\x80\xff"), SPAN("\\x01\\x1b\\x7f\\x80\\xff")},
    {SPAN("\xc3\xa9 ok"), SPAN("\\xc3\\xa9 ok")},
    {SPAN("%s%n'; DROP TABLE"), SPAN("%s%n'; DROP TABLE")},
    {SPAN("~ !"), SPAN("~ !")},
};

static void
assert_span(struct span found, struct span wanted)
{
	if (!span_equal(found, wanted))
		fail_msg("\"%.*s\" is not \"%.*s\"", SPAN_ARG(found),
		    SPAN_ARG(wanted));
}

static void
escapes_and_back(void **state)
{
	struct buf out;
	struct buf raw;

	(void)state;
	buf_init(&out, 1000);
	buf_init(&raw, 1000);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct dialogue_line line;
		struct span rest;

		buf_reset(&out);
		buf_reset(&raw);
		assert_true(
		    dialogue_put(&out, DIALOGUE_CLIENT, 7, texts[i].raw));
		rest = buf_span(&out);
		assert_true(dialogue_next(&rest, &line));
		assert_int_equal(rest.len, 0);
		assert_span(line.text, texts[i].escaped);
		assert_true(dialogue_unescape(&raw, line.text));
		assert_span(buf_span(&raw), texts[i].raw);
		assert_false(dialogue_is_cut(line.text));
		buf_reset(&raw);
		assert_true(dialogue_escape(&raw, texts[i].raw));
		assert_span(buf_span(&raw), texts[i].escaped);
		buf_reset(&out);
		assert_true(
		    dialogue_put_cut(&out, DIALOGUE_CLIENT, 7, texts[i].raw));
		rest = buf_span(&out);
		assert_true(dialogue_next(&rest, &line));
		assert_true(dialogue_is_cut(line.text));
	}
	buf_release(&out);
	buf_release(&raw);
}

static void
writes_one_record_a_line(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(dialogue_put(&out, DIALOGUE_SERVER, 0, SPAN("220 x")));
	assert_true(
	    dialogue_put(&out, DIALOGUE_CLIENT, 1234567, SPAN("EHLO y")));
	assert_true(dialogue_put(&out, DIALOGUE_PIPELINED, 10, SPAN("NOOP")));
	assert_true(
	    dialogue_put_cut(&out, DIALOGUE_CLIENT, INT64_MAX, SPAN("LO\\NG")));
	/* A clock that stepped back must not make a record that is none. */
	assert_true(dialogue_put(&out, DIALOGUE_REMARK, -5, SPAN("end")));
	assert_span(buf_span(&out),
	    SPAN("S 0 220 x\n"
		 "C 1234567 EHLO y\n"
		 "c 10 NOOP\n"
		 "C 9223372036854775807 LO\\\\NG\\.\n"
		 "I 0 end\n"));
	buf_release(&out);
}

static void
puts_all_of_a_record_or_nothing(void **state)
{
	struct buf out;

	(void)state;
	for (size_t limit = 0; limit < 80; limit++) {
		size_t before;
		bool done;

		buf_init(&out, limit);
		(void)dialogue_put(&out, DIALOGUE_CLIENT, 1, SPAN("first"));
		before = out.len;
		assert_int_equal(out.failed, before == 0);
		done = dialogue_put_cut(
		    &out, DIALOGUE_CLIENT, 123, SPAN("\x01second\n"));
		assert_int_equal(done, out.len > before);
		assert_int_equal(done, !buf_failed(&out));
		if (out.len)
			assert_int_equal(out.at[out.len - 1], '\n');
		buf_release(&out);
	}
}

static void
reads_what_is_there(void **state)
{
	static const struct {
		struct span text;
		unsigned count; /* of records */
		struct span last;
	} rows[] = {
	    {SPAN(""), 0, SPAN("")},
	    {SPAN("\n\n\n"), 0, SPAN("")},
	    {SPAN("C 1 a\n"), 1, SPAN("a")},
	    {SPAN("C 1 a"), 1, SPAN("a")},
	    {SPAN("C 1 \n"), 1, SPAN("")},
	    {SPAN("C 1\n"), 1, SPAN("")},
	    {SPAN("C 1 a b \nS 2 c\n"), 2, SPAN("c")},
	    {SPAN("X 1 a\nC 1 b\n"), 1, SPAN("b")},
	    {SPAN("C  1 a\nC -1 b\nC 1x c\nC  d\nCC 1 e\n"), 0, SPAN("")},
	    {SPAN("C 9223372036854775807 a\n"), 1, SPAN("a")},
	    {SPAN("C 9223372036854775808 a\n"), 0, SPAN("")},
	    {SPAN("C 99999999999999999999999 a\n"), 0, SPAN("")},
	    {SPAN("C 1 a\r\n\0\nI 2 b\\.\n"), 2, SPAN("b\\.")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dialogue_line line = {.text = SPAN("")};
		struct span rest = rows[i].text;
		unsigned count = 0;

		while (dialogue_next(&rest, &line))
			count++;
		assert_int_equal(count, rows[i].count);
		assert_span(line.text, rows[i].last);
		assert_int_equal(rest.len, 0);
	}
}

static void
tells_the_kinds_and_times(void **state)
{
	struct span rest = SPAN("S 0 a\nC 15 b\nc 15 c\nI 16 d\n");
	struct dialogue_line line;

	(void)state;
	assert_true(dialogue_next(&rest, &line));
	assert_int_equal(line.kind, DIALOGUE_SERVER);
	assert_int_equal(line.at_us, 0);
	assert_true(dialogue_next(&rest, &line));
	assert_int_equal(line.kind, DIALOGUE_CLIENT);
	assert_int_equal(line.at_us, 15);
	assert_true(dialogue_next(&rest, &line));
	assert_int_equal(line.kind, DIALOGUE_PIPELINED);
	assert_true(dialogue_next(&rest, &line));
	assert_int_equal(line.kind, DIALOGUE_REMARK);
	assert_int_equal(line.at_us, 16);
	assert_false(dialogue_next(&rest, &line));
}

/* A file may be anybody's: what is no escape stays as it is. */
static void
unescapes_what_nobody_escaped(void **state)
{
	static const struct {
		struct span escaped;
		struct span raw;
	} rows[] = {
	    {SPAN("\\"), SPAN("\\")},
	    {SPAN("a\\q"), SPAN("a\\q")},
	    {SPAN("\\x"), SPAN("\\x")},
	    {SPAN("\\x4"), SPAN("\\x4")},
	    {SPAN("\\xg1\\x1g"), SPAN("\\xg1\\x1g")},
	    {SPAN("\\x41\\x4A"), SPAN("A\\x4A")},
	    {SPAN("cut\\."), SPAN("cut")},
	    {SPAN("\\.\\."), SPAN("")},
	    {SPAN("\\\0"), SPAN("\\\0")},
	    {SPAN("\\x0\0"), SPAN("\\x0\0")},
	};
	struct buf raw;

	(void)state;
	buf_init(&raw, 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_reset(&raw);
		assert_true(dialogue_unescape(&raw, rows[i].escaped));
		assert_span(buf_span(&raw), rows[i].raw);
	}
	assert_false(dialogue_unescape(&raw, SPAN("more than twenty bytes")));
	buf_release(&raw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes_and_back),
	    cmocka_unit_test(writes_one_record_a_line),
	    cmocka_unit_test(puts_all_of_a_record_or_nothing),
	    cmocka_unit_test(reads_what_is_there),
	    cmocka_unit_test(tells_the_kinds_and_times),
	    cmocka_unit_test(unescapes_what_nobody_escaped),
	};

	return cmocka_run_group_tests_name("dialogue", tests, NULL, NULL);
}
