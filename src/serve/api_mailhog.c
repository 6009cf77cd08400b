/* api_mailhog: MailHog's API, versions 1 and 2, beside Mailpit's. */
#include "api_mailhog.h"

#include "api_mailpit_read.h"
#include "api_message.h"
#include "mime.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 50
#define PAGE_MAX 250
#define ARRAY_MAX 1000
#define DISPOSITION_LIMIT 4096

struct work {
	struct api_task task;
	struct sql *sql;  /* while it works */
	enum err err;     /* of a callback */
	json_t *items;    /* owned */
	char *containing; /* owned; NULL: the query finds them all */
	uint64_t start, limit, matched;
	struct buf raw; /* of the message at hand */
	struct buf out;
	char *type; /* owned */
	char *name; /* owned */
	unsigned part;
};

bool
mailhog_is_client(const struct http_request *request)
{
	return http_body(request).len == 0 &&
	    http_header(request, "User-Agent").len == 0 &&
	    http_header(request, "Accept").len == 0;
}

static void
release(struct api_task *task)
{
	struct work *work = (struct work *)task;

	json_decref(work->items);
	free(work->containing);
	free(work->type);
	free(work->name);
	buf_release(&work->raw);
	buf_release(&work->out);
}

static void
reply_answer(struct api_task *task, enum err err)
{
	if (err)
		http_reply(task->request, 500, NULL, SPAN(""));
	else
		api_reply_answer(task);
}

/* As MailHog calls it, but for searches. */
static void
reply_text_json(struct api_task *task, enum err err)
{
	if (!err)
		http_add_header(task->request, "Content-Type", "text/json");
	reply_answer(task, err);
}

static struct work *
new_work(struct api *api, struct http_request *request,
    enum err (*run)(struct api_task *, struct sql *),
    void (*reply)(struct api_task *, enum err))
{
	struct work *work = api_task_new(api, request, sizeof(*work));

	if (!work)
		return NULL;
	buf_init(&work->raw, MAILHOG_RAW_MAX);
	buf_init(&work->out, MAILHOG_RAW_MAX);
	work->task.work = run;
	work->task.reply = reply;
	work->task.release = release;
	return work;
}

static bool
read_raw(struct work *work, const struct pick_row *row)
{
	buf_reset(&work->raw);
	work->err = pick_body_whole(work->sql, row->seq, &work->raw);
	return !work->err;
}

/* ---- lists and searches */

static bool
add_item(const struct pick_row *row, void *context)
{
	struct work *work = context;

	if (!read_raw(work, row))
		return false;
	return json_array_append_new(
		   work->items, mailhog_item(row, buf_span(&work->raw))) == 0;
}

/* A search for what the source contains looks at each of them. */
static bool
add_containing(const struct pick_row *row, void *context)
{
	struct work *work = context;

	if (!read_raw(work, row))
		return false;
	if (!span_contains_nocase(
		buf_span(&work->raw), span_string(work->containing)))
		return true;
	work->matched++;
	if (work->matched <= work->start ||
	    json_array_size(work->items) >= work->limit)
		return true;
	return json_array_append_new(
		   work->items, mailhog_item(row, buf_span(&work->raw))) == 0;
}

static enum err
pick_items(struct work *work, struct sql *sql)
{
	struct pick_request pick = work->task.pick;
	struct pick_count found;
	enum err err;

	if (work->containing)
		return pick_messages(sql, &pick, add_containing, work);
	err = pick_count(sql, &pick, &found);
	work->matched = found.count;
	pick.skip = work->start;
	pick.limit = work->limit;
	return err ? err : pick_messages(sql, &pick, add_item, work);
}

static enum err
work_list(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	enum err err;

	work->sql = sql;
	work->items = json_array();
	err = pick_items(work, sql);
	if (err || work->err)
		return err ? err : work->err;
	api_set_answer(task,
	    json_pack("{s:I, s:I, s:I, s:O}", "total",
		(json_int_t)work->matched, "count",
		(json_int_t)json_array_size(work->items), "start",
		(json_int_t)work->start, "items", work->items));
	return ERR_OK;
}

static void
take_page(struct work *work)
{
	int64_t number;

	work->limit = PAGE;
	if (api_take_number(work->task.request, "start", 0, &number))
		work->start = (uint64_t)number;
	if (api_take_number(work->task.request, "limit", PAGE, &number) &&
	    number > 0)
		work->limit = (uint64_t)(number > PAGE_MAX ? PAGE_MAX : number);
}

static void
list(struct http_request *request, void *context)
{
	struct work *work =
	    new_work(context, request, work_list, reply_text_json);

	if (!work)
		return;
	take_page(work);
	api_read(&work->task);
}

/* `kind` and `query` as a query of ours; false when they are none. */
static bool
take_search(struct work *work)
{
	static const struct {
		const char *kind;
		const char *format; /* NULL: looks at the source */
	} rows[] = {
	    {"from", "mailfrom:\"%s\" OR from:\"%s\""},
	    {"to", "rcpt:\"%s\" OR to:\"%s\""},
	    {"containing", NULL},
	};
	struct span kind, text;
	struct buf query;
	bool is_taken = false;
	char *words;

	if (!http_parameter(work->task.request, "kind", &kind) ||
	    !http_parameter(work->task.request, "query", &text) ||
	    text.len == 0)
		return false;
	words = strndup(text.at, text.len);
	for (char *at = words; at && *at; at++)
		if (*at == '"')
			*at = ' ';
	buf_init(&query, text.len * 2 + 64);
	for (size_t i = 0; words && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!span_equal(kind, span_string(rows[i].kind)))
			continue;
		is_taken = true;
		if (rows[i].format)
			(void)buf_printf(&query, rows[i].format, words, words);
		else
			work->containing = strndup(text.at, text.len);
	}
	free(words);
	work->task.query =
	    query_parse(buf_span(&query), NULL, &(struct query_error){0});
	work->task.pick.query = work->task.query;
	buf_release(&query);
	return is_taken && work->task.query;
}

static void
search(struct http_request *request, void *context)
{
	struct work *work = new_work(context, request, work_list, reply_answer);

	if (!work)
		return;
	take_page(work);
	if (take_search(work)) {
		api_read(&work->task);
		return;
	}
	http_reply(request, 400, NULL, SPAN(""));
	api_task_free(&work->task);
}

static enum err
work_array(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	enum err err;

	work->sql = sql;
	work->items = json_array();
	task->pick.limit = ARRAY_MAX;
	err = pick_messages(sql, &task->pick, add_item, work);
	api_set_answer(task, json_incref(work->items));
	return err ? err : work->err;
}

static void
array(struct http_request *request, void *context)
{
	struct work *work =
	    new_work(context, request, work_array, reply_text_json);

	if (work)
		api_read(&work->task);
}

/* ---- one message */

static struct work *
new_work_on_one(struct api *api, struct http_request *request,
    enum err (*run)(struct api_task *, struct sql *),
    void (*reply)(struct api_task *, enum err))
{
	struct work *work = new_work(api, request, run, reply);

	return work ? api_task_with_id(&work->task) : NULL;
}

static bool
show_item(const struct pick_row *row, void *context)
{
	struct work *work = context;

	if (row->message->state == MESSAGE_ACCEPTED && read_raw(work, row))
		api_set_answer(
		    &work->task, mailhog_item(row, buf_span(&work->raw)));
	return false;
}

/* Of an unknown one the answer is null. */
static enum err
work_item(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	enum err err;

	work->sql = sql;
	err = pick_message(sql, task->id, show_item, work);
	if (!task->answer)
		api_set_answer(task, json_null());
	if (err == ERR_NOT_FOUND || err == ERR_GONE)
		return ERR_OK;
	return err ? err : work->err;
}

static void
item(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_item, reply_text_json);

	if (work)
		api_read(&work->task);
}

static bool
show_raw(const struct pick_row *row, void *context)
{
	(void)read_raw(context, row);
	return false;
}

static enum err
work_download(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	enum err err;

	work->sql = sql;
	err = pick_message(sql, task->id, show_raw, work);
	return err ? err : work->err;
}

static void
reply_file(struct http_request *request, const char *name, const char *type,
    struct span bytes)
{
	struct buf disposition;

	buf_init(&disposition, DISPOSITION_LIMIT);
	/* Whatever it is called: a browser never shows it as a page. */
	http_add_header(request, "Content-Disposition",
	    reading_disposition(&disposition, "attachment", name)
		? buf_string(&disposition)
		: "attachment");
	buf_release(&disposition);
	http_reply(request, 200, type, bytes);
}

static void
reply_download(struct api_task *task, enum err err)
{
	struct work *work = (struct work *)task;
	char name[UID_SIZE + 8];

	if (err) {
		http_reply(task->request, api_status(err), NULL, SPAN(""));
		return;
	}
	(void)snprintf(name, sizeof(name), "%.*s.eml", UID_LEN, task->id);
	reply_file(task->request, name, "message/rfc822", buf_span(&work->raw));
}

static void
download(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_download, reply_download);

	if (work)
		api_read(&work->task);
}

/* The part of that number, from 0, right below the root. */
static enum err
work_part(struct api_task *task, struct sql *sql)
{
	struct work *work = (struct work *)task;
	enum err err = work_download(task, sql);
	struct mime *mime;
	char id[16];

	if (err)
		return err;
	(void)snprintf(id, sizeof(id), "%u", work->part + 1);
	mime = mime_parse(buf_span(&work->raw));
	err = mime ? ERR_NOT_FOUND : ERR_MEMORY;
	for (size_t i = 0; mime && i < mime->part_count; i++)
		if (strcmp(mime->parts[i].id, id) == 0 &&
		    mime_part_bytes(buf_span(&work->raw), id, &work->out)) {
			work->type = strdup(mime->parts[i].type);
			work->name = strdup(mime->parts[i].name);
			err = work->type && work->name ? ERR_OK : ERR_MEMORY;
		}
	mime_free(mime);
	return err;
}

static void
reply_part(struct api_task *task, enum err err)
{
	struct work *work = (struct work *)task;

	if (err)
		http_reply(task->request, api_status(err), NULL, SPAN(""));
	else
		reply_file(task->request, work->name[0] ? work->name : "part",
		    work->type, buf_span(&work->out));
}

static void
part(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_part, reply_part);
	uint64_t number;

	if (!work)
		return;
	if (span_number(http_value(request, "part"), &number) &&
	    number < MIME_PARTS_MAX) {
		work->part = (unsigned)number;
		api_read(&work->task);
		return;
	}
	http_reply(request, 404, NULL, SPAN(""));
	api_task_free(&work->task);
}

/* ---- removing */

static enum err
work_remove(struct api_task *task, struct sql *sql)
{
	uint64_t count;
	int64_t seq = 0;
	enum err err = ERR_OK;

	if (task->id)
		err = api_find_seq(sql, task->id, &seq);
	task->pick.all_states = true;
	if (task->id) {
		task->pick.after = seq - 1;
		task->pick.before = seq + 1;
	}
	return err ? err : pick_remove(sql, &task->pick, NULL, NULL, &count);
}

static void
reply_removed(struct api_task *task, enum err err)
{
	if (!err)
		watch_publish(task->api->watch,
		    &(struct watch_event){
			.kind = task->id ? WATCH_DELETE : WATCH_CLEAR,
			.id = span_string(task->id)});
	http_reply(task->request, err ? 500 : 200, NULL, SPAN(""));
}

static void
remove_one(struct http_request *request, void *context)
{
	struct work *work =
	    new_work_on_one(context, request, work_remove, reply_removed);

	if (work)
		api_write(&work->task);
}

static void
remove_all(struct http_request *request, void *context)
{
	struct work *work =
	    new_work(context, request, work_remove, reply_removed);

	if (work)
		api_write(&work->task);
}

/* ---- the rest */

/* mailstop sends nothing to anybody. */
static void
release_message(struct http_request *request, void *context)
{
	(void)context;
	http_reply(request, 500, NULL, SPAN(""));
}

static void
outgoing(struct http_request *request, void *context)
{
	(void)context;
	http_reply_json(request, 200, json_object());
}

/* The routes that both APIs can serve from the root, and all under /mailhog. */
#define SHARED(root)                                                           \
	{HTTP_GET, root "/api/v2/messages", list, HTTP_CORS},                  \
	    {HTTP_GET, root "/api/v2/search", search, HTTP_CORS},              \
	    {HTTP_GET, root "/api/v2/jim", mailhog_get_jim, HTTP_CORS},        \
	    {HTTP_POST, root "/api/v2/jim", mailhog_post_jim, HTTP_CORS},      \
	    {HTTP_PUT, root "/api/v2/jim", mailhog_put_jim, HTTP_CORS},        \
	    {HTTP_DELETE, root "/api/v2/jim", mailhog_delete_jim, HTTP_CORS},  \
	    {HTTP_GET, root "/api/v2/outgoing-smtp", outgoing, HTTP_CORS},     \
	    {HTTP_GET, root "/api/v2/websocket", mailhog_websocket,            \
		HTTP_CORS},                                                    \
	    {HTTP_GET, root "/api/v1/events", mailhog_events, HTTP_CORS},      \
	    {HTTP_GET, root "/api/v1/messages/{id}", item, HTTP_CORS},         \
	    {HTTP_DELETE, root "/api/v1/messages/{id}", remove_one,            \
		HTTP_CORS},                                                    \
	    {HTTP_GET, root "/api/v1/messages/{id}/download", download,        \
		HTTP_CORS},                                                    \
	    {HTTP_GET, root "/api/v1/messages/{id}/mime/part/{part}/download", \
		part, HTTP_CORS},                                              \
	{                                                                      \
		HTTP_POST, root "/api/v1/messages/{id}/release",               \
		    release_message, HTTP_CORS                                 \
	}

const struct http_route api_mailhog_routes[] = {
    SHARED(""),
    SHARED("/mailhog"),
    {HTTP_GET, "/mailhog/api/v1/messages", array, HTTP_CORS},
    {HTTP_DELETE, "/mailhog/api/v1/messages", remove_all, HTTP_CORS},
    {0, NULL, NULL, 0},
};
