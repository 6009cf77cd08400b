/* smtp_xclient: XCLIENT, by which a proxy says on whose behalf it speaks. */
#include "smtp_private.h"

#include "xtext.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct smtp_reply bad_attribute = {
    501, "5.5.4", SPAN("Bad XCLIENT attribute")};
static const struct smtp_reply bad_value = {
    501, "5.5.4", SPAN("Bad XCLIENT attribute value")};
static const struct smtp_reply no_memory = {
    451, "4.3.0", SPAN("Out of memory, try again later")};

enum attribute { ADDR, HELO, LOGIN, NAME, PORT, PROTO, DESTADDR, DESTPORT };

static const struct span attributes[] = {
    [ADDR] = SPAN("ADDR"),
    [HELO] = SPAN("HELO"),
    [LOGIN] = SPAN("LOGIN"),
    [NAME] = SPAN("NAME"),
    [PORT] = SPAN("PORT"),
    [PROTO] = SPAN("PROTO"),
    [DESTADDR] = SPAN("DESTADDR"),
    [DESTPORT] = SPAN("DESTPORT"),
};
_Static_assert(COUNT(attributes) == XCLIENT_ATTRIBUTES, "one span for each");

static bool
find(struct span name, size_t *index)
{
	for (*index = 0; *index < COUNT(attributes); ++*index)
		if (span_equal_nocase(name, attributes[*index]))
			return true;
	return false;
}

static bool
is_unknown(struct span value)
{
	return span_equal_nocase(value, SPAN("[UNAVAILABLE]")) ||
	    span_equal_nocase(value, SPAN("[TEMPUNAVAIL]"));
}

/* A value ends up in records and replies: what is no text is no value. */
static bool
is_text(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < ' ' || value.at[i] > '~')
			return false;
	return value.len > 0;
}

static const struct smtp_reply *
take(struct smtp *smtp, struct span word)
{
	struct span value = word;
	struct span name = span_cut(&value, '=');
	size_t start = smtp->decoded.len;
	struct span decoded;
	size_t index;

	if (!find(name, &index))
		return &bad_attribute;
	if (!xtext_decode(&smtp->decoded, value))
		return &bad_value;
	decoded =
	    span_make(smtp->decoded.at + start, smtp->decoded.len - start);
	if (!is_text(decoded))
		return &bad_value;
	smtp->xclient[index] = is_unknown(value) ? span_make(NULL, 0) : decoded;
	return NULL;
}

void
smtp_xclient_refused(struct smtp *smtp)
{
	for (size_t i = 0; i < COUNT(attributes); i++)
		smtp->xclient[i] = span_make(NULL, 0);
	buf_release(&smtp->decoded);
}

const struct smtp_reply *
smtp_xclient_check(struct smtp *smtp, struct span argument)
{
	const struct smtp_reply *wrong = NULL;

	/* All at once: spans point into it. */
	buf_init(&smtp->decoded, argument.len);
	if (!buf_room(&smtp->decoded, argument.len))
		return &no_memory;
	while (argument.len && !wrong)
		wrong = take(smtp, span_cut_word(&argument));
	return wrong;
}

/* The session begins anew, with another peer. */
void
smtp_xclient_commit(struct smtp *smtp)
{
	struct span address = smtp->xclient[ADDR];
	bool has_login = smtp->xclient[LOGIN].len > 0;

	if (address.len)
		(void)snprintf(
		    smtp->peer, sizeof(smtp->peer), "%.*s", SPAN_ARG(address));
	smtp_forget(smtp);
	smtp->is_authenticated = has_login;
	smtp_xclient_refused(smtp);
}

bool
smtp_xclient(const struct smtp *smtp, struct span attribute, struct span *value)
{
	size_t index;

	if (!find(attribute, &index) || !smtp->xclient[index].len)
		return false;
	*value = smtp->xclient[index];
	return true;
}
