/* trace: the header fields that a delivering server would have put on top. */
#include "trace.h"

#include "clock.h"

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

static bool
names(const struct mime_addresses *list, struct span address)
{
	for (size_t i = 0; i < list->count; i++)
		if (span_equal_nocase(
			span_string(list->at[i].address), address))
			return true;
	return false;
}

/* Whether an accepted recipient before `end` is the same. */
static bool
came_before(const struct message *message, size_t end, struct span address)
{
	for (size_t i = 0; i < end; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		if (message_rcpt_is_accepted(&rcpt) &&
		    span_equal_nocase(rcpt.address, address))
			return true;
	}
	return false;
}

void
trace_unlisted(const struct message *message, const struct mime *mime,
    trace_callback *call, void *context)
{
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		if (!message_rcpt_is_accepted(&rcpt) ||
		    names(&mime->lists[MIME_TO], rcpt.address) ||
		    names(&mime->lists[MIME_CC], rcpt.address) ||
		    names(&mime->lists[MIME_BCC], rcpt.address) ||
		    came_before(message, i, rcpt.address))
			continue;
		if (!call(rcpt.address, context))
			return;
	}
}

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

	trace_unlisted(message, mime, put_bcc, &bcc);
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
