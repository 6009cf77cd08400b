/* test_lane: jobs come through in order, each once. */
#include "lane.h"

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 20000

struct fixture {
	struct lane_back back;
	struct lane lane;
	sigset_t signals; /* that the thread got */
	int rests;        /* how often its patience was over */
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	assert_int_equal(lane_back_init(&fixture.back, NULL), ERR_OK);
	lane_init(&fixture.lane, &fixture.back);
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	lane_release(&fixture->lane);
	lane_back_release(&fixture->back);
	return 0;
}

static bool
is_readable(const struct lane_back *back, int wait_ms)
{
	struct pollfd wait = {.fd = back->fd, .events = POLLIN};

	return poll(&wait, 1, wait_ms) == 1;
}

static void
jobs_wait_for_the_flush(void **state)
{
	struct fixture *fixture = *state;
	struct lane *lane = &fixture->lane;
	struct store_job jobs[3];

	assert_null(lane_take(lane, 0));
	lane_submit(lane, &jobs[0]);
	lane_submit(lane, &jobs[1]);
	assert_false(lane_has_work(lane));
	assert_null(lane_take(lane, 0));
	lane_flush(lane);
	lane_submit(lane, &jobs[2]);
	lane_flush(lane);
	lane_flush(lane);
	assert_true(lane_has_work(lane));
	assert_ptr_equal(lane_take(lane, LANE_FOREVER), &jobs[0]);
	assert_ptr_equal(jobs[0].next, &jobs[1]);
	assert_ptr_equal(jobs[1].next, &jobs[2]);
	assert_null(jobs[2].next);
	assert_null(lane_take(lane, 1));
}

static void
they_come_back_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct lane_back *back = &fixture->back;
	struct store_job jobs[3] = {
	    {.next = &jobs[1]}, {.next = &jobs[2]}, {.next = NULL}};

	assert_null(lane_back_take(back));
	assert_false(is_readable(back, 0));
	lane_finish(&fixture->lane, &jobs[0], &jobs[0]);
	assert_null(lane_back_take(back));
	lane_finish(&fixture->lane, &jobs[0], &jobs[2]);
	lane_finish(&fixture->lane, &jobs[2], NULL);
	assert_true(is_readable(back, 0));
	assert_ptr_equal(lane_back_take(back), &jobs[0]);
	assert_ptr_equal(jobs[0].next, &jobs[1]);
	assert_ptr_equal(jobs[1].next, &jobs[2]);
	assert_null(jobs[2].next);
	assert_false(is_readable(back, 0));
	assert_null(lane_back_take(back));
}

static void *
send_back(void *context)
{
	struct fixture *fixture = context;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &fixture->signals);
	while (!lane_is_over(&fixture->lane)) {
		struct store_job *job = lane_take(&fixture->lane, LANE_FOREVER);

		if (job)
			lane_finish(&fixture->lane, job, NULL);
	}
	return NULL;
}

static void
a_thread_at_the_other_end(void **state)
{
	struct fixture *fixture = *state;
	static struct store_job jobs[2000];
	size_t count = 0;

	assert_int_equal(
	    lane_start(&fixture->lane, send_back, fixture, NULL), ERR_OK);
	for (size_t i = 0; i < COUNT(jobs); i++) {
		lane_submit(&fixture->lane, &jobs[i]);
		if (i % 7 == 0)
			lane_flush(&fixture->lane);
	}
	lane_flush(&fixture->lane);
	while (count < COUNT(jobs)) {
		struct store_job *job;

		assert_true(is_readable(&fixture->back, DEADLINE_MS));
		job = lane_back_take(&fixture->back);
		for (; job; job = job->next)
			assert_ptr_equal(job, &jobs[count++]);
	}
	lane_end(&fixture->lane);
	assert_true(sigismember(&fixture->signals, SIGTERM));
}

static void
the_end_comes_after_the_work(void **state)
{
	struct fixture *fixture = *state;
	static struct store_job jobs[100];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(jobs); i++)
		lane_submit(&fixture->lane, &jobs[i]);
	lane_flush(&fixture->lane);
	assert_int_equal(
	    lane_start(&fixture->lane, send_back, fixture, NULL), ERR_OK);
	lane_end(&fixture->lane);
	for (struct store_job *job = lane_back_take(&fixture->back); job;
	     job = job->next)
		count++;
	assert_int_equal(count, COUNT(jobs));
}

static void *
lose_patience(void *context)
{
	struct fixture *fixture = context;

	while (!lane_is_over(&fixture->lane)) {
		struct store_job *job = lane_take(&fixture->lane, 100);

		if (job) {
			lane_finish(&fixture->lane, job, NULL);
			continue;
		}
		/* Tells the owner by a job that it never submitted. */
		if (++fixture->rests == 3) {
			static struct store_job told;

			lane_finish(&fixture->lane, &told, NULL);
		}
	}
	return NULL;
}

static void
patience_is_over(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
	    lane_start(&fixture->lane, lose_patience, fixture, NULL), ERR_OK);
	assert_true(is_readable(&fixture->back, DEADLINE_MS));
	assert_non_null(lane_back_take(&fixture->back));
	lane_end(&fixture->lane);
	assert_true(fixture->rests >= 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(jobs_wait_for_the_flush),
	    TEST(they_come_back_in_order),
	    TEST(a_thread_at_the_other_end),
	    TEST(the_end_comes_after_the_work),
	    TEST(patience_is_over),
	};

	return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
