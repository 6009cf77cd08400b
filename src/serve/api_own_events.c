/* api_own_events: what happens, as server-sent events that can be resumed. */
#include "api_own.h"

#include "api_message.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many messages are caught up with at once. */
#define PAGE 500

/*
 * A stream that resumes first reads what it missed, page by page; what happens
 * meanwhile waits in `meanwhile`, so that nothing comes twice or out of order.
 */
struct events {
	struct api_task task; /* its request is gone: it became the stream */
	struct http_stream *stream; /* NULL: gone, the task still comes back */
	struct watcher *watcher;
	enum { CATCHING_UP, LIVE } stage;
	json_t *page;      /* owned */
	json_t *meanwhile; /* owned: [name, data] */
	int64_t seq;       /* the newest message that was told */
	int64_t last_seq;  /* what Last-Event-ID says; -1 without it */
};

static void
release(struct api_task *task)
{
	struct events *events = (struct events *)task;

	if (events->watcher)
		watch_remove(task->api->watch, events->watcher);
	json_decref(events->page);
	json_decref(events->meanwhile);
}

/* Every event names the newest message: from there on one can resume. */
static void
send_text(struct events *events, const char *name, struct span text)
{
	char id[24];

	(void)snprintf(id, sizeof(id), "%jd", (intmax_t)events->seq);
	http_stream_send(events->stream, id, name, text);
}

static void
send_event(struct events *events, const char *name, const json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);

	if (text)
		send_text(events, name, span_string(text));
	free(text);
}

static void
send_message(struct events *events, const json_t *message)
{
	int64_t seq = json_integer_value(json_object_get(message, "seq"));

	if (seq <= events->seq)
		return;
	events->seq = seq;
	send_event(events, "message", message);
}

/* Takes the data. */
static void
tell(struct events *events, const char *name, json_t *data)
{
	if (events->stage != LIVE)
		(void)json_array_append_new(
		    events->meanwhile, json_pack("[s, O]", name, data));
	else if (span_equal(span_string(name), SPAN("message")))
		send_message(events, data);
	else
		send_event(events, name, data);
	json_decref(data);
}

static bool
is_of_inbox(const struct events *events, struct span inbox)
{
	const char *wanted = events->task.pick.inbox;

	return !wanted || inbox.len == 0 ||
	    span_equal(inbox, span_string(wanted));
}

static json_t *
tags_value(const char *const *tags)
{
	json_t *list = json_array();

	for (size_t i = 0; tags && tags[i]; i++)
		(void)json_array_append_new(
		    list, api_string(span_string(tags[i])));
	return list;
}

/* The data of an event that is about no new message, and its name; NULL for
   what is told to nobody here. */
static json_t *
value_of(const struct watch_event *event, const char **name)
{
	switch (event->kind) {
	case WATCH_SESSION:
		*name = "session";
		return json_pack("{s:o}", "id", api_string(event->id));
	case WATCH_DELETE:
		*name = "delete";
		return json_pack("{s:o, s:I}", "id", api_string(event->id),
		    "seq", (json_int_t)event->seq);
	case WATCH_READ:
		*name = "update";
		return json_pack("{s:o, s:b}", "id", api_string(event->id),
		    "read", (int)event->is_read);
	case WATCH_TAGS:
		*name = "update";
		return json_pack("{s:o, s:o}", "id", api_string(event->id),
		    "tags", tags_value(event->tags));
	case WATCH_CLEAR:
	case WATCH_PRUNE:
		/* Many are gone or changed: read the list again. */
		*name = "reload";
		return json_object();
	default:
		return NULL;
	}
}

static void
on_event(const struct watch_event *event, void *context)
{
	struct events *events = context;
	const char *name;
	json_t *value;

	if (event->kind == WATCH_MESSAGE) {
		if (api_wants(&events->task, event->entry))
			tell(events, "message",
			    api_message_of_entry(event->entry));
		return;
	}
	if (!is_of_inbox(events, event->inbox))
		return;
	value = value_of(event, &name);
	if (value)
		tell(events, name, value);
}

/* These are by far the most: text without an object first. An id is letters and
   digits. */
static void
remember_session(struct api *api, struct span id)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "{\"id\":\"%.*s\"}", SPAN_ARG(id));
	recent_put(api->recent, "session", SPAN(""), span_string(text));
}

void
own_remember(const struct watch_event *event, void *context)
{
	struct api *api = context;
	const char *name;
	json_t *value;
	char *text;

	if (event->kind == WATCH_MESSAGE) {
		recent_saw(api->recent, event->seq);
		return;
	}
	recent_saw(api->recent, indexer_newest(api->indexer));
	if (event->kind == WATCH_SESSION) {
		remember_session(api, event->id);
		return;
	}
	value = value_of(event, &name);
	text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	if (text)
		recent_put(api->recent, name, event->inbox, span_string(text));
	free(text);
	json_decref(value);
}

static void
on_gone(void *context)
{
	struct events *events = context;

	events->stream = NULL;
	if (events->stage == LIVE)
		api_task_free(&events->task);
}

/* ---- catching up */

static enum err
work_page(struct api_task *task, struct sql *sql)
{
	struct events *events = (struct events *)task;

	json_decref(events->page);
	events->page = json_array();
	return pick_messages(sql, &task->pick, api_add_message, events->page);
}

static void
send_again(const struct recent_event *event, void *context)
{
	struct events *events = context;

	if (is_of_inbox(events, span_string(event->inbox)))
		send_text(events, event->name, span_string(event->text));
}

/* Other than messages, which were read from the store. */
static void
send_recent(struct events *events)
{
	const struct recent *recent = events->task.api->recent;

	if (events->last_seq < 0)
		return;
	if (!recent_reaches(recent, events->last_seq))
		send_text(events, "reload", SPAN("{}"));
	recent_each(recent, events->last_seq, send_again, events);
}

static void
send_meanwhile(struct events *events)
{
	json_t *event;
	size_t i;

	events->stage = LIVE;
	json_array_foreach(events->meanwhile, i, event)
	{
		const char *name = json_string_value(json_array_get(event, 0));

		/* All others were among the recent ones. */
		if (events->last_seq < 0 || strcmp(name, "message") == 0)
			tell(events, name,
			    json_incref(json_array_get(event, 1)));
	}
	(void)json_array_clear(events->meanwhile);
}

static void
reply_page(struct api_task *task, enum err err)
{
	struct events *events = (struct events *)task;
	size_t count = json_array_size(events->page);
	json_t *message;
	size_t i;

	/* Freed when this returns. */
	if (!events->stream)
		return;
	/* Whoever misses something must know: the client connects again. */
	if (err) {
		http_stream_close(events->stream);
		events->stream = NULL;
		return;
	}
	json_array_foreach(events->page, i, message)
	    send_message(events, message);
	if (count == PAGE) {
		task->pick.after = events->seq;
		api_read(task);
		return;
	}
	send_recent(events);
	send_meanwhile(events);
	task->is_handed_over = true;
}

/* From the header of a browser that connects again, or the parameter `after`
   of whoever remembers; otherwise from now on. False after answering. */
static bool
take_start(struct events *events)
{
	struct http_request *request = events->task.request;
	struct span header = http_header(request, "Last-Event-ID");
	int64_t after;
	uint64_t seq;

	if (!api_take_number(request, "after", -1, &after)) {
		http_reply_error(request, 400, "after is a seq number");
		return false;
	}
	events->last_seq = -1;
	if (header.len > 0 && span_number(header, &seq) && seq <= INT64_MAX)
		after = events->last_seq = (int64_t)seq;
	events->stage = after >= 0 ? CATCHING_UP : LIVE;
	/* What was stored before the client came is not told. */
	events->seq =
	    after >= 0 ? after : indexer_newest(events->task.api->indexer);
	return true;
}

void
own_events(struct http_request *request, void *context)
{
	struct api *api = context;
	struct events *events = api_task_new(api, request, sizeof(*events));

	if (!events)
		return;
	events->task.work = work_page;
	events->task.reply = reply_page;
	events->task.release = release;
	if (!take_start(events) || !api_take_query(&events->task, QUERY_OWN)) {
		api_task_free(&events->task);
		return;
	}
	events->meanwhile = json_array();
	events->watcher = watch_add(api->watch, on_event, events);
	if (!events->watcher) {
		own_reply_failure(&events->task, ERR_MEMORY);
		api_task_free(&events->task);
		return;
	}
	events->task.pick.after = events->seq;
	events->task.pick.oldest_first = true;
	events->task.pick.limit = PAGE;
	events->stream =
	    http_stream_open(request, HTTP_EVENTS, on_gone, events);
	events->task.request = NULL;
	if (!events->stream)
		api_task_free(&events->task);
	else if (events->stage == CATCHING_UP)
		api_read(&events->task);
}
