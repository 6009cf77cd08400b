/* script_reply: what a script expects the server to say. */
#include "script_private.h"

#include <string.h>

/* Extended regular expressions (regex(7)), as far as replies need it. */
static void
put_literal(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(".[(){*+?|^$\\", text.at[i]) && text.at[i])
			(void)buf_put_char(out, '\\');
		(void)buf_put_char(out, text.at[i]);
	}
}

/* Moves *rest behind the first `words`; false when they are not in it. */
static bool
skip_past(struct span *rest, struct span words)
{
	struct span at = *rest;

	while (at.len >= words.len && !span_starts(at, words))
		span_skip(&at, 1);
	if (at.len < words.len)
		return false;
	span_skip(&at, words.len);
	*rest = at;
	return true;
}

/* "220 HOST ESMTP mailstop 0.1.0; DATE", whatever the banner is; that of
   STARTTLS has a code behind, and is always the same. */
static bool
put_greeting(struct buf *out, struct span line)
{
	if (!span_starts(line, SPAN("220 ")) ||
	    span_starts(line, SPAN("220 2.")))
		return false;
	(void)buf_put_string(out, "220 [^ ]+ .+");
	return true;
}

/* "250-HOST Hello NAME [ADDRESS], pleased to meet you" */
static bool
put_hello(struct buf *out, struct span line)
{
	static const struct span end = SPAN("], pleased to meet you");
	struct span rest = line;
	struct span name;

	if (!span_starts(line, SPAN("250")) ||
	    !skip_past(&rest, SPAN(" Hello ")) || rest.len < end.len ||
	    !span_equal(span_make(rest.at + rest.len - end.len, end.len), end))
		return false;
	name = span_make(rest.at, rest.len - end.len);
	while (name.len && name.at[name.len - 1] != '[')
		name.len--;
	(void)buf_put(out, span_make(line.at, 4));
	(void)buf_put_string(out, "[^ ]+ Hello ");
	put_literal(out, name);
	(void)buf_put_string(out, "[^]]+");
	put_literal(out, end);
	return true;
}

/* "250 2.0.0 OK Message saved as ID"; the code may be hidden. */
static bool
put_saved(struct buf *out, struct span line)
{
	struct span rest = line;

	if (!span_starts(line, SPAN("250 ")) ||
	    !skip_past(&rest, SPAN("OK Message saved as ")))
		return false;
	put_literal(out, span_make(line.at, line.len - rest.len));
	(void)buf_put_string(out, "[^ ]+");
	return true;
}

/* CRAM-MD5's challenge; the prompts of the others are always the same. */
static bool
put_challenge(struct buf *out, struct span line)
{
	if (!span_starts(line, SPAN("334 ")) || line.len <= 20)
		return false;
	(void)buf_put_string(out, "334 .+");
	return true;
}

/* "5.1.1 " and its like. */
static size_t
enhanced_len(struct span text)
{
	size_t len = span_find(text, ' ');

	if (len < 5 || len == text.len || text.at[1] != '.' ||
	    text.at[0] < '0' || text.at[0] > '9')
		return 0;
	return len + 1;
}

/* "221 2.0.0 HOST closing connection", "421 4.7.0 HOST Too many errors" */
static bool
put_farewell(struct buf *out, struct span line)
{
	struct span rest = line;

	if (!span_starts(line, SPAN("221 ")) &&
	    !span_starts(line, SPAN("421 ")))
		return false;
	span_skip(&rest, 4);
	span_skip(&rest, enhanced_len(rest));
	put_literal(out, span_make(line.at, line.len - rest.len));
	(void)buf_put_string(out, "[^ ]+");
	span_skip(&rest, span_find(rest, ' '));
	put_literal(out, rest);
	return true;
}

void
script_expect(struct script *script, struct span line)
{
	static bool (*const forms[])(struct buf *, struct span) = {
	    put_greeting, put_hello, put_saved, put_challenge, put_farewell};
	struct buf *out = &script->replies;
	size_t before = out->len;

	(void)buf_put_string(out, "S~ ");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!forms[i](out, line))
			continue;
		(void)buf_put_char(out, '\n');
		return;
	}
	buf_cut(out, before);
	(void)buf_put_string(out, "S: ");
	(void)buf_put(out, line);
	(void)buf_put_char(out, '\n');
}
