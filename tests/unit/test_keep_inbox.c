/* test_keep_inbox: of each inbox the oldest go, and nothing else does. */
#include "keep_inbox.h"

#include "clock.h"
#include "sample.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	struct sql *sql;
	struct keep_inbox keep;
	struct log *log;
	int log_fds[2];
	int64_t last; /* seq */
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

	keep_inbox_release(&fixture->keep);
	sql_close(fixture->sql);
	log_free(fixture->log);
	(void)close(fixture->log_fds[0]);
	(void)close(fixture->log_fds[1]);
	return 0;
}

static void
run(struct fixture *fixture, const char *text)
{
	if (sql_exec(fixture->sql, text))
		fail_msg("%s: %s", text, sql_error_text(fixture->sql));
}

/* So many messages of 100 bytes, received at that time, each with a session. */
static void
fill_at(struct fixture *fixture, const char *inbox, int count, int state,
    int64_t received)
{
	char text[2000];

	(void)snprintf(text, sizeof(text),
	    "CREATE TABLE IF NOT EXISTS n (i INTEGER); DELETE FROM n;"
	    "WITH RECURSIVE c(i) AS (SELECT %lld UNION ALL SELECT i + 1 FROM c"
	    " WHERE i < %lld) INSERT INTO n SELECT i FROM c;"
	    "INSERT INTO message (seq, id, session, received, state, reason,"
	    " listener, inbox, peer, helo, user, mail_from, mail_params, size)"
	    " SELECT i, 'm' || i, 's' || i, %lld + i, %d, '', '', '%s', '', '',"
	    " '', '', '', 100 FROM n;"
	    "INSERT INTO raw SELECT i, zeroblob(100) FROM n;"
	    "INSERT INTO session (seq, id, started, ended, listener, protocol,"
	    " peer, peer_port, local, proxy, helo, user, mechanism,"
	    " tls_version, tls_cipher, tls_group, sni, alpn, client_cert,"
	    " ending, accepted, refused, aborted) SELECT i, 's' || i, 0,"
	    " %lld + i, '', '', '', 0, '', '', '', '', '', '', '', '', '', '',"
	    " '', '', 1, 0, 0 FROM n;",
	    (long long)fixture->last + 1, (long long)fixture->last + count,
	    (long long)received, state, inbox, (long long)received);
	run(fixture, text);
	fixture->last += count;
}

static void
fill(struct fixture *fixture, const char *inbox, int count)
{
	fill_at(fixture, inbox, count, 0, 1000);
}

static void
start(struct fixture *fixture, const struct keep_inbox_rule *rules,
    size_t rule_count)
{
	assert_int_equal(keep_inbox_init(&fixture->keep, rules, rule_count,
			     fixture->log, fixture->sql),
	    ERR_OK);
}

/* Steps until there is no more to do; returns how many there were. */
static int
settle(struct fixture *fixture)
{
	int steps = 0;

	while (keep_inbox_step(&fixture->keep, fixture->sql, KEEP_EXACT))
		steps++;
	return steps;
}

static int64_t
left_in(struct fixture *fixture, const char *inbox)
{
	char text[200];

	(void)snprintf(text, sizeof(text),
	    "SELECT count(*) FROM message WHERE inbox = '%s'", inbox);
	return sample_number(fixture->sql, text);
}

static const struct {
	const char *glob, *name;
	bool fits;
} globs[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"*", "anything", true},
    {"a*", "abc", true},
    {"a*", "ba", false},
    {"*c", "abc", true},
    {"*c", "abcd", false},
    {"a*b*c", "a-b-b-c", true},
    {"a*b*c", "a-c-b", false},
    {"?", "a", true},
    {"?", "", false},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"t[1]", "t[1]", true},
    {"t[1]", "t1", false},
    {"*", "*", true},
    {"A", "a", false},
    {"**", "", true},
    {"*?", "", false},
    {"*?", "x", true},
};

static void
names_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(globs); i++)
		if (keep_inbox_fits(globs[i].glob,
			span_string(globs[i].name)) != globs[i].fits)
			fail_msg("%s %s", globs[i].glob, globs[i].name);
}

static void
no_rule_no_work(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, "a", 10);
	start(fixture, NULL, 0);
	assert_int_equal(settle(fixture), 0);
	assert_int_equal(left_in(fixture, "a"), 10);
	assert_int_equal(keep_inbox_patience(&fixture->keep), 0);
}

static const struct keep_inbox_rule some[] = {
    {"ci-loud", {.count = 200}},
    {"ci-*", {.count = 5}},
    {"small", {.size = 350}},
};

static void
each_has_its_own(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, "ci-loud", 500);
	fill(fixture, "ci-a", 20);
	fill(fixture, "other", 20);
	fill(fixture, "", 20);
	fill(fixture, "small", 20);
	fill(fixture, "ci-b", 5);
	start(fixture, some, COUNT(some));
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "ci-loud"), 200);
	assert_int_equal(left_in(fixture, "ci-a"), 5);
	assert_int_equal(left_in(fixture, "other"), 20);
	assert_int_equal(left_in(fixture, ""), 20);
	assert_int_equal(left_in(fixture, "small"), 3);
	assert_int_equal(left_in(fixture, "ci-b"), 5);
	/* The newest ones. */
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT min(seq) FROM message WHERE inbox "
			     "= 'ci-loud'"),
	    301);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT value FROM counter WHERE name = 'pruned'"),
	    300 + 15 + 17);
	/* Sessions that ended before all that is left. */
	assert_true(sample_number(fixture->sql,
			"SELECT count(*) FROM session WHERE seq < 300") < 64);
}

static void
looks_at_what_is_new(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, some, COUNT(some));
	(void)settle(fixture);
	for (int i = 0; i < 10; i++) {
		fill(fixture, "ci-a", 1);
		fill(fixture, "other", 1);
		fill(fixture, "ci-b", 2);
	}
	/* While there is work nothing is done for a few. */
	assert_false(keep_inbox_step(&fixture->keep, fixture->sql, KEEP_SLACK));
	assert_int_equal(left_in(fixture, "ci-a"), 10);
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "ci-a"), 5);
	assert_int_equal(left_in(fixture, "ci-b"), 5);
	assert_int_equal(left_in(fixture, "other"), 10);
	for (int i = 0; i < 200; i++)
		fill(fixture, i % 2 ? "ci-a" : "ci-b", 1);
	while (keep_inbox_step(&fixture->keep, fixture->sql, KEEP_SLACK))
		continue;
	assert_in_range(left_in(fixture, "ci-a"), 5, 60);
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "ci-a"), 5);
	assert_int_equal(settle(fixture), 0);
	/* One of each is enough. */
	fill(fixture, "ci-a", 1);
	fill(fixture, "ci-b", 1);
	fill(fixture, "ci-a", 1);
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "ci-a"), 5);
	assert_int_equal(left_in(fixture, "ci-b"), 5);
}

/* What was refused takes no place of what was accepted. */
static void
states_are_apart(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, "ci-a", 10);
	fill_at(fixture, "ci-a", 10, 1, 1000);
	fill_at(fixture, "ci-a", 3, 2, 1000);
	start(fixture, some, COUNT(some));
	(void)settle(fixture);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT count(*) FROM message WHERE state = 0"),
	    5);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT count(*) FROM message WHERE state <> 0"),
	    5);
}

static void
by_age(void **state)
{
	static const struct keep_inbox_rule hour = {
	    "*", {.age_us = 3600 * CLOCK_SECOND}};
	struct fixture *fixture = *state;

	fill(fixture, "a", 100);
	fill_at(fixture, "a", 7, 0, clock_wall_us());
	fill(fixture, "old", 9);
	start(fixture, &hour, 1);
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "a"), 7);
	/* The newest one stays, whatever its age. */
	assert_int_equal(left_in(fixture, "old"), 1);
	assert_int_equal(
	    keep_inbox_patience(&fixture->keep), 10 * CLOCK_SECOND);
}

/* Counting many after each new one would take too long. */
static void
large_ones_wait_for_the_walk(void **state)
{
	static const struct keep_inbox_rule many = {"*", {.count = 6000}};
	struct fixture *fixture = *state;

	start(fixture, &many, 1);
	(void)settle(fixture);
	assert_int_equal(keep_inbox_patience(&fixture->keep), 0);
	fill(fixture, "a", 6100);
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "a"), 6100);
	assert_int_equal(
	    keep_inbox_patience(&fixture->keep), 10 * CLOCK_SECOND);
	fixture->keep.walked_us -= 10 * CLOCK_SECOND;
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "a"), 6000);
}

static void
one_step_is_short(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, "ci-a", 3000);
	start(fixture, some, COUNT(some));
	assert_true(keep_inbox_step(&fixture->keep, fixture->sql, KEEP_EXACT));
	assert_in_range(left_in(fixture, "ci-a"), 3000 - 8 * 64, 2999);
	(void)settle(fixture);
	assert_int_equal(left_in(fixture, "ci-a"), 5);
}

static void
tells_the_log(void **state)
{
	struct fixture *fixture = *state;
	char text[1000] = "";

	fill(fixture, "ci-a", 10);
	start(fixture, some, COUNT(some));
	(void)settle(fixture);
	fill(fixture, "ci-a", 2);
	(void)settle(fixture);
	keep_inbox_finish(&fixture->keep);
	assert_true(read(fixture->log_fds[0], text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "retention: removed 5 messages"));
	assert_non_null(strstr(text, "retention: removed 2 messages"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_fit),
	    TEST(no_rule_no_work),
	    TEST(each_has_its_own),
	    TEST(looks_at_what_is_new),
	    TEST(states_are_apart),
	    TEST(by_age),
	    TEST(large_ones_wait_for_the_walk),
	    TEST(one_step_is_short),
	    TEST(tells_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
