/* cmd: what the commands share. */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The words may quote what came from a file or a server. */
int
cmd_fail(enum err err, const struct failure *f)
{
	const char *text = f->text[0] ? f->text : err_text(err);
	struct buf line;

	buf_init(&line, 4096);
	output_escape(&line, span_string(text));
	(void)fprintf(stderr, "mailstop: %s\n",
	    buf_failed(&line) ? err_text(err) : buf_string(&line));
	buf_release(&line);
	return err_exit_code(err);
}

int
cmd_answer(enum err err, const struct failure *f)
{
	int status = cmd_fail(err, f);

	return err == ERR_NOT_FOUND || err == ERR_GONE ? CMD_NO : status;
}

enum err
cmd_flush(struct failure *f)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return ERR_OK;
	return failure_set(
	    f, err_from_errno(errno), "standard output: %s", strerror(errno));
}

/* ---- a command that reads */

static int64_t
get_seq(const struct options *options, enum option option)
{
	return (int64_t)option_number(options, option);
}

static void
read_request(struct cmd *cmd)
{
	const struct options *options = cmd->options;

	for (size_t i = 0; i < options_argument_count(options); i++) {
		if (i > 0)
			buf_put_char(&cmd->query, ' ');
		buf_put_string(&cmd->query, options_argument(options, i));
	}
	cmd->request = (struct source_request){
	    .query = buf_string(&cmd->query),
	    .inbox = option_text(options, OPTION_INBOX),
	    .after = get_seq(options, OPTION_AFTER),
	    .before = get_seq(options, OPTION_BEFORE),
	    .limit = option_number(options, OPTION_LIMIT),
	};
}

static void
init(struct cmd *cmd, const struct options *options,
    const struct output_column *columns)
{
	*cmd = (struct cmd){.options = options};
	buf_init(&cmd->query, (size_t)1024 * 1024);
	output_init(&cmd->output, stdout,
	    option_flag(options, OPTION_JSON) ? OUTPUT_JSON : OUTPUT_LINES,
	    columns);
}

enum err
cmd_open(struct cmd *cmd, const struct options *options,
    const struct output_column *columns, struct failure *f)
{
	enum err err;

	init(cmd, options, columns);
	read_request(cmd);
	err = source_open(&cmd->source, options, f);
	if (err)
		cmd_close(cmd);
	return err;
}

enum err
cmd_open_server(struct cmd *cmd, const struct options *options,
    const struct output_column *columns, struct failure *f)
{
	enum err err;

	init(cmd, options, columns);
	err = source_open_server(&cmd->source, options, f);
	if (err)
		cmd_close(cmd);
	return err;
}

void
cmd_close(struct cmd *cmd)
{
	source_close(cmd->source);
	cmd->source = NULL;
	output_release(&cmd->output);
	buf_release(&cmd->query);
}

bool
cmd_print(json_t *row, void *context)
{
	struct cmd *cmd = context;

	cmd->err = output_row(&cmd->output, row);
	cmd->count++;
	return cmd->err == ERR_OK;
}

int
cmd_end(
    struct cmd *cmd, enum err err, uint64_t least, const struct failure *why)
{
	struct failure f = *why;
	int status = CMD_YES;

	if (!err && !cmd->err)
		err = cmd_flush(&f);
	else if (!err)
		err = failure_set(
		    &f, cmd->err, "standard output: %s", strerror(errno));
	if (err)
		status = cmd_answer(err, &f);
	else if (cmd->count < least)
		status = CMD_NO;
	cmd_close(cmd);
	return status;
}

/* ---- one message */

#define BODY_MEMORY ((size_t)4 * 1024 * 1024)

void
cmd_body_init(struct cmd_body *body)
{
	const char *folder = getenv("TMPDIR");

	body->budget = (struct budget){.limit = 2 * BODY_MEMORY};
	body->rules = (struct spool_rules){
	    .budget = &body->budget,
	    .memory_max = BODY_MEMORY,
	    .directory = folder && folder[0] == '/' ? folder : "/tmp",
	};
	spool_init(&body->spool, &body->rules);
}

void
cmd_body_release(struct cmd_body *body)
{
	spool_release(&body->spool);
}

static bool
keep_first(json_t *message, void *context)
{
	json_t **out = context;

	*out = json_incref(message);
	return false;
}

enum err
cmd_get(struct cmd *cmd, const char *id, json_t **out, struct failure *f)
{
	static const struct source_request latest = {.limit = 1};
	enum err err;

	*out = NULL;
	if (strcmp(id, "latest") != 0)
		return cmd->source->kind->get(cmd->source, id, out, f);
	err = cmd->source->kind->list(cmd->source, &latest, keep_first, out, f);
	if (!err && !*out)
		return failure_set(f, ERR_NOT_FOUND, "there is no message");
	return err;
}
