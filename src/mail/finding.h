/*
 * finding: what a client did and sent against the RFCs.
 *
 * A pure look at one session's dialogue and at one message, after the fact, so
 * that it costs the session nothing. Each rule is a row: id, severity, section.
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

enum finding_severity { FINDING_INFO, FINDING_WARNING, FINDING_ERROR };

struct finding_rule {
	const char *id; /* "bare-lf"; what finding:RULE asks for */
	enum finding_severity severity;
	const char *section; /* "RFC 5321 2.3.8" */
	const char *title;   /* one sentence for a person */
};

struct finding {
	const struct finding_rule *rule;
	/* Octets from the message's start, or, of a session's finding, the
	   number of the dialogue's record, from 0. */
	uint64_t offset;
	struct span bytes; /* the bytes concerned, cut at 80; in `text` below */
};

/* No more than this many of one rule are listed; the rest are counted. */
#define FINDING_EACH_MAX 20

struct findings {
	struct finding *at;
	size_t count;
	struct buf text;
};

void findings_init(struct findings *);
void findings_release(struct findings *);

/* "info", "warning", "error". */
const char *finding_severity_name(enum finding_severity);
/* All rules, ends with a row without id. */
const struct finding_rule *finding_rules(void);
/* NULL when there is none of that id. */
const struct finding_rule *finding_rule(struct span id);

/* What one session's conversation shows. `peer` is the client's address. */
bool finding_session(struct findings *, struct span dialogue, struct span peer);

/*
 * What one message shows: envelope against headers, bytes, structure.
 * `mime` is what mime_parse() made of `raw`. False without memory; what was
 * found so far stays.
 */
bool finding_message(struct findings *, const struct message *envelope,
    struct span raw, const struct mime *mime);

#endif
