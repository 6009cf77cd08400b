/* test_session_mail: transactions that are accepted, refused or given up. */
#include "house.h"
#include "sql.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void
keeps_the_whole_envelope(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest,
	    "MAIL FROM:<\"a b\"@x.test> BODY=8BITMIME RET=HDRS ENVID=x",
	    "250 ");
	guest_ask(
	    &guest, "RCPT TO:<@relay.test:b@y.test> NOTIFY=NEVER", "250 ");
	guest_ask(&guest, "RCPT TO:<>", "501 ");
	guest_ask(&guest, "RCPT TO:<c@y.test> FOO=1", "555 ");
	guest_ask(&guest, "RCPT TO:<postmaster>", "250 ");
	guest_ask(&guest, "DATA", "354 ");
	guest_ask(&guest, "x\r\n.", "250 ");
	guest_leave(&guest);
	house_expect(house,
	    "SELECT mail_from || ' ' || mail_params FROM message",
	    "\"a b\"@x.test BODY=8BITMIME RET=HDRS ENVID=x");
	house_expect(house,
	    "SELECT group_concat(address || ' ' || params || ' ' ||"
	    " substr(reply, 1, 3) || is_accepted, '|') FROM recipient",
	    "b@y.test NOTIFY=NEVER 2501|<>  5010|c@y.test FOO=1 5550|"
	    "postmaster  2501");
}

static void
takes_chunks(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_say(&guest,
	    "MAIL FROM:<a@x.test> BODY=BINARYMIME\r\nRCPT TO:<b@y.test>\r\n"
	    "BDAT 4\r\n.\r\n.BDAT 2\r\n\r\nBDAT 0 LAST\r\nNOOP\r\n");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "250 ");
	guest_hear(&guest, "250 2.0.0 OK Message saved as ");
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_leave(&guest);
	house_expect(house, "SELECT hex(bytes) FROM raw", "2E0D0A2E0D0A");
}

/* Exactly the limit is fine; one octet more is refused, and kept apart. */
static void
holds_the_size_limit(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house->options.max_message = 20;
	house->options.refused_max = 10;
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_begin_mail(&guest);
	guest_ask(&guest, "012345678901234567\r\n.", "250 ");
	guest_begin_mail(&guest);
	guest_say(&guest, "0123456789012345678\r\nmore\r\n.\r\nNOOP\r\n");
	guest_hear(&guest, "552 5.3.4 ");
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_ask(&guest, "MAIL FROM:<a@x> SIZE=21", "552 5.3.4 ");
	guest_begin_mail(&guest);
	guest_ask(&guest, ".", "250 ");
	guest_ask(&guest, "QUIT", "221 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house,
	    "SELECT group_concat(state || ':' || size || ':' || bytes || ':' ||"
	    " reason, '|') FROM message JOIN raw ON message = seq",
	    "0:20:012345678901234567\r\n:|"
	    "1:10:0123456789:552 5.3.4 Message exceeds the size limit|"
	    "1:0::552 5.3.4 Message exceeds the size limit|0:0::");
	house_expect(
	    house, "SELECT accepted || refused || aborted FROM session", "220");
	assert_int_equal(house->saw, 4);
}

/* What is worth keeping of what came to nothing, and what is not. */
static void
keeps_what_was_given_up(void **state)
{
	static const struct {
		const char *said; /* after EHLO */
		const char *found;
	} rows[] = {
	    {"MAIL FROM:<a@x>\r\nRSET\r\nQUIT\r\n", "nothing"},
	    {"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRSET\r\nQUIT\r\n",
		"2|given up by the client|a@x|"},
	    {"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nEHLO z\r\nQUIT\r\n",
		"2|given up by the client|a@x|"},
	    {"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nQUIT\r\n",
		"2|the client quit|a@x|"},
	    {"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nhalf a li",
		"2|the client hung up|a@x|half a li"},
	    {"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 9\r\nhalf",
		"2|the client hung up|a@x|half"},
	    {"MAIL FROM:<a@x>\r\nRCPT TO:<>\r\nRSET\r\nQUIT\r\n",
		"1|501 5.1.3 Bad recipient address syntax|a@x|"},
	    {"MAIL FROM:<>\r\nQUIT\r\n", "nothing"},
	    {"MAIL FROM:<bad\r\nRCPT TO:<b@y>\r\nQUIT\r\n",
		"1|501 5.1.7 Bad sender address syntax|<bad|"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct house *house = *state;
		struct guest guest;

		house_start(house);
		guest_enter(&guest, house, house->address);
		guest_say(&guest, rows[i].said);
		guest_half_close(&guest);
		house_until(house, guest.is_over);
		guest_leave(&guest);
		house_wait_for_ends(house, 1);
		house_expect(house,
		    "SELECT state || '|' || reason || '|' || mail_from || '|'"
		    " || bytes FROM message JOIN raw ON message = seq",
		    rows[i].found);
		house_expect(house,
		    "SELECT accepted || (refused + aborted ="
		    " (SELECT count(*) FROM message)) FROM session",
		    "01");
		house_tear_down(state);
		house_set_up(state);
	}
	house_start(*state);
}

/* A MAIL that was refused is mail that was refused, whoever refused it. */
static void
keeps_what_was_refused_at_once(void **state)
{
	static const struct {
		const char *said;
		const char *wanted;
		const char *found;
	} rows[] = {
	    {"MAIL FROM:<a@x> SIZE=99 BODY=8BITMIME", "552 5.3.4 ",
		"1|552 5.3.4 Message exceeds the size limit|a@x"
		"|SIZE=99 BODY=8BITMIME"},
	    {"mail from: <> NO=SUCH", "555 5.5.4 ",
		"1|555 5.5.4 Parameter not recognized||NO=SUCH"},
	    {"MAIL FROM:<\xc3\xbc@x>", "553 5.6.7 ",
		"1|553 5.6.7 Address needs SMTPUTF8|<\xc3\xbc@x>|"},
	    {"MAIL FROM:", "501 ", "1|501 5.1.7 Bad sender address syntax||"},
	    {"MAIL <a@x>", "501 ", "nothing"},
	    {"MAIL FROM:<a@x>\r\nMAIL FROM:<b@x>\r\nNOOP", "250 2.1.0 ",
		"nothing"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct house *house = *state;
		struct guest guest;

		house->options.max_message = 20;
		house_start(house);
		guest_enter(&guest, house, house->address);
		guest_ask(&guest, rows[i].said, rows[i].wanted);
		guest_leave(&guest);
		house_wait_for_ends(house, 1);
		house_expect(house,
		    "SELECT state || '|' || reason || '|' || mail_from || '|'"
		    " || mail_params FROM message JOIN raw ON message = seq"
		    " WHERE session = (SELECT id FROM session)",
		    rows[i].found);
		house_expect(house,
		    "SELECT refused = (SELECT count(*) FROM message)"
		    " FROM session",
		    "1");
		house_tear_down(state);
		house_set_up(state);
	}
	house_start(*state);
}

/* What came in one piece with a RSET goes on, up to a number; what is said
   after its reply waits for the store, so that whoever looks then finds it. */
static void
waits_for_the_rest(struct house *house, size_t count)
{
	static const char one[] =
	    "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRSET\r\n";
	struct guest guest;
	struct sql *sql;
	char text[sizeof(one) * 8 + 16] = "";

	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "VRFY x", "252 ");
	house_until(house, store_pending(house->store) == 0);
	assert_int_equal(sql_open(&sql, house->path, SQL_WRITE, NULL), ERR_OK);
	assert_int_equal(sql_exec(sql, "BEGIN IMMEDIATE"), ERR_OK);
	for (size_t i = 0; i < count; i++)
		memcpy(text + strlen(text), one, sizeof(one));
	memcpy(text + strlen(text), "NOOP\r\n", sizeof("NOOP\r\n"));
	guest_say(&guest, text);
	for (size_t i = 0; i < count * 3; i++)
		guest_hear(&guest, "250 ");
	if (count < 8) {
		guest_hear(&guest, "250 2.0.0 OK\r\n");
		guest_say(&guest, "NOOP\r\n");
	}
	for (int64_t end = house_now() + 50000; house_now() < end;)
		loop_turn(house->loop);
	assert_int_equal(guest.at, guest.heard.len);
	assert_int_equal(sql_exec(sql, "COMMIT"), ERR_OK);
	sql_close(sql);
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_ask(&guest, "QUIT", "221 ");
	guest_leave(&guest);
}

static void
tells_when_the_rest_is_stored(void **state)
{
	struct house *house = *state;

	house_start(house);
	waits_for_the_rest(house, 1);
	waits_for_the_rest(house, 8);
	house_wait_for_ends(house, 2);
	house_expect(house,
	    "SELECT group_concat(accepted || refused || aborted) ||"
	    " (SELECT count(*) FROM message WHERE state = 2) FROM session",
	    "001,0089");
	assert_int_equal(house->saw, 9);
}

/* The client is gone before its message is stored; it is stored. */
static void
stores_for_who_has_left(void **state)
{
	struct house *house = *state;
	struct guest guests[2];

	house_start(house);
	for (size_t i = 0; i < COUNT(guests); i++) {
		guest_enter(&guests[i], house, house->address);
		guest_begin_mail(&guests[i]);
	}
	house_until(house, store_pending(house->store) == 0);
	guest_say(&guests[0], "x\r\n.\r\n");
	guest_say(&guests[1], "x\r\n.\r\n");
	house_until(house, store_pending(house->store) == 2);
	guest_leave(&guests[0]);
	guest_reset(&guests[1]);
	house_wait_for_ends(house, 2);
	house_expect(house, "SELECT count(*) || sum(state) FROM message", "20");
	house_expect(house, "SELECT sum(accepted) FROM session", "2");
}

/* No file may grow meanwhile: the store fails, and the session goes on. */
static void
survives_a_full_disk(void **state)
{
	struct house *house = *state;
	struct rlimit before;
	struct rlimit none;
	struct guest guest;

	house_start(house);
	guest_enter(&guest, house, house->address);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (unsigned i = 0; i < 2; i++) {
		guest_begin_mail(&guest);
		guest_say(&guest, "x\r\n.\r\n");
		guest_hear(&guest, "45");
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	guest_begin_mail(&guest);
	guest_ask(&guest, "y\r\n.", "250 ");
	guest_ask(&guest, "QUIT", "221 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house,
	    "SELECT group_concat(replace(bytes, x'0d0a', ''), '') FROM raw",
	    "y");
	house_expect(house, "SELECT accepted FROM session", "1");
	/* Nothing of the dialogue was lost. */
	house_expect(house,
	    "SELECT length(text) - length(replace(text, ' DATA', '123')) FROM"
	    " (SELECT group_concat(text, '') AS text FROM dialogue)",
	    "6");
}

/* Nothing is lost of those that are under way, and it is over some time. */
static void
keeps_to_its_memory(void **state)
{
	enum { LEN = 300000 };
	struct house *house = *state;
	char *text = malloc(LEN + 1);
	struct guest guests[2];

	assert_non_null(text);
	for (size_t i = 0; i < LEN; i++)
		text[i] = (i % 64) == 63 ? '\n' : (i % 64) == 62 ? '\r' : 'x';
	text[LEN / 64 * 64] = '\0';
	house->options.spool_directory = NULL;
	house->options.memory_limit = 700000;
	house_start(house);
	guest_enter(&guests[0], house, house->address);
	guest_begin_mail(&guests[0]);
	guest_say(&guests[0], text);
	guest_enter(&guests[1], house, house->address);
	guest_begin_mail(&guests[1]);
	guest_say(&guests[1], text);
	guest_say(&guests[1], text);
	guest_ask(&guests[1], ".", "452 4.3.1 ");
	guest_ask(&guests[0], ".", "250 ");
	guest_begin_mail(&guests[1]);
	guest_say(&guests[1], text);
	guest_ask(&guests[1], ".", "250 ");
	guest_leave(&guests[0]);
	guest_leave(&guests[1]);
	house_expect(house,
	    "SELECT group_concat(state || size, ' ') FROM message",
	    "165536 0299968 0299968");
	free(text);
}

/* What is kept to be used again gives way. */
static void
takes_memory_from_the_spare(void **state)
{
	enum { LEN = 150016, SMALL = 10048 };
	struct house *house = *state;
	char *text = malloc(LEN + 1);
	struct guest guest;
	struct guest others[6];

	assert_non_null(text);
	for (size_t i = 0; i < LEN; i++)
		text[i] = (i % 64) == 63 ? '\n' : (i % 64) == 62 ? '\r' : 'x';
	text[LEN] = '\0';
	house->options.spool_directory = NULL;
	house->options.memory_limit = 200000;
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_begin_mail(&guest);
	for (size_t i = 0; i < COUNT(others); i++) {
		guest_enter(&others[i], house, house->address);
		guest_begin_mail(&others[i]);
		guest_say_span(&others[i], span_make(text, SMALL));
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		guest_ask(&others[i], ".", "250 ");
		guest_leave(&others[i]);
	}
	guest_say(&guest, text);
	guest_ask(&guest, ".", "250 ");
	guest_leave(&guest);
	free(text);
}

/* DATA is refused where nothing would fit. */
static void
begins_nothing_without_memory(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house->options.spool_directory = NULL;
	house->options.memory_limit = 50000;
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	guest_ask(&guest, "RCPT TO:<b@y.test>", "250 ");
	guest_ask(&guest, "DATA", "452 4.3.1 ");
	guest_ask(&guest, "NOOP", "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT state || reason FROM message",
	    "1452 4.3.1 Insufficient system storage, try again later");
}

static void
takes_many_recipients(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char line[100];

	house->options.max_recipients = 500;
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	for (unsigned i = 0; i < 2500; i++) {
		(void)snprintf(
		    line, sizeof(line), "RCPT TO:<%u@y.test>\r\n", i);
		guest_say(&guest, line);
	}
	for (unsigned i = 0; i < 2500; i++)
		guest_hear(&guest, i < 500 ? "250 " : "452 4.5.3 ");
	guest_ask(&guest, "DATA", "354 ");
	guest_ask(&guest, "x\r\n.", "250 ");
	guest_leave(&guest);
	/* Those that were refused are noted too, within reason. */
	house_expect(house,
	    "SELECT sum(is_accepted) || ' ' || count(*) || ' ' || max(reply)"
	    " FROM recipient",
	    "500 1500 452 4.5.3 Too many recipients");
}

/* The last line that was kept behind a message is a recipient that is refused,
   and a transaction is open when TLS starts. */
static void
notes_what_is_refused_behind_a_message(void **state)
{
	struct house *house = *state;
	char text[20000] = "x\r\n.\r\nMAIL FROM:<a@x.test>\r\n";
	size_t len = strlen(text);
	struct guest guest;

	house->options.max_errors = 0;
	house_use_tls(house);
	house_start(house);
	while (len < sizeof(text) - 100)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "RCPT TO:<>\r\n");
	guest_enter(&guest, house, house->address);
	guest_begin_mail(&guest);
	guest_say(&guest, text);
	guest_hear(&guest, "250 2.0.0 OK Message saved");
	guest_hear(&guest, "250 ");
	for (const char *at = text; (at = strstr(at, "RCPT")); at++)
		guest_hear(&guest, "501 ");
	guest_ask(&guest, "RCPT TO:<b@y.test>", "250 ");
	guest_ask(&guest, "STARTTLS", "220 ");
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_ask(&guest, "EHLO x", "250-");
	guest_begin_mail(&guest);
	guest_ask(&guest, "x\r\n.", "250 2.0.0 OK Message saved");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house,
	    "SELECT group_concat(state || reason, ' ') FROM message",
	    "0 2given up by the client 0");
	assert_true(
	    house_number(house,
		"SELECT count(*) FROM recipient WHERE message = 2") > 500);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(keeps_the_whole_envelope),
	    TEST(takes_chunks),
	    TEST(holds_the_size_limit),
	    TEST(keeps_what_was_given_up),
	    TEST(keeps_what_was_refused_at_once),
	    TEST(tells_when_the_rest_is_stored),
	    TEST(stores_for_who_has_left),
	    TEST(survives_a_full_disk),
	    TEST(keeps_to_its_memory),
	    TEST(takes_memory_from_the_spare),
	    TEST(begins_nothing_without_memory),
	    TEST(takes_many_recipients),
	    TEST(notes_what_is_refused_behind_a_message),
	};

	return cmocka_run_group_tests_name("session_mail", tests, NULL, NULL);
}
