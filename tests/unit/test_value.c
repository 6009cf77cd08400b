/* test_value: what a person may write, and what it comes to. */
#include "value.h"

#include "unit.h"

struct row {
	const char *text;
	int64_t value; /* -1: it is none */
};

static const struct row sizes[] = {
    {"0", 0},
    {"4096", 4096},
    {"64K", 65536},
    {"64k", 65536},
    {"64KB", 65536},
    {"64KiB", 65536},
    {"50M", 52428800},
    {"50mb", 52428800},
    {"2G", INT64_C(2147483648)},
    {"3TiB", INT64_C(3298534883328)},
    {"12B", 12},
    {"8388607T", INT64_C(9223370937343148032)},
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775808", -1},
    {"8388608T", -1},
    {"18446744073709551616", -1},
    {"", -1},
    {"M", -1},
    {"-1", -1},
    {"+1", -1},
    {" 1", -1},
    {"1 ", -1},
    {"1 M", -1},
    {"1.5M", -1},
    {"1X", -1},
    {"1Kx", -1},
    {"0x10", -1},
};

static const struct row durations[] = {
    {"0", 0},
    {"90", INT64_C(90000000)},
    {"0.25", 250000},
    {"1us", 1},
    {"500ms", 500000},
    {"10s", 10000000},
    {"10S", 10000000},
    {"2m", INT64_C(120000000)},
    {"12h", INT64_C(43200000000)},
    {"1.5h", INT64_C(5400000000)},
    {"7d", INT64_C(604800000000)},
    {"2w", INT64_C(1209600000000)},
    {"1h30m", INT64_C(5400000000)},
    {"1m0.000001s", INT64_C(60000001)},
    {"0.999999us", 0},
    {"292471y", -1},
    {"9223372036853", INT64_C(9223372036853000000)},
    {"9223372036854", -1},
    {"9223372036853w", -1},
    {"9000000000000s9000000000000s", -1},
    {"", -1},
    {"s", -1},
    {"1x", -1},
    {"1h30", -1},
    {"30 m", -1},
    {".5s", -1},
    {"1.s", -1},
    {"1.0000001s", -1},
    {"1.2.3s", -1},
    {"-1s", -1},
};

static void
reads_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint64_t bytes = 77;
		bool is = value_size(span_string(sizes[i].text), &bytes);

		if (is != (sizes[i].value >= 0))
			print_error("in \"%s\"\n", sizes[i].text);
		assert_int_equal(is, sizes[i].value >= 0);
		assert_int_equal(bytes, is ? (uint64_t)sizes[i].value : 77);
	}
}

static void
reads_durations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(durations); i++) {
		int64_t us = 77;
		bool is = value_duration(span_string(durations[i].text), &us);

		if (is != (durations[i].value >= 0))
			print_error("in \"%s\"\n", durations[i].text);
		assert_int_equal(is, durations[i].value >= 0);
		assert_int_equal(us, is ? durations[i].value : 77);
	}
}

static void
reads_counts(void **state)
{
	uint64_t count = 77;

	(void)state;
	assert_true(value_count(SPAN("18446744073709551615"), &count));
	assert_int_equal(count, UINT64_MAX);
	count = 77;
	assert_false(value_count(SPAN("18446744073709551616"), &count));
	assert_false(value_count(SPAN(""), &count));
	assert_false(value_count(SPAN("1K"), &count));
	assert_false(value_count(SPAN("-1"), &count));
	assert_int_equal(count, 77);
}

static void
reads_yes_and_no(void **state)
{
	static const char *const yes[] = {"yes", "Yes", "on", "TRUE", "1"};
	static const char *const no[] = {"no", "NO", "off", "False", "0"};
	static const char *const none[] = {"", "y", "2", "yes ", "yesno"};
	bool flag;

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		flag = false;
		assert_true(value_flag(span_string(yes[i]), &flag));
		assert_true(flag);
		assert_true(value_flag(span_string(no[i]), &flag));
		assert_false(flag);
		assert_false(value_flag(span_string(none[i]), &flag));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_sizes),
	    cmocka_unit_test(reads_durations),
	    cmocka_unit_test(reads_counts),
	    cmocka_unit_test(reads_yes_and_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
