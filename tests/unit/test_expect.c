/* test_expect: expressions read, refused, and held against numbers. */
#include "expect.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static const struct query_options options = {QUERY_OWN, NULL, 1712752496000000};

static const struct {
	const char *text;
	enum expect_subject subject;
	enum expect_compare compare;
	uint64_t count;
	const char *query;
} good[] = {
    {"rcpt:alice@x.test subject:Welcome == 1", EXPECT_MESSAGES, EXPECT_EQ, 1,
	"rcpt:alice@x.test subject:Welcome"},
    {"subject:invoice attachment:*.pdf >= 2", EXPECT_MESSAGES, EXPECT_GE, 2,
	"subject:invoice attachment:*.pdf"},
    {"none mailfrom:*@spam.test", EXPECT_MESSAGES, EXPECT_EQ, 0,
	"mailfrom:*@spam.test"},
    {"none", EXPECT_MESSAGES, EXPECT_EQ, 0, ""},
    {"== 3", EXPECT_MESSAGES, EXPECT_EQ, 3, ""},
    {" \t<3 ", EXPECT_MESSAGES, EXPECT_LT, 3, ""},
    {"a!=0", EXPECT_MESSAGES, EXPECT_NE, 0, "a"},
    {"a==10", EXPECT_MESSAGES, EXPECT_EQ, 10, "a"},
    {"a\n> 7", EXPECT_MESSAGES, EXPECT_GT, 7, "a"},
    {"a <=7", EXPECT_MESSAGES, EXPECT_LE, 7, "a"},
    {"seq>=5 >= 6", EXPECT_MESSAGES, EXPECT_GE, 6, "seq>=5"},
    {"none seq>=5", EXPECT_MESSAGES, EXPECT_EQ, 0, "seq>=5"},
    {"nonesuch == 1", EXPECT_MESSAGES, EXPECT_EQ, 1, "nonesuch"},
    {"\"a == 1\" == 2", EXPECT_MESSAGES, EXPECT_EQ, 2, "\"a == 1\""},
    {"\"findings\" == 2", EXPECT_MESSAGES, EXPECT_EQ, 2, "\"findings\""},
    {"a < 9223372036854775807", EXPECT_MESSAGES, EXPECT_LT, INT64_MAX, "a"},
    {"findings severity>=error == 0", EXPECT_FINDINGS, EXPECT_EQ, 0, NULL},
    {"findings == 0", EXPECT_FINDINGS, EXPECT_EQ, 0, NULL},
    {"none findings", EXPECT_FINDINGS, EXPECT_EQ, 0, NULL},
    {"none findings rule=bare-lf", EXPECT_FINDINGS, EXPECT_EQ, 0, NULL},
};

static void
reads_expressions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct query_error error;
		struct expect *expect =
		    expect_parse(span_string(good[i].text), &options, &error);

		if (!expect)
			fail_msg("%s: %s", good[i].text, error.text);
		assert_int_equal(expect->subject, good[i].subject);
		assert_int_equal(expect->compare, good[i].compare);
		assert_true(expect->count == good[i].count);
		if (good[i].query)
			assert_string_equal(expect->query, good[i].query);
		expect_free(expect);
	}
	expect_free(NULL);
}

static const struct {
	const char *text;
	size_t offset;
	const char *words;
} bad[] = {
    {"", 0, "comparison is missing"},
    {"subject:x", 9, "comparison is missing"},
    {"subject:x = 1", 13, "comparison is missing"},
    {"subject:x == ", 12, "comparison is missing"},
    {"seq>=5", 6, "comparison is missing"},
    {"a == -1", 7, "comparison is missing"},
    {"none a == 0", 10, "nothing to compare"},
    {"a == 99999999999999999999", 5, "too large"},
    {"a == 9223372036854775808", 5, "too large"},
    {"  nofield:x ( == 1", 18, ""},
    {"findings severity>=bad == 0", 19, "info, warning or error"},
    {"findings severity error == 0", 9, "a condition of findings"},
    {"findings rule=nonesuch == 0", 14, "no such rule"},
    {"findings rule>=bare-lf == 0", 15, "neither more nor less"},
    {"findings subject:x == 0", 9, "a condition of findings"},
};

static void
refuses_what_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct query_error error;
		struct span text = span_string(bad[i].text);

		assert_null(expect_parse(text, &options, &error));
		assert_true(error.text[0]);
		assert_true(error.offset <= text.len);
		if (!bad[i].words[0])
			continue;
		if (!strstr(error.text, bad[i].words))
			fail_msg("%s: %s", bad[i].text, error.text);
		assert_int_equal(error.offset, bad[i].offset);
	}
}

static void
refuses_what_is_too_much(void **state)
{
	static char large[EXPECT_LEN_MAX + 2];
	struct query_error error;

	(void)state;
	memset(large, 'a', sizeof(large) - 1);
	assert_null(expect_parse(span_string(large), &options, &error));
	assert_non_null(strstr(error.text, "too long"));
	assert_null(expect_parse(span_make("a\0b == 1", 8), &options, &error));
	assert_non_null(strstr(error.text, "NUL"));
	memset(large, 0, sizeof(large));
	memcpy(large, "findings", 8);
	for (size_t i = 0; i <= EXPECT_CONDITIONS_MAX; i++)
		memcpy(large + strlen(large), " rule=*", 7);
	memcpy(large + strlen(large), " == 0", 5);
	assert_null(expect_parse(span_string(large), &options, &error));
	assert_non_null(strstr(error.text, "too many"));
}

/* For 0, 1, 2 of them and "== 1" and the like. */
static const struct {
	const char *text;
	bool holds[3];
	bool wants_more[3];
} held[] = {
    {"a == 1", {false, true, false}, {true, false, false}},
    {"a != 1", {true, false, true}, {false, true, false}},
    {"a >= 1", {false, true, true}, {true, false, false}},
    {"a <= 1", {true, true, false}, {false, false, false}},
    {"a > 1", {false, false, true}, {true, true, false}},
    {"a < 1", {true, false, false}, {false, false, false}},
    {"none a", {true, false, false}, {false, false, false}},
};

static void
holds_them_against_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(held); i++) {
		struct query_error error;
		struct expect *expect =
		    expect_parse(span_string(held[i].text), &options, &error);

		assert_non_null(expect);
		assert_true(expect_enough(expect) == expect->count + 1);
		for (uint64_t found = 0; found < 3; found++) {
			assert_int_equal(
			    expect_holds(expect, found), held[i].holds[found]);
			assert_int_equal(expect_wants_more(expect, found),
			    held[i].wants_more[found]);
		}
		expect_free(expect);
	}
}

static const struct {
	const char *text;
	const char *rule, *severity;
	bool counts;
} counted[] = {
    {"findings == 0", "bare-lf", "error", true},
    {"findings severity>=warning == 0", "bare-lf", "error", true},
    {"findings severity>=warning == 0", "bare-lf", "warning", true},
    {"findings severity>=warning == 0", "bare-lf", "info", false},
    {"findings severity>warning == 0", "bare-lf", "warning", false},
    {"findings severity<error == 0", "bare-lf", "error", false},
    {"findings severity:info == 0", "bare-lf", "info", true},
    {"findings severity=info == 0", "bare-lf", "error", false},
    {"findings severity!=info == 0", "bare-lf", "error", true},
    {"findings severity==info == 0", "bare-lf", "strange", true},
    {"findings rule=bare-lf == 0", "bare-lf", "error", true},
    {"findings rule=bare-lf == 0", "bare-cr", "error", false},
    {"findings rule!=bare-lf == 0", "bare-cr", "error", true},
    {"findings rule:bare-* == 0", "bare-cr", "error", true},
    {"findings rule:*-*r == 0", "bare-cr", "error", true},
    {"findings rule:*x* == 0", "bare-cr", "error", false},
    {"findings rule:bare-* severity>=error == 0", "bare-lf", "info", false},
    {"findings rule:bare-* rule!=*-cr == 0", "bare-cr", "info", false},
};

static void
counts_findings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(counted); i++) {
		struct query_error error;
		struct expect *expect = expect_parse(
		    span_string(counted[i].text), &options, &error);

		if (!expect)
			fail_msg("%s: %s", counted[i].text, error.text);
		if (expect_counts(expect, counted[i].rule,
			counted[i].severity) != counted[i].counts)
			fail_msg("%s: %s", counted[i].text, counted[i].rule);
		expect_free(expect);
	}
}

static void
names_comparisons(void **state)
{
	(void)state;
	assert_string_equal(expect_compare_name(EXPECT_GE), ">=");
	assert_string_equal(expect_compare_name(EXPECT_LT), "<");
}

static void
read_some(void *context)
{
	static const char *const texts[] = {
	    "rcpt:a subject:b == 1", "findings rule=bare-lf == 0"};

	(void)context;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct query_error error;
		struct expect *expect =
		    expect_parse(span_string(texts[i]), &options, &error);

		assert_true(expect || fail_alloc_happened());
		expect_free(expect);
	}
}

static void
survives_a_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(read_some, NULL) > 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_expressions),
	    cmocka_unit_test(refuses_what_is_none),
	    cmocka_unit_test(refuses_what_is_too_much),
	    cmocka_unit_test(holds_them_against_numbers),
	    cmocka_unit_test(counts_findings),
	    cmocka_unit_test(names_comparisons),
	    cmocka_unit_test(survives_a_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
