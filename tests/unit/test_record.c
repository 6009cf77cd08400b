/* test_record: what was said is lent in parts, none lost, none too long. */
#include "record.h"

#include "fail_alloc.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void
assert_span(struct span found, struct span wanted)
{
	if (!span_equal(found, wanted))
		fail_msg("\"%.*s\" is not \"%.*s\"", SPAN_ARG(found),
		    SPAN_ARG(wanted));
}

static void
client(struct record *record, int64_t now_us, struct span text)
{
	const struct smtp_line line = {.text = text};

	record_client(record, DIALOGUE_CLIENT, now_us, &line, RECORD_STARS);
}

static void
writes_what_is_said(void **state)
{
	struct record record;
	unsigned number;

	(void)state;
	record_init(&record, 1000);
	record_server(&record, 1000, SPAN("220 x\r\n"));
	client(&record, 1010, SPAN("EHLO y"));
	record_server(&record, 1011, SPAN("250-x\r\n250 HELP\r\n"));
	record_remark(&record, 1012, SPAN("TLSv1.3"));
	assert_span(record_lend(&record, &number),
	    SPAN("S 0 220 x\nC 10 EHLO y\nS 11 250-x\nS 11 250 HELP\n"
		 "I 12 TLSv1.3\n"));
	assert_int_equal(number, 0);
	record_stored(&record);
	record_release(&record);
}

static void
goes_on_while_a_part_is_lent(void **state)
{
	struct record record;
	unsigned number;
	struct span part;

	(void)state;
	record_init(&record, 0);
	client(&record, 1, SPAN("one"));
	assert_true(record_len(&record) > 0);
	part = record_lend(&record, &number);
	assert_int_equal(record_len(&record), 0);
	client(&record, 2, SPAN("two"));
	assert_span(part, SPAN("C 1 one\n"));
	record_stored(&record);
	part = record_lend(&record, &number);
	assert_span(part, SPAN("C 2 two\n"));
	assert_int_equal(number, 1);
	record_stored(&record);
	/* An empty part is none. */
	assert_int_equal(record_lend(&record, &number).len, 0);
	assert_int_equal(number, 2);
	record_stored(&record);
	assert_int_equal(record_lend(&record, &number).len, 0);
	assert_int_equal(number, 2);
	record_stored(&record);
	record_release(&record);
}

static void
lends_again_what_was_lost(void **state)
{
	struct record record;
	unsigned number;

	(void)state;
	record_init(&record, 0);
	client(&record, 1, SPAN("one"));
	(void)record_lend(&record, &number);
	client(&record, 2, SPAN("two"));
	record_lost(&record);
	client(&record, 3, SPAN("three"));
	assert_span(record_lend(&record, &number),
	    SPAN("C 1 one\nC 2 two\nC 3 three\n"));
	assert_int_equal(number, 0);
	record_lost(&record);
	assert_span(record_lend(&record, &number),
	    SPAN("C 1 one\nC 2 two\nC 3 three\n"));
	record_stored(&record);
	client(&record, 4, SPAN("four"));
	assert_span(record_lend(&record, &number), SPAN("C 4 four\n"));
	assert_int_equal(number, 1);
	record_stored(&record);
	record_release(&record);
}

static void
stars_secrets(void **state)
{
	static const char text[] = "AUTH PLAIN AGEAYg== ";
	static const struct {
		size_t at, len;
		enum record_secret secret;
		bool is_cut;
		struct span wanted;
	} rows[] = {
	    {11, 8, RECORD_STARS, false, SPAN("C 0 AUTH PLAIN ******** \n")},
	    {11, 9, RECORD_STARS, false, SPAN("C 0 AUTH PLAIN ********\n")},
	    {0, 20, RECORD_STARS, false, SPAN("C 0 ********\n")},
	    {0, 20, RECORD_STARS, true, SPAN("C 0 ********\\.\n")},
	    {11, 8, RECORD_PLAIN, false, SPAN("C 0 AUTH PLAIN AGEAYg== \n")},
	    {0, 0, RECORD_STARS, false, SPAN("C 0 AUTH PLAIN AGEAYg== \n")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct smtp_line line = {
		    .text = span_string(text),
		    .secret = span_make(text + rows[i].at, rows[i].len),
		    .is_cut = rows[i].is_cut,
		};
		struct record record;
		unsigned number;

		record_init(&record, 0);
		record_client(
		    &record, DIALOGUE_CLIENT, 0, &line, rows[i].secret);
		assert_span(record_lend(&record, &number), rows[i].wanted);
		record_release(&record);
	}
}

/* However much is said, in however many parts. */
static void
has_a_ceiling(void **state)
{
	struct span rest = SPAN("");
	struct dialogue_line line = {.text = SPAN("")};
	char *long_line = malloc(SMTP_LINE_MAX);
	struct record record;
	unsigned number;
	size_t sum = 0;

	(void)state;
	assert_non_null(long_line);
	memset(long_line, 0xff, SMTP_LINE_MAX);
	record_init(&record, 0);
	for (unsigned i = 0; i < 1000; i++) {
		client(&record, i, span_make(long_line, SMTP_LINE_MAX));
		record_server(&record, i, SPAN("500 5.5.6 long\r\n"));
		if (i % 7)
			continue;
		rest = record_lend(&record, &number);
		sum += rest.len;
		while (dialogue_next(&rest, &line))
			;
		record_stored(&record);
	}
	assert_in_range(sum, RECORD_MAX, RECORD_MAX + 128 * 1024);
	assert_int_equal(line.kind, DIALOGUE_REMARK);
	record_remark(&record, 0, SPAN("end"));
	assert_int_equal(record_len(&record), 0);
	record_release(&record);
	free(long_line);
}

static void
keeps_what_has_no_end(void **state)
{
	static const char text[] = "AUTH PLAIN AGEAYg";
	const struct smtp_line line = {
	    .text = span_string(text),
	    .secret = span_make(text + 11, 6),
	};
	struct record record;
	unsigned number;

	(void)state;
	record_init(&record, 0);
	record_unfinished(&record, 1, &line, RECORD_STARS);
	record_unfinished(&record, 2, &line, RECORD_PLAIN);
	assert_span(record_lend(&record, &number),
	    SPAN("I 1 unfinished line: AUTH PLAIN ********\n"
		 "I 2 unfinished line: AUTH PLAIN AGEAYg\n"));
	record_stored(&record);
	record_release(&record);
}

static void
talk(void *context)
{
	static const char text[] = "AUTH PLAIN AGEAYg==";
	const struct smtp_line line = {
	    .text = span_string(text),
	    .secret = span_make(text + 11, 8),
	};
	struct record record;
	struct span part;
	unsigned number;

	(void)context;
	record_init(&record, 0);
	record_client(&record, DIALOGUE_CLIENT, 0, &line, RECORD_STARS);
	(void)record_lend(&record, &number);
	record_server(&record, 0, SPAN("235 2.7.0 OK\r\n"));
	record_lost(&record);
	part = record_lend(&record, &number);
	if (!fail_alloc_happened())
		assert_span(
		    part, SPAN("C 0 AUTH PLAIN ********\nS 0 235 2.7.0 OK\n"));
	if (part.len)
		assert_null(memmem(part.at, part.len, "AGEA", 4));
	record_release(&record);
}

static void
keeps_secrets_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(talk, NULL) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_what_is_said),
	    cmocka_unit_test(goes_on_while_a_part_is_lent),
	    cmocka_unit_test(lends_again_what_was_lost),
	    cmocka_unit_test(stars_secrets),
	    cmocka_unit_test(keeps_what_has_no_end),
	    cmocka_unit_test(has_a_ceiling),
	    cmocka_unit_test(keeps_secrets_without_memory),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
