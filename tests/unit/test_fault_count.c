/* test_fault_count: a count for each key, up to a ceiling. */
#include "fault_count.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static struct fault_key
key_of(uint32_t number)
{
	return fault_key(
	    span_make((const char *)&number, sizeof(number)), sizeof(number));
}

static void
touch(struct fault_counts *counts, uint64_t rule, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		struct fault_count *count =
		    fault_counts_at(counts, rule, key_of(i));

		assert_non_null(count);
		count->seen++;
	}
}

static uint64_t
seen(struct fault_counts *counts, uint64_t rule, uint32_t number)
{
	return fault_counts_at(counts, rule, key_of(number))->seen;
}

static void
keys_are_apart(void **state)
{
	struct fault_counts counts;

	(void)state;
	fault_counts_init(&counts, 100000);
	touch(&counts, 1, 0, 3000);
	touch(&counts, 1, 0, 1500);
	touch(&counts, 2, 0, 10);
	for (uint32_t i = 0; i < 3000; i++)
		assert_int_equal(seen(&counts, 1, i), i < 1500 ? 2 : 1);
	assert_int_equal(seen(&counts, 2, 9), 1);
	assert_int_equal(seen(&counts, 2, 10), 0);
	fault_counts_release(&counts);
}

static void
the_oldest_goes(void **state)
{
	struct fault_counts counts;

	(void)state;
	fault_counts_init(&counts, 100);
	touch(&counts, 1, 0, 100);
	touch(&counts, 1, 0, 1); /* now the newest */
	touch(&counts, 1, 100, 101);
	assert_int_equal(seen(&counts, 1, 0), 2);
	assert_int_equal(seen(&counts, 1, 2), 1);
	assert_int_equal(seen(&counts, 1, 1), 0);
	touch(&counts, 1, 1000, 2000);
	assert_int_equal(counts.count, 100);
	assert_int_equal(counts.size, 100);
	assert_int_equal(seen(&counts, 1, 1900), 1);
	assert_int_equal(seen(&counts, 1, 1899), 0);
	fault_counts_release(&counts);
}

static void
a_rule_is_forgotten(void **state)
{
	struct fault_counts counts;

	(void)state;
	fault_counts_init(&counts, 1000);
	fault_counts_forget(&counts, 1);
	touch(&counts, 1, 0, 300);
	touch(&counts, 2, 0, 300);
	fault_counts_forget(&counts, 1);
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(seen(&counts, 2, i), 1);
	/* What it had is used again. */
	touch(&counts, 3, 0, 300);
	assert_int_equal(counts.count, 600);
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(seen(&counts, 3, i), 1);
	assert_int_equal(seen(&counts, 1, 0), 0);
	fault_counts_forget(&counts, 1);
	fault_counts_forget(&counts, 2);
	assert_non_null(counts.entries);
	fault_counts_forget(&counts, 3);
	assert_null(counts.entries);
	touch(&counts, 1, 0, 300);
	fault_counts_release(&counts);
}

/* Forgotten entries stay forgotten when the table grows. */
static void
forgetting_and_growing_mix(void **state)
{
	struct fault_counts counts;

	(void)state;
	fault_counts_init(&counts, 10000);
	touch(&counts, 1, 0, 60);
	touch(&counts, 2, 0, 4);
	fault_counts_forget(&counts, 1);
	touch(&counts, 3, 0, 5000);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(seen(&counts, 3, i), 1);
	assert_int_equal(seen(&counts, 1, 0), 0);
	assert_int_equal(seen(&counts, 2, 3), 1);
	fault_counts_release(&counts);
}

static void
case_folds_from_a_byte_on(void **state)
{
	struct fault_key one = fault_key(SPAN("Ab@CD"), 3);
	struct fault_key same = fault_key(SPAN("Ab@cd"), 3);
	struct fault_key other = fault_key(SPAN("ab@cd"), 3);
	struct fault_key shorter = fault_key(SPAN("Ab@c"), 3);

	(void)state;
	assert_memory_equal(&one, &same, sizeof(one));
	assert_memory_not_equal(&one, &other, sizeof(one));
	assert_memory_not_equal(&one, &shorter, sizeof(one));
	/* The draws of a seed depend on it: it may never change. */
	assert_true(fault_mix(0) == UINT64_C(0xe220a8397b1dcdaf));
}

static void
scenario(void *context)
{
	struct fault_counts counts;
	bool lasts = true;

	(void)context;
	fault_counts_init(&counts, 1000);
	for (uint32_t i = 0; i < 300; i++) {
		struct fault_count *count =
		    fault_counts_at(&counts, 1, key_of(i));

		if (!count)
			lasts = false;
		else
			assert_int_equal(count->seen++, 0);
	}
	assert_true(lasts || fail_alloc_happened());
	fault_counts_release(&counts);
}

static void
memory_may_fail(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(scenario, NULL) >= 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_are_apart),
	    cmocka_unit_test(the_oldest_goes),
	    cmocka_unit_test(a_rule_is_forgotten),
	    cmocka_unit_test(forgetting_and_growing_mix),
	    cmocka_unit_test(case_folds_from_a_byte_on),
	    cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests_name("fault_count", tests, NULL, NULL);
}
