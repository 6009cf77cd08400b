/* test_store: jobs go to threads, and come back done. */
#include "store.h"

#include "clock.h"
#include "fail_alloc.h"
#include "sample.h"
#include "scratch.h"
#include "txn.h"
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct spool_rules rules;
	struct budget budget;
	struct store *store;
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

	store_close(fixture->store);
	scratch_remove(fixture->folder);
	return 0;
}

static void
open_store(struct fixture *fixture, const char *path)
{
	struct store_options options = {.path = path};
	struct failure failure = {""};

	if (store_open(&fixture->store, &options, &failure))
		fail_msg("%s", failure.text);
}

/* A job that does what `text` says, and remembers how it went. */
struct text_job {
	struct store_job job;
	const char *text;
	int64_t number; /* of a row's first column, if there was one */
	pthread_t thread;
	int priority;
	enum err err;
	int done;
};

static enum err
run_text(struct store_job *job, struct sql *sql)
{
	struct text_job *text = (struct text_job *)job;
	struct sql_row *row;
	enum err err = sql_start_once(sql, &row, text->text);

	text->thread = pthread_self();
	text->priority = getpriority(PRIO_PROCESS, (id_t)gettid());
	if (err)
		return err;
	if (sql_step(row) == ERR_OK)
		text->number = sql_number(row, 0);
	return sql_done(row);
}

static void
text_is_done(struct store_job *job, enum err err)
{
	struct text_job *text = (struct text_job *)job;

	text->err = err;
	text->done++;
}

static void
init_text(struct text_job *job, const char *text)
{
	*job = (struct text_job){.job.run = run_text,
	    .job.done = text_is_done,
	    .text = text,
	    .err = ERR_STOPPED};
}

static int64_t
read_number(struct store *store, const char *text)
{
	struct text_job job;

	init_text(&job, text);
	store_read(store, &job.job);
	sample_finish(store);
	assert_int_equal(job.done, 1);
	assert_int_equal(job.err, ERR_OK);
	return job.number;
}

static void
write_text(struct store *store, const char *text)
{
	struct text_job job;

	init_text(&job, text);
	store_write(store, &job.job);
	sample_finish(store);
	assert_int_equal(job.done, 1);
	assert_int_equal(job.err, ERR_OK);
}

static void
each_lane_has_a_thread(struct fixture *fixture)
{
	struct text_job jobs[3];

	for (int i = 0; i < 3; i++)
		init_text(&jobs[i], "SELECT count(*) FROM message");
	store_write(fixture->store, &jobs[0].job);
	store_read(fixture->store, &jobs[1].job);
	store_work(fixture->store, &jobs[2].job);
	assert_int_equal(store_pending(fixture->store), 3);
	sample_finish(fixture->store);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(jobs[i].done, 1);
		assert_int_equal(jobs[i].err, ERR_OK);
		assert_false(pthread_equal(jobs[i].thread, pthread_self()));
		assert_false(
		    pthread_equal(jobs[i].thread, jobs[(i + 1) % 3].thread));
	}
	assert_int_equal(jobs[0].priority, jobs[1].priority);
	assert_true(jobs[2].priority > jobs[0].priority);
	/* Neither of the two others can write. */
	for (int i = 0; i < 3; i++)
		init_text(&jobs[i], "DELETE FROM message");
	store_write(fixture->store, &jobs[0].job);
	store_read(fixture->store, &jobs[1].job);
	store_work(fixture->store, &jobs[2].job);
	sample_finish(fixture->store);
	assert_int_equal(jobs[0].err, ERR_OK);
	assert_int_equal(jobs[1].err, ERR_READONLY);
	assert_int_equal(jobs[2].err, ERR_READONLY);
}

static void
three_threads_on_a_file(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture, fixture->path);
	each_lane_has_a_thread(fixture);
}

static void
three_threads_in_memory(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture, NULL);
	each_lane_has_a_thread(fixture);
}

static void
nothing_runs_before_the_flush(void **state)
{
	struct fixture *fixture = *state;
	struct pollfd wait;
	struct text_job jobs[2];

	open_store(fixture, fixture->path);
	wait =
	    (struct pollfd){.fd = store_fd(fixture->store), .events = POLLIN};
	for (int i = 0; i < 2; i++)
		init_text(&jobs[i], "SELECT 1");
	store_read(fixture->store, &jobs[0].job);
	assert_int_equal(poll(&wait, 1, 0), 0);
	assert_int_equal(store_reap(fixture->store), 0);
	store_flush(fixture->store);
	assert_int_equal(poll(&wait, 1, SAMPLE_DEADLINE_MS), 1);
	assert_int_equal(jobs[0].done, 0);
	assert_int_equal(store_reap(fixture->store), 1);
	assert_int_equal(jobs[0].done, 1);
	/* Not readable any more. */
	assert_int_equal(poll(&wait, 1, 0), 0);
	assert_int_equal(store_pending(fixture->store), 0);
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
init_mail(struct fixture *fixture, struct mail *mail, int number, size_t size)
{
	char id[UID_SIZE];

	(void)snprintf(id, sizeof(id), "id-%d", number);
	put_message_init(&mail->put, sample_message(&fixture->rules, id, size));
	mail->put.job.done = mail_is_done;
	mail->err = ERR_STOPPED;
	mail->done = 0;
}

static void
messages_get_their_order(void **state)
{
	struct fixture *fixture = *state;
	static struct mail mails[300];

	open_store(fixture, fixture->path);
	for (int i = 0; i < (int)COUNT(mails); i++) {
		init_mail(fixture, &mails[i], i, i == 100 ? 300000 : 100);
		store_write(fixture->store, &mails[i].put.job);
	}
	sample_finish(fixture->store);
	for (int i = 0; i < (int)COUNT(mails); i++) {
		assert_int_equal(mails[i].done, 1);
		assert_int_equal(mails[i].err, ERR_OK);
		assert_int_equal(mails[i].put.seq, i + 1);
		message_free(mails[i].put.message);
	}
	assert_int_equal(read_number(fixture->store,
			     "SELECT count(*) FROM message JOIN raw"
			     " ON seq = message WHERE size = length(bytes)"),
	    300);
}

/* The writer does it when it rests; nobody has to ask. */
static void
the_oldest_go(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {
	    .path = fixture->path, .keep = {.count = 10}};
	int64_t deadline = clock_mono_us() + SAMPLE_DEADLINE_MS * 1000;
	static struct mail mails[40];

	assert_int_equal(store_open(&fixture->store, &options, NULL), ERR_OK);
	for (int i = 0; i < (int)COUNT(mails); i++) {
		init_mail(fixture, &mails[i], i, 100);
		store_write(fixture->store, &mails[i].put.job);
	}
	sample_finish(fixture->store);
	for (int i = 0; i < (int)COUNT(mails); i++)
		message_free(mails[i].put.message);
	while (
	    read_number(fixture->store, "SELECT count(*) FROM message") != 10)
		assert_true(clock_mono_us() < deadline);
	assert_int_equal(
	    read_number(fixture->store, "SELECT min(seq) FROM message"), 31);
}

static void
counts_on_after_a_restart(void **state)
{
	struct fixture *fixture = *state;
	struct mail mail;

	for (int i = 1; i <= 3; i++) {
		open_store(fixture, fixture->path);
		init_mail(fixture, &mail, i, 10);
		store_write(fixture->store, &mail.put.job);
		sample_finish(fixture->store);
		assert_int_equal(mail.put.seq, i);
		message_free(mail.put.message);
		write_text(fixture->store, "DELETE FROM message");
		store_close(fixture->store);
		fixture->store = NULL;
	}
}

static void
closing_finishes_everything(void **state)
{
	struct fixture *fixture = *state;
	static struct text_job jobs[60];
	struct sql *sql;

	open_store(fixture, fixture->path);
	for (size_t i = 0; i < COUNT(jobs); i++) {
		init_text(&jobs[i],
		    i % 3 ? "SELECT count(*) FROM counter"
			  : "INSERT INTO counter SELECT count(*), 1"
			    " FROM counter");
		if (i % 3 == 0)
			store_write(fixture->store, &jobs[i].job);
		else if (i % 3 == 1)
			store_read(fixture->store, &jobs[i].job);
		else
			store_work(fixture->store, &jobs[i].job);
	}
	store_close(fixture->store);
	fixture->store = NULL;
	for (size_t i = 0; i < COUNT(jobs); i++) {
		assert_int_equal(jobs[i].done, 1);
		assert_int_equal(jobs[i].err, ERR_OK);
	}
	assert_int_equal(
	    sql_open(&sql, fixture->path, SQL_WRITE, NULL), ERR_OK);
	assert_int_equal(
	    sample_number(sql, "SELECT count(*) FROM counter"), 20);
	sql_close(sql);
}

static void
closing_does_not_wait_for_a_search(void **state)
{
	struct fixture *fixture = *state;
	static const char endless[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
	    " SELECT count(*) FROM n";
	struct text_job jobs[2];

	open_store(fixture, fixture->path);
	for (int i = 0; i < 2; i++)
		init_text(&jobs[i], endless);
	store_read(fixture->store, &jobs[0].job);
	store_work(fixture->store, &jobs[1].job);
	store_close(fixture->store);
	fixture->store = NULL;
	for (int i = 0; i < 2; i++)
		assert_int_equal(jobs[i].err, ERR_STOPPED);
}

/* A job that submits itself again when it is done. */
struct chain_job {
	struct text_job text;
	struct store *store;
	int left;
};

static void
chain_is_done(struct store_job *job, enum err err)
{
	struct chain_job *chain = (struct chain_job *)job;

	assert_int_equal(err, ERR_OK);
	if (chain->left-- > 0)
		store_write(chain->store, job);
}

static void
done_may_submit_again(void **state)
{
	struct fixture *fixture = *state;
	struct chain_job chain = {.left = 20};

	open_store(fixture, fixture->path);
	init_text(&chain.text, "SELECT 1");
	chain.text.job.done = chain_is_done;
	chain.store = fixture->store;
	store_write(fixture->store, &chain.text.job);
	store_close(fixture->store);
	fixture->store = NULL;
	assert_int_equal(chain.left, -1);
}

/* A long read is not in the way of writes, nor do they change what it sees. */
struct gate_job {
	struct store_job job;
	atomic_int *entered;
	atomic_int *released;
	int64_t before, after;
	enum err err;
};

static int64_t
count_counters(struct sql *sql)
{
	struct sql_row *row;
	int64_t number = -1;

	if (sql_start(sql, &row, "SELECT count(*) FROM counter"))
		return -1;
	if (sql_step(row) == ERR_OK)
		number = sql_number(row, 0);
	return sql_done(row) ? -1 : number;
}

static enum err
run_gate(struct store_job *job, struct sql *sql)
{
	struct gate_job *gate = (struct gate_job *)job;

	gate->before = count_counters(sql);
	atomic_store(gate->entered, 1);
	while (!atomic_load(gate->released))
		(void)sched_yield();
	gate->after = count_counters(sql);
	return ERR_OK;
}

static void
gate_is_done(struct store_job *job, enum err err)
{
	((struct gate_job *)job)->err = err;
}

static void
reads_and_writes_side_by_side(struct fixture *fixture)
{
	atomic_int entered = 0;
	atomic_int released = 0;
	struct gate_job gate = {.job.run = run_gate,
	    .job.done = gate_is_done,
	    .entered = &entered,
	    .released = &released};
	struct text_job job;
	struct pollfd wait = {.fd = store_fd(fixture->store), .events = POLLIN};

	store_read(fixture->store, &gate.job);
	store_flush(fixture->store);
	while (!atomic_load(&entered))
		(void)sched_yield();
	init_text(&job, "INSERT INTO counter VALUES ('x', 1)");
	store_write(fixture->store, &job.job);
	store_flush(fixture->store);
	while (!job.done) {
		assert_int_equal(poll(&wait, 1, SAMPLE_DEADLINE_MS), 1);
		(void)store_reap(fixture->store);
	}
	atomic_store(&released, 1);
	sample_finish(fixture->store);
	assert_int_equal(job.err, ERR_OK);
	assert_int_equal(gate.err, ERR_OK);
	assert_int_equal(gate.before, 0);
	assert_int_equal(gate.after, 0);
	assert_int_equal(
	    read_number(fixture->store, "SELECT count(*) FROM counter"), 1);
}

static void
a_reader_blocks_nobody(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture, fixture->path);
	reads_and_writes_side_by_side(fixture);
}

static void
a_reader_blocks_nobody_in_memory(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture, NULL);
	reads_and_writes_side_by_side(fixture);
}

static void
a_failure_to_open_is_explained(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {.path = "/nonexistent/mail.db"};
	struct failure failure;
	struct sql *sql;

	assert_int_equal(
	    store_open(&fixture->store, &options, &failure), ERR_READONLY);
	assert_non_null(strstr(failure.text, "/nonexistent/mail.db: its"));
	assert_null(fixture->store);
	options.path = fixture->path;
	assert_int_equal(
	    sql_open(&sql, fixture->path, SQL_WRITE, NULL), ERR_OK);
	assert_int_equal(sql_exec(sql, "CREATE TABLE t (n)"), ERR_OK);
	sql_close(sql);
	assert_int_equal(
	    store_open(&fixture->store, &options, &failure), ERR_DATA);
	assert_non_null(strstr(failure.text, fixture->path));
	assert_non_null(strstr(failure.text, "not one of mailstop's"));
}

struct shortage {
	struct fixture *fixture;
	struct message *message;
};

static void
open_and_put(void *context)
{
	struct shortage *shortage = context;
	struct store_options options = {.path = NULL};
	struct store *store;
	struct mail mail;
	enum err err = store_open(&store, &options, NULL);

	if (err) {
		assert_int_equal(err, ERR_MEMORY);
		assert_true(fail_alloc_happened());
		return;
	}
	put_message_init(&mail.put, shortage->message);
	mail.put.job.done = mail_is_done;
	mail.done = 0;
	store_write(store, &mail.put.job);
	store_close(store);
	assert_int_equal(mail.done, 1);
	/* What fails may come after the commit: a checkpoint. */
	if (!fail_alloc_happened() || mail.err)
		assert_int_equal(
		    mail.err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
}

static void
survives_without_memory(void **state)
{
	struct fixture *fixture = *state;
	struct shortage shortage = {.fixture = fixture,
	    .message = sample_message(&fixture->rules, "one", 100)};

	assert_true(fail_alloc_each(open_and_put, &shortage) > 10);
	message_free(shortage.message);
}

/* The file keeps the size that the WAL had at most: 16 MiB, and one of these.
 */
static void
the_wal_stays_short_under_load(void **state)
{
	struct fixture *fixture = *state;
	char wal[sizeof(fixture->path) + 8];
	struct text_job job;
	struct stat found;

	open_store(fixture, fixture->path);
	for (int i = 0; i < 40; i++) {
		init_text(
		    &job, "INSERT INTO raw (bytes) VALUES (zeroblob(1e6))");
		store_write(fixture->store, &job.job);
		sample_finish(fixture->store);
		assert_int_equal(job.err, ERR_OK);
	}
	(void)snprintf(wal, sizeof(wal), "%s-wal", fixture->path);
	assert_int_equal(stat(wal, &found), 0);
	assert_in_range(found.st_size, 1, 20 * 1024 * 1024);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(three_threads_on_a_file),
	    TEST(three_threads_in_memory),
	    TEST(nothing_runs_before_the_flush),
	    TEST(messages_get_their_order),
	    TEST(the_oldest_go),
	    TEST(counts_on_after_a_restart),
	    TEST(closing_finishes_everything),
	    TEST(closing_does_not_wait_for_a_search),
	    TEST(done_may_submit_again),
	    TEST(a_reader_blocks_nobody),
	    TEST(a_reader_blocks_nobody_in_memory),
	    TEST(a_failure_to_open_is_explained),
	    TEST(survives_without_memory),
	    TEST(the_wal_stays_short_under_load),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
