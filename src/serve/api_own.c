/* api_own: what the handlers of mailstop's own API share. */
#include "api_own.h"

#include "api_message.h"

#include <jansson.h>

#define V1 "/api/mailstop/v1"

const struct http_route api_own_routes[] = {
    {HTTP_GET, V1 "/now", own_now, HTTP_CORS},
    {HTTP_GET, V1 "/server", own_server, HTTP_CORS},
    {HTTP_GET, V1 "/stats", own_stats, HTTP_CORS},
    {HTTP_GET, V1 "/wait", own_wait, HTTP_CORS},
    {HTTP_POST, V1 "/take", own_take, HTTP_CORS},
    {HTTP_GET, V1 "/messages", own_list, HTTP_CORS},
    {HTTP_DELETE, V1 "/messages", own_remove, HTTP_CORS},
    {HTTP_GET, V1 "/message/{id}", own_get_message, HTTP_CORS},
    {HTTP_DELETE, V1 "/message/{id}", own_remove_message, HTTP_CORS},
    {HTTP_GET, V1 "/message/{id}/raw", own_get_raw, HTTP_CORS},
    {HTTP_GET, V1 "/message/{id}/findings", own_get_message_findings,
	HTTP_CORS},
    {HTTP_GET, V1 "/message/{id}/links", own_get_message_links, HTTP_CORS},
    {HTTP_GET, V1 "/sessions", own_sessions, HTTP_CORS},
    {HTTP_GET, V1 "/session/{id}", own_get_session, HTTP_CORS},
    {HTTP_GET, V1 "/session/{id}/transcript", own_get_transcript, HTTP_CORS},
    {HTTP_GET, V1 "/session/{id}/findings", own_get_session_findings,
	HTTP_CORS},
    {HTTP_GET, V1 "/faults", own_get_faults, HTTP_CORS},
    {HTTP_PUT, V1 "/faults", own_put_faults, HTTP_CORS},
    {HTTP_POST, V1 "/faults", own_post_fault, HTTP_CORS},
    {HTTP_DELETE, V1 "/fault/{id}", own_delete_fault, HTTP_CORS},
    {HTTP_GET, V1 "/inboxes", own_get_inboxes, HTTP_CORS},
    {HTTP_DELETE, V1 "/inboxes", own_delete_inboxes, HTTP_CORS},
    {HTTP_DELETE, V1 "/inbox/{name}", own_delete_inbox, HTTP_CORS},
    {HTTP_GET, V1 "/events", own_events, HTTP_CORS},
    {0, NULL, NULL, 0},
};

void
own_reply_failure(struct api_task *task, enum err err)
{
	http_reply_error(task->request, api_status(err), "%s%s%s",
	    task->id ? task->id : "", task->id ? ": " : "", err_text(err));
}

enum err
own_cursor(struct sql *sql, const struct json_t *messages, int64_t *seq)
{
	enum err err = pick_found(sql, seq);
	json_t *message;
	size_t i;

	json_array_foreach(messages, i, message)
	{
		int64_t given =
		    json_integer_value(json_object_get(message, "seq"));

		if (given > *seq)
			*seq = given;
	}
	return err;
}

bool
own_take_no_body(struct api_task *task)
{
	struct span body = span_trim(http_body(task->request));

	if (body.len == 0 || span_equal(body, SPAN("{}")) ||
	    span_equal(body, SPAN("null")))
		return true;
	http_reply_error(task->request, 400,
	    "parameters stand in the address (?query=...), not in a body");
	return false;
}

bool
own_take_cursor(struct api_task *task, uint64_t fallback, const char *count)
{
	int64_t number, after, before;

	if (!api_take_number(
		task->request, count, (int64_t)fallback, &number) ||
	    number < 1 || number > OWN_COUNT_MAX) {
		http_reply_error(task->request, 400,
		    "%s is a whole number from 1 to %d", count, OWN_COUNT_MAX);
		return false;
	}
	if (!api_take_number(task->request, "after", 0, &after) ||
	    !api_take_number(task->request, "before", 0, &before)) {
		http_reply_error(
		    task->request, 400, "after and before are seq numbers");
		return false;
	}
	task->pick.limit = (uint64_t)number;
	task->pick.after = after;
	task->pick.before = before;
	return api_take_query(task, QUERY_OWN);
}

bool
own_take_order(struct api_task *task)
{
	struct span order = SPAN("newest");

	(void)http_parameter(task->request, "order", &order);
	task->pick.oldest_first = span_equal(order, SPAN("oldest"));
	if (task->pick.oldest_first || span_equal(order, SPAN("newest")))
		return true;
	http_reply_error(task->request, 400, "order is newest or oldest");
	return false;
}
