/* mailstop_message: the public library: one message, by its id. */
#include "tenant.h"

#include "api_detail.h"
#include "api_links.h"
#include "mime.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A question about it, as it goes to the store and comes back. */
struct asked {
	const char *id;
	struct sql *sql; /* while the store has it */
	bool is_found;
	enum err err;
	/* Answers. */
	json_t *value; /* owned */
	struct buf bytes;
};

static int
leave(struct mailstop *tenant, struct asked *asked, enum err err,
    struct failure *f)
{
	(void)tenant_blame(err, asked->id, f);
	json_decref(asked->value);
	buf_release(&asked->bytes);
	return tenant_leave(tenant, err, f->text);
}

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

	asked->is_found = true;
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
	if (!err && !asked->is_found)
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
		*message = tenant_record(&asked.value);
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
		*links = tenant_record(&asked.value);
	return leave(tenant, &asked, err, &f);
}
