/* test_mailstop_wait: waits, callbacks and stops in several threads. */
#include "mailstop.h"

#include "letter.h"
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LONG_MS 30000

static int
set_up(void **state)
{
	struct mailstop *server = mailstop_new();

	assert_non_null(server);
	*state = server;
	return mailstop_start(server);
}

static int
tear_down(void **state)
{
	mailstop_free(*state);
	return 0;
}

static void
post(struct mailstop *server, const char *to, const char *subject)
{
	assert_int_equal(
	    letter_send(mailstop_port(server, "smtp"), to, subject), 250);
}

/* ---- alone */

static void
note_signals(struct sigaction *actions, sigset_t *mask)
{
	for (int i = 1; i < 32; i++) {
		memset(&actions[i], 0, sizeof(actions[i]));
		(void)sigaction(i, NULL, &actions[i]);
	}
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, mask), 0);
}

/* The first test: what is made ready once a process is so then. */
static void
leaves_signals_alone(void **state)
{
	struct mailstop *server = mailstop_new();
	struct sigaction before[32], now[32];
	sigset_t mask_before, mask_now;

	(void)state;
	note_signals(before, &mask_before);
	assert_int_equal(mailstop_start(server), MAILSTOP_OK);
	post(server, "a@x.test", "x");
	assert_int_equal(mailstop_wait(server, NULL, 1, 0, NULL), MAILSTOP_OK);
	note_signals(now, &mask_now);
	for (int i = 1; i < 32; i++)
		if (before[i].sa_handler != now[i].sa_handler)
			fail_msg("signal %d is handled otherwise", i);
	for (int i = 1; i < 32; i++)
		assert_int_equal(
		    sigismember(&mask_before, i), sigismember(&mask_now, i));
	mailstop_free(server);
}

static void
tells_what_came_when_the_time_is_over(void **state)
{
	struct mailstop *server = *state;
	struct mailstop_record *list;

	post(server, "alice@x.test", "wellcome");
	assert_int_equal(
	    mailstop_wait(server, "rcpt:alice", 2, 0, &list), MAILSTOP_TIMEOUT);
	assert_int_equal(mailstop_size(list, NULL), 1);
	assert_non_null(strstr(mailstop_error(server), "1 of 2"));
	mailstop_record_free(list);
	assert_int_equal(
	    mailstop_wait(server, "rcpt:alice subject:welcome", 1, 1, &list),
	    MAILSTOP_TIMEOUT);
	assert_int_equal(mailstop_size(list, NULL), 0);
	assert_non_null(strstr(mailstop_error(server), "wellcome"));
	assert_non_null(
	    strstr(mailstop_error(server), "missed subject:welcome"));
	mailstop_record_free(list);
	assert_int_equal(
	    mailstop_wait(server, "rcpt:bob", 1, 0, NULL), MAILSTOP_TIMEOUT);
	assert_int_equal(
	    mailstop_wait(server, "rcpt:alice", 1, 0, NULL), MAILSTOP_OK);
	assert_int_equal(
	    mailstop_wait(server, "rcpt:alice", 0, 0, &list), MAILSTOP_USAGE);
	assert_int_equal(
	    mailstop_wait(server, "rcpt:(", 1, 0, &list), MAILSTOP_USAGE);
	assert_null(list);
	assert_int_equal(
	    mailstop_wait(server, "seq>1", 1, 0, &list), MAILSTOP_TIMEOUT);
	mailstop_record_free(list);
}

/* ---- in parallel: each waiter gets its own mail and no other */

#define WAITERS 24
#define EACH 3

struct waiter {
	struct mailstop *server;
	pthread_t thread;
	unsigned number;
	int status;
	size_t count;
	int is_own;
	char words[256];
};

static void
put_address(char *to, size_t size, unsigned number)
{
	(void)snprintf(to, size, "w%u@x.test", number);
}

static void *
wait_for_own(void *context)
{
	struct waiter *waiter = context;
	struct mailstop_record *list;
	char query[64] = "rcpt:";
	const char *address = query + 5;

	put_address(query + 5, sizeof(query) - 5, waiter->number);
	waiter->status =
	    mailstop_wait(waiter->server, query, EACH, LONG_MS, &list);
	waiter->count = mailstop_size(list, NULL);
	waiter->is_own = 1;
	for (size_t i = 0; i < waiter->count; i++)
		waiter->is_own &= strcmp(mailstop_text(mailstop_at(list, i),
					     "recipients.0.address"),
				      address) == 0;
	mailstop_record_free(list);
	(void)snprintf(waiter->words, sizeof(waiter->words), "%s",
	    mailstop_error(waiter->server));
	return NULL;
}

static void
start_waiters(struct waiter *waiters, struct mailstop *server)
{
	for (unsigned i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){.server = server, .number = i};
		assert_int_equal(pthread_create(&waiters[i].thread, NULL,
				     wait_for_own, &waiters[i]),
		    0);
	}
}

static void
serves_many_waits_at_once(void **state)
{
	struct mailstop *server = *state;
	struct waiter waiters[WAITERS];

	start_waiters(waiters, server);
	for (unsigned i = 0; i < WAITERS * EACH; i++) {
		char to[64];

		put_address(to, sizeof(to), i % WAITERS);
		post(server, to, "x");
	}
	for (size_t i = 0; i < WAITERS; i++) {
		assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
		assert_int_equal(waiters[i].status, MAILSTOP_OK);
		assert_int_equal(waiters[i].count, EACH);
		assert_true(waiters[i].is_own);
	}
}

/* ---- the end of it */

/* Words belong to a thread: the waits have theirs, this one has its own. */
static void
sends_waits_away(void **state)
{
	struct mailstop *server = *state;
	struct waiter waiters[WAITERS];

	assert_int_equal(
	    mailstop_fault_remove(server, "none"), MAILSTOP_NOT_FOUND);
	start_waiters(waiters, server);
	/* Those that have not come so far are refused, which is the same. */
	post(server, "w0@x.test", "x");
	assert_int_equal(mailstop_stop(server), MAILSTOP_OK);
	for (size_t i = 0; i < WAITERS; i++) {
		assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
		assert_int_equal(waiters[i].status, MAILSTOP_STOPPED);
		assert_non_null(strstr(waiters[i].words, "the server"));
	}
	assert_non_null(strstr(mailstop_error(server), "no rule none"));
}

struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned count;
};

static void
gate_init(struct gate *gate)
{
	assert_int_equal(pthread_mutex_init(&gate->mutex, NULL), 0);
	assert_int_equal(pthread_cond_init(&gate->changed, NULL), 0);
	gate->count = 0;
}

static void
gate_pass(struct gate *gate)
{
	pthread_mutex_lock(&gate->mutex);
	gate->count++;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->mutex);
}

static void
gate_wait(struct gate *gate, unsigned count)
{
	pthread_mutex_lock(&gate->mutex);
	while (gate->count < count)
		pthread_cond_wait(&gate->changed, &gate->mutex);
	pthread_mutex_unlock(&gate->mutex);
}

struct lingerer {
	struct mailstop *server;
	struct gate *gate;
	pthread_t thread;
	int status;
};

static void *
wait_for_ever(void *context)
{
	struct lingerer *it = context;

	/* Proof that its server still is: the first one comes. */
	it->status = mailstop_wait(it->server, "rcpt:a", 1, -1, NULL);
	gate_pass(it->gate);
	if (it->status == MAILSTOP_OK)
		it->status = mailstop_wait(it->server, "rcpt:a", 2, -1, NULL);
	return NULL;
}

/* Several threads stop it, others wait in it: all come back. */
static void *
stop_it(void *context)
{
	return mailstop_stop(context) == MAILSTOP_OK ? NULL : context;
}

static void
is_stopped_by_several(void **state)
{
	struct mailstop *server = *state;
	struct lingerer it = {.server = server};
	pthread_t stoppers[4];
	struct gate gate;
	void *failed;

	gate_init(&gate);
	it.gate = &gate;
	assert_int_equal(
	    pthread_create(&it.thread, NULL, wait_for_ever, &it), 0);
	post(server, "a@x.test", "x");
	gate_wait(&gate, 1);
	for (size_t i = 0; i < COUNT(stoppers); i++)
		assert_int_equal(
		    pthread_create(&stoppers[i], NULL, stop_it, server), 0);
	for (size_t i = 0; i < COUNT(stoppers); i++) {
		assert_int_equal(pthread_join(stoppers[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(pthread_join(it.thread, NULL), 0);
	assert_int_equal(it.status, MAILSTOP_STOPPED);
}

/* ---- callbacks */

#define TOLD_MAX 64

struct told {
	struct gate gate;
	pthread_t maker; /* must not be the one that calls back */
	size_t count;
	int64_t seqs[TOLD_MAX];
	int failures; /* of what the callback tried */
};

static void
on_message(struct mailstop *server, const struct mailstop_record *message,
    void *context)
{
	struct told *told = context;
	size_t size = 0;
	char *bytes;

	if (told->count == TOLD_MAX)
		return;
	told->seqs[told->count++] = mailstop_number(message, "seq");
	if (mailstop_raw(server, mailstop_text(message, "id"), &bytes, &size) !=
		MAILSTOP_OK ||
	    (int64_t)size != mailstop_number(message, "size"))
		told->failures++;
	mailstop_bytes_free(bytes);
	if (mailstop_stop(server) != MAILSTOP_USAGE ||
	    mailstop_start(server) != MAILSTOP_USAGE ||
	    mailstop_on_message(server, "", on_message, context) !=
		MAILSTOP_USAGE ||
	    pthread_equal(pthread_self(), told->maker))
		told->failures++;
	mailstop_free(server);
	gate_pass(&told->gate);
}

static void
init_told(struct told *told)
{
	*told = (struct told){.maker = pthread_self()};
	gate_init(&told->gate);
}

static void
expect_told(const struct told *told, size_t count, int64_t first, int64_t step)
{
	assert_int_equal(told->failures, 0);
	assert_int_equal(told->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(told->seqs[i], first + (int64_t)i * step);
}

static void
calls_back_with_each_message(void **state)
{
	struct mailstop *server = mailstop_new();
	struct told all, even, late;

	(void)state;
	init_told(&all);
	init_told(&even);
	init_told(&late);
	assert_int_equal(
	    mailstop_on_message(server, NULL, on_message, &all), MAILSTOP_OK);
	assert_string_equal(mailstop_error(server), "");
	assert_int_equal(
	    mailstop_on_message(server, "rcpt:(", on_message, &all),
	    MAILSTOP_USAGE);
	assert_int_equal(
	    mailstop_on_message(server, "", NULL, NULL), MAILSTOP_USAGE);
	assert_int_equal(mailstop_start(server), MAILSTOP_OK);
	assert_int_equal(
	    mailstop_on_message(server, "rcpt:even", on_message, &even),
	    MAILSTOP_OK);
	for (int i = 1; i <= 10; i++)
		post(server, i % 2 ? "odd@x.test" : "even@x.test", "x");
	gate_wait(&all.gate, 10);
	assert_int_equal(
	    mailstop_on_message(server, NULL, on_message, &late), MAILSTOP_OK);
	for (int i = 11; i <= 20; i++)
		post(server, i % 2 ? "odd@x.test" : "even@x.test", "x");
	/* What was acknowledged before is told, whoever is slow. */
	assert_int_equal(mailstop_stop(server), MAILSTOP_OK);
	expect_told(&all, 20, 1, 1);
	expect_told(&even, 10, 2, 2);
	expect_told(&late, 10, 11, 1);
	/* They hold for the next time too. */
	assert_int_equal(mailstop_start(server), MAILSTOP_OK);
	post(server, "even@x.test", "x");
	mailstop_free(server);
	assert_int_equal(all.count, 21);
	assert_int_equal(even.count, 11);
	assert_int_equal(late.count, 11);
}

struct lines {
	struct mailstop *server;
	char text[4096];
	int errors, refused, calls;
};

static void
on_line(int level, const char *line, void *context)
{
	struct lines *lines = context;
	size_t len = strlen(lines->text);
	size_t count;

	lines->calls++;
	lines->errors += level <= 1;
	(void)snprintf(
	    lines->text + len, sizeof(lines->text) - len, "%s\n", line);
	lines->refused +=
	    mailstop_count(lines->server, "", &count) == MAILSTOP_USAGE;
}

static void
logs_to_who_asks(void **state)
{
	struct lines lines = {.server = mailstop_new()};

	(void)state;
	assert_int_equal(
	    mailstop_on_log(lines.server, on_line, &lines), MAILSTOP_OK);
	assert_int_equal(
	    mailstop_set(lines.server, "log-level", "debug"), MAILSTOP_OK);
	assert_int_equal(
	    mailstop_set(lines.server, "fault", "rcpt chance=50% reply=450"),
	    MAILSTOP_OK);
	assert_int_equal(mailstop_start(lines.server), MAILSTOP_OK);
	assert_int_equal(mailstop_stop(lines.server), MAILSTOP_OK);
	assert_non_null(strstr(lines.text, "chance="));
	assert_int_equal(lines.errors, 0);
	assert_true(lines.calls > 0);
	assert_int_equal(lines.refused, lines.calls);
	mailstop_free(lines.server);
}

/* ---- all of it at once, for the sanitizers */

static void *
bustle(void *context)
{
	struct mailstop *server = context;
	struct mailstop_record *record;
	char *id;

	for (int i = 0; i < 20; i++) {
		if (mailstop_fault_add(server, "rcpt to=no@x.test", &id) ==
		    MAILSTOP_OK)
			(void)mailstop_fault_remove(server, id);
		mailstop_bytes_free(id);
		(void)mailstop_take(server, "rcpt:b", 1, &record);
		mailstop_record_free(record);
		(void)mailstop_message(server, "latest", &record);
		mailstop_record_free(record);
		(void)mailstop_wait(server, "rcpt:c", 1, 1, &record);
		mailstop_record_free(record);
		(void)letter_send(
		    mailstop_port(server, "smtp"), "b@x.test", "x");
	}
	return NULL;
}

static void
bears_a_bustle(void **state)
{
	struct mailstop *server = *state;
	pthread_t threads[6];

	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, bustle, server), 0);
	/* Some of them may find it stopped. */
	assert_int_equal(pthread_join(threads[0], NULL), 0);
	assert_int_equal(mailstop_stop(server), MAILSTOP_OK);
	for (size_t i = 1; i < COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_signals_alone),
	    TEST(tells_what_came_when_the_time_is_over),
	    TEST(serves_many_waits_at_once),
	    TEST(sends_waits_away),
	    TEST(is_stopped_by_several),
	    cmocka_unit_test(calls_back_with_each_message),
	    cmocka_unit_test(logs_to_who_asks),
	    TEST(bears_a_bustle),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
