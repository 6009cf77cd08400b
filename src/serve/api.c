/* api: what the handlers of all API families share. */
#include "api.h"

#include "clock.h"
#include "query_match.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int
api_status(enum err err)
{
	switch (err) {
	case ERR_OK:
		return 200;
	case ERR_NOT_FOUND:
		return 404;
	case ERR_GONE:
		return 410;
	case ERR_USAGE:
	case ERR_DATA:
		return 400;
	case ERR_LIMIT:
		return 413;
	case ERR_FULL:
		return 507;
	case ERR_BUSY:
	case ERR_STOPPED:
	case ERR_UNAVAILABLE:
	case ERR_READONLY:
		return 503;
	default:
		return 500;
	}
}

void *
api_task_new(struct api *api, struct http_request *request, size_t size)
{
	struct api_task *task = calloc(1, size);

	if (!task) {
		http_reply_error(request, 500, "%s", err_text(ERR_MEMORY));
		return NULL;
	}
	task->api = api;
	task->request = request;
	return task;
}

void *
api_task_with_id(struct api_task *task)
{
	struct span id = http_value(task->request, "id");

	task->id = strndup(id.at, id.len);
	if (task->id)
		return task;
	http_reply_error(task->request, 500, "%s", err_text(ERR_MEMORY));
	api_task_free(task);
	return NULL;
}

void
api_task_free(struct api_task *task)
{
	if (task->release)
		task->release(task);
	query_free(task->query);
	json_decref(task->answer);
	free(task->id);
	free(task->inbox);
	free(task);
}

static enum err
run_task(struct store_job *job, struct sql *sql)
{
	struct api_task *task = (struct api_task *)job;

	return task->work(task, sql);
}

static void
on_task_done(struct store_job *job, enum err err)
{
	struct api_task *task = (struct api_task *)job;

	task->is_handed_over = false;
	task->reply(task, err);
	/* It may have handed the task over once more. */
	if (!task->is_handed_over)
		api_task_free(task);
}

static void
prepare(struct api_task *task)
{
	task->job.run = run_task;
	task->job.done = on_task_done;
	task->is_handed_over = true;
}

static void
start_read(void *context)
{
	struct api_task *task = context;

	store_read(loop_store(task->api->loop), &task->job);
}

static void
start_write(void *context)
{
	struct api_task *task = context;

	store_write(loop_store(task->api->loop), &task->job);
}

void
api_set_answer(struct api_task *task, json_t *answer)
{
	json_decref(task->answer);
	task->answer = answer;
}

void
api_read(struct api_task *task)
{
	prepare(task);
	indexer_then(task->api->indexer, start_read, task);
}

void
api_write(struct api_task *task)
{
	prepare(task);
	indexer_then(task->api->indexer, start_write, task);
}

void
api_work(struct api_task *task)
{
	prepare(task);
	store_work(loop_store(task->api->loop), &task->job);
}

void
api_reply_answer(struct api_task *task)
{
	json_t *answer = task->answer;

	task->answer = NULL;
	http_reply_json(
	    task->request, task->status ? task->status : 200, answer);
}

static char *
copy_parameter(struct http_request *request, const char *name)
{
	struct span value;

	if (!http_parameter(request, name, &value) || value.len == 0)
		return NULL;
	return strndup(value.at, value.len);
}

static void
refuse_query(struct api_task *task, enum query_dialect dialect,
    const struct query_error *error)
{
	char text[256];

	if (dialect == QUERY_OWN) {
		http_reply_error(task->request, 400,
		    "query: %s (at character %zu)", error->text,
		    error->offset + 1);
		return;
	}
	(void)snprintf(text, sizeof(text), "Error: %s", error->text);
	http_reply(task->request, 400, "text/plain", span_string(text));
}

bool
api_parse_query(
    struct api_task *task, enum query_dialect dialect, struct span text)
{
	char *zone = copy_parameter(task->request, "tz");
	struct query_options options = {dialect, zone, clock_wall_us()};
	struct query_error error = {0, "out of memory"};

	task->query = query_parse(text, &options, &error);
	free(zone);
	if (!task->query) {
		refuse_query(task, dialect, &error);
		return false;
	}
	task->pick.query = task->query;
	return true;
}

bool
api_take_inbox(struct api_task *task)
{
	struct span name;

	/* An empty one is as good as none. */
	if (!http_parameter(task->request, "inbox", &name) || name.len == 0)
		return true;
	task->inbox = strndup(name.at, name.len);
	task->pick.inbox = task->inbox;
	if (!task->inbox)
		http_reply_error(
		    task->request, 500, "%s", err_text(ERR_MEMORY));
	return task->inbox;
}

bool
api_take_query(struct api_task *task, enum query_dialect dialect)
{
	struct span text = SPAN("");

	(void)http_parameter(task->request, "query", &text);
	if (!api_parse_query(task, dialect, text))
		return false;
	return dialect != QUERY_OWN || api_take_inbox(task);
}

bool
api_wants(const struct api_task *task, const struct index_entry *entry)
{
	return api_matches(&task->pick, entry);
}

bool
api_matches(const struct pick_request *pick, const struct index_entry *entry)
{
	const struct query_subject subject = {
	    .seq = entry->seq,
	    .size = entry->size,
	    .trace_size = entry->trace_size,
	    .message = entry->message,
	    .mime = entry->mime,
	    .search = &entry->search,
	    .findings = &entry->findings,
	    .tags = (const char *const *)entry->tags,
	};

	if (entry->seq <= pick->after)
		return false;
	if (pick->inbox &&
	    !span_equal(message_get(entry->message, MESSAGE_INBOX),
		span_string(pick->inbox)))
		return false;
	if (entry->message->state != MESSAGE_ACCEPTED && !pick->all_states &&
	    !(pick->query && query_mentions(pick->query, QUERY_STATE)))
		return false;
	return query_match(pick->query, &subject);
}

static bool
take_seq(const struct pick_row *row, void *context)
{
	int64_t *seq = context;

	*seq = row->seq;
	return false;
}

enum err
api_find_seq(struct sql *sql, const char *id, int64_t *seq)
{
	return pick_message(sql, id, take_seq, seq);
}

bool
api_take_number(struct http_request *request, const char *name,
    int64_t fallback, int64_t *number)
{
	struct span value;
	uint64_t read;

	*number = fallback;
	if (!http_parameter(request, name, &value))
		return true;
	if (!span_number(value, &read) || read > INT64_MAX)
		return false;
	*number = (int64_t)read;
	return true;
}

/* "5" after the point is half a second. */
static bool
read_fraction(struct span digits, int64_t *us)
{
	uint64_t read = 0;

	if (digits.len > 6 || (digits.len > 0 && !span_number(digits, &read)))
		return false;
	for (size_t i = digits.len; i < 6; i++)
		read *= 10;
	*us += (int64_t)read;
	return true;
}

bool
api_take_seconds(struct http_request *request, const char *name,
    int64_t fallback_us, int64_t *us)
{
	struct span fraction, whole;
	uint64_t read;

	*us = fallback_us;
	if (!http_parameter(request, name, &fraction))
		return true;
	whole = span_cut(&fraction, '.');
	if (!span_number(whole, &read) || read > INT64_MAX / CLOCK_SECOND - 1)
		return false;
	*us = (int64_t)read * CLOCK_SECOND;
	return read_fraction(fraction, us);
}
