/* test_message: an envelope that is filled, read and used again. */
#include "message.h"

#include "unit.h"

#include <stdio.h>

static struct budget budget = {1024 * 1024, 0};
static const struct spool_rules rules = {&budget, 64 * 1024, NULL};

static void
remembers_fields(void **state)
{
	struct message *message = message_new(&rules);

	(void)state;
	assert_non_null(message);
	assert_int_equal(message_get(message, MESSAGE_HELO).len, 0);
	assert_true(message_set(message, MESSAGE_HELO, SPAN("one")));
	assert_true(message_set(message, MESSAGE_PEER, SPAN("::1")));
	assert_true(message_set(message, MESSAGE_HELO, SPAN("two")));
	assert_true(
	    span_equal(message_get(message, MESSAGE_HELO), SPAN("two")));
	assert_true(
	    span_equal(message_get(message, MESSAGE_PEER), SPAN("::1")));
	message_free(message);
}

static void
keeps_recipients_in_order(void **state)
{
	struct message *message = message_new(&rules);
	struct message_rcpt rcpt;
	char text[32];

	(void)state;
	assert_non_null(message);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "r%d@b.test", i);
		rcpt = (struct message_rcpt){
		    .address = span_string(text),
		    .params = i % 2 ? SPAN("NOTIFY=NEVER") : SPAN(""),
		    .reply = i % 3 ? SPAN("250 2.1.5 ok") : SPAN("550 no"),
		    .fault = i % 3 ? SPAN("") : SPAN("f1"),
		};
		assert_true(message_add_recipient(message, &rcpt));
	}
	assert_int_equal(message->recipient_count, 1000);
	rcpt = message_recipient(message, 999);
	assert_true(span_equal(rcpt.address, SPAN("r999@b.test")));
	assert_true(span_equal(rcpt.params, SPAN("NOTIFY=NEVER")));
	assert_true(span_equal(rcpt.fault, SPAN("f1")));
	assert_false(message_rcpt_is_accepted(&rcpt));
	rcpt = message_recipient(message, 1);
	assert_true(span_equal(rcpt.address, SPAN("r1@b.test")));
	assert_true(message_rcpt_is_accepted(&rcpt));
	assert_int_equal(message_recipient(message, 0).params.len, 0);
	message_free(message);
}

static void
learns_replies_later(void **state)
{
	struct message *message = message_new(&rules);
	struct message_rcpt rcpt = {.address = SPAN("a@b.test")};

	(void)state;
	assert_non_null(message);
	assert_true(message_add_recipient(message, &rcpt));
	assert_true(message_add_recipient(message, &rcpt));
	assert_false(message_rcpt_is_accepted(&rcpt));
	assert_true(
	    message_set_reply(message, 1, SPAN("250 2.1.5 ok"), SPAN("f1")));
	rcpt = message_recipient(message, 1);
	assert_true(message_rcpt_is_accepted(&rcpt));
	assert_true(span_equal(rcpt.fault, SPAN("f1")));
	assert_true(span_equal(rcpt.address, SPAN("a@b.test")));
	assert_int_equal(message_recipient(message, 0).reply.len, 0);
	message_free(message);
}

static void
is_empty_after_reset(void **state)
{
	struct message *message = message_new(&rules);
	struct span all;

	(void)state;
	assert_non_null(message);
	message->state = MESSAGE_REFUSED;
	assert_true(message_set(message, MESSAGE_USER, SPAN("u")));
	assert_true(message_add_recipient(
	    message, &(struct message_rcpt){.address = SPAN("a@b.test")}));
	assert_int_equal(spool_put(&message->body, SPAN("text")), ERR_OK);
	message_reset(message);
	assert_int_equal(message->state, MESSAGE_ACCEPTED);
	assert_int_equal(message->recipient_count, 0);
	assert_int_equal(message_get(message, MESSAGE_USER).len, 0);
	assert_true(spool_in_memory(&message->body, &all));
	assert_int_equal(all.len, 0);
	message_free(message);
	assert_int_equal(budget.used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(remembers_fields),
	    cmocka_unit_test(keeps_recipients_in_order),
	    cmocka_unit_test(learns_replies_later),
	    cmocka_unit_test(is_empty_after_reset),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
