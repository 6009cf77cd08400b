/* fault_word: the text of a fault rule, cut into words and values. */
#include "fault_word.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
fault_word_refuse(
    const struct fault_text *text, const char *at, const char *format, ...)
{
	va_list args;

	text->error->offset = (size_t)(at - text->all.at);
	va_start(args, format);
	(void)vsnprintf(
	    text->error->text, sizeof(text->error->text), format, args);
	va_end(args);
	return false;
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static bool
is_control(char byte)
{
	return ((unsigned char)byte < ' ' && byte != '\t') || byte == 127;
}

/* The length of the quoted string at the front, or 0 if it is not closed. */
static size_t
quoted_len(struct span rest)
{
	for (size_t i = 1; i < rest.len; i++) {
		if (rest.at[i] == '"')
			return i + 1;
		if (rest.at[i] == '\\')
			i++;
	}
	return 0;
}

static bool
read_raw(struct fault_text *text, struct span *raw)
{
	struct span *rest = &text->rest;

	raw->at = rest->at;
	while (rest->len && !is_blank(rest->at[0])) {
		size_t len = rest->at[0] == '"' ? quoted_len(*rest) : 1;

		if (len == 0)
			return fault_word_refuse(
			    text, rest->at, "this quote is never closed");
		span_skip(rest, len);
	}
	raw->len = (size_t)(rest->at - raw->at);
	for (size_t i = 0; i < raw->len; i++)
		if (is_control(raw->at[i]))
			return fault_word_refuse(text, raw->at + i,
			    "a control character has no place in a rule");
	return true;
}

static bool
is_key_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '-';
}

static struct span
cut_key(struct span *rest)
{
	struct span key = span_make(rest->at, 0);

	while (key.len < rest->len && is_key_byte(rest->at[key.len]))
		key.len++;
	span_skip(rest, key.len);
	return key;
}

static bool
split(const struct fault_text *text, struct fault_word *word)
{
	struct span rest = word->all;

	word->key = cut_key(&rest);
	if (word->key.len && rest.len && rest.at[0] == ':') {
		span_skip(&rest, 1);
		word->field = span_make(rest.at, span_find(rest, '='));
		span_skip(&rest, word->field.len);
	}
	if (rest.len == 0 && word->key.len)
		return true;
	if (word->key.len == 0 || (rest.at[0] != '=' && rest.at[0] != '>'))
		return fault_word_refuse(text, rest.at,
		    "\"%c\" has no place here; a word is KEY or KEY=VALUE",
		    rest.at[0]);
	word->sign = rest.at[0];
	span_skip(&rest, 1);
	word->value = rest;
	return true;
}

bool
fault_word_next(struct fault_text *text, struct fault_word *word)
{
	memset(word, 0, sizeof(*word));
	while (text->rest.len && is_blank(text->rest.at[0]))
		span_skip(&text->rest, 1);
	word->all = word->key = span_make(text->rest.at, 0);
	if (text->rest.len == 0 || text->rest.at[0] == '#')
		return true;
	return read_raw(text, &word->all) && split(text, word);
}

struct span
fault_word_bare(struct span value)
{
	if (value.len < 2 || value.at[0] != '"' ||
	    quoted_len(value) != value.len ||
	    span_find(value, '\\') < value.len)
		return value;
	return span_make(value.at + 1, value.len - 2);
}

/* What stands for a backslash and `byte` between quotes; NUL: nothing. */
static char
escaped(char byte)
{
	if (byte == '"' || byte == '\\')
		return byte;
	return byte == 'n' ? '\n' : '\0';
}

bool
fault_word_unquote(const struct fault_text *text, struct span value, char *room,
    struct span *out)
{
	bool quoted = false;
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '"') {
			quoted = !quoted;
			continue;
		}
		room[len] = value.at[i];
		if (quoted && value.at[i] == '\\') {
			room[len] = escaped(value.at[++i]);
			if (!room[len])
				return fault_word_refuse(text, value.at + i - 1,
				    "between quotes a backslash stands before "
				    "\", \\ or n");
		}
		len++;
	}
	*out = span_make(room, len);
	return true;
}

bool
fault_word_decimal(struct span text, unsigned digits, uint64_t *scaled)
{
	bool has_point = span_find(text, '.') < text.len;
	struct span whole = span_cut(&text, '.');
	uint64_t sum = 0;
	uint64_t part = 0;

	if (!span_number(whole, &sum) || text.len > digits ||
	    (has_point && !span_number(text, &part)))
		return false;
	for (unsigned i = 0; i < digits; i++) {
		if (sum > UINT64_MAX / 20)
			return false;
		sum *= 10;
		if (i >= text.len)
			part *= 10;
	}
	*scaled = sum + part;
	return true;
}
