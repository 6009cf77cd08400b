/* query_match: whether one message in memory is what a query asks for. */
#include "query_match.h"

#include "query_field.h"
#include "trace.h"

#include <string.h>

static char
lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

/* How many bytes the UTF-8 character at the front has. */
static size_t
letter_len(struct span text)
{
	size_t len = 1;

	while (len < text.len && ((unsigned char)text.at[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/*
 * '*' is any text, '?' one character. Only the last star is ever tried again,
 * so the time is at most the product of both lengths.
 */
static bool
fits_pattern(struct span text, struct span pattern)
{
	struct span star_text = {NULL, 0}, star_pattern = {NULL, 0};

	for (;;) {
		if (pattern.len && pattern.at[0] == '*') {
			span_skip(&pattern, 1);
			star_pattern = pattern;
			star_text = text;
		} else if (text.len && pattern.len && pattern.at[0] == '?') {
			span_skip(&text, letter_len(text));
			span_skip(&pattern, 1);
		} else if (text.len && pattern.len &&
		    lower(text.at[0]) == lower(pattern.at[0])) {
			span_skip(&text, 1);
			span_skip(&pattern, 1);
		} else if (text.len == 0 && pattern.len == 0) {
			return true;
		} else {
			if (!star_pattern.at || star_text.len == 0)
				return false;
			span_skip(&star_text, letter_len(star_text));
			text = star_text;
			pattern = star_pattern;
		}
	}
}

static bool
fits(const struct query *term, struct span value)
{
	struct span text = span_string(term->text);

	switch (term->form) {
	case QUERY_INSIDE:
		return span_contains_nocase(value, text);
	case QUERY_EXACT:
		return span_equal(value, text);
	case QUERY_SAME:
		return span_equal_nocase(value, text);
	default:
		return fits_pattern(value, text);
	}
}

static bool
fits_string(const struct query *term, const char *value)
{
	return fits(term, span_string(value));
}

/* Both sides are in lower case already. */
static bool
fits_columns(const struct query *term, const struct search_text *search)
{
	unsigned columns = query_field_columns(term->field);
	size_t len = strlen(term->text);

	for (int column = 0; column < SEARCH_COLUMNS; column++) {
		struct span text;

		if (!(columns & 1u << column))
			continue;
		text = search_text_column(search, (enum search_column)column);
		if (memmem(text.at, text.len, term->text, len))
			return true;
	}
	return false;
}

static bool
match_columns(const struct query *term, const struct query_subject *subject)
{
	struct search_text search;
	bool is_match;

	if (subject->search)
		return fits_columns(term, subject->search);
	search_text_init(&search);
	is_match = search_text_make(&search, subject->message, subject->mime) &&
	    fits_columns(term, &search);
	search_text_release(&search);
	return is_match;
}

static bool
match_rcpt(const struct query *term, const struct query_subject *subject)
{
	const struct message *message = subject->message;

	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		if (message_rcpt_is_accepted(&rcpt) && fits(term, rcpt.address))
			return true;
	}
	return false;
}

struct blind {
	const struct query *term;
	bool is_match;
};

static bool
match_unlisted(struct span address, void *context)
{
	struct blind *blind = context;

	blind->is_match = fits(blind->term, address);
	return !blind->is_match;
}

/* Recipients that no header names were blind copies to the reader. */
static bool
match_blind(const struct query *term, const struct query_subject *subject)
{
	struct blind blind = {term, false};

	return trace_unlisted(
		   subject->message, subject->mime, match_unlisted, &blind) &&
	    blind.is_match;
}

static bool
match_lists(const struct query *term, const struct query_subject *subject)
{
	unsigned columns = query_field_columns(term->field);

	for (int which = 0; which < MIME_LISTS; which++) {
		const struct mime_addresses *list =
		    &subject->mime->lists[which];

		if (!(columns & 1u << (SEARCH_FROM + which)))
			continue;
		for (size_t i = 0; i < list->count; i++)
			if (fits_string(term, list->at[i].name) ||
			    fits_string(term, list->at[i].address))
				return true;
	}
	return (columns & 1u << SEARCH_BCC) && match_blind(term, subject);
}

static bool
match_envelope(const struct query *term, const struct query_subject *subject)
{
	static const enum message_field fields[QUERY_FIELDS] = {
	    [QUERY_MAILFROM] = MESSAGE_MAIL_FROM,
	    [QUERY_HELO] = MESSAGE_HELO,
	    [QUERY_PEER] = MESSAGE_PEER,
	    [QUERY_USER] = MESSAGE_USER,
	    [QUERY_INBOX] = MESSAGE_INBOX,
	    [QUERY_SESSION] = MESSAGE_SESSION,
	};

	return fits(term, message_get(subject->message, fields[term->field]));
}

static bool
match_id(const struct query *term, const struct query_subject *subject)
{
	return fits_string(term, subject->message->id);
}

static bool
compare(enum query_compare how, int64_t a, int64_t b)
{
	switch (how) {
	case QUERY_LT:
		return a < b;
	case QUERY_LE:
		return a <= b;
	case QUERY_GT:
		return a > b;
	case QUERY_GE:
		return a >= b;
	default:
		return a == b;
	}
}

static bool
match_number(const struct query *term, const struct query_subject *subject)
{
	const struct message *message = subject->message;
	int64_t size = (int64_t)subject->size +
	    (term->with_trace ? subject->trace_size : 0);

	switch (term->field) {
	case QUERY_STATE:
		return (int64_t)message->state == term->number;
	case QUERY_AFTER:
		return message->received_us >= term->number;
	case QUERY_BEFORE:
		return message->received_us <= term->number;
	case QUERY_LARGER:
		return size > term->number;
	case QUERY_SMALLER:
		return size < term->number;
	default:
		return compare(term->compare, subject->seq, term->number);
	}
}

static bool
match_header(const struct query *term, const struct query_subject *subject)
{
	const struct mime *mime = subject->mime;
	struct span name = span_string(term->name);

	for (size_t i = 0; i < mime->field_count; i++)
		if (span_equal_nocase(
			span_string(mime->fields[i].name), name) &&
		    (!term->text || fits_string(term, mime->fields[i].value)))
			return true;
	return false;
}

static bool
match_attachment(const struct query *term, const struct query_subject *subject)
{
	const struct mime *mime = subject->mime;

	for (size_t i = 0; i < mime->part_count; i++)
		if (mime->parts[i].role == MIME_ATTACHMENT &&
		    fits_string(term, mime->parts[i].name))
			return true;
	return false;
}

static bool
match_tag(const struct query *term, const struct query_subject *subject)
{
	for (const char *const *tag = subject->tags; tag && *tag; tag++)
		if (fits_string(term, *tag))
			return true;
	return false;
}

static bool
match_finding(const struct query *term, const struct query_subject *subject)
{
	const struct findings *findings = subject->findings;

	for (size_t i = 0; findings && i < findings->count; i++)
		if (fits_string(term, findings->at[i].rule->id))
			return true;
	return false;
}

static bool
match_mark(const struct query *term, const struct query_subject *subject)
{
	switch (term->field) {
	case QUERY_IS_READ:
		return subject->is_read;
	case QUERY_IS_UNREAD:
		return !subject->is_read;
	case QUERY_IS_TAGGED:
		return subject->tags && *subject->tags;
	case QUERY_HAS_ATTACHMENT:
		return subject->mime->attachments > 0;
	case QUERY_HAS_INLINE:
		return subject->mime->inlines > 0;
	default:
		return subject->findings && subject->findings->count > 0;
	}
}

typedef bool matcher(const struct query *, const struct query_subject *);

static matcher *const matchers[QUERY_FIELDS] = {
    [QUERY_TEXT] = match_columns,
    [QUERY_RCPT] = match_columns,
    [QUERY_MAILFROM] = match_columns,
    [QUERY_HELO] = match_envelope,
    [QUERY_PEER] = match_envelope,
    [QUERY_USER] = match_envelope,
    [QUERY_INBOX] = match_envelope,
    [QUERY_STATE] = match_number,
    [QUERY_ID] = match_id,
    [QUERY_SESSION] = match_envelope,
    [QUERY_SEQ] = match_number,
    [QUERY_AFTER] = match_number,
    [QUERY_BEFORE] = match_number,
    [QUERY_LARGER] = match_number,
    [QUERY_SMALLER] = match_number,
    [QUERY_FROM] = match_columns,
    [QUERY_TO] = match_columns,
    [QUERY_CC] = match_columns,
    [QUERY_BCC] = match_columns,
    [QUERY_REPLY_TO] = match_columns,
    [QUERY_ADDRESSED] = match_columns,
    [QUERY_SUBJECT] = match_columns,
    [QUERY_MESSAGE_ID] = match_columns,
    [QUERY_HEADER] = match_header,
    [QUERY_BODY] = match_columns,
    [QUERY_ATTACHMENT] = match_attachment,
    [QUERY_TAG] = match_tag,
    [QUERY_IS_READ] = match_mark,
    [QUERY_IS_UNREAD] = match_mark,
    [QUERY_IS_TAGGED] = match_mark,
    [QUERY_HAS_ATTACHMENT] = match_mark,
    [QUERY_HAS_INLINE] = match_mark,
    [QUERY_HAS_FINDING] = match_mark,
    [QUERY_FINDING] = match_finding,
};

/* Patterns fit whole values, which the columns do not tell apart. */
static matcher *const pattern_matchers[QUERY_FIELDS] = {
    [QUERY_RCPT] = match_rcpt,
    [QUERY_MAILFROM] = match_envelope,
    [QUERY_FROM] = match_lists,
    [QUERY_TO] = match_lists,
    [QUERY_CC] = match_lists,
    [QUERY_BCC] = match_lists,
    [QUERY_REPLY_TO] = match_lists,
    [QUERY_ADDRESSED] = match_lists,
};

static bool
match_term(const struct query *term, const struct query_subject *subject)
{
	matcher *match = matchers[term->field];

	if (term->form == QUERY_PATTERN && pattern_matchers[term->field])
		match = pattern_matchers[term->field];
	return match(term, subject);
}

bool
query_match(const struct query *query, const struct query_subject *subject)
{
	if (!query)
		return true;
	switch (query->kind) {
	case QUERY_AND:
		return query_match(query->left, subject) &&
		    query_match(query->right, subject);
	case QUERY_OR:
		return query_match(query->left, subject) ||
		    query_match(query->right, subject);
	case QUERY_NOT:
		return !query_match(query->left, subject);
	case QUERY_TERM:
		return match_term(query, subject);
	default:
		return true;
	}
}

bool
query_misses(const struct query *query, const struct query_subject *subject,
    struct buf *out, size_t *failed)
{
	if (query_match(query, subject))
		return !buf_failed(out);
	if (query->kind == QUERY_AND)
		return query_misses(query->left, subject, out, failed) &&
		    query_misses(query->right, subject, out, failed);
	++*failed;
	return query_put(out, query) && buf_put_char(out, '\n');
}
