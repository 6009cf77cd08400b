/* api_own_inbox: the inboxes of mailstop's own API. */
#include "api_own.h"

#include "api_message.h"
#include "api_removed.h"
#include "inbox.h"

#include <jansson.h>
#include <string.h>

struct removal {
	struct api_task task;
	uint64_t count;
	struct api_removed removed;
};

static void
reply_answer(struct api_task *task, enum err err)
{
	if (err)
		own_reply_failure(task, err);
	else
		api_reply_answer(task);
}

static bool
add_inbox(const struct inbox_view *view, void *context)
{
	return json_array_append_new(context,
		   json_pack("{s:o, s:I, s:I, s:I}", "name",
		       api_string(view->name), "messages",
		       (json_int_t)view->messages, "unread",
		       (json_int_t)view->unread, "seq",
		       (json_int_t)view->seq)) == 0;
}

static enum err
work_list(struct api_task *task, struct sql *sql)
{
	json_t *inboxes = json_array();

	api_set_answer(task, json_pack("{s:o}", "inboxes", inboxes));
	return inbox_list(sql, add_inbox, inboxes);
}

void
own_get_inboxes(struct http_request *request, void *context)
{
	struct api_task *task =
	    api_task_new(context, request, sizeof(struct api_task));

	if (!task)
		return;
	task->work = work_list;
	task->reply = reply_answer;
	api_read(task);
}

static enum err
work_remove(struct api_task *task, struct sql *sql)
{
	struct removal *removal = (struct removal *)task;

	removal->removed.count = 0;
	return pick_remove(sql, &task->pick, api_removed_note,
	    &removal->removed, &removal->count);
}

/* Rules of all inboxes are other people's: only those of this one go. */
static void
reply_removed(struct api_task *task, enum err err)
{
	struct removal *removal = (struct removal *)task;

	if (err) {
		own_reply_failure(task, err);
		return;
	}
	if (task->inbox)
		(void)fault_remove_inbox(
		    task->api->faults, span_string(task->inbox));
	api_removed_publish(&removal->removed, task->api->watch);
	http_reply_json(task->request, 200,
	    json_pack("{s:I}", "deleted", (json_int_t)removal->count));
}

static struct removal *
new_removal(struct api *api, struct http_request *request)
{
	struct removal *removal = api_task_new(api, request, sizeof(*removal));

	if (!removal)
		return NULL;
	removal->task.work = work_remove;
	removal->task.reply = reply_removed;
	removal->task.pick.all_states = true;
	return removal;
}

void
own_delete_inboxes(struct http_request *request, void *context)
{
	struct removal *removal = new_removal(context, request);

	if (removal)
		api_write(&removal->task);
}

void
own_delete_inbox(struct http_request *request, void *context)
{
	struct removal *removal = new_removal(context, request);
	struct span name = http_value(request, "name");

	if (!removal)
		return;
	removal->task.inbox = strndup(name.at, name.len);
	if (!removal->task.inbox) {
		own_reply_failure(&removal->task, ERR_MEMORY);
		api_task_free(&removal->task);
		return;
	}
	removal->task.pick.inbox = removal->task.inbox;
	api_write(&removal->task);
}
