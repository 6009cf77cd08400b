/* test_batch: jobs share a transaction, but not each other's failures. */
#include "batch.h"

#include "sample.h"
#include "txn.h"
#include "unit.h"

#include <stdlib.h>

#define JOBS_MAX 2000

/* Puts its number into the counters as a row of its own. */
struct number_job {
	struct store_job job;
	int number;
	enum err failure; /* what it fails with after it has written */
	uint64_t weight;
	int ballast; /* bytes that it writes beside */
	int runs;
};

struct fixture {
	struct sql *sql;
	struct number_job jobs[JOBS_MAX];
	size_t count;
};

static enum err
run_number(struct store_job *job, struct sql *sql)
{
	struct number_job *number = (struct number_job *)job;
	char text[200];
	enum err err;

	number->runs++;
	(void)snprintf(text, sizeof(text),
	    "INSERT INTO counter VALUES ('%d', 1);"
	    "INSERT INTO raw VALUES (%d, zeroblob(%d))",
	    number->number, number->number, number->ballast);
	err = sql_exec(sql, text);
	txn_weigh(sql, number->weight);
	return err ? err : number->failure;
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->sql = sample_database();
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	sql_close(fixture->sql);
	free(fixture);
	return 0;
}

static void
add(struct fixture *fixture, int number, enum err failure)
{
	struct number_job *job = &fixture->jobs[fixture->count];

	if (fixture->count)
		job[-1].job.next = &job->job;
	*job = (struct number_job){.job.run = run_number,
	    .job.err = ERR_STOPPED,
	    .number = number,
	    .failure = failure};
	fixture->count++;
}

/* Returns in how many calls everything was done. */
static int
run_all(struct fixture *fixture)
{
	struct store_job *job = &fixture->jobs[0].job;
	int calls = 0;

	while (job) {
		job = batch_write(fixture->sql, job);
		calls++;
	}
	return calls;
}

/* What succeeded is there, and nothing else is. */
static void
assert_consistent(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->count; i++) {
		char text[100];
		bool is_there;

		(void)snprintf(text, sizeof(text),
		    "SELECT count(*) FROM counter WHERE name = '%d'",
		    fixture->jobs[i].number);
		is_there = sample_number(fixture->sql, text) == 1;
		if (is_there != (fixture->jobs[i].job.err == ERR_OK))
			fail_msg("job %zu: %s, there: %d", i,
			    err_text(fixture->jobs[i].job.err), is_there);
	}
	assert_int_equal(sql_exec(fixture->sql, "BEGIN; ROLLBACK"), ERR_OK);
}

static void
all_in_one(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 100; i++)
		add(fixture, i, ERR_OK);
	assert_int_equal(run_all(fixture), 1);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(fixture->jobs[i].runs, 1);
		assert_int_equal(fixture->jobs[i].job.err, ERR_OK);
	}
	assert_consistent(fixture);
}

static void
whoever_fails_fails_alone(void **state)
{
	/* Places among ten. */
	static const int rows[][3] = {{0, 0, 0}, {9, 9, 9}, {4, 4, 4},
	    {3, 4, 5}, {0, 5, 9}, {0, 1, 2}, {7, 8, 9}};

	(void)state;
	for (size_t r = 0; r < COUNT(rows); r++) {
		void *inner;
		struct fixture *fixture;

		set_up(&inner);
		fixture = inner;
		for (int i = 0; i < 10; i++) {
			bool fails = i == rows[r][0] || i == rows[r][1] ||
			    i == rows[r][2];

			add(fixture, i, fails ? ERR_NOT_FOUND : ERR_OK);
		}
		(void)run_all(fixture);
		for (size_t i = 0; i < 10; i++)
			assert_int_equal(
			    fixture->jobs[i].job.err, fixture->jobs[i].failure);
		assert_consistent(fixture);
		tear_down(&inner);
	}
}

static void
the_same_twice_is_an_error_of_the_second(void **state)
{
	struct fixture *fixture = *state;
	static const int numbers[] = {1, 2, 1, 3, 3, 4};
	static const enum err expected[] = {
	    ERR_OK, ERR_OK, ERR_EXISTS, ERR_OK, ERR_EXISTS, ERR_OK};

	for (size_t i = 0; i < COUNT(numbers); i++)
		add(fixture, numbers[i], ERR_OK);
	(void)run_all(fixture);
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_int_equal(fixture->jobs[i].job.err, expected[i]);
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM counter"), 4);
}

static void
many_failures_cost_little(void **state)
{
	struct fixture *fixture = *state;
	int runs = 0;

	for (int i = 0; i < 1000; i++)
		add(fixture, i, ERR_GONE);
	(void)run_all(fixture);
	for (int i = 0; i < 1000; i++)
		runs += fixture->jobs[i].runs;
	assert_true(runs <= 2000);
	assert_consistent(fixture);
}

static void
enough_is_enough(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 1200; i++)
		add(fixture, i, ERR_OK);
	assert_in_range(run_all(fixture), 2, 6);
	assert_consistent(fixture);
}

static void
a_heavy_job_ends_a_transaction(void **state)
{
	struct fixture *fixture = *state;
	struct store_job *next;

	for (int i = 0; i < 4; i++)
		add(fixture, i, ERR_OK);
	fixture->jobs[1].weight = UINT64_C(100) << 20;
	next = batch_write(fixture->sql, &fixture->jobs[0].job);
	assert_ptr_equal(next, &fixture->jobs[2]);
	assert_null(batch_write(fixture->sql, next));
	assert_consistent(fixture);
}

/* Too little space for all of them, enough for some. */
static void
what_has_room_is_committed(void **state)
{
	struct fixture *fixture = *state;
	int stored = 0;
	int runs = 0;
	char text[64];

	for (int i = 0; i < 400; i++) {
		add(fixture, i, ERR_OK);
		fixture->jobs[i].ballast = 1000;
	}
	(void)snprintf(text, sizeof(text), "PRAGMA max_page_count = %d",
	    (int)sample_number(fixture->sql, "PRAGMA page_count") + 10);
	(void)sample_number(fixture->sql, text);
	(void)run_all(fixture);
	for (int i = 0; i < 400; i++) {
		stored += fixture->jobs[i].job.err == ERR_OK;
		runs += fixture->jobs[i].runs;
	}
	assert_in_range(stored, 100, 200);
	assert_true(runs < 1600);
	assert_consistent(fixture);
	/* With room again it goes on. */
	(void)sample_number(fixture->sql, "PRAGMA max_page_count = 100000");
	fixture->jobs[399].job.next = NULL;
	assert_null(batch_write(fixture->sql, &fixture->jobs[399].job));
	assert_int_equal(fixture->jobs[399].job.err, ERR_OK);
}

/* A lock that somebody else holds fails everything, once. */
static void
without_a_transaction_all_fail(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 10; i++)
		add(fixture, i, ERR_OK);
	assert_int_equal(sql_exec(fixture->sql, "BEGIN"), ERR_OK);
	assert_null(batch_write(fixture->sql, &fixture->jobs[0].job));
	assert_int_equal(sql_exec(fixture->sql, "ROLLBACK"), ERR_OK);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(fixture->jobs[i].runs, 0);
		assert_int_equal(fixture->jobs[i].job.err, ERR_DATA);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_in_one),
	    TEST(whoever_fails_fails_alone),
	    TEST(the_same_twice_is_an_error_of_the_second),
	    TEST(many_failures_cost_little),
	    TEST(enough_is_enough),
	    TEST(a_heavy_job_ends_a_transaction),
	    TEST(what_has_room_is_committed),
	    TEST(without_a_transaction_all_fail),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
