/* test_signals: they arrive on the loop, and are left as they were. */
#include "signals.h"

#include "store_double.h"
#include "unit.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void
note(int number, void *context)
{
	int *last = context;

	*last = number;
}

static void
are_told_on_the_loop(void **state)
{
	static const int numbers[] = {SIGUSR1, SIGHUP, 0};
	struct store store = {.fd = eventfd(0, EFD_NONBLOCK)};
	struct signals *signals;
	struct sigaction before, after;
	struct loop *loop;
	int last = 0;

	(void)state;
	assert_int_equal(loop_new(&loop, &store, NULL), ERR_OK);
	assert_int_equal(sigaction(SIGHUP, NULL, &before), 0);
	assert_int_equal(
	    signals_open(&signals, loop, numbers, note, &last), ERR_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(kill(getpid(), numbers[i % 2]), 0);
		last = 0;
		while (!last)
			loop_turn(loop);
		assert_int_equal(last, numbers[i % 2]);
	}
	signals_close(signals);
	assert_int_equal(sigaction(SIGHUP, NULL, &after), 0);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	loop_free(loop);
	assert_int_equal(close(store.fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(are_told_on_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
