/* api_mailpit_events: Mailpit's WebSocket, which tells what happens. */
#include "api_mailpit.h"

#include "api_mailpit_json.h"
#include "api_message.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Statistics follow a change after this long, so at most four times a second.
 */
static const struct timeval stats_delay = {0, 250 * 1000};

struct listener_of_events {
	struct api *api;
	char *inbox;                /* owned; NULL: all of them */
	struct http_stream *stream; /* NULL: gone, a task still comes back */
	struct watcher *watcher;
	struct event *timer;
	bool is_counting; /* a task is on its way to the store and back */
};

struct counting {
	struct api_task task;
	struct listener_of_events *to;
};

static void
send_event(struct listener_of_events *it, const char *type, json_t *data)
{
	json_t *event = json_pack("{s:s, s:o}", "Type", type, "Data", data);
	char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;

	if (text)
		http_stream_send(it->stream, NULL, NULL, span_string(text));
	free(text);
	json_decref(event);
}

static void
free_if_done(struct listener_of_events *it)
{
	if (it->stream || it->is_counting)
		return;
	event_free(it->timer);
	free(it->inbox);
	free(it);
}

/* ---- how many there are */

static enum err
work_count(struct api_task *task, struct sql *sql)
{
	struct pick_stats stats;
	const char *inbox = ((struct counting *)task)->to->inbox;
	enum err err = pick_stats(sql, &stats);

	if (!err && inbox)
		err = pick_inbox_stats(sql, span_string(inbox), &stats);
	if (err)
		return err;
	api_set_answer(task,
	    json_pack("{s:I, s:I, s:o}", "Total", (json_int_t)stats.accepted,
		"Unread", (json_int_t)stats.unread, "Version",
		json_sprintf("v%s", task->api->options.version)));
	return ERR_OK;
}

static void
reply_count(struct api_task *task, enum err err)
{
	struct listener_of_events *it = ((struct counting *)task)->to;

	it->is_counting = false;
	if (!err && it->stream) {
		send_event(it, "stats", task->answer);
		task->answer = NULL;
	}
	free_if_done(it);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct listener_of_events *it = context;
	struct counting *counting;

	(void)fd;
	(void)what;
	if (it->is_counting) {
		(void)event_add(it->timer, &stats_delay);
		return;
	}
	counting = calloc(1, sizeof(*counting));
	if (!counting)
		return;
	counting->task.api = it->api;
	counting->task.work = work_count;
	counting->task.reply = reply_count;
	counting->to = it;
	it->is_counting = true;
	api_read(&counting->task);
}

static void
count_soon(struct listener_of_events *it)
{
	if (!event_pending(it->timer, EV_TIMEOUT, NULL))
		(void)event_add(it->timer, &stats_delay);
}

/* ---- what happens */

static json_t *
tags_value(const char *const *tags)
{
	json_t *array = json_array();

	for (size_t i = 0; tags && tags[i]; i++)
		(void)json_array_append_new(array, json_string(tags[i]));
	return array;
}

static json_t *
refusal_value(const struct watch_event *event)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "Level", "error", "Type",
	    "smtpd", "IP", api_string(event->id), "Message",
	    api_string(event->text));
}

static void
send_what_happened(
    struct listener_of_events *it, const struct watch_event *event)
{
	switch (event->kind) {
	case WATCH_MESSAGE:
		send_event(it, "new", mailpit_summary_of_entry(event->entry));
		break;
	case WATCH_READ:
		send_event(it, "update",
		    json_pack("{s:o, s:b}", "ID", api_string(event->id), "Read",
			(int)event->is_read));
		break;
	case WATCH_TAGS:
		send_event(it, "update",
		    json_pack("{s:o, s:o}", "ID", api_string(event->id), "Tags",
			tags_value(event->tags)));
		break;
	case WATCH_DELETE:
		send_event(it, "delete",
		    json_pack("{s:o}", "ID", api_string(event->id)));
		break;
	case WATCH_CLEAR:
		send_event(it, "truncate", json_null());
		break;
	case WATCH_PRUNE:
		send_event(it, "prune", json_null());
		break;
	case WATCH_REFUSED:
		send_event(it, "error", refusal_value(event));
		break;
	case WATCH_SESSION:
	case WATCH_STOP:
		break;
	}
}

/* What is about no inbox is told to all; who hears of a message that they were
   never told of know that it is not theirs. */
static bool
is_of_inbox(const struct listener_of_events *it, struct span inbox)
{
	return !it->inbox || inbox.len == 0 ||
	    span_equal(inbox, span_string(it->inbox));
}

/* Mail that was refused is not there for that API. */
static bool
is_of_interest(
    const struct listener_of_events *it, const struct watch_event *event)
{
	const struct message *message;

	if (event->kind != WATCH_MESSAGE)
		return event->kind != WATCH_SESSION &&
		    event->kind != WATCH_STOP && is_of_inbox(it, event->inbox);
	message = event->entry->message;
	return message->state == MESSAGE_ACCEPTED &&
	    is_of_inbox(it, message_get(message, MESSAGE_INBOX));
}

static void
on_event(const struct watch_event *event, void *context)
{
	struct listener_of_events *it = context;

	if (!is_of_interest(it, event))
		return;
	send_what_happened(it, event);
	if (event->kind != WATCH_REFUSED)
		count_soon(it);
}

static void
on_gone(void *context)
{
	struct listener_of_events *it = context;

	watch_remove(it->api->watch, it->watcher);
	(void)event_del(it->timer);
	it->stream = NULL;
	free_if_done(it);
}

static struct listener_of_events *
new_listener(struct api *api, struct span inbox)
{
	struct listener_of_events *it = calloc(1, sizeof(*it));

	if (it && inbox.len)
		it->inbox = strndup(inbox.at, inbox.len);
	if (!it || (inbox.len && !it->inbox)) {
		free(it);
		return NULL;
	}
	it->api = api;
	it->timer = evtimer_new(loop_base(api->loop), on_timer, it);
	it->watcher = it->timer ? watch_add(api->watch, on_event, it) : NULL;
	if (it->watcher)
		return it;
	if (it->timer)
		event_free(it->timer);
	free(it->inbox);
	free(it);
	return NULL;
}

void
mailpit_events(struct http_request *request, void *context)
{
	struct span inbox = SPAN("");
	struct listener_of_events *it;

	(void)http_parameter(request, "inbox", &inbox);
	it = new_listener(context, inbox);
	if (!it) {
		mailpit_reply_text(request, 500, "%s", err_text(ERR_MEMORY));
		return;
	}
	it->stream = http_stream_open(request, HTTP_WEBSOCKET, on_gone, it);
	if (!it->stream) {
		watch_remove(it->api->watch, it->watcher);
		free_if_done(it);
		return;
	}
	count_soon(it);
}
