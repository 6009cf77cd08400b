/* source_db_session: sessions, findings and sums of a database file. */
#include "source_db_private.h"

#include "api_message.h"
#include "api_session.h"
#include "pick_session.h"

static struct source_db *
own(struct source *source)
{
	return (struct source_db *)source;
}

/* ---- sessions */

static bool
tell_session(const struct pick_session *session, void *context)
{
	return source_db_tell(context, api_session(session));
}

enum err
source_db_sessions(struct source *source, const struct source_request *request,
    source_callback *callback, void *context, struct failure *f)
{
	struct source_db *db = own(source);
	struct source_db_telling telling = {callback, context, ERR_OK};
	struct source_db_asked asked;
	struct pick_session_request pick;
	enum err err = source_db_read_query(&asked, request, f);

	if (err)
		return err;
	pick = (struct pick_session_request){
	    .query = asked.query,
	    .inbox = request->inbox,
	    .after = request->after,
	    .before = request->before,
	    .limit = request->limit,
	};
	source_db_catch_up(db);
	err = pick_sessions(db->sql, &pick, tell_session, &telling);
	query_free(asked.query);
	return source_db_blame(db, err ? err : telling.err, f);
}

/* What is done with the conversation of one session. */
struct hearing {
	struct source_db *db;
	struct source_db_telling telling;
	struct buf dialogue;
	struct buf *text; /* of the transcript */
	enum err (*use)(struct hearing *, const struct pick_session *);
	enum err err;
};

static bool
hear(const struct pick_session *session, void *context)
{
	struct hearing *hearing = context;

	hearing->err =
	    pick_dialogue(hearing->db->sql, session->seq, &hearing->dialogue);
	if (!hearing->err)
		hearing->err = hearing->use(hearing, session);
	return false;
}

static enum err
hear_session(struct hearing *hearing, const char *session, struct failure *f)
{
	enum err err;

	buf_init(&hearing->dialogue, PICK_DIALOGUE_MAX);
	err = pick_session(hearing->db->sql, session, hear, hearing);
	buf_release(&hearing->dialogue);
	if (err == ERR_NOT_FOUND)
		return failure_set(
		    f, err, "%s: there is no such session", session);
	if (!err)
		err = hearing->err ? hearing->err : hearing->telling.err;
	return source_db_blame(hearing->db, err, f);
}

static enum err
write_text(struct hearing *hearing, const struct pick_session *session)
{
	(void)session;
	return api_transcript_text(hearing->text, buf_span(&hearing->dialogue))
	    ? ERR_OK
	    : ERR_LIMIT;
}

enum err
source_db_transcript(struct source *source, const char *session,
    struct buf *out, struct failure *f)
{
	struct hearing hearing = {
	    .db = own(source), .text = out, .use = write_text};

	return hear_session(&hearing, session, f);
}

static enum err
tell_lines(struct hearing *hearing, const struct pick_session *session)
{
	json_t *lines = api_transcript(buf_span(&hearing->dialogue));
	json_t *line;
	size_t i;

	(void)session;
	if (!lines)
		return ERR_MEMORY;
	json_array_foreach(
	    lines, i, line) if (!source_db_tell(&hearing->telling,
				    json_incref(line))) break;
	json_decref(lines);
	return ERR_OK;
}

enum err
source_db_transcript_json(struct source *source, const char *session,
    source_callback *callback, void *context, struct failure *f)
{
	struct hearing hearing = {.db = own(source),
	    .telling = {callback, context, ERR_OK},
	    .use = tell_lines};

	return hear_session(&hearing, session, f);
}

static enum err
tell_findings(struct hearing *hearing, const struct pick_session *session)
{
	struct findings findings;
	bool is_whole;

	findings_init(&findings);
	is_whole = finding_session(&findings, buf_span(&hearing->dialogue),
	    session->fields[PUT_SESSION_PEER]);
	for (size_t i = 0; i < findings.count && is_whole; i++)
		if (!source_db_tell(&hearing->telling,
			api_finding_of_session(&findings.at[i], session->id)))
			break;
	findings_release(&findings);
	return is_whole ? ERR_OK : ERR_MEMORY;
}

enum err
source_db_session_findings(struct source *source, const char *session,
    source_callback *callback, void *context, struct failure *f)
{
	struct hearing hearing = {.db = own(source),
	    .telling = {callback, context, ERR_OK},
	    .use = tell_findings};

	return hear_session(&hearing, session, f);
}

/* ---- findings of a message, and the sums */

struct finding_walk {
	struct source_db *db;
	struct source_db_telling telling;
	const struct pick_row *row;
	enum err err;
};

static bool
tell_finding(const struct pick_finding *finding, void *context)
{
	struct finding_walk *walk = context;

	return source_db_tell(&walk->telling,
	    api_finding_of_message(finding,
		message_get(walk->row->message, MESSAGE_SESSION),
		span_string(walk->row->message->id)));
}

static bool
walk_findings(const struct pick_row *row, void *context)
{
	struct finding_walk *walk = context;

	walk->row = row;
	walk->err = pick_findings(walk->db->sql, row->seq, tell_finding, walk);
	return false;
}

enum err
source_db_message_findings(struct source *source, const char *id,
    source_callback *callback, void *context, struct failure *f)
{
	struct finding_walk walk = {
	    .db = own(source), .telling = {callback, context, ERR_OK}};
	enum err err;

	source_db_catch_up(walk.db);
	err = source_db_pick_one(walk.db, id, walk_findings, &walk, f);
	if (err)
		return err;
	return source_db_blame(
	    walk.db, walk.err ? walk.err : walk.telling.err, f);
}

enum err
source_db_stats(struct source *source, const struct source_request *request,
    json_t **out, struct failure *f)
{
	struct source_db *db = own(source);
	struct pick_stats found;
	enum err err = pick_stats(db->sql, &found);

	if (!err && request->inbox)
		err = pick_inbox_stats(
		    db->sql, span_string(request->inbox), &found);
	*out = err ? NULL : api_stats(&found);
	if (!err && !*out)
		err = ERR_MEMORY;
	return source_db_blame(db, err, f);
}
