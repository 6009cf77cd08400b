/*
 * finding: what a client did and sent against the RFCs.
 *
 * A pure look at one session's dialogue and at one message, after the fact, so
 * that it costs the session nothing. Each rule is a row: id, severity, section.
 * Time is linear in the input, whatever it holds. Any thread.
 */
#ifndef FINDING_H
#define FINDING_H

#include "buf.h"
#include "message.h"
#include "mime.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Error: against a "must", or what strict peers refuse. Warning: against a
 * "should", or what works and is risky. Info: allowed, and worth knowing.
 */
enum finding_severity { FINDING_INFO, FINDING_WARNING, FINDING_ERROR };

/* What a rule looks at, and so what the offset of its findings counts. */
enum finding_scope { FINDING_OF_SESSION, FINDING_OF_MESSAGE };

struct finding_rule {
	const char *id; /* "bare-lf"; what finding:RULE asks for */
	enum finding_severity severity;
	enum finding_scope scope;
	const char *section; /* "RFC 5321 2.3.8" */
	const char *title;   /* one sentence for a person, without its dot */
};

struct finding {
	const struct finding_rule *rule;
	/* Octets from the message's start, or, of a session's finding, the
	   number of the dialogue's record, from 0. */
	uint64_t offset;
	/* The bytes concerned, raw, cut at 80; in `text` below. Of a message
	   those from `offset` on, but where the decoded ones are meant. */
	struct span bytes;
	/* Of the last one that is listed of its rule: how many more there are.
	 */
	uint64_t more;
	size_t text_at; /* private: where `bytes` stands in the text */
};

/* No more than this many of one rule are listed; the rest are counted. */
#define FINDING_EACH_MAX 20
#define FINDING_BYTES_MAX 80

struct findings {
	struct finding *at; /* by offset within each call that found them */
	size_t count;
	struct buf text;
	size_t room; /* private */
};

void findings_init(struct findings *);
void findings_release(struct findings *);

/* "info", "warning", "error". */
const char *finding_severity_name(enum finding_severity);
/* All rules, ends with a row without id. */
const struct finding_rule *finding_rules(void);
/* NULL when there is none of that id. */
const struct finding_rule *finding_rule(struct span id);

/*
 * What one session's conversation shows. `peer` is the client's address:
 * "192.0.2.1", "2001:db8::1" with or without "IPv6:", or "unix". The dialogue
 * is that of a session that has ended. Appends; false without memory, and what
 * was found so far stays.
 */
bool finding_session(struct findings *, struct span dialogue, struct span peer);

/*
 * What one message shows: envelope against headers, bytes, structure.
 * `mime` is what mime_parse() made of `raw`; NULL leaves out what needs it. An
 * envelope that is NULL, or that names no session, is that of a message which
 * came otherwise than by SMTP: nothing can be undeclared then. Of a message
 * that was not accepted `raw` may be any first part: only whole lines are
 * looked at, and nothing is missed that may stand behind them. Appends; false
 * without memory, and what was found so far stays.
 */
bool finding_message(struct findings *, const struct message *envelope,
    struct span raw, const struct mime *mime);

#endif
