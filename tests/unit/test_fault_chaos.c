/* test_fault_chaos: Mailpit's triggers to rules, and back. */
#include "fault_chaos.h"

#include "fail_alloc.h"
#include "fault_set.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct fault_chaos
chaos_of(const int64_t numbers[2 * FAULT_CHAOS_KINDS])
{
	struct fault_chaos chaos;

	for (size_t i = 0; i < FAULT_CHAOS_KINDS; i++) {
		chaos.triggers[i].code = numbers[2 * i];
		chaos.triggers[i].probability = numbers[2 * i + 1];
	}
	return chaos;
}

static void
assert_chaos(
    const struct fault_set *set, const int64_t numbers[2 * FAULT_CHAOS_KINDS])
{
	struct fault_chaos chaos;

	fault_chaos_read(set, &chaos);
	for (size_t i = 0; i < FAULT_CHAOS_KINDS; i++) {
		assert_int_equal(chaos.triggers[i].code, numbers[2 * i]);
		assert_int_equal(
		    chaos.triggers[i].probability, numbers[2 * i + 1]);
	}
}

static size_t
count_of(const struct fault_set *set)
{
	struct fault_view view;
	size_t count = 0;

	while (fault_view(set, count, &view))
		count++;
	return count;
}

static void
what_is_written_is_read(void **state)
{
	static const struct {
		int64_t given[2 * FAULT_CHAOS_KINDS];
		int64_t read[2 * FAULT_CHAOS_KINDS];
		size_t rules;
	} rows[] = {
	    {{451, 5, 0, 0, 535, 100}, {451, 5, 451, 0, 535, 100}, 2},
	    {{0, 0, 0, 0, 0, 0}, {451, 0, 451, 0, 535, 0}, 0},
	    {{550, 0, 451, 1, 0, 7}, {550, 0, 451, 1, 535, 7}, 3},
	    {{400, 1, 599, 100, 421, 50}, {400, 1, 599, 100, 421, 50}, 3},
	};
	struct fault_set *set = set_of(1, "");

	(void)state;
	assert_chaos(set, rows[1].read);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault_chaos chaos = chaos_of(rows[i].given);

		assert_int_equal(fault_chaos_write(set, &chaos, NULL), ERR_OK);
		assert_chaos(set, rows[i].read);
		assert_int_equal(count_of(set), rows[i].rules);
	}
	fault_set_free(set);
}

/* Clients' tests look at the very words. */
static void
the_replies_are_mailpits(void **state)
{
	static const struct {
		enum fault_moment moment;
		const char *rule;
		int code;
		const char *text;
	} rows[] = {
	    {FAULT_MAIL, "chaos-sender", 451, "Chaos sender error"},
	    {FAULT_RCPT, "chaos-recipient", 452, "Chaos recipient error"},
	    {FAULT_AUTH, "chaos-authentication", 535,
		"Chaos authentication error"},
	};
	struct fault_chaos chaos =
	    chaos_of((int64_t[]){0, 100, 452, 100, 0, 100});
	struct fault_set *set = set_of(1, "");
	struct fault_facts facts = rcpt(&ann);
	struct fault_action action;

	(void)state;
	assert_int_equal(fault_chaos_write(set, &chaos, NULL), ERR_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		facts.moment = rows[i].moment;
		assert_true(fault_decide(set, &facts, &action));
		assert_string_equal(action.rule, rows[i].rule);
		assert_int_equal(fault_reply(&action).code, rows[i].code);
		assert_null(fault_reply(&action).enhanced);
		assert_string_equal(action.text, rows[i].text);
	}
	facts.moment = FAULT_DATA;
	assert_false(fault_decide(set, &facts, &action));
	fault_set_free(set);
}

static void
bad_numbers_change_nothing(void **state)
{
	static const struct {
		int64_t numbers[2 * FAULT_CHAOS_KINDS];
		const char *says;
	} rows[] = {
	    {{399, 1, 0, 0, 0, 0}, "sender: the error code"},
	    {{0, 0, 600, 1, 0, 0}, "recipient: the error code"},
	    {{0, 0, 0, 0, -451, 1}, "authentication: the error code"},
	    {{0, 101, 0, 0, 0, 0}, "sender: the probability"},
	    {{0, 0, 0, -1, 0, 0}, "recipient: the probability"},
	    {{0, 0, 0, 0, INT64_MAX, 1}, "authentication: the error code"},
	    {{0, 0, 0, 0, 0, INT64_C(4294967296)},
		"authentication: the probability"},
	};
	const int64_t before[] = {450, 1, 452, 2, 530, 3};
	struct fault_chaos chaos = chaos_of(before);
	struct fault_set *set = set_of(1, "rcpt");

	(void)state;
	assert_int_equal(fault_chaos_write(set, &chaos, NULL), ERR_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure failure;

		chaos = chaos_of(rows[i].numbers);
		assert_int_equal(
		    fault_chaos_write(set, &chaos, &failure), ERR_DATA);
		assert_non_null(strstr(failure.text, rows[i].says));
		assert_chaos(set, before);
	}
	fault_set_free(set);
}

static void
other_rules_stay(void **state)
{
	struct fault_set *set = set_of(1, "rcpt first=1\nmail id=mine");
	struct fault_chaos chaos =
	    chaos_of((int64_t[]){0, 100, 0, 100, 0, 100});
	struct fault_facts facts = rcpt(&ann);
	struct fault_action action;

	(void)state;
	assert_true(fault_decide(set, &facts, &action));
	assert_int_equal(fault_chaos_write(set, &chaos, NULL), ERR_OK);
	assert_int_equal(count_of(set), 5);
	/* Its count has gone on. */
	assert_true(fault_decide(set, &facts, &action));
	assert_string_equal(action.rule, "chaos-recipient");
	fault_chaos_init(&chaos);
	assert_int_equal(fault_chaos_write(set, &chaos, NULL), ERR_OK);
	assert_int_equal(count_of(set), 2);
	fault_set_free(set);
}

/* Somebody else may have put rules under these ids. */
static void
strange_rules_are_read(void **state)
{
	struct fault_set *set = set_of(1,
	    "data id=chaos-sender chance=12.9% delay=1s\n"
	    "rcpt id=chaos-recipient reply=550\n");

	(void)state;
	assert_chaos(set, (int64_t[]){451, 12, 550, 100, 535, 0});
	fault_set_free(set);
}

static void
a_full_set_says_so(void **state)
{
	struct fault_set *set = set_of(1, "");
	struct fault_chaos chaos = chaos_of((int64_t[]){0, 1, 0, 1, 0, 1});
	struct failure failure;
	struct fault_error error;

	(void)state;
	for (size_t i = 0; i < FAULT_RULES_MAX - 2; i++)
		assert_int_equal(
		    fault_add(set, SPAN("rset"), &error, NULL), ERR_OK);
	assert_int_equal(fault_chaos_write(set, &chaos, &failure), ERR_LIMIT);
	assert_non_null(strstr(failure.text, "rules"));
	assert_int_equal(count_of(set), FAULT_RULES_MAX - 2);
	fault_set_free(set);
}

static void
scenario(void *context)
{
	const int64_t before[] = {550, 1, 550, 2, 550, 3};
	const int64_t after[] = {450, 1, 450, 2, 450, 3};
	struct fault_chaos chaos = chaos_of(before);
	struct fault_set *set = fault_set_new(1);
	enum err err = ERR_MEMORY;

	(void)context;
	if (set && fault_chaos_write(set, &chaos, NULL) == ERR_OK) {
		chaos = chaos_of(after);
		err = fault_chaos_write(set, &chaos, NULL);
		assert_chaos(set, err ? before : after);
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
	    cmocka_unit_test(the_replies_are_mailpits),
	    cmocka_unit_test(bad_numbers_change_nothing),
	    cmocka_unit_test(other_rules_stay),
	    cmocka_unit_test(strange_rules_are_read),
	    cmocka_unit_test(a_full_set_says_so),
	    cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests_name("fault_chaos", tests, NULL, NULL);
}
