/* cmd_transcript: transcript: what was said in a session. */
#include "cmd.h"

#include "script.h"

#include <string.h>

#define TEXT_MAX ((size_t)256 * 1024 * 1024)
#define PIECE_SIZE ((size_t)64 * 1024)

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- as text */

static enum err
print_text(struct cmd *cmd, const char *session, struct failure *f)
{
	struct source *source = cmd->source;
	struct buf text;
	enum err err;

	buf_init(&text, TEXT_MAX);
	err = source->kind->transcript(source, session, &text, f);
	if (!err &&
	    fwrite(text.len ? text.at : "", 1, text.len, stdout) != text.len)
		cmd->err = ERR_IO;
	buf_release(&text);
	return err;
}

static enum err
print_json(struct cmd *cmd, const char *session, struct failure *f)
{
	return cmd->source->kind->transcript_json(
	    cmd->source, session, cmd_print, cmd, f);
}

/* ---- as a script */

struct scripting {
	struct cmd *cmd;
	struct buf dialogue;
};

static char
kind_of(const json_t *line)
{
	const char *kind = text_of(line, "kind");

	if (strcmp(kind, "server") == 0)
		return 'S';
	if (strcmp(kind, "remark") == 0)
		return 'I';
	return json_is_true(json_object_get(line, "pipelined")) ? 'c' : 'C';
}

/* As it was recorded; of the times none is needed. */
static bool
take_line(json_t *line, void *context)
{
	struct scripting *scripting = context;

	return buf_printf(&scripting->dialogue, "%c 0 %s\n", kind_of(line),
	    text_of(line, "text"));
}

static bool
read_text(struct buf *out, const struct spool *spool)
{
	while (out->len < spool->len) {
		char *room = buf_room(out, PIECE_SIZE);
		ssize_t got = -1;

		if (room)
			got = spool_read(spool, out->len, room, PIECE_SIZE);
		if (got <= 0)
			return false;
		buf_grow(out, (size_t)got);
	}
	return true;
}

/* What was removed meanwhile is filled up. */
static bool
put_text(struct span id, struct buf *out, void *context)
{
	struct scripting *scripting = context;
	struct source *source = scripting->cmd->source;
	char name[64];
	struct cmd_body body;
	struct failure f;
	bool is_read;

	(void)snprintf(name, sizeof(name), "%.*s", SPAN_ARG(id));
	cmd_body_init(&body);
	is_read = source->kind->raw(source, name, &body.spool, &f) == ERR_OK &&
	    read_text(out, &body.spool);
	cmd_body_release(&body);
	return is_read;
}

static bool
write_lines(struct span lines, void *context)
{
	struct scripting *scripting = context;

	if (fwrite(lines.at, 1, lines.len, stdout) == lines.len)
		return true;
	scripting->cmd->err = ERR_IO;
	return false;
}

static enum err
print_script(struct cmd *cmd, const char *session, struct failure *f)
{
	struct source *source = cmd->source;
	struct scripting scripting = {.cmd = cmd};
	const struct script_calls calls = {
	    .text = put_text, .write = write_lines, .context = &scripting};
	enum err err;

	buf_init(&scripting.dialogue, TEXT_MAX);
	err = source->kind->transcript_json(
	    source, session, take_line, &scripting, f);
	if (!err && buf_failed(&scripting.dialogue))
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (!err && printf("# Session %s\n", session) < 0)
		cmd->err = ERR_IO;
	if (!err && !script_put(buf_span(&scripting.dialogue), &calls) &&
	    !cmd->err)
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	buf_release(&scripting.dialogue);
	return err;
}

/* ---- the whole */

/* A number is that of a message, since it stands first in the list; ids are
   never the same. */
static enum err
find_session(
    struct cmd *cmd, const char *id, json_t **message, struct failure *f)
{
	struct failure why;
	enum err err = cmd_get(cmd, id, message, &why);

	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err)
		*f = why;
	else if (!text_of(*message, "session")[0])
		err = failure_set(
		    f, ERR_NOT_FOUND, "%s: the message came by no session", id);
	return err;
}

static enum err
print(struct cmd *cmd, const char *session, struct failure *f)
{
	bool is_json = cmd->output.form == OUTPUT_JSON;

	if (!option_flag(cmd->options, OPTION_SCRIPT))
		return is_json ? print_json(cmd, session, f)
			       : print_text(cmd, session, f);
	if (is_json)
		return failure_set(f, ERR_USAGE,
		    "--json and --script: only one of them can be");
	return print_script(cmd, session, f);
}

int
cmd_transcript(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	const char *id = options_argument(options, 0);
	json_t *message = NULL;
	enum err err = cmd_open(&cmd, options, output_numbers, &f);

	if (err)
		return cmd_fail(err, &f);
	err = find_session(&cmd, id, &message, &f);
	if (!err)
		err =
		    print(&cmd, message ? text_of(message, "session") : id, &f);
	json_decref(message);
	return cmd_end(&cmd, err, 0, &f);
}
