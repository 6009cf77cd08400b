/* mbox: many messages in one file, the "mboxrd" way. */
#include "mbox.h"

#include <string.h>
#include <time.h>

#define FROM SPAN("From ")
#define UNENDED SPAN("unended")

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* ---- the "From " line */

/* As asctime(3), whatever the locale; a year beyond 9999 becomes that. */
static void
put_date(struct buf *out, int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;

	if (wall_us < 0 || !gmtime_r(&seconds, &tm) || tm.tm_year > 8099) {
		seconds = 0;
		(void)gmtime_r(&seconds, &tm);
	}
	buf_printf(out, "%.3s %.3s %2d %02d:%02d:%02d %d",
	    weekdays + 3 * tm.tm_wday, months + 3 * tm.tm_mon, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, 1900 + tm.tm_year);
}

static void
put_sender(struct buf *out, struct span sender)
{
	if (sender.len == 0)
		buf_put_string(out, "MAILER-DAEMON");
	for (size_t i = 0; i < sender.len; i++) {
		unsigned char byte = (unsigned char)sender.at[i];

		buf_put_char(
		    out, byte < ' ' || byte == 127 ? '?' : sender.at[i]);
	}
}

/* The place of a three-letter name, from 0 on; -1 when it is none. */
static int
find_name(const char *names, struct span text)
{
	for (int i = 0; names[3 * i] && text.len >= 3; i++)
		if (memcmp(names + 3 * i, text.at, 3) == 0)
			return i;
	return -1;
}

static struct span
take_word(struct span *rest)
{
	while (rest->len > 0 && rest->at[0] == ' ')
		span_skip(rest, 1);
	return span_cut(rest, ' ');
}

static bool
take_number(struct span *rest, char separator, uint64_t most, int *number)
{
	uint64_t value;

	if (!span_number(span_cut(rest, separator), &value) || value > most)
		return false;
	*number = (int)value;
	return true;
}

/* "11:37:02" or "11:37" */
static bool
read_time(struct span text, struct tm *tm)
{
	if (!take_number(&text, ':', 23, &tm->tm_hour))
		return false;
	if (!take_number(&text, ':', 59, &tm->tm_min))
		return false;
	return text.len == 0 || take_number(&text, ':', 60, &tm->tm_sec);
}

/* "+0200" in seconds; 0 for what is no offset: names of zones mean nothing. */
static int
read_offset(struct span text)
{
	uint64_t number;
	int seconds;

	if (text.len != 5 || (text.at[0] != '+' && text.at[0] != '-') ||
	    !span_number(span_make(text.at + 1, 4), &number))
		return 0;
	seconds = (int)(number / 100 * 3600 + number % 100 * 60);
	return text.at[0] == '-' ? -seconds : seconds;
}

/* A date at the front: true, and what stands behind it in *rest. */
static bool
read_date(struct span *rest, int64_t *wall_us)
{
	struct span text = *rest;
	struct span word = take_word(&text);
	struct tm tm = {.tm_isdst = 0};
	int offset = 0;
	int year;

	if (word.len != 3 || find_name(weekdays, word) < 0)
		return false;
	word = take_word(&text);
	tm.tm_mon = word.len == 3 ? find_name(months, word) : -1;
	word = take_word(&text);
	if (tm.tm_mon < 0 || !take_number(&word, ' ', 31, &tm.tm_mday))
		return false;
	if (!read_time(take_word(&text), &tm))
		return false;
	word = take_word(&text);
	if (word.len > 0 && (word.at[0] < '0' || word.at[0] > '9')) {
		offset = read_offset(word);
		word = take_word(&text);
	}
	if (!take_number(&word, ' ', 9999, &year) || year < 1900)
		return false;
	tm.tm_year = year - 1900;
	*rest = text;
	word = take_word(&text);
	if (offset == 0)
		offset = read_offset(word);
	*wall_us = ((int64_t)timegm(&tm) - offset) * 1000000;
	return true;
}

/* The sender may hold blanks, and words that look like a date: the last date
   is the one. */
static void
read_envelope(struct mbox_envelope *envelope, struct span line)
{
	struct span sender = span_trim(line);
	struct span last;

	*envelope = (struct mbox_envelope){.received_us = 0};
	sender = span_cut(&sender, ' ');
	for (size_t i = 0; i < line.len; i++) {
		struct span rest = {line.at + i, line.len - i};
		int64_t received_us;

		if ((i > 0 && line.at[i - 1] != ' ') ||
		    !read_date(&rest, &received_us))
			continue;
		sender = span_trim(span_make(line.at, i));
		last = take_word(&rest);
		envelope->received_us = received_us;
		envelope->is_unended = span_equal(last, UNENDED);
	}
	if (!span_equal(sender, SPAN("MAILER-DAEMON")))
		envelope->sender = sender;
}

/* Whether there is a time of day, as in "11:37". */
static bool
has_time(struct span line)
{
	for (size_t i = 1; i + 2 < line.len; i++)
		if (line.at[i] == ':' && line.at[i - 1] >= '0' &&
		    line.at[i - 1] <= '9' && line.at[i + 1] >= '0' &&
		    line.at[i + 1] <= '5' && line.at[i + 2] >= '0' &&
		    line.at[i + 2] <= '9')
			return true;
	return false;
}

/* ---- writing */

bool
mbox_begin(struct mbox_writer *writer, struct buf *out,
    const struct mbox_envelope *envelope)
{
	*writer = (struct mbox_writer){.is_unended = envelope->is_unended};
	buf_put(out, FROM);
	put_sender(out, envelope->sender);
	buf_put_char(out, ' ');
	put_date(out, envelope->received_us);
	if (envelope->is_unended) {
		buf_put_char(out, ' ');
		buf_put(out, UNENDED);
	}
	buf_put_char(out, '\n');
	return !buf_failed(out);
}

/* One byte at the start of a line. Where among several '>' the new one is put
   makes no difference, so those can go at once. */
static void
put_at_start(struct mbox_writer *writer, struct buf *out, char byte)
{
	if (byte == '>' && writer->matched == 0) {
		buf_put_char(out, byte);
		return;
	}
	if (byte == FROM.at[writer->matched]) {
		if (++writer->matched < FROM.len)
			return;
		buf_put_char(out, '>');
		buf_put(out, FROM);
	} else {
		buf_put(out, span_make(FROM.at, writer->matched));
		buf_put_char(out, byte);
	}
	writer->matched = 0;
	writer->is_in_line = byte != '\n';
}

bool
mbox_put(struct mbox_writer *writer, struct buf *out, struct span octets)
{
	while (octets.len > 0) {
		size_t len = 1;

		if (!writer->is_in_line) {
			put_at_start(writer, out, octets.at[0]);
		} else {
			len = span_find(octets, '\n');
			writer->is_in_line = len == octets.len;
			len += !writer->is_in_line;
			buf_put(out, span_make(octets.at, len));
		}
		span_skip(&octets, len);
	}
	return !buf_failed(out);
}

bool
mbox_end(struct mbox_writer *writer, struct buf *out)
{
	buf_put(out, span_make(FROM.at, writer->matched));
	buf_put_string(out, writer->is_unended ? "\n\n" : "\n");
	return !buf_failed(out);
}

/* ---- reading */

/* What is known of the bytes at some place. */
enum guess { GUESS_NO, GUESS_YES, GUESS_MAYBE };

/* Whether a "From " line that begins a message stands at the front, of *len
   bytes. */
static enum guess
guess_begin(const struct mbox_reader *reader, struct span at, size_t *len)
{
	size_t start = at.len < FROM.len ? at.len : FROM.len;

	if (memcmp(at.at, FROM.at, start) != 0)
		return GUESS_NO;
	*len = span_find(at, '\n');
	if (*len > MBOX_LINE_MAX)
		return GUESS_NO;
	if (*len == at.len)
		return reader->is_last ? GUESS_NO : GUESS_MAYBE;
	return has_time(span_make(at.at, *len)) ? GUESS_YES : GUESS_NO;
}

/* Whether what ends a message stands at the front: an empty line of *len bytes,
   and behind it the next message or nothing. */
static enum guess
guess_end(const struct mbox_reader *reader, struct span at, size_t *len)
{
	size_t line_len;

	*len = 0;
	if (at.len > 0 && at.at[0] == '\r')
		*len = 1;
	if (*len == at.len)
		return reader->is_last ? GUESS_NO : GUESS_MAYBE;
	if (at.at[*len] != '\n')
		return GUESS_NO;
	++*len;
	span_skip(&at, *len);
	if (at.len == 0)
		return reader->is_last ? GUESS_YES : GUESS_MAYBE;
	return guess_begin(reader, at, &line_len);
}

static enum mbox_event
give_content(struct mbox_reader *reader, struct span *in, size_t len)
{
	reader->content = span_make(in->at, len);
	span_skip(in, len);
	return MBOX_CONTENT;
}

static enum mbox_event
end_message(struct mbox_reader *reader, struct span *in, size_t len)
{
	span_skip(in, len);
	reader->state = in->len > 0 ? MBOX_AT_MESSAGE : MBOX_AT_FILE_END;
	return MBOX_END;
}

static enum mbox_event
at_message(struct mbox_reader *reader, struct span *in)
{
	size_t start = in->len < FROM.len ? in->len : FROM.len;
	size_t len = span_find(*in, '\n');
	struct span line = {in->at, len};

	if (reader->is_last && in->len == 0) {
		reader->state = MBOX_AT_FILE_END;
		return MBOX_OVER;
	}
	if ((start > 0 && memcmp(in->at, FROM.at, start) != 0) ||
	    len > MBOX_LINE_MAX || (reader->is_last && len == in->len))
		return MBOX_BROKEN;
	if (len == in->len)
		return MBOX_MORE;
	if (line.at[len - 1] == '\r')
		line.len--;
	span_skip(&line, FROM.len);
	read_envelope(&reader->envelope, line);
	span_skip(in, len + 1);
	reader->state = MBOX_AT_LINE_START;
	return MBOX_BEGIN;
}

/* The line feed at the front belongs to the message, unless it is the one that
   was added. */
static enum mbox_event
at_line_end(struct mbox_reader *reader, struct span *in)
{
	struct span behind = {in->at + 1, in->len - 1};
	size_t len;

	if (reader->envelope.is_unended) {
		switch (guess_end(reader, behind, &len)) {
		case GUESS_MAYBE:
			return MBOX_MORE;
		case GUESS_YES:
			return end_message(reader, in, 1 + len);
		case GUESS_NO:
			break;
		}
	}
	reader->state = MBOX_AT_LINE_START;
	return give_content(reader, in, 1);
}

static enum mbox_event
in_line(struct mbox_reader *reader, struct span *in)
{
	size_t len = span_find(*in, '\n');

	if (in->len == 0)
		return reader->is_last ? end_message(reader, in, 0) : MBOX_MORE;
	if (len == 0)
		return at_line_end(reader, in);
	if (len < in->len && !reader->envelope.is_unended) {
		reader->state = MBOX_AT_LINE_START;
		len++;
	}
	return give_content(reader, in, len);
}

/* At the front stands a '>' that goes if "From " follows it. */
static enum mbox_event
in_quotes(struct mbox_reader *reader, struct span *in)
{
	struct span behind = {in->at + 1, in->len - 1};
	size_t start = behind.len < FROM.len ? behind.len : FROM.len;

	if (behind.len > 0 && behind.at[0] == '>')
		return give_content(reader, in, 1);
	if (memcmp(behind.at, FROM.at, start) == 0) {
		if (start < FROM.len && !reader->is_last)
			return MBOX_MORE;
		if (start == FROM.len) {
			span_skip(in, 1);
			reader->state = MBOX_IN_LINE;
			return give_content(reader, in, FROM.len);
		}
	}
	reader->state = MBOX_IN_LINE;
	return give_content(reader, in, 1);
}

static enum mbox_event
at_line_start(struct mbox_reader *reader, struct span *in)
{
	enum guess guess = GUESS_NO;
	size_t len;

	if (in->len == 0)
		return reader->is_last ? end_message(reader, in, 0) : MBOX_MORE;
	if (!reader->envelope.is_unended)
		guess = guess_end(reader, *in, &len);
	if (guess == GUESS_MAYBE)
		return MBOX_MORE;
	if (guess == GUESS_YES)
		return end_message(reader, in, len);
	if (in->at[0] == '>') {
		reader->state = MBOX_IN_QUOTES;
		return in_quotes(reader, in);
	}
	reader->state = MBOX_IN_LINE;
	return in_line(reader, in);
}

enum mbox_event
mbox_step(struct mbox_reader *reader, struct span *in)
{
	switch (reader->state) {
	case MBOX_AT_MESSAGE:
		return at_message(reader, in);
	case MBOX_AT_LINE_START:
		return at_line_start(reader, in);
	case MBOX_IN_QUOTES:
		return in_quotes(reader, in);
	case MBOX_IN_LINE:
		return in_line(reader, in);
	case MBOX_AT_FILE_END:
		break;
	}
	return MBOX_OVER;
}

void
mbox_last(struct mbox_reader *reader)
{
	reader->is_last = true;
}

const struct mbox_envelope *
mbox_envelope(const struct mbox_reader *reader)
{
	return &reader->envelope;
}

struct span
mbox_content(const struct mbox_reader *reader)
{
	return reader->content;
}
