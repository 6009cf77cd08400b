/*
 * dialogue: a session's conversation as text, line by line.
 *
 * The form in which it is recorded, stored and read again. Pure. One record a
 * line, in ASCII:
 *
 *	C 1234567 MAIL FROM:<a@b.test>
 *	c 1234570 RCPT TO:<x@y.test>
 *	S 1234800 250 2.1.0 a@b.test... Sender ok
 *	I 1240000 message 0Vz1...: 4096 octets
 *
 * "C" is a line of the client, "c" one that stood behind another in the same
 * read (it was pipelined), "S" a reply line of ours, "I" a remark of ours: TLS,
 * identity, the fault rule that acted, the message that was stored, the end.
 * The number is microseconds since the session began. A line that ended with
 * CR LF stands without it; every other byte outside printable ASCII, and the
 * backslash, is written \r \n \t \0 \\ or \xNN, so that a bare LF that ended a
 * line ("\n") and one inside it stay visible. A line that ended with neither
 * (it was too long) ends with "\.".
 *
 * Remarks begin with one of these words; finding.h reads some of them:
 *
 *	TLS VERSION CIPHER GROUP         a handshake is over
 *	failed in TLS: WORDS
 *	plain text behind STARTTLS: ...  was thrown away
 *	no PROXY header
 *	AUTH MECHANISM as IDENTITY: yes|no
 *	check that the peer is NAME: ... check of the sender's domain NAME: ...
 *	fault ID: WORDS                  a rule acts
 *	message ID: N octets             is complete, and at the store
 *	refused|aborted message ID: K of N octets kept
 *	unfinished line: TEXT            its end never came
 *	what follows is not recorded: ...
 *	end: ENDING
 */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stdint.h>

enum dialogue_kind {
	DIALOGUE_CLIENT = 'C',
	DIALOGUE_PIPELINED = 'c',
	DIALOGUE_SERVER = 'S',
	DIALOGUE_REMARK = 'I',
};

struct dialogue_line {
	enum dialogue_kind kind;
	int64_t at_us;    /* since the session began */
	struct span text; /* escaped when read, raw when put */
};

/* Appends one record; `text` is raw, without its CR LF. False when full. */
bool dialogue_put(
    struct buf *out, enum dialogue_kind, int64_t at_us, struct span text);

/* Likewise, for a line that was cut off: "\." follows. */
bool dialogue_put_cut(
    struct buf *out, enum dialogue_kind, int64_t at_us, struct span text);

/*
 * Reads the next record and moves *rest behind it; false at the end. A record
 * that is none (the file may be anybody's) is skipped. text is escaped as it
 * stands.
 */
bool dialogue_next(struct span *rest, struct dialogue_line *line);

/* Whether an escaped text ends with the "\." of a line that was cut off. */
bool dialogue_is_cut(struct span text);

/* Appends the raw bytes of an escaped text ("\." is nothing). */
bool dialogue_unescape(struct buf *out, struct span text);

/* Appends raw bytes, escaped as in a record. */
bool dialogue_escape(struct buf *out, struct span raw);

#endif
