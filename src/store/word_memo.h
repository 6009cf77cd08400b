/*
 * word_memo: words that the writer's connection has met in the table `word`.
 *
 * To look each word of each message up took as long as all the rest of its
 * index. What is remembered lasts as long as nobody else has changed the table,
 * and is forgotten after a transaction that came to nothing; the counters
 * `words` and `word_tables` tell. It has a ceiling: what does not fit is looked
 * up. On the connection's thread.
 */
#ifndef WORD_MEMO_H
#define WORD_MEMO_H

#include "span.h"
#include "sql.h"

#include <stdbool.h>
#include <stdint.h>

/* What the table is like: these words, since it was emptied so many times. */
struct word_table {
	int64_t words;
	int64_t tables;
};

struct word_memo;

/* The connection's, which frees it at its end. NULL without memory. */
struct word_memo *word_memo_of(struct sql *);

/* Forgets everything unless the table is as word_memo_leave() left it. */
void word_memo_enter(struct word_memo *, const struct word_table *);
void word_memo_leave(struct word_memo *, const struct word_table *);

/* Whether the word is in the table for certain. */
bool word_memo_has(struct word_memo *, struct span word);
/* It is. The word is copied, if there is room. */
void word_memo_add(struct word_memo *, struct span word);

#endif
