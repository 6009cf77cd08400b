/* test_session_time: those who are silent for too long. */
#include "house.h"
#include "session_private.h"

#include <string.h>
#include <sys/socket.h>

static void
tells_who_is_silent(void **state)
{
	static const struct {
		const char *said;
		unsigned replies;
	} rows[] = {
	    {"", 0},
	    {"EHLO x\r\nNOO", 1},
	    {"EHLO x\r\nAUTH LOGIN\r\n", 2},
	    {"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n", 4},
	    {"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 5\r\n", 3},
	};
	struct house *house = *state;
	struct guest guests[COUNT(rows)];

	house->options.timeout_us = 150000;
	house_start(house);
	for (size_t i = 0; i < COUNT(rows); i++) {
		guest_come(&guests[i], house, house->address);
		guest_say(&guests[i], rows[i].said);
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		guest_hear(&guests[i], "220 ");
		for (unsigned j = 0; j < rows[i].replies; j++)
			guest_hear(&guests[i], "");
		guest_hear(&guests[i],
		    "421 4.4.2 mail.test Timeout, closing connection\r\n");
		guest_hear_end(&guests[i]);
		guest_leave(&guests[i]);
	}
	house_wait_for_ends(house, COUNT(rows));
	house_expect(house,
	    "SELECT count(*) FROM session WHERE ending = 'timeout'", "5");
	house_expect(house, "SELECT count(*) || reason FROM message",
	    "2the client was silent for too long");
}

/* Bytes that come in time keep it alive, however slowly. */
static void
waits_for_who_is_slow(void **state)
{
	static const char text[] = "NOOP one two three four five six\r\n";
	struct house *house = *state;
	struct guest guest;
	int64_t began;

	house->options.timeout_us = 200000;
	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	began = house_now();
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		int64_t until = house_now() + 15000;

		guest_say_span(&guest, span_make(text + i, 1));
		house_until(house, house_now() > until);
	}
	assert_true(house_now() - began > 400000);
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_leave(&guest);
}

/* Before SMTP begins there is nothing to say. */
static void
closes_who_does_not_begin(void **state)
{
	struct house *house = *state;
	struct guest guests[3];
	char proxy[128];
	char smtps[128];

	house->options.timeout_us = 100000;
	house_use_tls(house);
	house_start(house);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0,proxy", proxy);
	house_listen(house, LISTEN_SMTPS, "127.0.0.1:0", smtps);
	guest_come(&guests[0], house, proxy);
	guest_say(&guests[0], "PROXY TCP4 ");
	guest_come(&guests[1], house, smtps);
	guest_enter(&guests[2], house, house->address);
	guest_ask(&guests[2], "STARTTLS", "220 ");
	for (size_t i = 0; i < COUNT(guests); i++) {
		guest_hear_end(&guests[i]);
		guest_leave(&guests[i]);
	}
	house_wait_for_ends(house, COUNT(guests));
	house_expect(house, "SELECT group_concat(ending, ' ') FROM session",
	    "timeout timeout timeout");
}

/* Who does not read gets no 421 either. */
static void
cuts_who_does_not_read(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char noops[6000];

	for (size_t i = 0; i < sizeof(noops); i += 6)
		memcpy(noops + i, "NOOP\r\n", 6);
	house->options.timeout_us = 200000;
	house_start(house);
	guest_enter(&guest, house, house->address);
	(void)event_del(guest.readable);
	for (unsigned full = 0; full < 3; full++) {
		while (send(guest.fd, noops, sizeof(noops), MSG_NOSIGNAL) > 0)
			full = 0;
		loop_turn(house->loop);
	}
	house_wait_for_ends(house, 1);
	guest_leave(&guest);
	house_expect(house, "SELECT ending FROM session", "timeout");
}

/* RFC 5321 4.5.3.2: five minutes for a command, three for a block of text. */
static void
has_the_patience_of_the_rfc(void **state)
{
	static const struct {
		const char *said;
		int64_t seconds;
	} rows[] = {
	    {"", 300},
	    {"EHLO x\r\nNOO", 300},
	    {"EHLO x\r\nAUTH LOGIN\r\n", 300},
	    {"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nx", 180},
	    {"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 5\r\nx", 180},
	    {"BDAT 5\r\nx", 180},
	};
	static const struct smtp_config config = {
	    .hostname = "mail.test",
	    .version = "0",
	    .features = SMTP_USUAL_FEATURES,
	    .max_message = 1000,
	    .max_recipients = 1,
	};
	static const struct smtp_peer peer = {"192.0.2.1", "", ""};
	struct serve_smtp_options options = {.timeout_us = 0};
	struct session_shared shared = {.options = &options};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct session session = {
		    .shared = &shared,
		    .state = SESSION_TALKING,
		    .smtp = smtp_new(&config, &peer),
		};
		struct span in = span_string(rows[i].said);
		struct buf out;

		assert_non_null(session.smtp);
		buf_init(&out, 10000);
		while (smtp_step(session.smtp, &in, &out) != SMTP_MORE)
			smtp_answer(session.smtp, &out, NULL);
		options.timeout_us = 0;
		assert_int_equal(session_patience_us(&session),
		    rows[i].seconds * CLOCK_SECOND);
		options.timeout_us = 5;
		assert_int_equal(session_patience_us(&session), 5);
		smtp_free(session.smtp);
		buf_release(&out);
	}
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_the_patience_of_the_rfc),
	    TEST(tells_who_is_silent),
	    TEST(waits_for_who_is_slow),
	    TEST(closes_who_does_not_begin),
	    TEST(cuts_who_does_not_read),
	};

	return cmocka_run_group_tests_name("session_time", tests, NULL, NULL);
}
