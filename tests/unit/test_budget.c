/* test_budget: what is drawn is counted, and the ceiling holds. */
#include "budget.h"

#include "unit.h"

static void
draws_up_to_the_limit(void **state)
{
	struct budget budget = {.limit = 10};

	(void)state;
	assert_true(budget_draw(&budget, 4));
	assert_true(budget_draw(&budget, 6));
	assert_false(budget_draw(&budget, 1));
	assert_true(budget_draw(&budget, 0));
	assert_int_equal(budget.used, 10);
}

static void
gives_again_what_came_back(void **state)
{
	struct budget budget = {.limit = 10};

	(void)state;
	assert_true(budget_draw(&budget, 10));
	budget_return(&budget, 3);
	assert_false(budget_draw(&budget, 4));
	assert_true(budget_draw(&budget, 3));
}

static void
huge_draws_do_not_wrap(void **state)
{
	struct budget budget = {.limit = 10, .used = 5};

	(void)state;
	assert_false(budget_draw(&budget, SIZE_MAX));
	assert_false(budget_draw(&budget, SIZE_MAX - 4));
	assert_int_equal(budget.used, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(draws_up_to_the_limit),
	    cmocka_unit_test(gives_again_what_came_back),
	    cmocka_unit_test(huge_draws_do_not_wrap),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
