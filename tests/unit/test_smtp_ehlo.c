/* test_smtp_ehlo: keywords, hidden for all or for one session. */
#include "smtp.h"

#include "smtp_double.h"
#include "unit.h"

static const struct {
	struct span keyword;
	unsigned features;
} rows[] = {
    {SPAN("PIPELINING"), SMTP_PIPELINING},
    {SPAN("size"), SMTP_SIZE},
    {SPAN("8BitMime"), SMTP_8BITMIME},
    {SPAN("SMTPUTF8"), SMTP_SMTPUTF8},
    {SPAN("ENHANCEDSTATUSCODES"), SMTP_ENHANCEDSTATUSCODES},
    {SPAN("CHUNKING"), SMTP_CHUNKING},
    {SPAN("BINARYMIME"), SMTP_BINARYMIME},
    {SPAN("DSN"), SMTP_DSN},
    {SPAN("STARTTLS"), SMTP_STARTTLS},
    {SPAN("AUTH"), SMTP_AUTH_ANY},
    {SPAN("AUTH=PLAIN"), SMTP_AUTH_PLAIN},
    {SPAN("auth=login"), SMTP_AUTH_LOGIN},
    {SPAN("AUTH=CRAM-MD5"), SMTP_AUTH_CRAM_MD5},
    {SPAN("AUTH=XOAUTH2"), SMTP_AUTH_XOAUTH2},
    {SPAN("LIMITS"), SMTP_LIMITS},
    {SPAN("HELP"), SMTP_HELP},
    {SPAN("XCLIENT"), SMTP_XCLIENT},
    {SPAN(""), 0},
    {SPAN("PIPELINING "), 0},
    {SPAN("AUTH="), 0},
    {SPAN("AUTH=FOO"), 0},
    {SPAN("SIZE=1"), 0},
    {SPAN("SIZE=PLAIN"), 0},
    {SPAN("ETRN"), 0},
};

static void
finds_features(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    smtp_feature_find(rows[i].keyword), rows[i].features);
}

static const struct smtp_reply *
hide_at_hello(struct smtp_double *d, enum smtp_event event)
{
	if (event == SMTP_HELLO)
		smtp_hide(d->smtp, d->seed);
	return NULL;
}

static void
hides_for_one_session(void **state)
{
	struct smtp_double d = {
	    .config = double_config(), .decide = hide_at_hello};

	(void)state;
	assert_true(double_start(&d));
	d.seed = SMTP_USUAL_FEATURES & ~(unsigned)SMTP_PIPELINING;
	double_feed(&d, SPAN("EHLO c.test\r\nHELP\r\nNOOP\r\n"));
	buf_reset(&d.said);
	double_feed(&d, SPAN("EHLO c.test\r\nHELP\r\nNOOP\r\n"));
	assert_string_equal(buf_string(&d.said),
	    "250-mx.test Hello c.test [127.0.0.1], pleased to meet you\r\n"
	    "250 PIPELINING\r\n"
	    "500 Command unrecognized\r\n"
	    "250 OK\r\n");
	/* What is hidden now replaces what was hidden before. */
	d.seed = SMTP_USUAL_FEATURES & ~(unsigned)SMTP_DSN;
	buf_reset(&d.said);
	double_feed(&d, SPAN("EHLO c.test\r\n"));
	assert_string_equal(buf_string(&d.said),
	    "250-mx.test Hello c.test [127.0.0.1], pleased to meet you\r\n"
	    "250 DSN\r\n");
	double_stop(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_features),
	    cmocka_unit_test(hides_for_one_session),
	};

	return cmocka_run_group_tests_name("smtp_ehlo", tests, NULL, NULL);
}
