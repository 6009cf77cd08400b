/* test_fault_rule: rules that can be read, and where those are wrong that
 * cannot. */
#include "fault_rule.h"

#include "fail_alloc.h"
#include "smtp.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct fault_rule *
parse(const char *text)
{
	struct fault_rule *rule = NULL;
	struct fault_error error;
	enum err err = fault_rule_parse(&rule, span_string(text), &error);

	if (err)
		fail_msg("%s: at %zu: %s", text, error.offset, error.text);
	return rule;
}

static const char *const good[] = {
    /* What the command line's page promises. */
    "rcpt to=*@full.test reply=452:4.2.2:\"Mailbox full\"",
    "data first=2 per=recipient reply=451:4.7.1:\"Greylisted, try again\"",
    "connect rate=5/s reply=421:4.7.0:\"Too many connections\"",
    "body every=3 drop=after-commit",
    "mail from=*@slow.test delay=2s",
    "any drip=10",
    "data stall",
    "rcpt chance=10%",
    "helo hide=PIPELINING;SMTPUTF8",
    "tls tls=fail",
    "connect tls=expired",
    "tls tls=wrong-host",
    "tls tls=self-signed",
    "body header:Subject=*urgent* drop",
    "body size>1M reply=552",
    "mail size>100k reply=552:5.3.4",
    "rcpt nth-session=3 nth-message=2 reply=450",
    "mail chance=30% reply=451:-:\"Chaos sender error\"",
    /* Each word at each kind of moment that it has. */
    "  connect\t peer=192.0.2.*  listener=smtp inbox=a drop=before-reply ",
    "CONNECT DROP=After-100-Bytes RST",
    "auth user=\"Some One\" helo=*.test reply=535:5.7.8",
    "any to=a@b.test reply=450",
    "any header:X=y size>1 from=<> nth-message=1 reply=421",
    "any first=2 per=recipient delay=10ms",
    "rset delay=0s",
    "quit stall # a comment \x01 \"",
    "quit rst",
    "rcpt",
    "rcpt id=greylist-2.b_c",
    "rcpt id=f1x",
    "rcpt to=a* to=*b",
    "body header:A=1 header:a=2 header:b=* reply=554:5.6.0",
    "mail from=\"\" delay=1.5h drip=1000000000",
    "rcpt nth-session=2-4 nth-message=3- chance=0.0001% per=session",
    "rcpt first=1 every=2 rate=3/h chance=100% per=sender",
    "data drop=after-0-bytes reply=451 rst",
    "connect delay=24h per=peer rate=1/m",
    "body per=inbox chance=0%",
};

/* What is given ends where its memory ends, so that a sanitizer sees a step
   too far. */
static enum err
parse_exactly(const char *text, size_t len, struct fault_error *error)
{
	char *copy = malloc(len ? len : 1);
	struct fault_rule *rule = NULL;
	enum err err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	err = fault_rule_parse(&rule, span_make(copy, len), error);
	free(copy);
	if (!err)
		free(rule);
	else
		assert_true(error->offset <= len && error->text[0]);
	return err;
}

static void
good_rules_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		size_t len = strlen(good[i]);
		struct fault_error error;
		struct fault_rule *rule = parse(good[i]);

		assert_true(rule->moments);
		assert_true(
		    span_equal(rule->text, span_trim(span_string(good[i]))));
		free(rule);
		for (size_t cut = 0; cut <= len; cut++)
			(void)parse_exactly(good[i], cut, &error);
	}
}

static const struct bad {
	const char *text;
	size_t offset;
	const char *says; /* a part of it */
} bad[] = {
    {"", 0, "begins with its moment"},
    {"  ", 2, "begins with its moment"},
    {"# no rule", 0, "begins with its moment"},
    {"  dat stall", 2, "begins with its moment"},
    {"rcpt=1 stall", 0, "begins with its moment"},
    {"rcpt mail stall", 5, "no word \"mail\""},
    {"rcpt stalls", 5, "no word \"stalls\""},
    {"rcpt id:x=y", 7, "id=NAME"},
    {"rcpt a\x01=b", 6, "control character"},
    {"rcpt to=a\nrcpt", 9, "control character"},
    {"rcpt to=\"a b", 8, "never closed"},
    {"rcpt to=\"a\\\"", 8, "never closed"},
    {"rcpt to=\"a\\b\"", 10, "backslash"},
    {"rcpt =b", 5, "\"=\" has no place here"},
    {"rcpt !stall", 5, "\"!\" has no place here"},
    {"rcpt to!=b", 7, "\"!\" has no place here"},
    {"rcpt to", 5, "to=*@example.com"},
    {"rcpt to>b", 5, "to=*@example.com"},
    {"rcpt to=", 8, "to=*@example.com"},
    {"mail to=a", 5, "to=a makes no sense at this moment, only at: rcpt data"},
    {"helo from=a", 5, "only at: mail rcpt data body"},
    {"connect helo=a", 8, "only at: tls helo"},
    {"connect user=a", 8, "only at: helo auth"},
    {"rcpt size>1M", 5, "only at: mail body"},
    {"mail size=1M", 5, "size>100k"},
    {"mail size>", 10, "size>100k"},
    {"mail size>1x", 10, "size>100k"},
    {"mail size>M", 10, "size>100k"},
    {"mail size>=1", 10, "size>100k"},
    {"mail size>18446744073709551615", 10, "size>100k"},
    {"mail size>18014398509481984k", 10, "size>100k"},
    {"data header:X=y", 5, "only at: body"},
    {"body header=y", 5, "header:NAME="},
    {"body header:=y", 5, "header:NAME="},
    {"body header:X", 5, "header:NAME="},
    {"body header:a\"b c\"=y", 5, "header:NAME="},
    {"rcpt nth-session=0", 17, "nth-session=3"},
    {"rcpt nth-session=3-2", 17, "nth-session=3"},
    {"rcpt nth-session=-2", 17, "nth-session=3"},
    {"rcpt nth-session=1-x", 17, "nth-session=3"},
    {"connect nth-message=1", 8, "only at: mail"},
    {"rcpt first=0", 11, "1 or more"},
    {"rcpt first=-1", 11, "1 or more"},
    {"rcpt every=x", 11, "1 or more"},
    {"rcpt every=99999999999999999999", 11, "1 or more"},
    {"rcpt rate=5", 10, "rate=5/s"},
    {"rcpt rate=5/d", 10, "rate=5/s"},
    {"rcpt rate=0/s", 10, "rate=5/s"},
    {"rcpt rate=5/2s", 10, "rate=5/s"},
    {"rcpt rate=/s", 10, "rate=5/s"},
    {"rcpt chance=10", 12, "0% to 100%"},
    {"rcpt chance=%", 12, "0% to 100%"},
    {"rcpt chance=101%", 12, "0% to 100%"},
    {"rcpt chance=100.0001%", 12, "0% to 100%"},
    {"rcpt chance=1.%", 12, "0% to 100%"},
    {"rcpt chance=.5%", 12, "0% to 100%"},
    {"rcpt chance=1.00001%", 12, "0% to 100%"},
    {"rcpt chance=99999999999999999999%", 12, "0% to 100%"},
    {"rcpt chance=9999999999999999%", 12, "0% to 100%"},
    {"rcpt first=1 per=user", 17, "per=recipient"},
    {"mail first=1 per=recipient", 13, "only at: rcpt data body"},
    {"helo first=1 per=sender", 13, "only at: mail rcpt data body"},
    {"rcpt per=peer stall", 5, "per= needs"},
    {"rcpt first=1 stall first=2", 19, "first is given twice"},
    {"rcpt reply=450 reply=451", 15, "reply is given twice"},
    {"rcpt id=\"\"", 8, "id=NAME"},
    {"rcpt id=f12", 8, "f12 is an id that the server gives"},
    {"rcpt id=a/b", 8, "letters, digits"},
    {"rcpt reply=250", 11, "400 to 599"},
    {"rcpt reply=600", 11, "400 to 599"},
    {"rcpt reply=0451", 11, "400 to 599"},
    {"rcpt reply=", 11, "reply=451"},
    {"rcpt reply=:x", 11, "400 to 599"},
    {"rcpt reply=451:5.7.1", 15, "of a 451 begins with 4"},
    {"rcpt reply=451:4.7", 15, "looks like 4.7.1"},
    {"rcpt reply=451:4.7.1.1", 15, "looks like 4.7.1"},
    {"rcpt reply=451:4.7777.1", 15, "looks like 4.7.1"},
    {"rcpt reply=551:4..1:x", 15, "looks like 5.7.1"},
    {"rcpt reply=451:", 15, "may not be empty"},
    {"rcpt reply=451:4.7.1:", 21, "may not be empty"},
    {"rcpt reply=451:-:\"\"", 17, "may not be empty"},
    {"rcpt reply=451:\"a\\t\"", 17, "backslash"},
    {"rcpt delay=2", 11, "delay=500ms"},
    {"rcpt delay=s", 11, "delay=500ms"},
    {"rcpt delay=2d", 11, "delay=500ms"},
    {"rcpt delay=-2s", 11, "delay=500ms"},
    {"rcpt delay=1.2345s", 11, "delay=500ms"},
    {"rcpt delay=25h", 11, "at most 24h"},
    {"rcpt delay=86400001ms", 11, "at most 24h"},
    {"rcpt drip=0", 10, "drip=10"},
    {"rcpt drip=1000000001", 10, "drip=10"},
    {"rcpt drip=4294967297", 10, "drip=10"},
    {"rcpt stall=1", 5, "without a value"},
    {"rcpt rst=1", 5, "without a value"},
    {"rcpt drop=later", 10, "drop=before-reply"},
    {"rcpt drop>1", 5, "drop=before-reply"},
    {"rcpt drop=", 10, "drop=before-reply"},
    {"rcpt drop=after-", 10, "drop=before-reply"},
    {"rcpt drop=after-bytes", 10, "drop=before-reply"},
    {"rcpt drop=after--bytes", 10, "drop=before-reply"},
    {"rcpt drop=after-9-octet", 10, "drop=before-reply"},
    {"rcpt drop=after-commit", 5,
	"drop=after-commit makes no sense at this moment, only at: body"},
    {"any drop=after-commit", 4, "only at: body"},
    {"body drop=after-9-bytes", 5, "only at: connect helo auth mail rcpt data"},
    {"tls drop=after-9-bytes", 4, "only at: connect helo"},
    {"mail hide=SIZE", 5, "only at: helo"},
    {"any hide=SIZE", 4, "only at: helo"},
    {"helo hide=SIZE;NONE", 15, "no keyword \"NONE\""},
    {"helo hide=;SIZE", 10, "no keyword \"\""},
    {"mail tls=fail", 5, "only at: connect tls"},
    {"any tls=fail", 4, "only at: connect tls"},
    {"tls tls=odd", 8, "tls=fail"},
    {"rcpt stall reply=450", 11, "no reply is sent"},
    {"rcpt reply=450 stall", 15, "no reply is sent"},
    {"rcpt stall delay=1s", 11, "never ends"},
    {"rcpt stall drip=1", 11, "no reply is sent"},
    {"rcpt stall drop", 11, "keeps the connection"},
    {"rcpt stall drop=after-9-bytes", 11, "keeps the connection"},
    {"rcpt stall rst", 11, "keeps the connection"},
    {"helo stall hide=SIZE", 11, "no reply is sent"},
    {"tls stall tls=fail", 10, "no handshake"},
    {"rcpt drop reply=450", 10, "no reply is sent"},
    {"rcpt drop drip=3", 10, "no reply is sent"},
    {"helo drop hide=SIZE", 10, "no reply is sent"},
    {"tls drop tls=fail", 9, "no handshake"},
    {"rcpt rst reply=450", 9, "no reply is sent"},
    {"rcpt rst drip=3", 9, "no reply is sent"},
    {"helo rst hide=SIZE", 9, "no reply is sent"},
    {"tls rst tls=fail", 8, "no handshake"},
    {"helo hide=SIZE reply=550", 15, "no keywords"},
    {"tls tls=fail reply=454", 13, "no handshake"},
};

static void
bad_rules_point_at_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fault_error error;
		enum err err =
		    parse_exactly(bad[i].text, strlen(bad[i].text), &error);

		if (err != ERR_DATA || error.offset != bad[i].offset ||
		    !strstr(error.text, bad[i].says))
			fail_msg("%s: %d at %zu: %s", bad[i].text, (int)err,
			    error.offset, error.text);
	}
}

static void
ceilings_are_refused(void **state)
{
	char text[FAULT_RULE_MAX + 2];
	struct fault_error error;
	char *at = text;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "rcpt to=", 8);
	assert_int_equal(parse_exactly(text, FAULT_RULE_MAX, &error), ERR_OK);
	assert_int_equal(
	    parse_exactly(text, FAULT_RULE_MAX + 1, &error), ERR_DATA);
	memcpy(text, "rcpt reply=451:", 15);
	assert_int_equal(
	    parse_exactly(text, 15 + FAULT_TEXT_MAX, &error), ERR_OK);
	assert_int_equal(
	    parse_exactly(text, 15 + FAULT_TEXT_MAX + 1, &error), ERR_DATA);
	assert_int_equal(error.offset, 15);
	memset(text, 'x', sizeof(text));
	memcpy(text, "rcpt id=", 8);
	assert_int_equal(parse_exactly(text, 8 + FAULT_ID_MAX, &error), ERR_OK);
	assert_int_equal(
	    parse_exactly(text, 8 + FAULT_ID_MAX + 1, &error), ERR_DATA);
	memcpy(at, "rcpt", 4);
	at += 4;
	for (int i = 0; i <= FAULT_CONDITIONS_MAX; i++, at += 5)
		memcpy(at, " to=a", 5);
	assert_int_equal(
	    parse_exactly(text, (size_t)(at - text), &error), ERR_DATA);
	assert_int_equal(error.offset, at - text - 4);
	assert_int_equal(
	    parse_exactly(text, (size_t)(at - text) - 5, &error), ERR_OK);
}

static void
values_mean_what_they_say(void **state)
{
	struct fault_rule *rule;

	(void)state;
	rule = parse("mail from=<a@b.test> size>2k nth-message=3-5 first=2 "
		     "every=3 rate=4/m chance=12.5% per=sender id=x "
		     "reply=452 delay=1.5s drip=7");
	assert_int_equal(rule->moments, FAULT_MAIL);
	assert_int_equal(rule->condition_count, 3);
	assert_int_equal(rule->conditions[0].subject, FAULT_OF_FROM);
	assert_true(span_equal(rule->conditions[0].glob, SPAN("a@b.test")));
	assert_int_equal(rule->conditions[1].lowest, 2049);
	assert_true(rule->conditions[1].most == UINT64_MAX);
	assert_int_equal(rule->conditions[2].lowest, 3);
	assert_int_equal(rule->conditions[2].most, 5);
	assert_int_equal(rule->first, 2);
	assert_int_equal(rule->every, 3);
	assert_int_equal(rule->rate, 4);
	assert_int_equal(rule->rate_us, 60 * 1000000);
	assert_int_equal(rule->chance, 125000);
	assert_int_equal(rule->per, FAULT_PER_SENDER);
	assert_true(span_equal(rule->id, SPAN("x")));
	assert_int_equal(rule->action.code, 452);
	assert_int_equal(rule->action.delay_us, 1500000);
	assert_int_equal(rule->action.drip, 7);
	free(rule);
}

static void
actions_mean_what_they_say(void **state)
{
	static const struct {
		const char *text;
		struct fault_action action;
	} rows[] = {
	    {"rcpt drop", {.drop = FAULT_DROP_NOW}},
	    {"rcpt rst", {.drop = FAULT_DROP_NOW, .reset = true}},
	    {"rcpt rst drop=before-reply",
		{.drop = FAULT_DROP_BEFORE_REPLY, .reset = true}},
	    {"body drop=after-commit", {.drop = FAULT_DROP_AFTER_COMMIT}},
	    {"data drop=after-17-bytes",
		{.drop = FAULT_DROP_AFTER_BYTES, .drop_bytes = 17}},
	    {"rcpt stall", {.stall = true}},
	    {"rcpt delay=250ms", {.delay_us = 250000}},
	    {"rcpt delay=2m", {.delay_us = 120000000}},
	    {"rcpt delay=24h", {.delay_us = INT64_C(86400000000)}},
	    {"helo hide=size", {.hide = SMTP_SIZE}},
	    {"helo hide=SIZE;pipelining;",
		{.hide = SMTP_SIZE | SMTP_PIPELINING}},
	    {"helo hide=\"SIZE\"", {.hide = SMTP_SIZE}},
	    {"tls tls=fail", {.tls = FAULT_TLS_FAIL}},
	    {"tls tls=expired", {.tls = FAULT_TLS_EXPIRED}},
	    {"tls tls=wrong-host", {.tls = FAULT_TLS_WRONG_HOST}},
	    {"tls tls=Self-Signed", {.tls = FAULT_TLS_SELF_SIGNED}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault_rule *rule = parse(rows[i].text);

		assert_int_equal(rule->usual, 0);
		assert_memory_equal(
		    &rule->action, &rows[i].action, sizeof(rows[i].action));
		free(rule);
	}
}

static void
quotes_are_taken_away(void **state)
{
	static const struct {
		const char *text;
		struct span glob;
	} rows[] = {
	    {"rcpt to=plain", SPAN("plain")},
	    {"rcpt to=\"a b\"", SPAN("a b")},
	    {"rcpt to=\"\"", SPAN("")},
	    {"rcpt to=\"\\\"a b\\\"@x.test\"", SPAN("\"a b\"@x.test")},
	    {"rcpt to=a\" \"b\"#\"c", SPAN("a b#c")},
	    {"rcpt to=\"a\"\"b\"", SPAN("ab")},
	    {"rcpt to=\"\\\\\"", SPAN("\\")},
	    {"rcpt to=\\", SPAN("\\")},
	    {"rcpt to=a#b", SPAN("a#b")},
	    {"rcpt to=a=b:c>d", SPAN("a=b:c>d")},
	    {"rcpt to=<>", SPAN("")},
	    {"rcpt to=<", SPAN("<")},
	    {"rcpt to=\xc3\xa4@x", SPAN("\xc3\xa4@x")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault_rule *rule = parse(rows[i].text);

		if (!span_equal(rule->conditions[0].glob, rows[i].glob))
			fail_msg("%s: %.*s", rows[i].text,
			    SPAN_ARG(rule->conditions[0].glob));
		free(rule);
	}
}

static void
each_allocation_may_fail(void *context)
{
	struct fault_rule *rule = NULL;
	struct fault_error error;
	enum err err = fault_rule_parse(
	    &rule, SPAN("rcpt to=\"a b\" reply=451:\"c d\""), &error);

	(void)context;
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	free(rule);
}

static void
memory_may_fail(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(each_allocation_may_fail, NULL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_rules_are_read),
	    cmocka_unit_test(bad_rules_point_at_the_place),
	    cmocka_unit_test(ceilings_are_refused),
	    cmocka_unit_test(values_mean_what_they_say),
	    cmocka_unit_test(actions_mean_what_they_say),
	    cmocka_unit_test(quotes_are_taken_away),
	    cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests_name("fault_rule", tests, NULL, NULL);
}
