/* dns: the only two questions that mailstop asks the DNS, both on request. */
#include "dns.h"

#include "clock.h"
#include "dns_packet.h"
#include "endpoint.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 53
/* Without EDNS nobody sends more than 512 bytes. */
#define ANSWER_SIZE 4096
/* A socket that gets more rubbish than this at once waits for its turn. */
#define PACKETS_A_TURN 16

struct server {
	struct sockaddr_storage address;
	socklen_t len;
};

struct dns {
	struct event_base *base;
	struct server servers[MAXNS];
	unsigned server_count;
	unsigned attempts;  /* of each server */
	int64_t timeout_us; /* of each attempt */
	struct dns_query *first;
};

/* Its packets have a socket of their own each, so that the kernel chooses a
   port that nobody can guess, and drops what comes from elsewhere. */
struct dns_query {
	struct dns *dns;
	struct dns_query *next;
	struct dns_query **link; /* what points here */
	struct dns_question question;
	const enum dns_type *types; /* the next to ask for; DNS_END ends it */
	unsigned sent;              /* packets of this type */
	int fd;                     /* -1: none */
	struct event event;
	int64_t deadline_us; /* monotonic, of the packet that is on its way */
	enum dns_answer settled; /* where nothing had to be asked */
	dns_callback *callback;
	void *context;
};

/* ---- which servers */

static bool
add_server(struct dns *dns, const void *address, socklen_t len)
{
	struct server *server = &dns->servers[dns->server_count];

	if (dns->server_count == MAXNS || len > sizeof(server->address))
		return false;
	memcpy(&server->address, address, len);
	server->len = len;
	dns->server_count++;
	return true;
}

static bool
add_literal(struct dns *dns, const char *host, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	v4.sin_port = htons(port);
	v6.sin6_port = htons(port);
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		return add_server(dns, &v4, sizeof(v4));
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
		return add_server(dns, &v6, sizeof(v6));
	return false;
}

static enum err
use_given(struct dns *dns, const char *text, struct failure *failure)
{
	struct endpoint endpoint;

	if (add_literal(dns, text, PORT))
		return ERR_OK;
	if (endpoint_parse(&endpoint, span_string(text), NULL) == ERR_OK &&
	    endpoint.kind == ENDPOINT_TCP && endpoint.port != 0 &&
	    add_literal(dns, endpoint.host, endpoint.port))
		return ERR_OK;
	return failure_set(failure, ERR_USAGE,
	    "\"%s\": a DNS server is an address, with a port or without: "
	    "127.0.0.1:53, [::1]:53",
	    text);
}

static void
use_state(struct dns *dns, const struct __res_state *state)
{
	for (int i = 0; i < state->nscount && i < MAXNS; i++) {
		const struct sockaddr_in *v4 = &state->nsaddr_list[i];
		/* glibc keeps an IPv6 server beside an entry without family. */
		const struct sockaddr_in6 *v6 = state->_u._ext.nsaddrs[i];

		if (v4->sin_family == AF_INET)
			(void)add_server(dns, v4, sizeof(*v4));
		else if (v6)
			(void)add_server(dns, v6, sizeof(*v6));
	}
}

/* Times and attempts are the system's, whoever is asked. */
static enum err
use_system(struct dns *dns, const char *given, struct failure *failure)
{
	struct __res_state state;

	memset(&state, 0, sizeof(state));
	if (res_ninit(&state) != 0)
		return failure_set(failure, ERR_UNAVAILABLE,
		    "the system's DNS settings cannot be read");
	dns->attempts = state.retry > 0 ? (unsigned)state.retry : 1;
	dns->timeout_us =
	    (state.retrans > 0 ? state.retrans : 1) * CLOCK_SECOND;
	if (!given)
		use_state(dns, &state);
	res_nclose(&state);
	if (given)
		return use_given(dns, given, failure);
	if (dns->server_count == 0)
		return failure_set(
		    failure, ERR_UNAVAILABLE, "the system names no DNS server");
	return ERR_OK;
}

enum err
dns_open(struct dns **out, struct event_base *base, const char *server,
    struct failure *failure)
{
	struct dns *dns = calloc(1, sizeof(*dns));
	enum err err;

	*out = NULL;
	if (!dns)
		return failure_set(failure, ERR_MEMORY, "out of memory");
	dns->base = base;
	err = use_system(dns, server, failure);
	if (err)
		free(dns);
	else
		*out = dns;
	return err;
}

void
dns_close(struct dns *dns)
{
	if (!dns)
		return;
	while (dns->first)
		dns_cancel(dns->first);
	free(dns);
}

/* ---- asking */

static void
close_socket(struct dns_query *query)
{
	(void)event_del(&query->event);
	if (query->fd >= 0)
		(void)close(query->fd);
	query->fd = -1;
}

void
dns_cancel(struct dns_query *query)
{
	if (!query)
		return;
	close_socket(query);
	*query->link = query->next;
	if (query->next)
		query->next->link = query->link;
	free(query);
}

static void
finish(struct dns_query *query, enum dns_answer answer)
{
	dns_callback *callback = query->callback;
	void *context = query->context;

	dns_cancel(query);
	callback(answer, context);
}

static bool
send_packet(struct dns_query *query, const struct server *server)
{
	unsigned char packet[DNS_QUESTION_SIZE];
	size_t len;

	if (getrandom(&query->question.id, sizeof(query->question.id), 0) !=
	    sizeof(query->question.id))
		return false;
	len = dns_packet_make(packet, &query->question);
	query->fd = socket(server->address.ss_family,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return len > 0 && query->fd >= 0 &&
	    connect(query->fd, (const struct sockaddr *)&server->address,
		server->len) == 0 &&
	    send(query->fd, packet, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void on_event(evutil_socket_t fd, short what, void *context);

/* Waits for an answer until the deadline, or not at all without a socket. */
static bool
wait_for_event(struct dns_query *query)
{
	int64_t left_us = query->deadline_us - clock_mono_us();
	struct timeval left = {0, 0};

	if (left_us > 0) {
		left.tv_sec = (time_t)(left_us / CLOCK_SECOND);
		left.tv_usec = (suseconds_t)(left_us % CLOCK_SECOND);
	}
	return event_assign(&query->event, query->dns->base, query->fd,
		   query->fd >= 0 ? EV_READ : 0, on_event, query) == 0 &&
	    event_add(&query->event, &left) == 0;
}

/* Asks the next server, in turns. False when each was asked often enough. */
static bool
ask_next(struct dns_query *query)
{
	const struct dns *dns = query->dns;

	while (query->sent < dns->attempts * dns->server_count) {
		unsigned number = query->sent++ % dns->server_count;

		close_socket(query);
		query->deadline_us = clock_mono_us() + dns->timeout_us;
		if (send_packet(query, &dns->servers[number]) &&
		    wait_for_event(query))
			return true;
	}
	close_socket(query);
	return false;
}

/* Asks for the next type of record; false when it was the last one. */
static bool
ask_type(struct dns_query *query)
{
	if (*query->types == DNS_END)
		return false;
	query->question.type = *query->types++;
	query->sent = 0;
	return true;
}

/* What an answer means for the query. */
static void
take_answer(struct dns_query *query, enum dns_said said)
{
	switch (said) {
	case DNS_SAID_FAILED:
		break;
	case DNS_SAID_NO_DATA:
		if (ask_type(query))
			break;
		finish(query, DNS_NO);
		return;
	case DNS_SAID_NO_NAME:
		finish(query, DNS_NO);
		return;
	case DNS_SAID_YES:
	case DNS_SAID_TOO_MUCH:
	case DNS_SAID_NOTHING:
		finish(query, DNS_YES);
		return;
	}
	if (!ask_next(query))
		finish(query, DNS_TRY_AGAIN);
}

/* Reads packets until one is an answer. */
static enum dns_said
read_packets(const struct dns_query *query)
{
	for (int i = 0; i < PACKETS_A_TURN; i++) {
		unsigned char packet[ANSWER_SIZE];
		ssize_t got = recv(query->fd, packet, sizeof(packet), 0);
		enum dns_said said;

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		/* Nobody listens there: the kernel says so at once. */
		if (got < 0)
			return DNS_SAID_FAILED;
		said = dns_packet_read(packet, (size_t)got, &query->question);
		if (said != DNS_SAID_NOTHING)
			return said;
	}
	return DNS_SAID_NOTHING;
}

static void
on_event(evutil_socket_t fd, short what, void *context)
{
	struct dns_query *query = context;
	enum dns_said said = DNS_SAID_NOTHING;

	if (fd < 0) {
		finish(query, query->settled);
		return;
	}
	if (what & EV_READ)
		said = read_packets(query);
	/* A deadline, so that wrong answers do not make it wait longer. */
	if (said == DNS_SAID_NOTHING && clock_mono_us() < query->deadline_us &&
	    wait_for_event(query))
		return;
	take_answer(query, said == DNS_SAID_NOTHING ? DNS_SAID_FAILED : said);
}

static struct dns_query *
new_query(struct dns *dns, dns_callback *callback, void *context)
{
	struct dns_query *query = calloc(1, sizeof(*query));

	if (!query)
		return NULL;
	query->dns = dns;
	query->fd = -1;
	query->callback = callback;
	query->context = context;
	query->next = dns->first;
	query->link = &dns->first;
	if (dns->first)
		dns->first->link = &query->next;
	dns->first = query;
	(void)event_assign(&query->event, dns->base, -1, 0, on_event, query);
	return query;
}

/* Nothing needs to be asked; the callback still comes later. */
static struct dns_query *
settle(struct dns_query *query, enum dns_answer answer)
{
	query->settled = answer;
	query->deadline_us = 0;
	if (wait_for_event(query))
		return query;
	dns_cancel(query);
	return NULL;
}

static struct dns_query *
start(struct dns_query *query, const enum dns_type *types)
{
	query->types = types;
	(void)ask_type(query);
	if (ask_next(query))
		return query;
	return settle(query, DNS_TRY_AGAIN);
}

/* ---- the two questions */

/* Reads an address; an IPv4 one that is mapped into IPv6 is an IPv4 one. */
static bool
read_peer(struct dns_question *question, const char *peer)
{
	struct in6_addr v6;

	if (inet_pton(AF_INET, peer, question->address) == 1) {
		question->address_len = 4;
		return true;
	}
	if (inet_pton(AF_INET6, peer, &v6) != 1)
		return false;
	question->address_len = IN6_IS_ADDR_V4MAPPED(&v6) ? 4 : 16;
	memcpy(question->address, &v6.s6_addr[16 - question->address_len],
	    question->address_len);
	return true;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]", RFC 5321 section 4.1.3. */
static bool
is_same_literal(const struct dns_question *question, struct span host)
{
	struct dns_question literal = {.address_len = 0};
	char text[INET6_ADDRSTRLEN];
	struct span inner = span_make(host.at + 1, host.len - 2);

	if (span_starts_nocase(inner, SPAN("IPv6:")))
		span_skip(&inner, sizeof("IPv6:") - 1);
	if (inner.len >= sizeof(text))
		return false;
	memcpy(text, inner.at, inner.len);
	text[inner.len] = '\0';
	return read_peer(&literal, text) &&
	    literal.address_len == question->address_len &&
	    memcmp(literal.address, question->address, literal.address_len) ==
	    0;
}

static bool
is_literal(struct span host)
{
	return host.len > 2 && host.at[0] == '[' &&
	    host.at[host.len - 1] == ']';
}

struct dns_query *
dns_ask_host_has(struct dns *dns, struct span host, const char *peer,
    dns_callback *callback, void *context)
{
	static const enum dns_type v4[] = {DNS_A, DNS_END};
	static const enum dns_type v6[] = {DNS_AAAA, DNS_END};
	struct dns_query *query = new_query(dns, callback, context);

	if (!query)
		return NULL;
	if (!read_peer(&query->question, peer))
		return settle(query, DNS_NO);
	if (is_literal(host))
		return settle(query,
		    is_same_literal(&query->question, host) ? DNS_YES : DNS_NO);
	if (!dns_question_set_name(&query->question, host))
		return settle(query, DNS_NO);
	return start(query, query->question.address_len == 4 ? v4 : v6);
}

static bool
is_ascii(struct span span)
{
	for (size_t i = 0; i < span.len; i++)
		if ((unsigned char)span.at[i] >= 0x80)
			return false;
	return true;
}

struct dns_query *
dns_ask_domain_exists(
    struct dns *dns, struct span domain, dns_callback *callback, void *context)
{
	static const enum dns_type types[] = {DNS_MX, DNS_A, DNS_AAAA, DNS_END};
	struct dns_query *query = new_query(dns, callback, context);

	if (!query)
		return NULL;
	if (!is_ascii(domain) || is_literal(domain))
		return settle(query, DNS_YES);
	if (!dns_question_set_name(&query->question, domain))
		return settle(query, DNS_NO);
	return start(query, types);
}
