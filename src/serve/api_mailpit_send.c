/* api_mailpit_send: a message that comes by HTTP instead of SMTP. */
#include "api_mailpit.h"

#include "api_json.h"
#include "api_message.h"
#include "base64.h"
#include "clock.h"
#include "header.h"
#include "message.h"
#include "mime_compose.h"
#include "peer.h"
#include "put.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that one request brings; its JSON holds all strings. */
struct sending {
	struct put_message put; /* first: its job comes back */
	struct api *api;
	struct http_request *request;
	json_t *body; /* owned */
	struct compose compose;
	json_t *bcc;                            /* borrowed */
	struct compose_address *lists[3];       /* owned: To, Cc, ReplyTo */
	struct compose_attachment *attachments; /* owned */
	struct compose_header *headers;         /* owned */
	struct buf bytes; /* of the attachments, decoded, one behind another */
	struct buf tags;  /* the X-Tags header */
	struct buf raw;
	char message_id[UID_SIZE + sizeof("@mailstop")];
	char error[300];
};

static void
free_sending(struct sending *it)
{
	message_free(it->put.message);
	json_decref(it->body);
	for (size_t i = 0; i < 3; i++)
		free(it->lists[i]);
	free(it->attachments);
	free(it->headers);
	buf_release(&it->bytes);
	buf_release(&it->tags);
	buf_release(&it->raw);
	free(it);
}

/* Always false. */
static bool complain(struct sending *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
complain(struct sending *it, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(it->error, sizeof(it->error), format, arguments);
	va_end(arguments);
	return false;
}

static void
refuse(struct sending *it, int status)
{
	http_reply_json(it->request, status,
	    json_pack("{s:o}", "Error", api_string(span_string(it->error))));
	free_sending(it);
}

/* ---- from JSON */

static bool
read_address(struct sending *it, const json_t *object, const char *what,
    struct compose_address *address)
{
	if (api_json_string(object, "Email", &address->address) !=
		API_JSON_OK ||
	    !compose_is_address(span_string(address->address)))
		return complain(it, "invalid %s address: %s", what,
		    address->address ? address->address : "");
	if (api_json_string(object, "Name", &address->name) == API_JSON_WRONG)
		return complain(it, "invalid %s name", what);
	return true;
}

static bool
read_list(struct sending *it, size_t index, const char *key, const char *what,
    struct compose_list *list)
{
	json_t *given = NULL, *item;
	size_t i;

	if (api_json_objects(it->body, key, &given) == API_JSON_WRONG)
		return complain(it, "%s is a list of {Email, Name}", key);
	it->lists[index] =
	    calloc(json_array_size(given) + 1, sizeof(struct compose_address));
	if (!it->lists[index])
		return complain(it, "%s", err_text(ERR_MEMORY));
	json_array_foreach(
	    given, i, item) if (!read_address(it, item, what,
				    &it->lists[index][i])) return false;
	list->at = it->lists[index];
	list->count = json_array_size(given);
	return true;
}

static bool
read_bcc(struct sending *it)
{
	json_t *item;
	size_t i;

	if (api_json_strings(it->body, "Bcc", &it->bcc) == API_JSON_WRONG)
		return complain(it, "Bcc is a list of addresses");
	json_array_foreach(it->bcc, i, item) if (
	    !compose_is_address(
		span_string(json_string_value(item)))) return complain(it,
	    "invalid Bcc address: %s", json_string_value(item));
	return true;
}

static bool
read_addresses(struct sending *it)
{
	struct compose *compose = &it->compose;
	json_t *from = NULL;

	if (api_json_object(it->body, "From", &from) != API_JSON_OK)
		return complain(it, "error building message: no From address");
	if (!read_address(it, from, "From", &compose->from) ||
	    !read_list(it, 0, "To", "To", &compose->to) ||
	    !read_list(it, 1, "Cc", "Cc", &compose->cc) ||
	    !read_list(it, 2, "ReplyTo", "Reply-To", &compose->reply_to) ||
	    !read_bcc(it))
		return false;
	if (compose->to.count + compose->cc.count + json_array_size(it->bcc) ==
	    0)
		return complain(
		    it, "error building message: no recipient in To, Cc, Bcc");
	return true;
}

static bool
read_texts(struct sending *it)
{
	static const char *const keys[] = {"Subject", "Text", "HTML"};
	const char **const places[] = {
	    &it->compose.subject, &it->compose.text, &it->compose.html};

	for (size_t i = 0; i < 3; i++)
		if (api_json_string(it->body, keys[i], places[i]) ==
		    API_JSON_WRONG)
			return complain(it, "%s is a string", keys[i]);
	return true;
}

/* Behind the last comma of "data:image/png;base64,...". */
static struct span
base64_text(const char *content)
{
	const char *comma = strrchr(content, ',');

	return span_string(comma ? comma + 1 : content);
}

/* Clients break its lines, which our base64 does not take. */
static enum err
decode(struct buf *bytes, struct span text)
{
	struct buf joined;
	enum err err;

	buf_init(&joined, text.len + 1);
	while (text.len > 0) {
		struct span line = span_cut(&text, '\n');

		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		(void)buf_put(&joined, line);
	}
	err = buf_failed(&joined) ? ERR_MEMORY
				  : base64_decode(bytes, buf_span(&joined));
	buf_release(&joined);
	return err;
}

static bool
read_attachment(struct sending *it, const json_t *item,
    struct compose_attachment *attachment)
{
	const char *content = NULL;
	size_t at = it->bytes.len;

	if (api_json_string(item, "Content", &content) != API_JSON_OK ||
	    api_json_string(item, "Filename", &attachment->name) !=
		API_JSON_OK ||
	    api_json_string(item, "ContentType", &attachment->type) ==
		API_JSON_WRONG ||
	    api_json_string(item, "ContentID", &attachment->content_id) ==
		API_JSON_WRONG)
		return complain(it, "an attachment needs Content and Filename");
	if (decode(&it->bytes, base64_text(content)) != ERR_OK)
		return complain(
		    it, "illegal base64 data in %s", attachment->name);
	/* The buffer may move until all are read: only the length now. */
	attachment->bytes.len = it->bytes.len - at;
	if (attachment->type && !attachment->type[0])
		attachment->type = NULL;
	return true;
}

static bool
read_attachments(struct sending *it)
{
	json_t *given = NULL, *item;
	size_t i, at = 0;

	if (api_json_objects(it->body, "Attachments", &given) == API_JSON_WRONG)
		return complain(it, "Attachments is a list of objects");
	it->attachments =
	    calloc(json_array_size(given) + 1, sizeof(*it->attachments));
	if (!it->attachments)
		return complain(it, "%s", err_text(ERR_MEMORY));
	json_array_foreach(
	    given, i, item) if (!read_attachment(it, item,
				    &it->attachments[i])) return false;
	it->compose.attachments = it->attachments;
	it->compose.attachment_count = json_array_size(given);
	for (i = 0; i < it->compose.attachment_count; i++) {
		it->attachments[i].bytes.at = it->bytes.at + at;
		at += it->attachments[i].bytes.len;
	}
	return true;
}

static bool
read_tags(struct sending *it)
{
	json_t *given = NULL, *item;
	size_t i;

	if (api_json_strings(it->body, "Tags", &given) == API_JSON_WRONG)
		return complain(it, "Tags is a list of strings");
	json_array_foreach(given, i, item)(void) buf_printf(
	    &it->tags, "%s%s", i > 0 ? ", " : "", json_string_value(item));
	return true;
}

static bool
may_set(const struct sending *it, const char *name)
{
	if (it->tags.len > 0 && strcasecmp(name, "X-Tags") == 0)
		return false;
	return compose_may_set(span_string(name));
}

static bool
read_headers(struct sending *it)
{
	json_t *given = NULL, *value;
	const char *name;
	size_t count = 0;

	if (api_json_object(it->body, "Headers", &given) == API_JSON_WRONG)
		return complain(it, "Headers is an object of strings");
	it->headers = calloc(json_object_size(given) + 1, sizeof(*it->headers));
	if (!it->headers)
		return complain(it, "%s", err_text(ERR_MEMORY));
	if (it->tags.len > 0)
		it->headers[count++] =
		    (struct compose_header){"X-Tags", buf_string(&it->tags)};
	json_object_foreach(given, name, value)
	{
		if (!json_is_string(value))
			return complain(it, "Headers is an object of strings");
		if (!may_set(it, name))
			return complain(
			    it, "cannot overwrite header: \"%s\"", name);
		it->headers[count++] =
		    (struct compose_header){name, json_string_value(value)};
	}
	it->compose.headers = it->headers;
	it->compose.header_count = count;
	return true;
}

static bool
read_all(struct sending *it)
{
	char error[200];

	it->body = api_json_read(http_body(it->request), error, sizeof(error));
	if (!it->body)
		return complain(it, "%s", error);
	return read_addresses(it) && read_texts(it) && read_attachments(it) &&
	    read_tags(it) && read_headers(it);
}

/* ---- to a message */

static bool
add_recipient(struct message *message, const char *address)
{
	return message_add_recipient(message,
	    &(struct message_rcpt){.address = span_string(address),
		.reply = SPAN("250 2.1.5 by HTTP")});
}

static bool
add_recipients(struct sending *it)
{
	const struct compose_list *const lists[] = {
	    &it->compose.to, &it->compose.cc};
	json_t *item;
	size_t i;

	for (size_t list = 0; list < 2; list++)
		for (i = 0; i < lists[list]->count; i++)
			if (!add_recipient(
				it->put.message, lists[list]->at[i].address))
				return false;
	json_array_foreach(
	    it->bcc, i, item) if (!add_recipient(it->put.message,
				      json_string_value(item))) return false;
	return true;
}

static bool
set_envelope(struct sending *it)
{
	struct message *message = it->put.message;
	struct peer peer;

	http_peer(it->request, &peer);
	return message_set(message, MESSAGE_LISTENER, SPAN("http")) &&
	    message_set(message, MESSAGE_PEER, span_string(peer.address)) &&
	    message_set(message, MESSAGE_USER, http_user(it->request)) &&
	    message_set(message, MESSAGE_MAIL_FROM,
		span_string(it->compose.from.address)) &&
	    add_recipients(it);
}

/* Who may use the API need not be who is tested: the user names no inbox. */
static bool
set_inbox(struct sending *it)
{
	const struct api_options *options = &it->api->options;
	struct message *message = it->put.message;
	const struct inbox_facts facts = {
	    .message = message,
	    .header = header_block(buf_span(&it->raw)),
	    .usual = span_string(options->inbox),
	};
	struct inbox_name inbox;

	return message_set(message, MESSAGE_INBOX,
	    inbox_name_find(&inbox, &options->inbox_order, &facts));
}

/* The status of what went wrong; 0 when the message is made. */
static int
make_message(struct sending *it)
{
	struct message *message = message_new(it->api->spool);

	it->put.message = message;
	if (!message || !set_envelope(it)) {
		(void)complain(it, "%s", err_text(ERR_MEMORY));
		return 500;
	}
	message->received_us = clock_wall_us();
	uid_next(it->api->ids, message->received_us, message->id);
	(void)snprintf(
	    it->message_id, sizeof(it->message_id), "%s@mailstop", message->id);
	it->compose.message_id = it->message_id;
	it->compose.date_us = message->received_us;
	if (!mime_compose(&it->raw, &it->compose)) {
		(void)complain(it, "the message is larger than %ju octets",
		    (uintmax_t)it->api->options.max_message);
		return 413;
	}
	if (!set_inbox(it) ||
	    spool_put(&message->body, buf_span(&it->raw)) != ERR_OK) {
		(void)complain(it, "no room for the message now");
		return 503;
	}
	return 0;
}

static void
on_stored(struct store_job *job, enum err err)
{
	struct sending *it = (struct sending *)job;

	if (err) {
		(void)complain(it, "cannot be stored: %s", err_text(err));
		refuse(it, api_status(err));
		return;
	}
	it->api->sent++;
	it->api->sent_bytes += it->raw.len;
	indexer_saw(it->api->indexer, it->put.seq);
	http_reply_json(
	    it->request, 200, json_pack("{s:s}", "ID", it->put.message->id));
	free_sending(it);
}

void
mailpit_send(struct http_request *request, void *context)
{
	struct api *api = context;
	struct sending *it = calloc(1, sizeof(*it));
	int status;

	if (!it) {
		http_reply_json(request, 500, NULL);
		return;
	}
	it->api = api;
	it->request = request;
	buf_init(&it->bytes, (size_t)api->options.max_message);
	buf_init(&it->tags, 64 * 1024);
	buf_init(&it->raw, (size_t)api->options.max_message);
	status = read_all(it) ? make_message(it) : 400;
	if (status) {
		refuse(it, status);
		return;
	}
	put_message_init(&it->put, it->put.message);
	it->put.job.done = on_stored;
	store_write(loop_store(api->loop), &it->put.job);
}
