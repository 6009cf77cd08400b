/* test_vfs: the WAL is written in fewer pieces, and nobody can tell. */
#include "vfs.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "unit.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Stands in for the default layer, counts calls on the WAL, and may fail. */
static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods methods;
	const sqlite3_io_methods *real_methods;
	int writes;
	int fail_in; /* the n-th write from now on fails; 0: none */
} below;

struct fixture {
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	sqlite3 *db;
};

static int
count_write(
    sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	below.writes++;
	if (below.fail_in > 0 && --below.fail_in == 0)
		return SQLITE_FULL;
	return below.real_methods->xWrite(file, bytes, len, offset);
}

static int
count_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *flags_out)
{
	int code = below.real->xOpen(below.real, name, file, flags, flags_out);

	(void)vfs;
	if (!code && (flags & SQLITE_OPEN_WAL)) {
		below.real_methods = file->pMethods;
		below.methods = *file->pMethods;
		below.methods.xWrite = count_write;
		file->pMethods = &below.methods;
	}
	return code;
}

static void
run(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL))
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

static int
set_up(void **state)
{
	static struct fixture fixture;

	below.fail_in = 0;
	scratch_make(fixture.folder);
	(void)snprintf(
	    fixture.path, sizeof(fixture.path), "%s/mail.db", fixture.folder);
	assert_non_null(vfs_name());
	assert_int_equal(
	    sqlite3_open_v2(fixture.path, &fixture.db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs_name()),
	    SQLITE_OK);
	run(fixture.db,
	    "PRAGMA page_size = 16384;"
	    "PRAGMA journal_mode = WAL;"
	    "PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)");
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(sqlite3_close(fixture->db), SQLITE_OK);
	scratch_remove(fixture->folder);
	return 0;
}

static const char many[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 60) INSERT INTO t (b) SELECT randomblob(12000) FROM n";

static int64_t
number_of(sqlite3 *db, const char *text)
{
	sqlite3_stmt *statement;
	int64_t number = -1;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL))
		fail_msg("%s", sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

/* In another process, with the default layer and what is in the file. */
static int
look_elsewhere(const char *path, const char *text)
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		sqlite3 *db;
		sqlite3_stmt *statement;
		int number = 255;

		if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
			below.real->zName) == SQLITE_OK &&
		    sqlite3_prepare_v2(db, text, -1, &statement, NULL) ==
			SQLITE_OK &&
		    sqlite3_step(statement) == SQLITE_ROW)
			number = sqlite3_column_int(statement, 0);
		_exit(number);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
few_writes(void **state)
{
	struct fixture *fixture = *state;

	below.writes = 0;
	run(fixture->db, many);
	/* Some 61 frames of 16 KiB, which were 122 writes. */
	assert_in_range(below.writes, 5, 12);
	below.writes = 0;
	run(fixture->db, "INSERT INTO t (b) VALUES ('x')");
	assert_int_equal(below.writes, 1);
}

/* Without a sync at the commit too: what is published is in the file. */
static void
others_see_each_commit(void **state)
{
	static const char *const modes[] = {"PRAGMA synchronous = FULL",
	    "PRAGMA synchronous = NORMAL", "PRAGMA synchronous = OFF"};
	struct fixture *fixture = *state;
	int count = 0;

	for (size_t i = 0; i < COUNT(modes); i++) {
		run(fixture->db, modes[i]);
		for (int j = 0; j < 3; j++) {
			run(fixture->db, "INSERT INTO t (b) VALUES ('x')");
			assert_int_equal(look_elsewhere(fixture->path,
					     "SELECT count(*) FROM t"),
			    ++count);
		}
		/* The WAL begins anew. */
		run(fixture->db, "PRAGMA wal_checkpoint(RESTART)");
	}
	assert_int_equal(look_elsewhere(fixture->path,
			     "SELECT integrity_check = 'ok'"
			     " FROM pragma_integrity_check"),
	    1);
}

/* Pages that do not fit into the cache go to the WAL, come back, and go again.
 */
static void
a_transaction_larger_than_the_cache(void **state)
{
	struct fixture *fixture = *state;

	run(fixture->db, "PRAGMA cache_size = 10; BEGIN");
	for (int i = 0; i < 3; i++)
		run(fixture->db, many);
	run(fixture->db, "UPDATE t SET b = n || 'x' WHERE n % 7 = 0");
	assert_int_equal(number_of(fixture->db, "SELECT count(*) FROM t"), 180);
	assert_int_equal(
	    look_elsewhere(fixture->path, "SELECT count(*) FROM t"), 0);
	run(fixture->db, "COMMIT");
	assert_int_equal(look_elsewhere(fixture->path,
			     "SELECT count(*) FROM t WHERE b = n || 'x'"),
	    25);
	assert_int_equal(look_elsewhere(fixture->path,
			     "SELECT integrity_check = 'ok'"
			     " FROM pragma_integrity_check"),
	    1);
}

/* One that was begun in the file and given up leaves room for the next. */
static void
a_rollback_of_what_was_written(void **state)
{
	struct fixture *fixture = *state;

	run(fixture->db, "PRAGMA cache_size = 10");
	for (int i = 0; i < 5; i++) {
		run(fixture->db, "BEGIN");
		run(fixture->db, many);
		run(fixture->db, "ROLLBACK; INSERT INTO t (b) VALUES ('x')");
		assert_int_equal(
		    look_elsewhere(fixture->path, "SELECT count(*) FROM t"),
		    i + 1);
	}
	assert_int_equal(look_elsewhere(fixture->path,
			     "SELECT integrity_check = 'ok'"
			     " FROM pragma_integrity_check"),
	    1);
}

/* Whichever write fails: the commit tells, and the next one works. */
static void
a_failed_write_is_told(void **state)
{
	struct fixture *fixture = *state;
	int64_t count = 0;
	bool failed = true;

	run(fixture->db, "PRAGMA synchronous = NORMAL");
	for (int n = 1; failed; n++) {
		below.fail_in = n;
		failed = sqlite3_exec(fixture->db, many, NULL, NULL, NULL) != 0;
		below.fail_in = 0;
		if (failed)
			assert_int_equal(
			    sqlite3_errcode(fixture->db), SQLITE_FULL);
		else
			count += 60;
		run(fixture->db, "INSERT INTO t (b) VALUES ('x')");
		count++;
		assert_int_equal(
		    look_elsewhere(fixture->path, "SELECT count(*) FROM t"),
		    count);
	}
	assert_true(count > 65);
	assert_int_equal(look_elsewhere(fixture->path,
			     "SELECT integrity_check = 'ok'"
			     " FROM pragma_integrity_check"),
	    1);
}

static void
use(void *context)
{
	struct fixture *fixture = context;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(fixture->path, &db,
			     SQLITE_OPEN_READWRITE, vfs_name()),
	    SQLITE_OK);
	/* Without memory to gather in, each write goes through. */
	run(db, "INSERT INTO t (b) VALUES ('x')");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
survives_without_memory(void **state)
{
	struct fixture *fixture = *state;

	assert_true(fail_alloc_each(use, fixture) >= 1);
	assert_int_equal(look_elsewhere(fixture->path,
			     "SELECT integrity_check = 'ok'"
			     " FROM pragma_integrity_check"),
	    1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(few_writes),
	    TEST(others_see_each_commit),
	    TEST(a_transaction_larger_than_the_cache),
	    TEST(a_rollback_of_what_was_written),
	    TEST(a_failed_write_is_told),
	    TEST(survives_without_memory),
	};

	/* Before vfs_name() is called for the first time. */
	if (sqlite3_initialize())
		return 1;
	below.real = sqlite3_vfs_find(NULL);
	below.vfs = *below.real;
	below.vfs.zName = "below";
	below.vfs.xOpen = count_open;
	if (sqlite3_vfs_register(&below.vfs, 1))
		return 1;
	return cmocka_run_group_tests_name("vfs", tests, NULL, NULL);
}
