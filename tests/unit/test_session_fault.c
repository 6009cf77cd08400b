/* test_session_fault: sessions that a rule refuses, delays or breaks. */
#include "fault.h"
#include "house.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAIL "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n"

static void
start(struct house *house, const char *rules)
{
	struct fault_error error;

	house->faults = fault_set_new(1);
	assert_non_null(house->faults);
	if (fault_replace(house->faults, span_string(rules), &error) != ERR_OK)
		fail_msg("%s", error.text);
	house->options.faults = house->faults;
	house_start(house);
}

static void
assert_said(struct house *house, const char *wanted)
{
	char *found = house_dialogue(house, 0);

	if (!strstr(found, wanted))
		fail_msg("\"%s\" is not in \"%s\"", wanted, found);
	free(found);
}

static const struct {
	const char *rule;
	const char *before; /* said before, and answered with 2xx/3xx */
	const char *line;
	const char *wanted;
	const char *then; /* what works afterwards; NULL: closed */
} refusals[] = {
    {"helo reply=550:5.7.1:no", "", "EHLO x", "550 5.7.1 no\r\n", "NOOP"},
    {"auth reply=535:5.7.8:no", "EHLO x",
	"AUTH PLAIN AGEAYg==", "535 5.7.8 no\r\n", "NOOP"},
    {"mail from=a@* reply=450:4.7.1:no", "EHLO x", "MAIL FROM:<a@x.test>",
	"450 4.7.1 no\r\n", "MAIL FROM:<c@x.test>"},
    {"rcpt to=*@full.test reply=452:4.2.2:\"Mailbox full\"",
	"EHLO x\nMAIL FROM:<a@x.test>", "RCPT TO:<b@full.test>",
	"452 4.2.2 Mailbox full\r\n", "RCPT TO:<b@y.test>"},
    {"data reply=451:4.7.1:later",
	"EHLO x\nMAIL FROM:<a@x.test>\nRCPT TO:<b@y.test>", "DATA",
	"451 4.7.1 later\r\n", "RSET"},
    {"data reply=451:4.7.1:later",
	"EHLO x\nMAIL FROM:<a@x.test>\nRCPT TO:<b@y.test>",
	"BDAT 5 LAST\r\nabc", "451 4.7.1 later\r\n", "RSET"},
    {"body size>2 reply=552:5.3.4:big",
	"EHLO x\nMAIL FROM:<a@x.test>\nRCPT TO:<b@y.test>\nDATA", "abc\r\n.",
	"552 5.3.4 big\r\n", "MAIL FROM:<a@x.test>"},
    {"body header:Subject=*lottery* reply=550:5.7.1:no",
	"EHLO x\nMAIL FROM:<a@x.test>\nRCPT TO:<b@y.test>\nDATA",
	"Subject: a lottery\r\n\r\nabc\r\n.", "550 5.7.1 no\r\n", "NOOP"},
    {"rset reply=421:4.3.0:bye", "EHLO x", "RSET", "421 4.3.0 bye\r\n", NULL},
    {"quit reply=500:5.0.0:stay", "EHLO x", "QUIT", "500 5.0.0 stay\r\n",
	"NOOP"},
};

static void
replies_at_each_moment(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct house *house = *state;
		struct span before = span_string(refusals[i].before);
		struct guest guest;

		start(house, refusals[i].rule);
		guest_come(&guest, house, house->address);
		guest_hear(&guest, "220 ");
		while (before.len) {
			struct span line = span_cut(&before, '\n');

			guest_say_span(&guest, line);
			guest_ask(&guest, "",
			    span_equal(line, SPAN("DATA")) ? "3" : "2");
		}
		guest_ask(&guest, refusals[i].line, refusals[i].wanted);
		if (refusals[i].then)
			guest_ask(&guest, refusals[i].then, "250");
		else
			guest_hear_end(&guest);
		guest_leave(&guest);
		house_wait_for_ends(house, 1);
		assert_said(house, "\nI fault f1: reply=");
		house_expect(house, "SELECT ending FROM session",
		    refusals[i].then ? "drop" : "fault");
		house_tear_down(state);
		house_set_up(state);
	}
	start(*state, "");
}

static void
refuses_at_the_greeting(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house,
	    "connect first=1 reply=421:4.7.0:slow\n"
	    "connect first=1 reply=554:5.7.1:no");
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "421 4.7.0 slow\r\n");
	guest_hear_end(&guest);
	guest_leave(&guest);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "554 5.7.1 no\r\n");
	guest_ask(&guest, "EHLO x", "503");
	guest_ask(&guest, "QUIT", "221");
	guest_leave(&guest);
	house_wait_for_ends(house, 2);
	house_expect(house, "SELECT group_concat(ending, ' ') FROM session",
	    "fault refused");
}

/* What is kept of mail that a rule refused, and who refused it. */
static void
keeps_what_was_refused(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house,
	    "rcpt to=no@* id=nobody reply=550:5.1.1:no\n"
	    "body reply=451:4.3.0:later");
	guest_enter(&guest, house, house->address);
	guest_say(&guest,
	    "MAIL FROM:<a@x.test>\r\nRCPT TO:<no@y.test>\r\n"
	    "RCPT TO:<b@y.test>\r\nDATA\r\n");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "550 5.1.1 no\r\n");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "354 ");
	guest_ask(&guest, "abc\r\n.", "451 4.3.0 later\r\n");
	assert_string_equal(house->refused, "451 4.3.0 later");
	guest_ask(&guest, "NOOP", "250 ");
	house_expect(house,
	    "SELECT state || ' ' || reason || ' ' || size FROM message",
	    "1 451 4.3.0 later 5");
	house_expect(house,
	    "SELECT group_concat(address || ' ' || fault || ' ' || reply, '|')"
	    " FROM recipient",
	    "no@y.test nobody 550 5.1.1 no|"
	    "b@y.test  250 2.1.5 <b@y.test>... Recipient ok");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(
	    house, "SELECT accepted || refused || aborted FROM session", "010");
}

/* All recipients were refused: the mail is, too. */
static void
keeps_mail_without_recipients(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house, "rcpt reply=550:5.1.1:no");
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	guest_ask(&guest, "RCPT TO:<b@y.test>", "550 ");
	guest_ask(&guest, "QUIT", "221 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT state || reason || size FROM message",
	    "1550 5.1.1 no0");
	assert_int_equal(house->saw, 1);
}

static void
delays(void **state)
{
	struct house *house = *state;
	struct guest guest;
	struct guest other;
	int64_t began;

	start(house,
	    "helo helo=slow delay=150ms\n"
	    "mail delay=60ms reply=450:4.0.0:slow\n"
	    "body delay=60ms");
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	began = house_now();
	guest_say(&guest, "EHLO slow\r\nMAIL FROM:<a@x.test>\r\n");
	guest_enter(&other, house, house->address);
	assert_int_equal(guest.at, guest.heard.len);
	guest_leave(&other);
	guest_hear(&guest, "250-");
	guest_hear(&guest, "450 ");
	assert_true(house_now() - began >= 200000);
	fault_clear(house->faults);
	guest_leave(&guest);
}

/* What a client sends before it reads the refusal must not destroy that. */
static void
lingers_behind_a_refusal(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house, "mail reply=421:4.3.2:no");
	guest_enter(&guest, house, house->address);
	(void)event_del(guest.readable);
	guest_say(&guest, "MAIL FROM:<a@x>\r\n");
	for (int i = 0; i < 5; i++)
		loop_turn(house->loop);
	for (int i = 0; i < 3; i++) {
		guest_say(&guest, "RCPT TO:<b@y>\r\n");
		loop_turn(house->loop);
	}
	(void)event_add(guest.readable, NULL);
	guest_hear(&guest, "421 4.3.2 no\r\n");
	guest_hear_end(&guest);
	assert_false(guest.is_reset);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT ending FROM session", "fault");
}

/* Who cannot wait for a late greeting is heard before it. */
static void
hears_early_talkers(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house, "connect delay=50ms");
	guest_come(&guest, house, house->address);
	house_wait_for_guests(house, 1);
	guest_say(&guest, "NOOP\r\n");
	guest_hear(&guest, "220 ");
	guest_hear(&guest, "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	assert_said(house, "delay=50ms\nC NOOP\nS 220 ");
}

/* The client leaves, or the server stops, while a rule makes it wait. */
static void
is_left_in_a_delay(void **state)
{
	struct house *house = *state;
	struct guest guests[3];

	start(house, "any delay=1h");
	for (size_t i = 0; i < COUNT(guests); i++)
		guest_come(&guests[i], house, house->address);
	house_wait_for_guests(house, COUNT(guests));
	guest_leave(&guests[0]);
	guest_reset(&guests[1]);
	house_stop(house, 5000000);
	guest_hear(&guests[2], "421 4.3.2 ");
	guest_hear_end(&guests[2]);
	guest_leave(&guests[2]);
	house_wait_for_ends(house, 3);
}

static void
drips(void **state)
{
	struct house *house = *state;
	struct guest guest;
	int64_t began;

	start(house, "helo drip=300");
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	began = house_now();
	guest_say(&guest, "HELO x\r\nNOOP\r\n");
	house_until(house, guest.heard.len > guest.at);
	assert_int_equal(guest.heard.len - guest.at, 30);
	guest_hear(&guest, "250 mail.test Hello");
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	/* 60 octets: two pieces, and a wait between them. */
	assert_true(house_now() - began >= 90000);
	guest_leave(&guest);
}

static void
drips_the_last_reply(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house, "quit drip=100");
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_ask(&guest, "QUIT", "221 2.0.0 mail.test closing connection\r\n");
	guest_hear_end(&guest);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT ending FROM session", "quit");
}

static void
stalls(void **state)
{
	struct house *house = *state;
	struct guest guests[3];

	house->options.timeout_us = 300000;
	start(house, "data stall");
	for (size_t i = 0; i < COUNT(guests); i++) {
		guest_enter(&guests[i], house, house->address);
		guest_ask(&guests[i], "MAIL FROM:<a@x.test>", "250 ");
		guest_say(&guests[i], "RCPT TO:<b@y.test>\r\nDATA\r\nmore");
		guest_hear(&guests[i], "250 ");
	}
	guest_leave(&guests[0]);
	guest_reset(&guests[1]);
	guest_hear_end(&guests[2]);
	guest_leave(&guests[2]);
	house_wait_for_ends(house, 3);
	house_expect(house,
	    "SELECT group_concat(ending, ' ') FROM (SELECT ending FROM session"
	    " ORDER BY ending)",
	    "drop reset timeout");
}

static const struct {
	const char *rule;
	const char *heard; /* of the replies to all below */
	unsigned accepted;
} dropped[] = {
    /* Replies that were not sent are lost. */
    {"data drop", "", 0},
    {"data drop=before-reply", "250 2.1.0 ", 0},
    {"body drop=before-reply", "250 2.1.0 ", 0},
    {"body drop", "", 0},
    {"body drop=after-commit", "250 2.1.0 ", 1},
    /* "text\r\n.\r\n" is 9 octets. */
    {"data drop=after-8-bytes", "250 2.1.0 ", 0},
    {"mail drop=after-0-bytes", "250 2.1.0 ", 0},
};

static void
drops(void **state)
{
	for (size_t i = 0; i < COUNT(dropped); i++) {
		struct house *house = *state;
		struct guest guest;

		start(house, dropped[i].rule);
		guest_enter(&guest, house, house->address);
		guest_say(&guest, MAIL "text\r\n.\r\nNOOP\r\n");
		house_until(house, guest.is_over);
		assert_int_equal(
		    guest.heard.len > guest.at, dropped[i].heard[0] != '\0');
		if (dropped[i].heard[0])
			guest_hear(&guest, dropped[i].heard);
		assert_null(
		    memmem(guest.heard.at, guest.heard.len, "saved", 5));
		guest_leave(&guest);
		house_wait_for_ends(house, 1);
		house_expect(house, "SELECT ending FROM session", "fault");
		assert_int_equal(
		    house_number(
			house, "SELECT count(*) FROM message WHERE state = 0"),
		    dropped[i].accepted);
		house_tear_down(state);
		house_set_up(state);
	}
	start(*state, "");
}

/* Behind the last byte that it may have, the client is served. */
static void
counts_bytes_to_the_drop(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house, "data drop=after-15-bytes");
	guest_enter(&guest, house, house->address);
	guest_begin_mail(&guest);
	guest_ask(&guest, "text\r\n.", "250 2.0.0 OK Message saved as ");
	guest_ask(&guest, "NOOP", "250 2.0.0 OK\r\n");
	guest_hear_end(&guest);
	guest_leave(&guest);
}

static void
resets(void **state)
{
	static const char *const rules[] = {
	    "connect rst", "helo rst drop=before-reply"};

	for (size_t i = 0; i < COUNT(rules); i++) {
		struct house *house = *state;
		struct guest guest;

		start(house, rules[i]);
		guest_come(&guest, house, house->address);
		if (i)
			guest_ask(&guest, "EHLO x", "220 ");
		house_until(house, guest.is_over);
		assert_true(guest.is_reset);
		guest_leave(&guest);
		house_wait_for_ends(house, 1);
		house_tear_down(state);
		house_set_up(state);
	}
	start(*state, "");
}

static void
hides_keywords(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house, "helo first=1 hide=PIPELINING;SIZE");
	guest_enter(&guest, house, house->address);
	assert_null(memmem(guest.heard.at, guest.heard.len, "PIPELINING", 10));
	guest_ask(&guest, "MAIL FROM:<a@x.test> SIZE=1", "555 ");
	guest_ask(&guest, "EHLO x", "250-");
	guest_leave(&guest);
}

static const struct {
	const char *rule;
	long error; /* of the client's verification; -1: an alert */
} flaws[] = {
    {"tls tls=expired", X509_V_ERR_CERT_HAS_EXPIRED},
    {"tls tls=wrong-host", X509_V_ERR_HOSTNAME_MISMATCH},
    {"connect tls=self-signed", X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
    {"tls tls=fail", -1},
    {"connect tls=expired\ntls tls=wrong-host", X509_V_ERR_HOSTNAME_MISMATCH},
};

static void
hurts_handshakes(void **state)
{
	for (size_t i = 0; i < COUNT(flaws) * 2; i++) {
		struct house *house = *state;
		bool is_implicit = i % 2 == 1;
		char address[128];
		struct guest guest;

		house_use_tls(house);
		start(house, flaws[i / 2].rule);
		house_listen(house, LISTEN_SMTPS, "127.0.0.1:0", address);
		guest_come(
		    &guest, house, is_implicit ? address : house->address);
		if (!is_implicit) {
			guest_hear(&guest, "220 ");
			guest_ask(&guest, "EHLO x", "250-");
			guest_ask(&guest, "STARTTLS", "220 ");
		}
		assert_false(guest_shake(&guest, tls_ca_path(house->tls)));
		if (flaws[i / 2].error >= 0)
			assert_int_equal(SSL_get_verify_result(guest.tls.ssl),
			    flaws[i / 2].error);
		guest_leave(&guest);
		house_wait_for_ends(house, 1);
		house_expect(house, "SELECT ending FROM session", "tls-failed");
		assert_said(house, "I fault f");
		house_tear_down(state);
		house_set_up(state);
	}
	start(*state, "");
}

/* What comes between STARTTLS and its reply is plain text, too. */
static void
throws_away_what_was_said_in_a_delay(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_use_tls(house);
	start(house, "tls delay=50ms");
	guest_enter(&guest, house, house->address);
	guest_say(&guest, "STARTTLS\r\n");
	loop_turn(house->loop);
	guest_say(&guest, "MAIL FROM:<evil@x>\r\n");
	guest_hear(&guest, "220 ");
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_ask(&guest, "EHLO x", "250-");
	guest_ask(&guest, "QUIT", "221 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	assert_said(house, "STARTTLS: 20 octets thrown away\n");
}

/* Before the handshake of an implicit TLS listener nothing can be said. */
static void
acts_before_implicit_tls(void **state)
{
	struct house *house = *state;
	char address[128];
	struct guest guest;

	house_use_tls(house);
	start(house,
	    "connect nth-session=1 drop\n"
	    "connect nth-session=2 delay=30ms reply=421:4.7.0:no\n"
	    "tls nth-session=3 rst\n"
	    "tls nth-session=4 delay=30ms\n"
	    "tls nth-session=5 stall");
	house_listen(house, LISTEN_SMTPS, "127.0.0.1:0", address);
	guest_come(&guest, house, address);
	guest_hear_end(&guest);
	guest_leave(&guest);

	guest_come(&guest, house, address);
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_hear(&guest, "421 4.7.0 no\r\n");
	guest_hear_end(&guest);
	guest_leave(&guest);

	guest_come(&guest, house, address);
	house_until(house, guest.is_over);
	assert_true(guest.is_reset);
	guest_leave(&guest);

	guest_come(&guest, house, address);
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_hear(&guest, "220 ");
	guest_leave(&guest);

	house_wait_for_ends(house, 4);
	guest_come(&guest, house, address);
	house_wait_for_guests(house, 1);
	house_stop(house, 5000000);
	guest_hear_end(&guest);
	guest_leave(&guest);
	house_wait_for_ends(house, 5);
	house_expect(house, "SELECT group_concat(ending, ' ') FROM session",
	    "fault fault fault drop shutdown");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(replies_at_each_moment),
	    TEST(refuses_at_the_greeting),
	    TEST(keeps_what_was_refused),
	    TEST(keeps_mail_without_recipients),
	    TEST(delays),
	    TEST(lingers_behind_a_refusal),
	    TEST(hears_early_talkers),
	    TEST(is_left_in_a_delay),
	    TEST(drips),
	    TEST(drips_the_last_reply),
	    TEST(stalls),
	    TEST(drops),
	    TEST(counts_bytes_to_the_drop),
	    TEST(resets),
	    TEST(hides_keywords),
	    TEST(hurts_handshakes),
	    TEST(throws_away_what_was_said_in_a_delay),
	    TEST(acts_before_implicit_tls),
	};

	return cmocka_run_group_tests_name("session_fault", tests, NULL, NULL);
}
