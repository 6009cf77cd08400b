/* test_fault: sets of rules, and what they decide. */
#include "fault.h"

#include "fail_alloc.h"
#include "fault_set.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void
the_first_that_fits_acts(void **state)
{
	struct fault_set *set = set_of(1,
	    "mail reply=550\n"
	    "rcpt to=ann@* first=1 reply=450:4.2.1:\"Wait\"\n"
	    "rcpt to=ann@* reply=451\r\n"
	    "# never\n"
	    "\n"
	    "  rcpt to=a* id=last reply=452 # a comment");
	struct fault_facts facts = rcpt(&ann);
	struct fault_action action;
	struct fault_view view;
	struct smtp_reply reply;

	(void)state;
	assert_int_equal(fault_moments(set), FAULT_MAIL | FAULT_RCPT);
	assert_true(fault_decide(set, &facts, &action));
	assert_string_equal(action.rule, "f2");
	reply = fault_reply(&action);
	assert_int_equal(reply.code, 450);
	assert_string_equal(reply.enhanced, "4.2.1");
	assert_true(span_equal(reply.text, SPAN("Wait")));
	assert_true(fault_decide(set, &facts, &action));
	assert_string_equal(action.rule, "f3");
	facts = rcpt(&bob);
	assert_false(fault_decide(set, &facts, &action));
	assert_true(fault_view(set, 1, &view));
	assert_string_equal(view.id, "f2");
	assert_int_equal(view.seen, 2);
	assert_int_equal(view.acted, 1);
	assert_true(fault_view(set, 3, &view));
	assert_string_equal(view.id, "last");
	assert_true(span_equal(
	    view.text, SPAN("rcpt to=a* id=last reply=452 # a comment")));
	assert_int_equal(view.seen, 0);
	assert_false(fault_view(set, 4, &view));
	fault_set_free(set);
}

static void
replies_have_usual_words(void **state)
{
	static const struct {
		const char *rule;
		enum fault_moment moment;
		int code;
		const char *enhanced; /* NULL: none */
		const char *text;     /* NULL: any */
	} rows[] = {
	    {"rcpt", FAULT_RCPT, 451, "4.3.0", NULL},
	    {"any", FAULT_CONNECT, 421, "4.3.2", NULL},
	    {"any", FAULT_AUTH, 454, "4.7.0", NULL},
	    {"any", FAULT_TLS, 454, "4.7.0", "TLS not available for now"},
	    {"any", FAULT_QUIT, 451, "4.3.0", NULL},
	    {"rcpt reply=550", FAULT_RCPT, 550, "5.1.1", "No such user here"},
	    {"mail reply=550", FAULT_MAIL, 550, "5.7.1", "Refused"},
	    {"rcpt reply=552", FAULT_RCPT, 552, "5.2.2", "Mailbox full"},
	    {"body reply=552", FAULT_BODY, 552, "5.3.4", "Message too big"},
	    {"rcpt reply=499", FAULT_RCPT, 499, "4.0.0", NULL},
	    {"rcpt reply=599", FAULT_RCPT, 599, "5.0.0", "Refused"},
	    {"rcpt reply=451:4.7.1", FAULT_RCPT, 451, "4.7.1",
		"Local error in processing, try again later"},
	    {"rcpt reply=451:-", FAULT_RCPT, 451, NULL,
		"Local error in processing, try again later"},
	    {"rcpt reply=451:busy", FAULT_RCPT, 451, "4.3.0", "busy"},
	    {"rcpt reply=451:\"a: b\"", FAULT_RCPT, 451, "4.3.0", "a: b"},
	    {"rcpt reply=451:\"4.7.1\"", FAULT_RCPT, 451, "4.3.0", "4.7.1"},
	    {"rcpt reply=451:4.7.1:a:b", FAULT_RCPT, 451, "4.7.1", "a:b"},
	    {"rcpt reply=451:\"one\\ntwo\"", FAULT_RCPT, 451, "4.3.0",
		"one\ntwo"},
	    {"mail reply=451:-:\"Chaos sender error\"", FAULT_MAIL, 451, NULL,
		"Chaos sender error"},
	    {"rcpt reply=554:5.123.456:x", FAULT_RCPT, 554, "5.123.456", "x"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault_set *set = set_of(1, rows[i].rule);
		struct fault_facts facts = rcpt(&ann);
		struct fault_action action;
		struct smtp_reply reply;

		facts.moment = rows[i].moment;
		assert_true(fault_decide(set, &facts, &action));
		reply = fault_reply(&action);
		assert_int_equal(reply.code, rows[i].code);
		assert_int_equal(!reply.enhanced, !rows[i].enhanced);
		if (reply.enhanced)
			assert_string_equal(reply.enhanced, rows[i].enhanced);
		assert_true(reply.text.len);
		if (rows[i].text)
			assert_string_equal(action.text, rows[i].text);
		fault_set_free(set);
	}
}

static void
other_actions_have_no_reply(void **state)
{
	struct fault_set *set = set_of(1, "rcpt delay=2s");
	struct fault_facts facts = rcpt(&ann);
	struct fault_action action;

	(void)state;
	assert_true(fault_decide(set, &facts, &action));
	assert_int_equal(action.code, 0);
	assert_int_equal(action.delay_us, 2000000);
	fault_set_free(set);
}

/* What the action holds survives the set. */
static void
an_action_borrows_nothing(void **state)
{
	struct fault_set *set =
	    set_of(1, "rcpt id=own reply=450:4.1.1:\"Words\"");
	struct fault_facts facts = rcpt(&ann);
	struct fault_action action;

	(void)state;
	assert_true(fault_decide(set, &facts, &action));
	fault_set_free(set);
	assert_string_equal(action.rule, "own");
	assert_string_equal(action.enhanced, "4.1.1");
	assert_string_equal(action.text, "Words");
}

/* '!' where the rule acts, '.' where it does not. */
static void
assert_pattern(const char *rule, const char *pattern)
{
	struct fault_set *set = set_of(1, rule);
	struct fault_facts facts = rcpt(&ann);

	for (size_t i = 0; pattern[i]; i++)
		if (acts(set, &facts) != (pattern[i] == '!'))
			fail_msg("%s: number %zu", rule, i);
	fault_set_free(set);
}

static void
counters_count(void **state)
{
	(void)state;
	assert_pattern("rcpt first=2", "!!....");
	assert_pattern("rcpt every=3", "..!..!..!");
	assert_pattern("rcpt every=2 first=4", ".!.!....");
	assert_pattern("rcpt every=1", "!!!");
	assert_pattern("rcpt rate=2/s", "..!!!");
	assert_pattern("rcpt rate=2/s every=2", "...!.!");
	assert_pattern("rcpt chance=0%", "........");
	assert_pattern("rcpt chance=100%", "!!!!!!!!");
}

static void
rates_have_periods(void **state)
{
	static const struct {
		const char *rule;
		int64_t period_us;
	} rows[] = {
	    {"rcpt rate=2/s", 1000000},
	    {"rcpt rate=2/m", 60000000},
	    {"rcpt rate=2/h per=peer", INT64_C(3600000000)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault_set *set = set_of(1, rows[i].rule);
		struct fault_facts facts = rcpt(&ann);

		facts.now_us = 17;
		assert_false(acts(set, &facts));
		facts.now_us += rows[i].period_us / 2;
		assert_false(acts(set, &facts));
		assert_true(acts(set, &facts));
		facts.now_us = 17 + rows[i].period_us - 1;
		assert_true(acts(set, &facts));
		/* What was refused does not count against the next. */
		facts.now_us = 17 + rows[i].period_us;
		assert_false(acts(set, &facts));
		assert_false(acts(set, &facts));
		assert_true(acts(set, &facts));
		fault_set_free(set);
	}
}

static void
each_key_counts_apart(void **state)
{
	struct fault_set *set = set_of(1, "rcpt first=2 per=recipient");
	struct fault_facts to_ann = rcpt(&ann);
	struct fault_facts to_same = rcpt(&ann_again);
	struct fault_facts to_bob = rcpt(&bob);

	(void)state;
	assert_true(acts(set, &to_ann));
	assert_true(acts(set, &to_bob));
	assert_true(acts(set, &to_same));
	assert_false(acts(set, &to_ann));
	assert_true(acts(set, &to_bob));
	assert_false(acts(set, &to_bob));
	fault_set_free(set);
}

/* Changes one fact, and sees whether it has a count of its own. */
static void
each_per_has_its_key(void **state)
{
	static const struct {
		const char *rule;
		size_t offset; /* of the span that makes the difference */
	} rows[] = {
	    {"rcpt first=1 per=sender",
		offsetof(struct fault_facts, mail_from)},
	    {"rcpt first=1 per=peer", offsetof(struct fault_facts, peer)},
	    {"rcpt first=1 per=session", offsetof(struct fault_facts, session)},
	    {"rcpt first=1 per=inbox", offsetof(struct fault_facts, inbox)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t j = 0; j < COUNT(rows); j++) {
			struct fault_set *set = set_of(1, rows[i].rule);
			struct fault_facts facts = rcpt(&ann);

			assert_true(acts(set, &facts));
			assert_false(acts(set, &facts));
			*(struct span *)((char *)&facts + rows[j].offset) =
			    SPAN("another");
			assert_int_equal(acts(set, &facts), i == j);
			fault_set_free(set);
		}
	}
}

/* At DATA all recipients count, and any whose turn it is makes it act. */
static void
several_recipients_count_at_once(void **state)
{
	struct fault_set *set =
	    set_of(1, "data to=*@x.test first=1 per=recipient");
	struct span both[] = {ann, bob};
	struct fault_facts facts = rcpt(&ann);

	(void)state;
	facts.moment = FAULT_DATA;
	assert_true(acts(set, &facts));
	facts.recipients = both;
	facts.recipient_count = 2;
	assert_true(acts(set, &facts));
	assert_false(acts(set, &facts));
	facts.recipients = &bob;
	facts.recipient_count = 1;
	assert_false(acts(set, &facts));
	fault_set_free(set);
}

/* Those that the rule is not about do not use its counts. */
static void
other_recipients_do_not_count(void **state)
{
	struct fault_set *set =
	    set_of(1, "data to=bob@* first=1 per=recipient");
	struct span both[] = {ann, bob};
	struct fault_facts facts = rcpt(&ann);

	(void)state;
	facts.moment = FAULT_DATA;
	facts.recipients = both;
	facts.recipient_count = 2;
	assert_true(acts(set, &facts));
	assert_false(acts(set, &facts));
	fault_set_free(set);
}

/* ---- changing a set */

static void
ids_are_never_reused(void **state)
{
	struct fault_set *set = set_of(1, "rcpt\nmail\n");
	struct fault_error error;
	struct fault_view view;
	const char *id = NULL;

	(void)state;
	assert_true(fault_remove(set, SPAN("f2")));
	assert_false(fault_remove(set, SPAN("f2")));
	assert_false(fault_remove(set, SPAN("f")));
	assert_int_equal(fault_moments(set), FAULT_RCPT);
	assert_int_equal(fault_add(set, SPAN("data\r\n"), &error, &id), ERR_OK);
	assert_string_equal(id, "f3");
	fault_clear(set);
	assert_int_equal(fault_moments(set), 0);
	assert_false(fault_view(set, 0, &view));
	assert_int_equal(fault_add(set, SPAN("data"), &error, NULL), ERR_OK);
	assert_true(fault_view(set, 0, &view));
	assert_string_equal(view.id, "f4");
	assert_int_equal(fault_replace(set, SPAN("rcpt"), &error), ERR_OK);
	assert_true(fault_view(set, 0, &view));
	assert_string_equal(view.id, "f5");
	fault_set_free(set);
}

static void
names_may_come_back(void **state)
{
	struct fault_set *set = set_of(1, "rcpt first=1 per=peer id=a");
	struct fault_facts facts = rcpt(&ann);
	struct fault_error error;

	(void)state;
	assert_true(acts(set, &facts));
	assert_int_equal(
	    fault_add(set, SPAN(" mail id=a"), &error, NULL), ERR_EXISTS);
	assert_int_equal(error.offset, 9);
	assert_int_equal(error.line, 1);
	assert_int_equal(error.column, 10);
	assert_true(strstr(error.text, "the id a") != NULL);
	assert_true(fault_remove(set, SPAN("a")));
	assert_false(acts(set, &facts));
	assert_int_equal(
	    fault_add(set, SPAN("rcpt first=1 per=peer id=a"), &error, NULL),
	    ERR_OK);
	assert_true(acts(set, &facts));
	assert_false(acts(set, &facts));
	fault_set_free(set);
}

static void
removal_keeps_the_others_counts(void **state)
{
	struct fault_set *set = set_of(1,
	    "mail\n"
	    "rcpt first=1 per=peer reply=450\n"
	    "rcpt every=2 reply=451\n");
	struct fault_facts facts = rcpt(&ann);
	struct fault_action action;

	(void)state;
	assert_true(acts(set, &facts));
	assert_false(acts(set, &facts));
	assert_true(fault_remove(set, SPAN("f1")));
	assert_true(fault_decide(set, &facts, &action));
	assert_string_equal(action.rule, "f3");
	fault_set_free(set);
}

static void
an_inbox_takes_its_rules_along(void **state)
{
	struct fault_set *set = set_of(
	    1, "rcpt inbox=box\nmail inbox=b* \nrcpt to=x inbox=box\nmail\n");
	struct fault_view view;

	(void)state;
	assert_int_equal(fault_remove_inbox(set, SPAN("box")), 2);
	assert_int_equal(fault_remove_inbox(set, SPAN("box")), 0);
	assert_true(fault_view(set, 1, &view));
	assert_string_equal(view.id, "f4");
	assert_false(fault_view(set, 2, &view));
	fault_set_free(set);
}

static void
rules_are_exchanged(void **state)
{
	static const struct span ids[] = {{"b", 1}, {"f1", 2}, {"none", 4}};
	struct fault_set *set = set_of(1, "rcpt\nmail id=a\ndata id=b\n");
	struct fault_error error;
	struct fault_view view;

	(void)state;
	assert_int_equal(fault_exchange(set, ids, COUNT(ids),
			     SPAN("rset id=b\nquit chance=5% drip=3"), &error),
	    ERR_OK);
	assert_int_equal(
	    fault_moments(set), FAULT_MAIL | FAULT_RSET | FAULT_QUIT);
	assert_true(fault_view(set, 1, &view));
	assert_string_equal(view.id, "b");
	assert_true(fault_find(set, SPAN("f2"), &view));
	assert_true(span_equal(view.text, SPAN("quit chance=5% drip=3")));
	assert_int_equal(view.chance, 50000);
	assert_int_equal(view.action->drip, 3);
	assert_false(fault_find(set, SPAN("f1"), &view));
	fault_set_free(set);
}

static void
a_bad_exchange_changes_nothing(void **state)
{
	static const struct span ids[] = {{"a", 1}};
	struct fault_set *set = set_of(1, "mail id=a\ndata id=b\n");
	struct fault_error error;

	(void)state;
	assert_int_equal(
	    fault_exchange(set, ids, 1, SPAN("rset\nrset x"), &error),
	    ERR_DATA);
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, 6);
	assert_int_equal(
	    fault_exchange(set, ids, 1, SPAN("rset\nrset id=b"), &error),
	    ERR_EXISTS);
	assert_non_null(strstr(error.text, "the id b"));
	assert_int_equal(fault_moments(set), FAULT_MAIL | FAULT_DATA);
	fault_set_free(set);
}

static void
a_bad_line_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		size_t offset, line, column;
	} rows[] = {
	    {"bad", 0, 1, 1},
	    {"rcpt\n\n# x\r\n  rcpt firs=2\nmail", 18, 4, 8},
	    {"rcpt id=a\nmail id=a", 18, 2, 9},
	    {"rcpt to=\"a\nmail\"", 8, 1, 9},
	    {"rcpt to=", 8, 1, 9},
	};
	struct fault_set *set = set_of(1, "rcpt first=1");
	struct fault_facts facts = rcpt(&ann);
	struct fault_view view;

	(void)state;
	assert_true(acts(set, &facts));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault_error error;

		assert_int_not_equal(
		    fault_replace(set, span_string(rows[i].text), &error),
		    ERR_OK);
		assert_int_equal(error.offset, rows[i].offset);
		assert_int_equal(error.line, rows[i].line);
		assert_int_equal(error.column, rows[i].column);
	}
	assert_false(acts(set, &facts));
	assert_true(fault_view(set, 0, &view));
	assert_string_equal(view.id, "f1");
	fault_set_free(set);
}

static void
a_set_has_a_ceiling(void **state)
{
	struct fault_set *set = set_of(1, "");
	struct fault_error error;
	char *text = malloc((FAULT_RULES_MAX + 1) * 5);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < FAULT_RULES_MAX + 1; i++)
		memcpy(text + i * 5, "rcpt\n", 5);
	assert_int_equal(
	    fault_replace(set, span_make(text, FAULT_RULES_MAX * 5), &error),
	    ERR_OK);
	assert_int_equal(fault_add(set, SPAN("rcpt"), &error, NULL), ERR_LIMIT);
	assert_true(error.text[0]);
	assert_int_equal(
	    fault_replace(
		set, span_make(text, (FAULT_RULES_MAX + 1) * 5), &error),
	    ERR_LIMIT);
	assert_int_equal(error.line, FAULT_RULES_MAX + 1);
	assert_int_equal(
	    fault_exchange(set, NULL, 0, SPAN("rcpt"), &error), ERR_LIMIT);
	assert_int_equal(fault_exchange(set, (struct span[]){SPAN("f76")}, 1,
			     SPAN("rcpt"), &error),
	    ERR_OK);
	assert_true(fault_remove(set, SPAN("f77")));
	assert_int_equal(fault_add(set, SPAN("rcpt"), &error, NULL), ERR_OK);
	free(text);
	fault_set_free(set);
}

static void
scenario(void *context)
{
	struct fault_set *set = fault_set_new(1);
	struct fault_facts facts = rcpt(&ann);
	struct fault_error error;
	struct fault_action action;
	enum err err;

	(void)context;
	if (!set) {
		assert_true(fail_alloc_happened());
		return;
	}
	err = fault_add(set, SPAN("rcpt first=1 per=peer"), &error, NULL);
	assert_true(err == ERR_OK || err == ERR_MEMORY);
	if (!err && !fault_decide(set, &facts, &action))
		assert_true(fail_alloc_happened());
	err = fault_exchange(set, NULL, 0, SPAN("data\nquit"), &error);
	assert_int_equal(err == ERR_MEMORY, !(fault_moments(set) & FAULT_QUIT));
	err = fault_replace(set, SPAN("mail\nrcpt\n"), &error);
	assert_true(err == ERR_OK || err == ERR_MEMORY);
	assert_int_equal(
	    err == ERR_MEMORY, fault_moments(set) != (FAULT_MAIL | FAULT_RCPT));
	fault_set_free(set);
}

static void
memory_may_fail(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(scenario, NULL) >= 8);
	fault_set_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_that_fits_acts),
	    cmocka_unit_test(replies_have_usual_words),
	    cmocka_unit_test(other_actions_have_no_reply),
	    cmocka_unit_test(an_action_borrows_nothing),
	    cmocka_unit_test(counters_count),
	    cmocka_unit_test(rates_have_periods),
	    cmocka_unit_test(each_key_counts_apart),
	    cmocka_unit_test(each_per_has_its_key),
	    cmocka_unit_test(several_recipients_count_at_once),
	    cmocka_unit_test(other_recipients_do_not_count),
	    cmocka_unit_test(ids_are_never_reused),
	    cmocka_unit_test(names_may_come_back),
	    cmocka_unit_test(removal_keeps_the_others_counts),
	    cmocka_unit_test(an_inbox_takes_its_rules_along),
	    cmocka_unit_test(rules_are_exchanged),
	    cmocka_unit_test(a_bad_exchange_changes_nothing),
	    cmocka_unit_test(a_bad_line_changes_nothing),
	    cmocka_unit_test(a_set_has_a_ceiling),
	    cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
