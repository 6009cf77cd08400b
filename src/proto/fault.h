/*
 * fault: rules that make the server say no, dawdle or hang up on purpose.
 *
 * A rule is: moment, conditions, counters, action; the first rule that fits
 * acts. mailstop-fault(5) describes the language. Pure: no clock, no randomness
 * of its own (a seed is given), no I/O, so that the same seed and the same
 * client give the same dialogue. A set belongs to one thread.
 *
 *	rcpt to=*@full.test reply=452:4.2.2:"Mailbox full"
 *	data first=2 per=recipient reply=451:4.7.1:"Greylisted, try again"
 *	connect rate=5/s reply=421:4.7.0:"Too many connections"
 *	body every=3 drop=after-commit
 */
#ifndef FAULT_H
#define FAULT_H

#include "err.h"
#include "fault_facts.h"
#include "smtp_reply.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The reply of an action with a code; borrows from the action. */
struct smtp_reply fault_reply(const struct fault_action *);

struct fault_set;

/* NULL without memory. */
struct fault_set *fault_set_new(uint64_t seed);
void fault_set_free(struct fault_set *);

/*
 * Adds a rule at the end. ERR_DATA with *error, ERR_EXISTS when another rule
 * has its id (*error says where), ERR_LIMIT over FAULT_RULES_MAX rules,
 * ERR_MEMORY. `id` (may be NULL) gets the new rule's id, borrowed until the
 * set changes.
 */
enum err fault_add(struct fault_set *, struct span text,
    struct fault_error *error, const char **id);

/*
 * A whole set, a rule a line, '#' at the start of a word begins a comment; all
 * or none of them. Counters start anew; so do draws of rules that have a name
 * of their own, while an automatic id is never given twice.
 */
enum err
fault_replace(struct fault_set *, struct span text, struct fault_error *error);

/*
 * Removes the rules with these ids, as far as there are any, and adds those of
 * `text`; all of it or nothing. An id that is taken (ERR_EXISTS) has no place
 * in *error.
 */
enum err fault_exchange(struct fault_set *, const struct span *ids,
    size_t id_count, struct span text, struct fault_error *error);

/* False when there is no such rule. */
bool fault_remove(struct fault_set *, struct span id);
void fault_clear(struct fault_set *);

/* Removes the rules that name just this inbox (inbox=NAME); how many. */
size_t fault_remove_inbox(struct fault_set *, struct span inbox);

/* The moments that any rule is for: facts for others need not be gathered. */
unsigned fault_moments(const struct fault_set *);

/*
 * Walks the rules. False: nothing acts, *action is then undefined. Where memory
 * for a counter cannot be had, the rule does not act.
 */
bool fault_decide(
    struct fault_set *, const struct fault_facts *, struct fault_action *);

/* For listings: rule number `index`; false behind the last. Borrowed until
   the set changes. */
struct fault_view {
	const char *id;
	struct span text;                  /* as given, trimmed */
	unsigned chance;                   /* millionths */
	const struct fault_action *action; /* without the id; the code is 0
		where a rule without an action takes the usual one */
	uint64_t seen; /* how often its moment and conditions fitted */
	uint64_t acted;
};
bool fault_view(const struct fault_set *, size_t index, struct fault_view *);

/* Likewise, the rule with that id; false when there is none. */
bool fault_find(const struct fault_set *, struct span id, struct fault_view *);
uint64_t fault_seed(const struct fault_set *);

#endif
