/* session_who: who the client says it is, and whether we believe it. */
#include "session_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "users.h"

/* Names in replies are cut at this; the record has them whole. */
#define NAME_MAX_LEN 100
#define REPLY_SIZE 400

/* Cut where it is longer than what is kept. */
static void
set_text(struct buf *text, struct span value)
{
	if (value.len > text->limit)
		value.len = text->limit;
	buf_reset(text);
	(void)buf_put(text, value);
}

static bool
reads_headers(const struct inbox_order *order)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->at[i] == INBOX_HEADER)
			return true;
	return false;
}

struct span
session_inbox(const struct session *session, struct inbox_name *room)
{
	const struct serve_smtp_options *options = session->shared->options;
	struct inbox_facts facts = {
	    .listener = span_string(session->place->spec->inbox),
	    .user = buf_span(&session->user),
	    .message = session->message,
	    .usual = span_string(options->default_inbox),
	};
	char *memory = NULL;
	struct span name;

	if (session->message && reads_headers(&options->inbox_order))
		facts.header = session_header(session, &memory);
	name = inbox_name_find(room, &options->inbox_order, &facts);
	free(memory);
	return name;
}

static struct span
cut(struct span name)
{
	if (name.len > NAME_MAX_LEN)
		name.len = NAME_MAX_LEN;
	return name;
}

__attribute__((format(printf, 4, 5))) static void
say_no(struct session *session, int code, const char *enhanced,
    const char *format, ...)
{
	struct smtp_reply reply = {.code = code, .enhanced = enhanced};
	char text[REPLY_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reply.text = span_string(text);
	session_answer(session, &reply);
}

/* ---- the checks of a strict server */

static void
remark_look_up(
    struct session *session, const char *what, enum dns_answer answer)
{
	static const char *const words[] = {
	    [DNS_YES] = "yes",
	    [DNS_NO] = "no",
	    [DNS_TRY_AGAIN] = "the DNS does not answer",
	};

	session_remark(session, "%s %.*s: %s", what,
	    SPAN_ARG(buf_span(&session->tried)), words[answer]);
}

static void
on_host(enum dns_answer answer, void *context)
{
	struct session *session = context;
	struct span name = cut(buf_span(&session->tried));

	session->query = NULL;
	remark_look_up(session, "check that the peer is", answer);
	if (answer == DNS_YES)
		session_answer(session, NULL);
	else if (answer == DNS_NO)
		say_no(session, 550, "5.7.1",
		    "%.*s does not have your address %s", SPAN_ARG(name),
		    session->peer.address);
	else
		say_no(session, 451, "4.4.3",
		    "%.*s cannot be looked up now, try again later",
		    SPAN_ARG(name));
	session_resume(session);
}

static void
on_domain(enum dns_answer answer, void *context)
{
	struct session *session = context;
	struct span name = cut(buf_span(&session->tried));

	session->query = NULL;
	remark_look_up(session, "check of the sender's domain", answer);
	if (answer == DNS_YES)
		session_answer(session, NULL);
	else if (answer == DNS_NO)
		say_no(session, 553, "5.1.8", "Domain %.*s does not exist",
		    SPAN_ARG(name));
	else
		say_no(session, 451, "4.4.3",
		    "Domain %.*s cannot be looked up now, try again later",
		    SPAN_ARG(name));
	session_resume(session);
}

/* Without a query it is as if the DNS had not answered. */
static void
wait_for(struct session *session, struct dns_query *query, dns_callback *then)
{
	session->state = SESSION_WAITING;
	session->query = query;
	if (!query)
		then(DNS_TRY_AGAIN, session);
}

void
session_hello(struct session *session)
{
	const struct serve_smtp_options *options = session->shared->options;
	struct span name = smtp_hello(session->smtp);

	if (!options->check_helo || !options->dns ||
	    strcmp(session->peer.address, "unix") == 0) {
		session_answer(session, NULL);
		return;
	}
	set_text(&session->tried, name);
	wait_for(session,
	    dns_ask_host_has(
		options->dns, name, session->peer.address, on_host, session),
	    on_host);
}

void
session_hello_answered(struct session *session, struct span said)
{
	if (!session_said_yes(said))
		return;
	set_text(&session->helo, smtp_hello(session->smtp));
	session_learned(session);
}

void
session_check_sender(struct session *session, struct span domain)
{
	const struct serve_smtp_options *options = session->shared->options;

	if (!options->check_sender_domain || !options->dns || domain.len == 0) {
		session_answer(session, NULL);
		return;
	}
	set_text(&session->tried, domain);
	wait_for(session,
	    dns_ask_domain_exists(options->dns, domain, on_domain, session),
	    on_domain);
}

/* ---- AUTH */

static const char *
mechanism_name(enum smtp_feature mechanism)
{
	switch (mechanism) {
	case SMTP_AUTH_PLAIN:
		return "PLAIN";
	case SMTP_AUTH_LOGIN:
		return "LOGIN";
	case SMTP_AUTH_CRAM_MD5:
		return "CRAM-MD5";
	default:
		return "XOAUTH2";
	}
}

static bool
is_known(struct users *users, const struct smtp_auth *auth)
{
	if (!users)
		return true;
	if (auth->mechanism == SMTP_AUTH_CRAM_MD5)
		return users_check_cram(
		    users, auth->identity, auth->challenge, auth->secret);
	return users_check(users, auth->identity, auth->secret);
}

void
session_login_begin(struct session *session)
{
	const struct smtp_auth *auth = smtp_auth(session->smtp);

	set_text(&session->tried, auth->identity);
	session->tried_mechanism = mechanism_name(auth->mechanism);
}

void
session_login(struct session *session)
{
	struct users *users = session->shared->options->users;

	if (is_known(users, smtp_auth(session->smtp)))
		session_answer(session, NULL);
	else
		say_no(session, 535, "5.7.8",
		    "Authentication credentials invalid");
}

void
session_login_answered(struct session *session, struct span said)
{
	bool is_in = session_said_yes(said);

	session_remark(session, "AUTH %s as %.*s: %s", session->tried_mechanism,
	    SPAN_ARG(buf_span(&session->tried)), is_in ? "yes" : "no");
	if (!is_in)
		return;
	set_text(&session->user, buf_span(&session->tried));
	session->mechanism = session->tried_mechanism;
	session_learned(session);
}

/* ---- XCLIENT */

static void
note_attribute(struct session *session, const char *name, struct span value)
{
	(void)buf_printf(&session->proxy, " %s=%.*s", name,
	    (int)(value.len < NAME_MAX_LEN ? value.len : NAME_MAX_LEN),
	    value.at);
	session->proxy.failed = false;
}

void
session_xclient(struct session *session)
{
	static const char *const names[] = {
	    "NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN"};
	struct span value;
	uint64_t port;

	if (smtp_xclient(session->smtp, SPAN("ADDR"), &value) &&
	    !peer_parse(&session->peer, value)) {
		say_no(session, 501, "5.5.4", "Bad ADDR");
		return;
	}
	if (smtp_xclient(session->smtp, SPAN("PORT"), &value) &&
	    span_number(value, &port) && port <= UINT16_MAX)
		session->peer.port = (uint16_t)port;
	if (smtp_xclient(session->smtp, SPAN("HELO"), &value))
		set_text(&session->helo, value);
	if (smtp_xclient(session->smtp, SPAN("LOGIN"), &value)) {
		set_text(&session->user, value);
		session->mechanism = "XCLIENT";
	}
	session_learned(session);
	buf_reset(&session->proxy);
	(void)buf_put_string(&session->proxy, "XCLIENT");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (smtp_xclient(session->smtp, span_string(names[i]), &value))
			note_attribute(session, names[i], value);
	session_answer(session, NULL);
}
