/* unsubscribe: the List-Unsubscribe field of a message, and what is wrong with
 * it. */
#include "unsubscribe.h"

#define TEXT_LIMIT ((size_t)64 * 1024)

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool
is_alphanumeric(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	    (byte >= 'A' && byte <= 'Z');
}

/* RFC 5322 comments, which may nest; inside <...> a parenthesis is text. */
static void
put_without_comments(struct buf *out, struct span value)
{
	size_t depth = 0;
	bool is_inside = false;

	for (size_t i = 0; i < value.len; i++) {
		char byte = value.at[i];

		if (depth == 0 && (byte == '<' || byte == '>'))
			is_inside = byte == '<';
		if (byte == '(' && !is_inside)
			depth++;
		else if (byte == ')' && depth > 0)
			depth--;
		else if (depth == 0)
			(void)buf_put_char(out, byte);
	}
}

static void
complain(struct unsubscribe *it, const char *what)
{
	if (it->errors.len > 0)
		(void)buf_put(&it->errors, SPAN(", "));
	(void)buf_put_string(&it->errors, what);
}

enum kind { KIND_NONE, KIND_MAIL, KIND_WEB };

static enum kind
kind_of(struct span link)
{
	static const struct {
		struct span scheme;
		enum kind kind;
	} rows[] = {
	    {SPAN("mailto:"), KIND_MAIL},
	    {SPAN("http://"), KIND_WEB},
	    {SPAN("https://"), KIND_WEB},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_starts(link, rows[i].scheme) &&
		    link.len > rows[i].scheme.len &&
		    is_alphanumeric(link.at[rows[i].scheme.len]))
			return rows[i].kind;
	return KIND_NONE;
}

static bool
has_blank(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_blank(text.at[i]))
			return true;
	return false;
}

static void
take_link(struct unsubscribe *it, struct span link)
{
	enum kind kind = kind_of(link);

	if (has_blank(link)) {
		complain(it, "spaces in a link");
		return;
	}
	if (kind == KIND_NONE) {
		complain(it, "a link is neither mailto: nor http(s)://");
		return;
	}
	for (size_t i = 0; i < it->link_count; i++)
		if (kind_of(it->links[i]) == kind) {
			complain(it,
			    kind == KIND_MAIL ? "more than one mailto: link"
					      : "more than one http(s) link");
			return;
		}
	it->links[it->link_count++] = link;
}

static void
skip_blanks(struct span *rest)
{
	while (rest->len > 0 && is_blank(rest->at[0]))
		span_skip(rest, 1);
}

/* "<" text ">" from the front; false when that is not what stands there. */
static bool
take_bracketed(struct span *rest, struct span *link)
{
	size_t end = span_find(*rest, '>');

	if (rest->len == 0 || rest->at[0] != '<' || end == rest->len)
		return false;
	*link = span_make(rest->at + 1, end - 1);
	span_skip(rest, end + 1);
	return true;
}

static bool
read_list(struct unsubscribe *it, struct span rest)
{
	struct span link;

	for (;;) {
		skip_blanks(&rest);
		if (!take_bracketed(&rest, &link))
			return false;
		take_link(it, link);
		skip_blanks(&rest);
		if (rest.len == 0)
			return true;
		if (rest.at[0] != ',')
			return false;
		span_skip(&rest, 1);
	}
}

bool
unsubscribe_read(struct unsubscribe *it, struct span value)
{
	*it = (struct unsubscribe){0};
	buf_init(&it->text, TEXT_LIMIT);
	buf_init(&it->errors, TEXT_LIMIT);
	put_without_comments(&it->text, value);
	if (!read_list(it, buf_span(&it->text))) {
		complain(it, "not a list of links in <>");
		it->link_count = 0;
	}
	return !buf_failed(&it->text) && !buf_failed(&it->errors);
}

void
unsubscribe_release(struct unsubscribe *it)
{
	buf_release(&it->text);
	buf_release(&it->errors);
	it->link_count = 0;
}
