/* mailstop_query: the public library: what a query finds, now or later. */
#include "tenant.h"

#include "api_message.h"
#include "api_near.h"
#include "api_removed.h"
#include "clock.h"
#include "near.h"
#include "source.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_MAX ((size_t)64 * 1024)

/* One question about messages, as it goes to the store and comes back. */
struct asked {
	struct query *query; /* owned */
	struct pick_request pick;
	struct sql *sql; /* while the store has it */
	enum err err;
	/* Answers. */
	json_t *value; /* owned */
	struct pick_count count;
	uint64_t went;
};

/* One that changes what there is. */
struct removal {
	struct asked asked;
	struct api_removed removed;
};

/* ---- words */

enum err
tenant_query(struct query **out, const char *text, struct failure *f)
{
	char zone[SOURCE_ZONE_SIZE];
	struct query_options options = {.dialect = QUERY_OWN,
	    .zone = source_zone(zone),
	    .now_us = clock_wall_us()};
	struct query_error error = {.offset = 0};

	*out = query_parse(span_string(text), &options, &error);
	if (*out)
		return ERR_OK;
	if (!error.text[0])
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	return failure_set(f, ERR_USAGE, "\"%s\": at %zu: %s", text ? text : "",
	    error.offset + 1, error.text);
}

enum err
tenant_blame(enum err err, const char *id, struct failure *f)
{
	if (!err || f->text[0])
		return err;
	if (err == ERR_NOT_FOUND)
		return failure_set(f, err, "%s: there is no such thing", id);
	if (err == ERR_GONE)
		return failure_set(f, err, "%s: the message was removed", id);
	return failure_set(
	    f, err, "%s%s%s", id ? id : "", id ? ": " : "", err_text(err));
}

static int
leave(struct mailstop *tenant, struct asked *asked, enum err err,
    struct failure *f)
{
	(void)tenant_blame(err, NULL, f);
	query_free(asked->query);
	json_decref(asked->value);
	return tenant_leave(tenant, err, f->text);
}

/* ---- lists */

static enum err
collect(struct sql *sql, struct asked *asked,
    enum err (*pick)(
	struct sql *, const struct pick_request *, pick_callback *, void *))
{
	json_decref(asked->value);
	asked->value = json_array();
	return asked->value
	    ? pick(sql, &asked->pick, api_add_message, asked->value)
	    : ERR_MEMORY;
}

static enum err
work_list(struct sql *sql, void *context)
{
	return collect(sql, context, pick_messages);
}

static enum err
work_wait(struct sql *sql, void *context)
{
	return collect(sql, context, pick_found_messages);
}

static void
init_list(struct asked *asked, size_t limit)
{
	asked->pick.query = asked->query;
	asked->pick.limit = limit;
	asked->pick.oldest_first = true;
}

int
mailstop_list(struct mailstop *tenant, const char *query, size_t limit,
    struct mailstop_record **messages)
{
	struct asked asked = {.query = NULL};
	struct failure f = {""};
	struct desk *desk;
	int status;
	enum err err;

	*messages = NULL;
	status = tenant_enter(tenant, &desk);
	if (status)
		return status;
	err = tenant_query(&asked.query, query, &f);
	init_list(&asked, limit);
	if (!err)
		err = desk_read(desk, work_list, &asked);
	if (!err)
		*messages = tenant_record(&asked.value);
	return leave(tenant, &asked, err, &f);
}

static enum err
work_count(struct sql *sql, void *context)
{
	struct asked *asked = context;

	return pick_count(sql, &asked->pick, &asked->count);
}

int
mailstop_count(struct mailstop *tenant, const char *query, size_t *count)
{
	struct asked asked = {.query = NULL};
	struct failure f = {""};
	struct desk *desk;
	int status;
	enum err err;

	*count = 0;
	status = tenant_enter(tenant, &desk);
	if (status)
		return status;
	err = tenant_query(&asked.query, query, &f);
	asked.pick.query = asked.query;
	if (!err)
		err = desk_read(desk, work_count, &asked);
	if (!err)
		*count = (size_t)asked.count.count;
	return leave(tenant, &asked, err, &f);
}

/* ---- removing */

static void
publish_removed(struct sink *sink, void *context)
{
	struct removal *removal = context;

	api_removed_publish(&removal->removed, sink_watch(sink));
}

static enum err
work_remove(struct sql *sql, void *context)
{
	struct removal *removal = context;

	removal->removed.count = 0;
	return pick_remove(sql, &removal->asked.pick, api_removed_note,
	    &removal->removed, &removal->asked.went);
}

int
mailstop_remove(struct mailstop *tenant, const char *query, size_t *count)
{
	struct removal removal = {.asked = {.query = NULL}};
	struct asked *asked = &removal.asked;
	struct failure f = {""};
	struct desk *desk;
	int status;
	enum err err;

	if (count)
		*count = 0;
	status = tenant_enter(tenant, &desk);
	if (status)
		return status;
	err = tenant_query(&asked->query, query, &f);
	asked->pick.query = asked->query;
	asked->pick.all_states =
	    asked->query && asked->query->kind == QUERY_ALL;
	if (!err)
		err = desk_write(desk, work_remove, publish_removed, &removal);
	if (!err && count)
		*count = (size_t)asked->went;
	return leave(tenant, asked, err, &f);
}

static enum err
remove_one(struct sql *sql, struct removal *removal, int64_t seq)
{
	const struct pick_request one = {
	    .after = seq - 1, .before = seq + 1, .all_states = true};
	uint64_t count;

	return pick_remove(
	    sql, &one, api_removed_note, &removal->removed, &count);
}

static enum err
work_take(struct sql *sql, void *context)
{
	struct removal *removal = context;
	enum err err = work_list(sql, &removal->asked);
	json_t *message;
	size_t i;

	removal->removed.count = 0;
	json_array_foreach(removal->asked.value, i, message)
	{
		json_t *seq = json_object_get(message, "seq");

		if (!err)
			err = remove_one(sql, removal, json_integer_value(seq));
	}
	return err;
}

int
mailstop_take(struct mailstop *tenant, const char *query, size_t limit,
    struct mailstop_record **messages)
{
	struct removal removal = {.asked = {.query = NULL}};
	struct asked *asked = &removal.asked;
	struct failure f = {""};
	struct desk *desk;
	int status;
	enum err err;

	*messages = NULL;
	status = tenant_enter(tenant, &desk);
	if (status)
		return status;
	err = tenant_query(&asked->query, query, &f);
	init_list(asked, limit);
	if (!err)
		err = desk_write(desk, work_take, publish_removed, &removal);
	if (!err)
		*messages = tenant_record(&asked->value);
	return leave(tenant, asked, err, &f);
}

/* ---- waiting */

/* ERR_NOT_FOUND when the time is over; the list is there all the same. */
static enum err
wait_until_full(struct desk *desk, struct asked *asked, int64_t deadline_us)
{
	struct desk_wait *wait = desk_wait_begin(desk, &asked->pick);
	enum err err = wait ? ERR_OK : ERR_MEMORY;

	while (!err) {
		size_t count;

		desk_wait_reset(wait);
		err = desk_read(desk, work_wait, asked);
		count = json_array_size(asked->value);
		if (err || count >= asked->pick.limit)
			break;
		err =
		    desk_wait_for(wait, asked->pick.limit - count, deadline_us);
	}
	if (wait)
		desk_wait_end(wait);
	return err;
}

static enum err
work_near(struct sql *sql, void *context)
{
	return api_near(sql, &((struct asked *)context)->pick,
	    ((struct asked *)context)->value);
}

/* The words may be longer than those of other failures. */
static int
leave_timeout(struct mailstop *tenant, struct desk *desk, struct asked *asked)
{
	struct asked near = {.pick = asked->pick, .value = json_array()};
	json_t *answer = json_object();
	struct failure f = {""};
	struct buf words;
	const char *text;

	buf_init(&words, NEAR_MAX);
	buf_printf(&words, "%zu of %llu messages came in time\n",
	    json_array_size(asked->value),
	    (unsigned long long)asked->pick.limit);
	if (near.value && desk_read(desk, work_near, &near) == ERR_OK)
		(void)json_object_set(answer, "near", near.value);
	near_put_misses(&words, "", answer);
	buf_cut(&words, words.len > 0 ? words.len - 1 : 0);
	text = buf_string(&words);
	json_decref(near.value);
	json_decref(answer);
	(void)tenant_fail(tenant, MAILSTOP_TIMEOUT,
	    text ? text : mailstop_status_text(MAILSTOP_TIMEOUT));
	buf_release(&words);
	(void)leave(tenant, asked, ERR_OK, &f);
	return MAILSTOP_TIMEOUT;
}

static int64_t
deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX
			      : clock_mono_us() + (int64_t)timeout_ms * 1000;
}

int
mailstop_wait(struct mailstop *tenant, const char *query, size_t count,
    int timeout_ms, struct mailstop_record **messages)
{
	struct asked asked = {.query = NULL};
	struct failure f = {""};
	struct desk *desk;
	int status;
	enum err err;

	if (messages)
		*messages = NULL;
	status = tenant_enter(tenant, &desk);
	if (status)
		return status;
	err = tenant_query(&asked.query, query, &f);
	init_list(&asked, count);
	if (!err && count == 0)
		err = failure_set(&f, ERR_USAGE, "a wait for no message");
	if (!err)
		err = wait_until_full(desk, &asked, deadline_of(timeout_ms));
	if (err == ERR_STOPPED)
		(void)failure_set(&f, err, "the server was stopped");
	if (err == ERR_NOT_FOUND) {
		struct mailstop_record *came =
		    (struct mailstop_record *)json_incref(asked.value);

		if (messages)
			*messages = came;
		else
			mailstop_record_free(came);
		return leave_timeout(tenant, desk, &asked);
	}
	if (!err && messages)
		*messages = tenant_record(&asked.value);
	return leave(tenant, &asked, err, &f);
}
