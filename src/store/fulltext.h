/*
 * fulltext: which messages may hold a text, out of all that there are.
 *
 * An index over the search text of messages. Words are kept whole, for those
 * are few; what a search looks for may stand inside of them, so a table of all
 * words says in which ones it does. Everything else is kept in pieces of three
 * bytes (token.h). Who asks gets some messages too many, and never one too few:
 * the text itself is looked at afterwards.
 *
 * Tables: `word` (tail, word) has each word once for each of its tails, so that
 * what stands inside a word is the beginning of one of its tails.
 * `fulltext_N` is an FTS5 table over the messages whose seq divided by
 * FULLTEXT_SPAN is N, without content; `fulltext` lists them. Nothing is ever
 * taken out of one: a seq is never used again, and a message that is gone is
 * not found when it is looked at. A table goes when its last message went.
 */
#ifndef FULLTEXT_H
#define FULLTEXT_H

#include "buf.h"
#include "err.h"
#include "query.h"
#include "search_text.h"
#include "sql.h"

#include <stdint.h>

/* Messages a table. */
#define FULLTEXT_SPAN 131072

/* ---- writing, inside a transaction */

struct fulltext;

/* What the index keeps of a text, for fulltext_add(). False without memory. Any
   thread. */
struct token_set;
bool fulltext_split(
    const struct search_text *, struct token_set *scratch, struct buf *out);

/* One batch: its pieces must last until it is ended. */
enum err fulltext_begin(struct fulltext **out, struct sql *);
enum err fulltext_add(struct fulltext *, int64_t seq, struct span pieces);
/* ERR_OK, or what failed. NULL is allowed. */
enum err fulltext_end(struct fulltext *);

/* Lets go of what belongs to messages that are gone, before the one with
   `next_seq` is added. */
enum err fulltext_trim(struct sql *, int64_t next_seq);
/* Goes on making one segment of the tables that are complete, the fewer of
   which there are the sooner something is found. A step takes some ms. */
enum err fulltext_merge(struct sql *, int64_t next_seq);
/* Forgets everything. */
enum err fulltext_clear(struct sql *);

/* ---- reading */

/*
 * Puts what the index knows to be necessary for the query into `out`, as FTS5
 * takes it; nothing, when a message may match whatever the index says.
 * `newest` is the seq of the newest message that matters. *rarity is the number
 * of messages of which one has it, about.
 */
enum err fulltext_want(struct sql *, const struct query *, int64_t newest,
    struct buf *out, double *rarity);

/* Numbers of messages, in order, that have what is wanted. */
struct fulltext_walk {
	struct sql *sql;
	const char *wanted;
	double rarity;         /* as fulltext_want() says */
	int64_t after, before; /* seq greater than, less than */
	bool oldest_first;
	/* Private. */
	struct sql_row *tables; /* their numbers, in order */
	struct sql_row *row;    /* of one table; NULL: none is open */
	struct buf text;
	int64_t *few; /* what a table has, oldest first; all of it or nothing */
	size_t few_count;
};

/* The fields that are not private are set. fulltext_close() in any case. */
enum err fulltext_open(struct fulltext_walk *);
/* ERR_NOT_FOUND at the end. */
enum err fulltext_next(struct fulltext_walk *, int64_t *seq);
enum err fulltext_close(struct fulltext_walk *);

#endif
