/* test_mark: read marks and tags, and who is told of them. */
#include "mark.h"

#include "corpus.h"
#include "txn.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct corpus_row row = {"Subject: x\r\n\r\n", "", "", "", "", "",
    "", "", MESSAGE_ACCEPTED, 0, false};

/* Messages 1 to 3. */
static int
set_up(void **state)
{
	struct sql *sql = corpus_open(NULL);

	for (int i = 0; i < 3; i++)
		(void)corpus_put(sql, &row);
	*state = sql;
	return 0;
}

static int
tear_down(void **state)
{
	sql_close(*state);
	return 0;
}

static void
count(struct span id, void *context)
{
	assert_int_equal(id.len, UID_LEN);
	++*(int *)context;
}

static int64_t
read_ones(struct sql *sql)
{
	return corpus_number(
	    sql, "SELECT ifnull(sum(seq), 0) FROM message WHERE is_read = 1");
}

static void
marks_one_message(void **state)
{
	struct sql *sql = *state;
	int told = 0;

	corpus_check(sql, mark_message(sql, 2, MARK_READ, count, &told));
	assert_int_equal(told, 1);
	assert_int_equal(read_ones(sql), 2);
	/* Nothing changes: nobody is told. */
	corpus_check(sql, mark_message(sql, 2, MARK_READ, count, &told));
	corpus_check(sql, mark_message(sql, 9, MARK_READ, count, &told));
	assert_int_equal(told, 1);
	corpus_check(sql, mark_message(sql, 2, MARK_UNREAD, NULL, NULL));
	assert_int_equal(read_ones(sql), 0);
}

static void
marks_what_is_found(void **state)
{
	struct sql *sql = *state;
	struct pick_request request = {.after = 1};
	int told = 0;

	corpus_check(
	    sql, mark_matching(sql, &request, MARK_READ, count, &told));
	assert_int_equal(told, 2);
	assert_int_equal(read_ones(sql), 5);
	request.after = 0;
	corpus_check(
	    sql, mark_matching(sql, &request, MARK_READ, count, &told));
	assert_int_equal(told, 3);
	assert_int_equal(read_ones(sql), 6);
}

static void
marks_all_of_them(void **state)
{
	struct sql *sql = *state;

	corpus_check(sql, mark_all(sql, MARK_READ));
	assert_int_equal(read_ones(sql), 6);
	corpus_check(sql, mark_all(sql, MARK_UNREAD));
	assert_int_equal(read_ones(sql), 0);
}

static bool
put_tag(struct span name, int64_t messages, void *context)
{
	return buf_printf(
	    context, "%.*s%lld ", SPAN_ARG(name), (long long)messages);
}

static void
assert_tags(struct sql *sql, const char *wanted)
{
	struct buf found;

	buf_init(&found, 1000);
	corpus_check(sql, tag_list(sql, put_tag, &found));
	assert_string_equal(buf_string(&found), wanted);
	buf_release(&found);
}

static bool
end_at_once(struct span name, int64_t messages, void *context)
{
	(void)name;
	(void)messages;
	++*(int *)context;
	return false;
}

static void
keeps_the_first_spelling(void **state)
{
	static const char *const first[] = {"Blue", "ants", "blue"};
	static const char *const second[] = {"BLUE", "Zebra"};
	struct sql *sql = *state;
	int told = 0;

	assert_tags(sql, "");
	corpus_check(sql, tag_set(sql, 1, first, COUNT(first)));
	corpus_check(sql, tag_set(sql, 2, second, COUNT(second)));
	assert_tags(sql, "ants1 Blue2 Zebra1 ");
	corpus_check(sql, tag_list(sql, end_at_once, &told));
	assert_int_equal(told, 1);
	/* Exactly these: what was there before goes. */
	corpus_check(sql, tag_set(sql, 1, second, 1));
	assert_tags(sql, "Blue2 Zebra1 ");
	corpus_check(sql, tag_set(sql, 1, NULL, 0));
	assert_tags(sql, "Blue1 Zebra1 ");
}

static void
renames_and_removes(void **state)
{
	static const char *const tags[] = {"red", "green"};
	struct sql *sql = *state;

	corpus_check(sql, tag_set(sql, 1, tags, 2));
	corpus_check(sql, tag_set(sql, 2, tags, 1));
	assert_int_equal(tag_rename(sql, "blue", "x"), ERR_NOT_FOUND);
	assert_int_equal(tag_rename(sql, "red", "Green"), ERR_EXISTS);
	corpus_check(sql, tag_rename(sql, "RED", "Red"));
	assert_tags(sql, "green1 Red2 ");
	corpus_check(sql, tag_rename(sql, "red", "blue"));
	assert_tags(sql, "blue2 green1 ");
	assert_int_equal(tag_remove(sql, "red"), ERR_NOT_FOUND);
	corpus_check(sql, tag_remove(sql, "BLUE"));
	assert_tags(sql, "green1 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(marks_one_message),
	    TEST(marks_what_is_found),
	    TEST(marks_all_of_them),
	    TEST(keeps_the_first_spelling),
	    TEST(renames_and_removes),
	};

	return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}
