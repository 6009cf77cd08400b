/*
 * query_term: one word of a query becomes what it asks for.
 */
#ifndef QUERY_TERM_H
#define QUERY_TERM_H

#include "query.h"
#include "query_lex.h"

enum query_verdict {
	QUERY_TERM_MADE,
	QUERY_TERM_DROPPED, /* QUERY_MAILPIT: a value that says nothing */
	QUERY_TERM_EMPTY,   /* QUERY_MAILPIT: punctuation only */
	QUERY_TERM_WRONG,   /* *error says why */
	QUERY_TERM_MEMORY
};

/* *out is a term or the NOT of one; query_free() it. */
enum query_verdict
query_term_make(struct query **out, const struct query_token *,
    const struct query_options *, struct query_error *error);

/* A tree's node with nothing in it; NULL without memory. */
struct query *query_node(enum query_kind);

#endif
