/* test_smtp: the session: events, answers, and what a refusal leaves. */
#include "smtp.h"

#include "smtp_double.h"

#include "fail_alloc.h"
#include "unit.h"

static const struct smtp_reply not_now = {450, "4.7.1", SPAN("Not now")};
static const struct smtp_reply never = {550, "5.7.1", SPAN("Never")};
static const struct smtp_reply go_away = {421, "4.3.2", SPAN("Go away")};

#define GREETING                                                               \
	"220 mx.test ESMTP mailstop 0.1.0; Tue, 25 Mar 2003 11:37:02 +0000\r\n"
#define HELLO "250 mx.test Hello c.test [127.0.0.1], pleased to meet you\r\n"
#define SENDER "250 2.1.0 <a@b.test>... Sender ok\r\n"
#define RECIPIENT "250 2.1.5 <x@y.test>... Recipient ok\r\n"
#define ENTER "354 Enter message, ending with \".\" on a line by itself\r\n"
#define SAVED "250 2.0.0 OK Message saved as ID\r\n"

/* ---- whole dialogues */

/* What a person has who types into telnet. */
static void
takes_one_message(void **state)
{
	static const char replies[] = GREETING HELLO
	    "250 2.1.0 mail@domain.ext... Sender ok\r\n"
	    "250 2.1.5 mail@destinationdomain.ext... Recipient ok\r\n" ENTER
		SAVED "221 2.0.0 mx.test closing connection\r\n";
	struct span input = SPAN("HELO c.test\r\n"
				 "MAIL FROM: mail@domain.ext\r\n"
				 "RCPT TO: mail@destinationdomain.ext\r\n"
				 "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\n"
				 "QUIT\r\nNOOP\r\n");

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

/* ---- a no to each question */

static const struct smtp_reply *
refuse_one(struct smtp_double *d, enum smtp_event event)
{
	/* The event that is refused, once. */
	if (d->seed != (unsigned)event)
		return NULL;
	d->seed = 0;
	return &not_now;
}

/* What is refused at first goes well when it is tried again. */
static const struct {
	enum smtp_event event;
	struct span input;
	const char *replies;
} refusals[] = {
    {SMTP_HELLO, SPAN("HELO c.test\r\nMAIL FROM:<a@b.test>\r\nHELO c.test\r\n"),
	GREETING "450 4.7.1 Not now\r\n"
		 "503 5.5.1 EHLO (LHLO in LMTP) comes first\r\n" HELLO},
    {SMTP_MAIL,
	SPAN("HELO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
	     "MAIL FROM:<a@b.test>\r\n"),
	GREETING HELLO "450 4.7.1 Not now\r\n"
		       "503 5.5.1 MAIL comes first\r\n" SENDER},
    {SMTP_RCPT,
	SPAN("HELO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
	     "DATA\r\nRCPT TO:<x@y.test>\r\n"),
	GREETING HELLO SENDER
	"450 4.7.1 Not now\r\n"
	"503 5.5.1 RCPT comes first: no recipient yet\r\n" RECIPIENT},
    {SMTP_DATA,
	SPAN("HELO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
	     "DATA\r\nNOOP\r\nDATA\r\nNOOP\r\n.\r\n"),
	GREETING HELLO SENDER RECIPIENT
	"450 4.7.1 Not now\r\n250 2.0.0 OK\r\n" ENTER SAVED},
    {SMTP_BODY,
	SPAN("HELO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
	     "DATA\r\n.\r\nRCPT TO:<x@y.test>\r\nMAIL FROM:<a@b.test>\r\n"),
	GREETING HELLO SENDER RECIPIENT ENTER
	"450 4.7.1 Not now\r\n503 5.5.1 MAIL comes first\r\n" SENDER},
    {SMTP_RSET,
	SPAN("HELO c.test\r\nMAIL FROM:<a@b.test>\r\nRSET\r\n"
	     "RCPT TO:<x@y.test>\r\n"),
	GREETING HELLO SENDER "450 4.7.1 Not now\r\n" RECIPIENT},
    {SMTP_QUIT, SPAN("HELO c.test\r\nQUIT\r\nNOOP\r\n"),
	GREETING HELLO "450 4.7.1 Not now\r\n250 2.0.0 OK\r\n"},
};

static void
a_no_leaves_the_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct smtp_double d = {.config = double_config(),
		    .decide = refuse_one,
		    .seed = (unsigned)refusals[i].event};

		assert_true(double_start(&d));
		double_feed(&d, refusals[i].input);
		assert_string_equal(buf_string(&d.said), refusals[i].replies);
		assert_false(d.is_closed);
		double_stop(&d);
	}
}

static const struct smtp_reply *
hang_up(struct smtp_double *d, enum smtp_event event)
{
	return d->seed == (unsigned)event ? &go_away : NULL;
}

static void
a_421_closes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct smtp_double d = {.config = double_config(),
		    .decide = hang_up,
		    .seed = (unsigned)refusals[i].event};
		struct span said;

		assert_true(double_start(&d));
		double_feed(&d, refusals[i].input);
		assert_true(d.is_closed);
		said = buf_span(&d.said);
		assert_true(
		    span_contains_nocase(said, SPAN("421 4.3.2 Go away\r\n")));
		assert_memory_equal(said.at + said.len - 9, "Go away\r\n", 9);
		double_stop(&d);
	}
}

static const struct smtp_reply *
refuse_greeting(struct smtp_double *d, enum smtp_event event)
{
	(void)d;
	return event == SMTP_CONNECT ? &never : NULL;
}

/* RFC 5321 3.1: after 554 instead of 220 there is only QUIT. */
static void
a_refused_greeting_leaves_quit(void **state)
{
	struct smtp_double d = {
	    .config = double_config(), .decide = refuse_greeting};

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN("EHLO c.test\r\nNOOP\r\nQUIT\r\n"));
	assert_string_equal(buf_string(&d.said),
	    "550 5.7.1 Never\r\n"
	    "503 No service here; QUIT is left\r\n"
	    "503 5.5.1 No service here; QUIT is left\r\n"
	    "221 2.0.0 mx.test closing connection\r\n");
	assert_true(d.is_closed);
	double_stop(&d);
}

/* ---- what is told */

static void
tells_what_happens(void **state)
{
	static const char record[] =
	    "0 connect 0 \n"
	    "67 line 11 EHLO c.test\n67 hello 6 c.test\n"
	    "339 line 30 MAIL FROM: <a@b.test>  SIZE=7 \n"
	    "339 mail 8 a@b.test\n339 params 6 SIZE=7\n"
	    "374 line 39 RCPT TO:<@r.test:x@y.test> NOTIFY=NEVER\n"
	    "374 rcpt 8 x@y.test\n374 params 12 NOTIFY=NEVER\n"
	    "420 line 4 DATA\n420 data 0 \n"
	    "476 body 0 \n476 content 5 one\r\n\n"
	    "510 line 4 RSET\n510 rset 0 \n"
	    "527 line 4 QUIT\n527 quit 0 \n"
	    "565 close 0 \n";
	struct smtp_double d = {.config = double_config(), .is_recorded = true};

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d,
	    SPAN("EHLO c.test\r\nMAIL FROM: <a@b.test>  SIZE=7 \r\n"
		 "RCPT TO:<@r.test:x@y.test> NOTIFY=NEVER\r\n"
		 "DATA\r\none\r\n.\r\nRSET\r\nQUIT\r\n"));
	assert_string_equal(buf_string(&d.record), record);
	double_stop(&d);
}

static void
knows_where_it_stands(void **state)
{
	struct smtp_double d = {.config = double_config()};

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN(""));
	assert_int_equal(smtp_hello(d.smtp).len, 0);
	assert_false(smtp_is_extended(d.smtp));
	double_feed(&d, SPAN("EHLO one\r\n"));
	assert_true(smtp_is_extended(d.smtp));
	double_feed(&d, SPAN("HELO two\r\n"));
	assert_true(span_equal(smtp_hello(d.smtp), SPAN("two")));
	assert_false(smtp_is_extended(d.smtp));
	double_feed(&d, SPAN("EHLO three\r\nMAIL FROM:<> SIZE=99\r\n"));
	assert_true(smtp_in_transaction(d.smtp));
	assert_int_equal(smtp_declared_size(d.smtp), 99);
	assert_int_equal(smtp_phase(d.smtp), SMTP_PHASE_COMMAND);
	double_feed(&d, SPAN("RCPT TO:<x@y.test>\r\nDATA\r\n"));
	assert_true(smtp_in_transaction(d.smtp));
	assert_int_equal(smtp_phase(d.smtp), SMTP_PHASE_TEXT);
	double_feed(&d, SPAN(".\r\n"));
	assert_false(smtp_in_transaction(d.smtp));
	assert_int_equal(smtp_phase(d.smtp), SMTP_PHASE_COMMAND);
	double_feed(
	    &d, SPAN("MAIL FROM:<>\r\nRCPT TO:<x@y.test>\r\nBDAT 9\r\n"));
	assert_int_equal(smtp_phase(d.smtp), SMTP_PHASE_TEXT);
	double_feed(&d, SPAN("123456789"));
	assert_int_equal(smtp_phase(d.smtp), SMTP_PHASE_COMMAND);
	assert_true(smtp_in_transaction(d.smtp));
	double_stop(&d);
}

/* During the question it is the new name, afterwards the one that counts. */
static const struct smtp_reply *
look_at_hello(struct smtp_double *d, enum smtp_event event)
{
	if (event != SMTP_HELLO)
		return NULL;
	if (span_equal(smtp_hello(d->smtp), SPAN("good"))) {
		assert_false(smtp_is_extended(d->smtp));
		return NULL;
	}
	assert_true(span_equal(smtp_hello(d->smtp), SPAN("bad")));
	assert_true(smtp_is_extended(d->smtp));
	return &never;
}

static void
a_refused_hello_changes_no_name(void **state)
{
	struct smtp_double d = {
	    .config = double_config(), .decide = look_at_hello};

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN("HELO good\r\nEHLO bad\r\n"));
	assert_true(span_equal(smtp_hello(d.smtp), SPAN("good")));
	assert_false(smtp_is_extended(d.smtp));
	double_stop(&d);
}

/* ---- transactions that come to nothing */

static const struct {
	struct span input;
	unsigned aborted;
	const char *refusal; /* NULL: the client's own wish */
	const char *content;
} voids[] = {
    {SPAN("RSET\r\n"), 1, NULL, ""},
    {SPAN("EHLO c.test\r\n"), 1, NULL, ""},
    {SPAN("HELO c.test\r\n"), 1, NULL, ""},
    {SPAN("STARTTLS\r\n"), 1, NULL, ""},
    {SPAN("BDAT 3\r\noneRSET\r\n"), 1, NULL, "one"},
    {SPAN("DATA\r\n12345678\r\nx\r\n.\r\n"), 1,
	"Message exceeds the size limit", "12345678\r\n"},
    {SPAN("BDAT 6\r\n123456BDAT 5\r\n12345"), 1,
	"Message exceeds the size limit", "123456"},
    {SPAN("BDAT 11 LAST\r\n12345678901"), 1, "Message exceeds the size limit",
	""},
    {SPAN("DATA\r\none\r\n.\r\nRSET\r\n"), 0, NULL, ""},
    {SPAN("NOOP\r\nRCPT TO:<bad\r\nMAIL FROM:<a@b.test>\r\n"), 0, NULL, ""},
    {SPAN("QUIT\r\n"), 0, NULL, ""},
};

static void
check_void(size_t i, size_t chunk)
{
	struct smtp_double d = {.config = double_config()};
	const struct smtp_reply *refusal;

	d.config.max_message = 10;
	assert_true(double_start(&d));
	double_feed(&d,
	    SPAN("EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n"
		 "RCPT TO:<x@y.test>\r\n"));
	double_feed_chunks(&d, voids[i].input, chunk);
	assert_int_equal(d.aborted, voids[i].aborted);
	refusal = smtp_refusal(d.smtp);
	assert_int_equal(!refusal, !voids[i].refusal);
	if (refusal)
		assert_true(
		    span_equal(refusal->text, span_string(voids[i].refusal)));
	assert_string_equal(buf_string(&d.voided), voids[i].content);
	double_stop(&d);
}

static void
says_what_is_void(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(voids); i++)
		for (size_t chunk = 1; chunk < 30; chunk++)
			check_void(i, chunk);
}

/* ---- output */

static void
pauses_while_output_waits(void **state)
{
	struct smtp_double d = {.config = double_config()};
	char text[6 * 2000];
	struct span in = {text, sizeof(text)};
	size_t replies = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 6)
		memcpy(text + i, "NOOP\r\n", 6);
	assert_true(double_start(&d));
	double_feed(&d, SPAN(""));
	while (in.len) {
		enum smtp_event event = smtp_step(d.smtp, &in, &d.out);

		assert_true(event == SMTP_MORE || event == SMTP_LINE);
		/* One reply may pass the mark. */
		assert_true(d.out.len <= SMTP_OUT_PAUSE + 512);
		if (event == SMTP_LINE)
			continue;
		replies += d.out.len / strlen("250 2.0.0 OK\r\n");
		buf_reset(&d.out);
	}
	assert_int_equal(replies, 2000);
	double_stop(&d);
}

static void
a_full_output_ends_the_session(void **state)
{
	struct smtp_double d = {.config = double_config()};
	struct span in = SPAN("NOOP\r\nNOOP\r\n");
	struct buf out;
	enum smtp_event event;

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN(""));
	buf_init(&out, 20);
	while ((event = smtp_step(d.smtp, &in, &out)) == SMTP_LINE)
		;
	assert_int_equal(event, SMTP_CLOSE);
	assert_int_equal(smtp_step(d.smtp, &in, &out), SMTP_CLOSE);
	buf_release(&out);
	double_stop(&d);
}

static void
shuts_down(void **state)
{
	struct smtp_double d = {.config = double_config()};
	struct span in = SPAN("NOOP\r\n");
	const char *said;

	(void)state;
	assert_true(double_start(&d));
	double_feed(&d, SPAN("HELO c.test\r\nMAIL FROM:<a@b.test>\r\nRC"));
	smtp_shutdown(d.smtp, &d.out, &go_away);
	/* A second one, and an answer that comes too late, say nothing. */
	smtp_shutdown(d.smtp, &d.out, &go_away);
	smtp_answer(d.smtp, &d.out, NULL);
	assert_int_equal(smtp_step(d.smtp, &in, &d.out), SMTP_CLOSE);
	said = buf_string(&d.out);
	assert_string_equal(said, "421 4.3.2 Go away\r\n");
	double_stop(&d);
}

/* LMTP's replies that are due come before the farewell. */
static void
shuts_down_after_what_is_due(void **state)
{
	struct smtp_double d = {.config = double_config()};
	struct span in = SPAN("LHLO c.test\r\nMAIL FROM:<a@b.test>\r\n"
			      "RCPT TO:<x@y.test>\r\nRCPT TO:<x@y.test>\r\n"
			      "DATA\r\n.\r\n");
	enum smtp_event event;

	(void)state;
	d.config.lmtp = true;
	assert_true(double_start(&d));
	do {
		event = smtp_step(d.smtp, &in, &d.out);
		buf_reset(&d.out);
		if (event != SMTP_LINE)
			smtp_answer(d.smtp, &d.out, NULL);
	} while (event != SMTP_BODY);
	smtp_shutdown(d.smtp, &d.out, &go_away);
	assert_string_equal(buf_string(&d.out),
	    "250 2.0.0 OK Message saved\r\n250 2.0.0 OK Message saved\r\n"
	    "421 4.3.2 Go away\r\n");
	double_stop(&d);
}

static void
waits_for_its_answer(void **state)
{
	struct smtp_double d = {.config = double_config()};
	struct span in = SPAN("NOOP\r\n");

	(void)state;
	assert_true(double_start(&d));
	assert_int_equal(smtp_step(d.smtp, &in, &d.out), SMTP_CONNECT);
	assert_int_equal(smtp_step(d.smtp, &in, &d.out), SMTP_MORE);
	assert_int_equal(in.len, 6);
	assert_int_equal(d.out.len, 0);
	smtp_answer(d.smtp, &d.out, NULL);
	assert_int_equal(smtp_step(d.smtp, &in, &d.out), SMTP_LINE);
	assert_int_equal(smtp_step(d.smtp, &in, &d.out), SMTP_MORE);
	assert_int_equal(in.len, 0);
	double_stop(&d);
}

/* ---- memory */

static void
scenario(void *context)
{
	struct smtp_double d = {.config = double_config()};

	(void)context;
	if (double_start(&d)) {
		assert_false(fail_alloc_happened());
		/* The double needs memory of its own from here on. */
	} else {
		assert_true(fail_alloc_happened());
	}
	double_stop(&d);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(scenario, NULL), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_one_message),
	    cmocka_unit_test(a_no_leaves_the_state),
	    cmocka_unit_test(a_421_closes),
	    cmocka_unit_test(a_refused_greeting_leaves_quit),
	    cmocka_unit_test(tells_what_happens),
	    cmocka_unit_test(knows_where_it_stands),
	    cmocka_unit_test(a_refused_hello_changes_no_name),
	    cmocka_unit_test(says_what_is_void),
	    cmocka_unit_test(pauses_while_output_waits),
	    cmocka_unit_test(a_full_output_ends_the_session),
	    cmocka_unit_test(shuts_down),
	    cmocka_unit_test(shuts_down_after_what_is_due),
	    cmocka_unit_test(waits_for_its_answer),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
