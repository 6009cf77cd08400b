/* test_loop: turns, what is put off, and the stop. */
#include "loop.h"

#include "fail_alloc.h"
#include "store_double.h"
#include "unit.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fixture {
	struct store store;
	struct loop *loop;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->store.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(fixture->store.fd >= 0);
	assert_int_equal(
	    loop_new(&fixture->loop, &fixture->store, NULL), ERR_OK);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	loop_free(fixture->loop);
	close(fixture->store.fd);
	free(fixture);
	return 0;
}

static void
stop_it(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	loop_stop(context);
}

static void
ends_before_it_began(void **state)
{
	struct fixture *fixture = *state;

	loop_stop(fixture->loop);
	loop_stop(fixture->loop);
	loop_run(fixture->loop);
	assert_int_equal(fixture->store.flushed, 1);
	/* The stop is used up: it can run again. */
	loop_stop(fixture->loop);
	loop_run(fixture->loop);
	assert_int_equal(fixture->store.flushed, 2);
}

#define CALLS 1000
#define CALLERS 4

struct caller {
	struct fixture *fixture;
	struct given {
		struct loop_call call;
		struct caller *caller;
		unsigned number;
	} given[CALLS];
	unsigned ran;
	unsigned *left; /* of all callers, on the loop's thread */
};

static void
take_call(struct loop_call *call)
{
	struct given *given = (struct given *)call;
	struct caller *caller = given->caller;

	assert_int_equal(given->number, caller->ran);
	caller->ran++;
	memset(given, 0xee, sizeof(*given));
	if (--*caller->left == 0)
		loop_stop(caller->fixture->loop);
}

static void *
give_calls(void *context)
{
	struct caller *caller = context;

	for (unsigned i = 0; i < CALLS; i++) {
		caller->given[i] = (struct given){{take_call, NULL}, caller, i};
		loop_call(caller->fixture->loop, &caller->given[i].call);
	}
	return NULL;
}

static void
runs_what_other_threads_give_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct caller *callers = calloc(CALLERS, sizeof(callers[0]));
	pthread_t threads[CALLERS];
	unsigned left = CALLS * CALLERS;

	assert_non_null(callers);
	for (size_t i = 0; i < CALLERS; i++) {
		callers[i].fixture = fixture;
		callers[i].left = &left;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, give_calls, &callers[i]),
		    0);
	}
	loop_run(fixture->loop);
	for (size_t i = 0; i < CALLERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(callers[i].ran, CALLS);
	}
	free(callers);
}

static void *
stop_from_a_thread(void *context)
{
	loop_stop(context);
	return NULL;
}

static void
ends_from_another_thread(void **state)
{
	struct fixture *fixture = *state;
	pthread_t thread;

	assert_int_equal(
	    pthread_create(&thread, NULL, stop_from_a_thread, fixture->loop),
	    0);
	loop_run(fixture->loop);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void
reaps_when_the_store_says_so(void **state)
{
	struct fixture *fixture = *state;
	uint64_t one = 1;

	assert_int_equal(write(fixture->store.fd, &one, sizeof(one)), 8);
	loop_turn(fixture->loop);
	assert_int_equal(fixture->store.reaped, 1);
	assert_int_equal(fixture->store.flushed, 1);
	loop_stop(fixture->loop);
	loop_turn(fixture->loop);
	assert_int_equal(fixture->store.reaped, 1);
	assert_int_equal(fixture->store.flushed, 2);
}

struct task {
	struct loop_task task;
	struct loop *loop;
	struct store *store;
	unsigned runs;
	unsigned left; /* how often it puts itself off again */
	unsigned flushed;
	struct task *other; /* forgotten by it */
};

static void
run_task(struct loop_task *base)
{
	struct task *task = (struct task *)base;

	task->runs++;
	task->flushed = task->store->flushed;
	if (task->other)
		loop_forget(task->loop, &task->other->task);
	if (task->left) {
		task->left--;
		loop_later(task->loop, base);
	}
}

static struct task
new_task(struct fixture *fixture)
{
	return (struct task){
	    .task.run = run_task,
	    .loop = fixture->loop,
	    .store = &fixture->store,
	};
}

static void
runs_once_what_is_put_off(void **state)
{
	struct fixture *fixture = *state;
	struct task task = new_task(fixture);

	loop_later(fixture->loop, &task.task);
	loop_later(fixture->loop, &task.task);
	/* It does not wait for an event then. */
	loop_turn(fixture->loop);
	assert_int_equal(task.runs, 1);
	assert_int_equal(task.flushed, 0);
	assert_int_equal(fixture->store.flushed, 1);
}

static void
looks_at_events_between_what_is_put_off(void **state)
{
	struct fixture *fixture = *state;
	struct task task = new_task(fixture);

	task.left = 1000;
	loop_later(fixture->loop, &task.task);
	loop_turn(fixture->loop);
	assert_int_equal(task.runs, 1);
	loop_stop(fixture->loop);
	loop_run(fixture->loop);
	assert_int_equal(task.runs, 2);
	loop_forget(fixture->loop, &task.task);
	loop_stop(fixture->loop);
	loop_turn(fixture->loop);
	assert_int_equal(task.runs, 2);
}

/* Also while it runs the others, whichever stands first or last. */
static void
forgets(void **state)
{
	struct fixture *fixture = *state;
	struct task tasks[3];

	for (size_t i = 0; i < COUNT(tasks); i++)
		tasks[i] = new_task(fixture);
	tasks[0].other = &tasks[2];
	for (size_t i = 0; i < COUNT(tasks); i++)
		loop_later(fixture->loop, &tasks[i].task);
	loop_turn(fixture->loop);
	assert_int_equal(tasks[0].runs, 1);
	assert_int_equal(tasks[1].runs, 1);
	assert_int_equal(tasks[2].runs, 0);
	loop_forget(fixture->loop, &tasks[2].task);
	loop_later(fixture->loop, &tasks[2].task);
	loop_turn(fixture->loop);
	assert_int_equal(tasks[2].runs, 1);
}

static void
knows_its_parts(void **state)
{
	struct fixture *fixture = *state;

	assert_ptr_equal(loop_store(fixture->loop), &fixture->store);
	assert_non_null(loop_base(fixture->loop));
	assert_int_equal(event_base_get_features(loop_base(fixture->loop)) &
		(EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE),
	    EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE);
	memset(loop_scratch(fixture->loop), 1, LOOP_SCRATCH_SIZE);
	assert_int_equal(
	    event_base_once(loop_base(fixture->loop), -1, EV_TIMEOUT, stop_it,
		fixture->loop, &(struct timeval){0}),
	    0);
	loop_run(fixture->loop);
}

static void
open_and_close(void *context)
{
	struct loop *loop;
	enum err err = loop_new(&loop, context, NULL);

	if (err) {
		assert_true(fail_alloc_happened());
		assert_null(loop);
		return;
	}
	loop_free(loop);
}

static void
survives_without_memory(void **state)
{
	struct fixture *fixture = *state;

	loop_free(NULL);
	assert_true(fail_alloc_each(open_and_close, &fixture->store) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(ends_before_it_began),
	    TEST(runs_what_other_threads_give_in_order),
	    TEST(ends_from_another_thread),
	    TEST(reaps_when_the_store_says_so),
	    TEST(runs_once_what_is_put_off),
	    TEST(looks_at_events_between_what_is_put_off),
	    TEST(forgets),
	    TEST(knows_its_parts),
	    TEST(survives_without_memory),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
