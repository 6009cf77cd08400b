/*
 * fault_match: whether a session is what a rule's conditions ask for.
 *
 * In a glob `*` stands for any number of bytes and `?` for one character.
 */
#ifndef FAULT_MATCH_H
#define FAULT_MATCH_H

#include "fault_rule.h"

#include <stdbool.h>

/* Which letters have to be of the same case. */
enum fault_case {
	FAULT_CASE_EXACT,
	FAULT_CASE_DOMAIN, /* all but those behind the last '@' */
	FAULT_CASE_ANY,    /* none */
};

/* The byte of the text from which case does not matter. */
size_t fault_match_fold(struct span text, enum fault_case);

bool
fault_match_glob(struct span glob, struct span text, enum fault_case letters);

/* Whether the rule's moment and conditions fit, and there is something to
   count for. */
bool fault_match(const struct fault_rule *, const struct fault_facts *);

/* Whether this is one of the recipients that the rule is about. */
bool fault_match_recipient(const struct fault_rule *, struct span recipient);

#endif
