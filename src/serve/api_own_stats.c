/* api_own_stats: how much mail there is, in mailstop's own API. */
#include "api_own.h"

#include "api_message.h"

static enum err
work_stats(struct api_task *task, struct sql *sql)
{
	struct pick_stats stats;
	enum err err = pick_stats(sql, &stats);

	if (!err && task->inbox)
		err = pick_inbox_stats(sql, span_string(task->inbox), &stats);
	if (!err)
		api_set_answer(task, api_stats(&stats));
	return err;
}

static void
reply_stats(struct api_task *task, enum err err)
{
	if (err)
		own_reply_failure(task, err);
	else
		api_reply_answer(task);
}

void
own_stats(struct http_request *request, void *context)
{
	struct api_task *task =
	    api_task_new(context, request, sizeof(struct api_task));

	if (!task)
		return;
	task->work = work_stats;
	task->reply = reply_stats;
	if (api_take_inbox(task))
		api_read(task);
	else
		api_task_free(task);
}
