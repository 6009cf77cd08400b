/* test_vfs_memory: a database in memory does what one in a file does. */
#include "vfs_memory.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "unit.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
set_up(void **state)
{
	*state = vfs_memory_new();
	return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
	vfs_memory_free(*state);
	return 0;
}

static sqlite3 *
open_db(const struct vfs_memory *memory)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2("mail", &db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			     vfs_memory_name(memory)),
	    SQLITE_OK);
	return db;
}

static int
run(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

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

static void
assert_sound(sqlite3 *db)
{
	sqlite3_stmt *statement;

	assert_int_equal(
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, 0),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(statement, 0), "ok");
	(void)sqlite3_finalize(statement);
}

static const char table[] = "PRAGMA temp_store = MEMORY;"
			    "PRAGMA journal_mode = WAL;"
			    "CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)";

static void
connections_share_it(void **state)
{
	sqlite3 *one = open_db(*state);
	sqlite3 *two = open_db(*state);

	assert_int_equal(run(one, table), SQLITE_OK);
	assert_int_equal(
	    run(one, "INSERT INTO t VALUES (1, zeroblob(300000))"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 1);
	assert_int_equal(run(two, "INSERT INTO t VALUES (2, 'x')"), SQLITE_OK);
	assert_int_equal(number_of(one, "SELECT count(*) FROM t"), 2);
	assert_int_equal(sqlite3_close(one), SQLITE_OK);
	assert_sound(two);
	assert_int_equal(sqlite3_close(two), SQLITE_OK);
	/* It is still there when nobody has it open. */
	one = open_db(*state);
	assert_int_equal(
	    number_of(one, "SELECT sum(length(b)) FROM t"), 300001);
	assert_sound(one);
	assert_int_equal(sqlite3_close(one), SQLITE_OK);
}

static void
two_of_them_are_apart(void **state)
{
	struct vfs_memory *other = vfs_memory_new();
	sqlite3 *one = open_db(*state);
	sqlite3 *two = open_db(other);

	assert_int_equal(run(one, table), SQLITE_OK);
	assert_int_equal(
	    number_of(two, "SELECT count(*) FROM sqlite_schema"), 0);
	assert_int_equal(sqlite3_close(one), SQLITE_OK);
	assert_int_equal(sqlite3_close(two), SQLITE_OK);
	vfs_memory_free(other);
}

static void
a_snapshot_is_kept(void **state)
{
	sqlite3 *one = open_db(*state);
	sqlite3 *two = open_db(*state);

	assert_int_equal(run(one, table), SQLITE_OK);
	assert_int_equal(run(two, "BEGIN"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	assert_int_equal(run(one, "INSERT INTO t VALUES (1, 'x')"), SQLITE_OK);
	assert_int_equal(run(one, "PRAGMA wal_checkpoint(PASSIVE)"), SQLITE_OK);
	assert_int_equal(run(one, "INSERT INTO t VALUES (2, 'x')"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	assert_int_equal(run(two, "COMMIT"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 2);
	assert_int_equal(sqlite3_close(one), SQLITE_OK);
	assert_int_equal(sqlite3_close(two), SQLITE_OK);
}

/* Nor is it overwritten where the reader has not looked yet. */
static void
a_snapshot_outlives_a_checkpoint(void **state)
{
	sqlite3 *one = open_db(*state);
	sqlite3 *two = open_db(*state);

	assert_int_equal(run(one, table), SQLITE_OK);
	assert_int_equal(
	    run(one, "PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
	assert_int_equal(run(two, "BEGIN"), SQLITE_OK);
	assert_int_equal(
	    number_of(two, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_int_equal(run(one, "INSERT INTO t VALUES (1, 'x')"), SQLITE_OK);
	assert_int_equal(run(one, "PRAGMA wal_checkpoint(PASSIVE)"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	assert_int_equal(run(two, "COMMIT"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 1);
	assert_int_equal(sqlite3_close(one), SQLITE_OK);
	assert_int_equal(sqlite3_close(two), SQLITE_OK);
}

static void
one_writes_at_a_time(void **state)
{
	sqlite3 *one = open_db(*state);
	sqlite3 *two = open_db(*state);

	assert_int_equal(run(one, table), SQLITE_OK);
	assert_int_equal(run(one, "BEGIN IMMEDIATE"), SQLITE_OK);
	assert_int_equal(run(two, "BEGIN IMMEDIATE"), SQLITE_BUSY);
	assert_int_equal(run(one, "COMMIT"), SQLITE_OK);
	assert_int_equal(run(two, "BEGIN IMMEDIATE"), SQLITE_OK);
	assert_int_equal(run(two, "ROLLBACK"), SQLITE_OK);
	assert_int_equal(sqlite3_close(one), SQLITE_OK);
	assert_int_equal(sqlite3_close(two), SQLITE_OK);
}

/* The locks that a rollback journal needs, as while WAL is switched on. */
static void
works_without_wal(void **state)
{
	sqlite3 *one = open_db(*state);
	sqlite3 *two = open_db(*state);

	assert_int_equal(run(one,
			     table +
				 strlen("PRAGMA temp_store = MEMORY;"
					"PRAGMA journal_mode = WAL;")),
	    SQLITE_OK);
	assert_int_equal(run(one, "BEGIN IMMEDIATE"), SQLITE_OK);
	assert_int_equal(run(one, "INSERT INTO t VALUES (1, 'x')"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	assert_int_equal(run(two, "BEGIN IMMEDIATE"), SQLITE_BUSY);
	assert_int_equal(run(one, "ROLLBACK"), SQLITE_OK);
	assert_int_equal(run(two, "BEGIN"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	/* A reader is in the way of a commit now. */
	assert_int_equal(
	    run(one, "INSERT INTO t VALUES (1, 'x')"), SQLITE_BUSY);
	assert_int_equal(run(two, "COMMIT"), SQLITE_OK);
	assert_int_equal(run(one, "INSERT INTO t VALUES (1, 'x')"), SQLITE_OK);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 1);
	assert_sound(two);
	assert_int_equal(sqlite3_close(one), SQLITE_OK);
	assert_int_equal(sqlite3_close(two), SQLITE_OK);
}

/* A file that was cut and grows again has zeros, not what was there. */
static void
what_shrank_may_grow(void **state)
{
	sqlite3 *db = open_db(*state);

	assert_int_equal(run(db, table), SQLITE_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run(db,
				     "WITH RECURSIVE n(i) AS (SELECT 1 UNION"
				     " ALL SELECT i + 1 FROM n WHERE i < 500)"
				     " INSERT INTO t SELECT i,"
				     " randomblob(5000) FROM n"),
		    SQLITE_OK);
		assert_sound(db);
		assert_int_equal(run(db,
				     "DELETE FROM t; VACUUM;"
				     "PRAGMA wal_checkpoint(TRUNCATE)"),
		    SQLITE_OK);
		assert_int_equal(number_of(db, "PRAGMA page_count"), 2);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct worker {
	const struct vfs_memory *memory;
	atomic_int *ended;
	int failures;
};

/* Two rows are always changed together: a reader sees both or neither. */
static void *
read_on(void *context)
{
	struct worker *worker = context;
	sqlite3 *db = open_db(worker->memory);

	(void)sqlite3_busy_timeout(db, 10000);
	while (!atomic_load(worker->ended))
		worker->failures +=
		    number_of(db, "SELECT min(b) = max(b) FROM t") != 1;
	(void)sqlite3_close(db);
	return NULL;
}

static void
threads_work_side_by_side(void **state)
{
	sqlite3 *db = open_db(*state);
	atomic_int ended = 0;
	struct worker workers[2];
	pthread_t threads[2];

	assert_int_equal(run(db, table), SQLITE_OK);
	assert_int_equal(
	    run(db, "INSERT INTO t VALUES (1, 0), (2, 0)"), SQLITE_OK);
	for (int i = 0; i < 2; i++) {
		workers[i] = (struct worker){*state, &ended, 0};
		assert_int_equal(
		    pthread_create(&threads[i], NULL, read_on, &workers[i]), 0);
	}
	for (int i = 0; i < 300; i++) {
		assert_int_equal(run(db, "UPDATE t SET b = b + 1"), SQLITE_OK);
		if (i % 20 == 0)
			assert_int_equal(
			    run(db, "PRAGMA wal_checkpoint"), SQLITE_OK);
	}
	atomic_store(&ended, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(workers[i].failures, 0);
	}
	assert_sound(db);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
fill(void *context)
{
	struct vfs_memory *memory = vfs_memory_new();
	sqlite3 *db = NULL;
	int code;

	(void)context;
	if (!memory) {
		assert_true(fail_alloc_happened());
		return;
	}
	code = sqlite3_open_v2("mail", &db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	    vfs_memory_name(memory));
	if (!code)
		code = run(db, table);
	if (!code)
		code = run(db, "INSERT INTO t VALUES (1, zeroblob(300000))");
	if (!fail_alloc_happened())
		assert_int_equal(code, SQLITE_OK);
	else if (code)
		assert_true((code & 0xff) == SQLITE_NOMEM ||
		    sqlite3_extended_errcode(db) == SQLITE_IOERR_NOMEM ||
		    (code & 0xff) == SQLITE_ERROR);
	(void)sqlite3_close(db);
	vfs_memory_free(memory);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(fill, NULL) > 10);
}

/* ---- over a file */

#define OVER_ROWS 300

static void
copy(const char *from, const char *to, const char *end)
{
	char names[2][SCRATCH_SIZE + 32];
	FILE *files[2];
	int byte;

	(void)snprintf(names[0], sizeof(names[0]), "%s%s", from, end);
	(void)snprintf(names[1], sizeof(names[1]), "%s%s", to, end);
	files[0] = fopen(names[0], "rb");
	files[1] = fopen(names[1], "wb");
	assert_non_null(files[0]);
	assert_non_null(files[1]);
	while ((byte = getc(files[0])) != EOF)
		assert_int_equal(putc(byte, files[1]), byte);
	assert_int_equal(fclose(files[0]), 0);
	assert_int_equal(fclose(files[1]), 0);
}

/* A database with a WAL that was never brought home, as a killed program leaves
   it: copied while it is open. */
static void
make_beneath(char path[SCRATCH_SIZE + 16], const char *folder)
{
	char from[SCRATCH_SIZE + 16];
	sqlite3 *db;

	(void)snprintf(from, sizeof(from), "%s/live", folder);
	(void)snprintf(path, SCRATCH_SIZE + 16, "%s/mail", folder);
	assert_int_equal(sqlite3_open(from, &db), SQLITE_OK);
	assert_int_equal(run(db, table), SQLITE_OK);
	assert_int_equal(
	    run(db,
		"PRAGMA wal_autocheckpoint = 0;"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
		" SELECT i + 1 FROM n WHERE i < 200)"
		" INSERT INTO t SELECT i, randomblob(4000) FROM n;"
		"PRAGMA wal_checkpoint;"
		"WITH RECURSIVE n(i) AS (SELECT 201 UNION ALL"
		" SELECT i + 1 FROM n WHERE i < 300)"
		" INSERT INTO t SELECT i, randomblob(4000) FROM n"),
	    SQLITE_OK);
	copy(from, path, "");
	copy(from, path, "-wal");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Size and sum of a file. */
static uint64_t
look_at(const char *path, const char *end)
{
	char name[SCRATCH_SIZE + 32];
	uint64_t sum = 0;
	FILE *file;
	int byte;

	(void)snprintf(name, sizeof(name), "%s%s", path, end);
	file = fopen(name, "rb");
	assert_non_null(file);
	while ((byte = getc(file)) != EOF)
		sum = sum * 31 + (uint64_t)byte + 1;
	assert_int_equal(fclose(file), 0);
	return sum;
}

static void
change_all(struct vfs_memory *memory)
{
	sqlite3 *db = open_db(memory);
	sqlite3 *reader = open_db(memory);

	assert_int_equal(number_of(db, "SELECT count(*) FROM t"), OVER_ROWS);
	assert_int_equal(
	    run(db,
		"DELETE FROM t WHERE n % 3 = 0;"
		"UPDATE t SET b = randomblob(9000) WHERE n % 3 = 1;"
		"PRAGMA wal_checkpoint(TRUNCATE);"
		"INSERT INTO t VALUES (1000, zeroblob(500000))"),
	    SQLITE_OK);
	assert_int_equal(number_of(reader, "SELECT count(*) FROM t"), 201);
	assert_int_equal(number_of(reader, "SELECT sum(length(b)) FROM t"),
	    100 * 9000 + 100 * 4000 + 500000);
	assert_sound(reader);
	/* It shrinks, and grows again out of zeros. */
	assert_int_equal(run(db,
			     "DELETE FROM t; VACUUM;"
			     "PRAGMA wal_checkpoint(TRUNCATE);"
			     "INSERT INTO t VALUES (1, zeroblob(2000000))"),
	    SQLITE_OK);
	assert_sound(db);
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
what_is_beneath_stays(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct vfs_memory *memory;
	struct failure f;
	uint64_t sums[2];

	(void)state;
	scratch_make(folder);
	make_beneath(path, folder);
	sums[0] = look_at(path, "");
	sums[1] = look_at(path, "-wal");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vfs_memory_over(&memory, path, &f), ERR_OK);
		assert_string_equal(vfs_memory_place(memory), path);
		change_all(memory);
		vfs_memory_free(memory);
		assert_int_equal(look_at(path, ""), sums[0]);
		assert_int_equal(look_at(path, "-wal"), sums[1]);
	}
	scratch_remove(folder);
}

/* What was cut off beneath is a failure, and no crash. */
static void
what_is_beneath_may_go(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct vfs_memory *memory;
	struct failure f;
	sqlite3 *db;

	(void)state;
	scratch_make(folder);
	make_beneath(path, folder);
	assert_int_equal(vfs_memory_over(&memory, path, &f), ERR_OK);
	assert_int_equal(truncate(path, 20000), 0);
	db = open_db(memory);
	assert_int_not_equal(run(db, "SELECT * FROM t"), SQLITE_OK);
	assert_int_not_equal(run(db, "DELETE FROM t"), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	vfs_memory_free(memory);
	scratch_remove(folder);
}

static void
says_what_it_cannot_take(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct vfs_memory *memory;
	struct failure f;

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(vfs_memory_over(&memory, path, &f), ERR_NOT_FOUND);
	assert_non_null(strstr(f.text, path));
	assert_null(memory);
	assert_int_equal(vfs_memory_over(&memory, folder, &f), ERR_DATA);
	assert_non_null(strstr(f.text, folder));
	scratch_remove(folder);
}

struct over {
	const char *path;
};

static void
use_over(void *context)
{
	const struct over *over = context;
	struct vfs_memory *memory;
	struct failure f;
	enum err err = vfs_memory_over(&memory, over->path, &f);

	assert_true(err == ERR_OK || (err == ERR_MEMORY && !memory));
	if (!err) {
		sqlite3 *db = open_db(memory);

		(void)run(db, "DELETE FROM t WHERE n > 10");
		(void)sqlite3_close(db);
	}
	vfs_memory_free(memory);
}

static void
lends_without_memory(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct over over = {path};

	(void)state;
	scratch_make(folder);
	make_beneath(path, folder);
	assert_true(fail_alloc_each(use_over, &over) > 0);
	scratch_remove(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(connections_share_it),
	    TEST(two_of_them_are_apart),
	    TEST(a_snapshot_is_kept),
	    TEST(a_snapshot_outlives_a_checkpoint),
	    TEST(one_writes_at_a_time),
	    TEST(works_without_wal),
	    TEST(what_shrank_may_grow),
	    TEST(threads_work_side_by_side),
	    cmocka_unit_test(survives_without_memory),
	    cmocka_unit_test(what_is_beneath_stays),
	    cmocka_unit_test(what_is_beneath_may_go),
	    cmocka_unit_test(says_what_it_cannot_take),
	    cmocka_unit_test(lends_without_memory),
	};

	return cmocka_run_group_tests_name("vfs_memory", tests, NULL, NULL);
}
