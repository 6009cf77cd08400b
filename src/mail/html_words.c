/*
 * html_words: the words of HTML, read without a tree.
 *
 * Each message is read so two or three times when it comes, and libxml2's tree
 * took as long as everything else together. What a browser mends does not
 * matter here: tags are skipped, wherever they stand.
 */
#include "html.h"

#include "html_private.h"

#include <string.h>

/* What is read at once of a text. */
#define PIECE_SIZE ((size_t)512)

enum style {
	STYLE_WORDS,
	STYLE_SEARCH, /* with the targets of links */
};

struct scan {
	struct span rest;
	struct buf *out;
	size_t start; /* where our text begins in `out` */
	enum style style;
	bool blank;         /* owed before the next word */
	struct span target; /* of the link that is open */
	/* What was looked for in vain once is not there: time stays linear. */
	bool no_quote, no_apostrophe, no_comment_end;
	unsigned no_ends; /* a bit for each of the hidden elements */
};

/* Elements whose content is not shown. The text of the first ones goes on to
   their end, whatever stands there, or to the end of all. */
static const struct {
	const char *name;
	bool is_raw;
} hidden[] = {
    {"script", true},
    {"style", true},
    {"title", false},
    {"noscript", false},
    {"template", false},
};

/* ---- text */

/* See html.c: white space, controls, and the no-break space. */
static size_t
blank_len(struct span text)
{
	unsigned char byte = (unsigned char)text.at[0];

	if (byte <= ' ' || byte == 127)
		return 1;
	if (byte == 0xc2 && text.len >= 2 && (unsigned char)text.at[1] <= 0xa0)
		return 2;
	return 0;
}

/* Whether a byte is no blank, and does not begin one either. */
static bool
is_plain(char byte)
{
	return (signed char)byte > ' '
	    ? byte != 127
	    : byte < 0 && (unsigned char)byte != 0xc2;
}

/* At most a piece; returns how much of the text was read. */
static size_t
put_piece(struct scan *scan, struct span text)
{
	size_t most = text.len < PIECE_SIZE ? text.len : PIECE_SIZE;
	char *room = buf_room(scan->out, most + 2);
	bool at_start = scan->out->len == scan->start;
	size_t used = 0, at = 0;

	if (!room)
		return text.len;
	while (at < most) {
		size_t blank =
		    blank_len(span_make(text.at + at, text.len - at));

		if (blank) {
			scan->blank = true;
			at += blank;
			continue;
		}
		if (scan->blank && (used || !at_start))
			room[used++] = ' ';
		scan->blank = false;
		do
			room[used++] = text.at[at++];
		while (at < most && is_plain(text.at[at]));
	}
	buf_grow(scan->out, used);
	return at;
}

static void
put_text(struct scan *scan, struct span text)
{
	while (text.len)
		span_skip(&text, put_piece(scan, text));
}

/* ---- entities */

static size_t
encode(unsigned point, char out[4])
{
	if (point == 0 || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		point = 0xfffd;
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 63));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 63));
		out[2] = (char)(0x80 | (point & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 63));
	out[2] = (char)(0x80 | (point >> 6 & 63));
	out[3] = (char)(0x80 | (point & 63));
	return 4;
}

static int
digit_of(char byte, int base)
{
	int digit = -1;

	if (byte >= '0' && byte <= '9')
		digit = byte - '0';
	else if ((byte | ' ') >= 'a' && (byte | ' ') <= 'f')
		digit = (byte | ' ') - 'a' + 10;
	return digit < base ? digit : -1;
}

/* "#8364" and "#x20ac"; returns how long it is, 0 when it is none. */
static size_t
read_number(struct span text, unsigned *point)
{
	int base = text.len > 1 && (text.at[1] | ' ') == 'x' ? 16 : 10;
	size_t start = base == 16 ? 2 : 1;
	size_t at = start;

	*point = 0;
	while (at < text.len && digit_of(text.at[at], base) >= 0) {
		if (*point <= 0x10ffff)
			*point = *point * (unsigned)base +
			    (unsigned)digit_of(text.at[at], base);
		at++;
	}
	return at > start ? at : 0;
}

static bool
is_name_byte(char byte)
{
	return (byte >= '0' && byte <= '9') ||
	    ((byte | ' ') >= 'a' && (byte | ' ') <= 'z');
}

/* Likewise "eacute". */
static size_t
read_name(struct span text, unsigned *point)
{
	const htmlEntityDesc *entity;
	char name[16];
	size_t len = 0;

	while (len < text.len && len < sizeof(name) - 1 &&
	    is_name_byte(text.at[len])) {
		name[len] = text.at[len];
		len++;
	}
	name[len] = '\0';
	entity = htmlEntityLookup((const xmlChar *)name);
	*point = entity ? entity->value : 0;
	return entity ? len : 0;
}

/* What stands behind the ampersand; without its semicolon it is text, too. */
static void
put_entity(struct scan *scan, struct span *text)
{
	unsigned point;
	size_t len = text->len && text->at[0] == '#'
	    ? read_number(*text, &point)
	    : read_name(*text, &point);
	char bytes[4];

	if (len == 0 || len == text->len || text->at[len] != ';') {
		put_text(scan, SPAN("&"));
		return;
	}
	span_skip(text, len + 1);
	put_text(scan, span_make(bytes, encode(point, bytes)));
}

static void
put_decoded(struct scan *scan, struct span text)
{
	while (text.len) {
		size_t len = span_find(text, '&');

		put_text(scan, span_make(text.at, len));
		span_skip(&text, len);
		if (text.len == 0)
			break;
		span_skip(&text, 1);
		put_entity(scan, &text);
	}
}

/* ---- tags */

static void
put_target(struct scan *scan)
{
	if (scan->target.len == 0 || scan->style == STYLE_WORDS)
		return;
	scan->blank = true;
	put_decoded(scan, scan->target);
	scan->blank = true;
	scan->target.len = 0;
}

static bool
is_white(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void
skip_white(struct span *rest)
{
	while (rest->len && is_white(rest->at[0]))
		span_skip(rest, 1);
}

/* Up to the quote, which is skipped; without one up to the tag's end. */
static struct span
read_quoted(struct scan *scan, char quote)
{
	bool *is_absent = quote == '"' ? &scan->no_quote : &scan->no_apostrophe;
	struct span value;
	size_t len = scan->rest.len;

	if (!*is_absent)
		len = span_find(scan->rest, quote);
	*is_absent = len == scan->rest.len;
	if (*is_absent)
		len = span_find(scan->rest, '>');
	value = span_make(scan->rest.at, len);
	span_skip(&scan->rest, *is_absent ? len : len + 1);
	return value;
}

static struct span
read_value(struct scan *scan)
{
	struct span value;
	size_t len = 0;

	skip_white(&scan->rest);
	if (scan->rest.len &&
	    (scan->rest.at[0] == '"' || scan->rest.at[0] == '\'')) {
		char quote = scan->rest.at[0];

		span_skip(&scan->rest, 1);
		return read_quoted(scan, quote);
	}
	while (len < scan->rest.len && !is_white(scan->rest.at[len]) &&
	    scan->rest.at[len] != '>')
		len++;
	value = span_make(scan->rest.at, len);
	span_skip(&scan->rest, len);
	return value;
}

static struct span
read_attribute_name(struct span *rest)
{
	struct span name;
	size_t len = 1; /* whatever it is, it is not looked at again */

	while (len < rest->len && !is_white(rest->at[len]) &&
	    !strchr("=>/", rest->at[len]))
		len++;
	name = span_make(rest->at, len);
	span_skip(rest, len);
	return name;
}

/* Goes behind the tag; *href is the value of that attribute, if it has one. */
static void
read_attributes(struct scan *scan, struct span *href)
{
	*href = span_make("", 0);
	for (;;) {
		struct span name, value = {"", 0};

		while (scan->rest.len &&
		    (is_white(scan->rest.at[0]) || scan->rest.at[0] == '/'))
			span_skip(&scan->rest, 1);
		if (scan->rest.len == 0)
			return;
		if (scan->rest.at[0] == '>') {
			span_skip(&scan->rest, 1);
			return;
		}
		name = read_attribute_name(&scan->rest);
		skip_white(&scan->rest);
		if (scan->rest.len && scan->rest.at[0] == '=') {
			span_skip(&scan->rest, 1);
			value = read_value(scan);
		}
		if (href->len == 0 && span_equal_nocase(name, SPAN("href")))
			*href = value;
	}
}

static struct span
read_tag_name(struct span *rest)
{
	struct span name;
	size_t len = 0;

	while (len < rest->len && !is_white(rest->at[len]) &&
	    rest->at[len] != '>' && rest->at[len] != '/')
		len++;
	name = span_make(rest->at, len);
	span_skip(rest, len);
	return name;
}

/* Where "</name" stands, or the length of the text. */
static size_t
find_end(struct span text, struct span name)
{
	struct span rest = text;

	for (;;) {
		size_t len = span_find(rest, '<');

		span_skip(&rest, len);
		if (rest.len == 0)
			return text.len;
		span_skip(&rest, 1);
		if (rest.len && rest.at[0] == '/' &&
		    span_starts_nocase(
			span_make(rest.at + 1, rest.len - 1), name))
			return (size_t)(rest.at - text.at) - 1;
	}
}

/* Goes to the end of what is not shown. */
static void
skip_hidden(struct scan *scan, struct span name)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		size_t len = scan->rest.len;

		if (!span_equal_nocase(name, span_string(hidden[i].name)))
			continue;
		if (!(scan->no_ends & 1u << i))
			len = find_end(scan->rest, name);
		if (len == scan->rest.len)
			scan->no_ends |= 1u << i;
		if (len < scan->rest.len || hidden[i].is_raw)
			span_skip(&scan->rest, len);
	}
}

static bool
is_web(struct span target)
{
	while (target.len && is_white(target.at[0]))
		span_skip(&target, 1);
	return span_starts_nocase(target, SPAN("http://")) ||
	    span_starts_nocase(target, SPAN("https://"));
}

static void
read_start(struct scan *scan)
{
	struct span name = read_tag_name(&scan->rest);
	bool is_link = span_equal_nocase(name, SPAN("a"));
	struct span href;

	read_attributes(scan, &href);
	if (html_flow_of(name) != HTML_FLOW_INLINE)
		scan->blank = true;
	if (is_link)
		put_target(scan);
	if (is_link && is_web(href))
		scan->target = href;
	skip_hidden(scan, name);
}

static void
read_end(struct scan *scan)
{
	struct span name = read_tag_name(&scan->rest);
	struct span href;

	read_attributes(scan, &href);
	if (html_flow_of(name) != HTML_FLOW_INLINE)
		scan->blank = true;
	if (span_equal_nocase(name, SPAN("a")))
		put_target(scan);
}

/* ---- all of it */

static void
skip_comment(struct scan *scan)
{
	struct span rest = scan->rest;

	while (!scan->no_comment_end) {
		size_t len = span_find(rest, '>');

		span_skip(&rest, len);
		if (rest.len == 0) {
			scan->no_comment_end = true;
			break;
		}
		span_skip(&rest, 1);
		if (rest.at - scan->rest.at >= 5 && rest.at[-2] == '-' &&
		    rest.at[-3] == '-') {
			scan->rest = rest;
			return;
		}
	}
	scan->rest.len = 0;
}

static bool
is_letter(char byte)
{
	return (byte | ' ') >= 'a' && (byte | ' ') <= 'z';
}

/* At a '<'. */
static void
read_markup(struct scan *scan)
{
	struct span *rest = &scan->rest;
	char second = rest->len > 1 ? rest->at[1] : '\0';

	if (span_starts(*rest, SPAN("<!--"))) {
		skip_comment(scan);
	} else if (second == '!' || second == '?') {
		span_skip(rest, span_find(*rest, '>') + 1);
	} else if (is_letter(second)) {
		span_skip(rest, 1);
		read_start(scan);
	} else if (second == '/' && rest->len > 2 && is_letter(rest->at[2])) {
		span_skip(rest, 2);
		read_end(scan);
	} else {
		span_skip(rest, 1);
		put_text(scan, SPAN("<"));
	}
}

static bool
put_html(struct buf *out, struct span html, enum style style)
{
	struct scan scan = {.rest = html,
	    .out = out,
	    .start = out->len,
	    .style = style,
	    .target = {"", 0}};

	/* Words are never longer than their HTML, but for some entities. */
	if (html.len < out->limit - out->len)
		(void)buf_room(out, html.len);
	while (scan.rest.len && !buf_failed(out)) {
		size_t len = span_find(scan.rest, '<');

		put_decoded(&scan, span_make(scan.rest.at, len));
		span_skip(&scan.rest, len);
		if (scan.rest.len)
			read_markup(&scan);
	}
	put_target(&scan);
	return !buf_failed(out);
}

bool
html_put_words(struct buf *out, struct span html)
{
	return put_html(out, html, STYLE_WORDS);
}

bool
html_put_search(struct buf *out, struct span html)
{
	return put_html(out, html, STYLE_SEARCH);
}
