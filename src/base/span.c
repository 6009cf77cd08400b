/* span: bytes that somebody else owns. */
#include "span.h"

#include <string.h>

struct span
span_make(const char *at, size_t len)
{
	struct span span = {at, len};

	return span;
}

struct span
span_string(const char *string)
{
	return span_make(string, string ? strlen(string) : 0);
}

bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static char
lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

bool
span_equal_nocase(struct span a, struct span b)
{
	return a.len == b.len && span_starts_nocase(a, b);
}

bool
span_starts(struct span span, struct span prefix)
{
	return span.len >= prefix.len &&
	    span_equal(span_make(span.at, prefix.len), prefix);
}

bool
span_starts_nocase(struct span span, struct span prefix)
{
	if (span.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (lower(span.at[i]) != lower(prefix.at[i]))
			return false;
	return true;
}

bool
span_contains_nocase(struct span span, struct span needle)
{
	for (; span.len >= needle.len; span_skip(&span, 1)) {
		if (span_starts_nocase(span, needle))
			return true;
		if (span.len == 0)
			break;
	}
	return false;
}

size_t
span_find(struct span span, char byte)
{
	const char *found;

	if (span.len == 0)
		return 0;
	found = memchr(span.at, byte, span.len);
	return found ? (size_t)(found - span.at) : span.len;
}

/* Eight at once: all mail is looked at so, and next to none has any. */
size_t
span_find_8bit(struct span span)
{
	size_t at = 0;

	while (span.len - at >= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, span.at + at, sizeof(word));
		if (word & 0x8080808080808080)
			break;
		at += sizeof(word);
	}
	while (at < span.len && (unsigned char)span.at[at] < 128)
		at++;
	return at;
}

void
span_skip(struct span *rest, size_t count)
{
	if (count > rest->len)
		count = rest->len;
	if (count == 0)
		return;
	rest->at += count;
	rest->len -= count;
}

struct span
span_cut(struct span *rest, char separator)
{
	struct span piece = span_make(rest->at, span_find(*rest, separator));

	span_skip(rest, piece.len + 1);
	return piece;
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

struct span
span_cut_word(struct span *rest)
{
	struct span word = span_make(rest->at, 0);

	while (word.len < rest->len && !is_blank(rest->at[word.len]))
		word.len++;
	span_skip(rest, word.len);
	while (rest->len && is_blank(rest->at[0]))
		span_skip(rest, 1);
	return word;
}

struct span
span_trim(struct span span)
{
	while (span.len && is_blank(span.at[0]))
		span_skip(&span, 1);
	while (span.len && is_blank(span.at[span.len - 1]))
		span.len--;
	return span;
}

bool
span_number(struct span span, uint64_t *number)
{
	uint64_t sum = 0;

	if (span.len == 0)
		return false;
	for (size_t i = 0; i < span.len; i++) {
		uint64_t digit = (uint64_t)(span.at[i] - '0');

		if (span.at[i] < '0' || span.at[i] > '9')
			return false;
		if (sum > (UINT64_MAX - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*number = sum;
	return true;
}
