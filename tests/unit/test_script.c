/* test_script: records of sessions as dialogues that can be played again. That
 * they can be is what tests/e2e/test_transcripts.py sees. */
#include "script.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

#define GREETING "S 0 220 mx.test ESMTP mailstop 0.1.0; Tue, 25 Mar 2003\n"
#define HELLO                                                                  \
	GREETING "C 1 EHLO c.test\n"                                           \
		 "S 2 250-mx.test Hello c.test [192.0.2.1], pleased to meet "  \
		 "you\nS 2 250-PIPELINING\nS 2 250-SIZE 1000\n"                \
		 "S 2 250-8BITMIME\nS 2 250-SMTPUTF8\n"                        \
		 "S 2 250-ENHANCEDSTATUSCODES\nS 2 250-CHUNKING\n"             \
		 "S 2 250-BINARYMIME\nS 2 250-DSN\nS 2 250-STARTTLS\n"         \
		 "S 2 250-AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2\n"                 \
		 "S 2 250-LIMITS RCPTMAX=7\nS 2 250 HELP\n"
#define OPTION "# option max_message=1000 max_recipients=7\n"
#define SAID_GREETING "S~ 220 [^ ]+ .+\n"
#define SAID_HELLO                                                             \
	SAID_GREETING                                                          \
	"C: EHLO c.test\n"                                                     \
	"S~ 250-[^ ]+ Hello c\\.test \\[[^]]+], pleased to meet you\n"         \
	"S: 250-PIPELINING\nS: 250-SIZE 1000\nS: 250-8BITMIME\n"               \
	"S: 250-SMTPUTF8\nS: 250-ENHANCEDSTATUSCODES\nS: 250-CHUNKING\n"       \
	"S: 250-BINARYMIME\nS: 250-DSN\nS: 250-STARTTLS\n"                     \
	"S: 250-AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2\n"                           \
	"S: 250-LIMITS RCPTMAX=7\nS: 250 HELP\n"
#define MAIL                                                                   \
	"C 3 MAIL FROM:<a@b>\nS 3 250 2.1.0 <a@b>... Sender ok\n"              \
	"C 3 RCPT TO:<x@y>\nS 3 250 2.1.5 <x@y>... Recipient ok\n"
#define SAID_MAIL                                                              \
	"C: MAIL FROM:<a@b>\nS: 250 2.1.0 <a@b>... Sender ok\n"                \
	"C: RCPT TO:<x@y>\nS: 250 2.1.5 <x@y>... Recipient ok\n"
#define DATA "C 4 DATA\nS 4 354 Go on\n"
#define SAID_DATA "C: DATA\nS: 354 Go on\n"
#define SAVED "S 5 250 2.0.0 OK Message saved as 0VzID\n"
#define SAID_SAVED "S~ 250 2\\.0\\.0 OK Message saved as [^ ]+\n"

static const struct {
	const char *id;
	struct span text;
} messages[] = {
    {"dots", SPAN(".\r\n.a\r\n..\r\nb.\r\n")},
    {"odd", SPAN("a\n.\n\r.\r\n\0\xff\\\r\r\n")},
    {"bare", SPAN(".a\n.b\r\n")},
    {"begun", SPAN("half a li")},
    {"chunks", SPAN("abc\r\nde")},
    {"kept", SPAN("12345\r")},
};

static const struct {
	const char *dialogue;
	const char *script;
} rows[] = {
    /* A group of the client's, then what was said to it. */
    {GREETING "C 1 NOOP\nS 2 250 2.0.0 OK\nc 1 FOO \\x41\\n\nS 2 500 5.5.1 x\n"
	      "C 3 QUIT\nS 4 221 2.0.0 mx.test closing connection\n"
	      "I 4 end: quit\n",
	SAID_GREETING
	"C: NOOP\nC: FOO \\x41\\n\nS: 250 2.0.0 OK\nS: 500 5.5.1 x\n"
	"C: QUIT\nS~ 221 2\\.0\\.0 [^ ]+ closing connection\nS!\nN: 0\n"},
    /* Who talks first. */
    {"C 1 HELO x\nS 2 220 mx.test ESMTP x; y\n"
     "S 2 250 mx.test Hello x [::1], pleased to meet you\nI 3 end: drop\n",
	"C: HELO x\n" SAID_GREETING
	"S~ 250 [^ ]+ Hello x \\[[^]]+], pleased to meet you\nN: 0\n"},
    /* What is said back may be a pattern, or look like one. */
    {GREETING "C 1 HELO a\\\\.*\n"
	      "S 2 250 mx.test Hello a\\\\.* [::1], pleased to meet you\n"
	      "C 3 EXPN a\\\\.*\nS 4 502 5.5.1 a\\\\.*\n",
	SAID_GREETING
	"C: HELO a\\\\.*\n"
	"S~ 250 [^ ]+ Hello a\\\\\\.\\* \\[[^]]+], pleased to meet you\n"
	"C: EXPN a\\\\.*\nS: 502 5.5.1 a\\.*\nN: 0\n"},

    /* Texts. */
    {HELLO MAIL DATA "I 5 message dots: 15 octets\n" SAVED,
	OPTION SAID_HELLO SAID_MAIL SAID_DATA
	"c: .\nC: .\nc: .\nC: .a\nc: .\nC: ..\nC: b.\nC: .\n" SAID_SAVED
	"N: 1\n"},
    {HELLO MAIL DATA "I 5 message odd: 14 octets, from 0.1 to 0.2\n" SAVED
		     "c 6 NOOP\nS 7 250 2.0.0 OK\n",
	OPTION SAID_HELLO SAID_MAIL SAID_DATA
	"c: a\\n\nc: .\\n\nC: \\r.\nC: \\0\\xff\\\\\\r\nC: .\n"
	"C: NOOP\n" SAID_SAVED "S: 250 2.0.0 OK\nN: 1\n"},
    /* It did not wait for the 354. */
    {GREETING "C 1 DATA\nI 1 message none: 4 octets\nS 2 354 Go on\n" SAVED,
	SAID_GREETING
	"C: DATA\nc: \\{2:x}\nC: \nC: .\nS: 354 Go on\n" SAID_SAVED "N: 1\n"},
    {GREETING DATA "I 2 message none: 0 octets\n" SAVED,
	SAID_GREETING SAID_DATA "C: .\n" SAID_SAVED "N: 1\n"},
    /* Broken off, refused, too large. */
    {GREETING DATA
	"I 3 end: reset\nI 3 aborted message begun: 9 of 12 octets kept, "
	"from 0.1 to 0.2\n",
	SAID_GREETING SAID_DATA "c: half a li\nc: \\{3:x}\nN: 0\n"},
    {GREETING DATA
	"I 3 refused message kept: 6 of 9 octets kept\nS 4 550 5.7.1 No\n",
	SAID_GREETING SAID_DATA
	"c: 12345\\r\nc: \\{1:x}\nC: \nC: .\nS: 550 5.7.1 No\nN: 0\n"},
    {GREETING DATA
	"I 3 refused message kept: 6 of 7 octets kept\nS 4 550 5.7.1 No\n",
	SAID_GREETING SAID_DATA
	"c: 12345\\r\nc: \\n\nC: .\nS: 550 5.7.1 No\nN: 0\n"},
    {GREETING DATA
	"I 3 refused message kept: 6 of 6 octets kept\nS 4 552 5.3.4 No\n",
	SAID_GREETING SAID_DATA
	"c: 12345\\r\nc: \\{98:x}\nC: \nC: .\nS: 552 5.3.4 No\nN: 0\n"},
    /* Refused before there was a text: none is sent. */
    {HELLO MAIL "C 4 DATA\nS 5 451 4.3.0 No\nC 6 QUIT\n"
		"I 7 refused message x: 0 of 0 octets kept\n",
	OPTION SAID_HELLO SAID_MAIL
	"C: DATA\nS: 451 4.3.0 No\nC: QUIT\nN: 0\n"},
    /* A rule acted at the end of the text, or inside of it. */
    {GREETING DATA "I 3 fault f1: drop=before-reply\nI 3 end: fault\n"
		   "I 3 aborted message begun: 9 of 9 octets kept\n",
	SAID_GREETING SAID_DATA
	"# fault f1: drop=before-reply\nc: half a li\nC: .\nS!\nN: 0\n"},
    {GREETING "C 1 DATA\nI 1 fault f1: drop=after-bytes\nS 4 354 Go on\n"
	      "I 3 end: fault\nI 3 aborted message begun: 9 of 9 octets kept\n",
	SAID_GREETING
	"C: DATA\n# fault f1: drop=after-bytes\nS: 354 Go on\nc: half a li\n"
	"S!\nN: 0\n"},

    /* Chunks: of one message, of none, cut off. */
    {HELLO MAIL "C 5 BDAT 5\nS 6 250 2.0.0 x\nC 7 bdat 2 LAST\n"
		"I 8 message chunks: 7 octets\n" SAVED,
	OPTION SAID_HELLO SAID_MAIL
	"C: BDAT 5\nC: abc\nS: 250 2.0.0 x\nC: bdat 2 LAST\nc: de\n" SAID_SAVED
	"N: 1\n"},
    {GREETING "C 5 BDAT 5\nS 6 503 5.5.1 x\nC 7 BDAT x\nS 8 501 5.5.4 x\n"
	      "C 9 BDAT 99999999999\n",
	SAID_GREETING
	"C: BDAT 5\nc: \\{5:x}\nS: 503 5.5.1 x\nC: BDAT x\nS: 501 5.5.4 x\n"
	"C: BDAT 99999999999\nN: 0\n"},
    {HELLO MAIL "C 5 BDAT 9\nI 8 end: drop\n"
		"I 8 aborted message chunks: 7 of 7 octets kept\n",
	OPTION SAID_HELLO SAID_MAIL
	"C: BDAT 9\nC: abc\nc: de\nc: \\{2:x}\nN: 0\n"},

    /* TLS: after STARTTLS, from the start, with an injection, failed. */
    {GREETING "C 1 STARTTLS\nS 2 220 2.0.0 Ready\n"
	      "I 3 plain text behind STARTTLS: 5 octets thrown away\n"
	      "I 4 TLS TLSv1.3 x y\nI 4 SNI a.test\nC 5 NOOP\nS 5 250 OK\n",
	SAID_GREETING
	"C: STARTTLS\nc: \\{5:x}\nS: 220 2.0.0 Ready\nT!\n# SNI a.test\n"
	"C: NOOP\nS: 250 OK\nN: 0\n"},
    {"I 1 TLS TLSv1.3 x y\n" GREETING "C 5 NOOP\nS 5 250 OK\n",
	"# option tls=yes\n" SAID_GREETING "C: NOOP\nS: 250 OK\nN: 0\n"},
    {GREETING "C 1 STARTTLS\nS 2 220 2.0.0 Ready\n"
	      "I 3 failed in TLS: bad\nI 3 end: tls-failed\n",
	SAID_GREETING
	"C: STARTTLS\nS: 220 2.0.0 Ready\n# failed in TLS: bad\nN: 0\n"},

    /* Secrets. */
    {GREETING "C 1 AUTH PLAIN ********\nI 1 AUTH PLAIN as ann: yes\n"
	      "S 2 235 2.7.0 ok\n",
	SAID_GREETING
	"C: AUTH PLAIN AGFubgBzZWNyZXQ=\n# AUTH PLAIN as ann: yes\n"
	"S: 235 2.7.0 ok\nN: 0\n"},
    {GREETING "C 1 AUTH LOGIN YQ==\nS 1 334 UGFzc3dvcmQ6\nC 1 ********\n"
	      "I 1 AUTH LOGIN as a: no\nS 2 535 5.7.8 no\n",
	SAID_GREETING "C: AUTH LOGIN YQ==\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\n"
		      "# AUTH LOGIN as a: no\nS: 535 5.7.8 no\nN: 0\n"},
    {GREETING "C 1 AUTH CRAM-MD5\nS 1 334 PDAxMjM0NTY3ODlAbXgudGVzdD4=\n"
	      "C 1 ********\nI 1 AUTH CRAM-MD5 as a: yes\nS 2 235 2.7.0 ok\n",
	SAID_GREETING "C: AUTH CRAM-MD5\nS~ 334 .+\n"
		      "C: YSAwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==\n"
		      "# AUTH CRAM-MD5 as a: yes\nS: 235 2.7.0 ok\nN: 0\n"},
    {GREETING "C 1 AUTH XOAUTH2 ********\nI 1 AUTH XOAUTH2 as a: yes\n"
	      "S 2 235 2.7.0 ok\n",
	SAID_GREETING "C: AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIHNlY3JldAEB\n"
		      "# AUTH XOAUTH2 as a: yes\nS: 235 2.7.0 ok\nN: 0\n"},
    {GREETING "C 1 AUTH PLAIN ********\nS 2 501 5.5.2 Response is not base64\n"
	      "C 1 AUTH PLAIN ********\nS 2 501 5.5.2 Response does not fit\n"
	      "C 1 AUTH PLAIN ********\nS 2 500 5.5.6 Line too long\n",
	SAID_GREETING
	"C: AUTH PLAIN ?\nS: 501 5.5.2 Response is not base64\n"
	"C: AUTH PLAIN AAAA\nS: 501 5.5.2 Response does not fit\n"
	"C: AUTH PLAIN \\{12290:A}\nS: 500 5.5.6 Line too long\nN: 0\n"},

    /* Lines that were cut: too long, and never ended. */
    {GREETING "C 1 NOOP xx\\.\nS 2 500 5.5.6 Line too long\nC 3 QU\\.\n"
	      "I 3 end: drop\n",
	SAID_GREETING
	"C: NOOP xx\\{13000:x}\nS: 500 5.5.6 Line too long\nc: QU\nN: 0\n"},

    /* What a server must be like. */
    {"S 0 220 mx.test LMTP x\nC 1 LHLO c\n"
     "S 2 250-mx.test Hello c [::1], pleased to meet you\n"
     "S 2 250-SIZE 5\nS 2 250-AUTH PLAIN\nS 2 250 XCLIENT NAME ADDR\n"
     "C 3 MAIL FROM:<>\nS 3 530 5.7.0 Authentication required\n"
     "S 3 530 5.7.0 Must issue a STARTTLS command first\n",
	"# option features=-PIPELINING,-8BITMIME,-SMTPUTF8,"
	"-ENHANCEDSTATUSCODES,-CHUNKING,-BINARYMIME,-DSN,-STARTTLS,"
	"-AUTH=LOGIN,-AUTH=CRAM-MD5,-AUTH=XOAUTH2,-LIMITS,-HELP,+XCLIENT"
	" lmtp=yes auth_required=yes tls_required=yes max_message=5\n" SAID_GREETING
	"C: LHLO c\nS~ 250-[^ ]+ Hello c \\[[^]]+], pleased to meet you\n"
	"S: 250-SIZE 5\nS: 250-AUTH PLAIN\nS: 250 XCLIENT NAME ADDR\n"
	"C: MAIL FROM:<>\nS: 530 5.7.0 Authentication required\n"
	"S: 530 5.7.0 Must issue a STARTTLS command first\nN: 0\n"},
    {GREETING "C 1 X\nS 1 500 5.5.1 x\nC 1 X\nS 1 500 5.5.1 x\nC 1 X\n"
	      "S 1 421 4.7.0 mx.test Too many errors, closing connection\n"
	      "I 1 end: errors\n",
	"# option max_errors=2\n" SAID_GREETING
	"C: X\nS: 500 5.5.1 x\nC: X\nS: 500 5.5.1 x\nC: X\n"
	"S~ 421 4\\.7\\.0 [^ ]+ Too many errors, closing connection\nS!\n"
	"N: 0\n"},
    {GREETING "C 1 NOOP\\n\nS 1 250 ok\nC 2 DATA\\n\nS 3 354 Go on\n"
	      "I 4 message bare: 7 octets\n" SAVED
	      "C 5 DATA\nS 6 354 Go on\nI 4 message bare: 7 octets\n" SAVED,
	"# option bare_lf=yes\n" SAID_GREETING
	"c: NOOP\\n\nS: 250 ok\nc: DATA\\n\nS: 354 Go on\n"
	"c: .\nc: .a\\n\nc: .\nC: .b\nC: .\n" SAID_SAVED SAID_DATA
	"c: .\nc: .a\\n\nC: .b\nC: .\n" SAID_SAVED "N: 2\n"},

    /* What is not the client's to play. */
    {GREETING "I 1 fault f1: reply=452\nS 2 452 4.2.2 Full\n"
	      "S 9 421 4.4.2 mx.test Timeout, closing connection\n"
	      "I 9 end: timeout\n",
	SAID_GREETING
	"# fault f1: reply=452\nS: 452 4.2.2 Full\n"
	"# 421 4.4.2 mx.test Timeout, closing connection\nN: 0\n"},
    {GREETING "I 9 what follows is not recorded: the session is too long\n",
	SAID_GREETING
	"# what follows is not recorded: the session is too long\n"},
    {"", "N: 0\n"},
    {"this is no record\nI x\nI 1 message \nI 2 message x: y\n", "N: 0\n"},
};

static bool
find_text(struct span id, struct buf *out, void *context)
{
	(void)context;
	for (size_t i = 0; i < COUNT(messages); i++)
		if (span_equal(id, span_string(messages[i].id)))
			return buf_put(out, messages[i].text);
	return false;
}

static bool
write_lines(struct span lines, void *context)
{
	assert_true(lines.len > 0 && lines.at[lines.len - 1] == '\n');
	return buf_put(context, lines);
}

static void
writes_each(void **state)
{
	struct buf out;
	const struct script_calls calls = {find_text, write_lines, &out};

	(void)state;
	buf_init(&out, 1000000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_reset(&out);
		assert_true(script_put(span_string(rows[i].dialogue), &calls));
		if (strcmp(buf_string(&out), rows[i].script) != 0)
			fail_msg("row %zu:\n%s\ninstead of\n%s", i,
			    buf_string(&out), rows[i].script);
	}
	buf_release(&out);
}

static bool
refuse_lines(struct span lines, void *context)
{
	unsigned *count = context;

	(void)lines;
	++*count;
	return false;
}

static void
ends_when_it_cannot_write(void **state)
{
	unsigned count = 0;
	const struct script_calls calls = {find_text, refuse_lines, &count};

	(void)state;
	assert_false(script_put(span_string(HELLO MAIL DATA), &calls));
	assert_int_equal(count, 1);
}

/* A large message is written as it goes. */
static bool
large_text(struct span id, struct buf *out, void *context)
{
	(void)id;
	(void)context;
	for (int i = 0; i < 20000; i++)
		(void)buf_put_string(out, "\xff\xff\xff\xff\xff\xff\xff\r\n");
	return true;
}

static bool
count_bytes(struct span lines, void *context)
{
	uint64_t *count = context;

	assert_true(lines.len < 1000000);
	*count += lines.len;
	return true;
}

static void
keeps_little_in_memory(void **state)
{
	uint64_t count = 0;
	const struct script_calls calls = {large_text, count_bytes, &count};

	(void)state;
	assert_true(script_put(
	    span_string(GREETING DATA "I 5 message x: 180000 octets\n"),
	    &calls));
	assert_true(count > (uint64_t)20000 * 7 * 4);
}

static void
put_all(void *context)
{
	struct buf out;
	const struct script_calls calls = {find_text, write_lines, &out};

	(void)context;
	buf_init(&out, 1000000);
	for (size_t i = 0; i < COUNT(rows); i += 3) {
		bool is_put;

		buf_reset(&out);
		is_put = script_put(span_string(rows[i].dialogue), &calls);
		if (!fail_alloc_happened())
			assert_true(is_put);
	}
	buf_release(&out);
}

static void
bears_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(put_all, NULL) > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_each),
	    cmocka_unit_test(ends_when_it_cannot_write),
	    cmocka_unit_test(keeps_little_in_memory),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
