/* cmd_fault: fault: the rules of a running server. */
#include "cmd.h"

#include <string.h>

/* What stands behind the word that says what to do. */
static size_t
count_words(const struct cmd *cmd)
{
	return options_argument_count(cmd->options) - 1;
}

static const char *
word(const struct cmd *cmd, size_t index)
{
	return options_argument(cmd->options, index + 1);
}

static enum err
ask(struct cmd *cmd, const struct source_call *call, json_t **out,
    struct failure *f)
{
	return cmd->source->kind->call(cmd->source, call, out, f);
}

/* ---- what can be done */

static enum err
print_rules(struct cmd *cmd, struct failure *f)
{
	static const struct source_call call = {
	    .method = "GET", .path = "/faults"};
	json_t *answer;
	json_t *rule;
	size_t i;
	enum err err = ask(cmd, &call, &answer, f);

	json_array_foreach(json_object_get(answer, "faults"), i,
	    rule) if (!cmd_print(rule, cmd)) break;
	json_decref(answer);
	return err;
}

/* Its id, for whoever wants to remove it again. */
static void
print_added(struct cmd *cmd, json_t *rule)
{
	const char *id = json_string_value(json_object_get(rule, "id"));

	if (cmd->output.form == OUTPUT_JSON)
		(void)cmd_print(rule, cmd);
	else if (printf("%s\n", id ? id : "") < 0)
		cmd->err = ERR_IO;
}

/* All words are one rule, so that not each of them needs quotes. */
static enum err
add_rule(struct cmd *cmd, struct failure *f)
{
	struct source_call call = {.method = "POST", .path = "/faults"};
	json_t *answer;
	enum err err;

	for (size_t i = 0; i < count_words(cmd); i++)
		buf_printf(&cmd->query, "%s%s", i > 0 ? " " : "", word(cmd, i));
	call.body = buf_string(&cmd->query);
	if (!call.body)
		return failure_set(f, ERR_USAGE, "the rule is too long");
	err = ask(cmd, &call, &answer, f);
	if (!err)
		print_added(cmd, answer);
	json_decref(answer);
	return err;
}

static enum err
remove_rules(struct cmd *cmd, struct failure *f)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < count_words(cmd) && !err; i++) {
		struct source_call call = {
		    .method = "DELETE", .path = "/fault/", .id = word(cmd, i)};
		json_t *answer;

		err = ask(cmd, &call, &answer, f);
		json_decref(answer);
	}
	return err;
}

static enum err
remove_all(struct cmd *cmd, struct failure *f)
{
	static const struct source_call call = {
	    .method = "PUT", .path = "/faults", .body = "{\"faults\":[]}"};
	json_t *answer;
	enum err err = ask(cmd, &call, &answer, f);

	json_decref(answer);
	return err;
}

static const struct verb {
	const char *name;
	enum err (*run)(struct cmd *, struct failure *);
	const char *wants; /* what has to follow; NULL: nothing may */
} verbs[] = {
    {"add", add_rule, "RULE"},
    {"list", print_rules, NULL},
    {"rm", remove_rules, "ID"},
    {"clear", remove_all, NULL},
};

static enum err
find_verb(
    const struct verb **out, const struct options *options, struct failure *f)
{
	const char *name = options_argument(options, 0);
	bool has_more = options_argument_count(options) > 1;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *verb = &verbs[i];

		*out = verb;
		if (strcmp(verb->name, name) != 0)
			continue;
		if (verb->wants && !has_more)
			return failure_set(f, ERR_USAGE,
			    "usage: mailstop fault %s %s", name, verb->wants);
		if (!verb->wants && has_more)
			return failure_set(f, ERR_USAGE,
			    "%s: \"fault %s\" takes no argument",
			    options_argument(options, 1), name);
		return ERR_OK;
	}
	return failure_set(
	    f, ERR_USAGE, "fault %s: neither add, list, rm nor clear", name);
}

int
cmd_fault(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	const struct verb *verb;
	enum err err = find_verb(&verb, options, &f);

	if (!err)
		err = cmd_open_server(&cmd, options, output_faults, &f);
	if (err)
		return cmd_fail(err, &f);
	err = verb->run(&cmd, &f);
	return cmd_end(&cmd, err, 0, &f);
}
