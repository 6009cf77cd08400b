/* api_mailpit_list: Mailpit's lists and searches, and what is done to all that
 * they hold. */
#include "api_mailpit.h"

#include "api_json.h"
#include "api_mailhog.h"
#include "api_mailpit_json.h"
#include "api_message.h"
#include "api_removed.h"
#include "mark.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading */

struct list {
	struct api_task task;
	struct mailpit_page page;
	bool is_search;
	json_t *messages; /* owned */
	json_t *tags;     /* owned */
};

static void
release_list(struct api_task *task)
{
	struct list *list = (struct list *)task;

	json_decref(list->messages);
	json_decref(list->tags);
}

static bool
add_summary(const struct pick_row *row, void *context)
{
	return json_array_append_new(context, mailpit_summary(row)) == 0;
}

static bool
add_tag(struct span name, int64_t count, void *context)
{
	(void)count;
	return json_array_append_new(context, api_string(name)) == 0;
}

static enum err
pick_page(struct list *list, struct sql *sql)
{
	struct pick_request *pick = &list->task.pick;

	/* Of a search limit 0 asks for the counts only, of a list for all. */
	if (list->is_search && list->page.limit == 0)
		return ERR_OK;
	pick->skip = list->page.limit > 0 ? list->page.start : 0;
	pick->limit = list->page.limit;
	return pick_messages(sql, pick, add_summary, list->messages);
}

static enum err
work_list(struct api_task *task, struct sql *sql)
{
	struct list *list = (struct list *)task;
	struct pick_stats stats;
	struct pick_count found;
	enum err err = pick_stats(sql, &stats);

	list->messages = json_array();
	list->tags = json_array();
	if (!err)
		err = pick_page(list, sql);
	if (!err)
		err = tag_list(sql, add_tag, list->tags);
	found = (struct pick_count){stats.accepted, stats.unread};
	/* Of a list both are the mailbox's, also with `before`. */
	if (!err && list->is_search)
		err = pick_count(sql, &task->pick, &found);
	if (err)
		return err;
	api_set_answer(task,
	    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:O}", "total",
		(json_int_t)stats.accepted, "unread", (json_int_t)stats.unread,
		"count", (json_int_t)json_array_size(list->messages),
		"messages_count", (json_int_t)found.count, "messages_unread",
		(json_int_t)found.unread, "start", (json_int_t)list->page.start,
		"tags", list->tags, "messages", list->messages));
	return task->answer ? ERR_OK : ERR_MEMORY;
}

static void
reply_list(struct api_task *task, enum err err)
{
	if (err)
		mailpit_reply_failure(task, err);
	else
		api_reply_answer(task);
}

/* The terms, and the undocumented parameter `before` (a date) as one more.
   False after answering. */
static bool
take_query(struct list *list, struct span terms)
{
	struct span before = SPAN("");
	struct buf text;
	bool is_taken;

	(void)http_parameter(list->task.request, "before", &before);
	buf_init(&text, terms.len + before.len + 16);
	(void)buf_put(&text, terms);
	/* An open quote would run on into what follows. */
	if (before.len > 0) {
		(void)buf_put(&text, SPAN(" before:\""));
		(void)buf_put(&text, before);
		(void)buf_put(&text, SPAN("\""));
	}
	is_taken = text.len == 0 ||
	    api_parse_query(&list->task, QUERY_MAILPIT, buf_span(&text));
	buf_release(&text);
	return is_taken;
}

/* Takes the list, and hands it over or gives it up. */
static void
start_list(struct list *list, struct span terms)
{
	if (take_query(list, terms))
		api_read(&list->task);
	else
		api_task_free(&list->task);
}

static struct list *
new_list(struct api *api, struct http_request *request)
{
	struct list *list = api_task_new(api, request, sizeof(*list));

	if (!list)
		return NULL;
	list->task.work = work_list;
	list->task.reply = reply_list;
	list->task.release = release_list;
	mailpit_take_page(request, &list->page);
	return list;
}

void
mailpit_list(struct http_request *request, void *context)
{
	struct list *list = new_list(context, request);

	if (list)
		start_list(list, SPAN(""));
}

/* False after answering; blanks alone are no query. */
static bool
need_query(struct http_request *request, struct span *query)
{
	if (http_parameter(request, "query", query) &&
	    span_trim(*query).len > 0)
		return true;
	mailpit_reply_text(request, 400, "Error: no search query");
	return false;
}

void
mailpit_search(struct http_request *request, void *context)
{
	struct span query;
	struct list *list;

	if (!need_query(request, &query))
		return;
	list = new_list(context, request);
	if (!list)
		return;
	list->is_search = true;
	start_list(list, query);
}

/* ---- changing */

/* What PUT and DELETE name: ids, a search, or everything. */
struct change {
	struct api_task task;
	json_t *body; /* owned; NULL without one */
	json_t *ids;  /* borrowed from it; NULL: all that the query finds */
	enum mark mark;
	bool is_all;
	struct api_removed removed;
	json_t *marked; /* owned: ids */
};

static void
release_change(struct api_task *task)
{
	struct change *change = (struct change *)task;

	json_decref(change->body);
	json_decref(change->marked);
}

static struct change *
new_change(struct api *api, struct http_request *request,
    enum err (*work)(struct api_task *, struct sql *),
    void (*reply)(struct api_task *, enum err))
{
	struct change *change = api_task_new(api, request, sizeof(*change));

	if (!change)
		return NULL;
	change->task.work = work;
	change->task.reply = reply;
	change->task.release = release_change;
	return change;
}

static bool
find_seq(const struct pick_row *row, void *context)
{
	int64_t *seq = context;

	if (row->message->state == MESSAGE_ACCEPTED)
		*seq = row->seq;
	return true;
}

/* The seq of a message of that id; 0 when there is none. */
static enum err
seq_of(struct sql *sql, const char *id, int64_t *seq)
{
	enum err err;

	*seq = 0;
	err = pick_message(sql, id, find_seq, seq);
	return err == ERR_NOT_FOUND || err == ERR_GONE ? ERR_OK : err;
}

static void
note_marked(struct span id, void *context)
{
	struct change *change = context;

	(void)json_array_append_new(change->marked, api_string(id));
}

static enum err
mark_ids(struct change *change, struct sql *sql)
{
	enum err err = ERR_OK;
	json_t *id;
	size_t i;

	json_array_foreach(change->ids, i, id)
	{
		int64_t seq;

		err = seq_of(sql, json_string_value(id), &seq);
		if (!err && seq > 0)
			err = mark_message(
			    sql, seq, change->mark, note_marked, change);
		if (err)
			break;
	}
	return err;
}

static enum err
work_mark(struct api_task *task, struct sql *sql)
{
	struct change *change = (struct change *)task;

	json_decref(change->marked);
	change->marked = json_array();
	if (change->is_all)
		return mark_all(sql, change->mark);
	if (change->ids)
		return mark_ids(change, sql);
	return mark_matching(
	    sql, &task->pick, change->mark, note_marked, change);
}

static void
reply_mark(struct api_task *task, enum err err)
{
	struct change *change = (struct change *)task;
	json_t *id;
	size_t i;

	if (err) {
		mailpit_reply_failure(task, err);
		return;
	}
	json_array_foreach(change->marked, i, id)
	    watch_publish(task->api->watch,
		&(struct watch_event){.kind = WATCH_READ,
		    .id = span_string(json_string_value(id)),
		    .is_read = change->mark == MARK_READ});
	mailpit_reply_ok(task->request);
}

/* "Read", "IDs" and "Search" of the body; the words of what is wrong. */
static const char *
read_mark(struct change *change, const char **search)
{
	bool is_read = false;

	*search = "";
	if (api_json_bool(change->body, "Read", &is_read) == API_JSON_WRONG ||
	    api_json_strings(change->body, "IDs", &change->ids) ==
		API_JSON_WRONG ||
	    api_json_string(change->body, "Search", search) == API_JSON_WRONG)
		return "wrong type of Read, IDs or Search";
	if (json_array_size(change->ids) > 0 && (*search)[0])
		return "you may specify either IDs or Search, not both";
	change->mark = is_read ? MARK_READ : MARK_UNREAD;
	change->is_all = json_array_size(change->ids) == 0 && !(*search)[0];
	return NULL;
}

void
mailpit_mark(struct http_request *request, void *context)
{
	struct change *change =
	    new_change(context, request, work_mark, reply_mark);
	char error[200];
	const char *search, *wrong;

	if (!change)
		return;
	change->body = api_json_read(http_body(request), error, sizeof(error));
	if (!change->body) {
		mailpit_refuse(&change->task, error);
		return;
	}
	wrong = read_mark(change, &search);
	if (wrong) {
		mailpit_refuse(&change->task, wrong);
		return;
	}
	if (search[0] &&
	    !api_parse_query(
		&change->task, QUERY_MAILPIT, span_string(search))) {
		api_task_free(&change->task);
		return;
	}
	api_write(&change->task);
}

static enum err
remove_ids(struct change *change, struct sql *sql)
{
	enum err err = ERR_OK;
	json_t *id;
	size_t i;

	json_array_foreach(change->ids, i, id)
	{
		struct pick_request one = {0};
		uint64_t count;
		int64_t seq;

		err = seq_of(sql, json_string_value(id), &seq);
		one.after = seq - 1;
		one.before = seq + 1;
		if (!err && seq > 0)
			err = pick_remove(sql, &one, api_removed_note,
			    &change->removed, &count);
		if (err)
			break;
	}
	return err;
}

static enum err
work_delete(struct api_task *task, struct sql *sql)
{
	struct change *change = (struct change *)task;
	uint64_t count;

	change->removed.count = 0;
	if (change->ids && !change->is_all)
		return remove_ids(change, sql);
	return pick_remove(sql, &task->pick,
	    change->is_all ? NULL : api_removed_note, &change->removed, &count);
}

static void
reply_delete(struct api_task *task, enum err err)
{
	struct change *change = (struct change *)task;

	if (err) {
		mailpit_reply_failure(task, err);
		return;
	}
	if (change->is_all)
		watch_publish(task->api->watch,
		    &(struct watch_event){.kind = WATCH_CLEAR});
	else
		api_removed_publish(&change->removed, task->api->watch);
	if (change->is_all && mailhog_is_client(task->request))
		http_reply(task->request, 200, NULL, SPAN(""));
	else
		mailpit_reply_ok(task->request);
}

/* Whatever names no ids removes all: clients send nothing, {} or a form. */
void
mailpit_delete(struct http_request *request, void *context)
{
	struct change *change =
	    new_change(context, request, work_delete, reply_delete);

	if (!change)
		return;
	change->body = api_json_read(http_body(request), NULL, 0);
	if (change->body)
		(void)api_json_strings(change->body, "IDs", &change->ids);
	change->is_all = json_array_size(change->ids) == 0;
	/* What was refused goes too: an empty mailbox is empty. */
	change->task.pick.all_states = change->is_all;
	api_write(&change->task);
}

void
mailpit_delete_search(struct http_request *request, void *context)
{
	struct change *change;
	struct span query;

	if (!need_query(request, &query))
		return;
	change = new_change(context, request, work_delete, reply_delete);
	if (!change)
		return;
	if (!api_parse_query(&change->task, QUERY_MAILPIT, query)) {
		api_task_free(&change->task);
		return;
	}
	/* "subject:" asks for everything; nobody who searches means that. */
	if (change->task.query->kind == QUERY_ALL) {
		mailpit_refuse(&change->task, "Error: no search query");
		return;
	}
	api_write(&change->task);
}
