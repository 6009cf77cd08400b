/* query_put: a query's tree as text again (query.h). */
#include "query.h"

#include "clock.h"
#include "message.h"
#include "query_field.h"

#include <inttypes.h>
#include <string.h>

static void
put_state(struct buf *out, const struct query *term)
{
	static const char *const states[] = {
	    [MESSAGE_ACCEPTED] = "accepted",
	    [MESSAGE_REFUSED] = "refused",
	    [MESSAGE_ABORTED] = "aborted",
	};

	(void)buf_put_string(out, states[term->number]);
}

static void
put_date(struct buf *out, const struct query *term)
{
	char text[CLOCK_TEXT_SIZE];

	clock_rfc3339(text, term->number);
	(void)buf_put_string(out, text);
}

/* Quotes where the text would fall apart without them. */
static void
put_text(struct buf *out, const char *text)
{
	const char *quote =
	    *text && !strpbrk(text, " \t\r\n\v\f()") ? "" : "\"";

	(void)buf_printf(out, "%s%s%s", quote, text, quote);
}

/* A sign or a field's name counts inside quotes too; not so behind a
   parenthesis, which cleaning then takes away. */
static void
put_plain(struct buf *out, const char *text)
{
	if (*text == '-' || *text == '!' || query_field_find(span_string(text)))
		(void)buf_printf(out, "\"(%s\"", text);
	else if (strchr(text, ':'))
		(void)buf_printf(out, "\"%s\"", text);
	else
		put_text(out, text);
}

static const char *
compare_name(enum query_compare compare)
{
	static const char *const names[] = {
	    [QUERY_EQ] = "=",
	    [QUERY_LT] = "<",
	    [QUERY_LE] = "<=",
	    [QUERY_GT] = ">",
	    [QUERY_GE] = ">=",
	};

	return names[compare];
}

static void
put_term(struct buf *out, const struct query *term)
{
	const struct query_name *row = query_field_name(term->field);

	if (!row) {
		put_plain(out, term->text);
		return;
	}
	if (term->field == QUERY_SEQ) {
		(void)buf_printf(out, "seq%s%" PRId64,
		    compare_name(term->compare), term->number);
		return;
	}
	(void)buf_put_string(out, row->name);
	if (row->value == QUERY_VALUE_STATE)
		put_state(out, term);
	else if (row->value == QUERY_VALUE_DATE)
		put_date(out, term);
	else if (row->value == QUERY_VALUE_SIZE)
		(void)buf_printf(out, "%" PRId64, term->number);
	else if (row->value == QUERY_VALUE_HEADER)
		(void)buf_printf(
		    out, "%s%s", term->name, term->text ? "=" : "");
	/* Empty is the null sender. */
	if (term->text && !term->text[0])
		(void)buf_put_string(out, "<>");
	else if (term->text)
		put_text(out, term->text);
}

static void
put_pair(struct buf *out, const struct query *query)
{
	(void)buf_put_char(out, '(');
	(void)query_put(out, query->left);
	(void)buf_put_string(out, query->kind == QUERY_OR ? " OR " : " ");
	(void)query_put(out, query->right);
	(void)buf_put_char(out, ')');
}

/* Two signs in a row would not be two negations. */
static void
put_not(struct buf *out, const struct query *inner)
{
	bool is_bare = inner->kind == QUERY_NOT;

	(void)buf_put_string(out, is_bare ? "-(" : "-");
	(void)query_put(out, inner);
	(void)buf_put_string(out, is_bare ? ")" : "");
}

bool
query_put(struct buf *out, const struct query *query)
{
	switch (query->kind) {
	case QUERY_AND:
	case QUERY_OR:
		put_pair(out, query);
		break;
	case QUERY_NOT:
		put_not(out, query->left);
		break;
	case QUERY_TERM:
		put_term(out, query);
		break;
	case QUERY_ALL:
		break;
	}
	return !buf_failed(out);
}
