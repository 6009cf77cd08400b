/* api_detail: all that is known of one message, as JSON. */
#include "api_detail.h"

#include "api_message.h"
#include "api_session.h"
#include "mime.h"

#include <jansson.h>

#define RAW_LIMIT ((size_t)INDEX_MESSAGE_MAX * 4)

struct adding {
	const struct pick_row *row;
	json_t *findings;
};

static bool
add_finding(const struct pick_finding *finding, void *context)
{
	struct adding *adding = context;
	const struct message *message = adding->row->message;

	return json_array_append_new(adding->findings,
		   api_finding_of_message(finding,
		       message_get(message, MESSAGE_SESSION),
		       span_string(message->id))) == 0;
}

enum err
api_findings(struct sql *sql, const struct pick_row *row, json_t *findings)
{
	struct adding adding = {row, findings};

	return pick_findings(sql, row->seq, add_finding, &adding);
}

static const char *
role_name(enum mime_role role)
{
	static const char *const names[] = {
	    [MIME_CONTAINER] = "container",
	    [MIME_BODY] = "body",
	    [MIME_ATTACHMENT] = "attachment",
	    [MIME_INLINE] = "inline",
	    [MIME_OTHER] = "other",
	};

	return names[role];
}

static json_t *
part_value(const struct mime_part *part)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, "
			 "s:s, s:s, s:[]}",
	    "id", part->id, "type", part->type, "role", role_name(part->role),
	    "disposition", part->disposition, "charset", part->charset,
	    "encoding", part->encoding, "name", part->name, "content_id",
	    part->content_id, "size", (json_int_t)part->size, "md5", part->md5,
	    "sha1", part->sha1, "sha256", part->sha256, "parts");
}

/* The root with the others inside; parents stand before their children. */
static json_t *
tree_value(const struct mime *mime)
{
	json_t *flat = json_array(), *root;

	for (size_t i = 0; i < mime->part_count; i++) {
		json_t *part = part_value(&mime->parts[i]);
		json_t *parent = json_array_get(flat, mime->parts[i].parent);

		(void)json_array_append_new(flat, part);
		if (i > 0)
			(void)json_array_append(
			    json_object_get(parent, "parts"), part);
	}
	root = json_incref(json_array_get(flat, 0));
	json_decref(flat);
	return root ? root : json_null();
}

static json_t *
headers_value(const struct mime *mime)
{
	json_t *headers = json_array();

	for (size_t i = 0; i < mime->field_count; i++)
		(void)json_array_append_new(headers,
		    json_pack("{s:s, s:s, s:s}", "name", mime->fields[i].name,
			"raw", mime->fields[i].raw, "value",
			mime->fields[i].value));
	return headers;
}

static json_t *
addresses_value(const struct mime_addresses *list)
{
	json_t *addresses = json_array();

	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(addresses,
		    json_pack("{s:s, s:s}", "name", list->at[i].name, "address",
			list->at[i].address));
	return addresses;
}

static json_t *
content_value(const struct mime *mime)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:b}",
	    "headers", headers_value(mime), "reply_to",
	    addresses_value(&mime->lists[MIME_REPLY_TO]), "bcc",
	    addresses_value(&mime->lists[MIME_BCC]), "return_path",
	    mime->return_path, "snippet", mime->snippet, "text",
	    api_string(buf_span(&mime->text)), "html",
	    api_string(buf_span(&mime->html)), "parts", tree_value(mime),
	    "is_cut", (int)mime->is_cut);
}

static json_t *
detail_value(const struct pick_row *row, struct span raw, json_t *findings)
{
	struct mime *mime = mime_parse(raw);
	json_t *detail = mime ? api_message(row) : NULL;
	json_t *content = mime ? content_value(mime) : NULL;

	if (detail && content) {
		(void)json_object_update(detail, content);
		(void)json_object_set(detail, "findings", findings);
	}
	json_decref(content);
	mime_free(mime);
	return detail;
}

enum err
api_detail(struct sql *sql, const struct pick_row *row, json_t **out)
{
	json_t *findings = json_array();
	struct buf raw;
	enum err err;

	buf_init(&raw, RAW_LIMIT);
	err = pick_body_whole(sql, row->seq, &raw);
	if (!err)
		err = api_findings(sql, row, findings);
	if (!err)
		*out = detail_value(row, buf_span(&raw), findings);
	if (!err && !*out)
		err = ERR_MEMORY;
	json_decref(findings);
	buf_release(&raw);
	return err;
}
