/* api_own_session: how sessions went, in mailstop's own API. */
#include "api_own.h"

#include "api_message.h"
#include "api_session.h"

#include <jansson.h>
#include <string.h>

#define PAGE 50

struct work {
	struct api_task task;
	struct pick_session_request sessions;
	struct buf dialogue;
	struct buf text; /* of a transcript */
};

static void
release(struct api_task *task)
{
	struct work *work = (struct work *)task;

	buf_release(&work->dialogue);
	buf_release(&work->text);
}

static void
reply_answer(struct api_task *task, enum err err)
{
	if (err)
		own_reply_failure(task, err);
	else
		api_reply_answer(task);
}

static struct work *
new_work(struct api *api, struct http_request *request,
    enum err (*run)(struct api_task *, struct sql *))
{
	struct work *work = api_task_new(api, request, sizeof(*work));
	struct span id = http_value(request, "id");

	if (!work)
		return NULL;
	buf_init(&work->dialogue, PICK_DIALOGUE_MAX);
	buf_init(&work->text, PICK_DIALOGUE_MAX * 2);
	work->task.work = run;
	work->task.reply = reply_answer;
	work->task.release = release;
	if (id.len == 0)
		return work;
	work->task.id = strndup(id.at, id.len);
	if (work->task.id)
		return work;
	own_reply_failure(&work->task, ERR_MEMORY);
	api_task_free(&work->task);
	return NULL;
}

/* ---- the list */

static bool
add_session(const struct pick_session *session, void *context)
{
	return json_array_append_new(context, api_session(session)) == 0;
}

static enum err
work_list(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	json_t *sessions = json_array(), *newest;
	enum err err;

	work->sessions = (struct pick_session_request){
	    .query = task->query,
	    .inbox = task->inbox,
	    .after = task->pick.after,
	    .before = task->pick.before,
	    .limit = task->pick.limit,
	    .oldest_first = task->pick.oldest_first,
	};
	err = pick_sessions(sql, &work->sessions, add_session, sessions);
	newest = json_array_get(sessions,
	    task->pick.oldest_first ? json_array_size(sessions) - 1 : 0);
	api_set_answer(task,
	    json_pack("{s:o, s:I}", "sessions", sessions, "seq",
		newest ? json_integer_value(json_object_get(newest, "seq"))
		       : (json_int_t)task->pick.after));
	return err;
}

void
own_sessions(struct http_request *request, void *context)
{
	struct work *work = new_work(context, request, work_list);

	if (!work)
		return;
	if (own_take_cursor(&work->task, PAGE, "limit") &&
	    own_take_order(&work->task))
		api_read(&work->task);
	else
		api_task_free(&work->task);
}

/* ---- one session */

struct found {
	struct work *work;
	struct sql *sql;
	enum err (*show)(
	    struct work *, struct sql *, const struct pick_session *);
	enum err err;
};

static bool
show_session(const struct pick_session *session, void *context)
{
	struct found *found = context;

	found->err = found->show(found->work, found->sql, session);
	return false;
}

static enum err
find(struct api_task *task, struct sql *sql,
    enum err (*show)(struct work *, struct sql *, const struct pick_session *))
{
	struct found found = {(struct work *)task, sql, show, ERR_OK};
	enum err err = pick_session(sql, task->id, show_session, &found);

	return err ? err : found.err;
}

static enum err
show_facts(
    struct work *work, struct sql *sql, const struct pick_session *session)
{
	enum err err = pick_dialogue(sql, session->seq, &work->dialogue);
	json_t *answer = api_session(session);

	if (answer && !err)
		(void)json_object_set_new(answer, "timings",
		    api_session_times(buf_span(&work->dialogue)));
	api_set_answer(&work->task, answer);
	return err;
}

static enum err
work_get(struct api_task *task, struct sql *sql)
{
	return find(task, sql, show_facts);
}

void
own_get_session(struct http_request *request, void *context)
{
	struct work *work = new_work(context, request, work_get);

	if (work)
		api_read(&work->task);
}

/* ---- what was said */

static bool
wants_json(struct http_request *request)
{
	return span_contains_nocase(
	    http_header(request, "Accept"), SPAN("application/json"));
}

static enum err
show_dialogue(
    struct work *work, struct sql *sql, const struct pick_session *session)
{
	enum err err = pick_dialogue(sql, session->seq, &work->dialogue);

	if (err)
		return err;
	if (wants_json(work->task.request)) {
		api_set_answer(&work->task,
		    json_pack("{s:o, s:o}", "session", api_string(session->id),
			"transcript",
			api_transcript(buf_span(&work->dialogue))));
		return ERR_OK;
	}
	return api_transcript_text(&work->text, buf_span(&work->dialogue))
	    ? ERR_OK
	    : ERR_LIMIT;
}

static enum err
work_dialogue(struct api_task *task, struct sql *sql)
{
	return find(task, sql, show_dialogue);
}

static void
reply_dialogue(struct api_task *task, enum err err)
{
	struct work *work = (struct work *)task;

	if (err)
		own_reply_failure(task, err);
	else if (task->answer)
		api_reply_answer(task);
	else
		http_reply(task->request, 200, "text/plain; charset=utf-8",
		    buf_span(&work->text));
}

void
own_get_transcript(struct http_request *request, void *context)
{
	struct work *work = new_work(context, request, work_dialogue);

	if (!work)
		return;
	work->task.reply = reply_dialogue;
	api_read(&work->task);
}

/* ---- what was wrong with it */

static enum err
show_findings(
    struct work *work, struct sql *sql, const struct pick_session *session)
{
	enum err err = pick_dialogue(sql, session->seq, &work->dialogue);
	json_t *list = json_array();
	struct findings findings;

	findings_init(&findings);
	if (!err && work->task.api->options.finds &&
	    !finding_session(&findings, buf_span(&work->dialogue),
		session->fields[PUT_SESSION_PEER]))
		err = ERR_MEMORY;
	for (size_t i = 0; i < findings.count; i++)
		(void)json_array_append_new(
		    list, api_finding_of_session(&findings.at[i], session->id));
	findings_release(&findings);
	api_set_answer(&work->task, json_pack("{s:o}", "findings", list));
	return err;
}

static enum err
work_findings(struct api_task *task, struct sql *sql)
{
	return find(task, sql, show_findings);
}

void
own_get_session_findings(struct http_request *request, void *context)
{
	struct work *work = new_work(context, request, work_findings);

	if (work)
		api_read(&work->task);
}
