/* cmd_list: list, take, rm and stats: what matches, printed or removed. */
#include "cmd.h"
#include "uid.h"

#include <string.h>

int
cmd_list(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	enum err err = cmd_open(&cmd, options, output_messages, &f);

	if (err)
		return cmd_fail(err, &f);
	err = cmd.source->kind->list(
	    cmd.source, &cmd.request, cmd_print, &cmd, &f);
	/* Without a query nothing was asked that could be answered by no. */
	return cmd_end(&cmd, err, cmd.query.len > 0, &f);
}

int
cmd_take(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	enum err err = cmd_open(&cmd, options, output_messages, &f);

	if (err)
		return cmd_fail(err, &f);
	cmd.request.limit = option_number(options, OPTION_WAIT_COUNT);
	if (cmd.request.limit == 0)
		err = failure_set(&f, ERR_USAGE, "--count 0: nothing to do");
	if (!err)
		err = cmd.source->kind->take(
		    cmd.source, &cmd.request, cmd_print, &cmd, &f);
	return cmd_end(&cmd, err, 1, &f);
}

/* ---- rm */

/* What a 250 or the list names; a query hardly looks so. */
static bool
is_id(const char *word)
{
	size_t len = strlen(word);
	bool is_number = strspn(word, "0123456789") == len;

	return len > 0 &&
	    (is_number || strcmp(word, "latest") == 0 ||
		(len == UID_LEN &&
		    strspn(word,
			"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz") == len));
}

static bool
are_ids(const struct options *options)
{
	for (size_t i = 0; i < options_argument_count(options); i++)
		if (!is_id(options_argument(options, i)))
			return false;
	return true;
}

/* One that is not there does not keep the others. */
static enum err
remove_ids(struct cmd *cmd, struct failure *f)
{
	enum err missing = ERR_OK;

	for (size_t i = 0; i < options_argument_count(cmd->options); i++) {
		const char *id = options_argument(cmd->options, i);
		struct failure why = {""};
		json_t *message = NULL;
		enum err err = cmd_get(cmd, id, &message, &why);

		if (!err)
			err = cmd->source->kind->remove_one(cmd->source,
			    json_string_value(json_object_get(message, "id")),
			    &why);
		json_decref(message);
		cmd->count += err == ERR_OK;
		if (err)
			*f = why;
		if (err && err != ERR_NOT_FOUND && err != ERR_GONE)
			return err;
		if (err)
			missing = err;
	}
	return missing;
}

int
cmd_rm(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	enum err err = cmd_open(&cmd, options, output_numbers, &f);

	if (err)
		return cmd_fail(err, &f);
	if (span_trim(buf_span(&cmd.query)).len == 0)
		err = failure_set(&f, ERR_USAGE,
		    "an empty query would remove everything; "
		    "'seq>0' says that it is meant");
	else if (are_ids(options))
		err = remove_ids(&cmd, &f);
	else
		err = cmd.source->kind->remove(
		    cmd.source, &cmd.request, &cmd.count, &f);
	return cmd_end(&cmd, err, 1, &f);
}

/* ---- stats */

static bool
print_numbers(struct cmd *cmd, json_t *stats)
{
	const char *name;
	json_t *value;

	if (cmd->output.form == OUTPUT_JSON)
		return cmd_print(stats, cmd);
	json_object_foreach(stats, name, value)
	{
		json_t *row =
		    json_pack("{s:s, s:O}", "name", name, "value", value);
		bool goes_on = row && cmd_print(row, cmd);

		json_decref(row);
		if (!goes_on)
			return false;
	}
	return true;
}

int
cmd_stats(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	json_t *stats = NULL;
	enum err err = cmd_open(&cmd, options, output_numbers, &f);

	if (err)
		return cmd_fail(err, &f);
	err = cmd.source->kind->stats(cmd.source, &cmd.request, &stats, &f);
	if (!err && !print_numbers(&cmd, stats) && !cmd.err)
		err = failure_set(&f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	json_decref(stats);
	return cmd_end(&cmd, err, 0, &f);
}
