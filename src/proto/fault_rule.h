/*
 * fault_rule: one fault rule, read from its text into constant data.
 */
#ifndef FAULT_RULE_H
#define FAULT_RULE_H

#include "err.h"
#include "fault_facts.h"
#include "span.h"

#include <stdbool.h>
#include <stdint.h>

/* What a condition looks at. */
enum fault_subject {
	FAULT_OF_TO,
	FAULT_OF_FROM,
	FAULT_OF_HELO,
	FAULT_OF_PEER,
	FAULT_OF_USER,
	FAULT_OF_INBOX,
	FAULT_OF_LISTENER,
	FAULT_OF_SIZE,
	FAULT_OF_NTH_SESSION,
	FAULT_OF_NTH_MESSAGE,
	FAULT_OF_HEADER,
};

struct fault_condition {
	enum fault_subject subject;
	unsigned moments;      /* where there is something to look at */
	struct span glob;      /* of those that look at text */
	struct span name;      /* of header: */
	uint64_t lowest, most; /* of those that look at a number */
};

/* Whom a rule counts for. */
enum fault_per {
	FAULT_PER_ALL,
	FAULT_PER_RECIPIENT,
	FAULT_PER_SENDER,
	FAULT_PER_PEER,
	FAULT_PER_SESSION,
	FAULT_PER_INBOX,
};

/* What is left to the table of usual replies when the rule acts. */
enum fault_usual {
	FAULT_USUAL_CODE = 1 << 0, /* the rule names no action at all */
	FAULT_USUAL_ENHANCED = 1 << 1,
	FAULT_USUAL_TEXT = 1 << 2,
};

#define FAULT_CONDITIONS_MAX 16
#define FAULT_ALWAYS 1000000 /* millionths */

struct fault_rule {
	struct span text; /* as given, trimmed */
	struct span id;   /* empty when it does not name itself */
	unsigned moments;
	struct fault_condition conditions[FAULT_CONDITIONS_MAX];
	size_t condition_count;
	uint64_t first; /* 0: not counted; so the two below */
	uint64_t every;
	uint64_t rate; /* in each period of rate_us */
	int64_t rate_us;
	unsigned chance; /* millionths */
	enum fault_per per;
	unsigned per_moments;       /* where there is something to count for */
	struct fault_action action; /* all but the id */
	unsigned usual;             /* of enum fault_usual */
	char bytes[];               /* what the spans borrow from */
};

/*
 * ERR_DATA with the place and the reason in *error (its offset only; lines are
 * the caller's), or ERR_MEMORY. Free it with free(3).
 */
enum err fault_rule_parse(
    struct fault_rule **out, struct span text, struct fault_error *error);

#endif
