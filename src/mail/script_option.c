/* script_option: what a server must be like to answer as in the record. */
#include "script_private.h"

#include <inttypes.h>

/* The keywords of EHLO; `mechanism` is of AUTH. A server that has nothing
   hidden offers all but the last. */
static const struct {
	struct span keyword, mechanism;
} features[] = {
    {SPAN("PIPELINING"), SPAN("")},
    {SPAN("SIZE"), SPAN("")},
    {SPAN("8BITMIME"), SPAN("")},
    {SPAN("SMTPUTF8"), SPAN("")},
    {SPAN("ENHANCEDSTATUSCODES"), SPAN("")},
    {SPAN("CHUNKING"), SPAN("")},
    {SPAN("BINARYMIME"), SPAN("")},
    {SPAN("DSN"), SPAN("")},
    {SPAN("STARTTLS"), SPAN("")},
    {SPAN("AUTH"), SPAN("PLAIN")},
    {SPAN("AUTH"), SPAN("LOGIN")},
    {SPAN("AUTH"), SPAN("CRAM-MD5")},
    {SPAN("AUTH"), SPAN("XOAUTH2")},
    {SPAN("LIMITS"), SPAN("")},
    {SPAN("HELP"), SPAN("")},
    {SPAN("XCLIENT"), SPAN("")},
};
#define COUNT (sizeof(features) / sizeof(features[0]))
#define XCLIENT (COUNT - 1)
#define STARTTLS 8

struct found {
	bool has_hello, is_lmtp, is_tls, needs_auth, needs_tls;
	bool in_hello;  /* its reply is being read */
	bool has_reply; /* the greeting */
	unsigned offered;
	uint64_t max_message, max_recipients, max_errors;
	uint64_t errors;
};

/* ---- the lines of a reply to EHLO */

static bool
has_word(struct span words, struct span wanted)
{
	while (words.len)
		if (span_equal_nocase(span_cut_word(&words), wanted))
			return true;
	return false;
}

static void
note_keyword(struct found *found, struct span line)
{
	struct span keyword = span_cut_word(&line);
	struct span limit = line;

	for (size_t i = 0; i < COUNT; i++)
		if (span_equal_nocase(keyword, features[i].keyword) &&
		    (features[i].mechanism.len == 0 ||
			has_word(line, features[i].mechanism)))
			found->offered |= 1u << i;
	if (span_equal_nocase(keyword, SPAN("SIZE")))
		(void)span_number(line, &found->max_message);
	if (span_equal_nocase(keyword, SPAN("LIMITS")) &&
	    span_equal_nocase(span_cut(&limit, '='), SPAN("RCPTMAX")))
		(void)span_number(limit, &found->max_recipients);
}

static void
note_hello(struct found *found, struct span line)
{
	bool is_last = line.len > 3 && line.at[3] == ' ';
	bool is_first = span_contains_nocase(line, SPAN(" Hello "));

	span_skip(&line, 4);
	if (!is_first)
		note_keyword(found, line);
	else
		found->has_hello |= !is_last;
	found->in_hello = !is_last;
}

/* ---- the record */

static void
note_server(struct found *found, struct span line)
{
	if (found->in_hello && span_starts(line, SPAN("250"))) {
		note_hello(found, line);
		return;
	}
	found->in_hello = false;
	found->errors += line.len > 3 && line.at[0] == '5' && line.at[3] == ' ';
	found->needs_auth |=
	    span_starts(line, SPAN("530 5.7.0 Authentication required"));
	found->needs_tls |=
	    span_starts(line, SPAN("530 5.7.0 Must issue a STARTTLS"));
	if (span_starts(line, SPAN("421 4.7.0 ")) &&
	    span_contains_nocase(line, SPAN("Too many errors")))
		found->max_errors = found->errors;
}

/* The line ends with a bare LF, and was understood: so LF is a line end. */
static bool
is_bare(struct span text, struct span rest)
{
	struct dialogue_line next;

	return text.len > 1 && text.at[text.len - 1] == 'n' &&
	    text.at[text.len - 2] == '\\' &&
	    (text.len == 2 || text.at[text.len - 3] != '\\') &&
	    script_next_said(&rest, &next) && next.kind == DIALOGUE_SERVER &&
	    next.text.len > 0 && next.text.at[0] < '4';
}

static void
note_client(struct script *script, struct found *found,
    const struct dialogue_line *line, struct span rest)
{
	struct span text = line->text;
	struct span verb = span_cut_word(&text);

	found->in_hello = span_equal_nocase(verb, SPAN("EHLO")) ||
	    span_equal_nocase(verb, SPAN("LHLO"));
	script->is_bare |= is_bare(line->text, rest);
}

static void
look(struct script *script, struct found *found)
{
	struct span rest = script->dialogue;
	struct dialogue_line line;

	while (dialogue_next(&rest, &line)) {
		if (line.kind == DIALOGUE_REMARK) {
			found->is_tls |= !found->has_reply &&
			    span_starts(line.text, SPAN("TLS "));
		} else if (line.kind == DIALOGUE_SERVER) {
			found->is_lmtp |= !found->has_reply &&
			    span_contains_nocase(line.text, SPAN(" LMTP "));
			found->has_reply = true;
			note_server(found, line.text);
		} else {
			note_client(script, found, &line, rest);
		}
	}
}

/* ---- as options */

static void
put_features(struct buf *out, const struct found *found)
{
	bool has_one = false;

	for (size_t i = 0; i < COUNT && found->has_hello; i++) {
		bool is_offered = found->offered >> i & 1;
		bool is_usual = i != XCLIENT;

		/* Nobody offers it inside of TLS. */
		if (is_offered == is_usual || (i == STARTTLS && found->is_tls))
			continue;
		(void)buf_printf(out, "%s%c%.*s%s%.*s",
		    has_one ? "," : " features=", is_offered ? '+' : '-',
		    SPAN_ARG(features[i].keyword),
		    features[i].mechanism.len ? "=" : "",
		    SPAN_ARG(features[i].mechanism));
		has_one = true;
	}
}

static void
put_number(struct buf *out, const char *name, uint64_t number)
{
	if (number)
		(void)buf_printf(out, " %s=%" PRIu64, name, number);
}

void
script_put_options(struct script *script)
{
	static const char head[] = "# option";
	struct buf *out = &script->lines;
	struct found found = {.has_hello = false};
	size_t before = out->len;

	look(script, &found);
	script->is_tls = found.is_tls;
	(void)buf_put_string(out, head);
	put_features(out, &found);
	if (found.is_tls)
		(void)buf_put_string(out, " tls=yes");
	if (found.is_lmtp)
		(void)buf_put_string(out, " lmtp=yes");
	if (found.needs_auth)
		(void)buf_put_string(out, " auth_required=yes");
	if (found.needs_tls)
		(void)buf_put_string(out, " tls_required=yes");
	if (script->is_bare)
		(void)buf_put_string(out, " bare_lf=yes");
	put_number(out, "max_message", found.max_message);
	put_number(out, "max_recipients", found.max_recipients);
	put_number(out, "max_errors", found.max_errors);
	if (out->len == before + sizeof(head) - 1)
		buf_cut(out, before);
	else
		(void)buf_put_char(out, '\n');
}
