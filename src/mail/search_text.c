/* search_text: what of a message a search looks at. */
#include "search_text.h"

#include "clean.h"
#include "html.h"
#include "trace.h"

/* Text twice, once of the HTML and once as it is, and the header. */
#define SEARCH_LIMIT ((size_t)768 * 1024 * 1024)

static const struct {
	const char *name;
	enum search_column column;
} headers[] = {
    {"From", SEARCH_FROM},
    {"To", SEARCH_TO},
    {"Cc", SEARCH_CC},
    {"Bcc", SEARCH_BCC},
    {"Reply-To", SEARCH_REPLY_TO},
    {"Subject", SEARCH_SUBJECT},
};

void
search_text_init(struct search_text *search)
{
	*search = (struct search_text){.ends = {0}};
	buf_init(&search->bytes, SEARCH_LIMIT);
}

void
search_text_release(struct search_text *search)
{
	buf_release(&search->bytes);
	search_text_init(search);
}

struct span
search_text_column(const struct search_text *search, enum search_column column)
{
	size_t start = column ? search->ends[column - 1] : 0;

	if (search->ends[column] == start)
		return SPAN("");
	return span_make(
	    search->bytes.at + start, search->ends[column] - start);
}

/* The columns share one buffer; each is cleaned as if it stood alone. */
struct making {
	struct search_text *search;
	struct buf column;
	const struct message *message;
	const struct mime *mime;
};

static void
put(struct making *making, const char *text)
{
	(void)clean_put(&making->column, span_string(text));
}

static void
put_list(struct making *making, enum mime_list which)
{
	const struct mime_addresses *list = &making->mime->lists[which];

	for (size_t i = 0; i < list->count; i++) {
		put(making, list->at[i].name);
		put(making, list->at[i].address);
	}
}

static void
put_from(struct making *making)
{
	put_list(making, MIME_FROM);
}

static void
put_to(struct making *making)
{
	put_list(making, MIME_TO);
}

static void
put_cc(struct making *making)
{
	put_list(making, MIME_CC);
}

static bool
put_unlisted(struct span address, void *context)
{
	struct making *making = context;

	return clean_put(&making->column, address);
}

static void
put_bcc(struct making *making)
{
	put_list(making, MIME_BCC);
	if (!trace_unlisted(
		making->message, making->mime, put_unlisted, making))
		making->column.failed = true;
}

static void
put_reply_to(struct making *making)
{
	put_list(making, MIME_REPLY_TO);
}

static void
put_subject(struct making *making)
{
	(void)clean_put_lower(
	    &making->column, span_string(making->mime->subject));
}

static void
put_message_id(struct making *making)
{
	put(making, making->mime->message_id);
}

static void
put_mail_from(struct making *making)
{
	(void)clean_put(
	    &making->column, message_get(making->message, MESSAGE_MAIL_FROM));
}

static void
put_recipients(struct making *making)
{
	const struct message *message = making->message;

	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		if (message_rcpt_is_accepted(&rcpt))
			(void)clean_put(&making->column, rcpt.address);
	}
}

/* What the header says in other words than its column does. */
static void
put_rest_of_headers(struct making *making)
{
	struct buf words;

	buf_init(&words, SEARCH_LIMIT);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const struct mime_field *field =
		    mime_find(making->mime, headers[i].name);
		struct span column;

		if (!field)
			continue;
		buf_reset(&words);
		(void)clean_put(&words, span_string(field->value));
		column = search_text_column(making->search, headers[i].column);
		if (!span_equal(buf_span(&words), column))
			(void)clean_put(&making->column, buf_span(&words));
	}
	if (buf_failed(&words))
		making->column.failed = true;
	buf_release(&words);
}

static void
put_other(struct making *making)
{
	const struct mime *mime = making->mime;

	put_rest_of_headers(making);
	put(making, mime->return_path);
	for (size_t i = 0; i < mime->part_count; i++)
		if (mime->parts[i].role != MIME_CONTAINER &&
		    mime->parts[i].role != MIME_BODY)
			put(making, mime->parts[i].name);
}

static void
put_body(struct making *making)
{
	struct buf words;

	buf_init(&words, SEARCH_LIMIT);
	if (making->mime->html.len)
		(void)html_put_search(&words, buf_span(&making->mime->html));
	(void)clean_put(&making->column, buf_span(&words));
	(void)clean_put(&making->column, buf_span(&making->mime->text));
	buf_release(&words);
}

static void (*const makers[SEARCH_COLUMNS])(struct making *) = {
    [SEARCH_FROM] = put_from,
    [SEARCH_TO] = put_to,
    [SEARCH_CC] = put_cc,
    [SEARCH_BCC] = put_bcc,
    [SEARCH_REPLY_TO] = put_reply_to,
    [SEARCH_SUBJECT] = put_subject,
    [SEARCH_MESSAGE_ID] = put_message_id,
    [SEARCH_MAIL_FROM] = put_mail_from,
    [SEARCH_RCPT] = put_recipients,
    [SEARCH_OTHER] = put_other,
    [SEARCH_BODY] = put_body,
};

bool
search_text_make(struct search_text *search, const struct message *message,
    const struct mime *mime)
{
	struct making making = {search, {0}, message, mime};
	bool is_made = true;

	buf_init(&making.column, SEARCH_LIMIT);
	buf_reset(&search->bytes);
	for (int column = 0; column < SEARCH_COLUMNS; column++) {
		buf_reset(&making.column);
		makers[column](&making);
		is_made = is_made && !buf_failed(&making.column) &&
		    buf_put(&search->bytes, buf_span(&making.column));
		search->ends[column] = search->bytes.len;
	}
	buf_release(&making.column);
	return is_made;
}
