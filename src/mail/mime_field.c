/* mime_field: the header fields of a message, decoded. */
#include "mime_private.h"

#include "clock.h"
#include "header.h"
#include "mime_shield.h"
#include "mime_word.h"

#include <stdlib.h>
#include <string.h>

/* A header bomb stays raw behind this many fields. */
#define FIELDS_MAX 10000
#define VALUE_MAX ((size_t)1024 * 1024)
#define ADDRESSES_MAX 10000

static const char *const list_names[MIME_LISTS] = {
    [MIME_FROM] = "From",
    [MIME_TO] = "To",
    [MIME_CC] = "Cc",
    [MIME_BCC] = "Bcc",
    [MIME_REPLY_TO] = "Reply-To",
};

char *
mime_valid(const char *bytes, size_t len)
{
	return g_utf8_make_valid(bytes ? bytes : "", (gssize)len);
}

/* RFC 2047 is rare; most fields need no decoder. */
static char *
decode(const char *raw)
{
	char *mended, *decoded, *valid;

	if (!strstr(raw, "=?"))
		return g_strdup(raw);
	mended = mime_word_mend(raw);
	decoded = g_mime_utils_header_decode_text(NULL, mended ? mended : raw);
	free(mended);
	if (!decoded)
		return g_strdup(raw);
	valid = mime_valid(decoded, strlen(decoded));
	g_free(decoded);
	return valid;
}

static void
read_field(struct mime_field *out, const struct header_field *field)
{
	struct span value = field->value;
	struct buf unfolded;

	if (value.len > VALUE_MAX)
		value.len = VALUE_MAX;
	buf_init(&unfolded, VALUE_MAX);
	(void)header_unfold(&unfolded, value);
	out->name = mime_valid(field->name.at, field->name.len);
	out->raw = mime_valid(unfolded.at, unfolded.len);
	out->value = decode(out->raw);
	buf_release(&unfolded);
}

static void
put_address(struct mime_addresses *all, InternetAddress *address)
{
	InternetAddressMailbox *mailbox = INTERNET_ADDRESS_MAILBOX(address);
	const char *name = internet_address_get_name(address);
	const char *text = internet_address_mailbox_get_addr(mailbox);
	struct mime_address *slot;

	all->at = g_renew(struct mime_address, all->at, all->count + 1);
	slot = &all->at[all->count++];
	slot->name = mime_valid(name, name ? strlen(name) : 0);
	slot->address = mime_valid(text, text ? strlen(text) : 0);
}

/* Groups are flattened; "undisclosed-recipients:;" is an empty list. */
static void
put_addresses(struct mime_addresses *all, InternetAddressList *list, int depth)
{
	int count = internet_address_list_length(list);

	for (int i = 0; i < count && all->count < ADDRESSES_MAX; i++) {
		InternetAddress *address =
		    internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(address))
			put_address(all, address);
		else if (INTERNET_ADDRESS_IS_GROUP(address) && depth < 8)
			put_addresses(all,
			    internet_address_group_get_members(
				INTERNET_ADDRESS_GROUP(address)),
			    depth + 1);
	}
}

static void
parse_list(struct mime_addresses *all, const char *raw)
{
	char *safe = g_strndup(raw, mime_shield_value(span_string(raw)));
	char *mended = mime_word_mend(safe);
	InternetAddressList *list =
	    internet_address_list_parse(NULL, mended ? mended : safe);

	if (list) {
		put_addresses(all, list, 0);
		g_object_unref(list);
	}
	free(mended);
	g_free(safe);
}

static void
read_list(struct mime *mime, enum mime_list which)
{
	const struct mime_field *field = mime_find(mime, list_names[which]);
	struct mime_addresses *all = &mime->lists[which];

	if (!field)
		return;
	parse_list(all, field->raw);
	if (all->count || which != MIME_FROM)
		return;
	/* What stands in From is shown even when it is no address. */
	all->at = g_new(struct mime_address, 1);
	all->count = 1;
	all->at[0].name = g_strdup(field->value);
	all->at[0].address = g_strdup("");
}

/* The value between < and >, or all of it without blanks around. */
static char *
read_bracketed(const struct mime *mime, const char *name)
{
	const struct mime_field *field = mime_find(mime, name);
	const char *open, *close;

	if (!field)
		return g_strdup("");
	open = strchr(field->value, '<');
	close = open ? strchr(open, '>') : NULL;
	if (close)
		return g_strndup(open + 1, (gsize)(close - open - 1));
	return g_strstrip(g_strdup(field->value));
}

static void
read_date(struct mime *mime)
{
	const struct mime_field *field = mime_find(mime, "Date");
	GDateTime *date;

	date = field ? g_mime_utils_header_decode_date(field->raw) : NULL;
	if (!date) {
		mime->date = g_strdup("");
		return;
	}
	mime->date_us = g_date_time_to_unix(date) * CLOCK_SECOND;
	mime->date = g_date_time_get_utc_offset(date)
	    ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%S%:z")
	    : g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ");
	g_date_time_unref(date);
	if (!mime->date)
		mime->date = g_strdup("");
}

void
mime_read_fields(struct mime *mime, struct span message)
{
	const struct mime_field *subject;
	struct header_field field;
	size_t room = 0;

	while (header_next(&message, &field)) {
		if (mime->field_count == FIELDS_MAX) {
			mime->is_cut = true;
			break;
		}
		if (mime->field_count == room) {
			room = room ? room * 2 : 16;
			mime->fields =
			    g_renew(struct mime_field, mime->fields, room);
		}
		read_field(&mime->fields[mime->field_count++], &field);
	}
	for (enum mime_list list = 0; list < MIME_LISTS; list++)
		read_list(mime, list);
	subject = mime_find(mime, "Subject");
	mime->subject = g_strdup(subject ? subject->value : "");
	mime->message_id = read_bracketed(mime, "Message-ID");
	mime->return_path = read_bracketed(mime, "Return-Path");
	read_date(mime);
}
