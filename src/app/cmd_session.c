/* cmd_session: sessions and findings: how it went. */
#include "cmd.h"

#include <string.h>

int
cmd_sessions(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	enum err err = cmd_open(&cmd, options, output_sessions, &f);

	if (err)
		return cmd_fail(err, &f);
	err = cmd.source->kind->sessions(
	    cmd.source, &cmd.request, cmd_print, &cmd, &f);
	return cmd_end(&cmd, err, cmd.query.len > 0, &f);
}

/* ---- findings */

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Prints no more than were asked for. */
static bool
print_some(json_t *finding, void *context)
{
	struct cmd *cmd = context;

	if (cmd->request.limit > 0 && cmd->count >= cmd->request.limit)
		return false;
	return cmd_print(finding, cmd);
}

struct walk {
	struct cmd *cmd;
	struct failure *f;
	enum err err;
};

static bool
is_full(const struct cmd *cmd)
{
	return cmd->err ||
	    (cmd->request.limit > 0 && cmd->count >= cmd->request.limit);
}

static bool
print_of_message(json_t *message, void *context)
{
	struct walk *walk = context;
	struct source *source = walk->cmd->source;

	walk->err = source->kind->message_findings(
	    source, text_of(message, "id"), print_some, walk->cmd, walk->f);
	return !walk->err && !is_full(walk->cmd);
}

/* Its own, then those of its messages. */
static bool
print_of_session(json_t *session, void *context)
{
	struct walk *walk = context;
	struct source *source = walk->cmd->source;
	const char *id = text_of(session, "id");
	char query[80];
	struct source_request messages = {
	    .query = query, .order = SOURCE_OLDEST_FIRST};
	enum err err;

	(void)snprintf(query, sizeof(query),
	    "session:%s has:finding (state:accepted OR state:refused)", id);
	walk->err = source->kind->session_findings(
	    source, id, print_some, walk->cmd, walk->f);
	if (walk->err || is_full(walk->cmd))
		return false;
	err = source->kind->list(
	    source, &messages, print_of_message, walk, walk->f);
	if (!walk->err)
		walk->err = err;
	return !walk->err && !is_full(walk->cmd);
}

static enum err
print_all(struct cmd *cmd, struct failure *f)
{
	static const struct source_request all = {.limit = 0};
	struct walk walk = {cmd, f, ERR_OK};
	enum err err = cmd->source->kind->sessions(
	    cmd->source, &all, print_of_session, &walk, f);

	return err ? err : walk.err;
}

/* Of a message, or where there is none of that name, of a session with its
   messages. */
static enum err
print_one(struct cmd *cmd, const char *id, struct failure *f)
{
	struct walk walk = {cmd, f, ERR_OK};
	struct failure why;
	json_t *found = NULL;
	enum err err = cmd_get(cmd, id, &found, &why);

	if (!err) {
		(void)print_of_message(found, &walk);
		json_decref(found);
		return walk.err;
	}
	if (err != ERR_NOT_FOUND) {
		*f = why;
		return err;
	}
	found = json_pack("{s:s}", "id", id);
	(void)print_of_session(found, &walk);
	json_decref(found);
	return walk.err;
}

int
cmd_findings(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	enum err err = cmd_open(&cmd, options, output_findings, &f);

	if (err)
		return cmd_fail(err, &f);
	if (options_argument_count(options) > 0)
		err = print_one(&cmd, options_argument(options, 0), &f);
	else
		err = print_all(&cmd, &f);
	return cmd_end(&cmd, err, 0, &f);
}
