/* query_term: one word of a query becomes what it asks for. */
#include "query_term.h"

#include "clean.h"
#include "finding.h"
#include "message.h"
#include "query_date.h"
#include "query_field.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A whole exabyte; larger numbers would not stay in their 63 bits. */
#define SIZE_LIMIT ((uint64_t)1 << 20)

/* What became of the bytes behind a field's name. */
enum outcome { GOOD, NOTHING, UNREADABLE, NO_MEMORY };

/* Why a value was refused, for a person. */
static const char *const wanted[] = {
    [QUERY_VALUE_NONE] = "nothing",
    [QUERY_VALUE_CLEAN] = "a text",
    [QUERY_VALUE_LOWER] = "a text",
    [QUERY_VALUE_PLAIN] = "a text",
    [QUERY_VALUE_HEADER] = "the name of a header field, or NAME=text",
    [QUERY_VALUE_STATE] = "accepted, refused or aborted",
    [QUERY_VALUE_RULE] =
	"the id of a rule, such as bare-lf, or a pattern: mailstop-finding(7)",
    [QUERY_VALUE_DATE] = "a date, such as 2024-04-01 or 2024-04-01T10:30:00Z",
    [QUERY_VALUE_SIZE] = "a size, such as 1500, 20k or 1.5M",
    [QUERY_VALUE_NUMBER] = "a number",
};

struct query *
query_node(enum query_kind kind)
{
	struct query *node = calloc(1, sizeof(*node));

	if (node)
		node->kind = kind;
	return node;
}

static enum query_verdict refuse(struct query_error *error, size_t offset,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum query_verdict
refuse(struct query_error *error, size_t offset, const char *format, ...)
{
	va_list args;

	error->offset = offset;
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return QUERY_TERM_WRONG;
}

static enum outcome
keep(char **out, struct span text)
{
	if (text.len == 0)
		return NOTHING;
	*out = strndup(text.at, text.len);
	return *out ? GOOD : NO_MEMORY;
}

static enum outcome
keep_made(char **out, struct span value, bool (*put)(struct buf *, struct span))
{
	enum outcome outcome = NO_MEMORY;
	struct buf text;

	/* A letter may need one byte more in lower case. */
	buf_init(&text, 2 * QUERY_LEN_MAX);
	if (put(&text, value))
		outcome = keep(out, buf_span(&text));
	buf_release(&text);
	return outcome;
}

static enum outcome
read_clean(
    struct query *term, struct span value, const struct query_options *options)
{
	(void)options;
	return keep_made(&term->text, value, clean_put);
}

static enum outcome
read_lower(
    struct query *term, struct span value, const struct query_options *options)
{
	(void)options;
	return keep_made(&term->text, value, clean_put_lower);
}

static enum outcome
read_plain(
    struct query *term, struct span value, const struct query_options *options)
{
	(void)options;
	return keep(&term->text, span_trim(value));
}

/* RFC 5322 3.6.8: printable ASCII without a colon. */
static bool
is_header_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~' || name.at[i] == ':')
			return false;
	return name.len > 0;
}

static enum outcome
read_header(
    struct query *term, struct span value, const struct query_options *options)
{
	struct span rest = value;
	struct span name = span_trim(span_cut(&rest, '='));
	enum outcome outcome;

	(void)options;
	if (value.len == 0)
		return NOTHING;
	if (!is_header_name(name))
		return UNREADABLE;
	outcome = keep(&term->name, name);
	if (outcome != GOOD || rest.len == 0)
		return outcome;
	return keep(&term->text, rest);
}

static enum outcome
read_state(
    struct query *term, struct span value, const struct query_options *options)
{
	static const struct {
		const char *name;
		enum message_state state;
	} states[] = {
	    {"accepted", MESSAGE_ACCEPTED},
	    {"refused", MESSAGE_REFUSED},
	    {"aborted", MESSAGE_ABORTED},
	};

	(void)options;
	for (size_t i = 0; i < COUNT(states); i++)
		if (span_equal_nocase(value, span_string(states[i].name))) {
			term->number = (int64_t)states[i].state;
			return GOOD;
		}
	return value.len ? UNREADABLE : NOTHING;
}

/* Who misspells one would wait for it in vain. */
static enum outcome
read_rule(
    struct query *term, struct span value, const struct query_options *options)
{
	const struct finding_rule *rule = finding_rules();

	if (options->dialect == QUERY_OWN && value.len &&
	    span_find(value, '*') == value.len) {
		while (rule->id &&
		    !span_equal_nocase(value, span_string(rule->id)))
			rule++;
		if (!rule->id)
			return UNREADABLE;
	}
	return read_plain(term, value, options);
}

static enum outcome
read_date(
    struct query *term, struct span value, const struct query_options *options)
{
	int64_t now_us = options->dialect == QUERY_OWN ? options->now_us : 0;

	value = span_trim(value);
	if (value.len == 0)
		return NOTHING;
	return query_date(value, options->zone, now_us, &term->number)
	    ? GOOD
	    : UNREADABLE;
}

static struct span
take_digits(struct span *rest)
{
	struct span digits = span_make(rest->at, 0);

	while (digits.len < rest->len && rest->at[digits.len] >= '0' &&
	    rest->at[digits.len] <= '9')
		digits.len++;
	span_skip(rest, digits.len);
	return digits;
}

/* 0 when it is none. */
static uint64_t
find_unit(struct span text)
{
	static const struct {
		const char *name;
		uint64_t size;
	} units[] = {
	    {"", 1},
	    {"k", (uint64_t)1 << 10},
	    {"kb", (uint64_t)1 << 10},
	    {"m", (uint64_t)1 << 20},
	    {"mb", (uint64_t)1 << 20},
	    {"g", (uint64_t)1 << 30},
	    {"gb", (uint64_t)1 << 30},
	};

	for (size_t i = 0; i < COUNT(units); i++)
		if (span_equal_nocase(text, span_string(units[i].name)))
			return units[i].size;
	return 0;
}

/* "1500", "20k", "1.5 MB" */
static enum outcome
read_size(
    struct query *term, struct span value, const struct query_options *options)
{
	struct span rest = span_trim(value);
	struct span whole = take_digits(&rest);
	uint64_t number, unit, part = 0, scale = 1;

	(void)options;
	if (value.len == 0)
		return NOTHING;
	if (!span_number(whole, &number))
		return UNREADABLE;
	if (rest.len && rest.at[0] == '.') {
		struct span digits;

		span_skip(&rest, 1);
		digits = take_digits(&rest);
		if (digits.len > 9 || !span_number(digits, &part))
			return UNREADABLE;
		while (digits.len--)
			scale *= 10;
	}
	unit = find_unit(span_trim(rest));
	if (unit == 0 ||
	    (unit > 1 && number > SIZE_LIMIT * SIZE_LIMIT / unit) ||
	    number > INT64_MAX)
		return UNREADABLE;
	term->number = (int64_t)(number * unit + part * unit / scale);
	return GOOD;
}

static enum outcome
read_number(
    struct query *term, struct span value, const struct query_options *options)
{
	uint64_t number;

	(void)options;
	if (value.len == 0)
		return NOTHING;
	if (!span_number(value, &number) || number > INT64_MAX)
		return UNREADABLE;
	term->number = (int64_t)number;
	return GOOD;
}

static enum outcome
read_none(
    struct query *term, struct span value, const struct query_options *options)
{
	(void)term;
	(void)value;
	(void)options;
	return GOOD;
}

static enum outcome (*const readers[])(
    struct query *, struct span, const struct query_options *) = {
    [QUERY_VALUE_NONE] = read_none,
    [QUERY_VALUE_CLEAN] = read_clean,
    [QUERY_VALUE_LOWER] = read_lower,
    [QUERY_VALUE_PLAIN] = read_plain,
    [QUERY_VALUE_HEADER] = read_header,
    [QUERY_VALUE_STATE] = read_state,
    [QUERY_VALUE_RULE] = read_rule,
    [QUERY_VALUE_DATE] = read_date,
    [QUERY_VALUE_SIZE] = read_size,
    [QUERY_VALUE_NUMBER] = read_number,
};

static bool
is_pattern(const struct query_name *row, struct span value,
    const struct query_options *options)
{
	bool has_star = span_find(value, '*') < value.len;

	switch (row->pattern) {
	case QUERY_PATTERN_ALWAYS:
		return true;
	case QUERY_PATTERN_STAR:
		return has_star;
	case QUERY_PATTERN_OWN:
		return has_star && options->dialect == QUERY_OWN;
	default:
		return false;
	}
}

/* The sender of a bounce: its name is empty, and so is the pattern for it. */
static bool
is_null_sender(const struct query_name *row, struct span value,
    const struct query_options *options)
{
	return row->field == QUERY_MAILFROM && options->dialect == QUERY_OWN &&
	    span_equal(value, SPAN("<>"));
}

static enum outcome
read_null_sender(struct query *term)
{
	term->form = QUERY_PATTERN;
	term->text = strdup("");
	return term->text ? GOOD : NO_MEMORY;
}

static enum outcome
read_value(struct query *term, const struct query_name *row, struct span value,
    const struct query_options *options)
{
	term->field = row->field;
	term->form = row->form;
	term->compare = row->compare;
	term->with_trace =
	    options->dialect == QUERY_MAILPIT && row->value == QUERY_VALUE_SIZE;
	if (is_null_sender(row, value, options))
		return read_null_sender(term);
	if (!is_pattern(row, value, options))
		return readers[row->value](term, value, options);
	term->form = QUERY_PATTERN;
	return read_plain(term, value, options);
}

/* "after:" the other way round is "before:" in Mailpit: it keeps the very
   moment, and the very size goes on both sides. */
static bool
turn_round(struct query *term)
{
	static const struct {
		enum query_field field, opposite;
	} opposites[] = {
	    {QUERY_AFTER, QUERY_BEFORE},
	    {QUERY_BEFORE, QUERY_AFTER},
	    {QUERY_LARGER, QUERY_SMALLER},
	    {QUERY_SMALLER, QUERY_LARGER},
	};

	for (size_t i = 0; i < COUNT(opposites); i++)
		if (opposites[i].field == term->field) {
			term->field = opposites[i].opposite;
			return true;
		}
	return false;
}

static enum query_verdict
negate(struct query **out, const struct query_options *options)
{
	struct query * not ;

	if (options->dialect == QUERY_MAILPIT && turn_round(*out))
		return QUERY_TERM_MADE;
	not = query_node(QUERY_NOT);
	if (!not )
		return QUERY_TERM_MEMORY;
	not ->left = *out;
	*out = not ;
	return QUERY_TERM_MADE;
}

/* How long a name at its front looks like a field's; 0 if there is none. A URL
   is text: two slashes stand behind its scheme. */
static size_t
name_len(struct span text)
{
	size_t len = 0;

	while (len < text.len &&
	    ((text.at[len] >= 'a' && text.at[len] <= 'z') ||
		(text.at[len] >= 'A' && text.at[len] <= 'Z') ||
		(len && text.at[len] == '-')))
		len++;
	if (len == 0 || len == text.len || text.at[len] != ':')
		return 0;
	span_skip(&text, len + 1);
	return span_starts(text, SPAN("//")) ? 0 : len;
}

static enum query_verdict
make_text(struct query *term, struct span text)
{
	free(term->text);
	free(term->name);
	*term = (struct query){.kind = QUERY_TERM, .field = QUERY_TEXT};
	switch (read_clean(term, text, NULL)) {
	case GOOD:
		return QUERY_TERM_MADE;
	case NO_MEMORY:
		return QUERY_TERM_MEMORY;
	default:
		return QUERY_TERM_EMPTY;
	}
}

/* The field is known; its value may be none. */
static enum query_verdict
make_field(struct query *term, const struct query_name *row, struct span text,
    const struct query_options *options, struct query_error *error)
{
	struct span value = text;
	enum outcome outcome;

	span_skip(&value, strlen(row->name));
	outcome = read_value(term, row, value, options);
	if (outcome == GOOD)
		return QUERY_TERM_MADE;
	if (outcome == NO_MEMORY)
		return QUERY_TERM_MEMORY;
	if (options->dialect == QUERY_OWN)
		return refuse(error, error->offset + strlen(row->name),
		    "%s wants %s", row->name, wanted[row->value]);
	if (outcome == NOTHING || row->value == QUERY_VALUE_DATE)
		return QUERY_TERM_DROPPED;
	return make_text(term, text);
}

/* What looks like a field is none. */
static enum query_verdict
refuse_name(struct span name, struct query_error *error)
{
	static const struct {
		struct span name;
		const char *values;
	} keywords[] = {
	    {SPAN("is"), "read, unread or tagged"},
	    {SPAN("has"), "attachment, inline or finding"},
	};

	for (size_t i = 0; i < COUNT(keywords); i++)
		if (span_equal_nocase(name, keywords[i].name))
			return refuse(error, error->offset + name.len + 1,
			    "%s: wants %s", keywords[i].name.at,
			    keywords[i].values);
	return refuse(error, error->offset,
	    "\"%.*s:\" is no field; in quotes it is text",
	    name.len < 40 ? (int)name.len : 40, name.at);
}

static enum query_verdict
make_term(struct query *term, struct span text, size_t bare,
    const struct query_options *options, struct query_error *error)
{
	const struct query_name *row = query_field_find(text);
	enum query_verdict verdict;
	size_t len = name_len(text);

	if (row)
		return make_field(term, row, text, options, error);
	if (options->dialect == QUERY_OWN && len && len < bare)
		return refuse_name(span_make(text.at, len), error);
	verdict = make_text(term, text);
	if (verdict == QUERY_TERM_EMPTY && options->dialect == QUERY_OWN)
		return refuse(
		    error, error->offset, "there is nothing to look for");
	return verdict;
}

enum query_verdict
query_term_make(struct query **out, const struct query_token *token,
    const struct query_options *options, struct query_error *error)
{
	struct span text = token->text;
	size_t bare = token->bare;
	bool is_negated =
	    text.len > 1 && (text.at[0] == '-' || text.at[0] == '!');
	struct query *term = query_node(QUERY_TERM);
	enum query_verdict verdict = QUERY_TERM_MEMORY;

	if (!term)
		return verdict;
	error->offset = token->offset;
	if (is_negated) {
		span_skip(&text, 1);
		bare -= bare > 0;
		error->offset++;
	}
	verdict = make_term(term, text, bare, options, error);
	if (verdict == QUERY_TERM_MADE && is_negated)
		verdict = negate(&term, options);
	if (verdict != QUERY_TERM_MADE) {
		query_free(term);
		return verdict;
	}
	*out = term;
	return verdict;
}
