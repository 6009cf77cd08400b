/* test_mailstop_memory: the library, while each allocation fails in turn. */
#include "mailstop.h"

#include "fail_alloc.h"
#include "letter.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void
on_message(struct mailstop *server, const struct mailstop_record *message,
    void *context)
{
	(void)server;
	(void)message;
	(void)context;
}

/* Whatever fails, it says so, and can be freed. */
static void
live(void *context)
{
	struct mailstop *server = mailstop_new();
	int status;

	(void)context;
	if (!server)
		return;
	status = mailstop_set(server, "keep-count", "9");
	if (status == MAILSTOP_OK)
		status = mailstop_on_message(server, "a", on_message, NULL);
	if (status == MAILSTOP_OK)
		status = mailstop_start(server);
	if (status == MAILSTOP_OK)
		assert_true(mailstop_port(server, "smtp") > 0);
	else
		assert_true(fail_alloc_happened());
	if (status != MAILSTOP_OK)
		assert_true(strlen(mailstop_error(server)) > 0);
	assert_int_equal(mailstop_stop(server), MAILSTOP_OK);
	mailstop_free(server);
}

static void
lives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(live, NULL) > 100);
}

static void
expect(int status, int wanted)
{
	if (status != wanted)
		assert_true(fail_alloc_happened());
}

static void
ask(void *context)
{
	struct mailstop *server = context;
	struct mailstop_record *record;
	size_t count;
	char *text;

	expect(mailstop_list(server, "rcpt:a", 0, &record), MAILSTOP_OK);
	mailstop_record_free(record);
	expect(
	    mailstop_wait(server, "rcpt:b", 1, 0, &record), MAILSTOP_TIMEOUT);
	mailstop_record_free(record);
	expect(mailstop_count(server, "rcpt:a", &count), MAILSTOP_OK);
	expect(mailstop_take(server, "rcpt:b", 1, &record), MAILSTOP_OK);
	mailstop_record_free(record);
	expect(mailstop_message(server, "latest", &record), MAILSTOP_OK);
	mailstop_record_free(record);
	expect(mailstop_raw(server, "1", &text, &count), MAILSTOP_OK);
	mailstop_bytes_free(text);
	expect(mailstop_part(server, "1", "0", &text, &count), MAILSTOP_OK);
	mailstop_bytes_free(text);
	expect(mailstop_links(server, "1", &record), MAILSTOP_OK);
	mailstop_record_free(record);
	expect(mailstop_transcript(server, "1", &text), MAILSTOP_OK);
	mailstop_bytes_free(text);
	expect(mailstop_sessions(server, "a", 0, &record), MAILSTOP_OK);
	mailstop_record_free(record);
	expect(mailstop_findings(server, "1", &record), MAILSTOP_OK);
	mailstop_record_free(record);
	expect(
	    mailstop_fault_add(server, "data reply=451", &text), MAILSTOP_OK);
	if (text)
		expect(mailstop_fault_remove(server, text), MAILSTOP_OK);
	mailstop_bytes_free(text);
}

static void
answers_without_memory(void **state)
{
	struct mailstop *server = mailstop_new();
	size_t count;

	(void)state;
	assert_int_equal(mailstop_start(server), MAILSTOP_OK);
	assert_int_equal(
	    letter_send(mailstop_port(server, "smtp"), "a@x.test", "x"), 250);
	if (mailstop_wait(server, "a", 1, -1, NULL))
		fail_msg("%s", mailstop_error(server));
	assert_true(fail_alloc_each(ask, server) > 30);
	/* It is none the worse for it. */
	assert_int_equal(mailstop_count(server, "a", &count), MAILSTOP_OK);
	assert_int_equal(count, 1);
	mailstop_free(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lives_without_memory),
	    cmocka_unit_test(answers_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
