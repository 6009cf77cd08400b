/* api_mailhog_item: a message in the shape of MailHog's API. */
#include "api_mailhog.h"

#include "api_mailpit_json.h"
#include "api_message.h"
#include "header.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Beyond these a multipart is shown as the text that it is. */
#define DEPTH_MAX 20
#define PARTS_MAX 1000

/* The path of the envelope: "a@b" as Mailbox and Domain. */
static json_t *
path_value(struct span address)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	if (at == 0)
		return json_pack("{s:n, s:o, s:s, s:s}", "Relays", "Mailbox",
		    api_string(address), "Domain", "", "Params", "");
	return json_pack("{s:n, s:o, s:o, s:s}", "Relays", "Mailbox",
	    api_string(span_make(address.at, at - 1)), "Domain",
	    api_string(span_make(address.at + at, address.len - at)), "Params",
	    "");
}

/* Folds lose their line break and keep their blanks. */
static json_t *
field_value(struct span raw)
{
	struct buf text;
	json_t *value;

	buf_init(&text, raw.len + 1);
	for (size_t i = 0; i < raw.len; i++)
		if (raw.at[i] != '\r' && raw.at[i] != '\n')
			(void)buf_put_char(&text, raw.at[i]);
	value = json_pack("[o]", api_string(buf_span(&text)));
	buf_release(&text);
	return value;
}

/* Of a repeated field the last one counts. */
static json_t *
headers_value(struct span block)
{
	json_t *headers = json_object();
	struct header_field field;

	while (header_next(&block, &field)) {
		json_t *name = api_string(field.name);

		(void)json_object_set_new(
		    headers, json_string_value(name), field_value(field.value));
		json_decref(name);
	}
	return headers;
}

/* Behind the empty line that ends the header. */
static struct span
body_of(struct span entity)
{
	struct span block = header_block(entity);
	struct span rest = entity;

	span_skip(&rest, block.len);
	if (span_starts(rest, SPAN("\r\n")))
		span_skip(&rest, 2);
	else if (span_starts(rest, SPAN("\n")))
		span_skip(&rest, 1);
	return rest;
}

/* False when the entity is no multipart. */
static bool
find_boundary(struct span entity, struct span *boundary)
{
	static const struct span name = SPAN("boundary=");
	struct span type;

	if (!header_find(entity, SPAN("Content-Type"), &type) ||
	    !span_starts_nocase(type, SPAN("multipart/")))
		return false;
	while (type.len > name.len && !span_starts_nocase(type, name))
		span_skip(&type, 1);
	span_skip(&type, name.len);
	if (span_starts(type, SPAN("\""))) {
		span_skip(&type, 1);
		*boundary = span_cut(&type, '"');
	} else {
		*boundary = span_trim(span_cut(&type, ';'));
	}
	return boundary->len > 0;
}

static bool
is_line_end(char byte)
{
	return byte == '\r' || byte == '\n';
}

static struct span
trim_line_ends(struct span text)
{
	while (text.len > 0 && is_line_end(text.at[0]))
		span_skip(&text, 1);
	while (text.len > 0 && is_line_end(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* The text before the next delimiter line; false when none is left. */
static bool
cut_part(struct span *rest, struct span boundary, struct span *part)
{
	const char *start = rest->at;
	struct span line = *rest;

	while (line.len > 0) {
		struct span next = line;

		if (span_starts(line, SPAN("--"))) {
			struct span name = line;

			span_skip(&name, 2);
			if (span_starts(name, boundary)) {
				*part =
				    span_make(start, (size_t)(line.at - start));
				span_skip(&name, boundary.len);
				*rest = name;
				return true;
			}
		}
		(void)span_cut(&next, '\n');
		line = next;
	}
	return false;
}

static json_t *content_value(struct span entity, unsigned depth);

static json_t *
parts_value(struct span entity, unsigned depth)
{
	struct span rest = body_of(entity), boundary, part;
	json_t *parts;

	if (depth == DEPTH_MAX || !find_boundary(entity, &boundary))
		return json_null();
	parts = json_array();
	/* The preamble is no part. */
	if (!cut_part(&rest, boundary, &part))
		return json_pack("{s:o}", "Parts", parts);
	while (json_array_size(parts) < PARTS_MAX &&
	    !span_starts(rest, SPAN("--")) && cut_part(&rest, boundary, &part))
		(void)json_array_append_new(
		    parts, content_value(trim_line_ends(part), depth + 1));
	return json_pack("{s:o}", "Parts", parts);
}

static json_t *
content_value(struct span entity, unsigned depth)
{
	struct span body = body_of(entity);

	return json_pack("{s:o, s:o, s:I, s:o}", "Headers",
	    headers_value(header_block(entity)), "Body", api_string(body),
	    "Size", (json_int_t)entity.len, "MIME", parts_value(entity, depth));
}

/* What MailHog adds on receipt: behind what is there, or alone. */
static void
append_header(json_t *headers, const char *name, json_t *value)
{
	json_t *values = json_object_get(headers, name);

	if (values)
		(void)json_array_append_new(values, value);
	else
		(void)json_object_set_new(
		    headers, name, json_pack("[o]", value));
}

static bool
has_field(const json_t *headers, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)headers, key,
	    value) if (strcasecmp(key, name) == 0) return true;
	return false;
}

static void
add_trace(json_t *headers, const struct message *message)
{
	struct span from = message_get(message, MESSAGE_MAIL_FROM);
	struct span helo = message_get(message, MESSAGE_HELO);
	char date[CLOCK_TEXT_SIZE];
	char text[1500];

	if (!has_field(headers, "Message-ID")) {
		(void)snprintf(text, sizeof(text), "%s@mailstop", message->id);
		append_header(headers, "Message-ID", json_string(text));
	}
	clock_rfc5322(date, message->received_us);
	(void)snprintf(text, sizeof(text),
	    "from %.*s by mailstop (mailstop)\r\n          id %s; %s",
	    (int)(helo.len < 600 ? helo.len : 600), helo.at, message->id, date);
	append_header(headers, "Received", api_string(span_string(text)));
	(void)snprintf(text, sizeof(text), "<%.*s>",
	    (int)(from.len < 1024 ? from.len : 1024), from.at);
	append_header(headers, "Return-Path", api_string(span_string(text)));
}

static struct span
without_last_line_end(struct span raw)
{
	if (raw.len >= 2 && memcmp(raw.at + raw.len - 2, "\r\n", 2) == 0)
		raw.len -= 2;
	return raw;
}

struct json_t *
mailhog_item(const struct pick_row *row, struct span raw)
{
	const struct message *message = row->message;
	struct span from = message_get(message, MESSAGE_MAIL_FROM);
	struct span data = without_last_line_end(raw);
	json_t *to = json_array(), *names = json_array();
	json_t *content = content_value(data, 0), *item;
	char created[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		if (!message_rcpt_is_accepted(&rcpt))
			continue;
		(void)json_array_append_new(to, path_value(rcpt.address));
		(void)json_array_append_new(names, api_string(rcpt.address));
	}
	add_trace(json_object_get(content, "Headers"), message);
	mailpit_time(created, message->received_us);
	item = json_pack("{s:s, s:o, s:o, s:O, s:s, s:O, "
			 "s:{s:o, s:o, s:o, s:o}}",
	    "ID", message->id, "From", path_value(from), "To", to, "Content",
	    content, "Created", created, "MIME",
	    json_object_get(content, "MIME"), "Raw", "From", api_string(from),
	    "To", names, "Data", api_string(data), "Helo",
	    api_string(message_get(message, MESSAGE_HELO)));
	json_decref(content);
	return item;
}
