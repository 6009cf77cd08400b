/* pick_session: reading sessions, their conversations and their findings. */
#include "pick_session.h"

#include "finding.h"
#include "pick.h"
#include "query_match.h"
#include "search_text.h"

#include <string.h>

#define COLUMNS                                                                \
	"SELECT seq, id, started, ended, peer_port, accepted, refused,"        \
	" aborted, listener, protocol, peer, local, proxy, helo, user,"        \
	" mechanism, tls_version, tls_cipher, tls_group, sni, alpn,"           \
	" client_cert, ending FROM session "

/* In the order of COLUMNS. */
enum column {
	COLUMN_SEQ,
	COLUMN_ID,
	COLUMN_STARTED,
	COLUMN_ENDED,
	COLUMN_PORT,
	COLUMN_ACCEPTED,
	COLUMN_REFUSED,
	COLUMN_ABORTED,
	COLUMN_FIELDS /* as many as there are fields, in their order */
};

static uint64_t
count_of(const struct sql_row *row, enum column column)
{
	int64_t number = sql_number(row, (int)column);

	return number > 0 ? (uint64_t)number : 0;
}

static struct pick_session
read_session(const struct sql_row *row)
{
	struct pick_session session = {
	    .seq = sql_number(row, COLUMN_SEQ),
	    .id = sql_span(row, COLUMN_ID),
	    .started_us = sql_number(row, COLUMN_STARTED),
	    .ended_us = sql_number(row, COLUMN_ENDED),
	    .peer_port = (uint16_t)sql_number(row, COLUMN_PORT),
	    .accepted = count_of(row, COLUMN_ACCEPTED),
	    .refused = count_of(row, COLUMN_REFUSED),
	    .aborted = count_of(row, COLUMN_ABORTED),
	};

	for (int i = 0; i < PUT_SESSION_FIELDS; i++)
		session.fields[i] = sql_span(row, COLUMN_FIELDS + i);
	return session;
}

/* ---- does a query fit */

static bool
stop_at_first(const struct pick_row *row, void *context)
{
	bool *is_found = context;

	(void)row;
	*is_found = true;
	return false;
}

/* A message of the session, of any state. */
static enum err
fits_a_message(struct sql *sql, const struct query *query,
    const struct pick_session *session, bool *fits)
{
	char id[UID_SIZE] = "";
	struct query of_session = {.kind = QUERY_TERM,
	    .field = QUERY_SESSION,
	    .form = QUERY_EXACT,
	    .text = id};
	struct query both = {.kind = QUERY_AND};
	struct pick_request request = {
	    .query = &both, .limit = 1, .all_states = true};

	if (session->accepted + session->refused + session->aborted == 0 ||
	    session->id.len >= sizeof(id))
		return ERR_OK;
	memcpy(id, session->id.at, session->id.len);
	both.left = &of_session;
	/* It is read only, but trees own their branches. */
	both.right = (struct query *)query;
	return pick_messages(sql, &request, stop_at_first, fits);
}

static bool
set_fields(struct message *message, const struct pick_session *session)
{
	memcpy(message->id, session->id.at,
	    session->id.len < UID_SIZE ? session->id.len : UID_LEN);
	message->received_us = session->started_us;
	/* It has none: no state is asked for in vain. */
	message->state = MESSAGE_ABORTED + 1;
	return message_set(message, MESSAGE_SESSION, session->id) &&
	    message_set(message, MESSAGE_LISTENER,
		session->fields[PUT_SESSION_LISTENER]) &&
	    message_set(
		message, MESSAGE_PEER, session->fields[PUT_SESSION_PEER]) &&
	    message_set(
		message, MESSAGE_HELO, session->fields[PUT_SESSION_HELO]) &&
	    message_set(
		message, MESSAGE_USER, session->fields[PUT_SESSION_USER]);
}

/* What a session looks like to the matcher: a message whose text is what was
   said. */
struct disguise {
	struct budget budget;
	struct spool_rules rules;
	struct message *message;
	struct mime mime;
	char nothing[1];
	struct search_text search;
	struct findings findings;
};

static enum err
disguise_init(struct disguise *disguise, struct sql *sql,
    const struct query *query, const struct pick_session *session)
{
	bool is_made;
	enum err err;

	*disguise = (struct disguise){.nothing = ""};
	disguise->rules.budget = &disguise->budget;
	search_text_init(&disguise->search);
	findings_init(&disguise->findings);
	buf_init(&disguise->mime.text, PICK_DIALOGUE_MAX);
	buf_init(&disguise->mime.html, 0);
	disguise->mime.subject = disguise->nothing;
	disguise->mime.message_id = disguise->nothing;
	disguise->mime.return_path = disguise->nothing;
	disguise->mime.date = disguise->nothing;
	disguise->mime.snippet = disguise->nothing;
	disguise->message = message_new(&disguise->rules);
	if (!disguise->message || !set_fields(disguise->message, session))
		return ERR_MEMORY;
	err = pick_dialogue(sql, session->seq, &disguise->mime.text);
	if (err)
		return err;
	is_made = search_text_make(
	    &disguise->search, disguise->message, &disguise->mime);
	if (is_made &&
	    (query_mentions(query, QUERY_FINDING) ||
		query_mentions(query, QUERY_HAS_FINDING)))
		is_made = finding_session(&disguise->findings,
		    buf_span(&disguise->mime.text),
		    session->fields[PUT_SESSION_PEER]);
	return is_made ? ERR_OK : ERR_MEMORY;
}

static void
disguise_release(struct disguise *disguise)
{
	message_free(disguise->message);
	search_text_release(&disguise->search);
	findings_release(&disguise->findings);
	buf_release(&disguise->mime.text);
	buf_release(&disguise->mime.html);
}

static enum err
fits_itself(struct sql *sql, const struct query *query,
    const struct pick_session *session, bool *fits)
{
	struct disguise disguise;
	enum err err = disguise_init(&disguise, sql, query, session);

	if (!err) {
		struct query_subject subject = {
		    .seq = session->seq,
		    .message = disguise.message,
		    .mime = &disguise.mime,
		    .search = &disguise.search,
		    .findings = &disguise.findings,
		};

		*fits = query_match(query, &subject);
	}
	disguise_release(&disguise);
	return err;
}

static enum err
fits(struct sql *sql, const struct query *query,
    const struct pick_session *session, bool *is_found)
{
	enum err err;

	*is_found = !query || query->kind == QUERY_ALL;
	if (*is_found)
		return ERR_OK;
	err = fits_itself(sql, query, session, is_found);
	if (!err && !*is_found)
		err = fits_a_message(sql, query, session, is_found);
	return err;
}

/* ---- sessions */

struct walk {
	struct sql *sql;
	const struct query *query;
	uint64_t left; /* sessions that may still be told */
	pick_session_callback *callback;
	void *context;
};

/* One session; ERR_NOT_FOUND ends the walk like the end of the rows. */
static enum err
tell(struct walk *walk, const struct sql_row *row)
{
	struct pick_session session = read_session(row);
	bool is_found = false;
	enum err err = fits(walk->sql, walk->query, &session, &is_found);

	if (err || !is_found)
		return err;
	if (!walk->callback(&session, walk->context) || --walk->left == 0)
		return ERR_NOT_FOUND;
	return ERR_OK;
}

static enum err
walk_rows(struct walk *walk, struct sql_row *row)
{
	enum err told = ERR_OK;
	enum err err;

	while (!told && sql_step(row) == ERR_OK)
		told = tell(walk, row);
	err = sql_done(row);
	if (!err && told != ERR_NOT_FOUND)
		err = told;
	return err;
}

#define SESSIONS                                                               \
	COLUMNS "WHERE seq > ?1 AND seq < ?2 AND (?3 IS NULL OR EXISTS"        \
		" (SELECT 1 FROM message AS m WHERE m.session = session.id"    \
		" AND m.inbox = ?3 AND m.inbox <> ''"                          \
		" AND m.seq > session.after_seq AND m.seq <="                  \
		" ifnull(session.until_seq, 9223372036854775807)))"            \
		" ORDER BY seq "

enum err
pick_sessions(struct sql *sql, const struct pick_session_request *request,
    pick_session_callback *callback, void *context)
{
	struct walk walk = {sql, request->query,
	    request->limit > 0 ? request->limit : UINT64_MAX, callback,
	    context};
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    request->oldest_first ? SESSIONS "ASC" : SESSIONS "DESC");

	if (err)
		return err;
	sql_bind_number(row, 1, request->after);
	sql_bind_number(
	    row, 2, request->before > 0 ? request->before : INT64_MAX);
	if (request->inbox)
		sql_bind_span(row, 3, span_string(request->inbox));
	else
		sql_bind_null(row, 3);
	return walk_rows(&walk, row);
}

struct single {
	pick_session_callback *callback;
	void *context;
	bool is_found;
};

static bool
tell_single(const struct pick_session *session, void *context)
{
	struct single *single = context;

	single->is_found = true;
	(void)single->callback(session, single->context);
	return false;
}

enum err
pick_session(struct sql *sql, const char *id, pick_session_callback *callback,
    void *context)
{
	struct single single = {callback, context, false};
	struct walk walk = {sql, NULL, 1, tell_single, &single};
	struct sql_row *row;
	uint64_t seq;
	enum err err =
	    sql_start(sql, &row, COLUMNS "WHERE id = ?1 OR seq = ?2");

	if (err)
		return err;
	sql_bind_span(row, 1, span_string(id));
	if (span_number(span_string(id), &seq) && seq <= INT64_MAX)
		sql_bind_number(row, 2, (int64_t)seq);
	else
		sql_bind_null(row, 2);
	err = walk_rows(&walk, row);
	return err || single.is_found ? err : ERR_NOT_FOUND;
}

/* ---- what belongs to one */

enum err
pick_dialogue(struct sql *sql, int64_t session_seq, struct buf *out)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT text FROM dialogue WHERE session = ? ORDER BY part");
	bool fits = true;

	if (err)
		return err;
	sql_bind_number(row, 1, session_seq);
	while (fits && sql_step(row) == ERR_OK)
		fits = buf_put(out, sql_span(row, 0));
	err = sql_done(row);
	return err || fits ? err : ERR_LIMIT;
}

enum err
pick_findings(struct sql *sql, int64_t message_seq,
    pick_finding_callback *callback, void *context)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT rule, severity, section, at, bytes, more FROM finding"
	    " WHERE message = ? ORDER BY at, rule, rowid");
	bool goes_on = true;

	if (err)
		return err;
	sql_bind_number(row, 1, message_seq);
	while (goes_on && sql_step(row) == ERR_OK) {
		struct pick_finding finding = {
		    .rule = sql_span(row, 0),
		    .severity = sql_span(row, 1),
		    .section = sql_span(row, 2),
		    .at = sql_number(row, 3),
		    .bytes = sql_span(row, 4),
		    .more = sql_number(row, 5),
		};

		goes_on = callback(&finding, context);
	}
	return sql_done(row);
}
