/*
 * fault_set: a set of rules and a session for the tests of faults.
 */
#ifndef FAULT_SET_H
#define FAULT_SET_H

#include "fault.h"
#include "unit.h"

static inline struct fault_set *
set_of(uint64_t seed, const char *text)
{
	struct fault_set *set = fault_set_new(seed);
	struct fault_error error;

	assert_non_null(set);
	if (fault_replace(set, span_string(text), &error))
		fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
	return set;
}

/* A session that has come as far as RCPT. */
static inline struct fault_facts
rcpt(const struct span *recipient)
{
	struct fault_facts facts = {
	    .moment = FAULT_RCPT,
	    .session = SPAN("s1"),
	    .peer = SPAN("192.0.2.1"),
	    .inbox = SPAN("box"),
	    .mail_from = SPAN("me@from.test"),
	    .recipients = recipient,
	    .recipient_count = 1,
	    .session_number = 1,
	    .message_number = 1,
	};

	return facts;
}

static const struct span ann = {"ann@x.test", 10};
static const struct span ann_again = {"ann@X.Test", 10};
static const struct span bob = {"bob@x.test", 10};

static inline bool
acts(struct fault_set *set, const struct fault_facts *facts)
{
	struct fault_action action;

	return fault_decide(set, facts, &action);
}

#endif
