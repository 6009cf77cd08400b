/* test_recent: what a stream that resumes is told. */
#include "recent.h"

#include "buf.h"
#include "fail_alloc.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct told {
	struct buf names;
	size_t count;
};

static void
note(const struct recent_event *event, void *context)
{
	struct told *told = context;

	told->count++;
	(void)buf_printf(
	    &told->names, "%s%s%s ", event->name, event->inbox, event->text);
}

static void
check(const struct recent *recent, int64_t seq, const char *names)
{
	struct told told = {.count = 0};

	buf_init(&told.names, 4096);
	recent_each(recent, seq, note, &told);
	assert_string_equal(buf_string(&told.names), names);
	buf_release(&told.names);
}

static void
remembers_behind_which_message(void **state)
{
	struct recent *recent = recent_new();

	(void)state;
	assert_non_null(recent);
	check(recent, 0, "");
	recent_saw(recent, 5);
	recent_put(recent, "session", SPAN(""), SPAN("{1}"));
	recent_saw(recent, 6);
	recent_put(recent, "delete", SPAN("old"), SPAN("{2}"));
	recent_saw(recent, 4);
	recent_put(recent, "update", SPAN(""), SPAN("{3}"));
	recent_saw(recent, 7);
	check(recent, 5, "session{1} deleteold{2} update{3} ");
	check(recent, 6, "deleteold{2} update{3} ");
	check(recent, 7, "");
	assert_true(recent_reaches(recent, 0));
	assert_true(recent_reaches(recent, 7));
	recent_free(recent);
}

static void
forgets_the_oldest(void **state)
{
	struct recent *recent = recent_new();
	struct told told = {.count = 0};

	(void)state;
	for (int64_t i = 1; i <= RECENT_MAX; i++) {
		recent_saw(recent, i);
		recent_put(recent, "session", SPAN(""), SPAN("{}"));
	}
	assert_true(recent_reaches(recent, 0));
	recent_put(recent, "delete", SPAN(""), SPAN("{}"));
	/* Gone is what happened behind the first message. */
	assert_false(recent_reaches(recent, 1));
	assert_true(recent_reaches(recent, 2));
	buf_init(&told.names, (size_t)64 * RECENT_MAX);
	recent_each(recent, 0, note, &told);
	assert_int_equal(told.count, RECENT_MAX);
	buf_release(&told.names);
	check(recent, RECENT_MAX, "session{} delete{} ");
	recent_free(recent);
}

static void
keeps_no_long_texts(void **state)
{
	static char text[RECENT_TEXT_MAX + 1];
	struct recent *recent = recent_new();

	(void)state;
	memset(text, 'x', sizeof(text));
	recent_put(
	    recent, "update", SPAN("box"), span_make(text, sizeof(text)));
	check(recent, 0, "reloadbox{} ");
	recent_free(recent);
}

static void
count(const struct recent_event *event, void *context)
{
	size_t *told = context;

	assert_string_equal(event->text, "{}");
	++*told;
}

static void
put_one(void *context)
{
	struct recent *recent = recent_new();
	size_t told = 0;

	(void)context;
	if (!recent) {
		assert_true(fail_alloc_happened());
		return;
	}
	recent_saw(recent, 1);
	recent_put(recent, "session", SPAN("a"), SPAN("{}"));
	recent_each(recent, 0, count, &told);
	assert_int_equal(told, !fail_alloc_happened());
	/* Whoever resumes then has to read everything again. */
	assert_int_equal(recent_reaches(recent, 1), !fail_alloc_happened());
	assert_true(recent_reaches(recent, 2));
	recent_free(recent);
}

static void
says_what_it_could_not_keep(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(put_one, NULL) > 0);
	recent_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(remembers_behind_which_message),
	    cmocka_unit_test(forgets_the_oldest),
	    cmocka_unit_test(keeps_no_long_texts),
	    cmocka_unit_test(says_what_it_could_not_keep),
	};

	return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
