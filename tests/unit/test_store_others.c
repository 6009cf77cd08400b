/* test_store_others: the store beside other processes, and killed. */
#include "clock.h"
#include "sample.h"
#include "scratch.h"
#include "txn.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct spool_rules rules;
	struct budget budget;
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	scratch_make(fixture.folder);
	(void)snprintf(
	    fixture.path, sizeof(fixture.path), "%s/mail.db", fixture.folder);
	fixture.budget.limit = (size_t)64 * 1024 * 1024;
	fixture.rules.budget = &fixture.budget;
	fixture.rules.memory_max = 64 * 1024;
	fixture.rules.directory = fixture.folder;
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	scratch_remove(fixture->folder);
	return 0;
}

struct mail {
	struct put_message put;
	enum err err;
	int done;
};

static void
mail_is_done(struct store_job *job, enum err err)
{
	struct mail *mail = (struct mail *)job;

	mail->err = err;
	mail->done++;
}

static void
init_mail(struct fixture *fixture, struct mail *mail, int number)
{
	char id[UID_SIZE];

	(void)snprintf(id, sizeof(id), "id-%d", number);
	put_message_init(&mail->put,
	    sample_message(&fixture->rules, id, (size_t)(number % 50) * 500));
	mail->put.job.done = mail_is_done;
	mail->done = 0;
	mail->err = ERR_STOPPED;
}

static int64_t
number_of(sqlite3 *db, const char *text)
{
	sqlite3_stmt *statement;
	int64_t number = -1;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL))
		return -1;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

/* Runs a function in a process of its own; it ends with what it returns. */
static pid_t
in_a_child(int (*run)(struct fixture *, const int *fds),
    struct fixture *fixture, const int *fds)
{
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run(fixture, fds));
	return pid;
}

static int
end_of(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- kill -9 */

#define ROUNDS 10
#define GROUP 5

/* Puts messages without end, and writes the number of each that is stored. */
static int
put_on(struct fixture *fixture, const int *fds)
{
	struct store_options options = {.path = fixture->path};
	struct store *store;
	static struct mail mails[GROUP];
	int number = fds[2];

	if (store_open(&store, &options, NULL))
		return 1;
	for (;;) {
		for (int i = 0; i < GROUP; i++) {
			init_mail(fixture, &mails[i], number + i);
			store_write(store, &mails[i].put.job);
		}
		sample_finish(store);
		for (int i = 0; i < GROUP; i++) {
			if (mails[i].err)
				return 2;
			number++;
			message_free(mails[i].put.message);
			if (write(fds[1], &number, sizeof(number)) < 0)
				return 3;
		}
	}
}

static void
assert_all_there(struct fixture *fixture, int count)
{
	sqlite3 *db;
	char text[400];

	assert_int_equal(
	    sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READWRITE, NULL),
	    SQLITE_OK);
	assert_int_equal(number_of(db,
			     "SELECT count(*) FROM pragma_integrity_check"
			     " WHERE integrity_check = 'ok'"),
	    1);
	(void)snprintf(text, sizeof(text),
	    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < %d) SELECT count(*) FROM n JOIN message"
	    " ON id = 'id-' || i JOIN raw ON raw.message = seq"
	    " WHERE length(bytes) = size AND size = i %% 50 * 500",
	    count - 1);
	assert_int_equal(number_of(db, text), count);
	assert_int_equal(number_of(db,
			     "SELECT (SELECT count(*) FROM message)"
			     " = (SELECT count(*) FROM raw)"),
	    1);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
killed_again_and_again(void **state)
{
	struct fixture *fixture = *state;
	int next = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int fds[3];
		int stored = 0;
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		/* The numbers that a killed one may have used are left out. */
		fds[2] = next;
		pid = in_a_child(put_on, fixture, fds);
		(void)close(fds[1]);
		for (int i = 0; i < 20 + round * 7; i++)
			assert_int_equal(read(fds[0], &stored, sizeof(stored)),
			    sizeof(stored));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(end_of(pid), -SIGKILL);
		while (read(fds[0], &stored, sizeof(stored)) == sizeof(stored))
			;
		(void)close(fds[0]);
		assert_all_there(fixture, stored);
		/* What was committed and not told is whole too; go on there. */
		next = stored;
		for (bool goes_on = true; goes_on; next += goes_on) {
			char text[100];
			sqlite3 *db;

			assert_int_equal(
			    sqlite3_open(fixture->path, &db), SQLITE_OK);
			(void)snprintf(text, sizeof(text),
			    "SELECT count(*) FROM message WHERE id = 'id-%d'",
			    next);
			goes_on = number_of(db, text) == 1;
			assert_int_equal(sqlite3_close(db), SQLITE_OK);
		}
		assert_all_there(fixture, next);
	}
}

/* ---- readers */

/* Looks until it is told to end: what it sees only grows, and is whole. */
static int
read_on(struct fixture *fixture, const int *fds)
{
	sqlite3 *db;
	int64_t before = 0;
	char byte;

	(void)close(fds[1]);
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ||
	    sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READONLY, NULL))
		return 1;
	(void)sqlite3_busy_timeout(db, 10000);
	while (read(fds[0], &byte, 1) != 0) {
		int64_t count = number_of(db,
		    "SELECT CASE WHEN (SELECT count(*) FROM message) ="
		    " (SELECT count(*) FROM raw) AND"
		    " (SELECT count(*) FROM message) ="
		    " (SELECT value FROM counter WHERE name = 'seq')"
		    " THEN (SELECT count(*) FROM message) ELSE -1 END");

		if (count < before)
			return 2;
		before = count;
	}
	/* The writer waits for this end, and everything is committed. */
	if (number_of(db, "SELECT count(*) FROM message") != 400)
		return 3;
	return sqlite3_close(db) ? 4 : 0;
}

static void
others_read_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {.path = fixture->path};
	static struct mail mails[400];
	struct store *store;
	int fds[2];
	pid_t pid;

	/* A first message, so that there is something to open. */
	assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
	init_mail(fixture, &mails[0], 0);
	store_write(store, &mails[0].put.job);
	sample_finish(store);
	store_close(store);
	assert_int_equal(pipe(fds), 0);
	pid = in_a_child(read_on, fixture, fds);
	(void)close(fds[0]);
	assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
	for (int i = 1; i < 400; i++) {
		init_mail(fixture, &mails[i], i);
		store_write(store, &mails[i].put.job);
		if (i % 10 == 9)
			sample_finish(store);
	}
	sample_finish(store);
	(void)close(fds[1]);
	assert_int_equal(end_of(pid), 0);
	store_close(store);
	for (int i = 0; i < 400; i++) {
		assert_int_equal(mails[i].err, ERR_OK);
		message_free(mails[i].put.message);
	}
}

/* ---- locks */

/* Holds the lock from a byte in the pipe until that is closed. */
static int
hold_lock(struct fixture *fixture, const int *fds)
{
	sqlite3 *db;
	char byte;

	(void)close(fds[1]);
	(void)close(fds[2]);
	if (read(fds[0], &byte, 1) != 1 ||
	    sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READWRITE, NULL) ||
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
	    write(fds[3], &byte, 1) != 1)
		return 1;
	while (read(fds[0], &byte, 1) > 0)
		;
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return sqlite3_close(db) ? 2 : 0;
}

static void
put_one(struct fixture *fixture, struct store *store, int number, enum err err)
{
	struct mail mail;

	init_mail(fixture, &mail, number);
	store_write(store, &mail.put.job);
	sample_finish(store);
	assert_int_equal(mail.done, 1);
	assert_int_equal(mail.err, err);
	message_free(mail.put.message);
}

static void
a_lock_is_not_waited_for_forever(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {
	    .path = fixture->path, .patience_us = 50 * 1000};
	struct store *store;
	int fds[4]; /* a pipe to the child, and one from it */
	char byte;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(fds + 2), 0);
	/* Before there are threads, whose locks a child would find taken. */
	pid = in_a_child(hold_lock, fixture, fds);
	(void)close(fds[0]);
	(void)close(fds[3]);
	assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
	put_one(fixture, store, 0, ERR_OK);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(read(fds[2], &byte, 1), 1);
	put_one(fixture, store, 1, ERR_BUSY);
	put_one(fixture, store, 1, ERR_BUSY);
	(void)close(fds[1]);
	assert_int_equal(end_of(pid), 0);
	(void)close(fds[2]);
	put_one(fixture, store, 1, ERR_OK);
	store_close(store);
	assert_all_there(fixture, 2);
}

/* Two servers on one file by mistake: nothing is lost, no number used twice. */
static void
two_stores_on_one_file(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {.path = fixture->path};
	static struct mail mails[200];
	struct store *stores[2];
	char is_used[201] = {0};

	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    store_open(&stores[i], &options, NULL), ERR_OK);
	for (int i = 0; i < 200; i++) {
		init_mail(fixture, &mails[i], i);
		store_write(stores[i % 2], &mails[i].put.job);
		if (i % 20 == 19) {
			store_flush(stores[0]);
			store_flush(stores[1]);
		}
	}
	for (int i = 0; i < 2; i++) {
		sample_finish(stores[i]);
		store_close(stores[i]);
	}
	for (int i = 0; i < 200; i++) {
		assert_int_equal(mails[i].err, ERR_OK);
		assert_in_range(mails[i].put.seq, 1, 200);
		assert_false(is_used[mails[i].put.seq]);
		is_used[mails[i].put.seq] = 1;
		message_free(mails[i].put.message);
	}
	assert_all_there(fixture, 200);
}

/* ---- what may not be written */

/* As nobody, whom root's permissions do not help. */
static int
become_nobody(void)
{
	return geteuid() == 0 && (setgid(65534) || setuid(65534));
}

static int
open_as_nobody(struct fixture *fixture, const int *fds)
{
	struct store_options options = {.path = fixture->path};
	struct failure failure = {""};
	struct store *store;
	struct sql *sql;
	enum err err;

	(void)fds;
	if (become_nobody())
		return 1;
	err = store_open(&store, &options, &failure);
	if (err != ERR_READONLY && err != ERR_PERMISSION)
		return 2;
	if (!strstr(failure.text, fixture->path))
		return 3;
	/* Reading is possible, though nothing can be made beside the file. */
	if (sql_open(&sql, fixture->path, SQL_READ, &failure)) {
		(void)fprintf(stderr, "%s\n", failure.text);
		return 4;
	}
	if (schema_check(sql, NULL) ||
	    sample_number(sql, "SELECT count(*) FROM message") != 1)
		return 5;
	sql_close(sql);
	return 0;
}

static void
a_file_that_may_only_be_read(void **state)
{
	/* Names that mean something in a URI must not there. */
	static const char *const names[] = {"mail.db", "a b%41?x=1#y.db"};
	struct fixture *fixture = *state;
	struct store *store;

	for (size_t i = 0; i < COUNT(names); i++) {
		struct store_options options = {.path = fixture->path};

		(void)snprintf(fixture->path, sizeof(fixture->path), "%s/%s",
		    fixture->folder, names[i]);
		assert_int_equal(store_open(&store, &options, NULL), ERR_OK);
		put_one(fixture, store, 0, ERR_OK);
		store_close(store);
		assert_int_equal(chmod(fixture->path, 0444), 0);
		assert_int_equal(chmod(fixture->folder, 0555), 0);
		assert_int_equal(
		    end_of(in_a_child(open_as_nobody, fixture, NULL)), 0);
		assert_int_equal(chmod(fixture->folder, 0755), 0);
	}
}

static int
open_in_nowhere(struct fixture *fixture, const int *fds)
{
	struct store_options options = {.path = fixture->path};
	struct failure failure = {""};
	struct store *store;

	(void)fds;
	if (become_nobody())
		return 1;
	if (store_open(&store, &options, &failure) != ERR_READONLY)
		return 2;
	return strstr(failure.text, fixture->path) ? 0 : 3;
}

static void
a_folder_that_may_not_be_written(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(chmod(fixture->folder, 0555), 0);
	assert_int_equal(end_of(in_a_child(open_in_nowhere, fixture, NULL)), 0);
	assert_int_equal(chmod(fixture->folder, 0755), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(killed_again_and_again),
	    TEST(others_read_meanwhile),
	    TEST(a_lock_is_not_waited_for_forever),
	    TEST(two_stores_on_one_file),
	    TEST(a_file_that_may_only_be_read),
	    TEST(a_folder_that_may_not_be_written),
	};

	return cmocka_run_group_tests_name("store_others", tests, NULL, NULL);
}
