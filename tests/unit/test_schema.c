/* test_schema: the way from nothing, and from older versions, to the tables. */
#include "schema.h"

#include "sample.h"
#include "schema_text.h"
#include "scratch.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

struct fixture {
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct sql *sql;
	struct failure failure;
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	scratch_make(fixture.folder);
	(void)snprintf(
	    fixture.path, sizeof(fixture.path), "%s/mail.db", fixture.folder);
	assert_int_equal(
	    sql_open(&fixture.sql, fixture.path, SQL_WRITE, NULL), ERR_OK);
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	sql_close(fixture->sql);
	scratch_remove(fixture->folder);
	return 0;
}

static int64_t
number_of(struct sql *sql, const char *text)
{
	struct sql_row *row;
	int64_t number;

	assert_int_equal(sql_start_once(sql, &row, text), ERR_OK);
	assert_int_equal(sql_step(row), ERR_OK);
	number = sql_number(row, 0);
	assert_int_equal(sql_done(row), ERR_OK);
	return number;
}

static void
assert_whole(struct sql *sql)
{
	static const char *const tables[] = {"session", "dialogue", "message",
	    "recipient", "raw", "counter", "summary", "header", "part", "tag",
	    "finding"};

	for (size_t i = 0; i < COUNT(tables); i++) {
		char text[64];

		(void)snprintf(
		    text, sizeof(text), "SELECT count(*) FROM %s", tables[i]);
		assert_int_equal(sql_exec(sql, text), ERR_OK);
	}
	assert_int_equal(
	    number_of(sql, "PRAGMA user_version"), schema_version());
	assert_int_equal(
	    number_of(sql, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
}

static void
makes_all_of_it(void **state)
{
	struct fixture *fixture = *state;
	struct sql_row *row;

	assert_int_equal(
	    schema_check(fixture->sql, &fixture->failure), ERR_DATA);
	assert_int_equal(
	    schema_migrate(fixture->sql, &fixture->failure), ERR_OK);
	assert_whole(fixture->sql);
	assert_int_equal(schema_check(fixture->sql, NULL), ERR_OK);
	assert_int_equal(
	    sql_start(fixture->sql, &row, "PRAGMA journal_mode"), ERR_OK);
	assert_int_equal(sql_step(row), ERR_OK);
	assert_true(span_equal(sql_span(row, 0), SPAN("wal")));
	assert_int_equal(sql_done(row), ERR_OK);
	/* A second time is no work. */
	assert_int_equal(
	    schema_migrate(fixture->sql, &fixture->failure), ERR_OK);
}

/* Makes what a program of that version has left. */
static void
make_version(struct sql *sql, int version)
{
	char marks[128];

	for (int i = 0; i < version; i++)
		assert_int_equal(sql_exec(sql, schema_text[i]), ERR_OK);
	(void)snprintf(marks, sizeof(marks),
	    "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    SCHEMA_APPLICATION_ID, version);
	assert_int_equal(sql_exec(sql, marks), ERR_OK);
}

static void
older_versions_come_along(void **state)
{
	struct fixture *fixture = *state;
	struct failure failure;
	struct sql *sql;

	for (int version = 1; version < schema_version(); version++) {
		assert_int_equal(sql_open(&sql, NULL, SQL_WRITE, NULL), ERR_OK);
		make_version(sql, version);
		assert_int_equal(
		    sql_exec(sql, "INSERT INTO counter VALUES ('seq', 7)"),
		    ERR_OK);
		assert_int_equal(schema_check(sql, &failure), ERR_VERSION);
		assert_non_null(strstr(failure.text, "older"));
		assert_int_equal(
		    schema_migrate(sql, &fixture->failure), ERR_OK);
		assert_whole(sql);
		assert_int_equal(
		    number_of(sql, "SELECT value FROM counter"), 7);
		sql_close(sql);
	}
}

/* From before sessions knew where their messages are. */
static void
sessions_find_their_messages(void **state)
{
	static const char text[] =
	    "INSERT INTO session (seq, id, started, listener, protocol, peer,"
	    " peer_port, local, proxy, helo, user, mechanism, tls_version,"
	    " tls_cipher, tls_group, sni, alpn, client_cert, ending, accepted,"
	    " refused, aborted) SELECT value, 's' || value, 0, '', '', '', 0,"
	    " '', '', '', '', '', '', '', '', '', '', '', '', 0, 0, 0"
	    " FROM json_each('[1, 2]');"
	    "INSERT INTO message (seq, id, session, received, state, reason,"
	    " listener, inbox, peer, helo, user, mail_from, mail_params, size)"
	    " SELECT value, value, 's1', 0, 0, '', '', '', '', '', '', '', '',"
	    " 0 FROM json_each('[4, 6, 9]')";
	struct fixture *fixture = *state;

	make_version(fixture->sql, 2);
	assert_int_equal(sql_exec(fixture->sql, text), ERR_OK);
	assert_int_equal(schema_migrate(fixture->sql, NULL), ERR_OK);
	assert_text(fixture->sql,
	    "SELECT group_concat(after_seq || '-' || until_seq) FROM session",
	    "3-9,0-0");
}

static void
a_newer_version_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char text[64];

	assert_int_equal(schema_migrate(fixture->sql, NULL), ERR_OK);
	(void)snprintf(text, sizeof(text), "PRAGMA user_version = %d",
	    schema_version() + 1);
	assert_int_equal(sql_exec(fixture->sql, text), ERR_OK);
	assert_int_equal(
	    schema_migrate(fixture->sql, &fixture->failure), ERR_VERSION);
	assert_non_null(strstr(fixture->failure.text, "newer"));
	assert_int_equal(
	    schema_check(fixture->sql, &fixture->failure), ERR_VERSION);
}

/* Not even its journal mode may change. */
static void
somebody_elses_is_not_touched(void **state)
{
	static const char *const others[] = {
	    "CREATE TABLE message (seq INTEGER PRIMARY KEY)",
	    "PRAGMA user_version = 1",
	    "PRAGMA application_id = 12345",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(others); i++) {
		struct sql *sql;
		char path[SCRATCH_SIZE + 16];
		struct sql_row *row;

		(void)snprintf(
		    path, sizeof(path), "%s/other-%zu", fixture->folder, i);
		assert_int_equal(sql_open(&sql, path, SQL_WRITE, NULL), ERR_OK);
		assert_int_equal(sql_exec(sql, others[i]), ERR_OK);
		assert_int_equal(
		    schema_migrate(sql, &fixture->failure), ERR_DATA);
		assert_non_null(strstr(fixture->failure.text, "not one of"));
		assert_int_equal(schema_check(sql, NULL), ERR_DATA);
		assert_int_equal(
		    sql_start(sql, &row, "PRAGMA journal_mode"), ERR_OK);
		assert_int_equal(sql_step(row), ERR_OK);
		assert_true(span_equal(sql_span(row, 0), SPAN("delete")));
		assert_int_equal(sql_done(row), ERR_OK);
		sql_close(sql);
	}
}

/* A migration that fails leaves the version before it. */
static void
a_failed_step_is_undone(void **state)
{
	struct fixture *fixture = *state;

	make_version(fixture->sql, 1);
	assert_int_equal(
	    sql_exec(fixture->sql, "CREATE TABLE tag (n INTEGER)"), ERR_OK);
	assert_int_equal(
	    schema_migrate(fixture->sql, &fixture->failure), ERR_DATA);
	assert_non_null(strstr(fixture->failure.text, "tag"));
	assert_int_equal(number_of(fixture->sql, "PRAGMA user_version"), 1);
	assert_int_equal(number_of(fixture->sql,
			     "SELECT count(*) FROM sqlite_schema"
			     " WHERE name = 'summary'"),
	    0);
	assert_int_equal(sql_exec(fixture->sql, "DROP TABLE tag"), ERR_OK);
	assert_int_equal(schema_migrate(fixture->sql, NULL), ERR_OK);
	assert_whole(fixture->sql);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_all_of_it),
	    TEST(older_versions_come_along),
	    TEST(sessions_find_their_messages),
	    TEST(a_newer_version_is_refused),
	    TEST(somebody_elses_is_not_touched),
	    TEST(a_failed_step_is_undone),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
