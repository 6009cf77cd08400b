/* smtp_data: the text of a message, from DATA to the dot at its end. */
#include "smtp_private.h"

#include <string.h>

#define TOO_BIG                                                                \
	{                                                                      \
		552, "5.3.4", SPAN("Message exceeds the size limit")           \
	}

const struct smtp_reply smtp_too_big = TOO_BIG;

static const struct smtp_reply is_binary = {
    503, "5.5.1", SPAN("BODY=BINARYMIME needs BDAT")};

const struct smtp_command smtp_body_moment = {
    .flags = EACH,
    .asks = SMTP_BODY,
    .commit = smtp_end_transaction,
    .refused = smtp_end_transaction,
    .usual = {250, "2.0.0", SPAN("OK Message saved")},
};

/* What came was too much: the message is refused, and was read to its end. */
static void
refuse_size(struct smtp *smtp)
{
	smtp_void_transaction(smtp, &smtp_too_big);
}

static const struct smtp_command over_limit = {
    .flags = EACH,
    .refused = refuse_size,
    .usual = TOO_BIG,
};

enum smtp_event
smtp_content_take(struct smtp *smtp, struct span *in, size_t len)
{
	uint64_t max = smtp->config->max_message;
	uint64_t room =
	    smtp->mail.received < max ? max - smtp->mail.received : 0;

	smtp->content = span_make(in->at, len < room ? len : (size_t)room);
	smtp->mail.received += len;
	span_skip(in, len);
	return smtp->content.len ? SMTP_CONTENT : GO_ON;
}

const struct smtp_reply *
smtp_data_check(struct smtp *smtp, struct span argument)
{
	(void)argument;
	return smtp->mail.body == BODY_BINARYMIME ? &is_binary : NULL;
}

/*
 * The CR LF of the DATA line counts for the first dot. Who was allowed to end
 * that line with a bare LF is somebody at a keyboard, and ends all lines so;
 * of a client that can do better the text is read as strictly as ever.
 */
void
smtp_data_commit(struct smtp *smtp)
{
	smtp->mode = MODE_TEXT;
	smtp->place = PLACE_LINE_START;
	smtp->is_bare = smtp->reader.is_bare;
}

/* Where the text stands behind `text`; only CR LF begins a new line. */
static enum smtp_place
place_behind(const struct smtp *smtp, struct span text)
{
	bool is_behind_cr = text.len > 1 ? text.at[text.len - 2] == '\r'
					 : smtp->place == PLACE_BEHIND_CR;

	if (text.len == 0)
		return smtp->place;
	if (text.at[text.len - 1] == '\r')
		return PLACE_BEHIND_CR;
	if (text.at[text.len - 1] == '\n' && (is_behind_cr || smtp->is_bare))
		return PLACE_LINE_START;
	return PLACE_IN_LINE;
}

/*
 * The length of what stands before the first dot that begins a line. Dots are
 * rarer than line ends, and base64 has none: memchr() flies over it.
 */
static size_t
find_dot(const struct smtp *smtp, struct span text)
{
	size_t from = 0;

	while (from < text.len) {
		const char *dot = memchr(text.at + from, '.', text.len - from);
		size_t len;

		if (!dot)
			break;
		len = (size_t)(dot - text.at);
		if (place_behind(smtp, span_make(text.at, len)) ==
		    PLACE_LINE_START)
			return len;
		from = len + 1;
	}
	return text.len;
}

/* The length of the line that ends the text, 0 when this is none. */
static size_t
end_len(const struct smtp *smtp, struct span line)
{
	if (span_starts(line, SPAN(".\r\n")))
		return 3;
	return smtp->is_bare && span_starts(line, SPAN(".\n")) ? 2 : 0;
}

/*
 * A dot begins the line: alone it is the end, else it is taken away, also
 * before a bare LF or CR, NUL or blank. Only CR LF ends a line (RFC
 * 5321 2.3.8), so other characters follow on it, and then the dot goes (4.5.2).
 * To keep the dot in CR LF . LF would show what somebody who tries to smuggle
 * mail has typed; but it would be a second rule beside the one by which every
 * client doubles its dots, and would not store what servers store. Clients that
 * double them see no difference.
 */
static enum smtp_event
read_dot(struct smtp *smtp, struct span *in, struct buf *out)
{
	bool is_over = smtp->mail.received > smtp->config->max_message;
	size_t len = end_len(smtp, *in);

	if (len == 0 && in->len < 3 && span_starts(SPAN(".\r\n"), *in))
		return SMTP_MORE;
	if (len == 0) {
		span_skip(in, 1);
		smtp->place = PLACE_IN_LINE;
		return GO_ON;
	}
	span_skip(in, len);
	return smtp_ask(smtp, is_over ? &over_limit : &smtp_body_moment, out);
}

enum smtp_event
smtp_data_read(struct smtp *smtp, struct span *in, struct buf *out)
{
	size_t len;

	if (in->len == 0)
		return SMTP_MORE;
	if (smtp->place == PLACE_LINE_START && in->at[0] == '.')
		return read_dot(smtp, in, out);
	len = find_dot(smtp, *in);
	smtp->place = place_behind(smtp, span_make(in->at, len));
	return smtp_content_take(smtp, in, len);
}
