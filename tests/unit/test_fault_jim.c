/* test_fault_jim: MailHog's monkey to rules, and back. */
#include "fault_jim.h"

#include "fail_alloc.h"
#include "fault_set.h"
#include "unit.h"

#include <math.h>
#include <string.h>

static void
assert_jim(const struct fault_set *set, const struct fault_jim *wanted)
{
	struct fault_jim jim;

	assert_true(fault_jim_read(set, &jim));
	assert_true(jim.disconnect == wanted->disconnect);
	assert_true(jim.accept == wanted->accept);
	assert_true(jim.link_affect == wanted->link_affect);
	assert_true(jim.link_min == wanted->link_min);
	assert_true(jim.link_max == wanted->link_max);
	assert_true(jim.reject_sender == wanted->reject_sender);
	assert_true(jim.reject_recipient == wanted->reject_recipient);
	assert_true(jim.reject_auth == wanted->reject_auth);
}

static void
what_is_written_is_read(void **state)
{
	struct fault_set *set = set_of(1, "");
	struct fault_jim jim;

	(void)state;
	assert_false(fault_jim_read(set, &jim));
	assert_false(fault_jim_remove(set));
	fault_jim_init(&jim);
	assert_int_equal(fault_jim_write(set, &jim), ERR_OK);
	assert_jim(set, &jim);
	jim = (struct fault_jim){.disconnect = 1,
	    .accept = 0.123456,
	    .link_affect = 1,
	    .link_min = 1,
	    .link_max = 1000000000,
	    .reject_sender = 0.999999};
	assert_int_equal(fault_jim_write(set, &jim), ERR_OK);
	assert_jim(set, &jim);
	assert_true(fault_jim_remove(set));
	assert_false(fault_jim_remove(set));
	assert_int_equal(fault_moments(set), 0);
	fault_set_free(set);
}

static void
strange_numbers_are_bounded(void **state)
{
	struct fault_set *set = set_of(1, "");
	struct fault_jim jim = {.disconnect = -1,
	    .accept = 7,
	    .link_affect = INFINITY,
	    .link_min = -5,
	    .link_max = 1e300,
	    .reject_auth = 0.0000004,
	    .reject_sender = -INFINITY};
	struct fault_jim bounded = {.accept = 1,
	    .link_affect = 1,
	    .link_min = 1,
	    .link_max = 1000000000};

	(void)state;
	assert_int_equal(fault_jim_write(set, &jim), ERR_OK);
	assert_jim(set, &bounded);
	jim.link_max = NAN;
	assert_int_equal(fault_jim_write(set, &jim), ERR_DATA);
	assert_jim(set, &bounded);
	fault_set_free(set);
}

/* One chance is certain, and all others are none. */
static void
each_chance_has_its_rule(void **state)
{
	static const struct {
		struct fault_jim jim;
		enum fault_moment moment;
		const char *rule;
		int code;
		enum fault_drop drop;
		unsigned drip;
	} rows[] = {
	    {{.accept = 0}, FAULT_CONNECT, "jim-accept", 0, FAULT_DROP_NOW, 0},
	    {{.accept = 1, .disconnect = 1}, FAULT_DATA, "jim-disconnect", 0,
		FAULT_DROP_NOW, 0},
	    {{.accept = 1, .reject_sender = 1}, FAULT_MAIL, "jim-sender", 550,
		FAULT_DROP_NONE, 0},
	    {{.accept = 1, .reject_recipient = 1}, FAULT_RCPT, "jim-recipient",
		550, FAULT_DROP_NONE, 0},
	    {{.accept = 1, .reject_auth = 1}, FAULT_AUTH, "jim-auth", 535,
		FAULT_DROP_NONE, 0},
	};
	struct fault_facts facts = rcpt(&ann);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault_set *set = set_of(1, "");
		struct fault_action action;

		assert_int_equal(fault_jim_write(set, &rows[i].jim), ERR_OK);
		facts.moment = rows[i].moment;
		assert_true(fault_decide(set, &facts, &action));
		assert_string_equal(action.rule, rows[i].rule);
		assert_int_equal(action.code, rows[i].code);
		assert_int_equal(action.drop, rows[i].drop);
		facts.moment = FAULT_RSET;
		assert_int_equal(fault_decide(set, &facts, &action),
		    rows[i].jim.disconnect == 1);
		fault_set_free(set);
	}
}

static void
links_are_slow_or_fast(void **state)
{
	struct fault_jim jim = {
	    .accept = 1, .link_affect = 1, .link_min = 10, .link_max = 20};
	struct fault_set *set = set_of(1, "");
	struct fault_facts facts = rcpt(&ann);
	struct fault_action action;
	size_t slow = 0;

	(void)state;
	assert_int_equal(fault_jim_write(set, &jim), ERR_OK);
	for (int i = 0; i < 100; i++) {
		assert_true(fault_decide(set, &facts, &action));
		assert_true(action.drip == 10 || action.drip == 20);
		slow += action.drip == 10;
	}
	assert_in_range(slow, 30, 70);
	fault_set_free(set);
}

static void
scenario(void *context)
{
	struct fault_jim before = {
	    .accept = 0.25, .link_min = 3, .link_max = 4};
	struct fault_jim after = {.accept = 0.5, .link_min = 1, .link_max = 2};
	struct fault_set *set = fault_set_new(1);
	enum err err = ERR_MEMORY;

	(void)context;
	if (set && fault_jim_write(set, &before) == ERR_OK) {
		err = fault_jim_write(set, &after);
		assert_jim(set, err ? &before : &after);
	}
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	fault_set_free(set);
}

static void
memory_may_fail(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(scenario, NULL) >= 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(strange_numbers_are_bounded),
	    cmocka_unit_test(each_chance_has_its_rule),
	    cmocka_unit_test(links_are_slow_or_fast),
	    cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests_name("fault_jim", tests, NULL, NULL);
}
