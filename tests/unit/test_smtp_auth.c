/* test_smtp_auth: what credentials are read, and what of a line is secret. */
#include "smtp.h"

#include "smtp_double.h"

#include "base64.h"
#include "unit.h"

#include <stdio.h>

#define CHALLENGE "<1896.697170952@mx.test>"
#define DIGEST "b913a602c7eda7a495b4e6e7334d3890"

struct expected {
	enum smtp_feature mechanism;
	struct span authorization, identity, secret, challenge;
};

/* Responses as they are before base64; '\1' and NULs are theirs. */
static const struct {
	const char *command;
	struct span responses[2];
	struct expected expected;
} rows[] = {
    {"AUTH PLAIN", {SPAN("\0tim\0tanstaaftanstaaf")},
	{SMTP_AUTH_PLAIN, SPAN(""), SPAN("tim"), SPAN("tanstaaftanstaaf"),
	    SPAN("")}},
    {"AUTH PLAIN", {SPAN("Ursel\0Kurt\0xipj3plmq")},
	{SMTP_AUTH_PLAIN, SPAN("Ursel"), SPAN("Kurt"), SPAN("xipj3plmq"),
	    SPAN("")}},
    {"AUTH PLAIN", {SPAN("\0\0")},
	{SMTP_AUTH_PLAIN, SPAN(""), SPAN(""), SPAN(""), SPAN("")}},
    {"auth login", {SPAN("tim"), SPAN("a\0b")},
	{SMTP_AUTH_LOGIN, SPAN(""), SPAN("tim"), SPAN("a\0b"), SPAN("")}},
    {"AUTH CRAM-MD5", {SPAN("tim tom " DIGEST)},
	{SMTP_AUTH_CRAM_MD5, SPAN(""), SPAN("tim tom"), SPAN(DIGEST),
	    SPAN(CHALLENGE)}},
    {"AUTH XOAUTH2", {SPAN("user=a@b.test\1auth=Bearer ya29.x==\1\1")},
	{SMTP_AUTH_XOAUTH2, SPAN(""), SPAN("a@b.test"), SPAN("ya29.x=="),
	    SPAN("")}},
};

static bool was_asked;

static void
check_equal(struct span is, struct span expected)
{
	assert_int_equal(is.len, expected.len);
	assert_true(span_equal(is, expected));
}

/* d->seed is the row. */
static const struct smtp_reply *
look_at_credentials(struct smtp_double *d, enum smtp_event event)
{
	const struct expected *expected = &rows[d->seed].expected;
	const struct smtp_auth *auth = smtp_auth(d->smtp);

	if (event != SMTP_AUTH)
		return NULL;
	was_asked = true;
	assert_int_equal(auth->mechanism, expected->mechanism);
	check_equal(auth->authorization, expected->authorization);
	check_equal(auth->identity, expected->identity);
	check_equal(auth->secret, expected->secret);
	check_equal(auth->challenge, expected->challenge);
	return NULL;
}

static void
feed_response(struct smtp_double *d, struct span response, size_t chunk)
{
	struct buf wire;

	buf_init(&wire, 1000);
	assert_true(base64_encode(&wire, response));
	buf_put_string(&wire, "\r\n");
	double_feed_chunks(d, buf_span(&wire), chunk);
	buf_release(&wire);
}

static void
check_credentials(unsigned i, size_t chunk)
{
	struct smtp_double d = {.config = double_config(),
	    .decide = look_at_credentials,
	    .seed = i};

	was_asked = false;
	assert_true(double_start(&d));
	double_feed(&d, SPAN("EHLO c.test\r\n"));
	double_feed(&d, span_string(rows[i].command));
	double_feed(&d, SPAN("\r\n"));
	feed_response(&d, rows[i].responses[0], chunk);
	if (rows[i].responses[1].len)
		feed_response(&d, rows[i].responses[1], chunk);
	assert_true(was_asked);
	assert_true(
	    span_contains_nocase(buf_span(&d.said), SPAN("\r\n235 2.7.0 ")));
	double_stop(&d);
}

static void
reads_credentials(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(rows); i++)
		for (size_t chunk = 1; chunk < 50; chunk++)
			check_credentials(i, chunk);
}

static const struct smtp_reply *
refuse_credentials(struct smtp_double *d, enum smtp_event event)
{
	static const struct smtp_reply wrong = {
	    535, "5.7.8", SPAN("Authentication failed")};

	return event == SMTP_AUTH && d->seed++ == 0 ? &wrong : NULL;
}

static void
may_be_tried_again(void **state)
{
	struct smtp_double d = {
	    .config = double_config(), .decide = refuse_credentials};

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN("EHLO c.test\r\n"));
	buf_reset(&d.said);
	double_feed(&d,
	    SPAN("AUTH PLAIN AGEAYg==\r\nAUTH PLAIN AGEAYg==\r\n"
		 "AUTH PLAIN AGEAYg==\r\n"));
	assert_string_equal(buf_string(&d.said),
	    "535 5.7.8 Authentication failed\r\n"
	    "235 2.7.0 Authentication succeeded\r\n"
	    "503 5.5.1 Authenticated already\r\n");
	double_stop(&d);
}

/* Lines that are sent in order, and what of each must not be recorded. */
static const struct {
	const char *line;
	const char *secret;
} lines[] = {
    {"EHLO c.test", ""},
    {"NOOP AUTH PLAIN x", ""},
    {"AUTH", ""},
    {"AUTH PLAIN", ""},
    {"*", ""},
    {"AUTH PLAIN", ""},
    {"oops", "oops"},
    {"AUTH PLAIN =", "="},
    {"auth  plain\t AGEAYg", "AGEAYg"},
    {" AUTH PLAIN AGEAYg==", "AGEAYg=="},
    {"AUTH FOO AGEAYg==", "AGEAYg=="},
    {"AUTH PLAIN AGEAYg== more", "AGEAYg== more"},
    {"AUTH LOGIN", ""},
    {"YQ==", ""},
    {"Yg=", "Yg="},
    {"AUTH LOGIN YQ==", ""},
    {"*", ""},
    {"AUTH LOGIN YQ== Yg==", "Yg=="},
    /* Who ends lines otherwise sends the same, as one line. */
    {"AUTH PLAIN\nAGEAYg==", "AGEAYg=="},
    {"AUTH\x01PLAIN AGEAYg==", "AGEAYg=="},
    {"AUTH=PLAIN AGEAYg==", "AGEAYg=="},
    {"EHLO x\nAUTH PLAIN AGEAYg==\nQUIT", "AGEAYg==\nQUIT"},
    {"NOOP\rNOOP\r auth login\rYQ==\rYg==", "Yg=="},
    {"AUTH LOGIN", ""},
    {"YQ==\nYg==", "Yg=="},
    {"AUTHENTICATE PLAIN x", ""},
    {"NOOP\nNOOP AUTH PLAIN x", ""},
    {"AUTH CRAM-MD5 x", "x"},
    {"AUTH CRAM-MD5", ""},
    {"dGlt", "dGlt"},
    {"AUTH XOAUTH2 dGlt", "dGlt"},
    {"MAIL FROM:<a@b.test>", ""},
    {"AUTH PLAIN AGEAYg==", "AGEAYg=="},
    {"RSET", ""},
    {"AUTH PLAIN AGEAYg==", "AGEAYg=="},
    {"AUTH PLAIN AGEAYg==", "AGEAYg=="},
};

static void
tells_what_is_secret(void **state)
{
	struct smtp_double d = {.config = double_config(), .is_recorded = true};

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN(""));
	for (size_t i = 0; i < COUNT(lines); i++) {
		char expected[200];
		size_t len = strlen(lines[i].secret);

		buf_reset(&d.said);
		buf_reset(&d.record);
		double_feed(&d, span_string(lines[i].line));
		double_feed(&d, SPAN("\r\n"));
		(void)snprintf(expected, sizeof(expected), "0 line %zu %s\n",
		    strlen(lines[i].line), lines[i].line);
		assert_memory_equal(
		    buf_string(&d.record), expected, strlen(expected));
		if (len)
			(void)snprintf(expected, sizeof(expected),
			    "0 secret %zu %s\n", len, lines[i].secret);
		if (!strstr(buf_string(&d.record), expected))
			fail_msg("%s: %s", lines[i].line, d.record.at);
		if (len == 0)
			assert_null(strstr(buf_string(&d.record), "0 secret"));
	}
	double_stop(&d);
}

/* Also of a line that is too long: all of it may be the password. */
static void
tells_what_is_secret_of_a_cut_line(void **state)
{
	struct smtp_double d = {.config = double_config(), .is_recorded = true};
	char text[SMTP_LINE_MAX * 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_true(double_start(&d));
	double_feed(&d, SPAN("EHLO c.test\r\nAUTH PLAIN\r\n"));
	buf_reset(&d.said);
	buf_reset(&d.record);
	double_feed(&d, span_make(text, sizeof(text)));
	assert_non_null(strstr(buf_string(&d.record), "0 secret 12319 xxx"));
	memcpy(text, "\r\nAUTH PLAIN ", 13);
	buf_reset(&d.said);
	buf_reset(&d.record);
	double_feed(&d, span_make(text, sizeof(text)));
	assert_non_null(strstr(buf_string(&d.record), "0 secret 12308 xxx"));
	assert_string_equal(buf_string(&d.said), "500 5.5.6 Line too long\r\n");
	double_stop(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_credentials),
	    cmocka_unit_test(may_be_tried_again),
	    cmocka_unit_test(tells_what_is_secret),
	    cmocka_unit_test(tells_what_is_secret_of_a_cut_line),
	};

	return cmocka_run_group_tests_name("smtp_auth", tests, NULL, NULL);
}
