/*
 * query_lex: a query's text as words and marks.
 */
#ifndef QUERY_LEX_H
#define QUERY_LEX_H

#include "buf.h"
#include "query.h"

enum query_token_kind {
	QUERY_TOKEN_END,
	QUERY_TOKEN_TERM,
	/* The rest is known to QUERY_OWN only, and only outside quotes. */
	QUERY_TOKEN_OPEN,
	QUERY_TOKEN_CLOSE,
	QUERY_TOKEN_NOT, /* a sign before a parenthesis */
	QUERY_TOKEN_AND,
	QUERY_TOKEN_OR,
	QUERY_TOKEN_UNCLOSED, /* a quote without its end; `offset` is its */
};

struct query_token {
	enum query_token_kind kind;
	size_t offset; /* from the text's start */
	/* Of a term: without quotes, and blanks at its ends. Borrowed until
	   the next token. */
	struct span text;
	size_t bare; /* so many bytes at its front stood before any quote */
};

struct query_lexer {
	struct span text;
	size_t at;
	enum query_dialect dialect;
	struct buf word;
};

void query_lex_init(struct query_lexer *, struct span text, enum query_dialect);
void query_lex_release(struct query_lexer *);

/* False without memory. At the end there is always one more end. */
bool query_lex_next(struct query_lexer *, struct query_token *);

#endif
