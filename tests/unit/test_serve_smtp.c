/* test_serve_smtp: listeners, limits, statistics and the orderly stop. */
#include "house.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void
send_mail(struct guest *guest)
{
	guest_begin_mail(guest);
	guest_ask(guest, "x\r\n.", "250 2.0.0 OK Message saved as ");
}

static void
refuses_one_too_many(void **state)
{
	struct house *house = *state;
	struct serve_smtp_stats stats;
	struct guest guests[4];

	house->options.max_connections = 2;
	house_start(house);
	guest_enter(&guests[0], house, house->address);
	guest_enter(&guests[1], house, house->address);
	for (size_t i = 2; i < 4; i++) {
		guest_come(&guests[i], house, house->address);
		guest_hear(&guests[i],
		    "421 4.3.2 mail.test Too many connections, try again "
		    "later\r\n");
		guest_hear_end(&guests[i]);
		guest_leave(&guests[i]);
	}
	send_mail(&guests[0]);
	house_until(house, house->ended == 2);
	house_expect(house,
	    "SELECT group_concat(ending, ' ') FROM session WHERE ended",
	    "refused refused");
	guest_ask(&guests[1], "QUIT", "221 ");
	guest_leave(&guests[1]);
	house_until(house, house->ended == 3);
	guest_enter(&guests[1], house, house->address);
	serve_smtp_stats(house->smtp, &stats);
	assert_int_equal(stats.sessions, 5);
	assert_int_equal(stats.connections, 2);
	assert_int_equal(stats.accepted, 1);
	assert_int_equal(stats.refused, 0);
	guest_leave(&guests[0]);
	guest_leave(&guests[1]);
}

static void
listens_in_every_way(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char address[128];
	char path[SCRATCH_SIZE + 16];

	house_start(house);
	house_listen(house, LISTEN_SMTP,
	    "name=legacy,addr=127.0.0.1:0,hide=PIPELINING,inbox=old", address);
	guest_come(&guest, house, address);
	guest_hear(&guest, "220 ");
	guest_ask(&guest, "EHLO x", "250-");
	assert_null(memmem(guest.heard.at, guest.heard.len, "PIPELINING", 10));
	send_mail(&guest);
	guest_leave(&guest);
	house_expect(house, "SELECT listener || ' ' || inbox FROM message",
	    "legacy old");

	(void)snprintf(path, sizeof(path), "unix:%s/s", house->folder);
	house_listen(house, LISTEN_LMTP, path, address);
	guest_come(&guest, house, address);
	guest_hear(&guest, "220 mail.test LMTP ");
	guest_ask(&guest, "LHLO x", "250-");
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	guest_ask(&guest, "RCPT TO:<b@y.test>", "250 ");
	guest_ask(&guest, "RCPT TO:<c@y.test>", "250 ");
	guest_ask(&guest, "DATA", "354 ");
	guest_say(&guest, "x\r\n.\r\n");
	guest_hear(&guest, "250 2.0.0 OK Message saved as ");
	guest_ask(&guest, "NOOP", "250 2.0.0 OK Message saved as ");
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_leave(&guest);
	house_expect(house,
	    "SELECT peer || ' ' || inbox FROM message WHERE seq = 2",
	    "unix default");
	house_expect(
	    house, "SELECT count(*) FROM recipient WHERE message = 2", "2");
	house_until(house, house->ended == 2);
	house_expect(house,
	    "SELECT protocol || ' ' || (local LIKE 'unix:/%/s') || peer_port"
	    " FROM session WHERE seq = 2",
	    "lmtp 10");
}

static void
stops_in_order(void **state)
{
	struct house *house = *state;
	struct guest silent;
	struct guest talking;
	struct guest sending;

	house_start(house);
	guest_come(&silent, house, house->address);
	guest_hear(&silent, "220 ");
	guest_enter(&talking, house, house->address);
	guest_begin_mail(&talking);
	guest_say(&talking, "half a");
	guest_enter(&sending, house, house->address);
	guest_begin_mail(&sending);
	house_until(house, store_pending(house->store) == 0);
	guest_say(&sending, "x\r\n.\r\nNOOP\r\n");
	house_until(house, store_pending(house->store) > 0);
	house_stop(house, 5000000);
	assert_int_equal(house->drained, 0);
	guest_hear(&silent, "421 4.3.2 mail.test Shutting down\r\n");
	guest_hear_end(&silent);
	guest_hear(&talking, "421 4.3.2 ");
	guest_hear_end(&talking);
	guest_hear(&sending, "250 2.0.0 OK Message saved as ");
	guest_hear(&sending, "421 4.3.2 ");
	guest_hear_end(&sending);
	guest_leave(&silent);
	guest_leave(&talking);
	guest_leave(&sending);
	house_until(house, house->drained == 1);
	house_expect(house, "SELECT group_concat(ending, ' ') FROM session",
	    "shutdown shutdown shutdown");
	house_expect(house,
	    "SELECT group_concat(reason, ' ') FROM message WHERE state = 2",
	    "the server was shut down");
	assert_int_equal(house->ended, 3);
}

static void
stops_when_nobody_is_there(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_stop(house, 0);
	assert_int_equal(house->drained, 0);
	house_until(house, house->drained == 1);
}

/* A client that does not read cannot hold the server. */
static void
cuts_when_the_grace_is_over(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char noops[6000];

	for (size_t i = 0; i < sizeof(noops); i += 6)
		memcpy(noops + i, "NOOP\r\n", 6);
	house_start(house);
	guest_enter(&guest, house, house->address);
	(void)event_del(guest.readable);
	for (unsigned full = 0; full < 3; full++) {
		while (send(guest.fd, noops, sizeof(noops), MSG_NOSIGNAL) > 0)
			full = 0;
		loop_turn(house->loop);
	}
	house_stop(house, 50000);
	house_until(house, house->drained == 1);
	guest_leave(&guest);
	house_expect(house, "SELECT ending FROM session", "shutdown");
}

/* As when the loop has died: what is at the store comes back to nobody. */
/* What has something at the store hands in the rest when that comes back, and
   be it the last thing of all. */
static void
is_freed_before_the_store_is_done(void **state)
{
	struct house *house = *state;
	struct guest guests[3];

	house_start(house);
	for (size_t i = 0; i < 3; i++) {
		guest_enter(&guests[i], house, house->address);
		guest_begin_mail(&guests[i]);
	}
	guest_say(&guests[0], "x\r\n.\r\n");
	house_until(house, store_pending(house->store) > 0);
	serve_smtp_free(house->smtp);
	house->smtp = NULL;
	for (size_t i = 0; i < 3; i++)
		guest_leave(&guests[i]);
	loop_turn(house->loop);
	house_until(house, store_pending(house->store) == 0);
	house_expect(house,
	    "SELECT group_concat(state, '') FROM"
	    " (SELECT state FROM message ORDER BY state)",
	    "022");
	house_expect(house,
	    "SELECT group_concat(ending, ' ') FROM session WHERE ended > 0",
	    "shutdown shutdown shutdown");
	house_expect(house,
	    "SELECT count(DISTINCT session) FROM dialogue"
	    " WHERE text LIKE '%end: shutdown%'",
	    "3");
	assert_int_equal(house->ended, 0);
}

static void
refuses_smtps_without_tls(void **state)
{
	struct house *house = *state;
	struct listen_spec spec;
	struct listener *listener;

	house_start(house);
	assert_int_equal(
	    listen_parse(&spec, LISTEN_SMTPS, SPAN("127.0.0.1:0"), NULL),
	    ERR_OK);
	assert_int_equal(listen_open(&listener, &spec, NULL), ERR_OK);
	listen_spec_release(&spec);
	assert_int_equal(serve_smtp_listen(house->smtp, listener), ERR_USAGE);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(refuses_one_too_many),
	    TEST(listens_in_every_way),
	    TEST(stops_in_order),
	    TEST(stops_when_nobody_is_there),
	    TEST(cuts_when_the_grace_is_over),
	    TEST(is_freed_before_the_store_is_done),
	    TEST(refuses_smtps_without_tls),
	};

	return cmocka_run_group_tests_name("serve_smtp", tests, NULL, NULL);
}
