/* api_message: the Message object as JSON. */
#include "api_message.h"

#include "clock.h"
#include "utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- strings and times */

static json_t *
mended_string(struct span text)
{
	struct buf mended;
	json_t *value = NULL;

	if (text.len > SIZE_MAX / 3)
		return NULL;
	buf_init(&mended, text.len * 3);
	while (text.len > 0) {
		size_t len = utf8_next(text, NULL);

		if (len > 0)
			buf_put(&mended, span_make(text.at, len));
		else
			buf_put(&mended, SPAN("\xef\xbf\xbd"));
		span_skip(&text, len > 0 ? len : 1);
	}
	if (!buf_failed(&mended))
		value = json_stringn(mended.at, mended.len);
	buf_release(&mended);
	return value;
}

struct json_t *
api_string(struct span text)
{
	json_t *value = json_stringn(text.len > 0 ? text.at : "", text.len);

	/* It is NULL for want of memory too; then so is the other. */
	return value ? value : mended_string(text);
}

struct json_t *
api_time(int64_t wall_us)
{
	char text[CLOCK_TEXT_SIZE];

	clock_rfc3339(text, wall_us);
	return json_string(text);
}

/* ---- the pieces of a message */

static json_t *
address(struct span name, struct span mailbox)
{
	json_t *object = json_object();

	if (object &&
	    json_object_set_new(object, "name", api_string(name)) == 0 &&
	    json_object_set_new(object, "address", api_string(mailbox)) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static struct span
member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return span_make(
	    json_string_value(value) ? json_string_value(value) : "",
	    json_string_length(value));
}

/* From the index's text. A database may be anybody's: what is no such list is
   none. */
static json_t *
addresses_of_text(struct span text)
{
	json_t *stored = json_loadb(text.at, text.len, JSON_ALLOW_NUL, NULL);
	json_t *list = json_array();
	size_t i;
	json_t *one;

	json_array_foreach(stored, i, one)
	{
		json_t *made =
		    address(member(one, "Name"), member(one, "Address"));

		if (list && json_array_append_new(list, made) == 0)
			continue;
		json_decref(list);
		list = NULL;
	}
	json_decref(stored);
	return list;
}

static json_t *
addresses_of_mime(const struct mime_addresses *addresses)
{
	json_t *list = json_array();

	for (size_t i = 0; i < addresses->count && list; i++) {
		json_t *made = address(span_string(addresses->at[i].name),
		    span_string(addresses->at[i].address));

		if (json_array_append_new(list, made) == 0)
			continue;
		json_decref(list);
		list = NULL;
	}
	return list;
}

static json_t *
tags_of_text(struct span text)
{
	json_t *list = json_loadb(text.at, text.len, JSON_ALLOW_NUL, NULL);

	if (!json_is_array(list)) {
		json_decref(list);
		return json_array();
	}
	for (size_t i = json_array_size(list); i-- > 0;)
		if (!json_is_string(json_array_get(list, i)))
			(void)json_array_remove(list, i);
	return list;
}

static json_t *
tags_of_names(char *const *names)
{
	json_t *list = json_array();

	for (size_t i = 0; names && names[i] && list; i++) {
		if (json_array_append_new(
			list, api_string(span_string(names[i]))) == 0)
			continue;
		json_decref(list);
		list = NULL;
	}
	return list;
}

static json_t *
recipient(const struct message *message, size_t index)
{
	struct message_rcpt rcpt = message_recipient(message, index);

	return json_pack("{s:o, s:o, s:o, s:o}", "address",
	    api_string(rcpt.address), "params", api_string(rcpt.params),
	    "reply", api_string(rcpt.reply), "fault", api_string(rcpt.fault));
}

static json_t *
recipients(const struct message *message)
{
	json_t *list = json_array();

	for (size_t i = 0; i < message->recipient_count && list; i++) {
		if (json_array_append_new(list, recipient(message, i)) == 0)
			continue;
		json_decref(list);
		list = NULL;
	}
	return list;
}

/* ---- the whole */

/* What the two sources of a message give; the values are given away. */
struct facts {
	const struct message *message;
	int64_t seq;
	uint64_t size;
	struct span sha256, subject, message_id, snippet;
	json_t *from, *to, *cc, *tags;
	int64_t date_us;
	int64_t attachments, findings;
	bool has_date;
	bool is_read;
};

/* A key whose value could not be made makes the object fail as a whole. */
static bool
set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool
set_text(json_t *object, const char *key, struct span text)
{
	return set(object, key, api_string(text));
}

static bool
set_number(json_t *object, const char *key, int64_t number)
{
	return set(object, key, json_integer((json_int_t)number));
}

static const char *
state_name(enum message_state state)
{
	switch (state) {
	case MESSAGE_ACCEPTED:
		return "accepted";
	case MESSAGE_REFUSED:
		return "refused";
	case MESSAGE_ABORTED:
		break;
	}
	return "aborted";
}

static bool
set_envelope(json_t *object, const struct facts *facts)
{
	static const struct {
		const char *key;
		enum message_field field;
	} fields[] = {
	    {"session", MESSAGE_SESSION},
	    {"listener", MESSAGE_LISTENER},
	    {"inbox", MESSAGE_INBOX},
	    {"peer", MESSAGE_PEER},
	    {"helo", MESSAGE_HELO},
	    {"user", MESSAGE_USER},
	    {"mail_from", MESSAGE_MAIL_FROM},
	    {"mail_params", MESSAGE_MAIL_PARAMS},
	};
	const struct message *message = facts->message;
	bool is_whole = set_text(object, "id", span_string(message->id)) &&
	    set_number(object, "seq", facts->seq) &&
	    set(object, "state", json_string(state_name(message->state))) &&
	    set(object, "received", api_time(message->received_us));

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		is_whole = is_whole &&
		    set_text(object, fields[i].key,
			message_get(message, fields[i].field));
	return is_whole && set(object, "recipients", recipients(message));
}

static bool
set_content(json_t *object, const struct facts *facts)
{
	bool is_whole = set_number(object, "size", (int64_t)facts->size) &&
	    set_text(object, "sha256", facts->sha256) &&
	    set_text(object, "subject", facts->subject);

	/* What is given away goes even when something before it failed. */
	is_whole &= set(object, "from", facts->from);
	is_whole &= set(object, "to", facts->to);
	is_whole &= set(object, "cc", facts->cc);
	is_whole &= set(object, "date",
	    facts->has_date ? api_time(facts->date_us) : json_null());
	is_whole &= set_text(object, "message_id", facts->message_id);
	is_whole &= set_number(object, "attachments", facts->attachments);
	is_whole &= set(object, "tags", facts->tags);
	is_whole &= set_number(object, "findings", facts->findings);
	return is_whole;
}

static json_t *
make(const struct facts *facts)
{
	json_t *object = json_object();
	bool is_whole = object && set_envelope(object, facts);

	/* Sets nothing in a NULL, but frees what is given. */
	is_whole &= set_content(object, facts);
	if (is_whole && set(object, "read", json_boolean(facts->is_read)) &&
	    set_text(object, "reason",
		message_get(facts->message, MESSAGE_REASON)) &&
	    set_text(object, "snippet", facts->snippet))
		return object;
	json_decref(object);
	return NULL;
}

struct json_t *
api_message(const struct pick_row *row)
{
	const struct pick_summary *summary = &row->summary;
	struct facts facts = {
	    .message = row->message,
	    .seq = row->seq,
	    .size = row->size,
	    .sha256 = summary->sha256,
	    .subject = summary->subject,
	    .message_id = summary->message_id,
	    .snippet = summary->snippet,
	    .from = addresses_of_text(summary->from),
	    .to = addresses_of_text(summary->to),
	    .cc = addresses_of_text(summary->cc),
	    .tags = tags_of_text(summary->tags),
	    .date_us = summary->date_us,
	    .has_date = summary->date.len > 0,
	    .attachments = summary->attachments,
	    .findings = summary->findings,
	    .is_read = summary->is_read,
	};

	return make(&facts);
}

bool
api_add_message(const struct pick_row *row, void *context)
{
	return json_array_append_new(context, api_message(row)) == 0;
}

struct json_t *
api_message_of_entry(const struct index_entry *entry)
{
	const struct mime *mime = entry->mime;
	struct facts facts = {
	    .message = entry->message,
	    .seq = entry->seq,
	    .size = entry->size,
	    .sha256 = span_string(entry->sha256),
	    .subject = span_string(mime->subject),
	    .message_id = span_string(mime->message_id),
	    .snippet = span_string(mime->snippet),
	    .from = addresses_of_mime(&mime->lists[MIME_FROM]),
	    .to = addresses_of_mime(&mime->lists[MIME_TO]),
	    .cc = addresses_of_mime(&mime->lists[MIME_CC]),
	    .tags = tags_of_names(entry->tags),
	    .date_us = mime->date_us,
	    .has_date = mime->date[0] != '\0',
	    .attachments = (int64_t)mime->attachments,
	    .findings = (int64_t)entry->findings.count,
	};

	return make(&facts);
}

static json_t *
time_or_null(int64_t wall_us)
{
	return wall_us ? api_time(wall_us) : json_null();
}

struct json_t *
api_stats(const struct pick_stats *stats)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I,"
			 " s:I, s:I}",
	    "accepted", (json_int_t)stats->accepted, "refused",
	    (json_int_t)stats->refused, "aborted", (json_int_t)stats->aborted,
	    "sessions", (json_int_t)stats->sessions, "unread",
	    (json_int_t)stats->unread, "bytes", (json_int_t)stats->bytes,
	    "file_bytes", (json_int_t)stats->file_bytes, "first",
	    time_or_null(stats->first_us), "last", time_or_null(stats->last_us),
	    "seq", (json_int_t)stats->seq, "pruned", (json_int_t)stats->pruned,
	    "removed", (json_int_t)stats->removed);
}
