/* test_session_who: HELO, AUTH and XCLIENT, and the checks with DNS. */
#include "dns.h"
#include "dns_reply.h"
#include "house.h"
#include "users.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- AUTH */

static void
takes_any_credentials(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char *found;

	house_start(house);
	guest_enter(&guest, house, house->address);
	/* alice, secret */
	guest_ask(&guest, "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "235 2.7.0 ");
	guest_begin_mail(&guest);
	guest_ask(&guest, "x\r\n.", "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT user || ' ' || mechanism FROM session",
	    "alice PLAIN");
	house_expect(
	    house, "SELECT user || ' ' || inbox FROM message", "alice alice");
	found = house_dialogue(house, 0);
	assert_non_null(strstr(found, "C AUTH PLAIN ********\n"));
	assert_non_null(strstr(found, "I AUTH PLAIN as alice: yes\n"));
	assert_null(strstr(found, "AGFs"));
	free(found);
}

static void
keeps_secrets_when_asked(void **state)
{
	struct house *house = *state;
	struct guest guest;
	char *found;

	house->options.keep_secrets = true;
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "AUTH LOGIN", "334 ");
	guest_ask(&guest, "YWxpY2U=", "334 ");
	guest_ask(&guest, "c2VjcmV0", "235 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	found = house_dialogue(house, 0);
	assert_non_null(strstr(found, "C c2VjcmV0\n"));
	free(found);
}

static struct users *
open_users(struct house *house, const char *lines)
{
	char path[SCRATCH_SIZE + 16];
	struct users *users;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/users", house->folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(lines, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(users_open(&users, path, NULL), ERR_OK);
	return users;
}

static void
knows_its_users(void **state)
{
	struct house *house = *state;
	struct users *users = open_users(house, "alice:secret\n");
	struct guest guest;

	house->options.users = users;
	house->options.auth_mode = SERVE_AUTH_REQUIRED;
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "530 5.7.0 ");
	/* alice, wrong */
	guest_ask(&guest, "AUTH PLAIN AGFsaWNlAHdyb25n",
	    "535 5.7.8 Authentication credentials invalid\r\n");
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "530 ");
	guest_ask(&guest, "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "235 ");
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house, "SELECT user FROM session", "alice");
	house_tear_down(state);
	users_close(users);
	house_set_up(state);
	house_start(*state);
}

/* A client takes CRAM-MD5 first, and could never get in. */
static void
offers_cram_for_plain_passwords_only(void **state)
{
	static const char *const lines[] = {"alice:secret\n",
	    "alice:secret\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"};

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct house *house = *state;
		struct users *users = open_users(house, lines[i]);
		struct guest guest;

		house->options.users = users;
		house_start(house);
		guest_enter(&guest, house, house->address);
		assert_int_equal(
		    memmem(guest.heard.at, guest.heard.len, "CRAM", 4) != NULL,
		    i == 0);
		guest_leave(&guest);
		house_tear_down(state);
		users_close(users);
		house_set_up(state);
	}
	house_start(*state);
}

static void
offers_no_auth(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house->options.auth_mode = SERVE_AUTH_OFF;
	house_start(house);
	guest_enter(&guest, house, house->address);
	assert_null(memmem(guest.heard.at, guest.heard.len, "AUTH", 4));
	guest_ask(&guest, "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "50");
	guest_leave(&guest);
}

static void
forgets_who_it_was_in_tls(void **state)
{
	struct house *house = *state;
	struct guest guest;

	house_use_tls(house);
	house->options.tls_mode = SERVE_TLS_REQUIRED;
	house_start(house);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "530 5.7.0 ");
	guest_ask(&guest, "STARTTLS", "220 ");
	assert_true(guest_shake(&guest, tls_ca_path(house->tls)));
	guest_ask(&guest, "EHLO x", "250-");
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	guest_leave(&guest);
}

/* ---- XCLIENT */

static void
believes_a_front_end(void **state)
{
	struct house *house = *state;
	char address[128];
	struct guest guest;

	house_start(house);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0,xclient", address);
	guest_enter(&guest, house, house->address);
	guest_ask(&guest, "XCLIENT ADDR=192.0.2.1", "50");
	guest_leave(&guest);
	guest_enter(&guest, house, address);
	guest_ask(&guest, "XCLIENT ADDR=192.0.2.999", "501 ");
	guest_ask(&guest,
	    "XCLIENT ADDR=IPv6:2001:db8::1 PORT=99 NAME=c.test HELO=h.test"
	    " LOGIN=bob",
	    "220 ");
	guest_ask(&guest, "EHLO again", "250-");
	guest_begin_mail(&guest);
	guest_ask(&guest, "x\r\n.", "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 2);
	house_expect(house,
	    "SELECT peer || ' ' || peer_port || ' ' || user || ' ' || mechanism"
	    " || ' ' || helo || ' ' || proxy FROM session WHERE seq ="
	    " (SELECT max(seq) FROM session)",
	    "2001:db8::1 99 bob XCLIENT again XCLIENT NAME=c.test"
	    " ADDR=IPv6:2001:db8::1 PORT=99 HELO=h.test LOGIN=bob");
	house_expect(
	    house, "SELECT peer || inbox FROM message", "2001:db8::1bob");
}

/* ---- DNS */

struct server {
	struct event *readable;
	int fd;
	bool is_silent;
	unsigned asked;
	/* The last question, for an answer that comes late. */
	unsigned char question[512];
	size_t len;
	struct sockaddr_in from;
};

static void
answer(const struct server *server, const struct dns_reply *reply)
{
	unsigned char room[DNS_REPLY_SIZE];
	size_t len = dns_reply_make(room, server->question, server->len, reply);

	(void)sendto(server->fd, room, len, 0,
	    (const struct sockaddr *)&server->from, sizeof(server->from));
}

static const struct dns_reply yes = {
    .count = 1, .records = SPAN(DNS_ASKED DNS_IS_A DNS_V4)};

/* What stands in the question decides: "yes...", "no...", else it fails. */
static void
on_question(evutil_socket_t fd, short what, void *context)
{
	static const struct dns_reply no = {.flags = 3};
	static const struct dns_reply failure = {.flags = 2};
	struct server *server = context;
	socklen_t len = sizeof(server->from);
	ssize_t got = recvfrom(fd, server->question, sizeof(server->question),
	    0, (struct sockaddr *)&server->from, &len);

	(void)what;
	assert_true(got >= DNS_HEADER_SIZE);
	server->len = (size_t)got;
	server->asked++;
	if (server->is_silent)
		return;
	/* Also to a question for MX: then an address is asked for next. */
	if (memmem(server->question, server->len, "yes", 3))
		answer(server, &yes);
	else if (memmem(server->question, server->len, "no", 2))
		answer(server, &no);
	else
		answer(server, &failure);
}

static struct dns *
open_dns(struct house *house, struct server *server)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	struct dns *dns;
	char text[64];

	server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(
	    getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
	server->readable = event_new(loop_base(house->loop), server->fd,
	    EV_READ | EV_PERSIST, on_question, server);
	assert_int_equal(event_add(server->readable, NULL), 0);
	(void)snprintf(text, sizeof(text), "127.0.0.1:%u",
	    (unsigned)ntohs(address.sin_port));
	assert_int_equal(
	    dns_open(&dns, loop_base(house->loop), text, NULL), ERR_OK);
	return dns;
}

static void
close_dns(struct dns *dns, struct server *server)
{
	dns_close(dns);
	event_free(server->readable);
	close(server->fd);
}

static void
checks_names(void **state)
{
	struct house *house = *state;
	struct server server = {.fd = -1};
	struct guest guest;
	char *found;

	house->options.check_helo = true;
	house->options.check_sender_domain = true;
	house_open(house);
	house->options.dns = open_dns(house, &server);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0", house->address);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	/* Whatever stands behind it waits for the answer. */
	guest_say(&guest, "EHLO no.test\r\nNOOP\r\n");
	guest_hear(&guest,
	    "550 5.7.1 no.test does not have your address 127.0.0.1\r\n");
	guest_hear(&guest, "250 2.0.0 OK\r\n");
	guest_ask(&guest, "EHLO fail.test", "451 4.4.3 ");
	guest_ask(&guest, "EHLO yes.test", "250-mail.test Hello yes.test");
	guest_say(&guest, "MAIL FROM:<a@no.test>\r\nRCPT TO:<b@y>\r\n");
	guest_hear(&guest, "553 5.1.8 Domain no.test does not exist\r\n");
	guest_hear(&guest, "503 ");
	guest_ask(&guest, "MAIL FROM:<a@fail.test>", "451 4.4.3 ");
	guest_ask(&guest, "MAIL FROM:<a@yes.test>", "250 ");
	guest_ask(&guest, "RSET", "250 ");
	guest_ask(&guest, "MAIL FROM:<>", "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	found = house_dialogue(house, 0);
	assert_non_null(
	    strstr(found, "I check that the peer is no.test: no\n"));
	assert_non_null(strstr(found,
	    "I check of the sender's domain fail.test: the DNS does not "
	    "answer\n"));
	free(found);
	close_dns(house->options.dns, &server);
}

/* The client leaves, or the server stops, while the DNS thinks. */
static void
is_left_while_it_asks(void **state)
{
	struct house *house = *state;
	struct server server = {.fd = -1, .is_silent = true};
	struct guest guests[2];

	house->options.check_helo = true;
	house_open(house);
	house->options.dns = open_dns(house, &server);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0", house->address);
	for (size_t i = 0; i < COUNT(guests); i++) {
		guest_come(&guests[i], house, house->address);
		guest_hear(&guests[i], "220 ");
		guest_say(&guests[i], "EHLO yes.test\r\n");
	}
	house_until(house, server.asked >= 2);
	guest_reset(&guests[0]);
	house_stop(house, 5000000);
	guest_hear(&guests[1], "421 4.3.2 ");
	guest_hear_end(&guests[1]);
	guest_leave(&guests[1]);
	house_wait_for_ends(house, 2);
	close_dns(house->options.dns, &server);
}

/* The answer comes when nobody waits for it any more. */
static void
is_freed_while_it_asks(void **state)
{
	struct house *house = *state;
	struct server server = {.fd = -1, .is_silent = true};
	struct guest guest;
	unsigned asked;

	house->options.check_helo = true;
	house_open(house);
	house->options.dns = open_dns(house, &server);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0", house->address);
	guest_come(&guest, house, house->address);
	guest_hear(&guest, "220 ");
	guest_say(&guest, "EHLO yes.test\r\n");
	house_until(house, server.asked >= 1);
	serve_smtp_free(house->smtp);
	house->smtp = NULL;
	asked = server.asked;
	answer(&server, &yes);
	loop_turn(house->loop);
	loop_turn(house->loop);
	assert_int_equal(server.asked, asked);
	guest_hear_end(&guest);
	guest_leave(&guest);
	close_dns(house->options.dns, &server);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(takes_any_credentials),
	    TEST(keeps_secrets_when_asked),
	    TEST(knows_its_users),
	    TEST(offers_cram_for_plain_passwords_only),
	    TEST(offers_no_auth),
	    TEST(forgets_who_it_was_in_tls),
	    TEST(believes_a_front_end),
	    TEST(checks_names),
	    TEST(is_left_while_it_asks),
	    TEST(is_freed_while_it_asks),
	};

	return cmocka_run_group_tests_name("session_who", tests, NULL, NULL);
}
