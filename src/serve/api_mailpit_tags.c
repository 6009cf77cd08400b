/* api_mailpit_tags: the tags of Mailpit's API. */
#include "api_mailpit.h"

#include "api_json.h"
#include "api_message.h"
#include "mark.h"
#include "tag.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct tags {
	struct api_task task;
	json_t *body;               /* owned */
	json_t *ids;                /* borrowed from it */
	char (*names)[TAG_MAX + 1]; /* owned; clean */
	const char **list;          /* owned; of the names, NULL-terminated */
	size_t count;
	char *from; /* owned; the tag that the route names */
	char to[TAG_MAX + 1];
};

static void
release_tags(struct api_task *task)
{
	struct tags *tags = (struct tags *)task;

	json_decref(tags->body);
	free(tags->names);
	free(tags->list);
	free(tags->from);
}

static struct tags *
new_tags(struct api *api, struct http_request *request,
    enum err (*work)(struct api_task *, struct sql *),
    void (*reply)(struct api_task *, enum err))
{
	struct tags *tags = api_task_new(api, request, sizeof(*tags));

	if (!tags)
		return NULL;
	tags->task.work = work;
	tags->task.reply = reply;
	tags->task.release = release_tags;
	return tags;
}

/* ---- the list */

static bool
add_name(struct span name, int64_t count, void *context)
{
	(void)count;
	return json_array_append_new(context, api_string(name)) == 0;
}

static enum err
work_list(struct api_task *task, struct sql *sql)
{
	api_set_answer(task, json_array());
	return tag_list(sql, add_name, task->answer);
}

static void
reply_list(struct api_task *task, enum err err)
{
	if (err)
		mailpit_reply_failure(task, err);
	else
		api_reply_answer(task);
}

void
mailpit_list_tags(struct http_request *request, void *context)
{
	struct tags *tags = new_tags(context, request, work_list, reply_list);

	if (tags)
		api_read(&tags->task);
}

/* ---- setting those of messages */

static bool
is_in(const struct tags *tags, const char *name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (strcasecmp(tags->list[i], name) == 0)
			return true;
	return false;
}

/* Cleans them, drops what is no tag or comes twice. */
static bool
take_names(struct tags *tags, json_t *given)
{
	size_t room = json_array_size(given) + 1;
	json_t *name;
	size_t i;

	tags->names = calloc(room, sizeof(*tags->names));
	tags->list = calloc(room, sizeof(*tags->list));
	if (!tags->names || !tags->list)
		return false;
	json_array_foreach(given, i, name)
	{
		char *clean = tags->names[tags->count];

		if (!tag_clean(span_make(json_string_value(name),
				   json_string_length(name)),
			clean) ||
		    is_in(tags, clean))
			continue;
		tags->list[tags->count++] = clean;
	}
	return true;
}

static enum err
work_set(struct api_task *task, struct sql *sql)
{
	struct tags *tags = (struct tags *)task;
	enum err err = ERR_OK;
	json_t *id;
	size_t i;

	json_array_foreach(tags->ids, i, id)
	{
		int64_t seq = 0;

		err = api_find_seq(sql, json_string_value(id), &seq);
		if (!err)
			err = tag_set(sql, seq, tags->list, tags->count);
		if (err == ERR_NOT_FOUND || err == ERR_GONE)
			err = ERR_OK;
		if (err)
			break;
	}
	return err;
}

static void
reply_set(struct api_task *task, enum err err)
{
	struct tags *tags = (struct tags *)task;
	json_t *id;
	size_t i;

	if (err) {
		mailpit_reply_failure(task, err);
		return;
	}
	json_array_foreach(tags->ids, i, id) watch_publish(task->api->watch,
	    &(struct watch_event){.kind = WATCH_TAGS,
		.id = span_string(json_string_value(id)),
		.tags = tags->list});
	mailpit_reply_ok(task->request);
}

void
mailpit_set_tags(struct http_request *request, void *context)
{
	struct tags *tags = new_tags(context, request, work_set, reply_set);
	json_t *given = NULL;
	char error[200];

	if (!tags)
		return;
	tags->body = api_json_read(http_body(request), error, sizeof(error));
	if (!tags->body) {
		mailpit_refuse(&tags->task, error);
		return;
	}
	if (api_json_strings(tags->body, "Tags", &given) == API_JSON_WRONG ||
	    api_json_strings(tags->body, "IDs", &tags->ids) == API_JSON_WRONG) {
		mailpit_refuse(
		    &tags->task, "Tags and IDs are lists of strings");
		return;
	}
	if (!take_names(tags, given)) {
		mailpit_refuse(&tags->task, "out of memory");
		return;
	}
	api_write(&tags->task);
}

/* ---- changing one everywhere */

static void
reply_change(struct api_task *task, enum err err)
{
	struct tags *tags = (struct tags *)task;

	switch (err) {
	case ERR_OK:
		watch_publish(task->api->watch,
		    &(struct watch_event){.kind = WATCH_PRUNE});
		mailpit_reply_ok(task->request);
		break;
	case ERR_NOT_FOUND:
		mailpit_reply_text(
		    task->request, 400, "tag not found: %s", tags->from);
		break;
	case ERR_EXISTS:
		mailpit_reply_text(
		    task->request, 400, "tag already exists: %s", tags->to);
		break;
	default:
		mailpit_reply_failure(task, err);
	}
}

static struct tags *
new_change(struct api *api, struct http_request *request,
    enum err (*work)(struct api_task *, struct sql *))
{
	struct tags *tags = new_tags(api, request, work, reply_change);
	struct span from = http_value(request, "tag");

	if (!tags)
		return NULL;
	tags->from = strndup(from.at, from.len);
	if (tags->from)
		return tags;
	mailpit_refuse(&tags->task, "out of memory");
	return NULL;
}

static enum err
work_rename(struct api_task *task, struct sql *sql)
{
	struct tags *tags = (struct tags *)task;

	return tag_rename(sql, tags->from, tags->to);
}

void
mailpit_rename_tag(struct http_request *request, void *context)
{
	struct tags *tags = new_change(context, request, work_rename);
	const char *name = "";
	char error[200];

	if (!tags)
		return;
	tags->body = api_json_read(http_body(request), error, sizeof(error));
	if (!tags->body) {
		mailpit_refuse(&tags->task, error);
		return;
	}
	if (api_json_string(tags->body, "Name", &name) == API_JSON_WRONG ||
	    !tag_clean(span_string(name), tags->to)) {
		mailpit_refuse(&tags->task, "invalid tag name: ");
		return;
	}
	api_write(&tags->task);
}

static enum err
work_remove(struct api_task *task, struct sql *sql)
{
	return tag_remove(sql, ((struct tags *)task)->from);
}

void
mailpit_delete_tag(struct http_request *request, void *context)
{
	struct tags *tags = new_change(context, request, work_remove);

	if (tags)
		api_write(&tags->task);
}
