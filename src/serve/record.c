/* record: what is said in a session, until it is stored part by part. */
#include "record.h"

#include <assert.h>
#include <string.h>

/* Most sessions need no more: one allocation, instead of one a doubling. */
#define FIRST_SIZE 2000

/* What stays allocated between two parts. */
#define KEEP_SIZE ((size_t)8 * 1024)

/* A record of a long line of odd bytes fits; so does the last remark. */
#define SPARE ((size_t)128 * 1024)

#define STARS "********"

void
record_init(struct record *record, int64_t started_us)
{
	memset(record, 0, sizeof(*record));
	record->started_us = started_us;
	record->left = RECORD_MAX;
	for (size_t i = 0; i < 2; i++)
		buf_init(&record->parts[i], RECORD_MAX + SPARE);
}

void
record_release(struct record *record)
{
	for (size_t i = 0; i < 2; i++)
		buf_release(&record->parts[i]);
}

static struct buf *
open_part(struct record *record)
{
	struct buf *part = &record->parts[record->current];

	if (!part->at)
		(void)buf_room(part, FIRST_SIZE);
	/* Without memory a line is missing; the next one may find some. */
	part->failed = false;
	return part;
}

/* The part to write to; NULL when the ceiling is reached. */
static struct buf *
begin(struct record *record, int64_t now_us)
{
	struct buf *part;

	if (record->is_cut)
		return NULL;
	part = open_part(record);
	if (record->left)
		return part;
	record->is_cut =
	    dialogue_put(part, DIALOGUE_REMARK, now_us - record->started_us,
		SPAN("what follows is not recorded: the session is too long"));
	return NULL;
}

static void
count(struct record *record, size_t before)
{
	size_t more = record->parts[record->current].len - before;

	record->left = more < record->left ? record->left - more : 0;
}

/* Appends the text with stars for its secret. */
static bool
hide(struct buf *room, const struct smtp_line *line)
{
	size_t front = (size_t)(line->secret.at - line->text.at);
	struct span rest = line->text;

	span_skip(&rest, front + line->secret.len);
	return buf_put(room, span_make(line->text.at, front)) &&
	    buf_put(room, SPAN(STARS)) && buf_put(room, rest);
}

void
record_client(struct record *record, enum dialogue_kind kind, int64_t now_us,
    const struct smtp_line *line, enum record_secret secret)
{
	int64_t at_us = now_us - record->started_us;
	struct buf *part = begin(record, now_us);
	struct span text = line->text;
	struct buf room;
	size_t before;

	if (!part)
		return;
	before = part->len;
	buf_init(&room, SMTP_LINE_MAX + sizeof(STARS));
	if (line->secret.len && secret == RECORD_STARS)
		text = hide(&room, line) ? buf_span(&room) : SPAN(STARS);
	if (line->is_cut)
		(void)dialogue_put_cut(part, kind, at_us, text);
	else
		(void)dialogue_put(part, kind, at_us, text);
	buf_release(&room);
	count(record, before);
}

void
record_server(struct record *record, int64_t now_us, struct span replies)
{
	struct buf *part = begin(record, now_us);
	size_t before;

	if (!part)
		return;
	before = part->len;
	while (replies.len) {
		struct span line = span_cut(&replies, '\n');

		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		(void)dialogue_put(
		    part, DIALOGUE_SERVER, now_us - record->started_us, line);
	}
	count(record, before);
}

void
record_remark(struct record *record, int64_t now_us, struct span text)
{
	struct buf *part = begin(record, now_us);
	size_t before;

	if (!part)
		return;
	before = part->len;
	(void)dialogue_put(
	    part, DIALOGUE_REMARK, now_us - record->started_us, text);
	count(record, before);
}

void
record_unfinished(struct record *record, int64_t now_us,
    const struct smtp_line *line, enum record_secret secret)
{
	static const struct span begins = SPAN("unfinished line: ");
	bool is_hidden = line->secret.len && secret == RECORD_STARS;
	struct buf room;

	buf_init(&room, begins.len + SMTP_LINE_MAX + sizeof(STARS));
	if (buf_put(&room, begins) &&
	    (is_hidden ? hide(&room, line) : buf_put(&room, line->text)))
		record_remark(record, now_us, buf_span(&room));
	buf_release(&room);
}

size_t
record_len(const struct record *record)
{
	return record->parts[record->current].len;
}

static struct buf *
lent_part(struct record *record)
{
	assert(record->is_lent);
	record->is_lent = false;
	return &record->parts[1 - record->current];
}

struct span
record_lend(struct record *record, unsigned *number)
{
	const struct buf *part = &record->parts[record->current];

	assert(!record->is_lent);
	*number = record->number;
	record->is_lent = true;
	record->current = 1 - record->current;
	return part->len ? buf_span(part) : SPAN("");
}

static void
empty(struct buf *part)
{
	if (part->size > KEEP_SIZE)
		buf_release(part);
	buf_reset(part);
}

void
record_stored(struct record *record)
{
	struct buf *part = lent_part(record);

	if (part->len)
		record->number++;
	empty(part);
}

void
record_lost(struct record *record)
{
	struct buf *part = lent_part(record);
	struct buf *after = &record->parts[record->current];

	(void)buf_put(part, buf_span(after));
	part->failed = false;
	empty(after);
	record->current = 1 - record->current;
}
