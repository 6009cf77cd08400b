/* word_memo: words that the writer's connection has met in its table. */
#include "word_memo.h"

#include "token.h"

#include <stdlib.h>
#include <string.h>

/* The words of most mail; two MiB at most. */
#define WORDS_MAX 32000
#define CHUNK_SIZE ((size_t)32 * 1024)

/* Texts do not move, for the set borrows them. */
struct chunk {
	struct chunk *next;
	size_t used;
	char bytes[CHUNK_SIZE];
};

struct word_memo {
	struct word_table state;
	struct token_set words; /* 1: it is in the table */
	struct chunk *chunks;   /* the one that is being filled first */
};

static void
forget(struct word_memo *memo)
{
	while (memo->chunks) {
		struct chunk *next = memo->chunks->next;

		free(memo->chunks);
		memo->chunks = next;
	}
	token_set_release(&memo->words);
}

static void
release(void *context)
{
	struct word_memo *memo = context;

	forget(memo);
	free(memo);
}

struct word_memo *
word_memo_of(struct sql *sql)
{
	struct word_memo *memo = sql_companion(sql, SQL_WORDS);

	if (memo)
		return memo;
	memo = calloc(1, sizeof(*memo));
	if (!memo)
		return NULL;
	token_set_init(&memo->words);
	sql_set_companion(sql, SQL_WORDS, memo, release);
	return memo;
}

void
word_memo_enter(struct word_memo *memo, const struct word_table *state)
{
	if (memo->state.words != state->words ||
	    memo->state.tables != state->tables)
		forget(memo);
	memo->state = *state;
}

void
word_memo_leave(struct word_memo *memo, const struct word_table *state)
{
	memo->state = *state;
}

bool
word_memo_has(struct word_memo *memo, struct span word)
{
	return token_set_has(&memo->words, word);
}

/* NULL without memory. */
static const char *
keep(struct word_memo *memo, struct span word)
{
	struct chunk *chunk = memo->chunks;
	char *at;

	if (!chunk || chunk->used + word.len > CHUNK_SIZE) {
		chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = memo->chunks;
		chunk->used = 0;
		memo->chunks = chunk;
	}
	at = chunk->bytes + chunk->used;
	memcpy(at, word.at, word.len);
	chunk->used += word.len;
	return at;
}

void
word_memo_add(struct word_memo *memo, struct span word)
{
	if (memo->words.count >= WORDS_MAX || word_memo_has(memo, word))
		return;
	word.at = keep(memo, word);
	if (word.at)
		(void)token_set_take(&memo->words, word);
}
