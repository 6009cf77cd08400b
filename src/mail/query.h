/*
 * query: the language in which messages are asked for.
 *
 *	query = or
 *	or    = and { "OR" and }
 *	and   = not { not }                  terms side by side must all match
 *	not   = [ "-" | "!" ] term
 *	term  = "(" or ")" | [ field ":" ] text | seq ( ">" | "<" | "=" | ">=" |
 *"<=" ) number text  = word | '"' anything '"'
 *
 * Parsing is pure; the same tree is compiled to SQL by the store and matched in
 * memory against one message. An empty query matches everything.
 */
#ifndef QUERY_H
#define QUERY_H

#include "span.h"

#include <stdint.h>

enum query_kind { QUERY_ALL, QUERY_AND, QUERY_OR, QUERY_NOT, QUERY_TERM };

/* What a term looks at. */
enum query_field {
	QUERY_TEXT, /* free text: any header's raw text, the envelope */
	QUERY_RCPT,
	QUERY_MAILFROM,
	QUERY_HELO,
	QUERY_PEER,
	QUERY_USER,
	QUERY_INBOX,
	QUERY_STATE, /* number: enum message_state */
	QUERY_SEQ,
	QUERY_AFTER, /* number: wall clock in microseconds */
	QUERY_BEFORE,
	QUERY_LARGER, /* number: bytes */
	QUERY_SMALLER,
	QUERY_SUBJECT,
	QUERY_FIELDS
};

enum query_compare { QUERY_EQ, QUERY_LT, QUERY_LE, QUERY_GT, QUERY_GE };

struct query {
	enum query_kind kind;
	struct query *left;  /* AND, OR, NOT */
	struct query *right; /* AND, OR */
	enum query_field field;
	enum query_compare compare; /* of QUERY_SEQ */
	int64_t number;
	char *text; /* of the text fields; owned, NUL-terminated */
};

/* Where and why a text is not a query. */
struct query_error {
	size_t offset; /* bytes from its start */
	char text[160];
};

/*
 * NULL when the text is not a query (and *error says where), or without memory.
 * Dates without a zone are read as UTC.
 * Nesting deeper than 100 or more than 1,000 terms is refused.
 */
struct query *query_parse(struct span text, struct query_error *error);
void query_free(struct query *);

/* Whether the tree has a term on that field anywhere. */
bool query_mentions(const struct query *, enum query_field);

#endif
