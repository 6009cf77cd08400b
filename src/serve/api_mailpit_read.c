/* api_mailpit_read: one message read whole, for the handlers that show it. */
#include "api_mailpit_read.h"

#include "index.h"
#include "mark.h"

#include <stdlib.h>
#include <string.h>

/* A message and its trace; larger ones are not shown by these handlers. */
#define RAW_LIMIT ((size_t)INDEX_MESSAGE_MAX * 4)

static void
release(struct api_task *task)
{
	struct reading *reading = (struct reading *)task;

	buf_release(&reading->raw);
	buf_release(&reading->out);
	mime_free(reading->mime);
	free(reading->type);
	free(reading->name);
}

struct wanted {
	struct reading *reading;
	struct sql *sql;
	enum err err;
};

static bool
read_row(const struct pick_row *row, void *context)
{
	struct wanted *wanted = context;
	struct reading *reading = wanted->reading;

	memcpy(reading->id, row->message->id, UID_SIZE);
	reading->seq = row->seq;
	reading->is_unread = !row->summary.is_read;
	wanted->err = pick_body_whole(wanted->sql, row->seq, &reading->raw);
	if (wanted->err)
		return false;
	reading->mime = mime_parse(buf_span(&reading->raw));
	wanted->err = reading->mime ? reading->show(reading, row) : ERR_MEMORY;
	return false;
}

static enum err
work_read(struct api_task *task, struct sql *sql)
{
	struct wanted wanted = {(struct reading *)task, sql, ERR_OK};
	enum err err = mailpit_pick(task, sql, read_row, &wanted);

	return err ? err : wanted.err;
}

static void
note_marked(struct span id, void *context)
{
	struct reading *reading = context;

	(void)id;
	reading->is_marked = true;
}

static enum err
work_mark(struct api_task *task, struct sql *sql)
{
	struct reading *reading = (struct reading *)task;

	return mark_message(sql, reading->seq, MARK_READ, note_marked, reading);
}

/* A database that cannot be written hides no message. */
static void
reply_marked(struct api_task *task, enum err err)
{
	struct reading *reading = (struct reading *)task;

	if (!err && reading->is_marked)
		watch_publish(task->api->watch,
		    &(struct watch_event){.kind = WATCH_READ,
			.id = span_string(reading->id),
			.is_read = true});
	reading->answer(reading);
}

static void
reply_read(struct api_task *task, enum err err)
{
	struct reading *reading = (struct reading *)task;

	if ((err == ERR_NOT_FOUND || err == ERR_GONE) &&
	    reading->missing_text) {
		mailpit_reply_text(task->request,
		    reading->missing_status ? reading->missing_status : 404,
		    "%s", reading->missing_text);
		return;
	}
	if (err) {
		mailpit_reply_failure(task, err);
		return;
	}
	if (reading->counts_as_read && reading->is_unread &&
	    !task->api->options.is_view) {
		task->work = work_mark;
		task->reply = reply_marked;
		api_write(task);
		return;
	}
	reading->answer(reading);
}

struct reading *
reading_new(struct api *api, struct http_request *request,
    enum err (*show)(struct reading *, const struct pick_row *),
    void (*answer)(struct reading *))
{
	return reading_named(
	    api, request, http_value(request, "id"), show, answer);
}

struct reading *
reading_named(struct api *api, struct http_request *request, struct span id,
    enum err (*show)(struct reading *, const struct pick_row *),
    void (*answer)(struct reading *))
{
	struct reading *reading = api_task_new(api, request, sizeof(*reading));

	if (!reading)
		return NULL;
	buf_init(&reading->raw, RAW_LIMIT);
	buf_init(&reading->out, RAW_LIMIT);
	reading->task.work = work_read;
	reading->task.reply = reply_read;
	reading->task.release = release;
	reading->show = show;
	reading->answer = answer;
	if (!mailpit_take_id(&reading->task, id)) {
		api_task_free(&reading->task);
		return NULL;
	}
	return reading;
}

void
reading_start(struct reading *reading)
{
	api_read(&reading->task);
}

const struct mime_part *
reading_part(const struct reading *reading)
{
	struct span id = http_value(reading->task.request, "part");

	for (size_t i = 0; i < reading->mime->part_count; i++) {
		const struct mime_part *part = &reading->mime->parts[i];

		if (part->role != MIME_CONTAINER && part->role != MIME_BODY &&
		    span_equal(span_string(part->id), id))
			return part;
	}
	return NULL;
}

static bool
needs_no_escape(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	    (byte >= 'A' && byte <= 'Z') ||
	    (byte != '\0' && strchr("-_.~$&+:=@", byte));
}

bool
reading_disposition(struct buf *out, const char *kind, const char *filename)
{
	(void)buf_printf(out, "%s%sfilename=\"", kind, kind[0] ? "; " : "");
	for (const char *at = filename; *at; at++)
		if (needs_no_escape(*at))
			(void)buf_put_char(out, *at);
		else
			(void)buf_printf(out, "%%%02X", (unsigned char)*at);
	return buf_put(out, SPAN("\""));
}
