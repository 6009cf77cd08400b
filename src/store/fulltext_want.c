/*
 * fulltext_want: what a query needs of the index (fulltext.h).
 *
 * A query is a tree of texts, a text a row of pieces, a piece a row of three
 * bytes; all of a row is necessary. But FTS5 walks along all lists at once, and
 * a list of what is in every message takes as long as all messages: so each
 * thing is tried on some messages first, and of a row only what is rare is
 * asked for. Trying is what takes the time: it ends with what is in next to
 * no message.
 */
#include "fulltext.h"

#include "clean.h"
#include "query_field.h"
#include "token.h"

#include <inttypes.h>
#include <string.h>

/* Words beyond that many are common together: no need to ask for them. */
#define WORDS_LIMIT 100
/* Of the bytes of a piece so many are tried, and so many asked for. */
#define GRAMS_TRIED 12
#define GRAMS_ASKED 3
/* How often something is met until it is known how rare it is. */
#define SAMPLES 12
/* What is so many times as common as another thing is not asked for. */
#define COMMON 16
#define TOKENS_LIMIT 2000
/* FTS5's parser has a stack, too. */
#define DEPTH_LIMIT 12

/* Where a piece of what is looked for may go on in what is found. */
enum { OPEN_LEFT = 1, OPEN_RIGHT = 2 };

/*
 * How rare something is: the number of messages of which one has it, about.
 * NONE: the index cannot say what is necessary, and nothing was put.
 */
#define NONE 0.0
/* So rare is what no sample was full of: no more of a row is tried then, and
   no more of a piece when there is none at all. */
#define RARE ((double)FULLTEXT_SPAN / SAMPLES)
#define ABSENT ((double)FULLTEXT_SPAN)

struct wanting {
	struct sql *sql;
	struct sql_row *sample; /* of one table: what has it, oldest first */
	struct buf *out;
	struct buf trial; /* one expression for `sample` */
	size_t tokens;
	enum err err;
};

/* ---- how rare something is */

/* FTS5 reads a page of a list from its end on only after it has read it from
   its start, of each segment: oldest first takes a sixth of the time. */
static enum err
open_sample(struct wanting *wanting, int64_t number)
{
	(void)buf_printf(&wanting->trial,
	    "SELECT rowid FROM fulltext_%" PRId64 " WHERE fulltext_%" PRId64
	    " MATCH ? ORDER BY rowid",
	    number, number);
	return buf_string(&wanting->trial)
	    ? sql_start_once(
		  wanting->sql, &wanting->sample, buf_string(&wanting->trial))
	    : ERR_MEMORY;
}

/* Tries what stands in the buffer from `start` on. */
static double
try(struct wanting *wanting, const struct buf *text, size_t start)
{
	struct sql_row *row = wanting->sample;
	int64_t first = 0, last = 0;
	int count = 0;
	enum err err = ERR_OK;

	if (buf_failed(text))
		return NONE;
	sql_bind_span(row, 1, span_make(text->at + start, text->len - start));
	while (!err && count < SAMPLES) {
		err = sql_step(row);
		if (err)
			break;
		last = sql_number(row, 0);
		first = count++ ? first : last;
	}
	sql_again(row);
	if (err && err != ERR_NOT_FOUND)
		wanting->err = err;
	if (count < SAMPLES)
		return (double)FULLTEXT_SPAN / (count + 1);
	return (double)(last - first + 1) / count;
}

static double
rarer(double a, double b)
{
	return a > b ? a : b;
}

/* ---- a piece */

static void
put_token(struct wanting *wanting, struct span text)
{
	(void)buf_printf(wanting->out, "\"%.*s\"", SPAN_ARG(text));
	wanting->tokens++;
}

struct gram {
	struct span text;
	double rarity;
};

/* Keeps the rarest, in order. */
static void
insert_gram(struct gram *grams, size_t *count, struct gram gram)
{
	size_t at = *count;

	while (at && grams[at - 1].rarity < gram.rarity) {
		if (at < GRAMS_ASKED)
			grams[at] = grams[at - 1];
		at--;
	}
	if (at < GRAMS_ASKED)
		grams[at] = gram;
	if (*count < GRAMS_ASKED)
		++*count;
}

static double
put_grams(struct wanting *wanting, struct span text)
{
	size_t last = text.len - TOKEN_GRAM;
	size_t tried = last + 1 < GRAMS_TRIED ? last + 1 : GRAMS_TRIED;
	struct gram grams[GRAMS_ASKED];
	size_t count = 0;

	grams[0].rarity = NONE;
	for (size_t i = 0; i < tried && grams[0].rarity < ABSENT; i++) {
		size_t at = tried > 1 ? last * i / (tried - 1) : 0;
		struct gram gram = {span_make(text.at + at, TOKEN_GRAM), 1};

		buf_reset(&wanting->trial);
		(void)buf_printf(
		    &wanting->trial, "\"%.*s\"", SPAN_ARG(gram.text));
		gram.rarity = try(wanting, &wanting->trial, 0);
		insert_gram(grams, &count, gram);
	}
	for (size_t i = 0; i < count; i++) {
		(void)buf_put_string(wanting->out, i ? " AND " : "(");
		put_token(wanting, grams[i].text);
	}
	(void)buf_put_char(wanting->out, ')');
	return grams[0].rarity;
}

static bool
ends_with(struct span word, struct span end)
{
	return word.len >= end.len &&
	    span_equal(span_make(word.at + word.len - end.len, end.len), end);
}

/* Words that hold the text, an OR behind each; false when there are too many.
 */
static bool
put_words(struct wanting *wanting, struct span text, int open)
{
	struct sql_row *row;
	struct buf behind; /* what sorts behind all tails that begin so */
	size_t count = 0;
	enum err err = sql_start(wanting->sql, &row,
	    "SELECT word FROM word WHERE tail >= ? AND tail < ? LIMIT 101");

	if (err) {
		wanting->err = err;
		return false;
	}
	buf_init(&behind, text.len + 1);
	(void)buf_put(&behind, text);
	(void)buf_put_char(&behind, '{');
	sql_bind_span(row, 1, text);
	sql_bind_span(row, 2, buf_span(&behind));
	while (sql_step(row) == ERR_OK) {
		struct span word = sql_span(row, 0);

		count++;
		if ((!(open & OPEN_LEFT) && !span_starts(word, text)) ||
		    (!(open & OPEN_RIGHT) && !ends_with(word, text)))
			continue;
		put_token(wanting, word);
		(void)buf_put_string(wanting->out, " OR ");
	}
	err = sql_done(row);
	if (err || buf_failed(&behind))
		wanting->err = err ? err : ERR_MEMORY;
	buf_release(&behind);
	return count <= WORDS_LIMIT && !wanting->err;
}

static double
put_piece(struct wanting *wanting, const struct token *token, int open)
{
	size_t start = wanting->out->len;
	double rarity;

	if (!token->is_word) {
		rarity = put_grams(wanting, token->text);
		return rarity >= RARE ? rarity
				      : try(wanting, wanting->out, start);
	}
	(void)buf_put_char(wanting->out, '(');
	if (!open && token->text.len > TOKEN_GRAM) {
		put_token(wanting, token->text);
		(void)buf_put_string(wanting->out, " OR ");
	} else if (!put_words(wanting, token->text, open)) {
		buf_cut(wanting->out, start);
		return NONE;
	}
	/* A word may be too long, too, or was not one when it came. */
	(void)put_grams(wanting, token->text);
	(void)buf_put_char(wanting->out, ')');
	return try(wanting, wanting->out, start);
}

/* ---- rows of things that are all necessary */

/* One more of a row; the rarer ones stay. */
struct row {
	size_t start;  /* where it begins in `out` */
	double rarity; /* of all of it */
};

static struct row
begin_row(const struct wanting *wanting)
{
	struct row row = {wanting->out->len, NONE};

	return row;
}

/* What was put from `start` on, with that rarity, joins the row. */
static void
join(struct wanting *wanting, struct row *row, size_t start, double rarity)
{
	struct buf *out = wanting->out;

	if (rarity == NONE || rarity * COMMON < row->rarity) {
		buf_cut(out, start);
	} else if (row->rarity == NONE) {
		row->rarity = rarity;
	} else if (row->rarity * COMMON < rarity) {
		size_t len = out->len - start;

		memmove(out->at + row->start, out->at + start, len);
		buf_cut(out, row->start + len);
		row->rarity = rarity;
	} else {
		struct span and = SPAN(" AND ");

		if (buf_put(out, and)) {
			memmove(out->at + start + and.len, out->at + start,
			    out->len - and.len - start);
			memcpy(out->at + start, and.at, and.len);
		}
		row->rarity = rarer(row->rarity, rarity);
	}
}

/* A row within something else has to be held together. */
static double
end_row(struct wanting *wanting, const struct row *row)
{
	struct buf *out = wanting->out;

	if (row->rarity == NONE || !buf_put(out, SPAN("()")))
		return NONE;
	memmove(out->at + row->start + 1, out->at + row->start,
	    out->len - 2 - row->start);
	out->at[row->start] = '(';
	return row->rarity;
}

/* `open` says where the text itself may go on. */
static double
put_text(struct wanting *wanting, struct span text, int open)
{
	struct row row = begin_row(wanting);
	struct span rest = text;
	struct token token;

	while (row.rarity < RARE && token_next(&rest, &token)) {
		size_t start = wanting->out->len;
		int here = 0;

		if (token.text.at == text.at)
			here |= open & OPEN_LEFT;
		if (token.text.at + token.text.len == text.at + text.len)
			here |= open & OPEN_RIGHT;
		join(wanting, &row, start, put_piece(wanting, &token, here));
	}
	return end_row(wanting, &row);
}

/* What stands between the stars and question marks of a pattern. */
static double
put_pattern(struct wanting *wanting, struct span pattern)
{
	struct row row = begin_row(wanting);
	int open = 0;

	while (pattern.len && row.rarity < RARE) {
		size_t start = wanting->out->len;
		size_t len = 0;

		while (len < pattern.len && pattern.at[len] != '*' &&
		    pattern.at[len] != '?')
			len++;
		if (len < pattern.len)
			open |= OPEN_RIGHT;
		join(wanting, &row, start,
		    put_text(wanting, span_make(pattern.at, len), open));
		span_skip(&pattern, len + 1);
		open = OPEN_LEFT;
	}
	return end_row(wanting, &row);
}

/* ---- the tree */

static double
put_term(struct wanting *wanting, const struct query *term)
{
	struct buf lower;
	double rarity = NONE;

	if (query_field_columns(term->field) == 0 || !term->text ||
	    wanting->tokens > TOKENS_LIMIT)
		return NONE;
	if (term->form == QUERY_INSIDE)
		return put_text(
		    wanting, span_string(term->text), OPEN_LEFT | OPEN_RIGHT);
	/* The index is in lower case all over, patterns are not. */
	buf_init(&lower, 4 * QUERY_LEN_MAX);
	if (clean_put_lower(&lower, span_string(term->text)))
		rarity = put_pattern(wanting, buf_span(&lower));
	else
		wanting->err = ERR_MEMORY;
	buf_release(&lower);
	return rarity;
}

static double put(struct wanting *, const struct query *, int depth);

static double
put_and(struct wanting *wanting, const struct query *query, int depth)
{
	struct row row = begin_row(wanting);
	size_t start = wanting->out->len;

	join(wanting, &row, start, put(wanting, query->left, depth));
	start = wanting->out->len;
	if (row.rarity < RARE)
		join(wanting, &row, start, put(wanting, query->right, depth));
	return end_row(wanting, &row);
}

static double
put_or(struct wanting *wanting, const struct query *query, int depth)
{
	size_t start = wanting->out->len;
	double left, right = NONE;

	(void)buf_put_char(wanting->out, '(');
	left = put(wanting, query->left, depth);
	if (left != NONE) {
		(void)buf_put_string(wanting->out, " OR ");
		right = put(wanting, query->right, depth);
	}
	if (left == NONE || right == NONE) {
		buf_cut(wanting->out, start);
		return NONE;
	}
	(void)buf_put_char(wanting->out, ')');
	return left * right / (left + right);
}

static double
put(struct wanting *wanting, const struct query *query, int depth)
{
	if (depth == DEPTH_LIMIT || wanting->err)
		return NONE;
	switch (query->kind) {
	case QUERY_AND:
		return put_and(wanting, query, depth + 1);
	case QUERY_OR:
		return put_or(wanting, query, depth + 1);
	case QUERY_TERM:
		return put_term(wanting, query);
	default:
		return NONE;
	}
}

/* The table to try things on: the last one that has some messages in it. */
static enum err
choose_table(struct sql *sql, int64_t newest, int64_t *number)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT number FROM fulltext WHERE number <= ?"
	    " ORDER BY number DESC LIMIT 1");
	enum err found;

	if (err)
		return err;
	sql_bind_number(row, 1, (newest - FULLTEXT_SPAN / 4) / FULLTEXT_SPAN);
	found = sql_step(row);
	if (!found)
		*number = sql_number(row, 0);
	err = sql_done(row);
	return err ? err : found;
}

enum err
fulltext_want(struct sql *sql, const struct query *query, int64_t newest,
    struct buf *out, double *rarity)
{
	struct wanting wanting = {.sql = sql, .out = out};
	int64_t number;
	enum err err = choose_table(sql, newest, &number);
	enum err done;

	*rarity = NONE;
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	buf_init(&wanting.trial, 1024);
	err = open_sample(&wanting, number);
	if (!err) {
		*rarity = put(&wanting, query, 0);
		err = wanting.err;
	}
	done = sql_done(wanting.sample);
	buf_release(&wanting.trial);
	if (err || done)
		return err ? err : done;
	return buf_failed(out) ? ERR_MEMORY : ERR_OK;
}
