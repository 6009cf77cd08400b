/* mailstop_session: the public library: sessions, dialogues, findings. */
#include "tenant.h"

#include "api_detail.h"
#include "api_session.h"
#include "pick_session.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)256 * 1024 * 1024)

/* One question about sessions, as it goes to the reader and comes back. */
struct asked {
	struct query *query; /* owned */
	struct pick_session_request pick;
	const char *id;
	struct sql *sql;
	/* What to make of a session's dialogue. */
	enum err (*use)(struct asked *, const struct pick_session *);
	bool is_found;
	struct buf dialogue;
	enum err err;
	/* Answers. */
	json_t *value; /* owned */
	struct buf text;
};

static void
init(struct asked *asked, const char *id)
{
	*asked = (struct asked){.id = id};
	buf_init(&asked->dialogue, PICK_DIALOGUE_MAX);
	buf_init(&asked->text, TEXT_MAX);
}

static int
leave(struct mailstop *tenant, struct asked *asked, enum err err,
    struct failure *f)
{
	(void)tenant_blame(err, asked->id, f);
	query_free(asked->query);
	json_decref(asked->value);
	buf_release(&asked->dialogue);
	buf_release(&asked->text);
	return tenant_leave(tenant, err, f->text);
}

/* ---- the list */

static bool
add_session(const struct pick_session *session, void *context)
{
	struct asked *asked = context;

	if (json_array_append_new(asked->value, api_session(session)) != 0)
		asked->err = ERR_MEMORY;
	return !asked->err;
}

static enum err
work_sessions(struct sql *sql, void *context)
{
	struct asked *asked = context;
	enum err err;

	asked->value = json_array();
	if (!asked->value)
		return ERR_MEMORY;
	err = pick_sessions(sql, &asked->pick, add_session, asked);
	return err ? err : asked->err;
}

int
mailstop_sessions(struct mailstop *tenant, const char *query, size_t limit,
    struct mailstop_record **sessions)
{
	struct failure f = {""};
	struct asked asked;
	struct desk *desk;
	int status;
	enum err err;

	*sessions = NULL;
	init(&asked, NULL);
	status = tenant_enter(tenant, &desk);
	if (status)
		return status;
	err = tenant_query(&asked.query, query, &f);
	asked.pick.query = asked.query;
	asked.pick.limit = limit;
	if (!err)
		err = desk_read(desk, work_sessions, &asked);
	if (!err)
		*sessions = tenant_record(&asked.value);
	return leave(tenant, &asked, err, &f);
}

/* ---- one of them, by its own id or that of a message */

static bool
hear(const struct pick_session *session, void *context)
{
	struct asked *asked = context;

	asked->is_found = true;
	asked->err = pick_dialogue(asked->sql, session->seq, &asked->dialogue);
	if (!asked->err)
		asked->err = asked->use(asked, session);
	return false;
}

static bool
hear_of_message(const struct pick_row *row, void *context)
{
	struct asked *asked = context;
	struct span id = message_get(row->message, MESSAGE_SESSION);
	char *text = strndup(id.len ? id.at : "", id.len);
	enum err err = ERR_MEMORY;

	if (text)
		err = pick_session(asked->sql, text, hear, asked);
	free(text);
	if (!asked->err)
		asked->err = err;
	return false;
}

static enum err
work_session(struct sql *sql, void *context)
{
	struct asked *asked = context;
	enum err err;

	asked->sql = sql;
	err = pick_session(sql, asked->id, hear, asked);
	if (err == ERR_NOT_FOUND)
		err = tenant_pick(sql, asked->id, hear_of_message, asked);
	if (!err)
		err = asked->err;
	return err || asked->is_found ? err : ERR_NOT_FOUND;
}

static int
enter_on_one(struct mailstop *tenant, struct asked *asked, const char *id,
    struct desk **desk)
{
	init(asked, id);
	if (tenant && !id)
		return tenant_fail(tenant, MAILSTOP_USAGE, "NULL for an id");
	return tenant_enter(tenant, desk);
}

static enum err
write_text(struct asked *asked, const struct pick_session *session)
{
	(void)session;
	return api_transcript_text(&asked->text, buf_span(&asked->dialogue))
	    ? ERR_OK
	    : ERR_LIMIT;
}

int
mailstop_transcript(struct mailstop *tenant, const char *id, char **text)
{
	struct failure f = {""};
	struct asked asked;
	struct desk *desk;
	int status;
	enum err err;

	*text = NULL;
	status = enter_on_one(tenant, &asked, id, &desk);
	if (status)
		return status;
	asked.use = write_text;
	err = desk_read(desk, work_session, &asked);
	if (!err && !buf_string(&asked.text))
		err = ERR_MEMORY;
	if (!err) {
		*text = asked.text.at;
		buf_init(&asked.text, 0);
	}
	return leave(tenant, &asked, err, &f);
}

/* ---- findings */

static enum err
list_findings(struct asked *asked, const struct pick_session *session)
{
	struct findings findings;
	bool is_whole;

	findings_init(&findings);
	is_whole = finding_session(&findings, buf_span(&asked->dialogue),
	    session->fields[PUT_SESSION_PEER]);
	for (size_t i = 0; i < findings.count && is_whole; i++)
		is_whole = json_array_append_new(asked->value,
			       api_finding_of_session(
				   &findings.at[i], session->id)) == 0;
	findings_release(&findings);
	return is_whole ? ERR_OK : ERR_MEMORY;
}

static bool
list_of_message(const struct pick_row *row, void *context)
{
	struct asked *asked = context;

	asked->is_found = true;
	asked->err = api_findings(asked->sql, row, asked->value);
	return false;
}

static enum err
work_findings(struct sql *sql, void *context)
{
	struct asked *asked = context;
	enum err err;

	asked->sql = sql;
	asked->value = json_array();
	if (!asked->value)
		return ERR_MEMORY;
	err = tenant_pick(sql, asked->id, list_of_message, asked);
	if (err == ERR_NOT_FOUND)
		err = pick_session(sql, asked->id, hear, asked);
	if (!err)
		err = asked->err;
	return err || asked->is_found ? err : ERR_NOT_FOUND;
}

int
mailstop_findings(
    struct mailstop *tenant, const char *id, struct mailstop_record **findings)
{
	struct failure f = {""};
	struct asked asked;
	struct desk *desk;
	int status;
	enum err err;

	*findings = NULL;
	status = enter_on_one(tenant, &asked, id, &desk);
	if (status)
		return status;
	asked.use = list_findings;
	err = desk_read(desk, work_findings, &asked);
	if (!err)
		*findings = tenant_record(&asked.value);
	return leave(tenant, &asked, err, &f);
}
