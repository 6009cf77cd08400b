/* api_mailpit_message: one message of Mailpit's API, in each of its forms. */
#include "api_mailpit.h"

#include "api_mailpit_json.h"
#include "api_mailpit_read.h"
#include "api_message.h"
#include "header.h"
#include "thumbnail.h"
#include "trace.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void
answer_json(struct reading *reading)
{
	api_reply_answer(&reading->task);
}

static void
start(struct reading *reading)
{
	if (reading)
		reading_start(reading);
}

/* ---- the message */

static enum err
show_message(struct reading *reading, const struct pick_row *row)
{
	api_set_answer(&reading->task, mailpit_message(row, reading->mime));
	return reading->task.answer ? ERR_OK : ERR_MEMORY;
}

void
mailpit_get_message(struct http_request *request, void *context)
{
	struct reading *reading =
	    reading_new(context, request, show_message, answer_json);

	if (reading)
		reading->counts_as_read = true;
	start(reading);
}

/* ---- its header */

/* "x-ip" becomes "X-Ip"; what is no token stays as it is. */
static void
make_canonical(char *name)
{
	bool starts_word = true;

	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) &&
		    !strchr("!#$%&'*+-.^_`|~", *at))
			return;
	for (char *at = name; *at; at++) {
		*at = (char)(starts_word ? toupper((unsigned char)*at)
					 : tolower((unsigned char)*at));
		starts_word = *at == '-';
	}
}

static bool
add_field(json_t *object, const struct mime_field *field)
{
	char *name = strdup(field->name);
	json_t *values;

	if (!name)
		return false;
	make_canonical(name);
	values = json_object_get(object, name);
	if (!values) {
		values = json_array();
		(void)json_object_set_new(object, name, values);
	}
	free(name);
	return json_array_append_new(values, json_string(field->raw)) == 0;
}

static int
compare_names(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The same values with the names in order; `object` stays the caller's. */
static json_t *
sorted(json_t *object)
{
	size_t count = json_object_size(object), i = 0;
	const char **names = calloc(count + 1, sizeof(*names));
	json_t *result = names ? json_object() : NULL;
	const char *name;
	json_t *values;

	if (!result) {
		free(names);
		return NULL;
	}
	json_object_foreach(object, name, values) names[i++] = name;
	qsort(names, count, sizeof(*names), compare_names);
	for (i = 0; i < count; i++)
		(void)json_object_set(
		    result, names[i], json_object_get(object, names[i]));
	free(names);
	return result;
}

static enum err
show_headers(struct reading *reading, const struct pick_row *row)
{
	struct span block = header_block(buf_span(&reading->raw));
	json_t *object = json_object();
	struct mime *all = NULL;
	bool is_put;

	(void)trace_put(&reading->out, row->message, reading->mime);
	is_put = buf_put(&reading->out, block);
	if (is_put)
		all = mime_parse(buf_span(&reading->out));
	for (size_t i = 0; all && is_put && i < all->field_count; i++)
		is_put = add_field(object, &all->fields[i]);
	if (all && is_put)
		api_set_answer(&reading->task, sorted(object));
	mime_free(all);
	json_decref(object);
	return reading->task.answer ? ERR_OK : ERR_MEMORY;
}

void
mailpit_get_headers(struct http_request *request, void *context)
{
	start(reading_new(context, request, show_headers, answer_json));
}

/* ---- its source */

static enum err
show_raw(struct reading *reading, const struct pick_row *row)
{
	(void)trace_put(&reading->out, row->message, reading->mime);
	return buf_put(&reading->out, buf_span(&reading->raw)) ? ERR_OK
							       : ERR_MEMORY;
}

static void
answer_raw(struct reading *reading)
{
	struct http_request *request = reading->task.request;
	char disposition[64];
	struct span value;

	(void)snprintf(disposition, sizeof(disposition),
	    "attachment; filename=\"%s.eml\"", reading->id);
	if (http_parameter(request, "dl", &value) &&
	    span_equal(value, SPAN("1")))
		http_add_header(request, "Content-Disposition", disposition);
	http_reply(
	    request, 200, "text/plain; charset=utf-8", buf_span(&reading->out));
}

void
mailpit_get_raw(struct http_request *request, void *context)
{
	start(reading_new(context, request, show_raw, answer_raw));
}

/* ---- its parts */

static enum err
show_part(struct reading *reading, const struct pick_row *row)
{
	const struct mime_part *part = reading_part(reading);

	(void)row;
	if (!part)
		return ERR_NOT_FOUND;
	if (!mime_part_bytes(buf_span(&reading->raw), part->id, &reading->out))
		return ERR_LIMIT;
	reading->type = strdup(part->type);
	reading->name = strdup(part->name[0] ? part->name : part->content_id);
	return reading->type && reading->name ? ERR_OK : ERR_MEMORY;
}

static void
add_disposition(struct reading *reading, const char *kind)
{
	struct buf text;

	buf_init(&text, 4096);
	if (reading_disposition(&text, kind, reading->name))
		http_add_header(reading->task.request, "Content-Disposition",
		    buf_string(&text));
	buf_release(&text);
}

/* Whatever it is, a browser must not run it as a page of ours. */
static void
answer_part(struct reading *reading)
{
	add_disposition(reading, "inline");
	http_add_header(reading->task.request, "Content-Security-Policy",
	    "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
	    "img-src data:");
	http_reply(
	    reading->task.request, 200, reading->type, buf_span(&reading->out));
}

void
mailpit_get_part(struct http_request *request, void *context)
{
	start(reading_new(context, request, show_part, answer_part));
}

/* ---- small pictures of them */

static enum err
work_thumbnail(struct api_task *task, struct sql *sql)
{
	struct reading *reading = (struct reading *)task;

	(void)sql;
	buf_reset(&reading->raw);
	return thumbnail_put(&reading->raw, buf_span(&reading->out))
	    ? ERR_OK
	    : ERR_MEMORY;
}

static void
reply_thumbnail(struct api_task *task, enum err err)
{
	struct reading *reading = (struct reading *)task;

	if (err) {
		mailpit_reply_failure(task, err);
		return;
	}
	add_disposition(reading, "");
	http_reply(task->request, 200, "image/jpeg", buf_span(&reading->raw));
}

/* Scaling takes long: not on the reader thread. */
static void
start_thumbnail(struct reading *reading)
{
	reading->task.work = work_thumbnail;
	reading->task.reply = reply_thumbnail;
	api_work(&reading->task);
}

void
mailpit_get_thumbnail(struct http_request *request, void *context)
{
	struct reading *reading;

	/* Quirks that are part of the contract: 400, and no "latest". */
	if (span_equal(http_value(request, "id"), SPAN("latest"))) {
		mailpit_reply_text(request, 400, "message not found");
		return;
	}
	reading = reading_new(context, request, show_part, start_thumbnail);
	if (reading) {
		reading->missing_status = 400;
		reading->missing_text = "message or part not found";
	}
	start(reading);
}
