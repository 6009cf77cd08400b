/* smtp_line: finds the lines of commands in the input. */
#include "smtp_private.h"

#include <assert.h>
#include <string.h>

const struct smtp_reply smtp_line_too_long = {
    500, "5.5.6", SPAN("Line too long")};

/*
 * The length of the first line with its end, or 0. *scanned remembers what was
 * searched in vain, so that a line that comes byte by byte costs no more.
 */
static size_t
find_end(struct span in, size_t *scanned, const struct smtp_config *config)
{
	while (*scanned < in.len) {
		const char *lf =
		    memchr(in.at + *scanned, '\n', in.len - *scanned);

		if (!lf)
			break;
		*scanned = (size_t)(lf - in.at) + 1;
		/* RFC 5321 2.3.8: a bare LF is no line end. */
		if (config->bare_lf || (lf > in.at && lf[-1] == '\r'))
			return *scanned;
	}
	*scanned = in.len;
	return 0;
}

/* Without the CR LF; only a bare LF that ended it stays. */
static struct span
cut_end(struct span line)
{
	if (line.len >= 2 && line.at[line.len - 2] == '\r')
		line.len -= 2;
	return line;
}

/* Drops the rest of an over-long line; false when its end has not come. */
static bool
eat(struct smtp *smtp, struct span *in)
{
	size_t scanned = 0;
	size_t len = find_end(*in, &scanned, smtp->config);

	if (len == 0) {
		/* A CR at the end may be half of the line's end. */
		if (in->len && in->at[in->len - 1] == '\r')
			scanned--;
		span_skip(in, scanned);
		return false;
	}
	span_skip(in, len);
	return true;
}

static enum smtp_line_status
tell(struct smtp *smtp, struct span text, size_t len)
{
	smtp->reader.state = READER_TOLD;
	smtp->reader.len = len;
	smtp->line.text = text;
	smtp->line.secret = smtp_auth_secret(smtp, text);
	return LINE_TELL;
}

static enum smtp_line_status
find(struct smtp *smtp, struct span in)
{
	struct span most = in;
	size_t len;

	if (most.len > SMTP_LINE_MAX)
		most.len = SMTP_LINE_MAX;
	len = find_end(most, &smtp->reader.scanned, smtp->config);
	smtp->line.is_cut = len == 0 && in.len >= SMTP_LINE_MAX;
	if (len)
		return tell(smtp, cut_end(span_make(in.at, len)), len);
	if (!smtp->line.is_cut)
		return LINE_MORE;
	/* Its last byte may be the CR of the line's end: that stays. */
	len = SMTP_LINE_MAX - 1;
	return tell(smtp, span_make(in.at, len), len);
}

bool
smtp_line_is_begun(const struct smtp *smtp, struct span in)
{
	bool is_read =
	    smtp->mode == MODE_COMMAND || smtp->mode == MODE_RESPONSE;

	return is_read && smtp->reader.state == READER_LOOKS && in.len > 0 &&
	    smtp->reader.scanned == in.len;
}

enum smtp_line_status
smtp_line_take(struct smtp *smtp, struct span *in, struct span *text)
{
	struct smtp_line_reader *reader = &smtp->reader;

	if (reader->state == READER_EATS) {
		if (!eat(smtp, in))
			return LINE_MORE;
		reader->state = READER_LOOKS;
	}
	if (reader->state == READER_LOOKS)
		return find(smtp, *in);
	assert(in->len >= reader->len);
	/* What was told may have been moved since, with all of the input. */
	*text = span_make(in->at, smtp->line.text.len);
	reader->is_bare = smtp->config->bare_lf && text->len &&
	    text->at[text->len - 1] == '\n';
	if (reader->is_bare)
		text->len--;
	span_skip(in, reader->len);
	reader->scanned = 0;
	reader->state = smtp->line.is_cut ? READER_EATS : READER_LOOKS;
	return smtp->line.is_cut ? LINE_CUT : LINE_WHOLE;
}
