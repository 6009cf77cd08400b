/* test_pick_memo: a count that is remembered is the count that there is. */
#include "pick_private.h"

#include "corpus.h"
#include "fail_alloc.h"
#include "index.h"
#include "mark.h"
#include "scratch.h"
#include "txn.h"
#include "unit.h"

#include <stdlib.h>

struct fixture {
	char folder[SCRATCH_SIZE];
	struct sql *writer;
	struct sql *reader;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char path[SCRATCH_SIZE + 16];

	assert_non_null(fixture);
	scratch_make(fixture->folder);
	(void)snprintf(path, sizeof(path), "%s/mail.db", fixture->folder);
	fixture->writer = corpus_open(path);
	corpus_fill(fixture->writer);
	corpus_check(fixture->writer, index_catch_up(fixture->writer));
	assert_int_equal(
	    sql_open(&fixture->reader, path, SQL_READ, NULL), ERR_OK);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	sql_close(fixture->reader);
	sql_close(fixture->writer);
	scratch_remove(fixture->folder);
	free(fixture);
	return 0;
}

static struct pick_count
count(struct sql *sql, const char *text)
{
	struct query_error error;
	struct query *query = query_parse(span_string(text), NULL, &error);
	struct pick_request request = {.query = query};
	struct pick_count counted;

	assert_non_null(query);
	corpus_check(sql, pick_count(sql, &request, &counted));
	query_free(query);
	return counted;
}

/* Up to which message the reader knows the count; 0: it does not. */
static int64_t
known(struct sql *sql, const char *text)
{
	struct query_error error;
	struct query *query = query_parse(span_string(text), NULL, &error);
	struct pick_request request = {.query = query};
	struct pick_count counted;
	int64_t seq;

	assert_non_null(query);
	corpus_check(sql, pick_memo_recall(sql, &request, &counted, &seq));
	query_free(query);
	return seq;
}

/* The writer's connection counts each time. */
static void
assert_counts(struct fixture *fixture, const char *text, uint64_t wanted)
{
	for (int i = 0; i < 2; i++) {
		struct pick_count right = count(fixture->writer, text);
		struct pick_count found = count(fixture->reader, text);

		assert_int_equal(right.count, wanted);
		assert_int_equal(found.count, right.count);
		assert_int_equal(found.unread, right.unread);
	}
}

static void
add(struct fixture *fixture)
{
	(void)corpus_put(fixture->writer, &corpus_rows[0]);
	corpus_check(fixture->writer, index_catch_up(fixture->writer));
}

static void
run(struct fixture *fixture, enum err (*change)(struct sql *))
{
	corpus_check(fixture->writer, txn_begin(fixture->writer));
	corpus_check(fixture->writer, change(fixture->writer));
	corpus_check(fixture->writer, txn_commit(fixture->writer));
}

static void
counts_what_comes_later(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = count(fixture->writer, "welcome").count;
	int64_t newest =
	    corpus_number(fixture->writer, "SELECT max(seq) FROM message");

	assert_int_equal(known(fixture->reader, "welcome"), 0);
	assert_counts(fixture, "welcome", before);
	assert_int_equal(known(fixture->reader, "welcome"), newest);
	assert_int_equal(known(fixture->reader, "-welcome"), 0);
	assert_int_equal(known(fixture->reader, "subject:welcome"), 0);
	add(fixture);
	assert_int_equal(known(fixture->reader, "welcome"), newest);
	assert_counts(fixture, "welcome", before + 1);
	assert_int_equal(known(fixture->reader, "welcome"), newest + 1);
	assert_counts(fixture, "welcome -bob", before - 1);
}

static enum err
remove_one(struct sql *sql)
{
	struct query_error error;
	struct query *query = query_parse(SPAN("seq:1"), NULL, &error);
	struct pick_request request = {.query = query};
	uint64_t removed;
	enum err err = pick_remove(sql, &request, NULL, NULL, &removed);

	assert_int_equal(removed, 1);
	query_free(query);
	return err;
}

static enum err
mark_one(struct sql *sql)
{
	return mark_message(sql, 1, MARK_READ, NULL, NULL);
}

static enum err
unmark_all(struct sql *sql)
{
	return mark_all(sql, MARK_UNREAD);
}

static void
forgets_what_has_changed(void **state)
{
	static enum err (*const changes[])(struct sql *) = {
	    mark_one, unmark_all, index_clear, remove_one};
	struct fixture *fixture = *state;
	uint64_t before = count(fixture->writer, "welcome").count;

	for (size_t i = 0; i < COUNT(changes); i++) {
		assert_counts(fixture, "welcome", before);
		assert_true(known(fixture->reader, "welcome") > 0);
		run(fixture, changes[i]);
		assert_int_equal(known(fixture->reader, "welcome"), 0);
		if (changes[i] == index_clear)
			assert_counts(fixture, "welcome", 0);
		corpus_check(fixture->writer, index_catch_up(fixture->writer));
	}
	assert_counts(fixture, "welcome", before - 1);
}

static void
remembers_texts_only(void **state)
{
	static const char *const rows[] = {"is:read", "welcome OR is:unread",
	    "tag:x", "has:finding", "-(subject:welcome larger:1)"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_counts(
		    fixture, rows[i], count(fixture->writer, rows[i]).count);
		assert_int_equal(known(fixture->reader, rows[i]), 0);
	}
	assert_int_equal(known(fixture->writer, "welcome"), 0);
}

/* What is not indexed yet would be missing. */
static void
waits_for_the_index(void **state)
{
	struct fixture *fixture = *state;

	(void)corpus_put(fixture->writer, &corpus_rows[0]);
	(void)count(fixture->reader, "welcome");
	assert_int_equal(known(fixture->reader, "welcome"), 0);
}

static void
has_a_ceiling(void **state)
{
	struct fixture *fixture = *state;
	char text[32];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(text, sizeof(text), "welcome%d", i);
		assert_counts(fixture, text, 0);
	}
	assert_int_equal(known(fixture->reader, "welcome11"), 0);
	assert_true(known(fixture->reader, "welcome12") > 0);
}

static void
count_once(void *context)
{
	struct fixture *fixture = context;
	struct query_error error;
	struct query *query = query_parse(SPAN("welcome"), NULL, &error);
	struct pick_request request = {.query = query};
	struct pick_count counted;

	if (query && pick_count(fixture->reader, &request, &counted) != ERR_OK)
		assert_true(fail_alloc_happened());
	query_free(query);
}

static void
bears_lack_of_memory(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = count(fixture->writer, "welcome").count;

	assert_true(fail_alloc_each(count_once, fixture) > 3);
	assert_counts(fixture, "welcome", before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(counts_what_comes_later),
	    TEST(forgets_what_has_changed),
	    TEST(remembers_texts_only),
	    TEST(waits_for_the_index),
	    TEST(has_a_ceiling),
	    TEST(bears_lack_of_memory),
	};

	mime_init();
	return cmocka_run_group_tests_name("pick_memo", tests, NULL, NULL);
}
