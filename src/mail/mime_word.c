/* mime_word: encoded words of which GMime would read the first only. */
#include "mime_word.h"

#include "buf.h"

#include <glib.h>
#include <string.h>

/* What stands in front of the payload, which ends with "?=". */
struct word {
	struct span text; /* all of it */
	struct span charset;
	struct span payload;
	char encoding;
};

/* Up to the question mark, which is cut off with it. False without one. */
static bool
cut_piece(struct span *rest, struct span *piece)
{
	size_t len = span_find(*rest, '?');

	if (len == 0 || len >= rest->len)
		return false;
	*piece = span_make(rest->at, len);
	span_skip(rest, len + 1);
	return true;
}

/* Whether a word stands at the front. */
static bool
read_word(struct span text, struct word *word)
{
	struct span rest = text;
	struct span encoding;

	if (!span_starts(text, SPAN("=?")))
		return false;
	span_skip(&rest, 2);
	if (!cut_piece(&rest, &word->charset) || !cut_piece(&rest, &encoding) ||
	    encoding.len != 1 || !cut_piece(&rest, &word->payload) ||
	    !span_starts(rest, SPAN("=")))
		return false;
	word->encoding = encoding.at[0] | 0x20;
	span_skip(&rest, 1);
	word->text = span_make(text.at, (size_t)(rest.at - text.at));
	return true;
}

/* The next word; what stands before it goes to `between`. False at the end. */
static bool
find_word(struct span *rest, struct span *between, struct word *word)
{
	*between = span_make(rest->at, 0);
	while (rest->len > 0) {
		if (read_word(*rest, word)) {
			span_skip(rest, word->text.len);
			return true;
		}
		span_skip(rest, 1);
		between->len++;
	}
	return false;
}

/* Also folds; the text goes on, or ends with a NUL. */
static bool
is_blank(struct span text)
{
	return strspn(text.at, " \t\r\n") >= text.len;
}

/* Whether a word follows one that ends in padding. */
static bool
needs_mending(struct span rest)
{
	bool is_padded = false;
	struct span between;
	struct word word;

	while (find_word(&rest, &between, &word)) {
		if (is_padded && is_blank(between))
			return true;
		is_padded = word.encoding == 'b' &&
		    word.payload.at[word.payload.len - 1] == '=';
	}
	return false;
}

static void
put_base64_as_q(struct buf *out, const struct word *word)
{
	/* It may write as much before it knows better. */
	guchar *bytes = g_malloc(word->payload.len + 3);
	gint state = 0;
	guint save = 0;
	gsize len = g_base64_decode_step(
	    word->payload.at, word->payload.len, bytes, &state, &save);

	buf_put_string(out, "=?");
	buf_put(out, word->charset);
	buf_put_string(out, "?Q?");
	for (gsize i = 0; i < len; i++)
		buf_printf(out, "=%02X", bytes[i]);
	buf_put_string(out, "?=");
	g_free(bytes);
}

char *
mime_word_mend(const char *raw)
{
	struct span rest = span_string(raw);
	struct span between;
	struct word word;
	struct buf out;

	if (!strstr(raw, "=?") || !needs_mending(rest))
		return NULL;
	buf_init(&out, 4 * rest.len);
	while (find_word(&rest, &between, &word)) {
		buf_put(&out, between);
		if (word.encoding == 'b')
			put_base64_as_q(&out, &word);
		else
			buf_put(&out, word.text);
	}
	buf_put(&out, between);
	if (buf_string(&out))
		return out.at;
	buf_release(&out);
	return NULL;
}
