/* test_smtp_xclient: attributes as the session sees them. */
#include "smtp.h"

#include "smtp_double.h"
#include "unit.h"

static bool was_asked;

static void
check_value(const struct smtp *smtp, struct span name, const char *expected)
{
	struct span value;
	bool is_given = smtp_xclient(smtp, name, &value);

	assert_int_equal(is_given, expected != NULL);
	if (expected)
		assert_true(span_equal(value, span_string(expected)));
}

static const struct smtp_reply *
look_at_attributes(struct smtp_double *d, enum smtp_event event)
{
	if (event != SMTP_XCLIENT_GIVEN)
		return NULL;
	was_asked = true;
	check_value(d->smtp, SPAN("ADDR"), "IPv6:2001:db8::1");
	check_value(d->smtp, SPAN("addr"), "IPv6:2001:db8::1");
	check_value(d->smtp, SPAN("HELO"), "a+b c");
	check_value(d->smtp, SPAN("PORT"), "25");
	check_value(d->smtp, SPAN("NAME"), NULL);
	check_value(d->smtp, SPAN("LOGIN"), NULL);
	check_value(d->smtp, SPAN("PROTO"), NULL);
	check_value(d->smtp, SPAN("FOO"), NULL);
	return NULL;
}

static void
gives_attributes(void **state)
{
	struct smtp_double d = {
	    .config = double_config(), .decide = look_at_attributes};
	struct span value;

	(void)state;
	d.config.features |= SMTP_XCLIENT;
	was_asked = false;
	assert_true(double_start(&d));
	double_feed(&d,
	    SPAN("EHLO c.test\r\nXCLIENT NAME=[unavailable] "
		 "ADDR=IPv6:2001:db8::1 HELO=a+2Bb+20c PORT=24 "
		 "LOGIN=[TEMPUNAVAIL] PORT=25\r\n"));
	assert_true(was_asked);
	assert_false(smtp_xclient(d.smtp, SPAN("ADDR"), &value));
	assert_int_equal(smtp_hello(d.smtp).len, 0);
	buf_reset(&d.said);
	double_feed(&d, SPAN("HELO x\r\n"));
	assert_string_equal(buf_string(&d.said),
	    "250 mx.test Hello x [IPv6:2001:db8::1], pleased to meet you\r\n");
	double_stop(&d);
}

/* Where AUTH is required a name that a proxy has checked will do. */
static void
takes_a_login_for_auth(void **state)
{
	struct smtp_double d = {.config = double_config()};

	(void)state;
	d.config.features |= SMTP_XCLIENT;
	d.config.auth_required = true;
	assert_true(double_start(&d));
	double_feed(
	    &d, SPAN("EHLO c.test\r\nXCLIENT LOGIN=tim\r\nEHLO c.test\r\n"));
	buf_reset(&d.said);
	double_feed(&d, SPAN("MAIL FROM:<>\r\n"));
	assert_string_equal(
	    buf_string(&d.said), "250 2.1.0 <>... Sender ok\r\n");
	double_stop(&d);
}

/* The peer is another one now: who authenticated before is not he. */
static void
forgets_who_it_was(void **state)
{
	struct smtp_double d = {.config = double_config()};

	(void)state;
	d.config.features |= SMTP_XCLIENT;
	d.config.auth_required = true;
	assert_true(double_start(&d));
	double_feed(&d,
	    SPAN("EHLO c.test\r\nAUTH PLAIN AGEAYg==\r\n"
		 "XCLIENT ADDR=192.0.2.1\r\nEHLO c.test\r\n"));
	buf_reset(&d.said);
	double_feed(&d, SPAN("MAIL FROM:<>\r\nAUTH PLAIN AGEAYg==\r\n"));
	assert_string_equal(buf_string(&d.said),
	    "530 5.7.0 Authentication required\r\n"
	    "235 2.7.0 Authentication succeeded\r\n");
	double_stop(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gives_attributes),
	    cmocka_unit_test(takes_a_login_for_auth),
	    cmocka_unit_test(forgets_who_it_was),
	};

	return cmocka_run_group_tests_name("smtp_xclient", tests, NULL, NULL);
}
