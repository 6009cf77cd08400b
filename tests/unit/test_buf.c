/* test_buf: growth, ceiling, failure that stays, and no memory. */
#include "buf.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static void
appends(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	assert_true(buf_put(&buf, SPAN("a\0b")));
	assert_true(buf_put_char(&buf, 'c'));
	assert_true(buf_put_string(&buf, "de"));
	assert_true(buf_put_string(&buf, NULL));
	assert_true(buf_put(&buf, span_make(NULL, 0)));
	assert_true(buf_printf(&buf, "%d-%s", 7, "f"));
	assert_true(span_equal(buf_span(&buf), SPAN("a\0bcde7-f")));
	buf_release(&buf);
	assert_int_equal(buf_span(&buf).len, 0);
}

static void
holds_its_limit_and_no_byte_more(void **state)
{
	struct buf buf;

	(void)state;
	for (size_t limit = 0; limit < 600; limit += 7) {
		buf_init(&buf, limit);
		for (size_t i = 0; i < limit; i++)
			assert_true(buf_put_char(&buf, 'x'));
		assert_non_null(buf_string(&buf));
		assert_int_equal(strlen(buf_string(&buf)), limit);
		assert_true(buf.size <= limit + 1);
		assert_false(buf_put_char(&buf, 'x'));
		assert_int_equal(buf.len, limit);
		buf_release(&buf);
	}
}

static void
failure_stays_until_reset(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 4);
	assert_true(buf_put_string(&buf, "abc"));
	assert_false(buf_put_string(&buf, "de"));
	assert_false(buf_put_char(&buf, 'd'));
	assert_false(buf_printf(&buf, "%c", 'd'));
	assert_null(buf_room(&buf, 0));
	assert_null(buf_string(&buf));
	assert_true(buf_failed(&buf));
	assert_true(span_equal(buf_span(&buf), SPAN("abc")));
	buf_reset(&buf);
	assert_false(buf_failed(&buf));
	assert_true(buf_put_string(&buf, "abcd"));
	assert_string_equal(buf_string(&buf), "abcd");
	buf_release(&buf);
}

static void
huge_counts_do_not_wrap(void **state)
{
	static const size_t counts[] = {SIZE_MAX, SIZE_MAX - 1};

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct buf buf;

		buf_init(&buf, SIZE_MAX);
		assert_true(buf_put_char(&buf, 'x'));
		assert_null(buf_room(&buf, counts[i]));
		assert_true(buf_failed(&buf));
		assert_int_equal(buf.len, 1);
		buf_release(&buf);
	}
}

static void
room_is_for_writing(void **state)
{
	struct buf buf;
	char *room;

	(void)state;
	buf_init(&buf, 5000);
	assert_true(buf_put_string(&buf, "ab"));
	room = buf_room(&buf, 4000);
	assert_non_null(room);
	memset(room, 'x', 4000);
	buf_grow(&buf, 1);
	assert_string_equal(buf_string(&buf), "abx");
	buf_release(&buf);
}

static void
drops_from_the_front(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	buf_drop(&buf, 3);
	assert_true(buf_put_string(&buf, "abcdef"));
	buf_drop(&buf, 0);
	buf_drop(&buf, 2);
	assert_string_equal(buf_string(&buf), "cdef");
	buf_drop(&buf, 100);
	assert_int_equal(buf.len, 0);
	buf_release(&buf);
}

static void
cuts_off_the_end(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	buf_cut(&buf, 0);
	assert_true(buf_put_string(&buf, "abcdef"));
	buf_cut(&buf, 6);
	buf_cut(&buf, 100);
	assert_string_equal(buf_string(&buf), "abcdef");
	buf_cut(&buf, 2);
	assert_string_equal(buf_string(&buf), "ab");
	buf_release(&buf);
}

static void
reset_keeps_memory(void **state)
{
	struct buf buf;
	const char *at;

	(void)state;
	buf_init(&buf, 100);
	assert_true(buf_put_string(&buf, "abc"));
	at = buf.at;
	buf_reset(&buf);
	assert_true(buf_put_string(&buf, "xyz"));
	assert_ptr_equal(buf.at, at);
	buf_release(&buf);
}

static void
put_much(void *context)
{
	struct buf buf;
	bool has_put = true;

	(void)context;
	buf_init(&buf, 100 * 1000);
	for (int i = 0; i < 3000; i++)
		has_put = buf_printf(&buf, "%05d", i) && has_put;
	assert_int_equal(has_put, !fail_alloc_happened());
	assert_int_equal(buf_failed(&buf), fail_alloc_happened());
	/* What was put before the failure is whole. */
	assert_int_equal(buf.len % 5, 0);
	for (size_t i = 0; i < buf.len; i += 5)
		assert_int_equal(buf.at[i + 4], '0' + (int)(i / 5 % 10));
	buf_release(&buf);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(put_much, NULL) > 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(appends),
	    cmocka_unit_test(holds_its_limit_and_no_byte_more),
	    cmocka_unit_test(failure_stays_until_reset),
	    cmocka_unit_test(huge_counts_do_not_wrap),
	    cmocka_unit_test(room_is_for_writing),
	    cmocka_unit_test(drops_from_the_front),
	    cmocka_unit_test(cuts_off_the_end),
	    cmocka_unit_test(reset_keeps_memory),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
