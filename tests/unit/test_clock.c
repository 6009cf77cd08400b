/* test_clock: times as the RFCs write them. */
#include "clock.h"

#include "unit.h"

#include <locale.h>

static const struct {
	int64_t wall_us;
	const char *rfc3339;
	const char *rfc5322;
} times[] = {
    {0, "1970-01-01T00:00:00.000000Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
    {1, "1970-01-01T00:00:00.000001Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
    {-1, "1969-12-31T23:59:59.999999Z", "Wed, 31 Dec 1969 23:59:59 +0000"},
    {-1000000, "1969-12-31T23:59:59.000000Z",
	"Wed, 31 Dec 1969 23:59:59 +0000"},
    {1048592222000000, "2003-03-25T11:37:02.000000Z",
	"Tue, 25 Mar 2003 11:37:02 +0000"},
    {951782400123456, "2000-02-29T00:00:00.123456Z",
	"Tue, 29 Feb 2000 00:00:00 +0000"},
    {2147483648000000, "2038-01-19T03:14:08.000000Z",
	"Tue, 19 Jan 2038 03:14:08 +0000"},
    {INT64_MAX, "294247-01-10T04:00:54.775807Z",
	"Sun, 10 Jan 294247 04:00:54 +0000"},
    {INT64_MIN, "-290308-12-21T19:59:05.224192Z",
	"Sun, 21 Dec -290308 19:59:05 +0000"},
};

static void
writes_times(void **state)
{
	(void)state;
	/* A locale with other names, where there is one, must change nothing.
	 */
	(void)setlocale(LC_ALL, "de_DE.UTF-8");
	for (size_t i = 0; i < COUNT(times); i++) {
		char text[CLOCK_TEXT_SIZE];

		clock_rfc3339(text, times[i].wall_us);
		assert_string_equal(text, times[i].rfc3339);
		clock_rfc5322(text, times[i].wall_us);
		assert_string_equal(text, times[i].rfc5322);
	}
}

static void
reads_clocks(void **state)
{
	int64_t first = clock_mono_us();

	(void)state;
	/* 2020-01-01: a machine that runs this has its clock set. */
	assert_true(clock_wall_us() > 1577836800 * CLOCK_SECOND);
	for (int i = 0; i < 1000; i++) {
		int64_t next = clock_mono_us();

		assert_true(next >= first);
		first = next;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_times),
	    cmocka_unit_test(reads_clocks),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
