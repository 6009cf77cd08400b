/* test_session: whole sessions, and what is stored of them. */
#include "fail_alloc.h"
#include "house.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a person types at telnet, as shared words promise it. */
static void
serves_a_person(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 mail.test ESMTP mailstop 0.1.0; ");
	guest_ask(&guest, "HELO local.domain.name",
	    "250 mail.test Hello local.domain.name [127.0.0.1], pleased to "
	    "meet you\r\n");
	guest_ask(&guest, "MAIL FROM: mail@domain.ext",
	    "250 2.1.0 mail@domain.ext... Sender ok\r\n");
	guest_ask(&guest, "RCPT TO: mail@destination.ext",
	    "250 2.1.5 mail@destination.ext... Recipient ok\r\n");
	guest_ask(&guest, "DATA",
	    "354 Enter message, ending with \".\" on a line by itself\r\n");
	guest_say(&guest, "Subject: x\r\n\r\n..dot\r\n");
	guest_ask(&guest, ".", "250 2.0.0 OK Message saved as ");
	/* The first one is never stored without its conversation. */
	house_expect(house,
	    "SELECT count(*) FROM message JOIN session"
	    " ON message.session = session.id JOIN dialogue"
	    " ON dialogue.session = session.seq"
	    " WHERE text LIKE '% DATA%octets%'",
	    "1");
	guest_ask(&guest, "QUIT", "221 2.0.0 mail.test closing connection\r\n");
	guest_hear_end(&guest);
	guest_leave(&guest);
	house_expect(house,
	    "SELECT mail_from || '|' || helo || '|' || state || '|' || inbox"
	    " || '|' || peer || '|' || listener FROM message",
	    "mail@domain.ext|local.domain.name|0|default|127.0.0.1|smtp");
	house_expect(
	    house, "SELECT bytes FROM raw", "Subject: x\r\n\r\n.dot\r\n");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

static void
records_the_dialogue(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char *id;
	char wanted[1024];

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_ask(&guest, "HELO \\x", "250 ");
	guest_say(&guest,
	    "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\n"
	    "DATA\r\n");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "354 ");
	guest_say(&guest, "text\r\n.\r\nNOOP\r\n");
	guest_hear(&guest, "250 2.0.0 OK Message saved as ");
	guest_hear(&guest, "250 ");
	guest_ask(&guest, "QUIT", "221 ");
	guest_hear_end(&guest);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	id = house_text(house, "SELECT id FROM message");
	(void)snprintf(wanted, sizeof(wanted),
	    "C HELO \\\\x\n"
	    "S 250 mail.test Hello \\\\x [127.0.0.1], pleased to meet you\n"
	    "C MAIL FROM:<a@x.test>\n"
	    "S 250 2.1.0 <a@x.test>... Sender ok\n"
	    "c RCPT TO:<b@y.test>\n"
	    "S 250 2.1.5 <b@y.test>... Recipient ok\n"
	    "c DATA\n"
	    "S 354 Enter message, ending with \".\" on a line by itself\n"
	    "I message %s: 6 octets\n"
	    "S 250 2.0.0 OK Message saved as %s\n"
	    "c NOOP\n"
	    "S 250 2.0.0 OK\n"
	    "C QUIT\n"
	    "S 221 2.0.0 mail.test closing connection\n"
	    "I end: quit\n",
	    id, id);
	free(id);
	id = house_dialogue(house, 0);
	assert_non_null(strstr(id, "\n"));
	assert_memory_equal(id, "S 220 mail.test ESMTP mailstop 0.1.0; ", 38);
	assert_string_equal(strchr(id, '\n') + 1, wanted);
	free(id);
	house_expect(house,
	    "SELECT ending || '|' || helo || '|' || protocol || '|' || peer"
	    " || '|' || accepted || refused || aborted || '|' ||"
	    " (ended >= started) || (peer_port > 0) FROM session",
	    "quit|\\x|smtp|127.0.0.1|100|11");
	house_expect(house, "SELECT local FROM session", house->address);
}

static void
records_who_says_nothing(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT ending || accepted FROM session", "drop0");
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_reset(&guest);
	house_wait_for_ends(house, 2);
	house_expect(
	    house, "SELECT ending FROM session ORDER BY seq DESC", "reset");
}

static void
answers_after_a_half_close(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_begin_mail(&guest);
	guest_say(&guest, "x\r\n.\r\nMAIL FROM:<>\r\nNOOP\r\n");
	guest_half_close(&guest);
	guest_hear(&guest, "250 2.0.0 OK Message saved as ");
	guest_hear(&guest, "250 2.1.0 <>... Sender ok");
	guest_hear(&guest, "250 ");
	guest_hear_end(&guest);
	assert_false(guest.is_reset);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT count(*) || state FROM message", "10");
	assert_int_equal(house->saw, 1);
}

/* All in one segment, and nothing else. */
static void
serves_a_whole_session_at_once(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_come(&guest, house, house->address);
	guest_say(&guest,
	    "EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"
	    "one\r\n.\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n"
	    "two\r\n.\r\nQUIT\r\nNOOP\r\n");
	guest_hear(&guest, "220 ");
	guest_hear(&guest, "250-");
	for (unsigned i = 0; i < 2; i++) {
		guest_hear(&guest, "250 2.1.0 ");
		guest_hear(&guest, "250 2.1.5 ");
		guest_hear(&guest, "354 ");
		guest_hear(&guest, "250 2.0.0 OK Message saved as ");
	}
	guest_hear(&guest, "221 ");
	guest_hear_end(&guest);
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(
	    house, "SELECT group_concat(bytes, '') FROM raw", "one\r\ntwo\r\n");
}

struct poor {
	struct house *house;
	struct span text; /* of the client */
	unsigned accepted;
};

static unsigned
count_guests(struct house *house)
{
	struct serve_smtp_stats stats;

	serve_smtp_stats(house->smtp, &stats);
	return stats.connections;
}

/* Without an allocation of its own: all that fail are the server's. */
static void
talk_in_need(void *context)
{
	struct poor *poor = context;
	struct house *house = poor->house;
	int fd = house_connect(house->address);
	static char heard[65536];
	size_t len = 0;
	ssize_t got;
	size_t sent = 0;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	do {
		got = send(fd, poor->text.at + sent, poor->text.len - sent,
		    MSG_NOSIGNAL);
		if (got > 0)
			sent += (size_t)got;
		if (sent == poor->text.len)
			(void)shutdown(fd, SHUT_WR);
		loop_turn(house->loop);
		got = recv(fd, heard + len, sizeof(heard) - len, 0);
		if (got > 0)
			len += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EAGAIN));
	close(fd);
	house_until(house,
	    count_guests(house) == 0 && store_pending(house->store) == 0);
	if (memmem(heard, len, "Message saved", 13))
		poor->accepted++;
	else
		assert_true(fail_alloc_happened());
}

/* Each allocation fails in turn: nobody crashes, and 250 means stored. */
static void
survives_without_memory(void **state)
{
	struct house *house = *state;
	struct poor poor = {.house = house};
	struct buf text;

	house_start(house);
	buf_init(&text, 200000);
	(void)buf_put_string(&text,
	    "EHLO x\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<a@x> SIZE=9\r\n");
	for (unsigned i = 0; i < 20; i++)
		(void)buf_printf(&text, "RCPT TO:<%u@y>\r\n", i);
	(void)buf_put_string(&text, "RCPT TO:<>\r\nDATA\r\n");
	for (unsigned i = 0; i < 1000; i++)
		(void)buf_put_string(&text, "one of many lines of text\r\n");
	(void)buf_put_string(
	    &text, ".\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRSET\r\nQUIT\r\n");
	assert_false(buf_failed(&text));
	poor.text = buf_span(&text);
	assert_true(fail_alloc_each(talk_in_need, &poor) > 10);
	buf_release(&text);
	assert_true(poor.accepted > 2);
	assert_int_equal(
	    house_number(house, "SELECT count(*) FROM message WHERE state = 0"),
	    poor.accepted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(serves_a_person),
	    TEST(records_the_dialogue),
	    TEST(records_who_says_nothing),
	    TEST(answers_after_a_half_close),
	    TEST(serves_a_whole_session_at_once),
	    TEST(survives_without_memory),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
