/* json_text: lists of addresses and names as JSON, for columns. */
#include "json_text.h"

#include "address.h"
#include "trace.h"

#include <string.h>

/* What stands before the first byte that needs an escape. */
static size_t
plain_len(struct span text)
{
	size_t len = 0;

	while (len < text.len && (unsigned char)text.at[len] >= ' ' &&
	    text.at[len] != '"' && text.at[len] != '\\')
		len++;
	return len;
}

bool
json_text_put(struct buf *out, struct span text)
{
	bool is_utf8 = address_is_utf8(text);

	(void)buf_put_char(out, '"');
	while (text.len && is_utf8) {
		size_t len = plain_len(text);

		(void)buf_put(out, span_make(text.at, len));
		span_skip(&text, len);
		if (text.len)
			(void)buf_printf(
			    out, "\\u%04x", (unsigned)text.at[0] & 0xff);
		span_skip(&text, 1);
	}
	return buf_put_char(out, '"');
}

static bool
put_entry(struct buf *out, struct span name, struct span address)
{
	/* The list has begun, and this is not its first entry. */
	if (out->len && out->at[out->len - 1] == '}')
		(void)buf_put_char(out, ',');
	(void)buf_put_string(out, "{\"Name\":");
	(void)json_text_put(out, name);
	(void)buf_put_string(out, ",\"Address\":");
	(void)json_text_put(out, address);
	return buf_put_char(out, '}');
}

static void
put_entries(struct buf *out, const struct mime_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		(void)put_entry(out, span_string(list->at[i].name),
		    span_string(list->at[i].address));
}

bool
json_text_put_list(struct buf *out, const struct mime_addresses *list)
{
	(void)buf_put_char(out, '[');
	put_entries(out, list);
	return buf_put_char(out, ']');
}

static bool
put_unlisted(struct span address, void *context)
{
	return put_entry(context, span_string(""), address);
}

bool
json_text_put_bcc(
    struct buf *out, const struct message *message, const struct mime *mime)
{
	(void)buf_put_char(out, '[');
	put_entries(out, &mime->lists[MIME_BCC]);
	trace_unlisted(message, mime, put_unlisted, out);
	return buf_put_char(out, ']');
}
