/* test_smtp: the session: events, answers, and what a refusal leaves. */
#include "smtp.h"

#include "smtp_double.h"
#include "unit.h"

/* The dialogue that a person has who types into telnet. */
static void
takes_one_message(void **state)
{
	static const char replies[] =
	    "220 mx.test ESMTP mailstop 0.1.0; Tue, 25 Mar 2003 11:37:02 "
	    "+0000\r\n"
	    "250 mx.test Hello local.domain.name [127.0.0.1], pleased to meet "
	    "you\r\n"
	    "250 2.1.0 mail@domain.ext... Sender ok\r\n"
	    "250 2.1.5 mail@destinationdomain.ext... Recipient ok\r\n"
	    "354 Enter message, ending with \".\" on a line by itself\r\n"
	    "250 2.0.0 OK Message saved as ID\r\n"
	    "221 2.0.0 mx.test closing connection\r\n";
	struct span input =
	    SPAN("HELO local.domain.name\r\n"
		 "MAIL FROM: mail@domain.ext\r\n"
		 "RCPT TO: mail@destinationdomain.ext\r\n"
		 "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\nNOOP\r\n");

	(void)state;
	for (size_t chunk = 1; chunk <= input.len; chunk++) {
		struct smtp_double d = {.config = double_config()};

		assert_true(double_start(&d));
		double_feed_chunks(&d, input, chunk);
		assert_string_equal(buf_string(&d.said), replies);
		assert_string_equal(
		    buf_string(&d.message), "Subject: x\r\n\r\n.dot\r\n");
		assert_int_equal(d.stored, 1);
		assert_true(d.is_closed);
		double_stop(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_one_message),
	};

	return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
