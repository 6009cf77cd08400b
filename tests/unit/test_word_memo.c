/* test_word_memo: words that are remembered, and when they are forgotten. */
#include "word_memo.h"

#include "corpus.h"
#include "fail_alloc.h"
#include "unit.h"

#include <stdio.h>

static int
set_up(void **state)
{
	*state = corpus_open(NULL);
	return 0;
}

static int
tear_down(void **state)
{
	sql_close(*state);
	return 0;
}

static void
belongs_to_the_connection(void **state)
{
	struct word_memo *memo = word_memo_of(*state);

	assert_non_null(memo);
	assert_ptr_equal(word_memo_of(*state), memo);
}

static void
forgets_what_may_have_changed(void **state)
{
	static const struct {
		struct word_table left, entered;
		bool is_known;
	} rows[] = {
	    {{3, 0}, {3, 0}, true},
	    {{3, 2}, {3, 2}, true},
	    {{3, 0}, {2, 0}, false},
	    {{3, 0}, {4, 0}, false},
	    {{3, 0}, {3, 1}, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct word_memo *memo = word_memo_of(*state);
		char word[] = "hello";

		word_memo_add(memo, SPAN(word));
		word[0] = 'j';
		assert_true(word_memo_has(memo, SPAN("hello")));
		assert_false(word_memo_has(memo, SPAN("jello")));
		assert_false(word_memo_has(memo, SPAN("hell")));
		word_memo_leave(memo, &rows[i].left);
		word_memo_enter(memo, &rows[i].entered);
		assert_int_equal(
		    word_memo_has(memo, SPAN("hello")), rows[i].is_known);
	}
}

static void
has_a_ceiling(void **state)
{
	struct word_memo *memo = word_memo_of(*state);
	size_t known = 0;
	char word[16];

	for (int i = 0; i < 40000; i++) {
		int len = snprintf(word, sizeof(word), "word%d", i);

		word_memo_add(memo, span_make(word, (size_t)len));
	}
	for (int i = 0; i < 40000; i++) {
		int len = snprintf(word, sizeof(word), "word%d", i);

		known += word_memo_has(memo, span_make(word, (size_t)len));
	}
	assert_int_equal(known, 32000);
}

static void
use(void *context)
{
	static const struct word_table none = {0, 0}, other = {1, 0};
	struct word_memo *memo = word_memo_of(context);

	if (!memo) {
		assert_true(fail_alloc_happened());
		return;
	}
	word_memo_add(memo, SPAN("hello"));
	assert_true(
	    word_memo_has(memo, SPAN("hello")) || fail_alloc_happened());
	word_memo_leave(memo, &none);
	word_memo_enter(memo, &other);
}

static void
bears_lack_of_memory(void **state)
{
	assert_true(fail_alloc_each(use, *state) > 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(belongs_to_the_connection),
	    TEST(forgets_what_may_have_changed),
	    TEST(has_a_ceiling),
	    TEST(bears_lack_of_memory),
	};

	return cmocka_run_group_tests_name("word_memo", tests, NULL, NULL);
}
