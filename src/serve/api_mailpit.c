/* api_mailpit: what the handlers of Mailpit's API share. */
#include "api_mailpit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V1 "/api/v1"
#define MESSAGE V1 "/message/{id}"

const struct http_route api_mailpit_routes[] = {
    {HTTP_GET, V1 "/messages", mailpit_list, HTTP_CORS},
    {HTTP_PUT, V1 "/messages", mailpit_mark, HTTP_CORS},
    {HTTP_DELETE, V1 "/messages", mailpit_delete, HTTP_CORS},
    {HTTP_GET, V1 "/search", mailpit_search, HTTP_CORS},
    {HTTP_DELETE, V1 "/search", mailpit_delete_search, HTTP_CORS},
    {HTTP_GET, MESSAGE, mailpit_get_message, HTTP_CORS},
    {HTTP_GET, MESSAGE "/headers", mailpit_get_headers, HTTP_CORS},
    {HTTP_GET, MESSAGE "/raw", mailpit_get_raw, HTTP_CORS},
    {HTTP_GET, MESSAGE "/part/{part}", mailpit_get_part, HTTP_CORS},
    {HTTP_GET, MESSAGE "/part/{part}/thumb", mailpit_get_thumbnail, HTTP_CORS},
    {HTTP_POST, MESSAGE "/release", mailpit_release, HTTP_CORS},
    {HTTP_GET, MESSAGE "/html-check", mailpit_html_check, HTTP_CORS},
    {HTTP_GET, MESSAGE "/link-check", mailpit_link_check, HTTP_CORS},
    {HTTP_GET, MESSAGE "/sa-check", mailpit_sa_check, HTTP_CORS},
    {HTTP_POST, V1 "/send", mailpit_send, HTTP_CORS | HTTP_LARGE},
    {HTTP_GET, V1 "/tags", mailpit_list_tags, HTTP_CORS},
    {HTTP_PUT, V1 "/tags", mailpit_set_tags, HTTP_CORS},
    {HTTP_PUT, V1 "/tags/{tag}", mailpit_rename_tag, HTTP_CORS},
    {HTTP_DELETE, V1 "/tags/{tag}", mailpit_delete_tag, HTTP_CORS},
    {HTTP_GET, V1 "/info", mailpit_info, HTTP_CORS},
    {HTTP_GET, V1 "/webui", mailpit_webui, HTTP_CORS},
    {HTTP_GET, V1 "/chaos", mailpit_get_chaos, HTTP_CORS},
    {HTTP_PUT, V1 "/chaos", mailpit_put_chaos, HTTP_CORS},
    {HTTP_GET, "/api/events", mailpit_events, HTTP_CORS},
    {HTTP_GET, "/view/{file}", mailpit_view, HTTP_CORS},
    {HTTP_GET, "/livez", mailpit_livez, HTTP_OPEN},
    {HTTP_GET, "/readyz", mailpit_readyz, HTTP_OPEN},
    {0, NULL, NULL, 0},
};

void
mailpit_reply_text(
    struct http_request *request, int status, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	http_reply(request, status, "text/plain", span_string(text));
}

void
mailpit_refuse(struct api_task *task, const char *why)
{
	mailpit_reply_text(task->request, 400, "%s", why);
	api_task_free(task);
}

void
mailpit_reply_ok(struct http_request *request)
{
	http_reply(request, 200, "text/plain", SPAN("ok"));
}

static bool
is_latest(const struct api_task *task)
{
	return strcmp(task->id, "latest") == 0;
}

void
mailpit_reply_failure(struct api_task *task, enum err err)
{
	if (err == ERR_NOT_FOUND || err == ERR_GONE)
		mailpit_reply_text(task->request, 404, "%s",
		    task->id && is_latest(task) ? "Message not found"
						: "404 page not found");
	else
		mailpit_reply_text(
		    task->request, api_status(err), "%s", err_text(err));
}

bool
mailpit_take_id(struct api_task *task, struct span id)
{
	task->id = strndup(id.at, id.len);
	if (!task->id) {
		mailpit_reply_failure(task, ERR_MEMORY);
		return false;
	}
	return !is_latest(task) || api_take_query(task, QUERY_MAILPIT);
}

struct picked {
	pick_callback *call;
	void *context;
	bool is_found;
};

static bool
take_accepted(const struct pick_row *row, void *context)
{
	struct picked *picked = context;

	picked->is_found = row->message->state == MESSAGE_ACCEPTED;
	return picked->is_found && picked->call(row, picked->context);
}

enum err
mailpit_pick(
    struct api_task *task, struct sql *sql, pick_callback *call, void *context)
{
	struct picked picked = {call, context, false};
	enum err err;

	if (is_latest(task)) {
		task->pick.limit = 1;
		err = pick_messages(sql, &task->pick, take_accepted, &picked);
	} else {
		err = pick_message(sql, task->id, take_accepted, &picked);
	}
	if (err)
		return err;
	return picked.is_found ? ERR_OK : ERR_NOT_FOUND;
}

/* Digits with a sign, as those clients may send; false when it is none. */
static bool
take_signed(struct http_request *request, const char *name, int64_t *number)
{
	struct span value;
	uint64_t digits;
	bool is_negative;

	if (!http_parameter(request, name, &value))
		return false;
	is_negative = span_starts(value, SPAN("-"));
	if (is_negative || span_starts(value, SPAN("+")))
		span_skip(&value, 1);
	if (!span_number(value, &digits) || digits > INT32_MAX)
		return false;
	*number = is_negative ? -(int64_t)digits : (int64_t)digits;
	return true;
}

#define PAGE 50

void
mailpit_take_page(struct http_request *request, struct mailpit_page *page)
{
	int64_t number;

	*page = (struct mailpit_page){0, PAGE};
	if (take_signed(request, "start", &number) && number > 0)
		page->start = (uint64_t)number;
	if (take_signed(request, "limit", &number) && number >= 0)
		page->limit = (uint64_t)number;
}
