/* link_text: addresses in plain text (RFC 3986 appendix C). */
#include "link_private.h"

#include <string.h>

/* A scheme is short; more letters before a colon are a word. */
#define SCHEME_MAX 20
#define BROKEN_MAX 4000

static bool
is_alpha(char byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool
is_scheme(char byte)
{
	return is_alpha(byte) || (byte >= '0' && byte <= '9') ||
	    (byte != '\0' && strchr("+-.", byte));
}

/* Schemes without "//" that a text is known to have. */
static const char *const bare_schemes[] = {"mailto:", "tel:", "sms:"};

/* "scheme://" and something behind it. */
static bool
starts_url(struct span text)
{
	size_t len = 0;

	if (text.len == 0 || !is_alpha(text.at[0]))
		return false;
	for (size_t i = 0; i < sizeof(bare_schemes) / sizeof(bare_schemes[0]);
	     i++) {
		struct span scheme = span_string(bare_schemes[i]);

		if (span_starts_nocase(text, scheme) && text.len > scheme.len &&
		    (unsigned char)text.at[scheme.len] > ' ')
			return true;
	}
	while (len < text.len && len <= SCHEME_MAX && is_scheme(text.at[len]))
		len++;
	span_skip(&text, len);
	return span_starts(text, SPAN("://")) && text.len > 3 &&
	    (unsigned char)text.at[3] > ' ';
}

/* Quotes beyond ASCII that close what stands in them, and a no-break space. */
static bool
is_foreign_end(struct span text)
{
	static const char *const ends[] = {"\xc2\xa0", "\xc2\xbb",
	    "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x99", "\xe2\x80\xba",
	    "\xe3\x80\x80", "\xe3\x80\x82", "\xe3\x80\x81", "\xe3\x80\x8d",
	    "\xef\xbc\x8c", "\xef\xbc\x89", "\xe3\x80\x91"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span_starts(text, span_string(ends[i])))
			return true;
	return false;
}

static bool
is_inside(struct span rest)
{
	unsigned char byte = (unsigned char)rest.at[0];

	if (byte >= 128)
		return !is_foreign_end(rest);
	return byte > ' ' && byte != 127 && !strchr("<>\"`{}|\\^", byte);
}

/* A bracket at the end belongs to the address when it was opened in it. */
static bool
is_balanced(struct span url, char opening, char closing)
{
	size_t opened = 0, closed = 0;

	for (size_t i = 0; i < url.len; i++) {
		opened += url.at[i] == opening;
		closed += url.at[i] == closing;
	}
	return closed <= opened;
}

static bool
ends_with_other_text(struct span url)
{
	switch (url.at[url.len - 1]) {
	case '.':
	case ',':
	case ';':
	case ':':
	case '!':
	case '?':
	case '\'':
	case '*':
	case '_':
		return true;
	case ')':
		return !is_balanced(url, '(', ')');
	case ']':
		return !is_balanced(url, '[', ']');
	default:
		return false;
	}
}

/* So many marks may stand behind an address; counting brackets for each of a
   million would not be linear. */
#define MARKS_MAX 20

size_t
link_url_len(struct span text)
{
	struct span url = span_make(text.at, 0);

	if (!starts_url(text))
		return 0;
	while (url.len < text.len &&
	    is_inside(span_make(text.at + url.len, text.len - url.len)))
		url.len++;
	for (int i = 0; i < MARKS_MAX && url.len && ends_with_other_text(url);
	     i++)
		url.len--;
	return url.len;
}

/* "<https://...>" may be broken over lines: up to its bracket it is one. */
static size_t
broken_len(struct span text, size_t len)
{
	size_t end = len;

	if (len == text.len || (text.at[len] != '\r' && text.at[len] != '\n'))
		return len;
	while (end < text.len && end < BROKEN_MAX && text.at[end] != '>' &&
	    text.at[end] != '<' && text.at[end] != ' ')
		end++;
	return end < text.len && text.at[end] == '>' ? end : len;
}

/* The line that ends where `text` does, from behind its last line end. */
static struct span
last_line(struct span text)
{
	size_t start = text.len;

	while (start && text.at[start - 1] != '\n')
		start--;
	span_skip(&text, start);
	if (text.len && text.at[text.len - 1] == '\r')
		text.len--;
	return span_trim(text);
}

static bool
has_letter(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_alpha(text.at[i]) || (unsigned char)text.at[i] >= 128)
			return true;
	return false;
}

/* Not the brackets, colons and marks between a name and its address. */
static struct span
trim_marks(struct span text)
{
	while (text.len &&
	    ((unsigned char)text.at[0] <= ' ' ||
		strchr("*-<([:>,.;)]", text.at[0])))
		span_skip(&text, 1);
	while (text.len &&
	    ((unsigned char)text.at[text.len - 1] <= ' ' ||
		strchr("*-<([:", text.at[text.len - 1])))
		text.len--;
	return text;
}

/* What stands before the address on its line, else the line with words that
   is next above, no more than two lines up. */
static struct span
name_before(struct span text, const char *at, const char *floor)
{
	struct span before = text;

	for (int lines = 0; lines < 4; lines++) {
		struct span line;

		before.len = (size_t)(at - text.at);
		if (at <= floor || before.len == 0)
			break;
		if ((size_t)(at - floor) < before.len)
			before = span_make(floor, (size_t)(at - floor));
		line = trim_marks(last_line(before));
		if (has_letter(line))
			return line;
		while (at > floor && at[-1] != '\n')
			at--;
		if (at > floor)
			at--;
		before = text;
	}
	return SPAN("");
}

bool
link_next_in_text(struct span text, struct span *rest, struct link_place *place)
{
	const char *floor = rest->at;

	while (rest->len) {
		size_t len = link_url_len(*rest);
		bool is_bracketed = rest->at > text.at && rest->at[-1] == '<';

		if (len == 0) {
			/* All of a word is passed, or its end might look like
			   a scheme of its own. */
			do
				span_skip(rest, 1);
			while (rest->len && is_scheme(rest->at[0]) &&
			    is_scheme(rest->at[-1]));
			continue;
		}
		if (is_bracketed)
			len = broken_len(*rest, len);
		place->url = span_make(rest->at, len);
		place->text = name_before(text, rest->at, floor);
		span_skip(rest, len);
		return true;
	}
	return false;
}
