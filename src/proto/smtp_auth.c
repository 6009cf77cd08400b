/* smtp_auth: AUTH exchanges (RFC 4954), one mechanism a row. */
#include "smtp_private.h"

#include "base64.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Two responses, and CRAM-MD5's challenge. */
#define DECODED_MAX ((size_t)RESPONSE_MAX / 4 * 3 * 2 + 512)

static const struct smtp_reply no_mechanism = {
    504, "5.5.4", SPAN("Mechanism not recognized")};
static const struct smtp_reply no_initial = {
    501, "5.7.0", SPAN("The mechanism takes no initial response")};
static const struct smtp_reply no_memory = {
    454, "4.7.0", SPAN("Out of memory, try again later")};
static const struct smtp_reply cancelled = {
    501, "5.7.0", SPAN("Authentication cancelled")};
static const struct smtp_reply bad_base64 = {
    501, "5.5.2", SPAN("Response is not base64")};
static const struct smtp_reply bad_response = {
    501, "5.5.2", SPAN("Response does not fit the mechanism")};

/* ---- what the responses of a mechanism mean; false when nothing */

static bool
read_plain(struct smtp *smtp)
{
	struct smtp_auth *auth = &smtp->auth;
	struct span rest = smtp->exchange.responses[0];
	size_t len = rest.len;

	auth->authorization = span_cut(&rest, '\0');
	auth->identity = span_cut(&rest, '\0');
	auth->secret = rest;
	/* RFC 4616 2: exactly two NULs. */
	return auth->authorization.len + auth->identity.len + rest.len + 2 ==
	    len &&
	    span_find(rest, '\0') == rest.len;
}

static bool
read_login(struct smtp *smtp)
{
	smtp->auth.identity = smtp->exchange.responses[0];
	smtp->auth.secret = smtp->exchange.responses[1];
	return true;
}

static bool
is_hex(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\0' ||
		    !strchr("0123456789abcdefABCDEF", text.at[i]))
			return false;
	return true;
}

/* RFC 2195 2: the name, in which blanks may be, and an MD5 digest. */
static bool
read_cram_md5(struct smtp *smtp)
{
	struct span name = smtp->exchange.responses[0];
	size_t digest_len = 32;

	if (name.len <= digest_len || name.at[name.len - digest_len - 1] != ' ')
		return false;
	smtp->auth.secret =
	    span_make(name.at + name.len - digest_len, digest_len);
	name.len -= digest_len + 1;
	smtp->auth.identity = name;
	return is_hex(smtp->auth.secret);
}

/* "user=NAME^Aauth=Bearer TOKEN^A^A" */
static bool
read_xoauth2(struct smtp *smtp)
{
	static const struct span user = SPAN("user=");
	static const struct span bearer = SPAN("auth=Bearer ");
	struct span rest = smtp->exchange.responses[0];

	while (rest.len) {
		struct span field = span_cut(&rest, '\1');

		if (span_starts_nocase(field, user)) {
			span_skip(&field, user.len);
			smtp->auth.identity = field;
		} else if (span_starts_nocase(field, bearer)) {
			span_skip(&field, bearer.len);
			smtp->auth.secret = field;
		}
	}
	return smtp->auth.identity.len && smtp->auth.secret.len;
}

/* ---- the mechanisms */

struct smtp_mechanism {
	struct span name;
	enum smtp_feature feature;
	unsigned steps;         /* responses that it takes */
	const char *prompts[2]; /* before each; NULL: the challenge */
	unsigned secrets;       /* a bit for each response that is secret */
	bool (*read)(struct smtp *);
};

static const struct smtp_mechanism mechanisms[] = {
    {SPAN("PLAIN"), SMTP_AUTH_PLAIN, 1, {""}, 1, read_plain},
    {SPAN("LOGIN"), SMTP_AUTH_LOGIN, 2, {"Username:", "Password:"}, 2,
	read_login},
    {SPAN("CRAM-MD5"), SMTP_AUTH_CRAM_MD5, 1, {NULL}, 1, read_cram_md5},
    {SPAN("XOAUTH2"), SMTP_AUTH_XOAUTH2, 1, {""}, 1, read_xoauth2},
};

static const struct smtp_mechanism *
find(struct span name)
{
	for (size_t i = 0; i < COUNT(mechanisms); i++)
		if (span_equal_nocase(name, mechanisms[i].name))
			return &mechanisms[i];
	return NULL;
}

unsigned
smtp_auth_feature(struct span name)
{
	const struct smtp_mechanism *mechanism = find(name);

	return mechanism ? mechanism->feature : 0;
}

void
smtp_auth_list(const struct smtp *smtp, struct buf *list)
{
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		if (!(smtp->features & mechanisms[i].feature))
			continue;
		(void)buf_put_char(list, ' ');
		(void)buf_put(list, mechanisms[i].name);
	}
}

/* ---- secrets */

void
smtp_auth_forget(struct smtp *smtp)
{
	if (smtp->decoded.at)
		explicit_bzero(smtp->decoded.at, smtp->decoded.size);
	buf_release(&smtp->decoded);
	smtp->exchange = (struct smtp_exchange){.step = 0};
	smtp->auth = (struct smtp_auth){.identity = {NULL, 0}};
}

/*
 * Some end lines with a bare LF or CR, or have other bytes between words. That
 * is no command (RFC 5321 2.3.8), but holds the same password. So here a word
 * ends at any control, and a command may begin behind CR, LF and NUL.
 */
static void
skip_blanks(struct span *rest)
{
	while (rest->len && (unsigned char)rest->at[0] <= ' ')
		span_skip(rest, 1);
}

static struct span
cut_loosely(struct span *rest)
{
	struct span word = span_make(rest->at, 0);

	while (word.len < rest->len && (unsigned char)rest->at[word.len] > ' ')
		word.len++;
	span_skip(rest, word.len);
	skip_blanks(rest);
	return word;
}

static const struct span verb = SPAN("AUTH");

static bool
begins_with_verb(struct span text)
{
	unsigned char behind;

	if (!span_starts_nocase(text, verb))
		return false;
	behind = text.len > verb.len ? (unsigned char)text.at[verb.len] : ' ';
	return behind < 'A' || behind > 'z';
}

/* Moves *rest behind the verb, or to the end where there is none. */
static void
skip_verb(struct span *rest)
{
	for (;;) {
		size_t len = 0;

		skip_blanks(rest);
		if (begins_with_verb(*rest))
			break;
		while (len < rest->len && !strchr("\r\n", rest->at[len]))
			len++;
		span_skip(rest, len);
		if (rest->len == 0)
			return;
	}
	span_skip(rest, verb.len);
	skip_blanks(rest);
}

/* Whatever stands behind the mechanism, but for the name behind LOGIN. */
static struct span
secret_of_command(struct span text)
{
	struct span rest = text;
	const struct smtp_mechanism *mechanism;

	skip_verb(&rest);
	mechanism = find(cut_loosely(&rest));
	if (mechanism && !(mechanism->secrets & 1))
		(void)cut_loosely(&rest);
	return rest;
}

struct span
smtp_auth_secret(const struct smtp *smtp, struct span text)
{
	const struct smtp_exchange *exchange = &smtp->exchange;

	if (smtp->mode != MODE_RESPONSE)
		return secret_of_command(text);
	if (span_equal(text, SPAN("*")))
		return span_make(text.at, 0);
	if (!(exchange->mechanism->secrets & 1u << exchange->step))
		(void)cut_loosely(&text);
	return text;
}

/* ---- the exchange */

static void
succeed(struct smtp *smtp)
{
	smtp->is_authenticated = true;
	smtp_auth_forget(smtp);
}

/* Asks when the credentials are complete. */
static const struct smtp_command credentials = {
    .asks = SMTP_AUTH,
    .commit = succeed,
    .refused = smtp_auth_forget,
    .usual = {235, "2.7.0", SPAN("Authentication succeeded")},
};

/* False without memory. */
static bool
begin(struct smtp *smtp, const struct smtp_mechanism *mechanism)
{
	struct buf *decoded = &smtp->decoded;

	smtp_auth_forget(smtp);
	/* All at once: spans point into it. */
	buf_init(decoded, DECODED_MAX);
	if (!buf_room(decoded, DECODED_MAX))
		return false;
	if (!mechanism->prompts[0])
		(void)buf_printf(decoded, "<%s@%.255s>", smtp->nonce,
		    smtp->config->hostname);
	smtp->exchange.mechanism = mechanism;
	smtp->auth.mechanism = mechanism->feature;
	smtp->auth.challenge = buf_span(decoded);
	return true;
}

/* NULL when it was taken. */
static const struct smtp_reply *
take_response(struct smtp *smtp, struct span text)
{
	struct smtp_exchange *exchange = &smtp->exchange;
	size_t start = smtp->decoded.len;

	if (text.len > RESPONSE_MAX)
		return &smtp_line_too_long;
	/* RFC 4954 4: an empty response, where nothing would be no response. */
	if (span_equal(text, SPAN("=")))
		text.len = 0;
	if (base64_decode(&smtp->decoded, text))
		return &bad_base64;
	exchange->responses[exchange->step++] =
	    span_make(smtp->decoded.at + start, smtp->decoded.len - start);
	return NULL;
}

const struct smtp_reply *
smtp_auth_check(struct smtp *smtp, struct span argument)
{
	const struct smtp_mechanism *mechanism = find(span_cut_word(&argument));

	if (!mechanism || !(mechanism->feature & smtp->features))
		return &no_mechanism;
	/* RFC 4954 4: not where the server speaks first. */
	if (argument.len && !mechanism->prompts[0])
		return &no_initial;
	if (!begin(smtp, mechanism))
		return &no_memory;
	return argument.len ? take_response(smtp, argument) : NULL;
}

void
smtp_auth_commit(struct smtp *smtp)
{
	smtp->mode = MODE_CHALLENGE;
}

static void
say_prompt(struct smtp *smtp, struct buf *out)
{
	const struct smtp_exchange *exchange = &smtp->exchange;
	const char *prompt = exchange->mechanism->prompts[exchange->step];
	struct smtp_reply reply = {.code = 334, .enhanced = NULL};

	buf_reset(&smtp->text);
	(void)base64_encode(
	    &smtp->text, prompt ? span_string(prompt) : smtp->auth.challenge);
	reply.text = buf_span(&smtp->text);
	smtp_say(smtp, out, &reply);
}

enum smtp_event
smtp_auth_challenge(struct smtp *smtp, struct span *in, struct buf *out)
{
	const struct smtp_mechanism *mechanism = smtp->exchange.mechanism;

	(void)in;
	if (smtp->exchange.step < mechanism->steps) {
		say_prompt(smtp, out);
		smtp->mode = MODE_RESPONSE;
		return GO_ON;
	}
	if (mechanism->read(smtp))
		return smtp_ask(smtp, &credentials, out);
	smtp_refuse(smtp, out, &bad_response);
	return GO_ON;
}

enum smtp_event
smtp_auth_read(struct smtp *smtp, struct span *in, struct buf *out)
{
	const struct smtp_reply *wrong = NULL;
	struct span text;

	switch (smtp_line_take(smtp, in, &text)) {
	case LINE_MORE:
		return SMTP_MORE;
	case LINE_TELL:
		return SMTP_LINE;
	case LINE_CUT:
		wrong = &smtp_line_too_long;
		break;
	case LINE_WHOLE:
		wrong = span_equal(text, SPAN("*")) ? &cancelled
						    : take_response(smtp, text);
	}
	smtp->mode = MODE_CHALLENGE;
	if (wrong)
		smtp_refuse(smtp, out, wrong);
	return GO_ON;
}
