/* smtp_reply: replies as values, rendered in one place. */
#include "smtp_reply.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* RFC 5321 4.5.3.1.5, with CR LF. */
#define LINE_SIZE 512
#define CUT "..."

struct line {
	char at[LINE_SIZE];
	size_t len;
};

static void
put(struct line *line, const char *at, size_t len)
{
	memcpy(line->at + line->len, at, len);
	line->len += len;
}

static bool
is_plain(char byte)
{
	return (byte >= ' ' && byte <= '~') || byte == '\t';
}

/* One byte as it may stand in a reply; returns the length of its form. */
static size_t
escape(char byte, char form[5])
{
	if (!is_plain(byte))
		return (size_t)snprintf(
		    form, 5, "\\x%02x", (unsigned)(unsigned char)byte);
	form[0] = byte;
	return 1;
}

static void
put_text(struct line *line, struct span text)
{
	size_t end = LINE_SIZE - strlen("\r\n");
	size_t safe = line->len; /* what leaves room to show that it was cut */

	for (size_t i = 0; i < text.len; i++) {
		char form[5];
		size_t len = escape(text.at[i], form);

		if (line->len + len > end) {
			line->len = safe;
			put(line, CUT, strlen(CUT));
			return;
		}
		put(line, form, len);
		if (line->len + strlen(CUT) <= end)
			safe = line->len;
	}
}

static bool
put_line(struct buf *out, const struct smtp_reply *reply, struct span text,
    char separator)
{
	struct line line = {.len = 0};
	char code[5];

	(void)snprintf(code, sizeof(code), "%03d%c", reply->code, separator);
	put(&line, code, strlen(code));
	if (reply->enhanced) {
		put_text(&line, span_string(reply->enhanced));
		put(&line, " ", 1);
	}
	put_text(&line, text);
	put(&line, "\r\n", 2);
	return buf_put(out, span_make(line.at, line.len));
}

bool
smtp_reply_put(struct buf *out, const struct smtp_reply *reply)
{
	struct span rest = reply->text;
	size_t start = out->len;
	bool is_last;

	assert(reply->code >= 200 && reply->code <= 599);
	do {
		is_last = span_find(rest, '\n') == rest.len;
		if (!put_line(out, reply, span_cut(&rest, '\n'),
			is_last ? ' ' : '-')) {
			out->len = start; /* no half replies */
			return false;
		}
	} while (!is_last);
	return true;
}
