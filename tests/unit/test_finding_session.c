/* test_finding_session: dialogues that break a rule, and those that do not. */
#include "finding_check.h"

#include "fail_alloc.h"

#include <stdlib.h>

#define GREETING "S 1 220 mx.test ESMTP\n"
#define OFFER_LINES                                                            \
	"S 3 250-mx.test\n"                                                    \
	"S 3 250-PIPELINING\n"                                                 \
	"S 3 250-SIZE 1000\n"                                                  \
	"S 3 250-8BITMIME\n"                                                   \
	"S 3 250-SMTPUTF8\n"                                                   \
	"S 3 250-CHUNKING\n"                                                   \
	"S 3 250-DSN\n"                                                        \
	"S 3 250-STARTTLS\n"                                                   \
	"S 3 250-AUTH PLAIN CRAM-MD5\n"                                        \
	"S 3 250 HELP\n"
#define HELLO GREETING "C 2 EHLO c.test\n" OFFER_LINES
#define PLAIN_HELLO                                                            \
	GREETING "C 2 HELO c.test\n"                                           \
		 "S 3 250 mx.test\n"
#define MAIL                                                                   \
	"C 4 MAIL FROM:<a@b.test>\n"                                           \
	"S 5 250 ok\n"
#define RCPT                                                                   \
	"C 6 RCPT TO:<x@y.test>\n"                                             \
	"S 7 250 ok\n"
#define DATA                                                                   \
	"C 8 DATA\n"                                                           \
	"S 9 354 go\n"                                                         \
	"I 9 message m1: 10 octets\n"                                          \
	"S 10 250 saved\n"
#define QUIT                                                                   \
	"C 90 QUIT\n"                                                          \
	"S 91 221 bye\n"
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X500 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50

struct row {
	const char *rule;
	enum finding_kind kind;
	const char *peer;
	const char *dialogue;
	const char *also;
};

static const struct row rows[] = {
    {"early-command", BAD, "192.0.2.1",
	"C 0 EHLO c.test\n" GREETING OFFER_LINES QUIT, ""},
    {"early-command", GOOD, "192.0.2.1", HELLO MAIL RCPT DATA QUIT, ""},

    {"hello-missing", BAD, "192.0.2.1", GREETING MAIL RCPT DATA QUIT, ""},
    {"hello-missing", GOOD, "192.0.2.1", PLAIN_HELLO MAIL RCPT DATA QUIT, ""},

    {"hello-syntax", BAD, "192.0.2.1",
	GREETING "C 2 EHLO my_host.test\n" OFFER_LINES QUIT, ""},
    {"hello-syntax", BAD, "192.0.2.1", GREETING "C 2 EHLO\nS 3 501 no\n" QUIT,
	""},
    {"hello-syntax", BAD, "192.0.2.1",
	GREETING "C 2 HELO 192.0.2.1/24\nS 3 250 mx\n" QUIT, ""},
    {"hello-syntax", BAD, "192.0.2.1",
	GREETING "C 2 EHLO [192.0.2.999]\n" OFFER_LINES QUIT, ""},
    {"hello-syntax", BAD, "192.0.2.1",
	GREETING "C 2 EHLO " X50 X50 ".test\n" OFFER_LINES QUIT, ""},
    {"hello-syntax", BAD, "192.0.2.1",
	GREETING "C 2 EHLO " X50 "xxxxxxxxxxxxxx.test\n" OFFER_LINES QUIT, ""},
    {"hello-syntax", GOOD, "192.0.2.1",
	GREETING "C 2 EHLO " X50 "xxxxxxxxxxxxx.test\n" OFFER_LINES QUIT, ""},
    {"hello-syntax", GOOD, "192.0.2.1",
	GREETING "C 2 EHLO a-1.x--y.test\n" OFFER_LINES QUIT, ""},
    {"hello-syntax", GOOD, "192.0.2.1",
	GREETING "C 2 ehlo machine\n" OFFER_LINES QUIT, ""},

    {"hello-not-peer", BAD, "192.0.2.1",
	GREETING "C 2 EHLO [192.0.2.2]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", BAD, "127.0.0.1",
	GREETING "C 2 EHLO [192.0.2.2]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", BAD, "192.0.2.1",
	GREETING "C 2 EHLO localhost\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", BAD, "10.0.0.1",
	GREETING "C 2 EHLO [127.0.0.1]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", BAD, "IPv6:2001:db8::1",
	GREETING "C 2 EHLO [IPv6:2001:db8::2]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", GOOD, "192.0.2.1",
	GREETING "C 2 EHLO [192.0.2.1]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", GOOD, "IPv6:2001:db8::1",
	GREETING "C 2 EHLO [IPv6:2001:db8:0::1]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", GOOD, "::ffff:192.0.2.1",
	GREETING "C 2 EHLO [192.0.2.1]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", GOOD, "127.0.0.1",
	GREETING "C 2 EHLO [172.17.0.2]\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", GOOD, "::1",
	GREETING "C 2 EHLO localhost\n" OFFER_LINES QUIT, ""},
    {"hello-not-peer", GOOD, "unix",
	GREETING "C 2 EHLO [192.0.2.2]\n" OFFER_LINES QUIT, ""},

    {"command-line-end", BAD, "192.0.2.1",
	GREETING "C 2 EHLO c.test\\n\n" OFFER_LINES QUIT, ""},
    {"command-line-end", BAD, "192.0.2.1",
	HELLO "C 4 NOOP a\\rb\nS 5 250 ok\n" QUIT, ""},
    {"command-line-end", GOOD, "192.0.2.1",
	HELLO "C 4 NOOP a b\nS 5 250 ok\n" QUIT, ""},

    {"command-bytes", BAD, "192.0.2.1",
	HELLO "C 4 NOOP \\xc3\\xa4\nS 5 250 ok\n" QUIT, ""},
    {"command-bytes", BAD, "192.0.2.1",
	HELLO "C 4 NOOP a\\0\nS 5 250 ok\n" QUIT, ""},
    {"command-bytes", BAD, "192.0.2.1", HELLO "C 4 NOOP\\tx\nS 5 250 ok\n" QUIT,
	"verb-unadvertised"},
    {"command-bytes", GOOD, "192.0.2.1",
	HELLO "C 4 MAIL FROM:<\\xc3\\xa4@b.test> SMTPUTF8\nS 5 250 ok\n" QUIT,
	""},

    {"command-too-long", BAD, "192.0.2.1",
	HELLO "C 4 NOOP " X500 "xxxxxxx\nS 5 250 ok\n" QUIT, ""},
    {"command-too-long", BAD, "192.0.2.1",
	HELLO "C 4 NOOP xxx\\.\nS 5 500 long\n" QUIT, ""},
    {"command-too-long", GOOD, "192.0.2.1",
	HELLO "C 4 NOOP " X500 "xxxxx\nS 5 250 ok\n" QUIT, ""},

    {"path-syntax", BAD, "192.0.2.1",
	HELLO "C 4 MAIL FROM:a@b.test\nS 5 250 ok\n" QUIT, ""},
    {"path-syntax", BAD, "192.0.2.1",
	HELLO "C 4 MAIL <a@b.test>\nS 5 501 no\n" QUIT, ""},
    {"path-syntax", BAD, "192.0.2.1",
	HELLO MAIL "C 6 RCPT TO:<Ann <a@b.test>>\nS 7 501 no\n" QUIT, ""},
    {"path-syntax", BAD, "192.0.2.1",
	HELLO MAIL "C 6 RCPT TO:<>\nS 7 501 no\n" QUIT, ""},
    {"path-syntax", GOOD, "192.0.2.1",
	HELLO "C 4 MAIL FROM:<>\nS 5 250 ok\n" RCPT DATA QUIT, ""},

    {"path-space", BAD, "192.0.2.1",
	HELLO "C 4 MAIL FROM: <a@b.test>\nS 5 250 ok\n" QUIT, ""},
    {"path-space", BAD, "192.0.2.1",
	HELLO MAIL "C 6 RCPT TO : <x@y.test>\nS 7 250 ok\n" QUIT, ""},
    {"path-space", GOOD, "192.0.2.1",
	HELLO "C 4 mail from:<a@b.test> size=3\nS 5 250 ok\n" QUIT, ""},

    {"path-utf8", BAD, "192.0.2.1",
	HELLO MAIL "C 6 RCPT TO:<\\xc3\\xa4@y.test>\nS 7 553 no\n" QUIT, ""},
    {"path-utf8", GOOD, "192.0.2.1",
	HELLO "C 4 MAIL FROM:<a@b.test> SMTPUTF8\nS 5 250 ok\n"
	      "C 6 RCPT TO:<\\xc3\\xa4@y.test>\nS 7 250 ok\n" QUIT,
	""},

    {"pipelining-unoffered", BAD, "192.0.2.1",
	PLAIN_HELLO "C 4 MAIL FROM:<a@b.test>\nc 4 RCPT TO:<x@y.test>\n"
		    "S 5 250 ok\nS 5 250 ok\n" DATA QUIT,
	""},
    {"pipelining-unoffered", BAD, "192.0.2.1",
	PLAIN_HELLO "C 4 MAIL FROM:<a@b.test>\nS 5 250 ok\n"
		    "c 4 RCPT TO:<x@y.test>\nS 5 250 ok\n" DATA QUIT,
	""},
    {"pipelining-unoffered", GOOD, "192.0.2.1",
	HELLO "C 4 MAIL FROM:<a@b.test>\nc 4 RCPT TO:<x@y.test>\nc 4 DATA\n"
	      "S 5 250 ok\nS 5 250 ok\nS 5 354 go\nS 6 250 saved\n" QUIT,
	""},
    {"pipelining-unoffered", GOOD, "192.0.2.1",
	PLAIN_HELLO MAIL RCPT DATA "c 11 QUIT\nS 12 221 bye\n", ""},

    {"pipelining-order", BAD, "192.0.2.1",
	GREETING
	"C 2 EHLO c.test\nc 2 MAIL FROM:<a@b.test> SIZE=3\n" OFFER_LINES
	"S 5 250 ok\n" QUIT,
	""},
    {"pipelining-order", BAD, "192.0.2.1",
	HELLO MAIL
	"C 4 NOOP\nc 4 RCPT TO:<x@y.test>\nS 5 250 ok\nS 5 250 ok\n" DATA QUIT,
	""},
    {"pipelining-order", BAD, "192.0.2.1",
	HELLO "C 4 DATA\nc 4 NOOP\nS 5 503 no\nS 5 250 ok\n" QUIT, ""},
    {"pipelining-order", BAD, "unix",
	HELLO "C 4 AUTH PLAIN\nc 4 AGEAYg==\nS 5 334 \nS 5 235 ok\n" QUIT, ""},
    {"pipelining-order", BAD, "192.0.2.1",
	HELLO "C 4 QUIT\nc 4 NOOP\nS 5 221 bye\n", ""},
    {"pipelining-order", BAD, "192.0.2.1",
	HELLO MAIL RCPT "C 8 DATA\nI 8 message m1: 3 octets\nS 9 354 go\n"
			"S 10 250 saved\n" QUIT,
	""},
    {"pipelining-order", GOOD, "192.0.2.1",
	HELLO MAIL RCPT
	"C 8 DATA\nS 9 354 go\nc 10 RSET\nS 10 250 saved\nS 10 250 ok\n"
	"C 11 MAIL FROM:<a@b.test>\nc 11 RCPT TO:<x@y.test>\nc 11 RSET\n"
	"c 11 QUIT\nS 12 250 ok\nS 12 250 ok\nS 12 250 ok\nS 12 221 bye\n",
	""},
    {"pipelining-order", GOOD, "192.0.2.1",
	HELLO "C 4 MAIL FROM:<a@b.test>\nc 4 RCPT TO:<x@y.test>\n"
	      "c 4 BDAT 3\nc 4 BDAT 3 LAST\nc 4 QUIT\nS 5 250 ok\nS 5 250 ok\n"
	      "S 5 250 ok\nS 5 250 saved\nS 5 221 bye\n",
	""},

    {"starttls-injection", BAD, "192.0.2.1",
	HELLO "C 4 STARTTLS\nc 4 MAIL FROM:<evil@b.test>\nS 5 220 go\n"
	      "I 6 TLS TLSv1.3\nC 7 EHLO c.test\n" OFFER_LINES QUIT,
	""},
    {"starttls-injection", GOOD, "192.0.2.1",
	HELLO "C 4 STARTTLS\nS 5 220 go\n"
	      "I 6 TLS TLSv1.3\nC 7 EHLO c.test\n" OFFER_LINES MAIL QUIT,
	""},

    {"starttls-injection", BAD, "192.0.2.1",
	HELLO "C 4 STARTTLS\nI 4 plain text behind STARTTLS: 9 octets\n"
	      "S 5 220 go\nI 6 TLS TLSv1.3\nC 7 EHLO c.test\n" OFFER_LINES QUIT,
	""},

    {"command-line-end", BAD, "192.0.2.1",
	"S 1 220 x\nI 2 unfinished line: EHLO c.test\\nNOOP\\n\nI 3 end: drop\n",
	""},
    {"command-line-end", GOOD, "192.0.2.1",
	"S 1 220 x\nI 2 unfinished line: EHLO c.test\nI 3 end: drop\n", ""},

    {"auth-clear", BAD, "192.0.2.1",
	HELLO "C 4 AUTH PLAIN ***\nS 5 235 ok\n" QUIT, ""},
    {"auth-clear", GOOD, "192.0.2.1",
	HELLO
	"C 4 AUTH CRAM-MD5\nS 5 334 PDE=\nC 6 dSBhYmM=\nS 7 235 ok\n" MAIL QUIT,
	""},
    {"auth-clear", GOOD, "192.0.2.1",
	"I 0 TLS TLSv1.3\n" HELLO "C 4 AUTH PLAIN ***\nS 5 235 ok\n" QUIT, ""},
    {"auth-clear", GOOD, "unix", HELLO "C 4 AUTH PLAIN ***\nS 5 235 ok\n" QUIT,
	""},

    {"verb-unadvertised", BAD, "192.0.2.1",
	HELLO "C 4 ETRN b.test\nS 5 500 no\n" QUIT, ""},
    {"verb-unadvertised", BAD, "192.0.2.1",
	PLAIN_HELLO "C 4 STARTTLS\nS 5 502 no\n" QUIT, ""},
    {"verb-unadvertised", BAD, "unix",
	HELLO "C 4 AUTH LOGIN\nS 5 504 no\n" QUIT, ""},
    /* Behind TLS all is to be asked again. */
    {"verb-unadvertised", BAD, "192.0.2.1",
	HELLO "C 4 STARTTLS\nS 5 220 go\nI 6 TLS TLSv1.3\n"
	      "C 7 AUTH PLAIN ***\nS 8 503 no\n" QUIT,
	""},
    /* What is refused leaves what was offered before. */
    {"verb-unadvertised", GOOD, "192.0.2.1",
	HELLO "C 4 EHLO c.test\nS 5 421-no\nS 5 421 no\nC 4 BDAT 0 LAST\n"
	      "S 5 503 no\n" QUIT,
	""},
    {"verb-unadvertised", GOOD, "192.0.2.1",
	GREETING "C 2 EHLO c.test\nS 3 250-mx.test\nS 3 250 ETRN\n"
		 "C 4 ETRN b.test\nS 5 250 ok\n" QUIT,
	""},

    {"param-unadvertised", BAD, "192.0.2.1",
	PLAIN_HELLO "C 4 MAIL FROM:<a@b.test> SIZE=3\nS 5 555 no\n" QUIT, ""},
    {"param-unadvertised", BAD, "192.0.2.1",
	HELLO "C 4 MAIL FROM:<a@b.test> BODY=BINARYMIME\nS 5 555 no\n" QUIT,
	""},
    {"param-unadvertised", BAD, "192.0.2.1",
	HELLO MAIL "C 6 RCPT TO:<x@y.test> RRVS=x\nS 7 555 no\n" QUIT, ""},
    {"param-unadvertised", GOOD, "192.0.2.1",
	HELLO
	"C 4 MAIL FROM:<a@b.test> BODY=8BITMIME RET=HDRS AUTH=<>\n"
	"S 5 250 ok\nC 6 RCPT TO:<x@y.test> NOTIFY=NEVER\nS 7 250 ok\n" QUIT,
	""},

    {"dot-unstuffed", BAD, "192.0.2.1",
	HELLO MAIL RCPT DATA "c 11 Second paragraph.\nS 12 500 no\n"
			     "c 11 Third one.\nS 12 500 no\n" QUIT,
	"pipelining-order"},
    {"dot-unstuffed", GOOD, "192.0.2.1",
	HELLO MAIL RCPT DATA "c 11 QUIT\nS 12 221 bye\n", ""},

    {"no-quit", BAD, "192.0.2.1", HELLO MAIL RCPT DATA, ""},
    {"no-quit", BAD, "192.0.2.1", HELLO, ""},
    {"no-quit", GOOD, "192.0.2.1", GREETING, ""},
    {"no-quit", GOOD, "192.0.2.1", HELLO "S 9 421 4.4.2 timeout\n", ""},
    {"no-quit", GOOD, "192.0.2.1",
	HELLO "C 4 STARTTLS\nS 5 220 go\nI 6 handshake failed\n", ""},

    {"no-quit", BAD, "192.0.2.1", HELLO "I 9 end: drop\n", ""},
    {"no-quit", BAD, "192.0.2.1", HELLO "I 9 end: reset\n", ""},
    {"no-quit", GOOD, "192.0.2.1", HELLO "I 9 end: shutdown\n", ""},
    {"no-quit", GOOD, "192.0.2.1",
	HELLO "I 9 what follows is not recorded: it is too long\n", ""},

    /* LMTP answers once for each recipient. */
    {"verb-unadvertised", GOOD, "unix",
	"S 1 220 mx LMTP\nC 2 LHLO c.test\nS 3 250-mx\nS 3 250 PIPELINING\n"
	"C 4 MAIL FROM:<a@b.test>\nc 4 RCPT TO:<x@y.test>\n"
	"c 4 RCPT TO:<z@y.test>\nc 4 DATA\nS 5 250 a\nS 5 250 b\nS 5 250 c\n"
	"S 5 354 go\nc 6 LHLO d.test\nS 6 250 x\nS 6 250 z\nS 6 250-mx\n"
	"S 6 250 ETRN\nC 7 ETRN x\nS 7 250 ok\n" QUIT,
	""},
    {"verb-unadvertised", GOOD, "unix",
	"S 1 220 mx LMTP\nC 2 LHLO c.test\nS 3 250-mx\nS 3 250 CHUNKING\n"
	"C 4 MAIL FROM:<a@b.test>\nS 4 250 a\nC 5 RCPT TO:<x@y.test>\n"
	"S 5 250 b\nC 6 RCPT TO:<z@y.test>\nS 6 250 c\nC 7 BDAT 0 LAST\n"
	"S 7 250 x\nS 7 250 z\nC 8 LHLO d.test\nS 8 250-mx\n"
	"S 8 250 ETRN\nC 9 ETRN x\nS 9 250 ok\nC 9 ETRN y\nS 9 250 ok\n" QUIT,
	""},
    /* What is no record is passed over. */
    {"no-quit", GOOD, "", "", ""},
    {"no-quit", GOOD, "x", "nothing\n\nC x\nS\n", ""},
};

static bool
check_row(const struct row *row)
{
	struct findings found;
	bool is_good;

	findings_init(&found);
	assert_true(finding_session(
	    &found, span_string(row->dialogue), span_string(row->peer)));
	is_good = finding_check(&found, row->kind, row->rule, row->also);
	if (!is_good)
		print_error("in row %zu: %s\n%s\n", (size_t)(row - rows),
		    row->rule, row->dialogue);
	findings_release(&found);
	return is_good;
}

static void
finds_what_breaks_a_rule(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		bad += !check_row(&rows[i]);
	assert_int_equal(bad, 0);
}

static void
each_rule_has_two_fixtures(void **state)
{
	const char *rules[COUNT(rows)];
	enum finding_kind kinds[COUNT(rows)];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		rules[i] = rows[i].rule;
		kinds[i] = rows[i].kind;
		assert_non_null(finding_rule(span_string(rules[i])));
	}
	assert_true(finding_check_covers(
	    FINDING_OF_SESSION, rules, kinds, COUNT(rows)));
}

static void
names_the_record_and_its_bytes(void **state)
{
	struct findings found;

	(void)state;
	findings_init(&found);
	assert_true(finding_session(&found,
	    SPAN(PLAIN_HELLO "C 4 NOOP \\xff\nS 5 250 ok\n" QUIT),
	    SPAN("192.0.2.1")));
	assert_int_equal(found.count, 1);
	assert_int_equal(found.at[0].offset, 3);
	assert_true(span_equal(found.at[0].bytes, SPAN("NOOP \xff")));
	findings_release(&found);
}

/* More commands than the ring of replies holds, and no reply to any. */
static void
many_unanswered_commands_are_no_trouble(void **state)
{
	struct findings found;
	struct buf dialogue;

	(void)state;
	buf_init(&dialogue, 64 * 1024 * 1024);
	(void)buf_put(&dialogue, SPAN(HELLO));
	for (int i = 0; i < 200000; i++)
		(void)buf_put_string(&dialogue, "c 4 NOOP\n");
	for (int i = 0; i < 200000; i++)
		(void)buf_put_string(&dialogue, "S 4 250 ok\n");
	assert_false(buf_failed(&dialogue));
	findings_init(&found);
	assert_true(
	    finding_session(&found, buf_span(&dialogue), SPAN("192.0.2.1")));
	assert_int_equal(found.count, FINDING_EACH_MAX + 1);
	/* Each stands behind another, the first one behind EHLO. */
	for (size_t i = 0; i < found.count; i++)
		if (i == FINDING_EACH_MAX - 1)
			assert_int_equal(
			    found.at[i].more, 200000 - FINDING_EACH_MAX);
		else
			assert_int_equal(found.at[i].more, 0);
	findings_release(&found);
	buf_release(&dialogue);
}

static void
look(void *context)
{
	struct findings found;
	bool fits;

	(void)context;
	findings_init(&found);
	fits = finding_session(&found,
	    SPAN(GREETING "C 2 EHLO a_b\n" OFFER_LINES
			  "C 4 AUTH PLAIN x\nS 5 235 ok\nC 6 X\nS 7 500 no\n"),
	    SPAN("192.0.2.1"));
	if (!fits)
		assert_true(fail_alloc_happened());
	for (size_t i = 0; i < found.count; i++)
		assert_non_null(found.at[i].bytes.at);
	findings_release(&found);
}

static void
lack_of_memory_is_said(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(look, NULL) > 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_breaks_a_rule),
	    cmocka_unit_test(each_rule_has_two_fixtures),
	    cmocka_unit_test(names_the_record_and_its_bytes),
	    cmocka_unit_test(many_unanswered_commands_are_no_trouble),
	    cmocka_unit_test(lack_of_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
