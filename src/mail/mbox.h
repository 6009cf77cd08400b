/*
 * mbox: many messages in one file, the "mboxrd" way.
 *
 * A line "From SENDER DATE" begins a message, an empty line ends it; in between
 * a '>' is put before each line that begins with "From ", however many '>'
 * stand there already. Nothing else is changed: line ends, NULs and 8-bit stay.
 * Where a message does not end with a line feed one is added, which the word
 * "unended" behind the date tells, so that reading gives the same bytes again.
 * Pure.
 */
#ifndef MBOX_H
#define MBOX_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- writing */

struct mbox_envelope {
	struct span sender;  /* empty: <>, written as MAILER-DAEMON */
	int64_t received_us; /* wall clock; read as 0 where there is none */
	bool is_unended;     /* it has bytes, and the last is no line feed */
};

/* What is remembered between two calls; private. */
struct mbox_writer {
	size_t matched; /* bytes of "From " that stand at a line's start */
	bool is_in_line;
	bool is_unended;
};

/* The line that begins a message. All three are false when `out` is full. */
bool
mbox_begin(struct mbox_writer *, struct buf *out, const struct mbox_envelope *);
/* The next octets of the message. */
bool mbox_put(struct mbox_writer *, struct buf *out, struct span octets);
/* The end of the message. */
bool mbox_end(struct mbox_writer *, struct buf *out);

/* ---- reading */

enum mbox_event {
	MBOX_MORE,    /* *in is used as far as it can be: give more */
	MBOX_BEGIN,   /* mbox_envelope() */
	MBOX_CONTENT, /* mbox_content(), never empty */
	MBOX_END,     /* of the message */
	MBOX_OVER,    /* of the file, after mbox_last() */
	MBOX_BROKEN,  /* it does not begin with a "From " line: no mbox */
};

enum mbox_state {
	MBOX_AT_MESSAGE,    /* its "From " line comes next */
	MBOX_AT_LINE_START, /* inside a message */
	MBOX_IN_QUOTES,     /* behind a '>' at the start of a line */
	MBOX_IN_LINE,
	MBOX_AT_FILE_END,
};

/* Start with all zeros; private but for what the functions give. */
struct mbox_reader {
	enum mbox_state state;
	bool is_last; /* there is nothing behind what is given */
	struct mbox_envelope envelope;
	struct span content;
};

/*
 * Consumes from the front of *in up to the next event. What MBOX_MORE leaves in
 * *in (MBOX_LINE_MAX bytes and a few at most) belongs in front of the next
 * bytes. The line that begins a message is the first one, or one behind an
 * empty line that has a time of day in it: other programs do not all quote.
 */
enum mbox_event mbox_step(struct mbox_reader *, struct span *in);
#define MBOX_LINE_MAX 1200

/* From now on *in is all that there is: goes on to MBOX_OVER. */
void mbox_last(struct mbox_reader *);

/* Both borrow from *in until the next call. */
const struct mbox_envelope *mbox_envelope(const struct mbox_reader *);
struct span mbox_content(const struct mbox_reader *);

#endif
