/*
 * token: the pieces of search text that the full-text index keeps.
 *
 * Search text is cleaned (clean.h). A piece is a run of letters, digits and
 * bytes beyond ASCII, of three bytes or more. Most are words, of a to z only,
 * and there are not many different ones, however much mail there is. The
 * others (numbers, names of hosts, other scripts, keys) are split into all the
 * three bytes that follow each other in them, of which there cannot be many
 * different ones either. Pure; any thread.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_GRAM 3
/* Longer words are split like the others. */
#define TOKEN_WORD_MAX 20

struct token {
	struct span text;
	bool is_word;
};

/* The next piece; *rest is behind it then. False at the end. */
bool token_next(struct span *rest, struct token *token);

/* Different texts of at most 255 bytes, each with a number. */
struct token_set {
	struct token_slot *slots;
	size_t size; /* a power of two, or 0 */
	size_t count;
	uint32_t round; /* what earlier rounds left is free */
};

void token_set_init(struct token_set *);
void token_set_release(struct token_set *);
/* Empties it, in no time. */
void token_set_reset(struct token_set *);

/*
 * The number of that text, 0 when it is new; borrows the text until the set is
 * reset. NULL without memory, good until the next call.
 */
uint8_t *token_set_take(struct token_set *, struct span text);

/* Whether it was taken already. */
bool token_set_has(const struct token_set *, struct span text);

/*
 * Appends what the index keeps of the text, each once since the set was reset,
 * with a blank behind it: a word whole, of all else every three bytes. So what
 * is longer than TOKEN_GRAM there is a word. Borrows the text for the set.
 * False without memory.
 */
bool token_put(struct token_set *, struct span text, struct buf *out);

#endif
