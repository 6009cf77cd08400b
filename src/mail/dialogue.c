/* dialogue: a session's conversation as text, line by line. */
#include "dialogue.h"

#include <string.h>

static const char hex[] = "0123456789abcdef";

/* "C ", a number, a blank, the "\." of a line that was cut, the line's end. */
#define FRAME_MAX (2 + 20 + 1 + 2 + 1)

static bool
is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '\\';
}

/* The letter behind the backslash; 0: it takes \xNN. */
static char
short_escape(unsigned char byte)
{
	switch (byte) {
	case '\r':
		return 'r';
	case '\n':
		return 'n';
	case '\t':
		return 't';
	case '\0':
		return '0';
	case '\\':
		return '\\';
	default:
		return 0;
	}
}

static size_t
count_plain(struct span text)
{
	size_t i = 0;

	while (i < text.len && is_plain((unsigned char)text.at[i]))
		i++;
	return i;
}

static size_t
escaped_len(struct span text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (is_plain(byte))
			len++;
		else
			len += short_escape(byte) ? 2 : 4;
	}
	return len;
}

static char *
put_escaped(char *at, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		char letter = short_escape(byte);

		if (is_plain(byte)) {
			*at++ = (char)byte;
			continue;
		}
		*at++ = '\\';
		if (letter) {
			*at++ = letter;
			continue;
		}
		*at++ = 'x';
		*at++ = hex[byte >> 4];
		*at++ = hex[byte & 15];
	}
	return at;
}

/* Written by hand: printf would cost more than all else of a record. */
static char *
put_number(char *at, int64_t number)
{
	char digits[20];
	uint64_t left = number > 0 ? (uint64_t)number : 0;
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	while (count)
		*at++ = digits[--count];
	return at;
}

static bool
put(struct buf *out, enum dialogue_kind kind, int64_t at_us, struct span text,
    struct span end)
{
	size_t plain = count_plain(text);
	struct span odd = text;
	char *start;
	char *at;

	span_skip(&odd, plain);
	start = buf_room(out, FRAME_MAX + plain + escaped_len(odd));
	if (!start)
		return false;
	at = start;
	*at++ = (char)kind;
	*at++ = ' ';
	at = put_number(at, at_us);
	*at++ = ' ';
	if (plain)
		memcpy(at, text.at, plain);
	at = put_escaped(at + plain, odd);
	memcpy(at, end.at, end.len);
	buf_grow(out, (size_t)(at - start) + end.len);
	return true;
}

bool
dialogue_put(
    struct buf *out, enum dialogue_kind kind, int64_t at_us, struct span text)
{
	return put(out, kind, at_us, text, SPAN("\n"));
}

bool
dialogue_put_cut(
    struct buf *out, enum dialogue_kind kind, int64_t at_us, struct span text)
{
	return put(out, kind, at_us, text, SPAN("\\.\n"));
}

/* False when the line is no record. */
static bool
read_record(struct span text, struct dialogue_line *line)
{
	uint64_t at_us;

	if (text.len < 3 || !memchr("CcSI", text.at[0], 4) || text.at[1] != ' ')
		return false;
	line->kind = (enum dialogue_kind)text.at[0];
	span_skip(&text, 2);
	if (!span_number(span_cut(&text, ' '), &at_us) || at_us > INT64_MAX)
		return false;
	line->at_us = (int64_t)at_us;
	line->text = text;
	return true;
}

bool
dialogue_next(struct span *rest, struct dialogue_line *line)
{
	while (rest->len)
		if (read_record(span_cut(rest, '\n'), line))
			return true;
	return false;
}

bool
dialogue_is_cut(struct span text)
{
	size_t backslashes = 0;

	if (text.len == 0 || text.at[text.len - 1] != '.')
		return false;
	while (backslashes + 1 < text.len &&
	    text.at[text.len - 2 - backslashes] == '\\')
		backslashes++;
	/* Two of them are one that was said. */
	return backslashes % 2 == 1;
}

bool
dialogue_escape(struct buf *out, struct span raw)
{
	size_t len = escaped_len(raw);
	char *at = buf_room(out, len);

	if (!at)
		return len == 0 && !buf_failed(out);
	(void)put_escaped(at, raw);
	buf_grow(out, len);
	return true;
}

static int
hex_digit(char c)
{
	const char *found = c ? strchr(hex, c) : NULL;

	return found ? (int)(found - hex) : -1;
}

/*
 * Reads what stands behind a backslash. Returns how many bytes of it belong to
 * the escape, 0 when it is none; *byte is -1 when it stands for nothing.
 */
static size_t
read_escape(struct span text, int *byte)
{
	static const char letters[] = "rnt0\\.";
	static const int bytes[] = {'\r', '\n', '\t', '\0', '\\', -1};
	const char *found;

	if (text.len == 0)
		return 0;
	found = memchr(letters, text.at[0], sizeof(letters) - 1);
	if (found) {
		*byte = bytes[found - letters];
		return 1;
	}
	if (text.len < 3 || text.at[0] != 'x' || hex_digit(text.at[1]) < 0 ||
	    hex_digit(text.at[2]) < 0)
		return 0;
	*byte = hex_digit(text.at[1]) << 4 | hex_digit(text.at[2]);
	return 3;
}

bool
dialogue_unescape(struct buf *out, struct span text)
{
	/* It never grows, so that room for all of it is enough. */
	char *start = buf_room(out, text.len);
	char *at = start;

	if (!start)
		return false;
	while (text.len) {
		size_t plain = span_find(text, '\\');
		size_t len;
		int byte = '\\';

		if (plain)
			memcpy(at, text.at, plain);
		at += plain;
		span_skip(&text, plain);
		if (text.len == 0)
			break;
		span_skip(&text, 1);
		len = read_escape(text, &byte);
		span_skip(&text, len);
		if (byte >= 0)
			*at++ = (char)byte;
	}
	buf_grow(out, (size_t)(at - start));
	return true;
}
