/* test_mime_word: encoded words, the padded ones and all the others. */
#include "mime_word.h"

#include "fail_alloc.h"
#include "mime.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
leaves_what_is_read_as_it_is(void **state)
{
	static const char *const rows[] = {"", "=", "=?", "plain",
	    "=?utf-8?B?w4Q=?=", "=?utf-8?B?w4Q=?= and =?utf-8?B?w4Q=?=",
	    "=?utf-8?B?w4Rw?= =?utf-8?B?ZmVs?=",
	    "=?utf-8?B?w4Rw?= =?utf-8?B?ZmU=?=",
	    "=?utf-8?Q?a=3D?= =?utf-8?B?ZmVs?=", "=?utf-8?B?w4Q=",
	    "=?utf-8?B?w4Q=? =?utf-8?B?ZmVs?=", "=?utf-8?BB?w4Q=?= =?",
	    "=??B?w4Q=?= =?utf-8?B?ZmVs?=", "=?utf-8?B?w4Q=?= =?utf-8"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_null(mime_word_mend(rows[i]));
}

static const struct {
	const char *raw;
	const char *mended;
	const char *text;
} rows[] = {
    {"=?utf-8?B?w4Q=?= =?utf-8?B?cGZlbA==?=",
	"=?utf-8?Q?=C3=84?= =?utf-8?Q?=70=66=65=6C?=", "Äpfel"},
    /* Folded, as header_unfold() leaves it; other charsets between. */
    {"Re =?utf-8?b?w4Q=?= \t =?UTF-8?B?cA==?= =?iso-8859-1?B?/A==?= end",
	"Re =?utf-8?Q?=C3=84?= \t =?UTF-8?Q?=70?= =?iso-8859-1?Q?=FC?= end",
	"Re Äpü end"},
    /* A character that is cut in two, before a word with padding. */
    {"=?utf-8?B?YcM=?= =?utf-8?B?hA==?= =?utf-8?Q?b?=",
	"=?utf-8?Q?=61=C3?= =?utf-8?Q?=84?= =?utf-8?Q?b?=", "aÄb"},
    {"=?utf-8?B?w4Q=?==?utf-8?B?w4Q=?=", "=?utf-8?Q?=C3=84?==?utf-8?Q?=C3=84?=",
	NULL},
    /* Nothing in it but padding. */
    {"=?utf-8?B?=?= =?utf-8?B?w4Q=?=",
	"=?utf-8?Q?"
	"?= =?utf-8?Q?=C3=84?=",
	NULL},
};

static void
rewrites_what_would_be_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *mended = mime_word_mend(rows[i].raw);

		assert_non_null(mended);
		assert_string_equal(mended, rows[i].mended);
		free(mended);
	}
}

static void
mend_one(void *context)
{
	char *mended = mime_word_mend(context);

	assert_true(mended || fail_alloc_happened());
	free(mended);
}

static void
no_memory_is_no_mending(void **state)
{
	char raw[64];

	(void)state;
	(void)snprintf(raw, sizeof(raw), "%s", rows[0].raw);
	assert_in_range(fail_alloc_each(mend_one, raw), 1, 10);
}

/* What it is for: subjects, names, and names of files. */
static void
all_of_a_text_is_read(void **state)
{
	(void)state;
	mime_init();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char message[1024];
		struct mime *mime;
		int len = snprintf(message, sizeof(message),
		    "Subject: %s\r\nFrom: %s <a@x.test>\r\n"
		    "Content-Type: application/pdf; name=\"%s\"\r\n"
		    "Content-Disposition: attachment; filename=\"%s\"\r\n\r\n",
		    rows[i].raw, rows[i].raw, rows[i].raw, rows[i].raw);

		if (!rows[i].text)
			continue;
		mime = mime_parse(span_make(message, (size_t)len));
		assert_non_null(mime);
		assert_string_equal(mime->subject, rows[i].text);
		assert_string_equal(
		    mime->lists[MIME_FROM].at[0].name, rows[i].text);
		assert_string_equal(mime->parts[0].name, rows[i].text);
		mime_free(mime);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_what_is_read_as_it_is),
	    cmocka_unit_test(rewrites_what_would_be_lost),
	    cmocka_unit_test(no_memory_is_no_mending),
	    cmocka_unit_test(all_of_a_text_is_read),
	};

	return cmocka_run_group_tests_name("mime_word", tests, NULL, NULL);
}
