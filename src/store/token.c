/* token: the pieces of search text that the full-text index keeps. */
#include "token.h"

#include "hash.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 1024

/* What a byte of cleaned text is. */
enum byte_kind { BYTE_GAP, BYTE_LETTER, BYTE_OTHER };

/* clang-format off */
static const unsigned char kinds[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, /* digits */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* a to z */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* beyond ASCII */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
};
/* clang-format on */

static enum byte_kind
kind_of(char byte)
{
	return (enum byte_kind)kinds[(unsigned char)byte];
}

bool
token_next(struct span *rest, struct token *token)
{
	const char *at = rest->at, *end = at + rest->len;

	while (at < end) {
		const char *start, *letters;

		while (at < end && kind_of(*at) == BYTE_GAP)
			at++;
		start = at;
		while (at < end && kind_of(*at) == BYTE_LETTER)
			at++;
		letters = at;
		while (at < end && kind_of(*at) != BYTE_GAP)
			at++;
		token->text = span_make(start, (size_t)(at - start));
		token->is_word =
		    letters == at && token->text.len <= TOKEN_WORD_MAX;
		if (token->text.len >= TOKEN_GRAM) {
			*rest = span_make(at, (size_t)(end - at));
			return true;
		}
	}
	*rest = span_make(at, 0);
	return false;
}

struct token_slot {
	const char *at;
	uint32_t hash;
	uint32_t round;
	uint8_t len;
	uint8_t number;
};

void
token_set_init(struct token_set *set)
{
	*set = (struct token_set){.round = 1};
}

void
token_set_release(struct token_set *set)
{
	free(set->slots);
	token_set_init(set);
}

void
token_set_reset(struct token_set *set)
{
	set->count = 0;
	set->round++;
	if (set->round)
		return;
	if (set->size)
		memset(set->slots, 0, set->size * sizeof(*set->slots));
	set->round = 1;
}

/* Where the text is, or would be. */
static struct token_slot *
find(const struct token_set *set, struct span text, uint32_t hash)
{
	size_t at = hash & (set->size - 1);

	for (;; at = (at + 1) & (set->size - 1)) {
		struct token_slot *slot = &set->slots[at];

		if (slot->round != set->round ||
		    (slot->hash == hash && slot->len == text.len &&
			memcmp(slot->at, text.at, text.len) == 0))
			return slot;
	}
}

static bool
enlarge(struct token_set *set)
{
	struct token_set larger = *set;

	larger.size = set->size ? set->size * 2 : FIRST_SIZE;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < set->size; i++) {
		const struct token_slot *slot = &set->slots[i];

		if (slot->round == set->round)
			*find(&larger, span_make(slot->at, slot->len),
			    slot->hash) = *slot;
	}
	free(set->slots);
	*set = larger;
	return true;
}

uint8_t *
token_set_take(struct token_set *set, struct span text)
{
	uint32_t hash = (uint32_t)hash_of(text);
	struct token_slot *slot;

	/* Half of it stays free. */
	if (set->count * 2 >= set->size && !enlarge(set))
		return NULL;
	slot = find(set, text, hash);
	if (slot->round != set->round) {
		*slot = (struct token_slot){
		    text.at, hash, set->round, (uint8_t)text.len, 0};
		set->count++;
	}
	return &slot->number;
}

bool
token_set_has(const struct token_set *set, struct span text)
{
	return set->size > 0 &&
	    find(set, text, (uint32_t)hash_of(text))->round == set->round;
}

static bool
put_new(struct token_set *set, struct span text, struct buf *out)
{
	uint8_t *seen = token_set_take(set, text);
	char *room;

	if (!seen || *seen)
		return seen != NULL;
	*seen = 1;
	room = buf_room(out, text.len + 1);
	if (!room)
		return false;
	memcpy(room, text.at, text.len);
	room[text.len] = ' ';
	buf_grow(out, text.len + 1);
	return true;
}

/* A word of three letters is its own piece of three bytes. */
bool
token_put(struct token_set *set, struct span text, struct buf *out)
{
	struct token token;

	while (token_next(&text, &token)) {
		size_t len = token.is_word ? token.text.len : TOKEN_GRAM;

		for (size_t at = 0; at + len <= token.text.len; at++)
			if (!put_new(
				set, span_make(token.text.at + at, len), out))
				return false;
	}
	return true;
}
