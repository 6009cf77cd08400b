/* api_own_wait: requests that wait until the mail they ask for is there. */
#include "api_own.h"

#include "api_message.h"
#include "api_near.h"
#include "clock.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>

#define TIMEOUT_DEFAULT (10 * CLOCK_SECOND)
#define TIMEOUT_MAX (24 * 60 * 60 * CLOCK_SECOND)

enum stage {
	READING, /* what is stored already is being looked through */
	WAITING,
	EXPLAINING, /* time is up: the near misses are being looked for */
};

/* A wait watches from the start, so that nothing falls between what it reads
   and what comes while it reads. */
struct wait {
	struct api_task task;
	enum stage stage;
	json_t *messages;  /* owned: what matched, oldest first */
	json_t *meanwhile; /* owned: what matched while it was reading */
	int64_t seq;       /* the newest message it has looked at */
	int64_t timeout_us;
	struct watcher *watcher;
	struct event *timer;
	/* Why nobody waits any more. */
	enum { WANTED, CLIENT_GONE, SERVER_STOPS } end;
};

static void
release(struct api_task *task)
{
	struct wait *wait = (struct wait *)task;

	if (wait->watcher)
		watch_remove(task->api->watch, wait->watcher);
	if (wait->timer)
		event_free(wait->timer);
	json_decref(wait->messages);
	json_decref(wait->meanwhile);
}

static bool
is_full(const struct wait *wait)
{
	return json_array_size(wait->messages) >= wait->task.pick.limit;
}

/* The seq to go on from: of the last one given, or, where fewer came than were
   asked for, of the last one looked at. */
static int64_t
cursor(const struct wait *wait)
{
	size_t count = json_array_size(wait->messages);
	json_t *last = json_array_get(wait->messages, count - 1);

	return is_full(wait) ? json_integer_value(json_object_get(last, "seq"))
			     : wait->seq;
}

static json_t *
result(const struct wait *wait)
{
	return json_pack("{s:O, s:I}", "messages", wait->messages, "seq",
	    (json_int_t)cursor(wait));
}

static void
answer(struct wait *wait)
{
	http_reply_json(wait->task.request, 200, result(wait));
}

static void
refuse_to_wait(struct wait *wait)
{
	http_reply_error(wait->task.request, 503, "the server is stopping");
}

/* ---- time is up */

static enum err
work_explain(struct api_task *task, struct sql *sql)
{
	json_t *near = json_array();

	api_set_answer(task, near);
	return api_near(sql, &task->pick, near);
}

static void
reply_explained(struct api_task *task, enum err err)
{
	struct wait *wait = (struct wait *)task;
	json_t *answer = result(wait);

	(void)json_object_set_new(answer, "near",
	    err || !task->answer ? json_array() : json_incref(task->answer));
	http_reply_json(task->request, 408, answer);
}

static void
explain(struct wait *wait)
{
	wait->stage = EXPLAINING;
	wait->task.work = work_explain;
	wait->task.reply = reply_explained;
	api_read(&wait->task);
}

static void
on_timeout(evutil_socket_t fd, short what, void *context)
{
	struct wait *wait = context;

	(void)fd;
	(void)what;
	if (wait->stage == WAITING)
		explain(wait);
}

/* ---- what comes */

/* What is with the store is answered when it comes back. */
static void
stop_waiting(struct wait *wait)
{
	if (wait->stage == WAITING) {
		refuse_to_wait(wait);
		api_task_free(&wait->task);
	} else if (wait->end == WANTED) {
		wait->end = SERVER_STOPS;
	}
}

static void
on_event(const struct watch_event *event, void *context)
{
	struct wait *wait = context;

	if (event->kind == WATCH_STOP)
		stop_waiting(wait);
	if (event->kind != WATCH_MESSAGE || wait->stage == EXPLAINING)
		return;
	if (wait->stage == WAITING)
		wait->seq = event->seq;
	if (!api_wants(&wait->task, event->entry))
		return;
	(void)json_array_append_new(
	    wait->stage == WAITING ? wait->messages : wait->meanwhile,
	    api_message_of_entry(event->entry));
	if (wait->stage == WAITING && is_full(wait)) {
		answer(wait);
		api_task_free(&wait->task);
	}
}

/* The client hung up: nobody reads the answer, which is due all the same. */
static void
on_gone(void *context)
{
	struct wait *wait = context;

	wait->end = CLIENT_GONE;
	if (wait->stage != WAITING)
		return;
	answer(wait);
	api_task_free(&wait->task);
}

/* ---- what is there */

static enum err
work_read(struct api_task *task, struct sql *sql)
{
	struct wait *wait = (struct wait *)task;
	struct pick_request pick = task->pick;
	enum err err;

	pick.oldest_first = true;
	wait->messages = json_array();
	err = pick_found_messages(sql, &pick, api_add_message, wait->messages);
	return err ? err : own_cursor(sql, wait->messages, &wait->seq);
}

/* Of what came meanwhile the reading may have seen a part. */
static void
add_meanwhile(struct wait *wait)
{
	json_t *message;
	size_t i;

	json_array_foreach(wait->meanwhile, i, message)
	{
		int64_t seq =
		    json_integer_value(json_object_get(message, "seq"));

		if (seq <= wait->seq || is_full(wait))
			continue;
		(void)json_array_append(wait->messages, message);
		wait->seq = seq;
	}
}

static bool
start_timer(struct wait *wait)
{
	const struct timeval timeout = {
	    wait->timeout_us / CLOCK_SECOND, wait->timeout_us % CLOCK_SECOND};

	wait->timer =
	    evtimer_new(loop_base(wait->task.api->loop), on_timeout, wait);
	return wait->timer && event_add(wait->timer, &timeout) == 0;
}

static void
reply_read(struct api_task *task, enum err err)
{
	struct wait *wait = (struct wait *)task;

	if (err) {
		own_reply_failure(task, err);
		return;
	}
	add_meanwhile(wait);
	if (is_full(wait) || wait->end == CLIENT_GONE) {
		answer(wait);
		return;
	}
	if (wait->end == SERVER_STOPS) {
		refuse_to_wait(wait);
		return;
	}
	if (wait->timeout_us == 0) {
		explain(wait);
		return;
	}
	if (!start_timer(wait)) {
		own_reply_failure(task, ERR_MEMORY);
		return;
	}
	wait->stage = WAITING;
	task->is_handed_over = true;
}

static bool
take_timeout(struct wait *wait)
{
	if (api_take_seconds(wait->task.request, "timeout", TIMEOUT_DEFAULT,
		&wait->timeout_us) &&
	    wait->timeout_us <= TIMEOUT_MAX)
		return true;
	http_reply_error(wait->task.request, 400,
	    "timeout is a number of seconds, at most %jd",
	    (intmax_t)(TIMEOUT_MAX / CLOCK_SECOND));
	return false;
}

void
own_wait(struct http_request *request, void *context)
{
	struct api *api = context;
	struct wait *wait = api_task_new(api, request, sizeof(*wait));

	if (!wait)
		return;
	wait->task.work = work_read;
	wait->task.reply = reply_read;
	wait->task.release = release;
	if (!take_timeout(wait) || !own_take_cursor(&wait->task, 1, "count")) {
		api_task_free(&wait->task);
		return;
	}
	wait->meanwhile = json_array();
	wait->watcher = watch_add(api->watch, on_event, wait);
	if (!wait->watcher) {
		own_reply_failure(&wait->task, ERR_MEMORY);
		api_task_free(&wait->task);
		return;
	}
	http_when_gone(request, on_gone, wait);
	api_read(&wait->task);
}

/* ---- the cursor for those who will wait */

static enum err
work_now(struct api_task *task, struct sql *sql)
{
	int64_t seq;
	enum err err = pick_newest(sql, &seq);

	if (!err)
		api_set_answer(
		    task, json_pack("{s:I}", "seq", (json_int_t)seq));
	return err;
}

static void
reply_now(struct api_task *task, enum err err)
{
	if (err)
		own_reply_failure(task, err);
	else
		api_reply_answer(task);
}

void
own_now(struct http_request *request, void *context)
{
	struct api_task *task =
	    api_task_new(context, request, sizeof(struct api_task));

	if (!task)
		return;
	task->work = work_now;
	task->reply = reply_now;
	api_read(task);
}
