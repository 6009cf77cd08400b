/* query_lex: a query's text as words and marks. */
#include "query_lex.h"

void
query_lex_init(
    struct query_lexer *lexer, struct span text, enum query_dialect dialect)
{
	lexer->text = text;
	lexer->at = 0;
	lexer->dialect = dialect;
	buf_init(&lexer->word, QUERY_LEN_MAX);
}

void
query_lex_release(struct query_lexer *lexer)
{
	buf_release(&lexer->word);
}

static bool
is_white(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* What ends a word; Mailpit knows one kind of blank. */
static bool
is_blank(const struct query_lexer *lexer, char byte)
{
	return lexer->dialect == QUERY_MAILPIT ? byte == ' ' : is_white(byte);
}

static char
peek(const struct query_lexer *lexer, size_t ahead)
{
	size_t at = lexer->at + ahead;

	return at < lexer->text.len ? lexer->text.at[at] : '\0';
}

static bool
is_sign(char byte)
{
	return byte == '-' || byte == '!';
}

static bool
is_parenthesis(const struct query_lexer *lexer, char byte)
{
	return lexer->dialect == QUERY_OWN && (byte == '(' || byte == ')');
}

static bool
take_mark(struct query_lexer *lexer, struct query_token *token)
{
	char byte = peek(lexer, 0);
	size_t signs = 0;

	while (is_sign(peek(lexer, signs)))
		signs++;
	if (byte == '(' || byte == ')')
		token->kind =
		    byte == '(' ? QUERY_TOKEN_OPEN : QUERY_TOKEN_CLOSE;
	else if (signs && peek(lexer, signs) == '(')
		token->kind = QUERY_TOKEN_NOT;
	else
		return false;
	lexer->at++;
	return true;
}

/* Returns whether the quotes are even. */
static bool
take_word(struct query_lexer *lexer, struct query_token *token)
{
	size_t quotes = 0;
	size_t open = 0;

	buf_reset(&lexer->word);
	for (; lexer->at < lexer->text.len; lexer->at++) {
		char byte = lexer->text.at[lexer->at];

		if (byte == '"') {
			if (quotes++ == 0)
				token->bare = lexer->word.len;
			open = lexer->at;
			continue;
		}
		if (quotes % 2 == 0 &&
		    (is_blank(lexer, byte) || is_parenthesis(lexer, byte)))
			break;
		(void)buf_put_char(&lexer->word, byte);
	}
	if (quotes == 0)
		token->bare = lexer->word.len;
	if (quotes % 2)
		token->offset = open;
	return quotes % 2 == 0;
}

static struct span
trim(struct span text)
{
	while (text.len && is_white(text.at[0]))
		span_skip(&text, 1);
	while (text.len && is_white(text.at[text.len - 1]))
		text.len--;
	return text;
}

static void
read_word(struct query_lexer *lexer, struct query_token *token)
{
	bool is_own = lexer->dialect == QUERY_OWN;
	struct span text;

	if (!take_word(lexer, token) && is_own) {
		token->kind = QUERY_TOKEN_UNCLOSED;
		return;
	}
	text = trim(buf_span(&lexer->word));
	token->kind = QUERY_TOKEN_TERM;
	token->text = text;
	if (token->bare > text.len)
		token->bare = text.len;
	if (!is_own || token->bare < text.len)
		return;
	if (span_equal(text, SPAN("OR")))
		token->kind = QUERY_TOKEN_OR;
	else if (span_equal(text, SPAN("AND")))
		token->kind = QUERY_TOKEN_AND;
}

bool
query_lex_next(struct query_lexer *lexer, struct query_token *token)
{
	while (lexer->at < lexer->text.len && is_blank(lexer, peek(lexer, 0)))
		lexer->at++;
	*token = (struct query_token){QUERY_TOKEN_END, lexer->at, {"", 0}, 0};
	if (lexer->at == lexer->text.len)
		return true;
	if (lexer->dialect == QUERY_OWN && take_mark(lexer, token))
		return true;
	read_word(lexer, token);
	return !buf_failed(&lexer->word);
}
