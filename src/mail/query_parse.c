/* query_parse: the text of a query becomes a tree (query.h). */
#include "query.h"

#include "address.h"
#include "query_lex.h"
#include "query_term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 20
#define TERMS_MAX 1000

struct parser {
	struct query_lexer lexer;
	struct query_token token; /* the one that is looked at */
	const struct query_options *options;
	struct query_error *error;
	size_t terms;
	size_t depth;
	bool saw_empty; /* a term that was punctuation only */
};

/* The operands of one AND or OR. */
struct operands {
	struct query **at;
	size_t count;
	size_t room;
};

static struct query *parse_or(struct parser *);

static void
refuse(struct parser *parser, const char *text)
{
	parser->error->offset = parser->token.offset;
	(void)snprintf(
	    parser->error->text, sizeof(parser->error->text), "%s", text);
}

/* Moves on; false without memory. */
static bool
take(struct parser *parser)
{
	return query_lex_next(&parser->lexer, &parser->token);
}

static bool
append(struct operands *operands, struct query *node)
{
	if (operands->count == operands->room) {
		size_t room = operands->room ? operands->room * 2 : 8;
		struct query **at =
		    realloc(operands->at, room * sizeof(struct query *));

		if (!at) {
			query_free(node);
			return false;
		}
		operands->at = at;
		operands->room = room;
	}
	operands->at[operands->count++] = node;
	return true;
}

static void
release(struct operands *operands)
{
	while (operands->count)
		query_free(operands->at[--operands->count]);
	free(operands->at);
}

/* Halves of halves: a long row of terms makes no deep tree, in C or in SQL. */
static struct query *
join(enum query_kind kind, struct query **nodes, size_t count)
{
	struct query *node;

	if (count == 1) {
		node = nodes[0];
		nodes[0] = NULL;
		return node;
	}
	node = query_node(count ? kind : QUERY_ALL);
	if (!node || count == 0)
		return node;
	node->left = join(kind, nodes, count / 2);
	node->right = join(kind, nodes + count / 2, count - count / 2);
	if (node->left && node->right)
		return node;
	query_free(node);
	return NULL;
}

static struct query *
finish(enum query_kind kind, struct operands *operands)
{
	struct query *node = join(kind, operands->at, operands->count);

	release(operands);
	return node;
}

/* Whether it went well; *out is NULL when the term was dropped. */
static bool
parse_term(struct parser *parser, struct query **out)
{
	*out = NULL;
	if (++parser->terms > TERMS_MAX) {
		refuse(parser, "more than 1000 terms");
		return false;
	}
	switch (query_term_make(
	    out, &parser->token, parser->options, parser->error)) {
	case QUERY_TERM_EMPTY:
		parser->saw_empty = true;
		break;
	case QUERY_TERM_MADE:
	case QUERY_TERM_DROPPED:
		break;
	default:
		return false;
	}
	if (take(parser))
		return true;
	query_free(*out);
	return false;
}

static struct query *
parse_group(struct parser *parser)
{
	struct query *node;

	if (!take(parser))
		return NULL;
	node = parse_or(parser);
	if (!node)
		return NULL;
	if (parser->token.kind == QUERY_TOKEN_CLOSE && take(parser))
		return node;
	if (parser->token.kind != QUERY_TOKEN_CLOSE)
		refuse(parser, "a \")\" is missing");
	query_free(node);
	return NULL;
}

static struct query *parse_operand(struct parser *);

static struct query *
parse_not(struct parser *parser)
{
	struct query *inner = take(parser) ? parse_operand(parser) : NULL;
	struct query *node = inner ? query_node(QUERY_NOT) : NULL;

	if (!node) {
		query_free(inner);
		return NULL;
	}
	node->left = inner;
	return node;
}

/* A group or its negation; each costs a level. */
static struct query *
parse_operand(struct parser *parser)
{
	struct query *node;

	if (++parser->depth > DEPTH_MAX) {
		refuse(parser, "nested too deep");
		return NULL;
	}
	node = parser->token.kind == QUERY_TOKEN_NOT ? parse_not(parser)
						     : parse_group(parser);
	parser->depth--;
	return node;
}

static bool
is_operand(const struct parser *parser)
{
	return parser->token.kind == QUERY_TOKEN_TERM ||
	    parser->token.kind == QUERY_TOKEN_NOT ||
	    parser->token.kind == QUERY_TOKEN_OPEN;
}

static bool
parse_one(struct parser *parser, struct operands *operands)
{
	struct query *node;

	if (!is_operand(parser)) {
		refuse(parser,
		    parser->token.kind == QUERY_TOKEN_UNCLOSED
			? "this quote is not closed"
			: "a term is missing here");
		return false;
	}
	if (parser->token.kind == QUERY_TOKEN_TERM) {
		if (!parse_term(parser, &node))
			return false;
	} else {
		node = parse_operand(parser);
		if (!node)
			return false;
	}
	return !node || append(operands, node);
}

static struct query *
parse_and(struct parser *parser)
{
	struct operands operands = {0};

	do {
		bool is_joined =
		    parser->token.kind == QUERY_TOKEN_AND && operands.count > 0;

		if ((is_joined && !take(parser)) ||
		    !parse_one(parser, &operands)) {
			release(&operands);
			return NULL;
		}
	} while (is_operand(parser) || parser->token.kind == QUERY_TOKEN_AND ||
	    parser->token.kind == QUERY_TOKEN_UNCLOSED);
	return finish(QUERY_AND, &operands);
}

static struct query *
parse_or(struct parser *parser)
{
	struct operands operands = {0};

	for (;;) {
		struct query *node = parse_and(parser);

		if (!node || !append(&operands, node))
			break;
		if (parser->token.kind != QUERY_TOKEN_OR)
			return finish(QUERY_OR, &operands);
		if (!take(parser))
			break;
	}
	release(&operands);
	return NULL;
}

static bool
is_text(struct parser *parser, struct span text)
{
	if (text.len > QUERY_LEN_MAX)
		refuse(parser, "longer than 64 KiB");
	else if (span_find(text, '\0') < text.len || !address_is_utf8(text))
		refuse(parser, "not a text in UTF-8");
	else
		return true;
	return false;
}

static struct query *
parse_all(struct parser *parser)
{
	struct query *node;

	if (parser->token.kind == QUERY_TOKEN_END)
		return query_node(QUERY_ALL);
	node = parse_or(parser);
	if (!node)
		return NULL;
	if (parser->token.kind != QUERY_TOKEN_END) {
		refuse(parser, "this \")\" closes nothing");
	} else if (node->kind == QUERY_ALL && parser->saw_empty) {
		parser->token.offset = 0;
		refuse(parser, "there is nothing to look for");
	} else {
		return node;
	}
	query_free(node);
	return NULL;
}

struct query *
query_parse(struct span text, const struct query_options *options,
    struct query_error *error)
{
	static const struct query_options own = {QUERY_OWN, NULL, 0};
	struct parser parser = {.error = error};
	struct query *query = NULL;

	parser.options = options ? options : &own;
	error->offset = 0;
	(void)snprintf(error->text, sizeof(error->text), "no memory");
	if (!is_text(&parser, text))
		return NULL;
	query_lex_init(&parser.lexer, text, parser.options->dialect);
	if (take(&parser))
		query = parse_all(&parser);
	query_lex_release(&parser.lexer);
	return query;
}
