/* finding_command: what one command line of a client shows. */
#include "finding_talk.h"

#include "address.h"

#include <arpa/inet.h>
#include <string.h>

typedef void command_check(struct talk *, const struct command *);

static void
add(struct talk *talk, enum finding_id id, struct span bytes)
{
	finding_add(talk->look, id, talk->record, bytes);
}

/* ---- the line */

static void
check_early(struct talk *talk, const struct command *command)
{
	if (!talk->was_greeted)
		add(talk, FINDING_EARLY_COMMAND, command->text);
}

static void
check_line_end(struct talk *talk, const struct command *command)
{
	struct span text = command->text;

	if (span_find(text, '\n') < text.len ||
	    span_find(text, '\r') < text.len)
		add(talk, FINDING_COMMAND_LINE_END, text);
}

/* Paths may be 8-bit, and have a rule of their own. */
static void
check_bytes(struct talk *talk, const struct command *command)
{
	enum finding_verb_id id = command->verb->id;
	bool may_be_8bit = id == VERB_MAIL || id == VERB_RCPT;
	struct span text = command->text;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte == '\r' || byte == '\n' || (byte >= ' ' && byte < 127))
			continue;
		if (byte >= 128 && may_be_8bit)
			continue;
		add(talk, FINDING_COMMAND_BYTES, text);
		return;
	}
}

static void
check_length(struct talk *talk, const struct command *command)
{
	if (command->is_cut || command->text.len + 2 > command->verb->line_max)
		add(talk, FINDING_COMMAND_TOO_LONG, command->text);
}

/* ---- EHLO, HELO */

/* RFC 5321 4.1.2: letters, digits and hyphens; no underscore, no UTF-8 (RFC
   6531 3.7.1 wants A-labels here). */
static bool
is_domain(struct span name)
{
	size_t label = 0;

	if (!address_is_domain(name) || name.len > 255)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		label = name.at[i] == '.' ? 0 : label + 1;
		if (name.at[i] == '_' || (unsigned char)name.at[i] >= 128 ||
		    label > 63)
			return false;
	}
	return true;
}

/* All addresses as IPv6; false when it is none, or another kind of literal. */
static bool
read_ip(struct span text, unsigned char ip[16])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	char copy[INET6_ADDRSTRLEN];

	if (span_starts_nocase(text, SPAN("IPv6:")))
		span_skip(&text, 5);
	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	memcpy(ip, mapped, sizeof(mapped));
	return inet_pton(AF_INET, copy, ip + 12) == 1 ||
	    inet_pton(AF_INET6, copy, ip) == 1;
}

/* The blocks of RFC 1918, 3927, 4193, 4291 and loopback. */
static bool
is_inside(const unsigned char ip[16])
{
	static const struct {
		unsigned char prefix[16];
		unsigned bits;
	} blocks[] = {
	    {{[10] = 0xff, [11] = 0xff, [12] = 127}, 104},
	    {{[10] = 0xff, [11] = 0xff, [12] = 10}, 104},
	    {{[10] = 0xff, [11] = 0xff, [12] = 172, [13] = 16}, 108},
	    {{[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 168}, 112},
	    {{[10] = 0xff, [11] = 0xff, [12] = 169, [13] = 254}, 112},
	    {{0xfc}, 7},
	    {{0xfe, 0x80}, 10},
	    {{[15] = 1}, 128},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		unsigned bits = blocks[i].bits, whole = bits / 8;
		unsigned char mask = (unsigned char)(0xff00u >> bits % 8);

		if (memcmp(ip, blocks[i].prefix, whole) == 0 &&
		    (bits % 8 == 0 ||
			((ip[whole] ^ blocks[i].prefix[whole]) & mask) == 0))
			return true;
	}
	return false;
}

static bool
is_loopback(const unsigned char ip[16])
{
	static const unsigned char v4[13] = {
	    [10] = 0xff, [11] = 0xff, [12] = 127};
	static const unsigned char v6[16] = {[15] = 1};

	return memcmp(ip, v4, sizeof(v4)) == 0 ||
	    memcmp(ip, v6, sizeof(v6)) == 0;
}

/*
 * RFC 5321 4.1.4. A client on this very machine, in a container mostly, names
 * itself by an address that it has on another of its networks: that fits.
 */
static bool
fits_peer(struct span name, struct span peer)
{
	unsigned char own[16], claimed[16];

	if (!read_ip(peer, own))
		return true;
	if (span_equal_nocase(name, SPAN("localhost")) ||
	    span_equal_nocase(name, SPAN("localhost.localdomain")))
		return is_loopback(own);
	if (name.at[0] != '[' ||
	    !read_ip(span_make(name.at + 1, name.len - 2), claimed))
		return true;
	return memcmp(own, claimed, sizeof(own)) == 0 ||
	    (is_loopback(own) && is_inside(claimed));
}

static void
check_hello(struct talk *talk, const struct command *command)
{
	enum finding_verb_id id = command->verb->id;
	struct span name = span_trim(command->args);

	if (id != VERB_EHLO && id != VERB_HELO)
		return;
	if (!is_domain(name) && !address_is_literal(name))
		add(talk, FINDING_HELLO_SYNTAX, command->text);
	else if (!fits_peer(name, talk->peer))
		add(talk, FINDING_HELLO_NOT_PEER, command->text);
}

static void
check_hello_missing(struct talk *talk, const struct command *command)
{
	if (command->verb->id == VERB_MAIL && !talk->has_hello &&
	    talk->hellos_waiting == 0)
		add(talk, FINDING_HELLO_MISSING, command->text);
}

/* ---- what was offered */

/* The offer that begins with that keyword; false when there is none. */
static bool
find_offer(const struct talk *talk, struct span keyword, struct span *params)
{
	for (size_t i = 0; i < talk->offers.count; i++) {
		struct span rest = talk->offers.at[i];

		if (!span_starts_nocase(rest, keyword))
			continue;
		span_skip(&rest, keyword.len);
		/* "AUTH=PLAIN" is from a draft, and still seen. */
		if (rest.len && rest.at[0] != ' ' && rest.at[0] != '=')
			continue;
		span_skip(&rest, 1);
		*params = rest;
		return true;
	}
	return false;
}

static bool
is_offered(const struct talk *talk, struct span keyword)
{
	struct span params;

	return find_offer(talk, keyword, &params);
}

/* An EHLO that was not answered yet leaves open what is offered. */
static bool
knows_offers(const struct talk *talk)
{
	return talk->hellos_waiting == 0 && !talk->is_lost;
}

static bool
is_mechanism_offered(const struct talk *talk, struct span mechanism)
{
	struct span params;

	if (!find_offer(talk, SPAN("AUTH"), &params))
		return false;
	while (params.len)
		if (span_equal_nocase(span_cut(&params, ' '), mechanism))
			return true;
	return false;
}

static void
check_verb(struct talk *talk, const struct command *command)
{
	const struct finding_verb *verb = command->verb;
	struct span args = command->args;
	bool is_fine = true;

	if (!knows_offers(talk))
		return;
	if (verb->id == VERB_UNKNOWN)
		is_fine = command->name.len && is_offered(talk, command->name);
	else if (verb->id == VERB_AUTH)
		is_fine = is_mechanism_offered(talk, span_cut(&args, ' '));
	else if (verb->keyword)
		is_fine = is_offered(talk, span_string(verb->keyword));
	if (is_fine)
		return;
	add(talk,
	    verb->id == VERB_UNKNOWN && talk->behind_text
		? FINDING_DOT_UNSTUFFED
		: FINDING_VERB_UNADVERTISED,
	    command->text);
}

static void
check_pipelining(struct talk *talk, const struct command *command)
{
	const struct finding_verb *previous = talk->previous;

	/* Behind a message's text everything may stand (RFC 2920 3.1). */
	if (!command->is_pipelined || !previous)
		return;
	if (previous->id == VERB_STARTTLS)
		add(talk, FINDING_STARTTLS_INJECTION, command->text);
	else if (previous->flags & VERB_IS_LAST)
		add(talk, FINDING_PIPELINING_ORDER, command->text);
	else if (knows_offers(talk) && !is_offered(talk, SPAN("PIPELINING")))
		add(talk, FINDING_PIPELINING_UNOFFERED, command->text);
}

/* CRAM-MD5 shows no password; a local socket shows it to nobody. */
static void
check_auth(struct talk *talk, const struct command *command)
{
	static const char *const open[] = {
	    "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"};
	struct span args = command->args;
	struct span mechanism = span_cut(&args, ' ');

	if (command->verb->id != VERB_AUTH || talk->is_tls ||
	    span_equal(talk->peer, SPAN("unix")))
		return;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (span_equal_nocase(mechanism, span_string(open[i])))
			add(talk, FINDING_AUTH_CLEAR,
			    span_make(command->text.at,
				(size_t)(mechanism.at + mechanism.len -
				    command->text.at)));
}

/* ---- MAIL, RCPT */

/* Which keyword of EHLO allows a parameter that has another name. */
static struct span
keyword_of(struct span param, struct span value)
{
	static const struct {
		const char *param, *keyword;
	} names[] = {
	    {"RET", "DSN"},
	    {"ENVID", "DSN"},
	    {"NOTIFY", "DSN"},
	    {"ORCPT", "DSN"},
	    {"BY", "DELIVERBY"},
	    {"HOLDFOR", "FUTURERELEASE"},
	    {"HOLDUNTIL", "FUTURERELEASE"},
	    {"TRANSID", "CHECKPOINT"},
	    {"CONPERM", "CONPERM"},
	};

	if (span_equal_nocase(param, SPAN("BODY")))
		return span_equal_nocase(value, SPAN("BINARYMIME"))
		    ? SPAN("BINARYMIME")
		    : SPAN("8BITMIME");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal_nocase(param, span_string(names[i].param)))
			return span_string(names[i].keyword);
	return param;
}

static void
check_params(struct talk *talk, struct span params)
{
	while (params.len && knows_offers(talk)) {
		struct span param = span_cut(&params, ' ');
		struct span value = param;
		struct span name = span_cut(&value, '=');

		if (name.len && !is_offered(talk, keyword_of(name, value)))
			add(talk, FINDING_PARAM_UNADVERTISED, param);
	}
}

static bool
has_param(struct span params, struct span name)
{
	while (params.len) {
		struct span param = span_cut(&params, ' ');

		if (span_equal_nocase(span_cut(&param, '='), name))
			return true;
	}
	return false;
}

/* Moves behind "FROM:" or "TO:"; a blank beside the colon is noted. */
static bool
skip_preposition(
    struct talk *talk, const struct command *command, struct span *rest)
{
	struct span name = span_cut(rest, ':');
	struct span wanted =
	    command->verb->id == VERB_MAIL ? SPAN("FROM") : SPAN("TO");

	if (!span_equal_nocase(span_trim(name), wanted))
		return false;
	if (span_trim(name).len != name.len ||
	    (rest->len && (rest->at[0] == ' ' || rest->at[0] == '\t')))
		add(talk, FINDING_PATH_SPACE, command->text);
	*rest = span_trim(*rest);
	return true;
}

static void
check_path(struct talk *talk, const struct command *command)
{
	bool is_mail = command->verb->id == VERB_MAIL;
	struct span rest = command->args;
	enum path_status status;
	struct path path;

	if (!is_mail && command->verb->id != VERB_RCPT)
		return;
	if (!skip_preposition(talk, command, &rest) || rest.len == 0 ||
	    rest.at[0] != '<') {
		add(talk, FINDING_PATH_SYNTAX, command->text);
		return;
	}
	status =
	    address_parse(&rest, is_mail ? PATH_REVERSE : PATH_FORWARD, &path);
	if (status != PATH_OK && status != PATH_NEEDS_UTF8) {
		add(talk, FINDING_PATH_SYNTAX, command->text);
		return;
	}
	if (is_mail)
		talk->is_utf8 = has_param(rest, SPAN("SMTPUTF8"));
	if (status == PATH_NEEDS_UTF8 && !talk->is_utf8)
		add(talk, FINDING_PATH_UTF8, command->text);
	check_params(talk, rest);
}

static command_check *const checks[] = {
    check_early,
    check_line_end,
    check_bytes,
    check_length,
    check_hello,
    check_hello_missing,
    check_verb,
    check_pipelining,
    check_auth,
    check_path,
};

void
finding_look_at_command(struct talk *talk, const struct command *command)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](talk, command);
}
