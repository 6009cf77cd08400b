/* test_txn: numbers only grow, whatever is removed or rolled back. */
#include "txn.h"

#include "sample.h"
#include "scratch.h"
#include "unit.h"

#include <stdlib.h>

static int
set_up(void **state)
{
	*state = sample_database();
	return 0;
}

static int
tear_down(void **state)
{
	sql_close(*state);
	return 0;
}

static int64_t
next(struct sql *sql, enum txn_counter counter)
{
	int64_t number = -1;

	assert_int_equal(txn_next(sql, counter, &number), ERR_OK);
	return number;
}

static int64_t
counter_is(struct sql *sql, const char *name)
{
	char text[100];

	(void)snprintf(text, sizeof(text),
	    "SELECT ifnull((SELECT value FROM counter WHERE name = '%s'), -1)",
	    name);
	return sample_number(sql, text);
}

static void
counts_across_transactions(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(next(sql, TXN_SEQ), 1);
	assert_int_equal(next(sql, TXN_SEQ), 2);
	assert_int_equal(next(sql, TXN_SESSION), 1);
	/* Saved once, at the end. */
	assert_int_equal(counter_is(sql, "seq"), -1);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(counter_is(sql, "seq"), 2);
	assert_int_equal(counter_is(sql, "session"), 1);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(next(sql, TXN_SEQ), 3);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(counter_is(sql, "seq"), 3);
	assert_int_equal(counter_is(sql, "session"), 1);
}

static void
an_empty_transaction_writes_nothing(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(sample_number(sql, "SELECT count(*) FROM counter"), 0);
}

static void
a_rollback_gives_nothing_away(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(next(sql, TXN_SEQ), 1);
	txn_add(sql, TXN_PRUNED, 5);
	txn_weigh(sql, 10);
	txn_rollback(sql);
	assert_int_equal(counter_is(sql, "pruned"), -1);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(txn_weight(sql), 0);
	assert_int_equal(next(sql, TXN_SEQ), 1);
	assert_int_equal(txn_commit(sql), ERR_OK);
}

/* Rows that are gone, and a counter that is behind the rows. */
static void
the_greater_one_counts(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(
	    sql_exec(sql, "INSERT INTO counter VALUES ('seq', 41)"), ERR_OK);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(next(sql, TXN_SEQ), 42);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(
	    sql_exec(sql,
		"INSERT INTO message VALUES (99, 'x', '', 0, 0, '', '', '',"
		" '', '', '', '', '', 0, 0, 0)"),
	    ERR_OK);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(next(sql, TXN_SEQ), 100);
	assert_int_equal(txn_commit(sql), ERR_OK);
}

static void
a_spoiled_counter_is_survived(void **state)
{
	struct sql *sql = *state;
	int64_t number;

	assert_int_equal(
	    sql_exec(
		sql, "INSERT INTO counter VALUES ('seq', 9223372036854775807)"),
	    ERR_OK);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(txn_next(sql, TXN_SEQ, &number), ERR_LIMIT);
	txn_rollback(sql);
	assert_int_equal(
	    sql_exec(sql, "UPDATE counter SET value = -5"), ERR_OK);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(next(sql, TXN_SEQ), 1);
	assert_int_equal(txn_commit(sql), ERR_OK);
}

static void
counters_add_up(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(txn_begin(sql), ERR_OK);
	txn_add(sql, TXN_REMOVED, 0);
	assert_int_equal(counter_is(sql, "removed"), -1);
	txn_add(sql, TXN_REMOVED, 2);
	txn_add(sql, TXN_REMOVED, 3);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(counter_is(sql, "removed"), 5);
}

static void
the_tally_is_kept(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(txn_begin(sql), ERR_OK);
	txn_add(sql, TXN_MESSAGES, 2);
	txn_add(sql, TXN_BYTES, 150);
	txn_add(sql, TXN_SESSIONS, 1);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(txn_begin(sql), ERR_OK);
	txn_add(sql, TXN_BYTES, 1000);
	txn_rollback(sql);
	assert_int_equal(txn_begin(sql), ERR_OK);
	txn_add(sql, TXN_MESSAGES, -1);
	txn_add(sql, TXN_BYTES, -100);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(counter_is(sql, "messages"), 1);
	assert_int_equal(counter_is(sql, "bytes"), 50);
	assert_int_equal(counter_is(sql, "sessions"), 1);
}

/* Each sees what the other has given out. */
static void
two_programs_on_one_file(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct sql *both[2];

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/mail.db", folder);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    sql_open(&both[i], path, SQL_WRITE, NULL), ERR_OK);
		assert_int_equal(schema_migrate(both[i], NULL), ERR_OK);
	}
	for (int i = 0; i < 10; i++) {
		assert_int_equal(txn_begin(both[i % 2]), ERR_OK);
		assert_int_equal(next(both[i % 2], TXN_SEQ), i + 1);
		assert_int_equal(txn_commit(both[i % 2]), ERR_OK);
	}
	for (int i = 0; i < 2; i++)
		sql_close(both[i]);
	scratch_remove(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(counts_across_transactions),
	    TEST(an_empty_transaction_writes_nothing),
	    TEST(a_rollback_gives_nothing_away),
	    TEST(the_greater_one_counts),
	    TEST(a_spoiled_counter_is_survived),
	    TEST(counters_add_up),
	    TEST(the_tally_is_kept),
	    TEST(two_programs_on_one_file),
	};

	return cmocka_run_group_tests_name("txn", tests, NULL, NULL);
}
