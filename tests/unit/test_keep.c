/* test_keep: the oldest go, and nothing else does. */
#include "keep.h"

#include "clock.h"
#include "sample.h"
#include "txn.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	struct sql *sql;
	struct keep keep;
	struct log *log;
	int log_fds[2];
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fixture.sql = sample_database();
	assert_int_equal(pipe2(fixture.log_fds, O_NONBLOCK), 0);
	fixture.log =
	    log_new(fixture.log_fds[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	assert_non_null(fixture.log);
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	sql_close(fixture->sql);
	log_free(fixture->log);
	(void)close(fixture->log_fds[0]);
	(void)close(fixture->log_fds[1]);
	return 0;
}

/* What was logged since the last call. */
static const char *
logged(struct fixture *fixture)
{
	static char text[4096];
	ssize_t len = read(fixture->log_fds[0], text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void
run(struct fixture *fixture, const char *text)
{
	if (sql_exec(fixture->sql, text))
		fail_msg("%s: %s", text, sql_error_text(fixture->sql));
}

/*
 * Messages from..to of 100 bytes, one microsecond apart from `start` on, each
 * with a session that ended when it was received.
 */
static void
fill_at(struct fixture *fixture, int from, int to, int64_t start)
{
	char text[2000];

	(void)snprintf(text, sizeof(text),
	    "CREATE TABLE IF NOT EXISTS n (i INTEGER); DELETE FROM n;"
	    "WITH RECURSIVE c(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM c"
	    " WHERE i < %d) INSERT INTO n SELECT i FROM c;"
	    "INSERT INTO message (seq, id, session, received, state, reason,"
	    " listener, inbox, peer, helo, user, mail_from, mail_params, size)"
	    " SELECT i, 'm' || i, 's' || i, %lld + i, 0, '', '', '', '', '',"
	    " '', '', '', 100 FROM n;"
	    "INSERT INTO raw SELECT i, zeroblob(100) FROM n;"
	    "INSERT INTO session (seq, id, started, ended, listener, protocol,"
	    " peer, peer_port, local, proxy, helo, user, mechanism,"
	    " tls_version, tls_cipher, tls_group, sni, alpn, client_cert,"
	    " ending, accepted, refused, aborted) SELECT i, 's' || i, 0,"
	    " %lld + i, '', '', '', 0, '', '', '', '', '', '', '', '', '', '',"
	    " '', '', 1, 0, 0 FROM n;"
	    "INSERT INTO dialogue SELECT i, 0, 'C 1 QUIT' FROM n;"
	    "INSERT INTO counter VALUES ('seq', %d) ON CONFLICT DO UPDATE"
	    " SET value = excluded.value;",
	    from, to, (long long)start, (long long)start, to);
	run(fixture, text);
}

static void
fill(struct fixture *fixture, int from, int to)
{
	fill_at(fixture, from, to, 1000);
}

static void
start(struct fixture *fixture, struct store_keep limits)
{
	assert_int_equal(
	    keep_init(&fixture->keep, &limits, fixture->log, fixture->sql),
	    ERR_OK);
}

/* Steps until there is no more to do; returns how many removed something. */
static int
settle(struct fixture *fixture)
{
	int steps = 0;

	while (keep_step(&fixture->keep, fixture->sql, KEEP_EXACT))
		steps++;
	return steps;
}

static void
assert_left(struct fixture *fixture, int first, int count)
{
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM message"), count);
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT min(seq) FROM message"), first);
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM raw"), count);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT ifnull((SELECT value FROM counter"
			     " WHERE name = 'messages'), 0)"),
	    count);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT ifnull((SELECT value FROM counter"
			     " WHERE name = 'bytes'), 0)"),
	    count * 100);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT ifnull((SELECT value FROM counter"
			     " WHERE name = 'pruned'), 0)"),
	    first - 1);
}

static void
no_limit_no_work(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 10);
	start(fixture, (struct store_keep){0});
	assert_int_equal(settle(fixture), 0);
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM message"), 10);
	assert_int_equal(keep_patience(&fixture->keep), 0);
	assert_string_equal(logged(fixture), "");
}

static void
by_count(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 1000);
	start(fixture, (struct store_keep){.count = 10});
	assert_int_equal(settle(fixture), 3);
	assert_left(fixture, 991, 10);
	/* Sessions that ended before the oldest message go with the next. */
	assert_in_range(
	    sample_number(fixture->sql, "SELECT count(*) FROM session"), 10,
	    10);
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM dialogue"), 10);
	assert_int_equal(settle(fixture), 0);
	assert_left(fixture, 991, 10);
}

static void
by_size(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 100);
	start(fixture, (struct store_keep){.size = 2050});
	(void)settle(fixture);
	assert_left(fixture, 81, 20);
}

static void
by_age(void **state)
{
	struct fixture *fixture = *state;
	int64_t now = clock_wall_us();

	fill(fixture, 1, 50);
	fill_at(fixture, 51, 80, now);
	start(fixture, (struct store_keep){.age_us = 3600 * CLOCK_SECOND});
	(void)settle(fixture);
	assert_left(fixture, 51, 30);
	assert_in_range(keep_patience(&fixture->keep), 1, 60 * CLOCK_SECOND);
}

/* However much is refused, it takes no place of what was accepted. */
static void
what_was_refused_is_kept_apart(void **state)
{
	static const struct {
		struct store_keep limits;
		int accepted; /* of a thousand */
		int rest;     /* of five thousand, of 10 bytes each */
	} rows[] = {
	    {{.count = 10}, 10, 10},
	    {{.count = 1000}, 1000, 1000},
	    {{.count = 2000}, 1000, 2000},
	    {{.size = 2000}, 20, 200},
	    {{.count = 30, .size = 2000}, 20, 30},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sql *sql = fixture->sql;

		run(fixture,
		    "DELETE FROM message; DELETE FROM raw;"
		    " DELETE FROM session; DELETE FROM dialogue;"
		    " DELETE FROM gone; DELETE FROM counter");
		fill(fixture, 1, 6000);
		run(fixture,
		    "UPDATE message SET state = 1 + seq % 2, size = 10"
		    " WHERE seq % 6 <> 0");
		start(fixture, rows[i].limits);
		(void)settle(fixture);
		assert_int_equal(
		    sample_number(
			sql, "SELECT count(*) FROM message WHERE state = 0"),
		    rows[i].accepted);
		assert_int_equal(
		    sample_number(
			sql, "SELECT count(*) FROM message WHERE state <> 0"),
		    rows[i].rest);
		/* The oldest went. */
		assert_int_equal(
		    sample_number(
			sql, "SELECT min(seq) FROM message WHERE state = 0"),
		    6000 - 6 * (rows[i].accepted - 1));
		assert_int_equal(
		    sample_number(sql, "SELECT max(seq) FROM message"), 6000);
		/* The tally is as it would be counted. */
		assert_int_equal(
		    sample_number(sql,
			"SELECT value - (SELECT sum(size) FROM message"
			" WHERE state <> 0) FROM counter"
			" WHERE name = 'rest_bytes'"),
		    0);
		assert_int_equal(
		    sample_number(
			sql, "SELECT value FROM counter WHERE name = 'rest'"),
		    rows[i].rest);
		assert_int_equal(
		    sample_number(
			sql, "SELECT value FROM counter WHERE name = 'pruned'"),
		    6000 - rows[i].accepted - rows[i].rest);
	}
}

static void
the_newest_stays(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 5);
	start(fixture, (struct store_keep){.size = 1});
	(void)settle(fixture);
	assert_left(fixture, 5, 1);
	start(fixture, (struct store_keep){.age_us = 1});
	(void)settle(fixture);
	assert_left(fixture, 5, 1);
}

/* While there is work, a little more than the limit is no reason. */
static void
slack_is_bounded(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 1100);
	start(fixture, (struct store_keep){.count = 1000});
	assert_false(keep_step(&fixture->keep, fixture->sql, KEEP_SLACK));
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM message"), 1100);
	fill(fixture, 1101, 1163);
	run(fixture,
	    "UPDATE counter SET value = 1163"
	    " WHERE name = 'messages'");
	(void)keep_step(&fixture->keep, fixture->sql, KEEP_SLACK);
	/* And when it starts it comes down to the limit. */
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM message"), 1000);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT value FROM counter"
			     " WHERE name = 'pruned'"),
	    163);
}

static void
one_line_a_minute(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 1000);
	start(fixture, (struct store_keep){.count = 10});
	(void)settle(fixture);
	assert_non_null(strstr(logged(fixture), "removed 256 messages"));
	assert_string_equal(logged(fixture), "");
	assert_int_equal(keep_patience(&fixture->keep), 60 * CLOCK_SECOND);
	keep_finish(&fixture->keep);
	assert_non_null(strstr(logged(fixture), "removed 734 messages"));
	keep_finish(&fixture->keep);
	assert_string_equal(logged(fixture), "");
}

/* Those that go on, and those of messages that stay, stay. */
static void
sessions_that_are_needed_stay(void **state)
{
	struct fixture *fixture = *state;
	int64_t now = clock_wall_us();
	char text[200];

	fill_at(fixture, 1, 100, now);
	(void)snprintf(text, sizeof(text),
	    "UPDATE session SET ended = NULL, started = %lld WHERE seq <= 5",
	    (long long)now);
	run(fixture, text);
	start(fixture, (struct store_keep){.count = 20});
	(void)settle(fixture);
	assert_text(fixture->sql,
	    "SELECT count(*) || '|' || min(seq) FROM session WHERE seq > 5",
	    "20|81");
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT count(*) FROM session WHERE seq <= 5"),
	    5);
}

static void
empty_sessions_have_an_end(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 3000);
	/* The last ten have a message, the others were only looking. */
	run(fixture,
	    "DELETE FROM message WHERE seq <= 2990;"
	    "DELETE FROM raw WHERE message <= 2990;"
	    "UPDATE session SET accepted = 0 WHERE seq <= 2990;"
	    "UPDATE message SET received = 0;"
	    "UPDATE session SET ended = NULL WHERE seq = 1");
	start(fixture, (struct store_keep){.count = 100});
	for (int i = 0; i < 20; i++) {
		fixture->keep.session_us = 0;
		(void)keep_step(&fixture->keep, fixture->sql, KEEP_EXACT);
	}
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM message"), 10);
	assert_in_range(
	    sample_number(fixture->sql, "SELECT count(*) FROM session"), 11,
	    1500);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT count(*) FROM session"
			     " WHERE seq > 2990 OR seq = 1"),
	    11);
}

/* A locked database is tried again later. */
static void
trouble_is_left_to_the_next_time(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 1, 20);
	start(fixture, (struct store_keep){.count = 10});
	run(fixture, "BEGIN");
	assert_false(keep_step(&fixture->keep, fixture->sql, KEEP_EXACT));
	run(fixture, "ROLLBACK");
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM message"), 20);
	(void)settle(fixture);
	assert_left(fixture, 11, 10);
}

static void
an_empty_file_shrinks(void **state)
{
	struct fixture *fixture = *state;

	run(fixture,
	    "CREATE TABLE ballast (b BLOB);"
	    "INSERT INTO ballast VALUES (zeroblob(80000000));");
	assert_int_equal(keep_shrink(fixture->sql), ERR_OK);
	assert_true(sample_number(fixture->sql, "PRAGMA page_count") > 4800);
	run(fixture, "DROP TABLE ballast");
	assert_true(sample_number(fixture->sql, "PRAGMA page_count") > 4800);
	assert_int_equal(keep_shrink(fixture->sql), ERR_OK);
	assert_true(sample_number(fixture->sql, "PRAGMA page_count") < 100);
	/* Nothing can be attached afterwards either. */
	assert_int_equal(
	    sql_exec(fixture->sql, "ATTACH ':memory:' AS x"), ERR_DATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(no_limit_no_work),
	    TEST(by_count),
	    TEST(by_size),
	    TEST(by_age),
	    TEST(what_was_refused_is_kept_apart),
	    TEST(the_newest_stays),
	    TEST(slack_is_bounded),
	    TEST(one_line_a_minute),
	    TEST(sessions_that_are_needed_stay),
	    TEST(empty_sessions_have_an_end),
	    TEST(trouble_is_left_to_the_next_time),
	    TEST(an_empty_file_shrinks),
	};

	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
