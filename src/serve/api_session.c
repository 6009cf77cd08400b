/* api_session: sessions and findings as JSON. */
#include "api_session.h"

#include "api_message.h"
#include "clock.h"
#include "dialogue.h"

#include <jansson.h>
#include <string.h>

static json_t *
seconds(int64_t us)
{
	return json_real((double)us / (double)CLOCK_SECOND);
}

static json_t *
field(const struct pick_session *session, enum put_session_field which)
{
	return api_string(session->fields[which]);
}

static bool
has(const struct pick_session *session, enum put_session_field which)
{
	return session->fields[which].len > 0;
}

static json_t *
tls(const struct pick_session *session)
{
	if (!has(session, PUT_SESSION_TLS_VERSION))
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "version",
	    field(session, PUT_SESSION_TLS_VERSION), "cipher",
	    field(session, PUT_SESSION_TLS_CIPHER), "group",
	    field(session, PUT_SESSION_TLS_GROUP), "sni",
	    field(session, PUT_SESSION_SNI), "alpn",
	    field(session, PUT_SESSION_ALPN), "client_cert",
	    field(session, PUT_SESSION_CLIENT_CERT));
}

static json_t *
auth(const struct pick_session *session)
{
	if (!has(session, PUT_SESSION_MECHANISM))
		return json_null();
	return json_pack("{s:o, s:o}", "mechanism",
	    field(session, PUT_SESSION_MECHANISM), "identity",
	    field(session, PUT_SESSION_USER));
}

struct json_t *
api_session(const struct pick_session *session)
{
	bool has_ended = session->ended_us > 0;

	return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o,"
			 " s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I}",
	    "id", api_string(session->id), "seq", (json_int_t)session->seq,
	    "started", api_time(session->started_us), "ended",
	    has_ended ? api_time(session->ended_us) : json_null(), "seconds",
	    has_ended ? seconds(session->ended_us - session->started_us)
		      : json_null(),
	    "listener", field(session, PUT_SESSION_LISTENER), "protocol",
	    field(session, PUT_SESSION_PROTOCOL), "peer",
	    field(session, PUT_SESSION_PEER), "peer_port",
	    (int)session->peer_port, "local", field(session, PUT_SESSION_LOCAL),
	    "proxy", field(session, PUT_SESSION_PROXY), "helo",
	    field(session, PUT_SESSION_HELO), "user",
	    field(session, PUT_SESSION_USER), "auth", auth(session), "tls",
	    tls(session), "ending", field(session, PUT_SESSION_ENDING),
	    "accepted", (json_int_t)session->accepted, "refused",
	    (json_int_t)session->refused, "aborted",
	    (json_int_t)session->aborted);
}

/* ---- the conversation */

static const struct {
	enum dialogue_kind kind;
	const char *mark;
	const char *name;
} kinds[] = {
    {DIALOGUE_CLIENT, " C:", "client"},
    {DIALOGUE_PIPELINED, "+C:", "client"},
    {DIALOGUE_SERVER, " S:", "server"},
    {DIALOGUE_REMARK, " --", "remark"},
};

static size_t
find_kind(enum dialogue_kind kind)
{
	size_t i = 0;

	while (
	    kinds[i].kind != kind && i + 1 < sizeof(kinds) / sizeof(kinds[0]))
		i++;
	return i;
}

bool
api_transcript_text(struct buf *out, struct span dialogue)
{
	struct dialogue_line line;

	while (dialogue_next(&dialogue, &line)) {
		buf_printf(out, "%6lld.%06lld %s ",
		    (long long)(line.at_us / CLOCK_SECOND),
		    (long long)(line.at_us % CLOCK_SECOND),
		    kinds[find_kind(line.kind)].mark);
		buf_put(out, line.text);
		buf_put_char(out, '\n');
	}
	return !buf_failed(out);
}

struct json_t *
api_transcript(struct span dialogue)
{
	json_t *list = json_array();
	struct dialogue_line line;

	while (list && dialogue_next(&dialogue, &line)) {
		json_t *record =
		    json_pack("{s:o, s:s, s:b, s:o}", "at", seconds(line.at_us),
			"kind", kinds[find_kind(line.kind)].name, "pipelined",
			line.kind == DIALOGUE_PIPELINED, "text",
			api_string(line.text));

		if (json_array_append_new(list, record) == 0)
			continue;
		json_decref(list);
		list = NULL;
	}
	return list;
}

/* ---- findings */

static json_t *
title(struct span rule)
{
	const struct finding_rule *known = finding_rule(rule);

	return api_string(span_string(known ? known->title : ""));
}

struct json_t *
api_finding_of_message(const struct pick_finding *finding, struct span session,
    struct span message)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:n, s:o, s:I, s:o, s:o}",
	    "rule", api_string(finding->rule), "severity",
	    api_string(finding->severity), "section",
	    api_string(finding->section), "title", title(finding->rule),
	    "offset", (json_int_t)finding->at, "line", "bytes",
	    api_string(finding->bytes), "more", (json_int_t)finding->more,
	    "session", api_string(session), "message", api_string(message));
}

struct json_t *
api_finding_of_session(const struct finding *finding, struct span session)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:n, s:I, s:o, s:I, s:o, s:n}",
	    "rule", finding->rule->id, "severity",
	    finding_severity_name(finding->rule->severity), "section",
	    finding->rule->section, "title", finding->rule->title, "offset",
	    "line", (json_int_t)finding->offset, "bytes",
	    api_string(finding->bytes), "more", (json_int_t)finding->more,
	    "session", api_string(session), "message");
}
