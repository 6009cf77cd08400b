/* test_uid: names that differ, increase and hold the time. */
#include "uid.h"

#include "unit.h"

#include <string.h>

/* The milliseconds in a name, read back by long division of its digits. */
static uint64_t
read_ms(const char *uid)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";
	unsigned __int128 number = 0;

	for (; *uid; uid++)
		number = number * 62 +
		    (unsigned __int128)(strchr(digits, *uid) - digits);
	return (uint64_t)(number >> 80);
}

static void
has_its_form(void **state)
{
	struct uid_source source = {0};
	char uid[UID_SIZE];

	(void)state;
	uid_next(&source, 1048592222123456, uid);
	assert_int_equal(strlen(uid), UID_LEN);
	assert_int_equal(strspn(uid,
			     "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz"),
	    UID_LEN);
	assert_true(read_ms(uid) == 1048592222123);
}

static void
increases_whatever_the_clock_does(void **state)
{
	static const int64_t steps_us[] = {
	    0, 1, 999, 1000, -5000000, 0, 60000000, -1, INT32_MAX};
	struct uid_source source = {0};
	int64_t wall_us = 1700000000000000;
	char last[UID_SIZE] = "";

	(void)state;
	for (size_t i = 0; i < 100 * COUNT(steps_us); i++) {
		char uid[UID_SIZE];

		wall_us += steps_us[i % COUNT(steps_us)];
		uid_next(&source, wall_us, uid);
		assert_true(strcmp(uid, last) > 0);
		memcpy(last, uid, sizeof(last));
	}
}

static void
carries_when_counting_up(void **state)
{
	struct uid_source source = {.last_ms = 5000, .low = UINT64_MAX - 1};
	char last[UID_SIZE] = "";

	(void)state;
	for (int i = 0; i < 4; i++) {
		char uid[UID_SIZE];

		uid_next(&source, 5000 * 1000, uid);
		assert_true(strcmp(uid, last) > 0);
		assert_true(read_ms(uid) == 5000);
		memcpy(last, uid, sizeof(last));
	}
	assert_int_equal(source.high, 1);
}

/* Also where the clock was never set, or set before 1970. */
static void
differs_between_sources(void **state)
{
	static const int64_t walls_us[] = {1700000000000000, 0, 1, INT64_MIN};

	(void)state;
	for (size_t i = 0; i < COUNT(walls_us); i++) {
		struct uid_source first = {0};
		struct uid_source second = {0};
		char one[UID_SIZE];
		char other[UID_SIZE];

		uid_next(&first, walls_us[i], one);
		uid_next(&second, walls_us[i], other);
		assert_string_not_equal(one, other);
		assert_true(read_ms(one) == read_ms(other));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_its_form),
	    cmocka_unit_test(increases_whatever_the_clock_does),
	    cmocka_unit_test(carries_when_counting_up),
	    cmocka_unit_test(differs_between_sources),
	};

	return cmocka_run_group_tests_name("uid", tests, NULL, NULL);
}
