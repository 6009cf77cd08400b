/* link_shape: what looks like a one-time code. */
#include "link_private.h"

#include <stdio.h>
#include <string.h>

bool
link_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

bool
link_is_upper(char byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static bool
is_lower(char byte)
{
	return byte >= 'a' && byte <= 'z';
}

bool
link_is_word_byte(char byte)
{
	return link_is_digit(byte) || link_is_upper(byte) || is_lower(byte);
}

static bool
is_one_of(char byte, const char *set)
{
	return byte != '\0' && strchr(set, byte);
}

struct shape {
	size_t digits, uppers, lowers, hyphens;
	size_t parts[4]; /* lengths between hyphens */
};

static void
measure(struct span text, struct shape *shape)
{
	memset(shape, 0, sizeof(*shape));
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.at[i];

		shape->digits += link_is_digit(byte);
		shape->uppers += link_is_upper(byte);
		shape->lowers += is_lower(byte);
		shape->hyphens += byte == '-';
		if (byte != '-' && shape->hyphens < 4)
			shape->parts[shape->hyphens]++;
	}
}

/* Of six digits most codes are. */
static unsigned
worth_of_digits(size_t count)
{
	static const unsigned worth[] = {
	    [4] = 15, [5] = 20, [6] = 30, [7] = 20, [8] = 25};

	return count < sizeof(worth) / sizeof(worth[0]) ? worth[count] : 0;
}

/* "123-456", "1234-5678", "12-34-56". */
static bool
is_grouped(const struct shape *shape)
{
	size_t len = shape->parts[0];

	if (shape->hyphens == 1)
		return len == shape->parts[1] && (len == 3 || len == 4);
	return shape->hyphens == 2 && len == 2 && shape->parts[1] == 2 &&
	    shape->parts[2] == 2;
}

static unsigned
worth_with_hyphen(const struct shape *shape, struct span text)
{
	size_t first = shape->parts[0], second = shape->parts[1];

	if (shape->lowers)
		return 0;
	if (shape->uppers == 0)
		return is_grouped(shape) ? 25 : 0;
	if (shape->hyphens != 1)
		return 0;
	/* "G-123456". */
	if (first <= 3 && shape->uppers == first && link_is_upper(text.at[0]) &&
	    second == shape->digits)
		return worth_of_digits(second);
	/* "ABC-DEF", "WDJB-MJHT". */
	return first == second && first >= 3 && first <= 5 ? 25 : 0;
}

static unsigned
worth_of(struct span text)
{
	struct shape shape;

	measure(text, &shape);
	if (shape.hyphens)
		return worth_with_hyphen(&shape, text);
	if (shape.digits == text.len)
		return worth_of_digits(text.len);
	if (text.len < 5 || text.len > 10 || (shape.uppers && shape.lowers))
		return 0;
	/* Letters alone are a word, unless all else speaks for them. */
	if (shape.digits == 0)
		return shape.uppers >= 6 && shape.uppers <= 8 ? 5 : 0;
	return shape.uppers ? 20 : 10;
}

/* ---- tokens of a line */

/* Letters, digits and hyphens between them. */
size_t
link_token_len(struct span rest)
{
	size_t len = 0;

	while (len < rest.len &&
	    (link_is_word_byte(rest.at[len]) ||
		(rest.at[len] == '-' && len + 1 < rest.len &&
		    link_is_word_byte(rest.at[len + 1]))))
		len++;
	return len;
}

static bool
is_number(struct span text, size_t len)
{
	for (size_t i = 0; i < text.len; i++)
		if (!link_is_digit(text.at[i]))
			return false;
	return text.len == len;
}

/* The blank of a group: an ASCII one, or one that does not break. */
static size_t
gap_len(struct span rest)
{
	if (span_starts(rest, SPAN(" ")))
		return 1;
	return span_starts(rest, SPAN("\xc2\xa0")) ? 2 : 0;
}

/* "123 456": the second half behind the blank, when that is a half. */
static size_t
second_half(struct span rest, size_t len)
{
	struct span tail = rest;
	size_t gap;

	span_skip(&tail, len);
	gap = gap_len(tail);
	span_skip(&tail, gap);
	if (gap == 0 || (len != 3 && len != 4) ||
	    !is_number(span_make(rest.at, len), len) ||
	    !is_number(span_make(tail.at, link_token_len(tail)), len))
		return 0;
	span_skip(&tail, len);
	/* A third group makes it a telephone number. */
	gap = gap_len(tail);
	span_skip(&tail, gap);
	if (gap && tail.len && link_is_digit(tail.at[0]))
		return 0;
	return (size_t)(tail.at - gap - rest.at);
}

/* No digits stand before the blank before it, or it is of a longer number. */
static bool
begins_group(struct span line, const char *at)
{
	return at < line.at + 2 || at[-1] != ' ' || !link_is_digit(at[-2]);
}

/* What touches it shows that it is a piece of something longer. */
static bool
is_piece(struct span line, struct span token)
{
	const char *before = token.at, *after = token.at + token.len;
	const char *end = line.at + line.len;

	if (before > line.at &&
	    (is_one_of(before[-1], "$#+/@=&?_%\\~") ||
		(is_one_of(before[-1], ".,:-") && before - 1 > line.at &&
		    link_is_digit(before[-2]))))
		return true;
	if (before - 2 >= line.at &&
	    (memcmp(before - 2, "\xc2\xa3", 2) == 0 ||
		memcmp(before - 2, "\xc2\xa9", 2) == 0))
		return true;
	if (before - 3 >= line.at && memcmp(before - 3, "\xe2\x82\xac", 3) == 0)
		return true;
	if (after < end && is_one_of(*after, "%/@_=&"))
		return true;
	return after + 1 < end && is_one_of(*after, ".,:") &&
	    link_is_digit(after[1]);
}

/* Fills the next candidate of the line and moves *rest behind it. */
bool
link_next_candidate(
    struct span line, struct span *rest, struct link_candidate *found)
{
	while (rest->len) {
		size_t len = link_token_len(*rest), url = link_url_len(*rest),
		       both;
		struct span token = span_make(rest->at, len);

		if (url) {
			span_skip(rest, url);
			continue;
		}
		if (len == 0) {
			span_skip(rest, 1);
			continue;
		}
		both =
		    begins_group(line, rest->at) ? second_half(*rest, len) : 0;
		found->base = both ? 20 : worth_of(token);
		found->text = both ? span_make(rest->at, both) : token;
		span_skip(rest, found->text.len);
		if (found->base == 0 || found->text.len >= LINK_CODE_SIZE ||
		    is_piece(line, found->text))
			continue;
		(void)snprintf(
		    found->code, LINK_CODE_SIZE, "%.*s", SPAN_ARG(token));
		if (both)
			(void)snprintf(found->code, LINK_CODE_SIZE, "%.*s%.*s",
			    SPAN_ARG(token), (int)len,
			    found->text.at + both - len);
		return true;
	}
	return false;
}

/* "1 2 3 4 5 6" as cells of a table; the code without blanks. */
bool
link_read_spaced(struct span line, struct link_candidate *found)
{
	size_t len = 0;

	for (size_t i = 0; i < line.len; i++) {
		bool is_blank = i % 2 == 1;

		if (is_blank ? line.at[i] != ' ' : !link_is_digit(line.at[i]))
			return false;
		if (!is_blank && len < 8)
			found->code[len++] = line.at[i];
	}
	found->code[len] = '\0';
	found->text = line;
	found->base = worth_of_digits(len);
	return line.len >= 7 && line.len <= 15;
}
