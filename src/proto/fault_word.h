/*
 * fault_word: the text of a fault rule, cut into words and values.
 *
 * All spans borrow from the text. What is wrong is said in the text's
 * struct fault_error, with the place.
 */
#ifndef FAULT_WORD_H
#define FAULT_WORD_H

#include "fault_facts.h"
#include "span.h"

#include <stdbool.h>
#include <stdint.h>

struct fault_text {
	struct span all;
	struct span rest; /* what is not read yet */
	struct fault_error *error;
};

/* One word: KEY, KEY=VALUE, KEY>VALUE or KEY:FIELD=VALUE. */
struct fault_word {
	struct span all;
	struct span key;
	struct span field; /* at NULL without a colon */
	char sign;         /* '=', '>' or 0 */
	struct span value; /* as written, quotes included */
};

/*
 * The next word; a key of no length at the end of the rule. False when a quote
 * is not closed or a byte has no place here.
 */
bool fault_word_next(struct fault_text *, struct fault_word *);

/* Says what is wrong at `at`, which points into the text. Always false. */
bool fault_word_refuse(const struct fault_text *, const char *at,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Without the quotes around all of it, if that is how it is quoted and no
   backslash is in it. */
struct span fault_word_bare(struct span value);

/*
 * What the value means: quotes are taken away, and between quotes \" \\ and \n
 * replaced. *out borrows from `room`, which has as many bytes as the value.
 * False, and said, at any other backslash between quotes.
 */
bool fault_word_unquote(
    const struct fault_text *, struct span value, char *room, struct span *out);

/* "12" or "12.5" times 10 to the power of `digits`; false when it has more
   places than that, is anything else, or does not fit. */
bool fault_word_decimal(struct span, unsigned digits, uint64_t *scaled);

#endif
