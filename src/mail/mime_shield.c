/* mime_shield: hides from GMime what it would not survive. */
#include "mime_shield.h"

#include <stdlib.h>
#include <string.h>

/* The fields that GMime looks for addresses in, in every message it meets. */
static const struct span names[] = {
    SPAN("From"),
    SPAN("Sender"),
    SPAN("Reply-To"),
    SPAN("To"),
    SPAN("Cc"),
    SPAN("Bcc"),
};

size_t
mime_shield_value(struct span value)
{
	size_t colons = 0;

	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] == ':' && ++colons > MIME_SHIELD_COLONS)
			return i;
	return value.len;
}

static bool
has_addresses(struct span line)
{
	struct span name = span_trim(span_cut(&line, ':'));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal_nocase(name, names[i]))
			return true;
	return false;
}

static bool
is_folded(struct span rest)
{
	return rest.len > 0 && (rest.at[0] == ' ' || rest.at[0] == '\t');
}

/*
 * The next field of addresses, with its folds; empty at the end. It looks at
 * each line, also in bodies: where a message begins within the message is
 * GMime's to find out. A line that is folded may be a field too, for it stands
 * perhaps where none is before it.
 */
static struct span
next_field(struct span *rest)
{
	while (rest->len) {
		struct span field = *rest;
		struct span line = span_cut(rest, '\n');

		if (!has_addresses(line))
			continue;
		while (is_folded(*rest))
			(void)span_cut(rest, '\n');
		field.len = (size_t)(rest->at - field.at);
		return field;
	}
	return span_make(NULL, 0);
}

/* Line ends stay, and so do the places of all that follows. */
static void
blank_colons(char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] == ':')
			at[i] = ' ';
}

/* Most messages have not as many anywhere. */
static bool
has_many_colons(struct span message)
{
	size_t colons = 0;

	for (size_t at; (at = span_find(message, ':')) < message.len;) {
		if (++colons > MIME_SHIELD_COLONS)
			return true;
		span_skip(&message, at + 1);
	}
	return false;
}

bool
mime_shield_message(struct span message, char **copy)
{
	struct span rest = message;
	struct span field;

	*copy = NULL;
	if (!has_many_colons(message))
		return true;
	while ((field = next_field(&rest)).len) {
		size_t safe = mime_shield_value(field);
		size_t at = (size_t)(field.at - message.at) + safe;

		if (safe == field.len)
			continue;
		if (!*copy) {
			*copy = malloc(message.len);
			if (!*copy)
				return false;
			memcpy(*copy, message.at, message.len);
		}
		blank_colons(*copy + at, field.len - safe);
	}
	return true;
}
