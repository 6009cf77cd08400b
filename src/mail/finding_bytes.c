/* finding_bytes: what a message's lines show, whatever they mean. */
#include "finding_private.h"

#include <string.h>

/* RFC 5321 4.5.3.1.6: 1,000 octets with CR LF. */
#define LINE_MAX_LEN 998
/* What is shown of the text behind a byte that is the finding itself. */
#define CONTEXT_LEN 20

struct line {
	struct span text; /* without its line end */
	struct span end;  /* CR LF, LF, or nothing at the end of the message */
	bool in_body;
};

typedef void line_check(struct look *, const struct line *);

/* The byte at `at`, and what follows on it, for a person to find it. */
static void
add_with_context(struct look *look, enum finding_id id, const char *at)
{
	size_t left = look->raw.len - (size_t)(at - look->raw.at);

	finding_add_at(
	    look, id, span_make(at, left < CONTEXT_LEN ? left : CONTEXT_LEN));
}

static void
check_lf(struct look *look, const struct line *line)
{
	if (line->end.len == 1 && !(look->promises & PROMISE_BINARY))
		add_with_context(look, FINDING_BARE_LF, line->end.at);
}

static void
check_cr(struct look *look, const struct line *line)
{
	struct span rest = line->text;

	if (look->promises & PROMISE_BINARY)
		return;
	for (;;) {
		span_skip(&rest, span_find(rest, '\r'));
		if (rest.len == 0)
			return;
		add_with_context(look, FINDING_BARE_CR, rest.at);
		span_skip(&rest, 1);
	}
}

/* One for a line: a file of NULs has one finding, not millions. */
static void
check_nul(struct look *look, const struct line *line)
{
	size_t where = span_find(line->text, '\0');

	if (where < line->text.len && !(look->promises & PROMISE_BINARY))
		add_with_context(look, FINDING_NUL, line->text.at + where);
}

static void
check_length(struct look *look, const struct line *line)
{
	if (line->text.len > LINE_MAX_LEN && line->in_body &&
	    !(look->promises & PROMISE_BINARY))
		finding_add_at(look, FINDING_LINE_TOO_LONG, line->text);
}

/* 8-bit in the header has rules of its own. */
static void
check_8bit(struct look *look, const struct line *line)
{
	struct span rest = line->text;

	if (!line->in_body || look->promises & PROMISE_8BIT)
		return;
	span_skip(&rest, span_find_8bit(rest));
	if (rest.len)
		finding_add_at(look, FINDING_8BIT_UNDECLARED, rest);
}

/*
 * Dots that were not doubled leave no trace in the text. Those doubled twice
 * do: the line ".x" arrives as "..x". Three dots are an ellipsis, and a line
 * of two dots may be meant.
 */
static void
check_dots(struct look *look, const struct line *line)
{
	struct span text = line->text;

	if (line->in_body && span_starts(text, SPAN("..")) && text.len > 2 &&
	    text.at[2] != '.')
		finding_add_at(look, FINDING_DOT_DOUBLED, text);
}

static line_check *const checks[] = {
    check_lf,
    check_cr,
    check_nul,
    check_length,
    check_8bit,
    check_dots,
};

void
finding_look_at_bytes(struct look *look)
{
	struct span rest = look->raw;
	const char *body = rest.at + look->head.len;

	while (rest.len) {
		const char *at = rest.at;
		size_t len = span_find(rest, '\n');
		size_t end = len < rest.len ? 1 : 0;
		struct line line;

		if (end && len && at[len - 1] == '\r') {
			len--;
			end++;
		}
		line.text = span_make(at, len);
		line.end = span_make(at + len, end);
		line.in_body = at >= body;
		for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
			checks[i](look, &line);
		span_skip(&rest, len + end);
	}
}
