/* test_session_io: bytes in and out, however they come and go. */
#include "house.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char *
repeat(const char *text, size_t count)
{
	size_t len = strlen(text);
	char *all = malloc(len * count + 1);

	assert_non_null(all);
	for (size_t i = 0; i < count; i++)
		memcpy(all + i * len, text, len);
	all[len * count] = '\0';
	return all;
}

static void
answers_a_thousand_at_once(void **state)
{
	struct house *house = *state;
	char *noops = repeat("NOOP\r\n", 1000);
	struct guest guest;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_say(&guest, noops);
	for (size_t i = 0; i < 1000; i++)
		guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_ask(&guest, "EHLO x", "250-");
	guest_leave(&guest);
	free(noops);
}

/* Sends until nothing more fits anywhere; how many bytes that were. */
static size_t
send_until_full(struct guest *guest, const char *text)
{
	struct span rest = span_string(text);
	unsigned full = 0;

	while (rest.len && full < 5) {
		ssize_t sent = send(guest->fd, rest.at, rest.len, MSG_NOSIGNAL);

		full = sent > 0 ? 0 : full + 1;
		if (sent > 0)
			span_skip(&rest, (size_t)sent);
		loop_turn(guest->house->loop);
	}
	return strlen(text) - rest.len;
}

/* It takes no more than it can answer, loses nothing, and serves others. */
static void
waits_for_a_late_reader(void **state)
{
	enum { COUNT_NOOPS = 3000000 };
	struct house *house = *state;
	char *noops = repeat("NOOP\r\n", COUNT_NOOPS);
	struct guest guest;
	struct guest other;
	size_t sent;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	(void)event_del(guest.readable);
	sent = send_until_full(&guest, noops);
	assert_true(sent < (size_t)COUNT_NOOPS * 6);
	assert_true(sent > 6000);
	guest_enter(&other, house, house->address);
	guest_leave(&other);
	assert_int_equal(event_add(guest.readable, NULL), 0);
	/* The last line may be half there. */
	if (sent % 6)
		guest_say(&guest, "NOOP\r\n" + sent % 6);
	for (size_t i = 0; i < (sent + 5) / 6; i++)
		guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_ask(&guest, "QUIT", "221 ");
	guest_hear_end(&guest);
	guest_leave(&guest);
	free(noops);
}

static void
takes_single_bytes(void **state)
{
	static const char text[] =
	    "EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n"
	    "one\r\n..two\r\n.\r\nQUIT\r\n";
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		guest_say_span(&guest, span_make(text + i, 1));
		loop_turn(house->loop);
	}
	guest_hear(&guest, "250-");
	guest_hear(&guest, "250 2.1.0 ");
	guest_hear(&guest, "250 2.1.5 ");
	guest_hear(&guest, "354 ");
	guest_hear(&guest, "250 2.0.0 OK Message saved");
	guest_hear(&guest, "221 ");
	guest_hear_end(&guest);
	guest_leave(&guest);
	house_expect(house, "SELECT bytes FROM raw", "one\r\n.two\r\n");
}

/* In reading order: it spoke before it was greeted. */
static void
notes_who_talks_first(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char *found;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_say(&guest, "NOOP\r\nNOOP\r\n");
	guest_hear(&guest, "220 ");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	found = house_dialogue(house, 0);
	assert_memory_equal(found, "C NOOP\nS 220 ", 13);
	assert_non_null(strstr(found, "\nc NOOP\nS 250 2.0.0 OK\nI end"));
	free(found);
}

/* What follows the header in one packet, too. */
static void
notes_who_talks_behind_a_header(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char address[128];
	char *found;

	house_start(house);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0,proxy", address);
	guest_come(&guest, house, address);
	guest_say(&guest,
	    "PROXY TCP4 192.0.2.1 192.0.2.2 12345 25\r\nNOOP\r\nNOOP\r\n");
	guest_hear(&guest, "220 ");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	found = house_dialogue(house, 0);
	assert_non_null(strstr(found, "\nC NOOP\nS 220 "));
	assert_non_null(strstr(found, "\nc NOOP\nS 250 2.0.0 OK\nI end"));
	free(found);
}

static void
closes_on_http(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_say(&guest,
	    "POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n"
	    "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\n");
	house_until(house, guest.is_over);
	assert_false(guest.is_reset);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house,
	    "SELECT ending || (SELECT count(*) FROM message) FROM session",
	    "errors0");
}

static void
closes_after_too_many_errors(void **state)
{
	struct house *house = *state;
	char *lines = repeat("WHAT\r\n", 100000);
	struct guest guest;

	house->options.max_errors = 3;
	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_say(&guest, lines);
	for (unsigned i = 0; i < 3; i++)
		guest_hear(&guest, "500 ");
	guest_hear(&guest, "421 4.7.0 ");
	guest_hear_end(&guest);
	/* What was still on the way did not destroy the reply. */
	assert_false(guest.is_reset);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT ending FROM session", "errors");
	free(lines);
}

/* Who goes on sending when all is said is heard no longer than that. */
static void
lingers_for_a_while_only(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house->options.timeout_us = 100000;
	house->options.max_errors = 1;
	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_say(&guest, "WHAT\r\nWHAT\r\nWHAT\r\n");
	guest_hear(&guest, "500 ");
	guest_hear(&guest, "421 ");
	guest_hear_end(&guest);
	/* The guest never closes. */
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT ending FROM session", "errors");
	guest_leave(&guest);
}

/* Lines and text over every border that a read may have. */
static void
takes_large_messages(void **state)
{
	enum { LEN = 5000000 };
	struct house *house = *state;
	char *line = repeat("0123456789abcde\r\n", LEN / 17);
	struct guest guest;

	house_start(house);
	guest_enter(&guest, house, house->address);
	for (unsigned i = 0; i < 2; i++) {
		guest_begin_mail(&guest);
		guest_say(&guest, line);
		guest_ask(&guest, ".", "250 2.0.0 OK Message saved");
	}
	guest_leave(&guest);
	house_expect(house,
	    "SELECT count(*) || ' ' || min(size) || ' ' || max(size) || ' ' ||"
	    " (SELECT count(DISTINCT bytes) FROM raw) FROM message",
	    "2 4999989 4999989 1");
	free(line);
}

/* Many at once, and each gets its own answers. */
static void
serves_many(void **state)
{
	enum { GUESTS = 100 };
	struct house *house = *state;
	struct guest *guests = calloc(GUESTS, sizeof(*guests));

	assert_non_null(guests);
	house_start(house);
	for (size_t i = 0; i < GUESTS; i++)
		guest_come(&guests[i], house, house->address);
	for (size_t i = 0; i < GUESTS; i++) {
		char text[200];

		(void)snprintf(text, sizeof(text),
		    "EHLO x\r\nMAIL FROM:<%zu@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"
		    "%zu\r\n.\r\n",
		    i, i);
		guest_say(&guests[i], text);
	}
	for (size_t i = 0; i < GUESTS; i++) {
		char wanted[100];

		guest_hear(&guests[i], "220 ");
		guest_hear(&guests[i], "250-");
		(void)snprintf(wanted, sizeof(wanted),
		    "250 2.1.0 <%zu@x>... Sender ok", i);
		guest_hear(&guests[i], wanted);
		guest_hear(&guests[i], "250 ");
		guest_hear(&guests[i], "354 ");
		guest_hear(&guests[i], "250 2.0.0 OK Message saved");
		if (i % 2)
			guest_reset(&guests[i]);
		else
			guest_leave(&guests[i]);
	}
	house_wait_for_ends(house, GUESTS);
	house_expect(house,
	    "SELECT count(*) FROM message JOIN raw ON message = seq"
	    " WHERE mail_from || x'0d0a' = replace(bytes, x'0d0a', '') || '@x'"
	    " || x'0d0a'",
	    "100");
	free(guests);
}

/* The record of a talker is stored in parts, also inside a transaction. */
static void
records_a_talker(void **state)
{
	struct house *house = *state;
	char *noops = repeat("NOOP 0123456789012345678901234567890123456789"
			     "\r\n",
	    10000);
	struct guest guest;

	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	guest_say(&guest, noops);
	for (unsigned i = 0; i < 10000; i++)
		guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_ask(&guest, "RCPT TO:<b@y.test>", "250 ");
	guest_ask(&guest, "DATA", "354 ");
	guest_ask(&guest, "x\r\n.", "250 2.0.0 OK Message saved");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	assert_true(house_number(house, "SELECT max(part) FROM dialogue") > 3);
	assert_int_equal(
	    house_number(house, "SELECT count(*) - max(part) FROM dialogue"),
	    1);
	house_expect(house, "SELECT count(*) || state FROM message", "10");
	free(noops);
}

/* It can be looked at while the session goes on. */
static void
records_who_falls_silent(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_enter(&guest, house, house->address);
	house_until(
	    house, house_number(house, "SELECT count(*) FROM session") == 1);
	house_expect(house,
	    "SELECT helo || ending || (ended IS NULL) FROM session",
	    "guest.test1");
	guest_ask(&guest, "QUIT", "221 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house,
	    "SELECT ending || (ended IS NULL) || (SELECT count(*) FROM"
	    " dialogue) FROM session",
	    "quit02");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(answers_a_thousand_at_once),
	    TEST(waits_for_a_late_reader),
	    TEST(takes_single_bytes),
	    TEST(notes_who_talks_first),
	    TEST(notes_who_talks_behind_a_header),
	    TEST(closes_on_http),
	    TEST(closes_after_too_many_errors),
	    TEST(lingers_for_a_while_only),
	    TEST(takes_large_messages),
	    TEST(serves_many),
	    TEST(records_a_talker),
	    TEST(records_who_falls_silent),
	};

	return cmocka_run_group_tests_name("session_io", tests, NULL, NULL);
}
