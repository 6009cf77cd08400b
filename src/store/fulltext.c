/* fulltext: which messages may hold a text, out of all that there are. */
#include "fulltext.h"

#include "token.h"
#include "txn.h"
#include "word_memo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Of one message: all three bytes that there may be, and some words. */
#define DOCUMENT_LIMIT ((size_t)64 * 1024 * 1024)

/*
 * A word that is new costs as much as some dozens of others, so that mail of
 * random letters would take forever if each of its words became one.
 */
#define WORDS_MAX 100000
#define NEW_WORDS_FIRST 100
#define NEW_WORDS_EACH 16

/* What is known of a word in this batch. */
enum word_state { WORD_NEW, WORD_WHOLE, WORD_SPLIT };

struct fulltext {
	struct sql *sql;
	struct sql_row *row;     /* the INSERT into one table */
	int64_t table;           /* its number; -1: none yet */
	struct token_set words;  /* of the batch, with their states */
	struct token_set split;  /* pieces of words of one message */
	struct buf document;     /* of one message: tokens, blanks between */
	struct word_memo *memo;  /* the connection's */
	struct word_table known; /* when the batch began */
	int64_t new_words;       /* of this batch */
	int64_t allowance;       /* how many more it may have */
};

static enum err
ask_words(struct fulltext *fulltext, struct word_memo *memo)
{
	struct sql_row *row;
	enum err err = sql_start(fulltext->sql, &row,
	    "SELECT ifnull(max(iif(name = 'words', value, 0)), 0),"
	    " ifnull(max(iif(name = 'word_tables', value, 0)), 0)"
	    " FROM counter WHERE name IN ('words', 'word_tables')");

	if (err)
		return err;
	if (sql_step(row) == ERR_OK) {
		fulltext->known.words = sql_number(row, 0);
		fulltext->known.tables = sql_number(row, 1);
	}
	err = sql_done(row);
	if (err)
		return err;
	word_memo_enter(memo, &fulltext->known);
	fulltext->memo = memo;
	return ERR_OK;
}

enum err
fulltext_begin(struct fulltext **out, struct sql *sql)
{
	struct fulltext *fulltext = calloc(1, sizeof(*fulltext));
	struct word_memo *memo;
	enum err err;

	*out = NULL;
	if (!fulltext)
		return ERR_MEMORY;
	fulltext->sql = sql;
	fulltext->table = -1;
	fulltext->allowance = NEW_WORDS_FIRST;
	token_set_init(&fulltext->words);
	token_set_init(&fulltext->split);
	buf_init(&fulltext->document, DOCUMENT_LIMIT);
	memo = word_memo_of(sql);
	err = memo ? ask_words(fulltext, memo) : ERR_MEMORY;
	if (err)
		(void)fulltext_end(fulltext);
	else
		*out = fulltext;
	return err;
}

enum err
fulltext_end(struct fulltext *fulltext)
{
	enum err err;

	if (!fulltext)
		return ERR_OK;
	err = sql_done(fulltext->row);
	if (!err)
		err = txn_count(fulltext->sql, "words", fulltext->new_words);
	/* If nothing comes of the transaction, the counter will not say so. */
	fulltext->known.words += fulltext->new_words;
	if (fulltext->memo)
		word_memo_leave(fulltext->memo, &fulltext->known);
	token_set_release(&fulltext->words);
	token_set_release(&fulltext->split);
	buf_release(&fulltext->document);
	free(fulltext);
	return err;
}

/* ---- words */

static enum err
find_word(struct sql *sql, struct span word, enum word_state *state)
{
	struct sql_row *row;
	enum err err = sql_start(
	    sql, &row, "SELECT 1 FROM word WHERE tail = ?1 AND word = ?1");

	if (err)
		return err;
	sql_bind_span(row, 1, word);
	*state = sql_step(row) == ERR_OK ? WORD_WHOLE : WORD_NEW;
	return sql_done(row);
}

static enum err
insert_word(struct sql *sql, struct span word)
{
	struct sql_row *row;
	enum err err = sql_start(
	    sql, &row, "INSERT OR IGNORE INTO word (tail, word) VALUES (?, ?)");

	if (err)
		return err;
	sql_bind_span(row, 2, word);
	for (struct span tail = word; tail.len >= TOKEN_GRAM;
	     span_skip(&tail, 1)) {
		sql_bind_span(row, 1, tail);
		(void)sql_step(row);
		sql_again(row);
	}
	return sql_done(row);
}

static enum err
meet_word(struct fulltext *fulltext, struct span word, enum word_state *state)
{
	enum err err;

	*state = WORD_WHOLE;
	if (word_memo_has(fulltext->memo, word))
		return ERR_OK;
	err = find_word(fulltext->sql, word, state);
	if (err)
		return err;
	if (*state == WORD_NEW) {
		*state = WORD_SPLIT;
		if (fulltext->allowance == 0 ||
		    fulltext->known.words + fulltext->new_words >= WORDS_MAX)
			return ERR_OK;
		*state = WORD_WHOLE;
		fulltext->allowance--;
		fulltext->new_words++;
		err = insert_word(fulltext->sql, word);
	}
	if (!err)
		word_memo_add(fulltext->memo, word);
	return err;
}

/* ---- messages */

bool
fulltext_split(const struct search_text *search, struct token_set *scratch,
    struct buf *out)
{
	bool fits = true;

	token_set_reset(scratch);
	for (int i = 0; i < SEARCH_COLUMNS && fits; i++)
		fits = token_put(scratch,
		    search_text_column(search, (enum search_column)i), out);
	return fits;
}

static void
put_token(struct fulltext *fulltext, struct span text)
{
	(void)buf_put(&fulltext->document, text);
	(void)buf_put_char(&fulltext->document, ' ');
}

/* Of a word that is not kept whole; there may be any number of them. */
static enum err
put_grams(struct fulltext *fulltext, struct span text)
{
	for (; text.len >= TOKEN_GRAM; span_skip(&text, 1)) {
		struct span gram = span_make(text.at, TOKEN_GRAM);
		uint8_t *seen = token_set_take(&fulltext->split, gram);

		if (!seen)
			return ERR_MEMORY;
		if (!*seen)
			put_token(fulltext, gram);
		*seen = 1;
	}
	return ERR_OK;
}

static enum err
put_word(struct fulltext *fulltext, struct span word)
{
	uint8_t *known = token_set_take(&fulltext->words, word);
	enum word_state state;
	enum err err = ERR_OK;

	if (!known)
		return ERR_MEMORY;
	state = (enum word_state) * known;
	if (state == WORD_NEW) {
		err = meet_word(fulltext, word, &state);
		*known = (uint8_t)state;
	}
	if (err)
		return err;
	if (state != WORD_WHOLE)
		return put_grams(fulltext, word);
	put_token(fulltext, word);
	return ERR_OK;
}

/* Whole words are looked up; the rest is as it was split. */
static enum err
make_document(struct fulltext *fulltext, struct span pieces)
{
	enum err err = ERR_OK;

	while (!err && pieces.len) {
		struct span piece = span_cut(&pieces, ' ');

		if (piece.len > TOKEN_GRAM)
			err = put_word(fulltext, piece);
		else
			put_token(fulltext, piece);
	}
	if (!err && buf_failed(&fulltext->document))
		err = ERR_MEMORY;
	return err;
}

/* ---- tables */

static enum err
make_table(struct sql *sql, int64_t number)
{
	struct sql_row *row;
	char text[256];
	enum err err = sql_start(
	    sql, &row, "INSERT OR IGNORE INTO fulltext (number) VALUES (?)");

	if (err)
		return err;
	sql_bind_number(row, 1, number);
	(void)sql_step(row);
	err = sql_done(row);
	if (err || sql_changes(sql) == 0)
		return err;
	/* Every byte of a piece is part of a token to this tokenizer. */
	(void)snprintf(text, sizeof(text),
	    "CREATE VIRTUAL TABLE fulltext_%" PRId64 " USING fts5 (tokens,"
	    " content = '', columnsize = 0, detail = none, tokenize = 'ascii')",
	    number);
	return sql_exec(sql, text);
}

static enum err
use_table(struct fulltext *fulltext, int64_t number)
{
	char text[128];
	enum err err;

	if (number == fulltext->table)
		return ERR_OK;
	err = sql_done(fulltext->row);
	fulltext->row = NULL;
	if (!err)
		err = make_table(fulltext->sql, number);
	if (err)
		return err;
	(void)snprintf(text, sizeof(text),
	    "INSERT INTO fulltext_%" PRId64 " (rowid, tokens) VALUES (?, ?)",
	    number);
	err = sql_start_once(fulltext->sql, &fulltext->row, text);
	if (!err)
		fulltext->table = number;
	return err;
}

enum err
fulltext_add(struct fulltext *fulltext, int64_t seq, struct span pieces)
{
	enum err err = use_table(fulltext, seq / FULLTEXT_SPAN);

	if (err)
		return err;
	fulltext->allowance += NEW_WORDS_EACH;
	token_set_reset(&fulltext->split);
	buf_reset(&fulltext->document);
	err = make_document(fulltext, pieces);
	if (err)
		return err;
	sql_bind_number(fulltext->row, 1, seq);
	sql_bind_span(fulltext->row, 2, buf_span(&fulltext->document));
	err = sql_step(fulltext->row);
	sql_again(fulltext->row);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
drop_table(struct sql *sql, int64_t number)
{
	char text[64];
	struct sql_row *row;
	enum err err;

	(void)snprintf(
	    text, sizeof(text), "DROP TABLE fulltext_%" PRId64, number);
	err = sql_exec(sql, text);
	if (!err)
		err = sql_start(
		    sql, &row, "DELETE FROM fulltext WHERE number = ?");
	if (err)
		return err;
	sql_bind_number(row, 1, number);
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
empty_table(struct sql *sql, int64_t number)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
	    "INSERT INTO fulltext_%" PRId64 " (fulltext_%" PRId64
	    ") VALUES ('delete-all')",
	    number, number);
	return sql_exec(sql, text);
}

_Static_assert(FULLTEXT_SPAN == 131072, "as fulltext_trim() says");

/* Looks from *number on; ERR_NOT_FOUND when there is none. */
static enum err
find_table(struct sql *sql, const char *text, int64_t *number)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);
	enum err found;

	if (err)
		return err;
	sql_bind_number(row, 1, *number);
	found = sql_step(row);
	if (!found)
		*number = sql_number(row, 0);
	err = sql_done(row);
	return err ? err : found;
}

enum err
fulltext_trim(struct sql *sql, int64_t next_seq)
{
	/* Those of which no message is left. */
	static const char text[] =
	    "SELECT f.number FROM fulltext f WHERE f.number >= ?1"
	    " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.seq >="
	    " f.number * 131072 AND m.seq < (f.number + 1) * 131072"
	    " AND m.is_indexed = 1) ORDER BY f.number LIMIT 1";
	int64_t number = 0;
	enum err err = find_table(sql, text, &number);

	while (!err) {
		/* To make it anew would cost every connection its statements.
		 */
		err = number == next_seq / FULLTEXT_SPAN
		    ? empty_table(sql, number)
		    : drop_table(sql, number);
		number++;
		if (!err)
			err = find_table(sql, text, &number);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* ---- segments */

/* Of the index, in pages of 4 KiB; a table of 4 KiB messages has 6,000. */
#define MERGE_PAGES 64

static enum err
merge_some(struct sql *sql, int64_t number)
{
	struct sql_row *row;
	char text[160];
	enum err err;

	/* Negative: all that there is becomes one. */
	(void)snprintf(text, sizeof(text),
	    "INSERT INTO fulltext_%" PRId64 " (fulltext_%" PRId64
	    ", rank) VALUES ('merge', ?)",
	    number, number);
	err = sql_start_once(sql, &row, text);
	if (err)
		return err;
	sql_bind_number(row, 1, -MERGE_PAGES);
	(void)sql_step(row);
	return sql_done(row);
}

static enum err
is_one_segment(struct sql *sql, int64_t number, bool *is_one)
{
	struct sql_row *row;
	char text[96];
	enum err err;

	(void)snprintf(text, sizeof(text),
	    "SELECT min(segid) IS max(segid) FROM fulltext_%" PRId64 "_idx",
	    number);
	err = sql_start_once(sql, &row, text);
	if (err)
		return err;
	*is_one = sql_step(row) == ERR_OK && sql_number(row, 0);
	return sql_done(row);
}

static enum err
set_merged(struct sql *sql, int64_t number)
{
	struct sql_row *row;
	enum err err = sql_start(
	    sql, &row, "UPDATE fulltext SET is_merged = 1 WHERE number = ?");

	if (err)
		return err;
	sql_bind_number(row, 1, number);
	(void)sql_step(row);
	return sql_done(row);
}

enum err
fulltext_merge(struct sql *sql, int64_t next_seq)
{
	static const char text[] =
	    "SELECT number FROM fulltext WHERE number < ? AND is_merged = 0"
	    " ORDER BY number LIMIT 1";
	int64_t number = next_seq / FULLTEXT_SPAN;
	bool is_one = false;
	enum err err = find_table(sql, text, &number);

	if (!err)
		err = merge_some(sql, number);
	if (!err)
		err = is_one_segment(sql, number, &is_one);
	if (!err && is_one)
		err = set_merged(sql, number);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
fulltext_clear(struct sql *sql)
{
	static const char text[] =
	    "SELECT number FROM fulltext WHERE number >= ? LIMIT 1";
	int64_t number = 0;
	enum err err = find_table(sql, text, &number);

	while (!err) {
		err = drop_table(sql, number);
		if (!err)
			err = find_table(sql, text, &number);
	}
	if (err != ERR_NOT_FOUND)
		return err;
	err = sql_run(sql, "DELETE FROM word");
	if (!err)
		err = sql_run(sql, "DELETE FROM counter WHERE name = 'words'");
	return err ? err : txn_count(sql, "word_tables", 1);
}
