/* test_dns: both questions, asked of a small server on the same loop. */
#include "dns.h"

#include "dns_reply.h"
#include "fail_alloc.h"
#include "unit.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE_A 1
#define TYPE_MX 15
#define TYPE_AAAA 28

/* What the server says to a question of a type. */
struct rule {
	unsigned type;
	unsigned silences; /* questions left unanswered at first */
	unsigned spoofs;   /* wrong answers before the right one */
	struct dns_reply reply;
};

struct server {
	int fd;
	struct event *event;
	const struct rule *rules; /* ends with type 0 */
	unsigned asked;           /* questions so far */
	unsigned seen[32];        /* by type */
	char address[32];
};

struct asker {
	struct event_base *base;
	struct dns *dns;
	enum dns_answer answer;
	unsigned answers;
};

static void
answer_question(struct server *server, const struct rule *rule,
    const unsigned char *question, size_t len, const struct sockaddr_in *from)
{
	unsigned char packet[DNS_REPLY_SIZE];

	len = dns_reply_make(packet, question, len, &rule->reply);
	for (unsigned i = 0; i < rule->spoofs; i++) {
		unsigned char wrong[DNS_REPLY_SIZE];

		memcpy(wrong, packet, len);
		wrong[i % 2] ^= (unsigned char)(i + 1);
		/* "There is no such name." */
		wrong[3] |= 3;
		(void)sendto(server->fd, wrong, len, 0,
		    (const struct sockaddr *)from, sizeof(*from));
	}
	(void)sendto(server->fd, packet, len, 0, (const struct sockaddr *)from,
	    sizeof(*from));
}

static void
on_question(evutil_socket_t fd, short what, void *context)
{
	struct server *server = context;
	unsigned char question[512];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(fd, question, sizeof(question), 0,
	    (struct sockaddr *)&from, &from_len);
	unsigned type;

	(void)what;
	assert_true(len > DNS_HEADER_SIZE + 4);
	type = question[len - 3];
	server->asked++;
	assert_true(type < COUNT(server->seen));
	server->seen[type]++;
	for (const struct rule *rule = server->rules; rule->type; rule++)
		if (rule->type == type && server->seen[type] > rule->silences)
			answer_question(
			    server, rule, question, (size_t)len, &from);
}

static void
server_open(
    struct server *server, struct event_base *base, const struct rule *rules)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->rules = rules;
	server->fd =
	    socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(server->fd >= 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(
	    getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(server->address, sizeof(server->address), "127.0.0.1:%u",
	    ntohs(address.sin_port));
	server->event = event_new(
	    base, server->fd, EV_READ | EV_PERSIST, on_question, server);
	assert_non_null(server->event);
	assert_int_equal(event_add(server->event, NULL), 0);
}

static void
server_close(struct server *server)
{
	event_free(server->event);
	close(server->fd);
}

static void
asker_open(struct asker *asker, const char *server)
{
	struct failure failure = {""};

	if (dns_open(&asker->dns, asker->base, server, &failure))
		fail_msg("%s", failure.text);
	asker->answers = 0;
}

static void
take(enum dns_answer answer, void *context)
{
	struct asker *asker = context;

	asker->answer = answer;
	asker->answers++;
	event_base_loopbreak(asker->base);
}

static void
too_late(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(context);
}

/* Runs the loop until the answer is there. */
static enum dns_answer
wait_for_answer(struct asker *asker)
{
	static const struct timeval deadline = {20, 0};
	struct event *timer =
	    event_new(asker->base, -1, 0, too_late, asker->base);

	assert_int_equal(asker->answers, 0);
	event_add(timer, &deadline);
	event_base_dispatch(asker->base);
	event_free(timer);
	assert_int_equal(asker->answers, 1);
	asker->answers = 0;
	return asker->answer;
}

static const struct asked {
	const char *what;
	const char *host; /* one of these two */
	const char *domain;
	const char *peer;
	enum dns_answer answer;
	unsigned asked; /* packets */
	struct rule rules[4];
} cases[] = {
    {"an A record", "a.test", NULL, "127.0.0.1", DNS_YES, 1,
	{{TYPE_A, 0, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_V4)}}}},
    {"another A record", "a.test", NULL, "127.0.0.1", DNS_NO, 1,
	{{TYPE_A, 0, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_OTHER_V4)}}}},
    {"an AAAA record", "a.test.", NULL, "2001:db8::1", DNS_YES, 1,
	{{TYPE_AAAA, 0, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_AAAA DNS_V6)}}}},
    {"a mapped peer", "a.test", NULL, "::ffff:127.0.0.1", DNS_YES, 1,
	{{TYPE_A, 0, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_V4)}}}},
    {"no such host", "a.test", NULL, "127.0.0.1", DNS_NO, 1,
	{{TYPE_A, 0, 0, {3, 0, SPAN("")}}}},
    {"a long list", "a.test", NULL, "127.0.0.1", DNS_YES, 1,
	{{TYPE_A, 0, 0, {DNS_CUT, 1, SPAN(DNS_ASKED DNS_IS_A DNS_OTHER_V4)}}}},
    {"wrong answers first", "a.test", NULL, "127.0.0.1", DNS_YES, 1,
	{{TYPE_A, 0, 40, {0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_V4)}}}},
    {"no name", "a b", NULL, "127.0.0.1", DNS_NO, 0, {{0}}},
    {"an empty name", "", NULL, "127.0.0.1", DNS_NO, 0, {{0}}},
    {"a peer without address", "a.test", NULL, "unix", DNS_NO, 0, {{0}}},
    {"its literal", "[127.0.0.1]", NULL, "127.0.0.1", DNS_YES, 0, {{0}}},
    {"its IPv6 literal", "[IPv6:::1]", NULL, "::1", DNS_YES, 0, {{0}}},
    {"another literal", "[127.0.0.2]", NULL, "127.0.0.1", DNS_NO, 0, {{0}}},
    {"no literal", "[a]", NULL, "127.0.0.1", DNS_NO, 0, {{0}}},
    {"half a literal", "[]", NULL, "127.0.0.1", DNS_NO, 0, {{0}}},
    {"an MX record", NULL, "a.test", NULL, DNS_YES, 1,
	{{TYPE_MX, 0, 0,
	    {0, 1, SPAN(DNS_ASKED DNS_IS_MX "\0\x04\0\x0a" DNS_ASKED)}}}},
    {"a null MX", NULL, "a.test", NULL, DNS_NO, 1,
	{{TYPE_MX, 0, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_MX "\0\x03\0\0\0")}}}},
    {"no MX, but A", NULL, "a.test", NULL, DNS_YES, 2,
	{{TYPE_MX, 0, 0, {0, 0, SPAN("")}},
	    {TYPE_A, 0, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_V4)}}}},
    {"only AAAA", NULL, "a.test", NULL, DNS_YES, 3,
	{{TYPE_MX, 0, 0, {0, 0, SPAN("")}}, {TYPE_A, 0, 0, {0, 0, SPAN("")}},
	    {TYPE_AAAA, 0, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_AAAA DNS_V6)}}}},
    {"nothing of all that", NULL, "a.test", NULL, DNS_NO, 3,
	{{TYPE_MX, 0, 0, {0, 0, SPAN("")}}, {TYPE_A, 0, 0, {0, 0, SPAN("")}},
	    {TYPE_AAAA, 0, 0, {0, 0, SPAN("")}}}},
    {"no such domain", NULL, "a.test", NULL, DNS_NO, 1,
	{{TYPE_MX, 0, 0, {3, 0, SPAN("")}}}},
    {"no domain", NULL, "a..test", NULL, DNS_NO, 0, {{0}}},
    {"an umlaut", NULL, "m\xc3\xbcller.test", NULL, DNS_YES, 0, {{0}}},
    {"a literal", NULL, "[127.0.0.1]", NULL, DNS_YES, 0, {{0}}},
    {"failure", NULL, "a.test", NULL, DNS_TRY_AGAIN, 2,
	{{TYPE_MX, 0, 0, {2, 0, SPAN("")}}}},
    {"silence at first", "a.test", NULL, "127.0.0.1", DNS_YES, 2,
	{{TYPE_A, 1, 0, {0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_V4)}}}},
};

static struct dns_query *
ask(struct asker *asker, const struct asked *asked)
{
	if (asked->host)
		return dns_ask_host_has(asker->dns, span_string(asked->host),
		    asked->peer, take, asker);
	return dns_ask_domain_exists(
	    asker->dns, span_string(asked->domain), take, asker);
}

static void
answers(void **state)
{
	struct asker asker = {.base = *state};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct server server;
		enum dns_answer answer;

		server_open(&server, asker.base, cases[i].rules);
		asker_open(&asker, server.address);
		assert_non_null(ask(&asker, &cases[i]));
		answer = wait_for_answer(&asker);
		if (answer != cases[i].answer || server.asked != cases[i].asked)
			fail_msg("%s: %d after %u packets", cases[i].what,
			    (int)answer, server.asked);
		dns_close(asker.dns);
		server_close(&server);
	}
}

/* Nobody listens there: known at once, without a timeout. */
static void
gives_up_where_nobody_listens(void **state)
{
	struct asker asker = {.base = *state};
	struct server server;

	server_open(&server, asker.base, cases[0].rules);
	server_close(&server);
	asker_open(&asker, server.address);
	assert_non_null(ask(&asker, &cases[0]));
	assert_int_equal(wait_for_answer(&asker), DNS_TRY_AGAIN);
	dns_close(asker.dns);
}

static void
drops_what_is_cancelled(void **state)
{
	static const struct timeval moment = {0, 50000};
	struct asker asker = {.base = *state};
	struct server server;
	struct dns_query *query;

	server_open(&server, asker.base, cases[0].rules);
	asker_open(&asker, server.address);
	(void)ask(&asker, &cases[0]);
	query = ask(&asker, &cases[0]);
	(void)ask(&asker, &cases[0]);
	dns_cancel(query);
	dns_cancel(ask(&asker, &cases[8]));
	dns_cancel(NULL);
	dns_close(asker.dns);
	dns_close(NULL);
	event_base_loopexit(asker.base, &moment);
	event_base_dispatch(asker.base);
	assert_int_equal(asker.answers, 0);
	server_close(&server);
}

static void
takes_servers(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} servers[] = {
	    {"127.0.0.1", ERR_OK},
	    {"127.0.0.1:53", ERR_OK},
	    {"::1", ERR_OK},
	    {"[::1]:5353", ERR_OK},
	    {"127.0.0.1:0", ERR_USAGE},
	    {"dns.example.test", ERR_USAGE},
	    {"dns.example.test:53", ERR_USAGE},
	    {"unix:/tmp/x", ERR_USAGE},
	    {"", ERR_USAGE},
	};

	for (size_t i = 0; i < COUNT(servers); i++) {
		struct dns *dns;
		struct failure failure = {""};

		if (dns_open(&dns, *state, servers[i].text, &failure) !=
		    servers[i].err)
			fail_msg("%s", servers[i].text);
		assert_true(!dns == !!servers[i].err);
		dns_close(dns);
	}
}

/* Only that it can be opened: the test must not depend on what answers. */
static void
takes_the_servers_of_the_system(void **state)
{
	struct dns *dns;

	if (dns_open(&dns, *state, NULL, NULL) == ERR_OK)
		assert_non_null(dns);
	dns_close(dns);
}

static void
scenario(void *context)
{
	struct asker asker = {.base = context};
	struct failure failure = {""};
	enum err err = dns_open(&asker.dns, asker.base, "127.0.0.1", &failure);

	if (err) {
		assert_int_equal(err, ERR_MEMORY);
		assert_null(asker.dns);
		return;
	}
	assert_true(ask(&asker, &cases[7]) || fail_alloc_happened());
	assert_true(ask(&asker, &cases[22]) || fail_alloc_happened());
	dns_close(asker.dns);
}

static void
survives_without_memory(void **state)
{
	assert_true(fail_alloc_each(scenario, *state) >= 3);
}

static int
make_base(void **state)
{
	/* One second is the least that the resolver knows. */
	setenv("RES_OPTIONS", "timeout:1 attempts:2", 1);
	*state = event_base_new();
	return *state ? 0 : -1;
}

static int
free_base(void **state)
{
	event_base_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(gives_up_where_nobody_listens),
	    cmocka_unit_test(drops_what_is_cancelled),
	    cmocka_unit_test(takes_servers),
	    cmocka_unit_test(takes_the_servers_of_the_system),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("dns", tests, make_base, free_base);
}
