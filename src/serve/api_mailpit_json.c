/* api_mailpit_json: messages in the shapes of Mailpit's API. */
#include "api_mailpit_json.h"

#include "api_message.h"
#include "trace.h"
#include "unsubscribe.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

void
mailpit_time(char text[CLOCK_TEXT_SIZE], int64_t wall_us)
{
	size_t len;

	/* Six digits and a Z: three stay, and of these not the last zeros. */
	clock_rfc3339(text, wall_us);
	len = strlen(text) - 4;
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = 'Z';
	text[len + 1] = '\0';
}

static json_t *
time_value(int64_t wall_us)
{
	char text[CLOCK_TEXT_SIZE];

	mailpit_time(text, wall_us);
	return json_string(text);
}

/* A list that the store keeps as text; anything else becomes an empty one. */
static json_t *
stored_list(struct span text)
{
	json_t *list = json_loadb(text.at, text.len, 0, NULL);

	if (json_is_array(list))
		return list;
	json_decref(list);
	return json_array();
}

static json_t *
null_if_empty(json_t *list)
{
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return json_null();
}

static json_t *
nobody(void)
{
	return json_pack("{s:s, s:s}", "Name", "", "Address", "");
}

/* Takes the list; gives its first item. */
static json_t *
first_of(json_t *list)
{
	json_t *first = json_incref(json_array_get(list, 0));

	json_decref(list);
	return first ? first : nobody();
}

static json_t *
message_id_value(struct span message_id, const char *id)
{
	char text[UID_SIZE + sizeof("@mailstop")];

	if (message_id.len > 0)
		return api_string(message_id);
	(void)snprintf(text, sizeof(text), "%s@mailstop", id);
	return json_string(text);
}

json_t *
mailpit_summary(const struct pick_row *row)
{
	const struct pick_summary *summary = &row->summary;
	const struct message *message = row->message;

	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:I, s:I, s:o}",
	    "ID", message->id, "MessageID",
	    message_id_value(summary->message_id, message->id), "Read",
	    (int)summary->is_read, "From", first_of(stored_list(summary->from)),
	    "To", null_if_empty(stored_list(summary->to)), "Cc",
	    null_if_empty(stored_list(summary->cc)), "Bcc",
	    null_if_empty(stored_list(summary->bcc)), "ReplyTo",
	    stored_list(summary->reply_to), "Subject",
	    api_string(summary->subject), "Created",
	    time_value(message->received_us), "Username",
	    api_string(message_get(message, MESSAGE_USER)), "Tags",
	    stored_list(summary->tags), "Size",
	    (json_int_t)row->size + summary->trace_size, "Attachments",
	    (json_int_t)summary->attachments, "Snippet",
	    api_string(summary->snippet));
}

static json_t *
address_value(const struct mime_address *address)
{
	return json_pack(
	    "{s:s, s:s}", "Name", address->name, "Address", address->address);
}

static json_t *
list_value(const struct mime *mime, enum mime_list which)
{
	const struct mime_addresses *list = &mime->lists[which];
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(array, address_value(&list->at[i]));
	return array;
}

static json_t *
strings_value(const char *const *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; strings && strings[i]; i++)
		(void)json_array_append_new(array, json_string(strings[i]));
	return array;
}

static bool
add_unlisted(struct span address, void *context)
{
	return json_array_append_new(context,
		   json_pack("{s:s, s:o}", "Name", "", "Address",
		       api_string(address))) == 0;
}

/* With the recipients that no header names, as the store lists them. */
static json_t *
bcc_value(const struct message *message, const struct mime *mime)
{
	json_t *bcc = list_value(mime, MIME_BCC);

	(void)trace_unlisted(message, mime, add_unlisted, bcc);
	return bcc;
}

json_t *
mailpit_summary_of_entry(const struct index_entry *entry)
{
	const struct mime *mime = entry->mime;
	const struct message *message = entry->message;

	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:s, s:o, "
			 "s:o, s:o, s:I, s:I, s:s}",
	    "ID", message->id, "MessageID",
	    message_id_value(span_string(mime->message_id), message->id),
	    "Read", 0, "From", first_of(list_value(mime, MIME_FROM)), "To",
	    list_value(mime, MIME_TO), "Cc", list_value(mime, MIME_CC), "Bcc",
	    bcc_value(message, mime), "ReplyTo",
	    list_value(mime, MIME_REPLY_TO), "Subject", mime->subject,
	    "Created", time_value(message->received_us), "Username",
	    api_string(message_get(message, MESSAGE_USER)), "Tags",
	    strings_value((const char *const *)entry->tags), "Size",
	    (json_int_t)entry->size + entry->trace_size, "Attachments",
	    (json_int_t)mime->attachments, "Snippet", mime->snippet);
}

static json_t *
part_value(const struct mime_part *part)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:s, s:s, s:s}}",
	    "PartID", part->id, "FileName",
	    part->name[0] ? part->name : part->content_id, "ContentType",
	    part->type, "ContentID", part->content_id, "Size",
	    (json_int_t)part->size, "Checksums", "MD5", part->md5, "SHA1",
	    part->sha1, "SHA256", part->sha256);
}

/* How far below the root: "0" and "1" are 0, "1.2" is 1. */
static size_t
depth_of(const struct mime_part *part)
{
	size_t depth = 0;

	for (const char *at = part->id; *at; at++)
		depth += *at == '.';
	return depth;
}

static bool
is_attachment(const struct mime_part *part)
{
	return part->role == MIME_ATTACHMENT;
}

static bool
is_other(const struct mime_part *part)
{
	return part->role == MIME_OTHER;
}

/* Breadth first; parts that have neither name nor Content-ID stay out. */
static void
add_parts(json_t *array, const struct mime *mime,
    bool (*is_wanted)(const struct mime_part *))
{
	for (size_t depth = 0; depth <= MIME_DEPTH_MAX; depth++)
		for (size_t i = 0; i < mime->part_count; i++) {
			const struct mime_part *part = &mime->parts[i];

			if (is_wanted(part) && depth_of(part) == depth &&
			    (part->name[0] || part->content_id[0]))
				(void)json_array_append_new(
				    array, part_value(part));
		}
}

static const char *
field_of(const struct mime *mime, const char *name)
{
	const struct mime_field *field = mime_find(mime, name);

	return field ? field->raw : "";
}

static json_t *
unsubscribe_value(const struct mime *mime)
{
	const char *header = field_of(mime, "List-Unsubscribe");
	json_t *links = json_array();
	struct unsubscribe it;
	json_t *value;

	(void)unsubscribe_read(&it, span_string(header));
	for (size_t i = 0; i < it.link_count; i++)
		(void)json_array_append_new(links, api_string(it.links[i]));
	value = json_pack("{s:s, s:o, s:o, s:s}", "Header", header, "Links",
	    links, "Errors",
	    header[0] ? api_string(buf_span(&it.errors)) : json_string(""),
	    "HeaderPost", field_of(mime, "List-Unsubscribe-Post"));
	unsubscribe_release(&it);
	return value;
}

/* What a delivering server would have put there, else the header's, else the
   author's address. */
static json_t *
return_path_value(const struct message *message, const struct mime *mime)
{
	struct span mail_from = message_get(message, MESSAGE_MAIL_FROM);
	const struct mime_addresses *from = &mime->lists[MIME_FROM];

	if (mail_from.len > 0)
		return api_string(mail_from);
	if (mime->return_path[0] || from->count == 0)
		return json_string(mime->return_path);
	return json_string(from->at[0].address);
}

json_t *
mailpit_message(const struct pick_row *row, const struct mime *mime)
{
	const struct message *message = row->message;
	json_t *attachments = json_array();
	json_t *inlines = json_array();

	add_parts(attachments, mime, is_attachment);
	add_parts(inlines, mime, mime_part_is_inline);
	add_parts(inlines, mime, is_other);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, "
			 "s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}",
	    "ID", message->id, "MessageID",
	    message_id_value(span_string(mime->message_id), message->id),
	    "From", first_of(list_value(mime, MIME_FROM)), "To",
	    list_value(mime, MIME_TO), "Cc", list_value(mime, MIME_CC), "Bcc",
	    stored_list(row->summary.bcc), "ReplyTo",
	    list_value(mime, MIME_REPLY_TO), "ReturnPath",
	    return_path_value(message, mime), "Subject", mime->subject,
	    "ListUnsubscribe", unsubscribe_value(mime), "Date",
	    mime->date[0] ? json_string(mime->date)
			  : time_value(message->received_us),
	    "Tags", stored_list(row->summary.tags), "Username",
	    api_string(message_get(message, MESSAGE_USER)), "Text",
	    api_string(buf_span(&mime->text)), "HTML",
	    api_string(buf_span(&mime->html)), "Size",
	    (json_int_t)row->size + row->summary.trace_size, "Inline", inlines,
	    "Attachments", attachments);
}
