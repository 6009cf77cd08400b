/* trace: the header fields that a delivering server would have put on top. */
#include "trace.h"

#include "clock.h"

#include <stdlib.h>
#include <strings.h>

/* What stands in a header must end no line, whoever sent it. */
static void
put_clean(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		(void)buf_put_char(
		    out, byte < ' ' || byte == 0x7f ? '?' : text.at[i]);
	}
}

/* ---- recipients that no header names */

/* An address and where it stands: 0 in the header, else behind that many
   recipients less one. */
struct entry {
	struct span address;
	size_t place;
};

static int
compare_places(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;

	return a->place < b->place ? -1 : a->place > b->place;
}

static int
compare_addresses(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	size_t len =
	    a->address.len < b->address.len ? a->address.len : b->address.len;
	int order = strncasecmp(a->address.at, b->address.at, len);

	if (order == 0 && a->address.len != b->address.len)
		order = a->address.len < b->address.len ? -1 : 1;
	return order ? order : compare_places(left, right);
}

static const enum mime_list lists[] = {MIME_TO, MIME_CC, MIME_BCC};

static size_t
collect(struct entry *entries, const struct message *message,
    const struct mime *mime)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t j = 0; j < mime->lists[lists[i]].count; j++)
			entries[count++].address =
			    span_string(mime->lists[lists[i]].at[j].address);
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		if (message_rcpt_is_accepted(&rcpt))
			entries[count++] = (struct entry){rcpt.address, i + 1};
	}
	return count;
}

/* Keeps the first of each address, where that is a recipient. */
static size_t
keep_unlisted(struct entry *entries, size_t count)
{
	struct span last = SPAN("");
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct entry entry = entries[i];

		if (entry.place && !span_equal_nocase(entry.address, last))
			entries[kept++] = entry;
		last = entry.address;
	}
	return kept;
}

/* Sorted, since people send thousands of recipients to see what happens. */
bool
trace_unlisted(const struct message *message, const struct mime *mime,
    trace_callback *call, void *context)
{
	size_t count = message->recipient_count;
	struct entry *entries;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		count += mime->lists[lists[i]].count;
	entries = calloc(count + 1, sizeof(*entries));
	if (!entries)
		return false;
	count = collect(entries, message, mime);
	qsort(entries, count, sizeof(*entries), compare_addresses);
	count = keep_unlisted(entries, count);
	qsort(entries, count, sizeof(*entries), compare_places);
	for (size_t i = 0; i < count; i++)
		if (!call(entries[i].address, context))
			break;
	free(entries);
	return true;
}

/* ---- fields */

struct bcc {
	struct buf *out;
	size_t count;
};

static bool
put_bcc(struct span address, void *context)
{
	struct bcc *bcc = context;

	(void)buf_put(bcc->out, bcc->count ? SPAN(", ") : SPAN("Bcc: "));
	put_clean(bcc->out, address);
	bcc->count++;
	return true;
}

static void
put_return_path(
    struct buf *out, const struct message *message, const struct mime *mime)
{
	struct span mail_from = message_get(message, MESSAGE_MAIL_FROM);

	if (mail_from.len == 0 ||
	    span_equal(mail_from, span_string(mime->return_path)))
		return;
	(void)buf_put(out, SPAN("Return-Path: <"));
	put_clean(out, mail_from);
	(void)buf_put(out, SPAN(">\r\n"));
}

static struct span
first_recipient(const struct message *message)
{
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		if (message_rcpt_is_accepted(&rcpt))
			return rcpt.address;
	}
	return SPAN("");
}

static void
put_received(struct buf *out, const struct message *message)
{
	struct span peer = message_get(message, MESSAGE_PEER);
	struct span recipient = first_recipient(message);
	char date[CLOCK_TEXT_SIZE];

	(void)buf_put(out, SPAN("Received: from "));
	put_clean(out, message_get(message, MESSAGE_HELO));
	(void)buf_put(out, SPAN(" (["));
	put_clean(out, peer);
	(void)buf_printf(
	    out, "])\r\n        by mailstop with ESMTP id %s\r\n", message->id);
	(void)buf_put(out, SPAN("        for <"));
	put_clean(out, recipient);
	clock_rfc5322(date, message->received_us);
	(void)buf_printf(out, ">; %s\r\n", date);
}

bool
trace_put(
    struct buf *out, const struct message *message, const struct mime *mime)
{
	struct bcc bcc = {out, 0};

	if (!trace_unlisted(message, mime, put_bcc, &bcc))
		return false;
	if (bcc.count > 0)
		(void)buf_put(out, SPAN("\r\n"));
	if (mime->message_id[0] == '\0')
		(void)buf_printf(
		    out, "Message-ID: <%s@mailstop>\r\n", message->id);
	put_return_path(out, message, mime);
	/* What came by HTTP has no client that greeted. */
	if (message_get(message, MESSAGE_HELO).len > 0)
		put_received(out, message);
	return !buf_failed(out);
}
