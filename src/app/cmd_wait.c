/* cmd_wait: wait and tail: messages that are still to come. */
#include "cmd.h"

#include "clock.h"
#include "near.h"

/* Of what a server or a file gives. */
static void
print_messages(struct cmd *cmd, const json_t *answer)
{
	json_t *message;
	size_t i;

	json_array_foreach(json_object_get(answer, "messages"), i,
	    message) if (!cmd_print(message, cmd)) break;
}

/* ---- wait */

static void
tell_near(const json_t *answer)
{
	struct buf lines;

	buf_init(&lines, 4 * 65536);
	near_put_misses(&lines, "", answer);
	if (lines.len > 0)
		(void)fwrite(lines.at, 1, lines.len, stderr);
	buf_release(&lines);
}

static int
say_time_is_over(struct cmd *cmd, const json_t *answer)
{
	struct failure f;
	enum err err = cmd_flush(&f);

	if (err)
		return cmd_fail(err, &f);
	(void)fprintf(stderr,
	    "mailstop: the time is over: %llu of %llu messages came\n",
	    (unsigned long long)cmd->count,
	    (unsigned long long)cmd->request.limit);
	tell_near(answer);
	return CMD_NO;
}

int
cmd_wait(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	json_t *answer = NULL;
	int status;
	enum err err = cmd_open(&cmd, options, output_messages, &f);

	if (err)
		return cmd_fail(err, &f);
	cmd.request.limit = option_number(options, OPTION_WAIT_COUNT);
	if (cmd.request.limit == 0)
		err = failure_set(&f, ERR_USAGE, "--count 0: nothing to do");
	if (!err)
		err = cmd.source->kind->wait(cmd.source, &cmd.request,
		    option_duration(options, OPTION_WAIT_TIMEOUT), &answer, &f);
	print_messages(&cmd, answer);
	if (err == ERR_NOT_FOUND) {
		status = say_time_is_over(&cmd, answer);
		cmd_close(&cmd);
	} else {
		status = cmd_end(&cmd, err, 0, &f);
	}
	json_decref(answer);
	return status;
}

/* ---- tail */

/* A wait that is over is begun again. */
#define TAIL_US (CLOCK_SECOND * 3600)

static bool
collect(json_t *message, void *context)
{
	return json_array_append(context, message) == 0;
}

/* The last ones, oldest first; *seq stands behind them. */
static enum err
print_last(struct cmd *cmd, uint64_t lines, int64_t *seq, struct failure *f)
{
	struct source_request request = cmd->request;
	json_t *list = json_array();
	enum err err = cmd->source->kind->now(cmd->source, seq, f);

	request.limit = lines;
	request.before = *seq + 1;
	if (!err && lines > 0)
		err = cmd->source->kind->list(
		    cmd->source, &request, collect, list, f);
	for (size_t i = json_array_size(list); i-- > 0 && !err;)
		if (!cmd_print(json_array_get(list, i), cmd))
			break;
	json_decref(list);
	return err;
}

/* Until it is interrupted, or nobody reads any more. */
static enum err
follow(struct cmd *cmd, int64_t seq, struct failure *f)
{
	enum err err = ERR_OK;

	cmd->request.limit = 1;
	while (!err && !cmd->err) {
		json_t *answer = NULL;

		cmd->request.after = seq;
		err = cmd_flush(f);
		if (!err)
			err = cmd->source->kind->wait(
			    cmd->source, &cmd->request, TAIL_US, &answer, f);
		print_messages(cmd, answer);
		if (err == ERR_NOT_FOUND)
			err = ERR_OK;
		if (answer)
			seq =
			    json_integer_value(json_object_get(answer, "seq"));
		json_decref(answer);
	}
	return err;
}

int
cmd_tail(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	int64_t seq;
	enum err err = cmd_open(&cmd, options, output_messages, &f);

	if (err)
		return cmd_fail(err, &f);
	if (option_is_set(options, OPTION_AFTER))
		seq = cmd.request.after;
	else
		err = print_last(
		    &cmd, option_number(options, OPTION_LINES), &seq, &f);
	if (!err && !cmd.err && option_flag(options, OPTION_FOLLOW))
		err = follow(&cmd, seq, &f);
	return cmd_end(&cmd, err, 0, &f);
}
