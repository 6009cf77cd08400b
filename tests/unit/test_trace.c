/* test_trace: the fields of delivery, made of envelopes of all kinds. */
#include "trace.h"

#include "fail_alloc.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct budget budget = {1024 * 1024, 0};
static const struct spool_rules rules = {&budget, 64 * 1024, NULL};

struct row {
	const char *mail_from;
	const char *helo;
	const char *rcpts[4]; /* '!' before it: refused */
	const char *header;
	const char *want;
};

static const struct row rows[] = {
    {"f@a.test", "h.test", {"x@b.test"}, "To: X <X@b.test>\r\n",
	"Message-ID: <0000000000000000000001@mailstop>\r\n"
	"Return-Path: <f@a.test>\r\n"
	"Received: from h.test ([192.0.2.1])\r\n"
	"        by mailstop with ESMTP id 0000000000000000000001\r\n"
	"        for <x@b.test>; Tue, 25 Mar 2003 11:37:02 +0000\r\n"},
    {"f@a.test", "", {"x@b.test", "y@b.test", "Y@b.test", "z@b.test"},
	"Cc: z@b.test\r\nMessage-ID: <1@x>\r\nReturn-Path: <f@a.test>\r\n",
	"Bcc: x@b.test, y@b.test\r\n"},
    {"", "", {"!no@b.test", "s@b.test"},
	"Bcc: old@b.test\r\nMessage-ID: <1@x>\r\n", "Bcc: s@b.test\r\n"},
    {"e\r\nX: y@a.test", "", {"s@b.test"},
	"To: s@b.test\r\nMessage-ID: <1@x>\r\nReturn-Path: <o@a.test>\r\n",
	"Return-Path: <e??X: y@a.test>\r\n"},
};

static struct message *
make_message(const struct row *row)
{
	struct message *message = message_new(&rules);

	assert_non_null(message);
	(void)snprintf(
	    message->id, sizeof(message->id), "0000000000000000000001");
	message->received_us = 1048592222000000;
	assert_true(message_set(
	    message, MESSAGE_MAIL_FROM, span_string(row->mail_from)));
	assert_true(message_set(message, MESSAGE_HELO, span_string(row->helo)));
	assert_true(message_set(message, MESSAGE_PEER, SPAN("192.0.2.1")));
	for (size_t i = 0; i < COUNT(row->rcpts) && row->rcpts[i]; i++) {
		bool refused = row->rcpts[i][0] == '!';

		assert_true(message_add_recipient(message,
		    &(struct message_rcpt){
			.address = span_string(row->rcpts[i] + refused),
			.reply = refused ? SPAN("550 no") : SPAN("250 yes")}));
	}
	return message;
}

static void
composes_each_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message *message = make_message(&rows[i]);
		struct mime *mime = mime_parse(span_string(rows[i].header));
		struct buf out;

		buf_init(&out, 4096);
		assert_non_null(mime);
		assert_true(trace_put(&out, message, mime));
		assert_string_equal(buf_string(&out), rows[i].want);
		buf_release(&out);
		mime_free(mime);
		message_free(message);
	}
}

static bool
count_one(struct span address, void *context)
{
	size_t *count = context;

	assert_true(address.len > 0);
	return ++*count < 1;
}

static void
ends_when_told(void **state)
{
	struct message *message = make_message(&rows[1]);
	struct mime *mime = mime_parse(span_string(rows[1].header));
	size_t count = 0;

	(void)state;
	trace_unlisted(message, mime, count_one, &count);
	assert_int_equal(count, 1);
	mime_free(mime);
	message_free(message);
}

static bool
count_in_order(struct span address, void *context)
{
	size_t *count = context;
	char wanted[32];

	(void)snprintf(wanted, sizeof(wanted), "u%zu@b.test", *count);
	assert_true(span_equal(address, span_string(wanted)));
	++*count;
	return true;
}

/* Each of 20,000 comes twice; a comparison with all before it would take long.
 */
static void
finds_many_recipients(void **state)
{
	static const size_t many = 20 * 1000;
	struct message *message = message_new(&rules);
	struct mime *mime = mime_parse(SPAN("To: u@b.test\r\n"));
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < 2 * many; i++) {
		char address[32];

		(void)snprintf(address, sizeof(address),
		    i < many ? "u%zu@b.test" : "U%zu@B.test", i % many);
		assert_true(message_add_recipient(message,
		    &(struct message_rcpt){.address = span_string(address),
			.reply = SPAN("250 yes")}));
	}
	assert_true(trace_unlisted(message, mime, count_in_order, &count));
	assert_int_equal(count, many);
	mime_free(mime);
	message_free(message);
}

static void
say_once(void *context)
{
	struct message *message = context;
	struct mime *mime = mime_parse(SPAN("To: x@b.test\r\n"));
	struct buf out;

	buf_init(&out, 4096);
	if (mime && !trace_put(&out, message, mime))
		assert_true(fail_alloc_happened());
	buf_release(&out);
	mime_free(mime);
}

static void
says_when_there_is_no_memory(void **state)
{
	struct message *message = make_message(&rows[0]);

	(void)state;
	assert_true(fail_alloc_each(say_once, message) > 2);
	message_free(message);
}

static void
says_when_there_is_no_room(void **state)
{
	struct message *message = make_message(&rows[0]);
	struct mime *mime = mime_parse(span_string(rows[0].header));
	struct buf out;

	(void)state;
	buf_init(&out, 30);
	assert_false(trace_put(&out, message, mime));
	buf_release(&out);
	mime_free(mime);
	message_free(message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(composes_each_field),
	    cmocka_unit_test(ends_when_told),
	    cmocka_unit_test(finds_many_recipients),
	    cmocka_unit_test(says_when_there_is_no_memory),
	    cmocka_unit_test(says_when_there_is_no_room),
	};

	mime_init();
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
