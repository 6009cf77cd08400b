/* mailstop_message: the public library: waiting for messages, reading them. */
#include "tenant.h"

#include "api_detail.h"
#include "api_links.h"
#include "api_message.h"
#include "api_near.h"
#include "api_removed.h"
#include "clock.h"
#include "mime.h"
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
	const char *id;
	struct sql *sql; /* while the store has it */
	enum err err;
	/* Answers. */
	json_t *value; /* owned */
	struct pick_count count;
	uint64_t went;
	struct buf bytes;
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
	(void)tenant_blame(err, asked->id, f);
	query_free(asked->query);
	json_decref(asked->value);
	buf_release(&asked->bytes);
	return tenant_leave(tenant, err, f->text);
}

/* What is given back. */
static struct mailstop_record *
take_value(struct asked *asked)
{
	json_t *value = asked->value;

	asked->value = NULL;
	return (struct mailstop_record *)value;
}

/* ---- lists */

bool
tenant_add_message(const struct pick_row *row, void *context)
{
	return json_array_append_new(context, api_message(row)) == 0;
}

static enum err
work_list(struct sql *sql, void *context)
{
	struct asked *asked = context;

	json_decref(asked->value);
	asked->value = json_array();
	return asked->value
	    ? pick_messages(sql, &asked->pick, tenant_add_message, asked->value)
	    : ERR_MEMORY;
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
	struct asked asked = {.id = NULL};
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
		*messages = take_value(&asked);
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
	struct asked asked = {.id = NULL};
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
	struct removal removal = {.asked = {.id = NULL}};
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
	struct removal removal = {.asked = {.id = NULL}};
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
		*messages = take_value(asked);
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
		err = desk_read(desk, work_list, asked);
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
	struct asked asked = {.id = NULL};
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
		*messages = take_value(&asked);
	return leave(tenant, &asked, err, &f);
}

/* ---- one message */

enum err
tenant_pick(
    struct sql *sql, const char *id, pick_callback *callback, void *context)
{
	const struct pick_request newest = {.limit = 1};

	if (strcmp(id, "latest") != 0)
		return pick_message(sql, id, callback, context);
	return pick_messages(sql, &newest, callback, context);
}

static bool
show_detail(const struct pick_row *row, void *context)
{
	struct asked *asked = context;

	asked->err = api_detail(asked->sql, row, &asked->value);
	return false;
}

static enum err
work_message(struct sql *sql, void *context)
{
	struct asked *asked = context;
	enum err err;

	asked->sql = sql;
	err = tenant_pick(sql, asked->id, show_detail, asked);
	if (!err && !asked->value)
		err = asked->err ? asked->err : ERR_NOT_FOUND;
	return err;
}

static bool
show_bytes(const struct pick_row *row, void *context)
{
	struct asked *asked = context;

	asked->went = 1;
	asked->err = pick_body_whole(asked->sql, row->seq, &asked->bytes);
	return false;
}

static enum err
work_raw(struct sql *sql, void *context)
{
	struct asked *asked = context;
	enum err err;

	asked->sql = sql;
	err = tenant_pick(sql, asked->id, show_bytes, asked);
	if (!err && !asked->went)
		err = ERR_NOT_FOUND;
	return err ? err : asked->err;
}

/* Begins a question about one message. */
static int
enter_on_one(struct mailstop *tenant, struct asked *asked, const char *id,
    struct desk **desk)
{
	*asked = (struct asked){.id = id};
	buf_init(&asked->bytes, SIZE_MAX / 2);
	if (tenant && !id)
		return tenant_fail(tenant, MAILSTOP_USAGE, "NULL for an id");
	return tenant_enter(tenant, desk);
}

int
mailstop_message(
    struct mailstop *tenant, const char *id, struct mailstop_record **message)
{
	struct failure f = {""};
	struct asked asked;
	struct desk *desk;
	int status;
	enum err err;

	*message = NULL;
	status = enter_on_one(tenant, &asked, id, &desk);
	if (status)
		return status;
	err = desk_read(desk, work_message, &asked);
	if (!err)
		*message = take_value(&asked);
	return leave(tenant, &asked, err, &f);
}

/* They become the caller's, with a NUL behind them. */
static enum err
give_bytes(struct buf *from, char **bytes, size_t *size)
{
	if (!buf_string(from))
		return ERR_MEMORY;
	*bytes = from->at;
	if (size)
		*size = from->len;
	buf_init(from, from->limit);
	return ERR_OK;
}

static int
begin_bytes(struct mailstop *tenant, struct asked *asked, const char *id,
    struct desk **desk, char **bytes, size_t *size)
{
	*bytes = NULL;
	if (size)
		*size = 0;
	return enter_on_one(tenant, asked, id, desk);
}

int
mailstop_raw(
    struct mailstop *tenant, const char *id, char **bytes, size_t *size)
{
	struct failure f = {""};
	struct asked asked;
	struct desk *desk;
	int status = begin_bytes(tenant, &asked, id, &desk, bytes, size);
	enum err err;

	if (status)
		return status;
	err = desk_read(desk, work_raw, &asked);
	if (!err)
		err = give_bytes(&asked.bytes, bytes, size);
	return leave(tenant, &asked, err, &f);
}

/* On the caller's own thread: it may be long work. */
static enum err
take_part(const struct asked *asked, const char *part, struct buf *out,
    struct failure *f)
{
	if (part && mime_part_bytes(buf_span(&asked->bytes), part, out))
		return ERR_OK;
	if (buf_failed(out))
		return ERR_MEMORY;
	return failure_set(f, ERR_NOT_FOUND, "%s has no part %s", asked->id,
	    part ? part : "NULL");
}

int
mailstop_part(struct mailstop *tenant, const char *id, const char *part,
    char **bytes, size_t *size)
{
	struct failure f = {""};
	struct asked asked;
	struct desk *desk;
	struct buf out;
	int status = begin_bytes(tenant, &asked, id, &desk, bytes, size);
	enum err err;

	if (status)
		return status;
	buf_init(&out, SIZE_MAX / 2);
	err = desk_read(desk, work_raw, &asked);
	if (!err)
		err = take_part(&asked, part, &out, &f);
	if (!err)
		err = give_bytes(&out, bytes, size);
	buf_release(&out);
	return leave(tenant, &asked, err, &f);
}

/* Likewise. */
static enum err
find_links(struct asked *asked)
{
	struct mime *mime = mime_parse(buf_span(&asked->bytes));

	if (mime)
		asked->value = api_links(mime, buf_span(&asked->bytes));
	mime_free(mime);
	return asked->value ? ERR_OK : ERR_MEMORY;
}

int
mailstop_links(
    struct mailstop *tenant, const char *id, struct mailstop_record **links)
{
	struct failure f = {""};
	struct asked asked;
	struct desk *desk;
	int status;
	enum err err;

	*links = NULL;
	status = enter_on_one(tenant, &asked, id, &desk);
	if (status)
		return status;
	err = desk_read(desk, work_raw, &asked);
	if (!err)
		err = find_links(&asked);
	if (!err)
		*links = take_value(&asked);
	return leave(tenant, &asked, err, &f);
}
