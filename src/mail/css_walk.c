/* css_walk: the rules and declarations of a style sheet, one after another. */
#include "css_walk.h"

#include "buf.h"

#include <string.h>

/* Behind the comment that begins here; where none does, where we are. */
static size_t
skip_comment(struct span sheet, size_t at)
{
	if (at + 1 >= sheet.len || sheet.at[at] != '/' ||
	    sheet.at[at + 1] != '*')
		return at;
	for (at += 2; at + 1 < sheet.len; at++)
		if (sheet.at[at] == '*' && sheet.at[at + 1] == '/')
			return at + 2;
	return sheet.len;
}

/* Behind the string that begins here, or its line if nothing ends it. */
static size_t
skip_string(struct span sheet, size_t at)
{
	char quote = sheet.at[at++];

	for (; at < sheet.len && sheet.at[at] != '\n'; at++) {
		if (sheet.at[at] == quote)
			return at + 1;
		if (sheet.at[at] == '\\' && at + 1 < sheet.len)
			at++;
	}
	return at;
}

static bool
put_without_comments(struct buf *out, struct span sheet)
{
	size_t at = 0;

	while (at < sheet.len) {
		size_t next = skip_comment(sheet, at);

		if (next > at) {
			(void)buf_put_char(out, ' ');
			at = next;
			continue;
		}
		next = sheet.at[at] == '"' || sheet.at[at] == '\''
		    ? skip_string(sheet, at)
		    : at + 1;
		(void)buf_put(out, span_make(sheet.at + at, next - at));
		at = next;
	}
	return !buf_failed(out);
}

/* The first byte of these outside strings and brackets; `len` without one. */
static size_t
find_end(struct span text, const char *ends)
{
	size_t depth = 0, at = 0;

	while (at < text.len) {
		char byte = text.at[at];

		if (byte == '"' || byte == '\'') {
			at = skip_string(text, at);
			continue;
		}
		if (byte == '(' || byte == '[')
			depth++;
		else if (depth && (byte == ')' || byte == ']'))
			depth--;
		else if (byte == '}' || (!depth && strchr(ends, byte) && byte))
			return at;
		at++;
	}
	return text.len;
}

static bool
is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct span
trim(struct span text)
{
	while (text.len > 0 && is_blank(text.at[0]))
		span_skip(&text, 1);
	while (text.len > 0 && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

static bool
is_name(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static void
visit_at_rule(struct span piece, css_visit *visit, void *context)
{
	struct css_item item = {.kind = CSS_AT_RULE};

	span_skip(&piece, 1);
	while (item.name.len < piece.len && is_name(piece.at[item.name.len]))
		item.name.len++;
	item.name.at = piece.at;
	span_skip(&piece, item.name.len);
	item.text = trim(piece);
	visit(&item, context);
}

static void
visit_piece(struct span piece, char end, css_visit *visit, void *context)
{
	struct css_item item = {.kind = CSS_SELECTOR};

	piece = trim(piece);
	if (piece.len == 0)
		return;
	if (piece.at[0] == '@') {
		visit_at_rule(piece, visit, context);
		return;
	}
	item.text = piece;
	if (end != '{') {
		item.kind = CSS_DECLARATION;
		item.name = trim(span_cut(&item.text, ':'));
		item.text = trim(item.text);
	}
	if (item.text.len > 0)
		visit(&item, context);
}

bool
css_walk(struct span sheet, css_visit *visit, void *context)
{
	struct buf clean;
	struct span rest;
	bool fits;

	buf_init(&clean, sheet.len + 1);
	fits = put_without_comments(&clean, sheet);
	rest = buf_span(&clean);
	while (fits && rest.len > 0) {
		size_t len = find_end(rest, "{;");
		char end = len < rest.len ? rest.at[len] : ';';

		visit_piece(span_make(rest.at, len), end, visit, context);
		span_skip(&rest, len < rest.len ? len + 1 : len);
	}
	buf_release(&clean);
	return fits;
}
