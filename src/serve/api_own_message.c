/* api_own_message: messages of mailstop's own API: pages, one, and the way
 * out. */
#include "api_own.h"

#include "api_detail.h"
#include "api_links.h"
#include "api_message.h"
#include "api_removed.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 50

/* One struct for all of them; each uses what it needs. */
struct work {
	struct api_task task;
	struct api_removed removed;
	uint64_t count; /* of what was removed */
	struct buf raw;
};

static void
release(struct api_task *task)
{
	buf_release(&((struct work *)task)->raw);
}

static struct work *
new_work(struct api *api, struct http_request *request,
    enum err (*run)(struct api_task *, struct sql *),
    void (*reply)(struct api_task *, enum err))
{
	struct work *work = api_task_new(api, request, sizeof(*work));

	if (!work)
		return NULL;
	buf_init(&work->raw, (size_t)INDEX_MESSAGE_MAX * 4);
	work->task.work = run;
	work->task.reply = reply;
	work->task.release = release;
	return work;
}

/* Of the route's {id}; NULL after answering. */
static struct work *
new_work_on_one(struct api *api, struct http_request *request,
    enum err (*run)(struct api_task *, struct sql *),
    void (*reply)(struct api_task *, enum err))
{
	struct work *work = new_work(api, request, run, reply);

	return work ? api_task_with_id(&work->task) : NULL;
}

static void
reply_answer(struct api_task *task, enum err err)
{
	if (err)
		own_reply_failure(task, err);
	else
		api_reply_answer(task);
}

/* ---- pages */

static enum err
work_list(struct api_task *task, struct sql *sql)
{
	json_t *messages = json_array();
	int64_t seq = 0;
	enum err err =
	    pick_messages(sql, &task->pick, api_add_message, messages);

	if (!err)
		err = own_cursor(sql, messages, &seq);
	api_set_answer(task,
	    json_pack(
		"{s:o, s:I}", "messages", messages, "seq", (json_int_t)seq));
	return err;
}

void
own_list(struct http_request *request, void *context)
{
	struct work *work = new_work(context, request, work_list, reply_answer);

	if (!work)
		return;
	if (own_take_cursor(&work->task, PAGE, "limit") &&
	    own_take_order(&work->task))
		api_read(&work->task);
	else
		api_task_free(&work->task);
}

/* ---- taking, which is reading and removing at once */

static enum err
remove_one(struct work *work, struct sql *sql, int64_t seq)
{
	const struct pick_request one = {
	    .after = seq - 1, .before = seq + 1, .all_states = true};
	uint64_t count;

	return pick_remove(sql, &one, api_removed_note, &work->removed, &count);
}

static enum err
work_take(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	json_t *messages = json_array(), *message;
	struct pick_request pick = task->pick;
	int64_t seq = 0;
	enum err err;
	size_t i;

	work->removed.count = 0;
	pick.oldest_first = true;
	err = pick_messages(sql, &pick, api_add_message, messages);
	json_array_foreach(messages, i, message)
	{
		seq = json_integer_value(json_object_get(message, "seq"));
		if (!err)
			err = remove_one(work, sql, seq);
	}
	if (!err && seq == 0)
		err = pick_found(sql, &seq);
	api_set_answer(task,
	    json_pack(
		"{s:o, s:I}", "messages", messages, "seq", (json_int_t)seq));
	return err;
}

static void
reply_taken(struct api_task *task, enum err err)
{
	if (!err)
		api_removed_publish(
		    &((struct work *)task)->removed, task->api->watch);
	reply_answer(task, err);
}

void
own_take(struct http_request *request, void *context)
{
	struct work *work = new_work(context, request, work_take, reply_taken);

	if (!work)
		return;
	if (own_take_no_body(&work->task) &&
	    own_take_cursor(&work->task, 1, "count"))
		api_write(&work->task);
	else
		api_task_free(&work->task);
}

/* ---- removing */

static void
reply_removed(struct api_task *task, enum err err)
{
	struct work *work = (struct work *)task;

	if (err) {
		own_reply_failure(task, err);
		return;
	}
	api_removed_publish(&work->removed, task->api->watch);
	http_reply_json(task->request, 200,
	    json_pack("{s:I}", "deleted", (json_int_t)work->count));
}

static enum err
work_remove(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;

	work->removed.count = 0;
	return pick_remove(
	    sql, &task->pick, api_removed_note, &work->removed, &work->count);
}

void
own_remove(struct http_request *request, void *context)
{
	struct work *work =
	    new_work(context, request, work_remove, reply_removed);

	if (!work)
		return;
	/* Without a query everything goes, what was refused too. */
	if (own_take_no_body(&work->task) &&
	    api_take_query(&work->task, QUERY_OWN)) {
		work->task.pick.all_states =
		    work->task.query->kind == QUERY_ALL;
		api_write(&work->task);
	} else {
		api_task_free(&work->task);
	}
}

static enum err
work_remove_one(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	int64_t seq;
	enum err err = api_find_seq(sql, task->id, &seq);

	work->removed.count = 0;
	work->count = 1;
	return err ? err : remove_one(work, sql, seq);
}

void
own_remove_message(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_remove_one, reply_removed);

	if (work)
		api_write(&work->task);
}

/* ---- one message */

struct shown {
	struct api_task *task;
	struct sql *sql;
	enum err err;
};

static bool
show_detail(const struct pick_row *row, void *context)
{
	struct shown *shown = context;
	json_t *detail = NULL;

	shown->err = api_detail(shown->sql, row, &detail);
	api_set_answer(shown->task, detail);
	return false;
}

static enum err
work_show(struct api_task *task, struct sql *sql)
{
	struct shown shown = {task, sql, ERR_OK};
	enum err err = pick_message(sql, task->id, show_detail, &shown);

	return err ? err : shown.err;
}

void
own_get_message(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_show, reply_answer);

	if (work)
		api_read(&work->task);
}

static bool
show_findings(const struct pick_row *row, void *context)
{
	struct shown *shown = context;
	json_t *findings = json_array();

	shown->err = api_findings(shown->sql, row, findings);
	api_set_answer(shown->task, json_pack("{s:o}", "findings", findings));
	return false;
}

static enum err
work_findings(struct api_task *task, struct sql *sql)
{
	struct shown shown = {task, sql, ERR_OK};
	enum err err = pick_message(sql, task->id, show_findings, &shown);

	return err ? err : shown.err;
}

void
own_get_message_findings(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_findings, reply_answer);

	if (work)
		api_read(&work->task);
}

static enum err
work_links(struct api_task *task, struct sql *sql)
{
	struct buf *raw = &((struct work *)task)->raw;
	struct mime *mime;
	int64_t seq;
	enum err err = api_find_seq(sql, task->id, &seq);

	if (!err)
		err = pick_body_whole(sql, seq, raw);
	if (err)
		return err;
	mime = mime_parse(buf_span(raw));
	if (mime)
		api_set_answer(task, api_links(mime, buf_span(raw)));
	mime_free(mime);
	return task->answer ? ERR_OK : ERR_MEMORY;
}

void
own_get_message_links(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_links, reply_answer);

	if (work)
		api_read(&work->task);
}

static enum err
work_raw(struct api_task *task, struct sql *sql)
{
	int64_t seq;
	enum err err = api_find_seq(sql, task->id, &seq);

	return err ? err
		   : pick_body_whole(sql, seq, &((struct work *)task)->raw);
}

static void
reply_raw(struct api_task *task, enum err err)
{
	if (err)
		own_reply_failure(task, err);
	else
		http_reply(task->request, 200, "message/rfc822",
		    buf_span(&((struct work *)task)->raw));
}

void
own_get_raw(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_raw, reply_raw);

	if (work)
		api_read(&work->task);
}
