/* test_indexer: what is stored is told in order, and nobody reads too early. */
#include "indexer.h"

#include "watch.h"

#include "sample.h"
#include "unit.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES 150 /* more than a batch */
#define BACKLOG 1500 /* more than all that can be under way */
#define LARGE ((size_t)3 * 1024 * 1024) /* three are more than a batch */

struct fixture {
	struct budget budget;
	struct spool_rules rules;
	struct store *store;
	struct loop *loop;
	struct watch *watch;
	struct indexer *indexer; /* NULL: not yet */
	struct event *deadline;
	int64_t told; /* the seq that was told last */
	int64_t gap;  /* what follows on this one, if not the next */
	int64_t behind_gap;
	int called; /* how often then() was */
	int64_t told_then;
};

/* One message on its way. */
struct mail {
	struct put_message put;
	struct message *message;
	struct fixture *fixture;
	bool is_stored;
};

static void
on_late(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	fail_msg("nothing happens any more");
}

static void
on_told(const struct watch_event *event, void *context)
{
	struct fixture *fixture = context;

	assert_int_equal(event->kind, WATCH_MESSAGE);
	assert_int_equal(event->seq, event->entry->seq);
	assert_int_equal(event->seq,
	    fixture->gap && fixture->told == fixture->gap ? fixture->behind_gap
							  : fixture->told + 1);
	fixture->told = event->seq;
}

static void
on_then(void *context)
{
	struct fixture *fixture = context;

	fixture->called++;
	fixture->told_then = fixture->told;
}

static int
set_up(void **state)
{
	static const struct timeval late = {
	    .tv_sec = SAMPLE_DEADLINE_MS / 1000};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct store_options options = {.durability = STORE_NONE};

	assert_non_null(fixture);
	fixture->budget.limit = (size_t)16 * 1024 * 1024;
	fixture->rules.budget = &fixture->budget;
	fixture->rules.memory_max = 2 * LARGE;
	assert_int_equal(store_open(&fixture->store, &options, NULL), ERR_OK);
	assert_int_equal(
	    loop_new(&fixture->loop, fixture->store, NULL), ERR_OK);
	fixture->watch = watch_new();
	assert_non_null(fixture->watch);
	assert_non_null(watch_add(fixture->watch, on_told, fixture));
	fixture->deadline =
	    evtimer_new(loop_base(fixture->loop), on_late, fixture);
	assert_int_equal(evtimer_add(fixture->deadline, &late), 0);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->indexer)
		indexer_stop(fixture->indexer);
	store_close(fixture->store);
	indexer_free(fixture->indexer);
	event_free(fixture->deadline);
	watch_free(fixture->watch);
	loop_free(fixture->loop);
	free(fixture);
	return 0;
}

/* A turn flushes the store at its end only. */
static void
turn(struct fixture *fixture)
{
	store_flush(fixture->store);
	loop_turn(fixture->loop);
}

static void
begin(struct fixture *fixture)
{
	assert_int_equal(indexer_new(&fixture->indexer, fixture->loop,
			     fixture->watch, INDEX_ALL, NULL),
	    ERR_OK);
}

static void
on_stored(struct store_job *job, enum err err)
{
	struct mail *mail = (struct mail *)job;
	struct fixture *fixture = mail->fixture;

	assert_int_equal(err, ERR_OK);
	if (fixture->indexer)
		indexer_saw(fixture->indexer, mail->put.seq);
	mail->is_stored = true;
}

/* Of bytes that are no words: they are read soon, with a sanitizer, too. */
static void
add_line(struct message *message, size_t size)
{
	char *bytes = malloc(size + 1);

	assert_non_null(bytes);
	memset(bytes, '-', size);
	assert_int_equal(
	    spool_put(&message->body, span_make(bytes, size)), ERR_OK);
	free(bytes);
}

/* Returns once it is stored, and the indexer knows. */
static void
put_sized(struct fixture *fixture, int number, size_t size)
{
	struct mail mail = {.fixture = fixture};
	char id[UID_SIZE];

	(void)snprintf(id, sizeof(id), "message-%d", number);
	mail.message = sample_message(&fixture->rules, id, 100);
	add_line(mail.message, size);
	put_message_init(&mail.put, mail.message);
	mail.put.job.done = on_stored;
	store_write(fixture->store, &mail.put.job);
	while (!mail.is_stored)
		turn(fixture);
	message_free(mail.message);
}

static void
put(struct fixture *fixture, int number)
{
	put_sized(fixture, number, 0);
}

/* Any statements, by the writer. */
struct order {
	struct store_job job;
	const char *text;
	bool is_done;
};

static enum err
run_order(struct store_job *job, struct sql *sql)
{
	return sql_exec(sql, ((struct order *)job)->text);
}

static void
on_order(struct store_job *job, enum err err)
{
	assert_int_equal(err, ERR_OK);
	((struct order *)job)->is_done = true;
}

static void
order(struct fixture *fixture, const char *text)
{
	struct order order = {
	    {.run = run_order, .done = on_order}, text, false};

	store_write(fixture->store, &order.job);
	while (!order.is_done)
		turn(fixture);
}

static void
finish(struct fixture *fixture, int64_t seq)
{
	while (fixture->told < seq || indexer_backlog(fixture->indexer))
		turn(fixture);
}

static void
tells_each_in_order(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	for (int i = 1; i <= MESSAGES; i++)
		put(fixture, i);
	finish(fixture, MESSAGES);
	assert_int_equal(fixture->told, MESSAGES);
	assert_int_equal(indexer_newest(fixture->indexer), MESSAGES);
}

static void
calls_back_once_it_is_there(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	for (int i = 1; i <= 3; i++) {
		put(fixture, i);
		indexer_then(fixture->indexer, on_then, fixture);
		while (fixture->called < i)
			turn(fixture);
		assert_int_equal(fixture->told_then, i);
	}
	finish(fixture, 3);
	/* Nothing is missing: there is nothing to wait for. */
	indexer_then(fixture->indexer, on_then, fixture);
	assert_int_equal(fixture->called, 4);
}

static void
begins_with_what_was_left(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 1; i <= MESSAGES; i++)
		put(fixture, i);
	begin(fixture);
	indexer_then(fixture->indexer, on_then, fixture);
	assert_int_equal(fixture->called, 0);
	while (fixture->called == 0)
		turn(fixture);
	assert_int_equal(fixture->told_then, MESSAGES);
	assert_int_equal(indexer_newest(fixture->indexer), MESSAGES);
}

/* Several batches are under way then, and still each is told in its turn. */
static void
takes_a_long_backlog_in_order(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 1; i <= BACKLOG; i++)
		put(fixture, i);
	order(fixture, "DELETE FROM message WHERE seq BETWEEN 301 AND 1200");
	fixture->gap = 300;
	fixture->behind_gap = 1201;
	begin(fixture);
	indexer_then(fixture->indexer, on_then, fixture);
	put(fixture, BACKLOG + 1);
	while (fixture->called == 0)
		turn(fixture);
	assert_in_range(fixture->told_then, BACKLOG, BACKLOG + 1);
	finish(fixture, BACKLOG + 1);
	put(fixture, BACKLOG + 2);
	finish(fixture, BACKLOG + 2);
}

static void
takes_large_messages_between_small_ones(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 1; i <= MESSAGES * 2; i++)
		put_sized(fixture, i, i > 100 && i <= 103 ? LARGE : 0);
	begin(fixture);
	finish(fixture, (int64_t)MESSAGES * 2);
	assert_int_equal(fixture->told, MESSAGES * 2);
}

/* What cannot be written delays nobody, and comes with the next one. */
static void
tries_again_what_failed(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 1; i <= BACKLOG; i++)
		put(fixture, i);
	order(fixture, "ALTER TABLE summary RENAME TO missing");
	begin(fixture);
	indexer_then(fixture->indexer, on_then, fixture);
	while (fixture->called == 0)
		turn(fixture);
	assert_int_equal(fixture->told, 0);
	order(fixture, "ALTER TABLE missing RENAME TO summary");
	put(fixture, BACKLOG + 1);
	finish(fixture, BACKLOG + 1);
	assert_int_equal(fixture->told, BACKLOG + 1);
}

static void
keeps_nobody_waiting_when_it_stops(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 1; i <= MESSAGES; i++)
		put(fixture, i);
	begin(fixture);
	indexer_then(fixture->indexer, on_then, fixture);
	indexer_then(fixture->indexer, on_then, fixture);
	indexer_stop(fixture->indexer);
	assert_int_equal(fixture->called, 2);
	indexer_then(fixture->indexer, on_then, fixture);
	assert_int_equal(fixture->called, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(tells_each_in_order),
	    TEST(calls_back_once_it_is_there),
	    TEST(begins_with_what_was_left),
	    TEST(takes_a_long_backlog_in_order),
	    TEST(takes_large_messages_between_small_ones),
	    TEST(tries_again_what_failed),
	    TEST(keeps_nobody_waiting_when_it_stops),
	};

	mime_init();
	return cmocka_run_group_tests_name("indexer", tests, NULL, NULL);
}
