/* test_smtp_line: lines as they are told, cut where they are over-long. */
#include "smtp.h"

#include "smtp_double.h"
#include "unit.h"

#include <stdio.h>

/* Feeds `len` times 'x' and then `end`; returns the last line that was told. */
static void
feed_long(struct smtp_double *d, size_t len, struct span end, size_t chunk)
{
	struct buf wire;

	buf_init(&wire, len + end.len);
	while (wire.len < len)
		buf_put_char(&wire, 'x');
	buf_put(&wire, end);
	buf_reset(&d->said);
	buf_reset(&d->record);
	double_feed_chunks(d, buf_span(&wire), chunk);
	buf_release(&wire);
}

static const struct {
	size_t len;
	struct span end;
	bool is_cut;
} rows[] = {
    {SMTP_LINE_MAX - 3, SPAN("\r\n"), false},
    {SMTP_LINE_MAX - 2, SPAN("\r\n"), false},
    {SMTP_LINE_MAX - 1, SPAN("\r\n"), true},
    {SMTP_LINE_MAX, SPAN("\r\n"), true},
    {SMTP_LINE_MAX - 2, SPAN("\r\r\n"), true},
    {SMTP_LINE_MAX - 2, SPAN("\n\r\r\n"), true},
    {SMTP_LINE_MAX - 1, SPAN("\r\rQUIT\nQUIT\r\r\n"), true},
    {SMTP_LINE_MAX * 3, SPAN("\r\n"), true},
};

static void
check_long(struct smtp_double *d, size_t i, size_t chunk)
{
	static const char too_long[] = "500 5.5.6 Line too long\r\n";
	char start[32];
	char end[32];
	size_t told = rows[i].is_cut ? SMTP_LINE_MAX - 1 : rows[i].len;
	const char *record;

	feed_long(d, rows[i].len, rows[i].end, chunk);
	assert_string_equal(buf_string(&d->said), too_long);
	record = buf_string(&d->record);
	(void)snprintf(start, sizeof(start), "0 line %zu x", told);
	(void)snprintf(
	    end, sizeof(end), "x\n%s", rows[i].is_cut ? "0 cut 0 \n" : "");
	/* The cut may end with a CR of the row. */
	assert_memory_equal(record, start, strlen(start));
	if (rows[i].end.len == 2)
		assert_string_equal(record + d->record.len - strlen(end), end);
	assert_int_equal(strstr(record, "0 cut 0 \n") != NULL, rows[i].is_cut);
	/* In sync. */
	buf_reset(&d->said);
	double_feed_chunks(d, SPAN("NOOP\r\n"), chunk);
	assert_string_equal(buf_string(&d->said), "250 2.0.0 OK\r\n");
}

static void
cuts_long_lines(void **state)
{
	static const size_t chunks[] = {1, 2, 1000, SMTP_LINE_MAX - 1,
	    SMTP_LINE_MAX, SMTP_LINE_MAX + 1, 1000000};
	struct smtp_double d = {.config = double_config(), .is_recorded = true};

	(void)state;
	d.config.max_errors = 0;
	assert_true(double_start(&d));
	double_feed(&d, SPAN(""));
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(chunks); k++)
			check_long(&d, i, chunks[k]);
	double_stop(&d);
}

/* However long the line, what waits in the input has a ceiling. */
static void
keeps_little_input(void **state)
{
	struct smtp_double d = {.config = double_config()};

	(void)state;
	assert_true(double_start(&d));
	for (size_t i = 0; i < 5 * SMTP_LINE_MAX; i++) {
		double_feed(&d, i % 7 ? SPAN("x") : SPAN("\r"));
		assert_true(d.input_len <= SMTP_LINE_MAX);
	}
	double_stop(&d);
}

static void
tells_line_ends(void **state)
{
	struct smtp_double d = {.config = double_config(), .is_recorded = true};

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN(""));
	buf_reset(&d.said);
	buf_reset(&d.record);
	double_feed(&d, SPAN("NOOP \r\nA\nB\rC\r\r\n\r\n"));
	assert_string_equal(buf_string(&d.record),
	    "0 line 5 NOOP \n"
	    "14 line 6 A\nB\rC\r\n"
	    "46 line 0 \n");
	double_stop(&d);
}

static void
tells_bare_line_ends(void **state)
{
	struct smtp_double d = {.config = double_config(), .is_recorded = true};

	(void)state;
	d.config.bare_lf = true;
	assert_true(double_start(&d));
	double_feed(&d, SPAN(""));
	buf_reset(&d.said);
	buf_reset(&d.record);
	double_feed_chunks(&d, SPAN("NOOP\nNOOP\r\n\n\r\n"), 1);
	assert_string_equal(buf_string(&d.record),
	    "0 line 5 NOOP\n\n"
	    "14 line 4 NOOP\n"
	    "28 line 1 \n\n"
	    "60 line 0 \n");
	double_stop(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cuts_long_lines),
	    cmocka_unit_test(keeps_little_input),
	    cmocka_unit_test(tells_line_ends),
	    cmocka_unit_test(tells_bare_line_ends),
	};

	return cmocka_run_group_tests_name("smtp_line", tests, NULL, NULL);
}
