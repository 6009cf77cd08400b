/* test_fault_match: globs, and conditions at each moment. */
#include "fault_match.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void
globs_fit(void **state)
{
	static const struct {
		struct span glob, text;
		enum fault_case letters;
		bool fits;
	} rows[] = {
	    {SPAN(""), SPAN(""), FAULT_CASE_EXACT, true},
	    {SPAN(""), SPAN("a"), FAULT_CASE_EXACT, false},
	    {SPAN("*"), SPAN(""), FAULT_CASE_EXACT, true},
	    {SPAN("**"), SPAN("abc"), FAULT_CASE_EXACT, true},
	    {SPAN("?"), SPAN(""), FAULT_CASE_EXACT, false},
	    {SPAN("?"), SPAN("a"), FAULT_CASE_EXACT, true},
	    {SPAN("?"), SPAN("ab"), FAULT_CASE_EXACT, false},
	    {SPAN("a?c"),
		SPAN("a\xc3\xa4"
		     "c"),
		FAULT_CASE_EXACT, true},
	    {SPAN("a?c"),
		SPAN("a\xe2\x82\xac"
		     "c"),
		FAULT_CASE_EXACT, true},
	    {SPAN("a??c"),
		SPAN("a\xc3\xa4"
		     "c"),
		FAULT_CASE_EXACT, false},
	    {SPAN("a?"), SPAN("a\xff"), FAULT_CASE_EXACT, true},
	    {SPAN("a??"), SPAN("a\x80\x80"), FAULT_CASE_EXACT, true},
	    {SPAN("*b"), SPAN("abab"), FAULT_CASE_EXACT, true},
	    {SPAN("*b"), SPAN("aba"), FAULT_CASE_EXACT, false},
	    {SPAN("a*"), SPAN("ba"), FAULT_CASE_EXACT, false},
	    {SPAN("a*b*c"), SPAN("aXbYbZc"), FAULT_CASE_EXACT, true},
	    {SPAN("a*b*c"), SPAN("aXcYb"), FAULT_CASE_EXACT, false},
	    {SPAN("*ab"), SPAN("aab"), FAULT_CASE_EXACT, true},
	    {SPAN("*?"), SPAN("a"), FAULT_CASE_EXACT, true},
	    {SPAN("*?"), SPAN(""), FAULT_CASE_EXACT, false},
	    {SPAN("A"), SPAN("a"), FAULT_CASE_EXACT, false},
	    {SPAN("A"), SPAN("a"), FAULT_CASE_ANY, true},
	    {SPAN("a["), SPAN("A{"), FAULT_CASE_ANY, false},
	    {SPAN("*@X.test"), SPAN("bob@x.TEST"), FAULT_CASE_DOMAIN, true},
	    {SPAN("Bob@*"), SPAN("bob@x.test"), FAULT_CASE_DOMAIN, false},
	    {SPAN("bob@*"), SPAN("bob@x.test"), FAULT_CASE_DOMAIN, true},
	    {SPAN("\"A@b\"@C"), SPAN("\"a@b\"@c"), FAULT_CASE_DOMAIN, false},
	    {SPAN("\"A@b\"@C"), SPAN("\"A@b\"@c"), FAULT_CASE_DOMAIN, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (fault_match_glob(rows[i].glob, rows[i].text,
			rows[i].letters) != rows[i].fits)
			fail_msg("row %zu: %s", i, rows[i].glob.at);
}

/* Exponential would be never. */
static void
many_stars_are_quick(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_false(
	    fault_match_glob(SPAN("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"),
		span_make(text, sizeof(text)), FAULT_CASE_ANY));
}

static const struct span some[] = {{"a@one.test", 10}, {"b@two.test", 10}};

static struct fault_facts
facts_at(enum fault_moment moment)
{
	struct fault_facts facts = {
	    .moment = moment,
	    .session = SPAN("s1"),
	    .peer = SPAN("192.0.2.7"),
	    .listener = SPAN("smtp"),
	    .inbox = SPAN("box"),
	    .helo = SPAN("Client.Test"),
	    .user = SPAN("Eve"),
	    .mail_from = SPAN("me@From.test"),
	    .recipients = some,
	    .recipient_count = 2,
	    .size = 1025,
	    .header = SPAN("Subject: Very\r\n urgent\r\nX: 1\r\nx: 2\r\n"),
	    .session_number = 3,
	    .message_number = 2,
	};

	return facts;
}

static const struct {
	const char *text;
	enum fault_moment moment;
	bool fits;
} conditions[] = {
    {"rcpt", FAULT_RCPT, true},
    {"rcpt", FAULT_DATA, false},
    {"any", FAULT_QUIT, true},
    {"rcpt to=*@ONE.test", FAULT_RCPT, true},
    {"data to=*@two.test", FAULT_DATA, true},
    {"data to=*@three.test", FAULT_DATA, false},
    {"data to=a* to=*@one*", FAULT_DATA, true},
    /* Two people do not make the one that is asked for. */
    {"data to=a* to=*@two*", FAULT_DATA, false},
    {"any to=*", FAULT_RCPT, true},
    {"any to=*", FAULT_MAIL, false},
    {"any from=*", FAULT_HELO, false},
    {"mail from=me@from.TEST", FAULT_MAIL, true},
    {"mail from=<>", FAULT_MAIL, false},
    {"mail from=Me@*", FAULT_MAIL, false},
    {"mail helo=CLIENT.*", FAULT_MAIL, true},
    {"mail helo=x", FAULT_MAIL, false},
    {"connect peer=192.0.2.*", FAULT_CONNECT, true},
    {"connect peer=192.0.3.*", FAULT_CONNECT, false},
    {"mail user=Eve", FAULT_MAIL, true},
    {"mail user=eve", FAULT_MAIL, false},
    {"mail inbox=box", FAULT_MAIL, true},
    {"mail inbox=Box", FAULT_MAIL, false},
    {"mail listener=smtp", FAULT_MAIL, true},
    {"mail listener=lmtp", FAULT_MAIL, false},
    {"mail size>1024", FAULT_MAIL, true},
    {"mail size>1k", FAULT_MAIL, true},
    {"mail size>1025", FAULT_MAIL, false},
    {"mail nth-session=3", FAULT_MAIL, true},
    {"mail nth-session=2", FAULT_MAIL, false},
    {"mail nth-session=2-3", FAULT_MAIL, true},
    {"mail nth-session=4-", FAULT_MAIL, false},
    {"mail nth-message=2-", FAULT_MAIL, true},
    {"mail nth-message=1", FAULT_MAIL, false},
    {"body header:subject=\"very urgent\"", FAULT_BODY, true},
    {"body header:subject=very", FAULT_BODY, false},
    {"body header:X=2", FAULT_BODY, true},
    {"body header:X=3", FAULT_BODY, false},
    {"body header:Y=*", FAULT_BODY, false},
    {"body header:X=1 header:X=2", FAULT_BODY, true},
    {"body header:X=1 size>1M", FAULT_BODY, false},
    {"any per=recipient first=1", FAULT_HELO, false},
    {"any per=recipient first=1", FAULT_RCPT, true},
    {"any per=sender first=1", FAULT_HELO, false},
};

static void
conditions_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(conditions); i++) {
		struct fault_facts facts = facts_at(conditions[i].moment);
		struct fault_rule *rule = NULL;
		struct fault_error error;

		assert_int_equal(fault_rule_parse(&rule,
				     span_string(conditions[i].text), &error),
		    ERR_OK);
		if (fault_match(rule, &facts) != conditions[i].fits)
			fail_msg("%s", conditions[i].text);
		free(rule);
	}
}

static void
no_recipient_is_no_fit(void **state)
{
	struct fault_facts facts = facts_at(FAULT_BODY);
	struct fault_rule *rule = NULL;
	struct fault_error error;

	(void)state;
	facts.recipients = NULL;
	facts.recipient_count = 0;
	assert_int_equal(
	    fault_rule_parse(&rule, SPAN("body first=1 per=recipient"), &error),
	    ERR_OK);
	assert_false(fault_match(rule, &facts));
	free(rule);
}

static void
only_so_much_of_a_header_is_looked_at(void **state)
{
	char text[101 * 5 + 3000];
	struct fault_facts facts = facts_at(FAULT_BODY);
	struct fault_rule *rule = NULL;
	struct fault_error error;

	(void)state;
	for (size_t i = 0; i < 101; i++)
		memcpy(text + i * 5, i < 100 ? "X:1\r\n" : "X:2\r\n", 5);
	assert_int_equal(
	    fault_rule_parse(&rule, SPAN("body header:X=2"), &error), ERR_OK);
	facts.header = span_make(text, 101 * 5);
	assert_false(fault_match(rule, &facts));
	facts.header = span_make(text + 5, 100 * 5);
	assert_true(fault_match(rule, &facts));
	free(rule);
	memset(text, 'a', sizeof(text));
	memcpy(text, "X:", 2);
	text[2 + 2048] = 'b';
	assert_int_equal(
	    fault_rule_parse(&rule, SPAN("body header:X=*b*"), &error), ERR_OK);
	facts.header = span_make(text, sizeof(text));
	assert_false(fault_match(rule, &facts));
	text[2 + 2047] = 'b';
	assert_true(fault_match(rule, &facts));
	free(rule);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(globs_fit),
	    cmocka_unit_test(many_stars_are_quick),
	    cmocka_unit_test(conditions_fit),
	    cmocka_unit_test(no_recipient_is_no_fit),
	    cmocka_unit_test(only_so_much_of_a_header_is_looked_at),
	};

	return cmocka_run_group_tests_name("fault_match", tests, NULL, NULL);
}
