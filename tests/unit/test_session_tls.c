/* test_session_tls: STARTTLS, TLS from the first byte, PROXY headers. */
#include "house.h"

#include <stdlib.h>
#include <string.h>

static void
start(struct house *house)
{
	house_use_tls(house);
	house_start(house);
}

static void
assert_dialogue_has(struct house *house, const char *wanted)
{
	char *found = house_dialogue(house, 0);

	if (!strstr(found, wanted))
		fail_msg("\"%s\" is not in \"%s\"", wanted, found);
	free(found);
}

static void
starts_tls(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house);
	guest_enter(&guest, house, house->address);
	assert_non_null(memmem(guest.heard.at, guest.heard.len, "STARTTLS", 8));
	guest_ask(&guest, "AUTH PLAIN AGEAYg==", "235 ");
	guest_ask(&guest, "MAIL FROM:<lost@x.test>", "250 ");
	guest_ask(&guest, "RSET", "250 ");
	guest_ask(&guest, "STARTTLS", "220 2.0.0 ");
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "503 ");
	guest_ask(&guest, "EHLO inside", "250-");
	guest_ask(&guest, "STARTTLS", "503 ");
	guest_begin_mail(&guest);
	guest_ask(&guest, "x\r\n.", "250 2.0.0 OK Message saved");
	guest_ask(&guest, "QUIT", "221 ");
	guest_hear_end(&guest);
	assert_false(guest.is_reset);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house,
	    "SELECT tls_version || ' ' || (tls_cipher LIKE 'TLS_%') || ' ' ||"
	    " (length(tls_group) > 3) || ' ' || sni || ' ' || helo || ' ' ||"
	    " user || ' ' || ending FROM session",
	    "TLSv1.3 1 1 localhost inside  quit");
	assert_dialogue_has(house, "\nI TLS TLSv1.3 TLS_");
	house_expect(house, "SELECT inbox || user FROM message", "default");
}

/* CVE-2011-0411: in the same segment, and as half a line. */
static void
believes_nothing_from_before(void **state)
{
	static const char *const behind[] = {
	    "NOOP\r\n", "MAIL FROM:<evil@x>\r\nRC", "QUIT", ""};

	start(*state);
	for (size_t i = 0; i < COUNT(behind); i++) {
		struct house *house = *state;
		struct guest guest;
		char text[100];

		guest_enter(&guest, house, house->address);
		(void)snprintf(text, sizeof(text), "STARTTLS\r\n%s", behind[i]);
		guest_say(&guest, text);
		guest_hear(&guest, "220 ");
		assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
		guest_ask(&guest, "EHLO x", "250-mail.test");
		guest_ask(&guest, "RCPT TO:<b@y>", "503 ");
		guest_ask(&guest, "QUIT", "221 ");
		guest_leave(&guest);
		house_wait_for_ends(house, (unsigned)i + 1);
		(void)snprintf(text, sizeof(text),
		    "I plain text behind STARTTLS: %zu octets thrown away\n",
		    strlen(behind[i]));
		if (behind[i][0])
			assert_dialogue_has(house, text);
	}
}

static void
serves_tls_from_the_first_byte(void **state)
{
	struct house *house = *state;
	char address[128];
	struct guest silent;
	struct guest guest;

	start(house);
	house_listen(house, LISTEN_SMTPS, "127.0.0.1:0", address);
	guest_come(&silent, house, address);
	guest_come(&guest, house, address);
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_hear(&guest, "220 ");
	guest_ask(&guest, "EHLO x", "250-");
	assert_null(memmem(guest.heard.at, guest.heard.len, "STARTTLS", 8));
	guest_begin_mail(&guest);
	guest_say(&guest, "x\r\n.\r\nNOOP\r\n");
	guest_hear(&guest, "250 2.0.0 OK Message saved");
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_leave(&guest);
	guest_leave(&silent);
	house_wait_for_ends(house, 2);
	house_expect(house,
	    "SELECT group_concat(protocol || tls_version || ending, ' ') FROM"
	    " (SELECT * FROM session ORDER BY started)",
	    "smtpstls-failed smtpsTLSv1.3drop");
}

static void
pours_a_large_message_through_tls(void **state)
{
	enum { LEN = 3000000 };
	struct house *house = *state;
	char *text = malloc(LEN + 1);
	struct guest guest;

	assert_non_null(text);
	for (size_t i = 0; i < LEN; i++)
		text[i] = (i % 64) == 63 ? '\n' : (i % 64) == 62 ? '\r' : 'x';
	text[LEN] = '\0';
	start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "STARTTLS", "220 ");
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_ask(&guest, "EHLO x", "250-");
	guest_begin_mail(&guest);
	guest_say(&guest, text);
	guest_ask(&guest, ".", "250 2.0.0 OK Message saved");
	guest_leave(&guest);
	house_expect(house, "SELECT size FROM message", "3000000");
	free(text);
}

/* Each hurts its own connection only, and is on record. */
static void
survives_what_is_no_tls(void **state)
{
	struct house *house = *state;
	char address[128];
	struct guest guest;
	struct guest other;

	start(house);
	house_listen(house, LISTEN_SMTPS, "127.0.0.1:0", address);
	guest_enter(&other, house, house->address);
	guest_come(&guest, house, address);
	guest_say(&guest, "EHLO plain\r\n");
	house_until(house, guest.is_over);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT ending FROM session", "tls-failed");
	assert_dialogue_has(house, "I failed in TLS: ");

	guest_come(&guest, house, address);
	assert_false(guest_shake(&guest, NULL));
	guest_leave(&guest);
	house_wait_for_ends(house, 2);
	assert_dialogue_has(house, "unknown ca");

	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "STARTTLS", "220 ");
	guest_reset(&guest);
	house_wait_for_ends(house, 3);
	guest_ask(&other, "NOOP", "250 ");
	guest_leave(&other);
}

/* A hello on the plain port is garbage like any other. */
static void
survives_tls_on_the_plain_port(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_say_span(&guest, SPAN("\x16\x03\x01\x02\x00\x01\x00\r\n"));
	guest_hear(&guest, "500 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	assert_dialogue_has(house, "C \\x16\\x03\\x01\\x02\\0\\x01\\0\n");
}

static void
says_when_tls_is_not_to_be_had(void **state)
{
	struct house *house = *state;
	char path[SCRATCH_SIZE + 8];
	struct guest guest;

	house_use_tls(house);
	tls_close(house->tls);
	house_use_tls(house);
	(void)snprintf(path, sizeof(path), "%s/tls", house->folder);
	scratch_remove(path);
	fclose(fopen(path, "w"));
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "STARTTLS", "454 4.7.0 ");
	guest_ask(&guest, "NOOP", "250 ");
	guest_leave(&guest);
}

static void
believes_a_proxy(void **state)
{
	static const struct {
		struct span header;
		const char *found; /* peer, port, local, proxy */
	} rows[] = {
	    {SPAN("PROXY TCP4 192.0.2.1 192.0.2.2 12345 25\r\n"),
		"192.0.2.1|12345|192.0.2.2:25|PROXY through 127.0.0.1"},
	    {SPAN("PROXY TCP6 2001:db8::1 2001:db8::2 12345 25\r\n"),
		"2001:db8::1|12345|[2001:db8::2]:25|PROXY through 127.0.0.1"},
	    {SPAN("PROXY UNKNOWN\r\n"), "127.0.0.1|"},
	    {SPAN("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02"
		  "\x02\x30\x39\0\x19"),
		"192.0.2.1|12345|192.0.2.2:25|PROXY through 127.0.0.1"},
	};
	char address[128];
	unsigned ends = 0;

	start(*state);
	house_listen(*state, LISTEN_SMTP, "127.0.0.1:0,proxy", address);
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* The header alone, byte by byte, and with what follows. */
		for (size_t step = 1; step < 100; step += 98) {
			struct house *house = *state;
			struct span rest = rows[i].header;
			struct guest guest;
			char *found;

			guest_come(&guest, house, address);
			while (rest.len) {
				size_t len = step < rest.len ? step : rest.len;

				guest_say_span(&guest, span_make(rest.at, len));
				span_skip(&rest, len);
				if (step == 1)
					loop_turn(house->loop);
			}
			guest_say(&guest, "EHLO x\r\n");
			guest_hear(&guest, "220 ");
			guest_hear(&guest, "250-");
			guest_leave(&guest);
			house_wait_for_ends(house, ++ends);
			found = house_text(house,
			    "SELECT peer || '|' || peer_port || '|' || local"
			    " || '|' || proxy FROM session ORDER BY seq DESC");
			assert_memory_equal(
			    found, rows[i].found, strlen(rows[i].found));
			free(found);
		}
	}
}

static void
asks_for_a_proxy_header(void **state)
{
	struct house *house = *state;
	char address[128];
	struct guest guest;

	start(house);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0,proxy", address);
	guest_come(&guest, house, address);
	guest_say(&guest, "EHLO x\r\n");
	house_until(house, guest.is_over);
	assert_int_equal(guest.heard.len, 0);
	guest_leave(&guest);
	guest_come(&guest, house, address);
	guest_say(&guest, "PROXY TCP4 192.0");
	guest_half_close(&guest);
	house_until(house, guest.is_over);
	guest_leave(&guest);
	house_wait_for_ends(house, 2);
	assert_dialogue_has(house, "I no PROXY header\nI end: errors\n");
}

/* The header is plain; what follows it at once is TLS. */
static void
takes_tls_behind_a_proxy_header(void **state)
{
	struct house *house = *state;
	char address[128];
	struct guest guest;

	start(house);
	house_listen(house, LISTEN_SMTPS, "127.0.0.1:0,proxy", address);
	guest_come(&guest, house, address);
	guest_say(&guest, "PROXY TCP4 192.0.2.1 192.0.2.2 12345 465\r\n");
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_hear(&guest, "220 ");
	guest_ask(&guest, "EHLO x", "250-mail.test");
	assert_non_null(
	    memmem(guest.heard.at, guest.heard.len, "[192.0.2.1]", 11));
	guest_leave(&guest);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(starts_tls),
	    TEST(believes_nothing_from_before),
	    TEST(serves_tls_from_the_first_byte),
	    TEST(pours_a_large_message_through_tls),
	    TEST(survives_what_is_no_tls),
	    TEST(survives_tls_on_the_plain_port),
	    TEST(says_when_tls_is_not_to_be_had),
	    TEST(believes_a_proxy),
	    TEST(asks_for_a_proxy_header),
	    TEST(takes_tls_behind_a_proxy_header),
	};

	return cmocka_run_group_tests_name("session_tls", tests, NULL, NULL);
}
