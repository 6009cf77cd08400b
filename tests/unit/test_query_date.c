/* test_query_date: dates good and bad, and the seconds that they are. */
#include "query_date.h"

#include "clock.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* 2024-04-10T12:34:56Z */
#define NOW_US ((int64_t)1712752496 * 1000000)

#define NEW_YORK "America/New_York"

struct row {
	const char *text;
	const char *zone;
	const char *utc; /* NULL: no date */
};

static const struct row rows[] = {
    /* dates alone */
    {"2024-04-01", NULL, "2024-04-01T00:00:00.000000Z"},
    {"2024/04/01", NULL, "2024-04-01T00:00:00.000000Z"},
    {"2024.04.01", NULL, "2024-04-01T00:00:00.000000Z"},
    {"2024-4-1", NULL, "2024-04-01T00:00:00.000000Z"},
    {"20240401", NULL, "2024-04-01T00:00:00.000000Z"},
    {"01/04/2024", NULL, "2024-01-04T00:00:00.000000Z"},
    {"1/4/24", NULL, "2024-01-04T00:00:00.000000Z"},
    {"1/4/99", NULL, "1999-01-04T00:00:00.000000Z"},
    {"12-31-2024", NULL, "2024-12-31T00:00:00.000000Z"},
    {"1 april 2024", NULL, "2024-04-01T00:00:00.000000Z"},
    {"1 Apr 2024", NULL, "2024-04-01T00:00:00.000000Z"},
    {"april 1, 2024", NULL, "2024-04-01T00:00:00.000000Z"},
    {"APRIL 1 2024", NULL, "2024-04-01T00:00:00.000000Z"},
    {"1st of april 2024", NULL, NULL},
    {"april 2nd, 2024", NULL, "2024-04-02T00:00:00.000000Z"},
    {"1-apr-2024", NULL, "2024-04-01T00:00:00.000000Z"},
    {"2024-apr-01", NULL, "2024-04-01T00:00:00.000000Z"},
    {"april 2024", NULL, "2024-04-01T00:00:00.000000Z"},
    {"2024-04", NULL, "2024-04-01T00:00:00.000000Z"},
    {"2024", NULL, "2024-01-01T00:00:00.000000Z"},
    {"sept 3 2023", NULL, "2023-09-03T00:00:00.000000Z"},
    {"2024-02-29", NULL, "2024-02-29T00:00:00.000000Z"},
    /* with a time */
    {"2024-04-01 10:30", NULL, "2024-04-01T10:30:00.000000Z"},
    {"2024-04-01 10:30:15", NULL, "2024-04-01T10:30:15.000000Z"},
    {"2024-04-01T10:30:15Z", NULL, "2024-04-01T10:30:15.000000Z"},
    {"2024-04-01t10:30:15z", NULL, "2024-04-01T10:30:15.000000Z"},
    {"2024-04-01T10:30:15.25Z", NULL, "2024-04-01T10:30:15.250000Z"},
    {"2024-04-01T10:30:15.123456789Z", NULL, "2024-04-01T10:30:15.123456Z"},
    {"2024-04-01T10:30:15+02:00", NULL, "2024-04-01T08:30:15.000000Z"},
    {"2024-04-01T10:30:15-0530", NULL, "2024-04-01T16:00:15.000000Z"},
    {"2024-04-01 10:30 +02", NULL, "2024-04-01T08:30:00.000000Z"},
    {"2024-04-01 10:30 pm", NULL, "2024-04-01T22:30:00.000000Z"},
    {"2024-04-01 12:30am", NULL, "2024-04-01T00:30:00.000000Z"},
    {"2024-04-01 10:30:15 UTC", NEW_YORK, "2024-04-01T10:30:15.000000Z"},
    {"20240401103015", NULL, "2024-04-01T10:30:15.000000Z"},
    {"april 1, 2024 at 5:00pm", NULL, "2024-04-01T17:00:00.000000Z"},
    {"Mon, 01 Apr 2024 10:30:15 -0700", NULL, "2024-04-01T17:30:15.000000Z"},
    {"Mon Apr  1 10:30:15 2024", NULL, "2024-04-01T10:30:15.000000Z"},
    /* seconds and their parts since 1970 */
    {"1712000000", NEW_YORK, "2024-04-01T19:33:20.000000Z"},
    {"1712000000123", NULL, "2024-04-01T19:33:20.123000Z"},
    {"1712000000123456", NULL, "2024-04-01T19:33:20.123456Z"},
    {"1712000000123456789", NULL, "2024-04-01T19:33:20.123456Z"},
    /* zones, summer and winter */
    {"2024-07-01", NEW_YORK, "2024-07-01T04:00:00.000000Z"},
    {"2024-01-01", NEW_YORK, "2024-01-01T05:00:00.000000Z"},
    {"2024-01-01 10:00+01:00", NEW_YORK, "2024-01-01T09:00:00.000000Z"},
    {"2024-07-01", "No/Where", "2024-07-01T00:00:00.000000Z"},
    {"2024-07-01", "../../etc/passwd", "2024-07-01T00:00:00.000000Z"},
    {"2024-07-01", "", "2024-07-01T00:00:00.000000Z"},
    /* what is no date */
    {"", NULL, NULL},
    {"soon", NULL, NULL},
    {"2024-02-30", NULL, NULL},
    {"2023-02-29", NULL, NULL},
    {"2024-13-01", NULL, NULL},
    {"2024-00-01", NULL, NULL},
    {"13/01/2024", NULL, NULL},
    {"0000-01-01", NULL, NULL},
    {"2024-04-01-05", NULL, NULL},
    {"2024-04-01 24:00", NULL, NULL},
    {"2024-04-01 10:60", NULL, NULL},
    {"2024-04-01 1:2", NULL, NULL},
    {"2024-04-01 13:00pm", NULL, NULL},
    {"2024-04-01 pm", NULL, NULL},
    {"2024-04-01 +02:00", NULL, NULL},
    {"2024-04-01 10:30+", NULL, NULL},
    {"2024-04-01 2024", NULL, NULL},
    {"2024-04-01 april", NULL, NULL},
    {"2024 1", NULL, NULL},
    {"april 1", NULL, NULL},
    {"april", NULL, NULL},
    {"ap 1 2024", NULL, NULL},
    {"10:30", NULL, NULL},
    {"123", NULL, NULL},
    {"12345", NULL, NULL},
    {"99999999999999999999999", NULL, NULL},
    {"2024-04-01#", NULL, NULL},
    {"2024-\xc3\xa4", NULL, NULL},
    {"2024-", NULL, NULL},
    {"4/1", NULL, NULL},
    {"2h", NULL, NULL},
    {"today", NULL, NULL},
};

static const struct row relative[] = {
    {"now", NULL, "2024-04-10T12:34:56.000000Z"},
    {"Today", NULL, "2024-04-10T00:00:00.000000Z"},
    {"yesterday", NULL, "2024-04-09T00:00:00.000000Z"},
    {"today", NEW_YORK, "2024-04-10T04:00:00.000000Z"},
    {"today", "Pacific/Kiritimati", "2024-04-10T10:00:00.000000Z"},
    {"30s", NULL, "2024-04-10T12:34:26.000000Z"},
    {"15m", NULL, "2024-04-10T12:19:56.000000Z"},
    {"2H", NULL, "2024-04-10T10:34:56.000000Z"},
    {"7d", NULL, "2024-04-03T12:34:56.000000Z"},
    {"1w", NULL, "2024-04-03T12:34:56.000000Z"},
    {"2024-04-01", NULL, "2024-04-01T00:00:00.000000Z"},
    {"1712000000", NULL, "2024-04-01T19:33:20.000000Z"},
    {"2x", NULL, NULL},
    {"h", NULL, NULL},
    {"nowhere", NULL, NULL},
    {"now 1", NULL, NULL},
    {"99999999999999999999999d", NULL, NULL},
};

static void
try_row(const struct row *row, int64_t now_us)
{
	size_t len = strlen(row->text);
	char *copy = malloc(len ? len : 1);
	char text[CLOCK_TEXT_SIZE];
	int64_t wall_us = 0;
	bool is_date;

	assert_non_null(copy);
	memcpy(copy, row->text, len);
	is_date = query_date(span_make(copy, len), row->zone, now_us, &wall_us);
	free(copy);
	clock_rfc3339(text, wall_us);
	if (is_date != (row->utc != NULL) ||
	    (is_date && strcmp(text, row->utc) != 0))
		print_error("%s: %s\n", row->text, is_date ? text : "none");
	assert_true(is_date == (row->utc != NULL));
	if (is_date)
		assert_string_equal(text, row->utc);
}

static void
reads_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		try_row(&rows[i], 0);
}

static void
reads_what_is_relative_to_now(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(relative); i++)
		try_row(&relative[i], NOW_US);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_dates),
	    cmocka_unit_test(reads_what_is_relative_to_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
