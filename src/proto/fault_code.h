/*
 * fault_code: the replies of fault rules, and the words that usually go with a
 * code.
 */
#ifndef FAULT_CODE_H
#define FAULT_CODE_H

#include "fault_rule.h"
#include "fault_word.h"

#include <stdbool.h>

/*
 * Reads CODE[:ENHANCED][:TEXT] into the rule's action; "-" for ENHANCED means
 * that there is none. `room` is as in fault_word_unquote(). False, and said,
 * when it cannot be sent.
 */
bool fault_code_parse(const struct fault_text *, struct span value, char *room,
    struct fault_rule *);

/* Fills in what the rule leaves to us (of enum fault_usual). */
void
fault_code_complete(struct fault_action *, unsigned usual, enum fault_moment);

#endif
