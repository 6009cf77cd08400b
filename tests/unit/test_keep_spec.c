/* test_keep_spec: what is kept of some inboxes, as a person writes it. */
#include "keep_spec.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)

static const struct {
	const char *text;
	const char *name;
	struct store_keep limits;
} good[] = {
    {"name=*,count=100", "*", {.count = 100}},
    {"name=ci-?,age=7d", "ci-?", {.age_us = 7 * 86400 * SECOND}},
    {"name=a b=c,size=2K", "a b=c", {.size = 2048}},
    {"name=x,count=1,age=1s,size=1", "x", {1, SECOND, 1}},
    {"name=x,count=1,count=2", "x", {.count = 2}},
};

static const struct {
	const char *text;
	const char *words;
} bad[] = {
    {"", "begins with the name"},
    {"count=1", "begins with the name"},
    {"name=,count=1", "begins with the name"},
    {"count=1,name=x", "begins with the name"},
    {"name=x", "it has no limit"},
    {"name=x,", "it has no limit"},
    {"name=x,,count=1", "no such limit"},
    {"name=x,count", "not a number"},
    {"name=x,count=0", "not a number"},
    {"name=x,count=-1", "not a number"},
    {"name=x,count=1x", "not a number"},
    {"name=x,age=0", "not a time"},
    {"name=x,age=soon", "not a time"},
    {"name=x,size=0", "not a size"},
    {"name=x,size=1Q", "not a size"},
    {"name=x,Count=1", "Count: no such limit"},
    {"name=x,number=1", "number: no such limit"},
};

static void
reads_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct keep_inbox_rule rule;
		struct failure f = {""};

		assert_int_equal(
		    keep_spec_read(&rule, span_string(good[i].text), &f),
		    ERR_OK);
		assert_string_equal(rule.name, good[i].name);
		assert_memory_equal(
		    &rule.limits, &good[i].limits, sizeof(rule.limits));
		free((char *)rule.name);
	}
}

static void
says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct keep_inbox_rule rule;
		struct failure f = {""};

		assert_int_equal(
		    keep_spec_read(&rule, span_string(bad[i].text), &f),
		    ERR_USAGE);
		assert_null(rule.name);
		if (!strstr(f.text, bad[i].words))
			fail_msg("%s: %s", bad[i].text, f.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_rules),
	    cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
