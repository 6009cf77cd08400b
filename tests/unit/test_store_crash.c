/* test_store_crash: what was acknowledged outlives crashes and bad disks. */
#include "batch.h"
#include "erase.h"
#include "fault_vfs.h"
#include "sample.h"
#include "scratch.h"
#include "txn.h"
#include "unit.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAILS 60

struct mail {
	struct put_message put;
	size_t size;
	enum err err;
	bool is_acknowledged;
	bool is_erased;
};

struct fixture {
	char folder[SCRATCH_SIZE];
	char crashed[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	char crashed_path[SCRATCH_SIZE + 16];
	struct spool_rules rules;
	struct budget budget;
	struct mail mails[MAILS];
	uint64_t seed;
	int moments; /* at which a crash was looked at */
	int lost;    /* messages that were acknowledged and are not there */
	int started; /* mails that were submitted in any way */
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	fault_vfs_reset();
	memset(&fixture, 0, sizeof(fixture));
	scratch_make(fixture.folder);
	scratch_make(fixture.crashed);
	(void)snprintf(
	    fixture.path, sizeof(fixture.path), "%s/mail.db", fixture.folder);
	(void)snprintf(fixture.crashed_path, sizeof(fixture.crashed_path),
	    "%s/mail.db", fixture.crashed);
	fixture.budget.limit = (size_t)64 * 1024 * 1024;
	fixture.rules.budget = &fixture.budget;
	fixture.rules.memory_max = 64 * 1024;
	fixture.rules.directory = fixture.folder;
	fixture.seed = 42;
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < MAILS; i++)
		message_free(fixture->mails[i].put.message);
	assert_int_equal(fixture->budget.used, 0);
	scratch_remove(fixture->folder);
	scratch_remove(fixture->crashed);
	fault_vfs_reset();
	return 0;
}

/* ---- looking at what is there */

static int64_t
number_of(sqlite3 *db, const char *text)
{
	sqlite3_stmt *statement;
	int64_t number = -1;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL))
		return -2;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

/* Whether that message is there, whole. */
static bool
is_there(sqlite3 *db, int number, size_t size)
{
	sqlite3_stmt *statement;
	const char *bytes;
	char id[UID_SIZE];
	bool is_whole = false;

	(void)snprintf(id, sizeof(id), "id-%d", number);
	if (sqlite3_prepare_v2(db,
		"SELECT bytes FROM message JOIN raw ON seq = raw.message"
		" JOIN recipient ON recipient.message = seq WHERE id = ?",
		-1, &statement, NULL))
		return false;
	(void)sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		bytes = sqlite3_column_blob(statement, 0);
		is_whole = (size_t)sqlite3_column_bytes(statement, 0) == size;
		for (size_t i = 0; is_whole && i < size; i++)
			is_whole = bytes[i] == sample_byte(i);
	}
	(void)sqlite3_finalize(statement);
	return is_whole;
}

/* Nothing is half there, and nothing is damaged. */
static void
assert_sound(sqlite3 *db)
{
	static const char *const questions[] = {
	    "SELECT count(*) FROM pragma_integrity_check"
	    " WHERE integrity_check <> 'ok'",
	    "SELECT count(*) FROM message WHERE seq NOT IN"
	    " (SELECT message FROM raw)",
	    "SELECT count(*) FROM message WHERE seq NOT IN"
	    " (SELECT message FROM recipient)",
	    "SELECT count(*) FROM raw WHERE message NOT IN"
	    " (SELECT seq FROM message)",
	    "SELECT count(*) FROM recipient WHERE message NOT IN"
	    " (SELECT seq FROM message)",
	    "SELECT count(*) FROM message JOIN raw ON message.seq = raw.message"
	    " WHERE size <> length(bytes)",
	    "SELECT count(*) FROM message WHERE seq >"
	    " (SELECT value FROM counter WHERE name = 'seq')",
	    "SELECT (SELECT count(*) FROM message) <>"
	    " (SELECT value FROM counter WHERE name = 'messages')",
	};

	for (size_t i = 0; i < COUNT(questions); i++) {
		int64_t answer = number_of(db, questions[i]);

		/* No answer: there are no tables, or no counters, yet. */
		if (answer > 0)
			fail_msg("%s: %d", questions[i], (int)answer);
	}
}

/* With SQLite's own layer: no fault is seen here, and nothing is synced. */
static sqlite3 *
open_to_look(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open_v2(
		path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix"))
		fail_msg("%s: %s", path, sqlite3_errmsg(db));
	assert_int_equal(
	    sqlite3_exec(db, "PRAGMA synchronous = OFF", 0, 0, 0), SQLITE_OK);
	return db;
}

static void
look_at(struct fixture *fixture, const char *path)
{
	sqlite3 *db = open_to_look(path);

	assert_sound(db);
	for (int i = 0; i < fixture->started; i++) {
		const struct mail *mail = &fixture->mails[i];

		if (mail->is_acknowledged && !mail->is_erased)
			fixture->lost += !is_there(db, i, mail->size);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
crash_now(struct fixture *fixture, uint64_t seed)
{
	char wal[SCRATCH_SIZE + 32];

	(void)snprintf(wal, sizeof(wal), "%s-wal", fixture->crashed_path);
	(void)unlink(wal);
	fault_vfs_crash(fixture->crashed, seed);
	look_at(fixture, fixture->crashed_path);
	fixture->moments++;
}

static void
crash_in_ways(void *context)
{
	struct fixture *fixture = context;

	crash_now(fixture, 0);
	crash_now(fixture, ++fixture->seed % 5 == 0 ? 1 : fixture->seed);
}

/* What failed is not there, what did not is. */
static void
assert_as_told(struct fixture *fixture)
{
	sqlite3 *db = open_to_look(fixture->path);

	assert_sound(db);
	for (int i = 0; i < fixture->started; i++) {
		const struct mail *mail = &fixture->mails[i];

		if (is_there(db, i, mail->size) != mail->is_acknowledged)
			fail_msg("message %d: %s", i, err_text(mail->err));
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- putting */

static void
init_mail(struct fixture *fixture, int number, size_t size)
{
	struct mail *mail = &fixture->mails[number];
	char id[UID_SIZE];

	(void)snprintf(id, sizeof(id), "id-%d", number);
	put_message_init(&mail->put, sample_message(&fixture->rules, id, size));
	mail->size = size;
	mail->err = ERR_STOPPED;
}

/* Puts that many messages more in one go, the last a large one. */
static void
put_group(struct fixture *fixture, struct sql *sql, int count)
{
	struct store_job *job;
	int first = fixture->started;

	for (int i = 0; i < count; i++) {
		size_t size = i + 1 == count ? 70000 : 3000 * (size_t)i;

		init_mail(fixture, first + i, size);
		if (i)
			fixture->mails[first + i - 1].put.job.next =
			    &fixture->mails[first + i].put.job;
	}
	job = &fixture->mails[first].put.job;
	fixture->started += count;
	while (job)
		job = batch_write(sql, job);
	for (int i = first; i < first + count; i++) {
		fixture->mails[i].err = fixture->mails[i].put.job.err;
		fixture->mails[i].is_acknowledged =
		    fixture->mails[i].err == ERR_OK;
	}
}

static struct sql *
open_sql(struct fixture *fixture)
{
	struct sql *sql;

	assert_int_equal(
	    sql_open(&sql, fixture->path, SQL_WRITE, NULL), ERR_OK);
	assert_int_equal(schema_migrate(sql, NULL), ERR_OK);
	return sql;
}

/* A crash before each single write and sync of a life with all that happens. */
static void
a_crash_at_any_moment(void **state)
{
	struct fixture *fixture = *state;
	struct sql *sql;

	fault_vfs_hook(crash_in_ways, fixture);
	sql = open_sql(fixture);
	for (int i = 0; i < 2; i++) {
		put_group(fixture, sql, 3);
		put_group(fixture, sql, 1);
		assert_int_equal(txn_begin(sql), ERR_OK);
		assert_int_equal(erase_message(sql, i * 4 + 1), ERR_OK);
		fixture->mails[i * 4].is_erased = true;
		assert_int_equal(txn_commit(sql), ERR_OK);
		assert_int_equal(sql_checkpoint(sql), ERR_OK);
	}
	put_group(fixture, sql, 2);
	assert_int_equal(sql_vacuum(sql), ERR_OK);
	sql_close(sql);
	assert_true(fixture->moments > 100);
	assert_int_equal(fixture->lost, 0);
	for (int i = 0; i < fixture->started; i++)
		assert_int_equal(fixture->mails[i].err, ERR_OK);
	look_at(fixture, fixture->path);
	assert_int_equal(fixture->lost, 0);
}

/* ---- the same with the store's threads */

static void
mail_is_done(struct store_job *job, enum err err)
{
	struct mail *mail = (struct mail *)job;

	mail->err = err;
	mail->is_acknowledged = err == ERR_OK;
}

static void
crash_after_each_group(struct fixture *fixture, enum store_durability how)
{
	struct store_options options = {
	    .path = fixture->path, .durability = how};
	struct store *store;

	assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
	for (int i = 0; i < MAILS; i++) {
		struct pollfd wait = {.fd = store_fd(store), .events = POLLIN};

		init_mail(fixture, i, (size_t)i * 700);
		fixture->mails[i].put.job.done = mail_is_done;
		store_write(store, &fixture->mails[i].put.job);
		fixture->started++;
		if (i % 4 != 3)
			continue;
		store_flush(store);
		/* Some are acknowledged, the next ones on their way. */
		if (poll(&wait, 1, SAMPLE_DEADLINE_MS) != 1)
			fail_msg("the store does not answer");
		(void)store_reap(store);
		crash_now(fixture, i % 8 == 3 ? 0 : ++fixture->seed);
	}
	sample_finish(store);
	store_close(store);
	for (int i = 0; i < MAILS; i++)
		assert_int_equal(fixture->mails[i].err, ERR_OK);
}

static void
nothing_is_acknowledged_before_it_is_synced(void **state)
{
	struct fixture *fixture = *state;

	crash_after_each_group(fixture, STORE_FULL);
	assert_int_equal(fixture->lost, 0);
}

/* What waits together is synced together. */
static void
one_sync_serves_many(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {.path = fixture->path};
	struct store *store;

	assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
	(void)fault_vfs_syncs();
	for (int i = 0; i < MAILS; i++) {
		init_mail(fixture, i, 1000);
		fixture->mails[i].put.job.done = mail_is_done;
		store_write(store, &fixture->mails[i].put.job);
		fixture->started++;
	}
	sample_finish(store);
	/* The transaction; before it perhaps a WAL that begins, or a rest of
	   the writer's. */
	assert_in_range(fault_vfs_syncs(), 1, 5);
	store_close(store);
	assert_as_told(fixture);
}

/* The file, the WAL's beginning, its folder, the tables: nothing more. */
static void
a_new_database_takes_four_syncs(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {.path = fixture->path};
	struct store *store;

	(void)fault_vfs_syncs();
	assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
	assert_in_range(fault_vfs_syncs(), 1, 4);
	store_close(store);
}

/* Without syncs the same test finds losses, so it can find them. */
static void
the_test_would_tell(void **state)
{
	struct fixture *fixture = *state;

	crash_after_each_group(fixture, STORE_NORMAL);
	assert_true(fixture->lost > 0);
}

/* ---- disks that fail */

static const struct {
	unsigned kinds;
	int code;
	enum fault_length length;
	enum err err;
} faults[] = {
    {FAULT_WRITE, SQLITE_FULL, FAULT_ONCE, ERR_FULL},
    {FAULT_WRITE, SQLITE_FULL, FAULT_ON, ERR_FULL},
    {FAULT_WRITE, SQLITE_IOERR_WRITE, FAULT_ONCE, ERR_IO},
    {FAULT_WRITE | FAULT_SYNC, SQLITE_IOERR_WRITE, FAULT_ON, ERR_IO},
    {FAULT_SYNC, SQLITE_IOERR_FSYNC, FAULT_ONCE, ERR_IO},
    {FAULT_SYNC, SQLITE_IOERR_FSYNC, FAULT_ON, ERR_IO},
    {FAULT_TRUNCATE, SQLITE_IOERR_TRUNCATE, FAULT_ON, ERR_IO},
};

/* The n-th operation fails in a life on a new file. False: there is none. */
static bool
live_with_fault(struct fixture *fixture, size_t row, long n)
{
	struct sql *sql = open_sql(fixture);
	bool has_failed;

	put_group(fixture, sql, 2);
	fault_vfs_fail(
	    n, faults[row].kinds, faults[row].code, faults[row].length);
	put_group(fixture, sql, 3);
	(void)sql_checkpoint(sql);
	put_group(fixture, sql, 3);
	has_failed = fault_vfs_has_failed();
	for (int i = 2; i < fixture->started; i++) {
		enum err err = fixture->mails[i].err;

		if (err != ERR_OK && (!has_failed || err != faults[row].err))
			fail_msg("row %d, %ld: %s", (int)row, n, err_text(err));
	}
	assert_as_told(fixture);
	/* As if nothing had been. */
	fault_vfs_fail(0, 0, 0, FAULT_ONCE);
	put_group(fixture, sql, 3);
	for (int i = fixture->started - 3; i < fixture->started; i++)
		assert_int_equal(fixture->mails[i].err, ERR_OK);
	assert_int_equal(sql_checkpoint(sql), ERR_OK);
	assert_as_told(fixture);
	crash_now(fixture, 0);
	assert_int_equal(fixture->lost, 0);
	sql_close(sql);
	return has_failed;
}

static void
any_operation_may_fail(void **state)
{
	(void)state;
	for (size_t row = 0; row < COUNT(faults); row++) {
		bool goes_on = true;

		for (long n = 1; goes_on; n++) {
			void *inner;

			set_up(&inner);
			goes_on = live_with_fault(inner, row, n);
			tear_down(&inner);
		}
	}
}

/* Whatever fails while it is opened: it says so, and the next time it opens. */
static void
opening_may_fail(void **state)
{
	static const unsigned kinds =
	    FAULT_WRITE | FAULT_SYNC | FAULT_TRUNCATE | FAULT_OPEN;
	struct fixture *fixture = *state;
	struct store_options options = {.path = fixture->path};
	bool has_failed = true;

	for (long n = 1; has_failed; n++) {
		struct failure failure = {""};
		struct store *store = NULL;
		enum err err;

		fault_vfs_fail(n, kinds, SQLITE_FULL, FAULT_ONCE);
		err = store_open(&store, &options, &failure);
		has_failed = fault_vfs_has_failed();
		fault_vfs_fail(0, 0, 0, FAULT_ONCE);
		if (err && !strstr(failure.text, fixture->path))
			fail_msg(
			    "%ld: %s: '%s'", n, err_text(err), failure.text);
		if (err)
			assert_true(has_failed);
		store_close(store);
		assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
		store_close(store);
		scratch_remove(fixture->folder);
		assert_int_equal(mkdir(fixture->folder, 0700), 0);
		fault_vfs_reset();
	}
}

/* One line when it begins, one when it is over. */
static void
trouble_is_logged_once(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {.path = fixture->path};
	struct store *store;
	char text[4096];
	ssize_t len;
	int fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	options.log = log_new(fds[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
	for (int i = 0; i < 6; i++) {
		if (i == 2)
			fault_vfs_fail(1, FAULT_WRITE, SQLITE_FULL, FAULT_ON);
		if (i == 4)
			fault_vfs_fail(0, 0, 0, FAULT_ONCE);
		init_mail(fixture, i, 100);
		fixture->started++;
		fixture->mails[i].put.job.done = mail_is_done;
		store_write(store, &fixture->mails[i].put.job);
		sample_finish(store);
		assert_int_equal(fixture->mails[i].err,
		    i == 2 || i == 3 ? ERR_FULL : ERR_OK);
	}
	store_close(store);
	assert_as_told(fixture);
	len = read(fds[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_non_null(strstr(text, "cannot write: no space left"));
	assert_non_null(strstr(text, "can write again"));
	assert_null(strstr(strstr(text, "cannot write") + 1, "cannot write"));
	log_free(options.log);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_crash_at_any_moment),
	    TEST(nothing_is_acknowledged_before_it_is_synced),
	    TEST(one_sync_serves_many),
	    TEST(a_new_database_takes_four_syncs),
	    TEST(the_test_would_tell),
	    cmocka_unit_test(any_operation_may_fail),
	    TEST(opening_may_fail),
	    TEST(trouble_is_logged_once),
	};

	fault_vfs_install();
	return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}
