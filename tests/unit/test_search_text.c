/* test_search_text: the columns of messages plain and odd. */
#include "search_text.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static const char letter[] =
    "From: =?utf-8?Q?J=C3=96RG?= \"X\" <J@x.test>\r\n"
    "To: A <a@x.test>, friends: b@y.test;\r\n"
    "Cc: c@z.test\r\n"
    "Reply-To: <r@x.test>\r\n"
    "Subject: Hello,  World\r\n"
    "Message-ID: <ID.1@x.test>\r\n"
    "Return-Path: <back@x.test>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "--b\r\n"
    "Content-Type: multipart/alternative; boundary=i\r\n"
    "\r\n"
    "--i\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Plain\r\nText\r\n"
    "--i\r\n"
    "Content-Type: text/html\r\n"
    "\r\n"
    "<title>no</title><p>Rich <b>T</b>ext <a href=http://L.test/>go</a>\r\n"
    "--i--\r\n"
    "--b\r\n"
    "Content-Type: text/csv; name=Data.csv\r\n"
    "Content-Disposition: attachment\r\n"
    "\r\n"
    "secret\r\n"
    "--b--\r\n";

static const char *const wanted[SEARCH_COLUMNS] = {
    [SEARCH_FROM] = "j\xc3\xb6rg x j@x.test",
    [SEARCH_TO] = "a a@x.test b@y.test",
    [SEARCH_CC] = "c@z.test",
    [SEARCH_BCC] = "hidden@x.test",
    [SEARCH_REPLY_TO] = "r@x.test",
    [SEARCH_SUBJECT] = "hello,  world",
    [SEARCH_MESSAGE_ID] = "id.1@x.test",
    [SEARCH_MAIL_FROM] = "sender@x.test",
    [SEARCH_RCPT] = "a@x.test hidden@x.test hidden@x.test",
    [SEARCH_OTHER] = "a a@x.test friends: b@y.test hello world back@x.test "
		     "data.csv",
    [SEARCH_BODY] = "rich text go http://l.test/ plain text",
};

static bool
add(struct message *message, const char *address, const char *reply)
{
	struct message_rcpt rcpt = {
	    span_string(address), {"", 0}, span_string(reply), {"", 0}};

	return message_add_recipient(message, &rcpt);
}

static struct budget budget = {1024 * 1024, 0};
static const struct spool_rules rules = {&budget, 64 * 1024, NULL};

static struct message *
make_envelope(void)
{
	struct message *message = message_new(&rules);

	if (message &&
	    message_set(message, MESSAGE_MAIL_FROM, SPAN("Sender@x.test")) &&
	    add(message, "A@X.test", "250 ok") &&
	    add(message, "Hidden@x.test", "250 ok") &&
	    add(message, "hidden@X.test", "250 ok") &&
	    add(message, "full@x.test", "452 full"))
		return message;
	message_free(message);
	return NULL;
}

static void
makes_columns(void **state)
{
	struct message *message = make_envelope();
	struct mime *mime = mime_parse(SPAN(letter));
	struct search_text search;

	(void)state;
	assert_non_null(message);
	search_text_init(&search);
	for (int again = 0; again < 2; again++) {
		assert_true(search_text_make(&search, message, mime));
		for (int i = 0; i < SEARCH_COLUMNS; i++) {
			struct span column =
			    search_text_column(&search, (enum search_column)i);

			if (!span_equal(column, span_string(wanted[i])))
				print_error("%d: %.*s\n", i, SPAN_ARG(column));
			assert_true(span_equal(column, span_string(wanted[i])));
		}
	}
	search_text_release(&search);
	mime_free(mime);
	message_free(message);
}

static void
bears_an_empty_message(void **state)
{
	struct message *message = make_envelope();
	struct mime *mime = mime_parse(SPAN(""));
	struct search_text search;

	(void)state;
	message_reset(message);
	search_text_init(&search);
	assert_true(search_text_make(&search, message, mime));
	for (int i = 0; i < SEARCH_COLUMNS; i++)
		assert_int_equal(
		    search_text_column(&search, (enum search_column)i).len, 0);
	search_text_release(&search);
	mime_free(mime);
	message_free(message);
}

static void
make_once(void *context)
{
	struct mime *mime = context;
	struct message *message = make_envelope();
	struct search_text search;

	search_text_init(&search);
	if (message && !search_text_make(&search, message, mime))
		assert_true(fail_alloc_happened());
	search_text_release(&search);
	message_free(message);
}

static void
bears_lack_of_memory(void **state)
{
	struct mime *mime = mime_parse(SPAN(letter));

	(void)state;
	assert_true(fail_alloc_each(make_once, mime) > 5);
	mime_free(mime);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_columns),
	    cmocka_unit_test(bears_an_empty_message),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
