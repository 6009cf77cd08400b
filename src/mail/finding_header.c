/* finding_header: what a message's header block shows. */
#include "finding_private.h"

#include "address.h"

#include <string.h>

/* RFC 5322 2.1.1. */
#define LINE_MAX_LEN 998
#define NO_RULE FINDING_IDS

typedef bool value_check(struct span value);

/* A field that is known, and the rules for it. */
struct known {
	struct span name;
	enum finding_id missing, repeated, syntax;
	value_check *is_good;
};

static bool
is_bcc(struct span value)
{
	return span_trim(value).len == 0 || finding_is_address_list(value);
}

#define NAME(literal)                                                          \
	{                                                                      \
		literal, sizeof(literal) - 1                                   \
	}

/* RFC 5322 3.6 says how often each may stand. */
static const struct known known[] = {
    {NAME("Date"), FINDING_DATE_MISSING, FINDING_DATE_REPEATED,
	FINDING_DATE_SYNTAX, finding_is_date},
    {NAME("From"), FINDING_FROM_MISSING, FINDING_FROM_REPEATED,
	FINDING_FROM_SYNTAX, finding_is_mailbox_list},
    {NAME("Message-ID"), FINDING_MESSAGE_ID_MISSING,
	FINDING_MESSAGE_ID_REPEATED, FINDING_MESSAGE_ID_SYNTAX,
	finding_is_message_id},
    {NAME("MIME-Version"), NO_RULE, FINDING_MIME_VERSION_REPEATED,
	FINDING_MIME_VERSION_SYNTAX, finding_is_mime_version},
    {NAME("Sender"), NO_RULE, FINDING_HEADER_REPEATED, FINDING_ADDRESS_SYNTAX,
	finding_is_mailbox},
    {NAME("Reply-To"), NO_RULE, FINDING_HEADER_REPEATED, FINDING_ADDRESS_SYNTAX,
	finding_is_address_list},
    {NAME("To"), NO_RULE, FINDING_HEADER_REPEATED, FINDING_ADDRESS_SYNTAX,
	finding_is_address_list},
    {NAME("Cc"), NO_RULE, FINDING_HEADER_REPEATED, FINDING_ADDRESS_SYNTAX,
	finding_is_address_list},
    {NAME("Bcc"), NO_RULE, FINDING_HEADER_REPEATED, FINDING_ADDRESS_SYNTAX,
	is_bcc},
    {NAME("Subject"), NO_RULE, FINDING_HEADER_REPEATED, NO_RULE, NULL},
    {NAME("In-Reply-To"), NO_RULE, FINDING_HEADER_REPEATED, NO_RULE, NULL},
    {NAME("References"), NO_RULE, FINDING_HEADER_REPEATED, NO_RULE, NULL},
    {NAME("Content-Type"), NO_RULE, FINDING_HEADER_REPEATED, NO_RULE, NULL},
    {NAME("Content-Transfer-Encoding"), NO_RULE, FINDING_HEADER_REPEATED,
	NO_RULE, NULL},
    {NAME("Content-Disposition"), NO_RULE, FINDING_HEADER_REPEATED, NO_RULE,
	NULL},
    {NAME("Content-ID"), NO_RULE, FINDING_HEADER_REPEATED, NO_RULE, NULL},
    {NAME("Content-Description"), NO_RULE, FINDING_HEADER_REPEATED, NO_RULE,
	NULL},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

/* What was counted over the whole block. */
struct tally {
	size_t fields[KNOWN];
	struct span content; /* the first Content field */
	size_t versions;
};

bool
finding_next_field(struct span *head, struct header_field *field)
{
	while (!header_next(head, field)) {
		if (head->len == 0)
			return false;
		(void)span_cut(head, '\n');
	}
	return true;
}

/* The field from its name to the end of its value, as it stands. */
static struct span
whole_field(const struct header_field *field)
{
	return span_make(field->name.at,
	    (size_t)(field->value.at + field->value.len - field->name.at));
}

/* ---- how far the block goes */

static bool
is_empty_line(struct span rest)
{
	return span_starts(rest, SPAN("\n")) || span_starts(rest, SPAN("\r\n"));
}

/* A line that nothing but a header has: a name without blanks, and a colon. */
static bool
looks_like_field(struct span rest)
{
	size_t len = 0;

	while (len < rest.len && rest.at[len] > ' ' && rest.at[len] != ':' &&
	    rest.at[len] != 127)
		len++;
	return len > 0 && len < rest.len && rest.at[len] == ':';
}

static void
note_stray(struct look *look, struct span line)
{
	if (line.at[0] == ' ' || line.at[0] == '\t')
		finding_add_at(look, FINDING_HEADER_FOLD, line);
	else
		finding_add_at(look, FINDING_HEADER_NO_COLON, line);
}

/*
 * A line without colon ends the block for most readers. Here it is passed over
 * when a field or the end of the block follows, so that what stands behind it
 * is not called missing.
 */
static void
find_head(struct look *look)
{
	struct span rest = look->raw;
	struct span line;

	for (;;) {
		struct span block = header_block(rest);

		span_skip(&rest, block.len);
		if (rest.len == 0 || is_empty_line(rest))
			break;
		line = rest;
		line.len = span_find(line, '\n');
		note_stray(look, line);
		line = rest;
		(void)span_cut(&line, '\n');
		if (!looks_like_field(line) && !is_empty_line(line))
			break;
		rest = line;
	}
	look->head = span_make(look->raw.at, (size_t)(rest.at - look->raw.at));
}

/* ---- lines */

static void
look_at_line(struct look *look, struct span line)
{
	if (line.len > LINE_MAX_LEN)
		finding_add_at(look, FINDING_HEADER_TOO_LONG, line);
	if (line.len && span_trim(line).len == 0)
		finding_add_at(look, FINDING_HEADER_FOLD, line);
	if (span_find_8bit(line) == line.len)
		return;
	if (!address_is_utf8(line))
		finding_add_at(look, FINDING_HEADER_8BIT, line);
	else if (!(look->promises & PROMISE_UTF8))
		finding_add_at(look, FINDING_HEADER_UTF8, line);
}

void
finding_look_at_head_lines(struct look *look, struct span head)
{
	struct span line;

	while (finding_next_line(&head, &line))
		look_at_line(look, line);
}

/* ---- fields */

/* RFC 5322 3.6.8. The blank before the colon is from 4.5, and obsolete. */
static void
check_name(struct look *look, const struct header_field *field)
{
	struct span name = field->name;
	bool is_good = name.at[name.len] == ':';

	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] == 127)
			is_good = false;
	if (!is_good)
		finding_add_at(look, FINDING_HEADER_NAME, whole_field(field));
}

static void
check_known(struct look *look, const struct header_field *field, size_t index,
    struct tally *tally)
{
	const struct known *row = &known[index];

	if (++tally->fields[index] > 1)
		finding_add_at(look, row->repeated, whole_field(field));
	if (row->is_good && !row->is_good(field->value))
		finding_add_at(look, row->syntax, whole_field(field));
}

static void
check_bcc(struct look *look, const struct header_field *field)
{
	if (span_equal_nocase(field->name, SPAN("Bcc")) &&
	    span_trim(field->value).len > 0)
		finding_add_at(look, FINDING_BCC_LEFT, whole_field(field));
}

/* RFC 2045 3: fields that mean something only with MIME-Version. */
static void
count_mime(const struct header_field *field, struct tally *tally)
{
	static const struct span names[] = {
	    NAME("Content-Type"),
	    NAME("Content-Transfer-Encoding"),
	    NAME("Content-ID"),
	    NAME("Content-Disposition"),
	};

	if (span_equal_nocase(field->name, SPAN("MIME-Version")))
		tally->versions++;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!tally->content.at &&
		    span_equal_nocase(field->name, names[i]))
			tally->content = whole_field(field);
}

static void
look_at_field(
    struct look *look, const struct header_field *field, struct tally *tally)
{
	check_name(look, field);
	for (size_t i = 0; i < KNOWN; i++)
		if (span_equal_nocase(field->name, known[i].name))
			check_known(look, field, i, tally);
	check_bcc(look, field);
	count_mime(field, tally);
	finding_look_at_words(look, field);
}

static void
note_missing(struct look *look, const struct tally *tally)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].missing != NO_RULE && tally->fields[i] == 0)
			finding_add(look, known[i].missing, 0, SPAN(""));
	if (tally->content.at && tally->versions == 0)
		finding_add_at(
		    look, FINDING_MIME_VERSION_MISSING, tally->content);
}

void
finding_look_at_header(struct look *look)
{
	struct header_field field;
	struct tally tally;
	struct span rest;

	memset(&tally, 0, sizeof(tally));
	find_head(look);
	finding_look_at_head_lines(look, look->head);
	rest = look->head;
	while (finding_next_field(&rest, &field))
		look_at_field(look, &field, &tally);
	if (look->extent != EXTENT_FIELDS)
		note_missing(look, &tally);
}
