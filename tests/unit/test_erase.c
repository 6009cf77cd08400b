/* test_erase: what is removed leaves nothing but the memory that it was. */
#include "erase.h"

#include "sample.h"
#include "txn.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* Every table with rows of a message, filled for the messages 1 to 3. */
static const char filling[] =
    "INSERT INTO session (seq, id, started, listener, protocol, peer,"
    " peer_port, local, proxy, helo, user, mechanism, tls_version, tls_cipher,"
    " tls_group, sni, alpn, client_cert, ending, accepted, refused, aborted)"
    " SELECT value, 's' || value, 0, '', '', '', 0, '', '', '', '', '', '', '',"
    " '', '', '', '', '', 1, 0, 0 FROM json_each('[1,2,3]');"
    "INSERT INTO dialogue SELECT seq, 0, 'C 1 QUIT' FROM session;"
    "INSERT INTO message (seq, id, session, received, state, reason, listener,"
    " inbox, peer, helo, user, mail_from, mail_params, size)"
    " SELECT seq, 'm' || seq, id, 0, 0, '', '', '', '', '', '', '', '',"
    " seq * 100 FROM session;"
    "INSERT INTO recipient SELECT seq, 0, '', '', '', '', 1 FROM message;"
    "INSERT INTO raw SELECT seq, x'00' FROM message;"
    "INSERT INTO summary SELECT seq, '', '', '', 0, '', '', '', 0, 0, 0, 0, 0,"
    " '', '', '', '', '' FROM message;"
    "INSERT INTO header SELECT seq, 0, '', '', '' FROM message;"
    "INSERT INTO search SELECT seq, '', '', '', '', '', '', '', '', '', '', ''"
    " FROM message;"
    "INSERT INTO part SELECT seq, 0, '', 0, '', '', '', '', '', '', '', 0, '',"
    " '', '' FROM message;"
    "INSERT INTO tag SELECT seq, 'x' FROM message;"
    "INSERT INTO finding SELECT seq, session, '', '', '', 0, x'', 0 FROM message;"
    "INSERT INTO finding SELECT NULL, session, '', '', '', 0, x'', 0"
    " FROM message;";

static int
set_up(void **state)
{
	struct sql *sql = sample_database();
	enum err err;

	err = sql_exec(sql, filling);
	if (err)
		fail_msg("%s", sql_error_text(sql));
	*state = sql;
	return 0;
}

static int
tear_down(void **state)
{
	sql_close(*state);
	return 0;
}

/* Counts, over all tables that have such a column, rows with that value. */
static int
rows_with(struct sql *sql, const char *column, const char *value)
{
	char tables[32][64];
	char text[4096];
	struct sql_row *row;
	size_t count = 0;
	int rows = 0;

	(void)snprintf(text, sizeof(text),
	    "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c"
	    " WHERE m.type = 'table' AND c.name = '%s'",
	    column);
	assert_int_equal(sql_start_once(sql, &row, text), ERR_OK);
	while (sql_step(row) == ERR_OK && count < COUNT(tables))
		(void)snprintf(tables[count++], sizeof(tables[0]), "%.*s",
		    SPAN_ARG(sql_span(row, 0)));
	assert_int_equal(sql_done(row), ERR_OK);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text),
		    "SELECT count(*) FROM %s WHERE %s = %s", tables[i], column,
		    value);
		rows += (int)sample_number(sql, text);
	}
	return rows;
}

static void
nothing_of_a_message_stays(void **state)
{
	struct sql *sql = *state;
	int before = rows_with(sql, "message", "2");

	/* A table that is new here has to be known to erase.c. */
	assert_int_equal(before, 8);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_message(sql, 2), ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(rows_with(sql, "message", "2"), 0);
	assert_int_equal(rows_with(sql, "message", "1"), before);
	assert_int_equal(rows_with(sql, "message", "3"), before);
	assert_text(sql, "SELECT group_concat(seq) FROM message", "1,3");
	assert_text(sql, "SELECT group_concat(seq || id) FROM gone", "2m2");
	assert_text(sql, "SELECT group_concat(name || value) FROM counter",
	    "bytes-200,messages-1");
	/* The session's own finding belongs to the session. */
	assert_int_equal(sample_number(sql,
			     "SELECT count(*) FROM finding"
			     " WHERE session = 's2'"),
	    1);
}

static void
a_range_goes_in_one_call(void **state)
{
	struct sql *sql = *state;
	uint64_t count = 5;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_range(sql, 2, 9, &count), ERR_OK);
	assert_int_equal(count, 7);
	assert_int_equal(erase_range(sql, 2, 9, &count), ERR_OK);
	assert_int_equal(count, 7);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(rows_with(sql, "message", "2"), 0);
	assert_int_equal(rows_with(sql, "message", "3"), 0);
	assert_int_equal(rows_with(sql, "message", "1"), 8);
	assert_text(sql, "SELECT group_concat(name || value) FROM counter",
	    "bytes-500,messages-2");
	assert_int_equal(erase_ask(sql, SPAN("m3")), ERR_GONE);
	assert_int_equal(erase_ask(sql, SPAN("m1")), ERR_NOT_FOUND);
}

/* Messages and tags first, the rest of them when there is time for it. */
static void
many_go_in_steps(void **state)
{
	static const int64_t numbers[] = {1, 3};
	struct sql *sql = *state;
	uint64_t count = 5;

	assert_int_equal(erase_step(sql, 10), ERR_NOT_FOUND);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_numbers(sql, numbers, 2,
			     &(struct erase_sum){.bytes = 400}, &count),
	    ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(count, 7);
	assert_text(sql, "SELECT group_concat(seq) FROM message", "2");
	assert_text(sql, "SELECT group_concat(message) FROM tag", "2");
	assert_text(sql, "SELECT group_concat(message) FROM erased", "1,3");
	assert_text(sql, "SELECT group_concat(id) FROM gone", "m1,m3");
	assert_text(sql, "SELECT group_concat(name || value) FROM counter",
	    "bytes-400,messages-2");
	assert_int_equal(erase_step(sql, 1), ERR_OK);
	assert_int_equal(rows_with(sql, "message", "1"), 0);
	assert_int_equal(rows_with(sql, "message", "3"), 8);
	assert_int_equal(erase_step(sql, 1), ERR_OK);
	assert_int_equal(rows_with(sql, "message", "3"), 0);
	assert_int_equal(rows_with(sql, "message", "2"), 8);
	assert_int_equal(erase_step(sql, 1), ERR_NOT_FOUND);
	assert_int_equal(erase_ask(sql, SPAN("m3")), ERR_GONE);
}

static void
many_know_what_was_refused(void **state)
{
	static const int64_t numbers[] = {1, 2};
	static const struct erase_sum sum = {300, 1, 200};
	struct sql *sql = *state;
	uint64_t count = 0;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_numbers(sql, numbers, 2, &sum, &count), ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_text(sql, "SELECT group_concat(name || value) FROM counter",
	    "bytes-300,messages-2,rest-1,rest_bytes-200");
}

/* What an earlier removal has left behind is not touched by a later one. */
static void
many_more_go_before_the_rest_is_gone(void **state)
{
	static const int64_t first[] = {2}, second[] = {1, 3};
	struct sql *sql = *state;
	uint64_t count = 0;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_numbers(sql, first, 1,
			     &(struct erase_sum){.bytes = 200}, &count),
	    ERR_OK);
	assert_int_equal(erase_numbers(sql, second, 2,
			     &(struct erase_sum){.bytes = 400}, &count),
	    ERR_OK);
	assert_int_equal(erase_numbers(sql, second, 0,
			     &(struct erase_sum){.bytes = 0}, &count),
	    ERR_OK);
	assert_int_equal(count, 3);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_text(sql, "SELECT group_concat(message) FROM erased", "1,2,3");
	assert_text(sql, "SELECT group_concat(id) FROM gone", "m1,m2,m3");
	assert_text(sql, "SELECT group_concat(name || value) FROM counter",
	    "bytes-600,messages-3");
	assert_int_equal(erase_step(sql, 10), ERR_OK);
	for (const char *seq = "1\0"
			       "2\0"
			       "3\0";
	     *seq; seq += 2)
		assert_int_equal(rows_with(sql, "message", seq), 0);
}

static void
all_of_them_go_at_once(void **state)
{
	struct sql *sql = *state;
	uint64_t count = 0;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_all(sql, &count), ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(count, 3);
	for (const char *seq = "1\0"
			       "2\0"
			       "3\0";
	     *seq; seq += 2)
		assert_int_equal(rows_with(sql, "message", seq), 0);
	assert_text(sql, "SELECT group_concat(id) FROM gone", "m1,m2,m3");
	assert_text(sql, "SELECT group_concat(name || value) FROM counter",
	    "bytes-600,messages-3");
	/* Findings of sessions stay. */
	assert_int_equal(sample_number(sql, "SELECT count(*) FROM finding"), 3);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_all(sql, &count), ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(count, 3);
}

static void
what_is_not_there_is_not_found(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_message(sql, 4), ERR_NOT_FOUND);
	assert_int_equal(erase_message(sql, 1), ERR_OK);
	assert_int_equal(erase_message(sql, 1), ERR_NOT_FOUND);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(sample_number(sql, "SELECT count(*) FROM gone"), 1);
}

static void
a_session_goes_without_its_messages(void **state)
{
	struct sql *sql = *state;

	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_session(sql, 2), ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_text(sql, "SELECT group_concat(seq) FROM session", "1,3");
	assert_text(sql, "SELECT group_concat(session) FROM dialogue", "1,3");
	assert_int_equal(rows_with(sql, "message", "2"), 8);
	assert_text(sql,
	    "SELECT group_concat(session) FROM finding WHERE message IS NULL",
	    "s1,s3");
}

static void
memory_has_an_end(void **state)
{
	struct sql *sql = *state;
	char text[200];

	(void)snprintf(text, sizeof(text),
	    "UPDATE message SET seq = %d + 3 WHERE seq = 3", ERASE_REMEMBERED);
	assert_int_equal(sql_exec(sql, text), ERR_OK);
	assert_int_equal(txn_begin(sql), ERR_OK);
	for (int64_t seq = 1; seq <= 2; seq++)
		assert_int_equal(erase_message(sql, seq), ERR_OK);
	assert_text(sql, "SELECT group_concat(seq) FROM gone", "1,2");
	assert_int_equal(erase_message(sql, ERASE_REMEMBERED + 3), ERR_OK);
	assert_text(sql, "SELECT group_concat(seq) FROM gone", "100003");
	assert_int_equal(txn_commit(sql), ERR_OK);
}

static void
memory_of_many_has_an_end(void **state)
{
	static const int64_t numbers[] = {1, 2, ERASE_REMEMBERED + 2};
	struct sql *sql = *state;
	char text[200];
	uint64_t count = 0;

	(void)snprintf(text, sizeof(text),
	    "UPDATE message SET seq = %d + 2 WHERE seq = 3", ERASE_REMEMBERED);
	assert_int_equal(sql_exec(sql, text), ERR_OK);
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(erase_numbers(sql, numbers, 3,
			     &(struct erase_sum){.bytes = 600}, &count),
	    ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
	assert_int_equal(count, 3);
	assert_text(sql, "SELECT group_concat(seq) FROM gone", "100002");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_of_a_message_stays),
	    TEST(a_range_goes_in_one_call),
	    TEST(many_go_in_steps),
	    TEST(many_know_what_was_refused),
	    TEST(many_more_go_before_the_rest_is_gone),
	    TEST(all_of_them_go_at_once),
	    TEST(what_is_not_there_is_not_found),
	    TEST(a_session_goes_without_its_messages),
	    TEST(memory_has_an_end),
	    TEST(memory_of_many_has_an_end),
	};

	return cmocka_run_group_tests_name("erase", tests, NULL, NULL);
}
