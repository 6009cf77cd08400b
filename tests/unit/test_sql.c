/* test_sql: one connection, and what it makes of a file that may be hostile. */
#include "sql.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void
open_it(struct fixture *fixture, enum sql_access access)
{
	enum err err =
	    sql_open(&fixture->sql, fixture->path, access, &fixture->failure);

	if (err)
		fail_msg("%s: %s", err_text(err), fixture->failure.text);
}

static void
assert_exec(struct sql *sql, const char *statements)
{
	enum err err = sql_exec(sql, statements);

	if (err)
		fail_msg("%s: %s", statements, sql_error_text(sql));
}

static int64_t
number_of(struct sql *sql, const char *text)
{
	struct sql_row *row;
	int64_t number;

	assert_int_equal(sql_start(sql, &row, text), ERR_OK);
	assert_int_equal(sql_step(row), ERR_OK);
	number = sql_number(row, 0);
	assert_int_equal(sql_step(row), ERR_NOT_FOUND);
	assert_int_equal(sql_step(row), ERR_NOT_FOUND);
	assert_int_equal(sql_done(row), ERR_OK);
	return number;
}

static void
makes_a_private_file(void **state)
{
	struct fixture *fixture = *state;
	struct stat found;

	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql, "CREATE TABLE t (n INTEGER)");
	assert_int_equal(stat(fixture->path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(number_of(fixture->sql, "PRAGMA page_size"), 16384);
}

static void
bytes_come_back_as_they_were(void **state)
{
	static const char insert[] = "INSERT INTO t VALUES (?, ?, ?, ?, ?)";
	static const char select[] = "SELECT * FROM t";
	struct fixture *fixture = *state;
	struct sql_row *row;

	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql,
	    "CREATE TABLE t (a TEXT NOT NULL, b BLOB NOT NULL, c INTEGER, d,"
	    " e TEXT NOT NULL)");
	assert_int_equal(sql_start(fixture->sql, &row, insert), ERR_OK);
	sql_bind_span(row, 1, SPAN("a\0b\xff'"));
	sql_bind_blob(row, 2, span_make(NULL, 0));
	sql_bind_number(row, 3, INT64_MIN);
	sql_bind_null(row, 4);
	sql_bind_span(row, 5, span_make(NULL, 0));
	assert_int_equal(sql_step(row), ERR_NOT_FOUND);
	assert_int_equal(sql_done(row), ERR_OK);
	assert_int_equal(sql_changes(fixture->sql), 1);

	assert_int_equal(sql_start(fixture->sql, &row, select), ERR_OK);
	assert_int_equal(sql_step(row), ERR_OK);
	assert_true(span_equal(sql_span(row, 0), SPAN("a\0b\xff'")));
	assert_int_equal(sql_span(row, 1).len, 0);
	assert_non_null(sql_span(row, 1).at);
	assert_false(sql_is_null(row, 1));
	assert_true(sql_number(row, 2) == INT64_MIN);
	assert_true(sql_is_null(row, 3));
	assert_false(sql_is_null(row, 4));
	assert_int_equal(sql_done(row), ERR_OK);
}

static void
a_statement_runs_again_with_what_is_bound(void **state)
{
	struct fixture *fixture = *state;
	struct sql_row *row;

	open_it(fixture, SQL_WRITE);
	assert_exec(
	    fixture->sql, "CREATE TABLE t (n INTEGER UNIQUE, m INTEGER)");
	assert_int_equal(
	    sql_start(fixture->sql, &row, "INSERT INTO t (n, m) VALUES (?, ?)"),
	    ERR_OK);
	sql_bind_number(row, 2, 7);
	for (int i = 0; i < 3; i++) {
		sql_bind_number(row, 1, i);
		assert_int_equal(sql_step(row), ERR_NOT_FOUND);
		sql_again(row);
	}
	assert_int_equal(
	    number_of(fixture->sql, "SELECT sum(n) * sum(m) FROM t"), 63);
	/* A failure stays until the end. */
	assert_int_equal(sql_step(row), ERR_EXISTS);
	sql_again(row);
	sql_bind_number(row, 1, 9);
	assert_int_equal(sql_step(row), ERR_EXISTS);
	assert_int_equal(sql_done(row), ERR_EXISTS);
}

/* The same text within its own rows, and more texts than are kept. */
static void
a_statement_may_run_inside_itself(void **state)
{
	static const char select[] = "SELECT n FROM t ORDER BY n";
	struct fixture *fixture = *state;
	struct sql_row *outer;
	struct sql_row *inner;

	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql,
	    "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2)");
	assert_int_equal(sql_start(fixture->sql, &outer, select), ERR_OK);
	assert_int_equal(sql_step(outer), ERR_OK);
	assert_int_equal(sql_start(fixture->sql, &inner, select), ERR_OK);
	assert_ptr_not_equal(inner, outer);
	assert_int_equal(sql_step(inner), ERR_OK);
	assert_int_equal(sql_done(inner), ERR_OK);
	assert_int_equal(sql_step(outer), ERR_OK);
	assert_int_equal(sql_number(outer, 0), 2);
	assert_int_equal(sql_done(outer), ERR_OK);
	assert_int_equal(sql_start(fixture->sql, &inner, select), ERR_OK);
	assert_ptr_equal(inner, outer);
	assert_int_equal(sql_done(inner), ERR_OK);
}

static void
any_number_of_texts(void **state)
{
	static char texts[1000][32];
	struct fixture *fixture = *state;

	open_it(fixture, SQL_WRITE);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < (int)COUNT(texts); i++) {
			(void)snprintf(
			    texts[i], sizeof(texts[i]), "SELECT %d", i);
			assert_int_equal(number_of(fixture->sql, texts[i]), i);
		}
	}
}

static void
mistakes_have_their_kinds(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} rows[] = {
	    {"SELECT", ERR_DATA},
	    {"SELECT * FROM missing", ERR_DATA},
	    {"INSERT INTO t VALUES (1, 'b')", ERR_EXISTS},
	    {"INSERT INTO t VALUES (2, 'a')", ERR_EXISTS},
	    {"INSERT INTO t VALUES (2, NULL)", ERR_DATA},
	    {"INSERT INTO t VALUES ('x', 'c')", ERR_DATA},
	    {"INSERT INTO t VALUES (3, zeroblob(2000000000))", ERR_LIMIT},
	    {"ATTACH ':memory:' AS other", ERR_DATA},
	    {"SELECT load_extension('x')", ERR_DATA},
	    {"UPDATE sqlite_schema SET sql = ''", ERR_DATA},
	    {"SELECT \"no such column\"", ERR_DATA},
	};
	struct fixture *fixture = *state;

	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql,
	    "CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT NOT NULL UNIQUE)"
	    " STRICT; INSERT INTO t VALUES (1, 'a')");
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum err err = sql_exec(fixture->sql, rows[i].text);

		if (err != rows[i].err)
			fail_msg("%s: %s (%s)", rows[i].text, err_text(err),
			    sql_error_text(fixture->sql));
	}
}

static void
a_bad_binding_is_told_by_the_step(void **state)
{
	static const char text[] = "SELECT ?";
	struct fixture *fixture = *state;
	struct sql_row *row;

	open_it(fixture, SQL_WRITE);
	assert_int_equal(sql_start(fixture->sql, &row, text), ERR_OK);
	sql_bind_number(row, 2, 1);
	sql_bind_number(row, 1, 1);
	assert_int_equal(sql_step(row), ERR_DATA);
	assert_int_equal(sql_done(row), ERR_DATA);
	/* It works again afterwards. */
	assert_int_equal(sql_start(fixture->sql, &row, text), ERR_OK);
	sql_bind_number(row, 1, 7);
	assert_int_equal(sql_step(row), ERR_OK);
	assert_int_equal(sql_number(row, 0), 7);
	assert_int_equal(sql_done(row), ERR_OK);
	assert_int_equal(sql_start(fixture->sql, &row, "SELEKT"), ERR_DATA);
	assert_null(row);
	assert_int_equal(sql_done(row), ERR_OK);
}

#define BLOB_SIZE 200000

static void
blobs_are_written_in_pieces(void **state)
{
	static char bytes[BLOB_SIZE];
	static char back[BLOB_SIZE];
	static const char insert[] = "INSERT INTO t VALUES (?, ?)";
	struct fixture *fixture = *state;
	struct sql_row *row;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 % 251);
	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql,
	    "CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB); BEGIN");
	assert_int_equal(sql_start(fixture->sql, &row, insert), ERR_OK);
	sql_bind_number(row, 1, 5);
	sql_bind_zeros(row, 2, BLOB_SIZE);
	assert_int_equal(sql_step(row), ERR_NOT_FOUND);
	assert_int_equal(sql_done(row), ERR_OK);
	for (size_t at = 0; at < BLOB_SIZE; at += 1000)
		assert_int_equal(sql_blob_write(fixture->sql, "t", "b", 5, at,
				     span_make(bytes + at, 1000)),
		    ERR_OK);
	assert_exec(fixture->sql, "COMMIT");
	for (size_t at = 0; at < BLOB_SIZE; at += 1600)
		assert_int_equal(sql_blob_read(fixture->sql, "t", "b", 5, at,
				     back + at, 1600),
		    ERR_OK);
	assert_memory_equal(bytes, back, BLOB_SIZE);
}

static void
a_blob_has_ends(void **state)
{
	struct fixture *fixture = *state;
	char back[8];

	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql,
	    "CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB);"
	    "INSERT INTO t VALUES (1, x'0102030405')");
	assert_int_equal(
	    sql_blob_read(fixture->sql, "t", "b", 1, 0, back, 6), ERR_DATA);
	assert_int_equal(
	    sql_blob_read(fixture->sql, "t", "b", 1, 6, back, 0), ERR_DATA);
	assert_int_equal(
	    sql_blob_read(fixture->sql, "t", "b", 1, UINT64_MAX, back, 2),
	    ERR_DATA);
	assert_int_equal(
	    sql_blob_write(fixture->sql, "t", "b", 1, 3, SPAN("abc")),
	    ERR_DATA);
	assert_int_equal(sql_blob_read(fixture->sql, "t", "b", 2, 0, back, 1),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    sql_blob_read(fixture->sql, "t", "b", 1, 1, back, 3), ERR_OK);
	assert_memory_equal(back, "\2\3\4", 3);
	/* One that was not read to its end is in nobody's way. */
	assert_exec(fixture->sql, "BEGIN");
	assert_int_equal(
	    sql_blob_write(fixture->sql, "t", "b", 1, 0, SPAN("ab")), ERR_OK);
	assert_exec(fixture->sql, "COMMIT");
	assert_int_equal(
	    sql_blob_read(fixture->sql, "t", "b", 1, 0, back, 3), ERR_OK);
	assert_memory_equal(back, "ab\3", 3);
	sql_blob_done(fixture->sql);
}

static void
a_reader_cannot_write(void **state)
{
	struct fixture *fixture = *state;
	struct sql *reader;

	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql, "CREATE TABLE t (n INTEGER)");
	assert_int_equal(
	    sql_open(&reader, fixture->path, SQL_READ, NULL), ERR_OK);
	assert_int_equal(
	    sql_exec(reader, "INSERT INTO t VALUES (1)"), ERR_READONLY);
	assert_int_equal(number_of(reader, "SELECT count(*) FROM t"), 0);
	sql_close(reader);
}

static void
write_file(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
a_failure_names_path_and_reason(void **state)
{
	static const struct {
		const char *name;
		enum sql_access access;
		enum err err;
		const char *reason;
	} rows[] = {
	    {"no", SQL_READ, ERR_NOT_FOUND, "No such file"},
	    {"no/mail.db", SQL_READ, ERR_NOT_FOUND, "No such file"},
	    {"no/mail.db", SQL_WRITE, ERR_READONLY, "folder does not exist"},
	    {"text/mail.db", SQL_WRITE, ERR_NOT_FOUND, "Not a directory"},
	    {".", SQL_WRITE, ERR_DATA, "not a regular file"},
	    {".", SQL_READ, ERR_DATA, "not a regular file"},
	    {"fifo", SQL_WRITE, ERR_DATA, "not a regular file"},
	    {"text", SQL_READ, ERR_CORRUPT, "not a database"},
	    {"text", SQL_WRITE, ERR_CORRUPT, "not a database"},
	};
	struct fixture *fixture = *state;
	char path[SCRATCH_SIZE + 16];

	(void)snprintf(path, sizeof(path), "%s/fifo", fixture->folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/text", fixture->folder);
	write_file(path,
	    "This is no database, and longer than its header "
	    "would be: sixteen bytes and what follows.......");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure failure = {""};
		enum err err;

		(void)snprintf(
		    path, sizeof(path), "%s/%s", fixture->folder, rows[i].name);
		err = sql_open(&fixture->sql, path, rows[i].access, &failure);
		if (err != rows[i].err || !strstr(failure.text, path) ||
		    !strstr(failure.text, rows[i].reason))
			fail_msg("%s: %s: %s", rows[i].name, err_text(err),
			    failure.text);
		assert_null(fixture->sql);
	}
	assert_int_equal(
	    sql_open(&fixture->sql, "", SQL_WRITE, NULL), ERR_USAGE);
}

/* Names that mean something to SQLite are files here. */
static void
a_path_is_a_path(void **state)
{
	static const char *const names[] = {
	    ":memory:", "file:x?mode=memory", "a b%20?#"};
	struct fixture *fixture = *state;
	char before[4096];
	struct stat found;

	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(fixture->folder), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(
		    sql_open(&fixture->sql, names[i], SQL_WRITE, NULL), ERR_OK);
		assert_exec(fixture->sql, "CREATE TABLE t (n INTEGER)");
		assert_int_equal(stat(names[i], &found), 0);
		assert_true(found.st_size > 0);
		sql_close(fixture->sql);
		fixture->sql = NULL;
	}
	assert_int_equal(chdir(before), 0);
}

/* What another process gets when it wants to write. */
static int
begin_elsewhere(const char *path)
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		sqlite3 *db;
		int code = sqlite3_open(path, &db);

		if (!code)
			code = sqlite3_exec(
			    db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		_exit(code);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Opening a second connection must not drop the locks of the first. */
static void
locks_survive_a_second_connection(void **state)
{
	struct fixture *fixture = *state;
	struct sql *second;

	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql, "CREATE TABLE t (n INTEGER)");
	assert_int_equal(begin_elsewhere(fixture->path), SQLITE_OK);
	assert_exec(fixture->sql,
	    "BEGIN IMMEDIATE;"
	    "INSERT INTO t VALUES (1)");
	assert_int_equal(begin_elsewhere(fixture->path), SQLITE_BUSY);
	assert_int_equal(
	    sql_open(&second, fixture->path, SQL_WRITE, NULL), ERR_OK);
	sql_close(second);
	assert_int_equal(begin_elsewhere(fixture->path), SQLITE_BUSY);
}

static bool
stop_at_once(void *context)
{
	++*(int *)context;
	return true;
}

static void
a_long_statement_can_be_stopped(void **state)
{
	static const char count[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
	    " SELECT count(*) FROM n";
	struct fixture *fixture = *state;
	int asked = 0;

	open_it(fixture, SQL_WRITE);
	sql_set_stop(fixture->sql, stop_at_once, &asked);
	assert_int_equal(sql_exec(fixture->sql, count), ERR_STOPPED);
	assert_int_equal(asked, 1);
	sql_set_stop(fixture->sql, NULL, NULL);
	assert_int_equal(number_of(fixture->sql, "SELECT 5"), 5);
}

/* What a hostile file's schema would like to have run. */
static void
a_hostile_schema_does_nothing(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db,
		"CREATE TABLE t (n INTEGER, s TEXT);"
		"CREATE TABLE log (s TEXT);"
		"CREATE VIEW v AS SELECT 1 AS n;"
		"CREATE TRIGGER bad AFTER INSERT ON t BEGIN"
		" INSERT INTO log VALUES (load_extension('x')); END;"
		"CREATE TRIGGER worse BEFORE INSERT ON t BEGIN"
		" DELETE FROM t; END;"
		"INSERT INTO log VALUES ('kept')",
		NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	open_it(fixture, SQL_WRITE);
	assert_exec(fixture->sql, "INSERT INTO t VALUES (1, ''), (2, '')");
	assert_int_equal(number_of(fixture->sql, "SELECT count(*) FROM t"), 2);
	assert_int_equal(
	    number_of(fixture->sql, "SELECT count(*) FROM log"), 1);
	assert_int_equal(sql_exec(fixture->sql, "SELECT * FROM v"), ERR_DATA);
}

static void
without_a_path_it_is_memory(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
	    sql_open(&fixture->sql, NULL, SQL_WRITE, NULL), ERR_OK);
	assert_exec(fixture->sql, "CREATE TABLE t (n INTEGER)");
	assert_int_equal(number_of(fixture->sql, "SELECT count(*) FROM t"), 0);
}

static void
open_and_ask(void *context)
{
	struct fixture *fixture = context;
	struct sql_row *row;
	enum err err = sql_open(&fixture->sql, NULL, SQL_WRITE, NULL);

	if (!err)
		err = sql_run(fixture->sql, "SELECT 1");
	if (!err)
		err = sql_start_once(fixture->sql, &row, "SELECT 2");
	if (!err)
		err = sql_done(row);
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	sql_close(fixture->sql);
	fixture->sql = NULL;
}

static void
survives_without_memory(void **state)
{
	assert_int_equal(fail_alloc_each(open_and_ask, *state), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_a_private_file),
	    TEST(bytes_come_back_as_they_were),
	    TEST(a_statement_runs_again_with_what_is_bound),
	    TEST(a_statement_may_run_inside_itself),
	    TEST(any_number_of_texts),
	    TEST(mistakes_have_their_kinds),
	    TEST(a_bad_binding_is_told_by_the_step),
	    TEST(blobs_are_written_in_pieces),
	    TEST(a_blob_has_ends),
	    TEST(a_reader_cannot_write),
	    TEST(a_failure_names_path_and_reason),
	    TEST(a_path_is_a_path),
	    TEST(locks_survive_a_second_connection),
	    TEST(a_long_statement_can_be_stopped),
	    TEST(a_hostile_schema_does_nothing),
	    TEST(without_a_path_it_is_memory),
	    TEST(survives_without_memory),
	};

	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
