/* api_mailhog_events: MailHog's two streams of new messages. */
#include "api_mailhog.h"

#include "api_message.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* One stream. The items it tells are read one at a time; while one is on its
   way, the ids of those that came meanwhile wait. */
struct stream {
	struct api_task task;
	struct http_stream *stream; /* NULL: gone, the task still comes back */
	struct watcher *watcher;
	bool is_reading;
	json_t *waiting; /* owned: ids */
	struct buf raw;
	struct sql *sql;
};

static void
release(struct api_task *task)
{
	struct stream *stream = (struct stream *)task;

	if (stream->watcher)
		watch_remove(task->api->watch, stream->watcher);
	json_decref(stream->waiting);
	buf_release(&stream->raw);
}

static bool
show(const struct pick_row *row, void *context)
{
	struct stream *stream = context;

	buf_reset(&stream->raw);
	if (pick_body_whole(stream->sql, row->seq, &stream->raw) == ERR_OK)
		api_set_answer(
		    &stream->task, mailhog_item(row, buf_span(&stream->raw)));
	return false;
}

static enum err
work(struct api_task *task, struct sql *sql)
{
	struct stream *stream = (struct stream *)task;

	stream->sql = sql;
	return pick_message(sql, task->id, show, stream);
}

static void
read_next(struct stream *stream)
{
	json_t *id = json_array_get(stream->waiting, 0);

	if (!id)
		return;
	free(stream->task.id);
	stream->task.id = strdup(json_string_value(id));
	(void)json_array_remove(stream->waiting, 0);
	if (!stream->task.id)
		return;
	stream->is_reading = true;
	api_read(&stream->task);
}

static void
reply(struct api_task *task, enum err err)
{
	struct stream *stream = (struct stream *)task;
	char *text =
	    task->answer ? json_dumps(task->answer, JSON_COMPACT) : NULL;

	stream->is_reading = false;
	if (!stream->stream) {
		free(text);
		return;
	}
	/* What was removed meanwhile is not told. */
	if (!err && text)
		http_stream_send(stream->stream, NULL, NULL, span_string(text));
	free(text);
	api_set_answer(task, NULL);
	task->is_handed_over = true;
	read_next(stream);
}

static void
on_event(const struct watch_event *event, void *context)
{
	struct stream *stream = context;

	if (event->kind != WATCH_MESSAGE ||
	    event->entry->message->state != MESSAGE_ACCEPTED)
		return;
	(void)json_array_append_new(
	    stream->waiting, json_string(event->entry->message->id));
	if (!stream->is_reading)
		read_next(stream);
}

static void
on_gone(void *context)
{
	struct stream *stream = context;

	stream->stream = NULL;
	if (!stream->is_reading)
		api_task_free(&stream->task);
}

static void
start(struct api *api, struct http_request *request, enum http_stream_kind kind)
{
	struct stream *stream = api_task_new(api, request, sizeof(*stream));

	if (!stream)
		return;
	buf_init(&stream->raw, MAILHOG_RAW_MAX);
	stream->task.work = work;
	stream->task.reply = reply;
	stream->task.release = release;
	stream->waiting = json_array();
	stream->watcher = watch_add(api->watch, on_event, stream);
	if (!stream->watcher) {
		http_reply(request, 500, NULL, SPAN(""));
		api_task_free(&stream->task);
		return;
	}
	stream->stream = http_stream_open(request, kind, on_gone, stream);
	stream->task.request = NULL;
	if (!stream->stream)
		api_task_free(&stream->task);
}

void
mailhog_events(struct http_request *request, void *context)
{
	start(context, request, HTTP_EVENTS);
}

void
mailhog_websocket(struct http_request *request, void *context)
{
	start(context, request, HTTP_WEBSOCKET);
}
