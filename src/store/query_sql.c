/* query_sql: a query as a condition in SQL, with its parameters. */
#include "query_sql.h"

#include "query_field.h"
#include "search_text.h"

#include <stdlib.h>
#include <string.h>

/* A thousand terms of some hundred bytes; each may be a pattern, which grows.
 */
#define SQL_LIMIT ((size_t)3 * 1024 * 1024)
/* Terms side by side without a parenthesis. */
#define ROW_MAX 32
#define TEXTS_LIMIT ((size_t)4 * QUERY_LEN_MAX)

/* A number, or a piece of `texts`. */
struct query_sql_value {
	int64_t number;
	size_t at;
	size_t len;
	bool is_text;
};

void
query_sql_init(struct query_sql *made, struct buf *out, int first)
{
	*made = (struct query_sql){.first = first, .out = out};
	buf_init(&made->texts, TEXTS_LIMIT);
}

void
query_sql_release(struct query_sql *made)
{
	free(made->values);
	buf_release(&made->texts);
	query_sql_init(made, made->out, made->first);
}

/* ---- parameters */

/* Its number; 0 is no parameter, and *made has failed then. */
static int
add_value(struct query_sql *made, struct query_sql_value value)
{
	if (made->count == made->room) {
		size_t room = made->room ? made->room * 2 : 16;
		struct query_sql_value *values =
		    realloc(made->values, room * sizeof(*values));

		if (!values) {
			made->failed = true;
			return 0;
		}
		made->values = values;
		made->room = room;
	}
	made->values[made->count++] = value;
	return made->first + (int)made->count - 1;
}

static int
add_number(struct query_sql *made, int64_t number)
{
	return add_value(made, (struct query_sql_value){.number = number});
}

static int
end_text(struct query_sql *made, size_t start)
{
	return add_value(made,
	    (struct query_sql_value){
		.at = start, .len = made->texts.len - start, .is_text = true});
}

static int
add_text(struct query_sql *made, const char *text)
{
	size_t start = made->texts.len;

	(void)buf_put_string(&made->texts, text);
	return end_text(made, start);
}

/* For instr(lower()), which knows the letters of ASCII. */
static int
add_lower(struct query_sql *made, const char *text)
{
	size_t start = made->texts.len;

	for (; *text; text++)
		(void)buf_put_char(&made->texts,
		    *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text);
	return end_text(made, start);
}

/* For LIKE ... ESCAPE '\', which is whole, and ignores the case of ASCII. */
static int
add_pattern(struct query_sql *made, const char *text)
{
	size_t start = made->texts.len;

	for (; *text; text++) {
		if (strchr("%_\\", *text))
			(void)buf_put_char(&made->texts, '\\');
		(void)buf_put_char(&made->texts,
		    *text == '*'       ? '%'
			: *text == '?' ? '_'
				       : *text);
	}
	return end_text(made, start);
}

void
query_sql_bind(const struct query_sql *made, struct sql_row *row)
{
	for (size_t i = 0; i < made->count; i++) {
		const struct query_sql_value *value = &made->values[i];
		int index = made->first + (int)i;

		if (value->is_text)
			sql_bind_span(row, index,
			    span_make(made->texts.at + value->at, value->len));
		else
			sql_bind_number(row, index, value->number);
	}
}

/* ---- conditions */

/* What `expression` must hold, in the form of the term. */
static void
put_compare(
    struct query_sql *made, const struct query *term, const char *expression)
{
	struct buf *out = made->out;

	switch (term->form) {
	case QUERY_INSIDE:
		(void)buf_printf(out, "instr(lower(%s), ?%d) > 0", expression,
		    add_lower(made, term->text));
		break;
	case QUERY_EXACT:
		(void)buf_printf(
		    out, "%s = ?%d", expression, add_text(made, term->text));
		break;
	case QUERY_SAME:
		(void)buf_printf(out, "%s = ?%d COLLATE NOCASE", expression,
		    add_text(made, term->text));
		break;
	case QUERY_PATTERN:
		(void)buf_printf(out, "%s LIKE ?%d ESCAPE '\\'", expression,
		    add_pattern(made, term->text));
		break;
	}
}

/* Cleaned, in lower case, and so is the text. */
static const char *const columns[SEARCH_COLUMNS] = {
    [SEARCH_FROM] = "from_text",
    [SEARCH_TO] = "to_text",
    [SEARCH_CC] = "cc_text",
    [SEARCH_BCC] = "bcc_text",
    [SEARCH_REPLY_TO] = "reply_to_text",
    [SEARCH_SUBJECT] = "subject",
    [SEARCH_MESSAGE_ID] = "message_id",
    [SEARCH_MAIL_FROM] = "mail_from",
    [SEARCH_RCPT] = "rcpt",
    [SEARCH_OTHER] = "other",
    [SEARCH_BODY] = "body",
};

static void
put_columns(struct query_sql *made, const struct query *term)
{
	unsigned wanted = query_field_columns(term->field);
	int parameter = add_text(made, term->text);
	const char *between = "";

	(void)buf_put_string(made->out,
	    "EXISTS (SELECT 1 FROM search x WHERE x.message = m.seq AND (");
	for (int i = 0; i < SEARCH_COLUMNS; i++) {
		if (!(wanted & 1u << i))
			continue;
		(void)buf_printf(made->out, "%sholds(x.%s, ?%d)", between,
		    columns[i], parameter);
		between = " OR ";
	}
	(void)buf_put_string(made->out, "))");
}

static void
put_rcpt(struct query_sql *made, const struct query *term)
{
	(void)buf_put_string(made->out,
	    "EXISTS (SELECT 1 FROM recipient r WHERE r.message = m.seq"
	    " AND r.is_accepted AND ");
	put_compare(made, term, "r.address");
	(void)buf_put_char(made->out, ')');
}

/* Names and addresses one by one, out of the JSON that the summary has. */
static void
put_lists(struct query_sql *made, const struct query *term)
{
	static const char *const lists[MIME_LISTS] = {
	    [MIME_FROM] = "from_list",
	    [MIME_TO] = "to_list",
	    [MIME_CC] = "cc_list",
	    [MIME_BCC] = "bcc_list",
	    [MIME_REPLY_TO] = "reply_to_list",
	};
	unsigned wanted = query_field_columns(term->field);
	const char *between = "(";

	for (int i = 0; i < MIME_LISTS; i++) {
		if (!(wanted & 1u << (SEARCH_FROM + i)))
			continue;
		(void)buf_printf(made->out,
		    "%sEXISTS (SELECT 1 FROM summary s, json_each(s.%s) j"
		    " WHERE s.message = m.seq AND (",
		    between, lists[i]);
		put_compare(made, term, "json_extract(j.value, '$.Name')");
		(void)buf_put_string(made->out, " OR ");
		put_compare(made, term, "json_extract(j.value, '$.Address')");
		(void)buf_put_string(made->out, "))");
		between = " OR ";
	}
	(void)buf_put_char(made->out, ')');
}

/* Columns of the message itself. */
static void
put_envelope(struct query_sql *made, const struct query *term)
{
	static const char *const names[QUERY_FIELDS] = {
	    [QUERY_MAILFROM] = "m.mail_from",
	    [QUERY_HELO] = "m.helo",
	    [QUERY_PEER] = "m.peer",
	    [QUERY_USER] = "m.user",
	    [QUERY_INBOX] = "m.inbox",
	    [QUERY_ID] = "m.id",
	};

	put_compare(made, term, names[term->field]);
}

/* What the indexes of the table are made for has to be said in their words. */
static void
put_inbox(struct query_sql *made, const struct query *term)
{
	(void)buf_put_string(made->out, "(m.inbox <> '' AND ");
	put_envelope(made, term);
	(void)buf_put_char(made->out, ')');
}

/* Without an index: a session knows where its messages are. */
static void
put_session(struct query_sql *made, const struct query *term)
{
	int id = add_text(made, term->text);

	(void)buf_printf(made->out,
	    "(m.session = ?%d AND m.seq > ifnull((SELECT after_seq FROM session"
	    " WHERE id = ?%d), 0) AND m.seq <= ifnull((SELECT until_seq"
	    " FROM session WHERE id = ?%d), %lld))",
	    id, id, id, (long long)INT64_MAX);
}

static void
put_state(struct query_sql *made, const struct query *term)
{
	(void)buf_printf(made->out, "(%sm.state = ?%d)",
	    term->number ? "m.state <> 0 AND " : "",
	    add_number(made, term->number));
}

static void
put_seq(struct query_sql *made, const struct query *term)
{
	static const char *const signs[] = {
	    [QUERY_EQ] = "=",
	    [QUERY_LT] = "<",
	    [QUERY_LE] = "<=",
	    [QUERY_GT] = ">",
	    [QUERY_GE] = ">=",
	};

	(void)buf_printf(made->out, "m.seq %s ?%d", signs[term->compare],
	    add_number(made, term->number));
}

static void
put_number(struct query_sql *made, const struct query *term)
{
	static const char *const comparisons[QUERY_FIELDS] = {
	    [QUERY_AFTER] = "m.received >=",
	    [QUERY_BEFORE] = "m.received <=",
	    [QUERY_LARGER] = ">",
	    [QUERY_SMALLER] = "<",
	};
	bool is_size =
	    term->field == QUERY_LARGER || term->field == QUERY_SMALLER;

	if (is_size)
		(void)buf_printf(made->out, "m.size%s ",
		    term->with_trace ? " + (SELECT y.trace_size FROM summary y"
				       " WHERE y.message = m.seq)"
				     : "");
	(void)buf_printf(made->out, "%s ?%d", comparisons[term->field],
	    add_number(made, term->number));
}

static void
put_header(struct query_sql *made, const struct query *term)
{
	(void)buf_printf(made->out,
	    "EXISTS (SELECT 1 FROM header h WHERE h.message = m.seq"
	    " AND h.name = ?%d COLLATE NOCASE",
	    add_text(made, term->name));
	if (term->text) {
		(void)buf_put_string(made->out, " AND ");
		put_compare(made, term, "h.value");
	}
	(void)buf_put_char(made->out, ')');
}

static void
put_attachment(struct query_sql *made, const struct query *term)
{
	(void)buf_put_string(made->out,
	    "EXISTS (SELECT 1 FROM part p WHERE p.message = m.seq"
	    " AND p.role = 'attachment' AND ");
	put_compare(made, term, "p.name");
	(void)buf_put_char(made->out, ')');
}

/* Few messages have a certain tag, as a rule: they are a good beginning. */
static void
put_tag(struct query_sql *made, const struct query *term)
{
	(void)buf_put_string(made->out,
	    made->use == QUERY_SQL_SCAN
		? "m.seq IN (SELECT t.message FROM tag t WHERE "
		: "EXISTS (SELECT 1 FROM tag t WHERE t.message = m.seq AND ");
	put_compare(made, term, "t.name");
	(void)buf_put_char(made->out, ')');
}

static void
put_finding(struct query_sql *made, const struct query *term)
{
	(void)buf_put_string(made->out,
	    "EXISTS (SELECT 1 FROM finding f WHERE f.message = m.seq AND ");
	put_compare(made, term, "f.rule");
	(void)buf_put_char(made->out, ')');
}

static void
put_mark(struct query_sql *made, const struct query *term)
{
	static const char *const marks[QUERY_FIELDS] = {
	    [QUERY_IS_READ] = "m.is_read <> 0",
	    [QUERY_IS_UNREAD] = "m.is_read = 0",
	    [QUERY_IS_TAGGED] =
		"EXISTS (SELECT 1 FROM tag t WHERE t.message = m.seq)",
	    [QUERY_HAS_ATTACHMENT] =
		"EXISTS (SELECT 1 FROM summary s WHERE"
		" s.message = m.seq AND s.attachments > 0)",
	    [QUERY_HAS_INLINE] = "EXISTS (SELECT 1 FROM summary s WHERE"
				 " s.message = m.seq AND s.inlines > 0)",
	    [QUERY_HAS_FINDING] = "EXISTS (SELECT 1 FROM summary s WHERE"
				  " s.message = m.seq AND s.findings > 0)",
	};

	(void)buf_put_string(made->out, marks[term->field]);
}

typedef void putter(struct query_sql *, const struct query *);

static putter *const putters[QUERY_FIELDS] = {
    [QUERY_TEXT] = put_columns,
    [QUERY_RCPT] = put_columns,
    [QUERY_MAILFROM] = put_columns,
    [QUERY_HELO] = put_envelope,
    [QUERY_PEER] = put_envelope,
    [QUERY_USER] = put_envelope,
    [QUERY_INBOX] = put_inbox,
    [QUERY_STATE] = put_state,
    [QUERY_ID] = put_envelope,
    [QUERY_SESSION] = put_session,
    [QUERY_SEQ] = put_seq,
    [QUERY_AFTER] = put_number,
    [QUERY_BEFORE] = put_number,
    [QUERY_LARGER] = put_number,
    [QUERY_SMALLER] = put_number,
    [QUERY_FROM] = put_columns,
    [QUERY_TO] = put_columns,
    [QUERY_CC] = put_columns,
    [QUERY_BCC] = put_columns,
    [QUERY_REPLY_TO] = put_columns,
    [QUERY_ADDRESSED] = put_columns,
    [QUERY_SUBJECT] = put_columns,
    [QUERY_MESSAGE_ID] = put_columns,
    [QUERY_HEADER] = put_header,
    [QUERY_BODY] = put_columns,
    [QUERY_ATTACHMENT] = put_attachment,
    [QUERY_TAG] = put_tag,
    [QUERY_IS_READ] = put_mark,
    [QUERY_IS_UNREAD] = put_mark,
    [QUERY_IS_TAGGED] = put_mark,
    [QUERY_HAS_ATTACHMENT] = put_mark,
    [QUERY_HAS_INLINE] = put_mark,
    [QUERY_HAS_FINDING] = put_mark,
    [QUERY_FINDING] = put_finding,
};

/* Patterns fit whole values, which the columns of the search do not tell
   apart. */
static putter *const pattern_putters[QUERY_FIELDS] = {
    [QUERY_RCPT] = put_rcpt,
    [QUERY_MAILFROM] = put_envelope,
    [QUERY_FROM] = put_lists,
    [QUERY_TO] = put_lists,
    [QUERY_CC] = put_lists,
    [QUERY_BCC] = put_lists,
    [QUERY_REPLY_TO] = put_lists,
    [QUERY_ADDRESSED] = put_lists,
};

static void
put_term(struct query_sql *made, const struct query *term)
{
	putter *put = putters[term->field];

	if (term->form == QUERY_PATTERN && pattern_putters[term->field])
		put = pattern_putters[term->field];
	put(made, term);
}

static void put(struct query_sql *made, const struct query *query);

/* Operands of an AND of ANDs, or an OR of ORs. */
struct row {
	enum query_kind kind;
	const char *sign;
	size_t count; /* how many were put */
};

static size_t
count_operands(enum query_kind kind, const struct query *query)
{
	if (query->kind != kind)
		return 1;
	return count_operands(kind, query->left) +
	    count_operands(kind, query->right);
}

static void
put_operands(struct query_sql *made, struct row *row, const struct query *query)
{
	if (query->kind == row->kind) {
		put_operands(made, row, query->left);
		put_operands(made, row, query->right);
		return;
	}
	if (row->count && row->count % ROW_MAX == 0)
		(void)buf_printf(made->out, ")%s(", row->sign);
	else if (row->count)
		(void)buf_put_string(made->out, row->sign);
	put(made, query);
	row->count++;
}

/*
 * SQLite's parser has a stack of 100 places, of which an open parenthesis takes
 * up to three, and its trees may be 1,000 high: so a row of terms is neither
 * nested nor left as long as it is.
 */
static void
put_row(struct query_sql *made, const struct query *query)
{
	struct row row = {
	    query->kind, query->kind == QUERY_AND ? " AND " : " OR ", 0};
	bool is_long = count_operands(query->kind, query) > ROW_MAX;

	(void)buf_put_string(made->out, is_long ? "((" : "(");
	put_operands(made, &row, query);
	(void)buf_put_string(made->out, is_long ? "))" : ")");
}

static void
put(struct query_sql *made, const struct query *query)
{
	switch (query->kind) {
	case QUERY_AND:
	case QUERY_OR:
		put_row(made, query);
		break;
	case QUERY_NOT:
		(void)buf_put_string(made->out, "NOT ");
		put(made, query->left);
		break;
	case QUERY_TERM:
		put_term(made, query);
		break;
	case QUERY_ALL:
		(void)buf_put_char(made->out, '1');
		break;
	}
}

enum err
query_sql_put(struct query_sql *made, const struct query *query)
{
	(void)buf_put_char(made->out, '(');
	put(made, query);
	(void)buf_put_char(made->out, ')');
	if (made->failed)
		return ERR_MEMORY;
	if (made->out->len > SQL_LIMIT)
		return ERR_LIMIT;
	return buf_failed(made->out) || buf_failed(&made->texts) ? ERR_MEMORY
								 : ERR_OK;
}
