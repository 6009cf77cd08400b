/* test_fault_chance: the same seed and the same client, the same dialogue. */
#include "fault_set.h"
#include "unit.h"

#include <string.h>

#define DRAWS 256

static void
draw(struct fault_set *set, const struct fault_facts *facts, char *drawn)
{
	for (size_t i = 0; i < DRAWS; i++)
		drawn[i] = acts(set, facts) ? '!' : '.';
}

static size_t
count_of(const char *drawn)
{
	size_t count = 0;

	for (size_t i = 0; i < DRAWS; i++)
		count += drawn[i] == '!';
	return count;
}

static void
the_seed_decides(void **state)
{
	struct fault_set *one = set_of(7, "rcpt chance=25%");
	struct fault_set *same = set_of(7, "rcpt chance=25%");
	struct fault_set *other = set_of(8, "rcpt chance=25%");
	struct fault_facts facts = rcpt(&ann);
	char drawn[DRAWS], again[DRAWS], different[DRAWS];

	(void)state;
	draw(one, &facts, drawn);
	draw(same, &facts, again);
	draw(other, &facts, different);
	assert_memory_equal(drawn, again, DRAWS);
	assert_memory_not_equal(drawn, different, DRAWS);
	assert_in_range(count_of(drawn), DRAWS / 8, DRAWS * 3 / 8);
	assert_int_equal(fault_seed(one), 7);
	fault_set_free(one);
	fault_set_free(same);
	fault_set_free(other);
}

/* These very draws were promised to whoever noted the seed. */
static void
draws_do_not_change(void **state)
{
	struct fault_set *set = set_of(42, "rcpt chance=50%");
	struct fault_facts facts = rcpt(&ann);
	char drawn[DRAWS];

	(void)state;
	draw(set, &facts, drawn);
	assert_memory_equal(drawn, "!..!....!..!.!.!!!...!.!!.!!!!!!", 32);
	fault_set_free(set);
}

/* Another rule may be asked in between as often as it likes. */
static void
rules_do_not_disturb_each_other(void **state)
{
	struct fault_set *alone = set_of(7, "rcpt chance=50% id=a");
	struct fault_set *beside =
	    set_of(7, "mail chance=50% id=b\nrcpt chance=50% id=a");
	struct fault_facts facts = rcpt(&ann);
	struct fault_facts at_mail = rcpt(&ann);
	size_t differ = 0;

	(void)state;
	at_mail.moment = FAULT_MAIL;
	for (size_t i = 0; i < DRAWS; i++) {
		bool is_drawn = acts(alone, &facts);

		differ += acts(beside, &at_mail) != is_drawn;
		assert_int_equal(acts(beside, &facts), is_drawn);
	}
	/* And two rules are two dice. */
	assert_true(differ > DRAWS / 4);
	fault_set_free(alone);
	fault_set_free(beside);
}

/* Two sessions: one after the other, and interleaved; ids change as in life. */
static void
sessions_do_not_disturb_each_other(void **state)
{
	struct fault_set *in_turn = set_of(7, "rcpt chance=50% per=session");
	struct fault_set *mixed = set_of(7, "rcpt chance=50% per=session");
	struct fault_facts one = rcpt(&ann);
	struct fault_facts two = rcpt(&bob);
	char first[DRAWS], second[DRAWS];

	(void)state;
	two.session = SPAN("s2");
	two.session_number = 2;
	draw(in_turn, &one, first);
	draw(in_turn, &two, second);
	assert_memory_not_equal(first, second, DRAWS);
	one.session = SPAN("s3");
	two.session = SPAN("s4");
	for (size_t i = 0; i < DRAWS; i++) {
		assert_int_equal(acts(mixed, &two), second[i] == '!');
		if (i % 3 == 0)
			assert_int_equal(
			    acts(mixed, &one), first[i / 3] == '!');
	}
	fault_set_free(in_turn);
	fault_set_free(mixed);
}

static void
recipients_have_draws_of_their_own(void **state)
{
	struct fault_set *set = set_of(7, "rcpt chance=50% per=recipient");
	struct fault_set *other = set_of(7, "rcpt chance=50% per=recipient");
	struct fault_facts to_ann = rcpt(&ann);
	struct fault_facts to_bob = rcpt(&bob);
	char first[DRAWS], second[DRAWS], again[DRAWS];

	(void)state;
	draw(set, &to_ann, first);
	draw(set, &to_bob, second);
	draw(other, &to_bob, again);
	assert_memory_not_equal(first, second, DRAWS);
	assert_memory_equal(second, again, DRAWS);
	fault_set_free(set);
	fault_set_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_seed_decides),
	    cmocka_unit_test(draws_do_not_change),
	    cmocka_unit_test(rules_do_not_disturb_each_other),
	    cmocka_unit_test(sessions_do_not_disturb_each_other),
	    cmocka_unit_test(recipients_have_draws_of_their_own),
	};

	return cmocka_run_group_tests_name("fault_chance", tests, NULL, NULL);
}
