/* option_read: the places where options are written. */
#include "option_private.h"

#include "value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX ((size_t)1024 * 1024)

/* ---- the command's words */

/* The option of that name that the command has; else one that another command
   has, and OPTIONS when there is none at all. */
static enum option
find(enum command command, struct span name)
{
	enum option found = OPTIONS;

	for (int i = 0; i < OPTIONS; i++) {
		if (!span_equal(
			name, span_string(option_row((enum option)i)->name)))
			continue;
		if (option_is_for((enum option)i, command))
			return (enum option)i;
		found = (enum option)i;
	}
	return found;
}

static enum option
find_letter(enum command command, char letter)
{
	for (int i = 0; i < OPTIONS; i++)
		if (option_row((enum option)i)->letter == letter &&
		    option_is_for((enum option)i, command))
			return (enum option)i;
	return OPTIONS;
}

static enum err
refuse_word(enum command command, enum option option, const char *dashes,
    struct span name, struct failure *f)
{
	const char *whose = command_row(command)->name;

	if (option == OPTIONS)
		return failure_set(f, ERR_USAGE,
		    "%s%.*s: no such option; \"mailstop %s --help\" shows what "
		    "there is",
		    dashes, SPAN_ARG(name), whose);
	return failure_set(f, ERR_USAGE,
	    "%s%.*s is no option of \"mailstop %s\"", dashes, SPAN_ARG(name),
	    whose);
}

struct words {
	const char *const *at;
	size_t count;
	size_t next;
};

/* The value of an option: given with it, or the next word. */
static enum err
set_word(struct options *options, enum option option, const char *given,
    struct words *words, struct failure *f)
{
	const struct option_row *row = option_row(option);
	struct spot spot = {.place = PLACE_WORD, .name = row->name};
	const char *value = given;

	if (!value && row->kind == OPTION_IS_FLAG)
		value = "yes";
	if (!value && words->next < words->count)
		value = words->at[words->next++];
	if (!value)
		return failure_set(f, ERR_USAGE, "--%s: %s is missing",
		    row->name, row->argument);
	return option_set(options, option, &spot, span_string(value), f);
}

static enum err
read_long(struct options *options, const char *word, struct words *words,
    struct failure *f)
{
	struct span rest = span_string(word + 2);
	struct span name = span_cut(&rest, '=');
	enum option option = find(options->command, name);
	const char *value = word[2 + name.len] == '=' ? rest.at : NULL;

	if (option == OPTIONS || !option_is_for(option, options->command))
		return refuse_word(options->command, option, "--", name, f);
	return set_word(options, option, value, words, f);
}

/* "-f", "-n5", "-n 5", "-fn5". */
static enum err
read_letters(struct options *options, const char *word, struct words *words,
    struct failure *f)
{
	for (const char *at = word + 1; *at; at++) {
		enum option option = find_letter(options->command, *at);
		const char *value = NULL;
		enum err err;

		if (option == OPTIONS)
			return refuse_word(
			    options->command, option, "-", span_make(at, 1), f);
		if (option_row(option)->kind != OPTION_IS_FLAG && at[1])
			value = at + 1;
		err = set_word(options, option, value, words, f);
		if (err || value)
			return err;
	}
	return ERR_OK;
}

/* "--" too; whoever reads letters itself needs to see that. */
static bool
is_option(enum command_words how, const char *word)
{
	if (how == COMMAND_WORDS_LONG)
		return word[0] == '-' && word[1] == '-' && word[2];
	return word[0] == '-' && word[1];
}

static enum err
read_words(struct options *options, struct words *words, struct failure *f)
{
	enum command_words how = command_row(options->command)->words;
	bool is_over = false;
	enum err err = ERR_OK;

	options->arguments = calloc(words->count + 1, sizeof(const char *));
	if (!options->arguments)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	while (words->next < words->count && !err) {
		const char *word = words->at[words->next++];

		if (is_over || !is_option(how, word)) {
			options->arguments[options->argument_count++] = word;
			is_over |= how == COMMAND_WORDS_LEADING;
		} else if (strcmp(word, "--") == 0)
			is_over = true;
		else if (word[1] == '-')
			err = read_long(options, word, words, f);
		else
			err = read_letters(options, word, words, f);
	}
	return err;
}

/* ---- the environment */

void
option_variable(enum option option, char name[OPTION_VARIABLE_SIZE])
{
	int len = snprintf(name, OPTION_VARIABLE_SIZE, "MAILSTOP_%s",
	    option_row(option)->name);

	for (int i = 0; i < len; i++)
		name[i] = name[i] == '-' ? '_' : (char)toupper(name[i]);
}

/* NULL when it is not there, or empty. */
static const char *
find_variable(const char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; environment && environment[i]; i++)
		if (strncmp(environment[i], name, len) == 0 &&
		    environment[i][len] == '=' && environment[i][len + 1])
			return environment[i] + len + 1;
	return NULL;
}

/* A variable of Mailpit's, in the form that ours would have. */
static enum err
set_mailpit(struct options *options, enum option option, const char *value,
    struct failure *f)
{
	const struct option_row *row = option_row(option);
	struct spot spot = {.place = PLACE_MAILPIT, .name = row->mailpit};
	char number[32];
	uint64_t megabytes;
	bool flag;

	switch (row->mailpit_form) {
	case OPTION_MAILPIT_SAME:
		return option_set(
		    options, option, &spot, span_string(value), f);
	case OPTION_MAILPIT_MEGABYTES:
		if (!value_count(span_string(value), &megabytes))
			return failure_set(f, ERR_USAGE, "%s=%s: not a number",
			    row->mailpit, value);
		(void)snprintf(number, sizeof(number), "%lluM",
		    (unsigned long long)megabytes);
		/* The greatest that there is, in its own unit. */
		return option_set(options, option, &spot,
		    span_string(megabytes > 0 ? number : "1T"), f);
	case OPTION_MAILPIT_IF_TRUE:
		if (!value_flag(span_string(value), &flag))
			return failure_set(f, ERR_USAGE,
			    "%s=%s: neither true nor false", row->mailpit,
			    value);
		return flag ? option_set(options, option, &spot,
				  span_string(row->mailpit_value), f)
			    : ERR_OK;
	}
	return ERR_OK;
}

static enum err
read_environment(
    struct options *options, const char *const *environment, struct failure *f)
{
	enum err err = ERR_OK;

	for (int i = 0; i < OPTIONS && !err; i++) {
		enum option option = (enum option)i;
		const struct option_row *row = option_row(option);
		char name[OPTION_VARIABLE_SIZE];
		struct spot spot = {.place = PLACE_VARIABLE, .name = name};
		const char *value;

		if (row->is_word_only ||
		    !option_is_for(option, options->command))
			continue;
		option_variable(option, name);
		value = find_variable(environment, name);
		if (value)
			err = option_set(
			    options, option, &spot, span_string(value), f);
		value = row->mailpit ? find_variable(environment, row->mailpit)
				     : NULL;
		if (value && !err)
			err = set_mailpit(options, option, value, f);
	}
	return err;
}

/* ---- the file */

/* "name value", "name = value", and a flag's name alone. */
static enum err
read_line(struct options *options, struct span line, const struct spot *where,
    struct failure *f)
{
	char name[OPTION_VARIABLE_SIZE] = "";
	struct spot spot = *where;
	struct span value;
	enum option option;
	size_t len = 0;

	while (len < line.len && !strchr(" \t=", line.at[len]))
		len++;
	value = span_trim(span_make(line.at + len, line.len - len));
	if (span_starts(value, SPAN("=")))
		value = span_trim(span_make(value.at + 1, value.len - 1));
	option = find(options->command, span_make(line.at, len));
	if (option == OPTIONS || option_row(option)->is_word_only ||
	    option == OPTION_CONFIG)
		return failure_set(f, ERR_USAGE, "%s:%u: %.*s: no such option",
		    where->file, where->line, (int)len, line.at);
	if (!option_is_for(option, options->command))
		return ERR_OK;
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, line.at);
	spot.name = name;
	if (value.len == 0 && option_row(option)->kind == OPTION_IS_FLAG)
		value = SPAN("yes");
	return option_set(options, option, &spot, value, f);
}

static enum err
read_lines(struct options *options, struct span text, const char *path,
    struct failure *f)
{
	struct spot spot = {.place = PLACE_FILE, .file = path};
	enum err err = ERR_OK;

	if (memchr(text.at, '\0', text.len))
		return failure_set(f, ERR_USAGE, "%s: holds NULs", path);
	while (text.len > 0 && !err) {
		struct span line = span_cut(&text, '\n');

		spot.line++;
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		line = span_trim(line);
		if (line.len > 0 && line.at[0] != '#')
			err = read_line(options, line, &spot, f);
	}
	return err;
}

static enum err
read_file(struct options *options, const char *path, struct failure *f)
{
	char *text = malloc(CONFIG_MAX + 1);
	FILE *file = NULL;
	size_t len;
	enum err err;

	if (!text)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	file = fopen(path, "re");
	if (!file) {
		err = failure_set(f, ERR_USAGE, "--config %s: %m", path);
		goto out;
	}
	len = fread(text, 1, CONFIG_MAX + 1, file);
	if (ferror(file))
		err = failure_set(f, ERR_IO, "--config %s: %m", path);
	else if (len > CONFIG_MAX)
		err = failure_set(
		    f, ERR_USAGE, "--config %s: more than 1 MiB", path);
	else
		err = read_lines(options, span_make(text, len), path, f);
out:
	if (file)
		(void)fclose(file);
	free(text);
	return err;
}

/* ---- all of it */

static enum err
set_defaults(struct options *options, struct failure *f)
{
	struct spot spot = {.place = PLACE_DEFAULT};
	enum err err = ERR_OK;

	for (int i = 0; i < OPTIONS && !err; i++)
		if (option_row((enum option)i)->fallback)
			err = option_set(options, (enum option)i, &spot,
			    span_string(option_row((enum option)i)->fallback),
			    f);
	return err;
}

static enum err
check_arguments(const struct options *options, struct failure *f)
{
	const struct command_row *row = command_row(options->command);

	if (option_flag(options, OPTION_HELP) ||
	    option_flag(options, OPTION_HELP_ALL) ||
	    option_flag(options, OPTION_VERSION))
		return ERR_OK;
	if (options->argument_count > row->most)
		return failure_set(f, ERR_USAGE,
		    "mailstop %s: \"%s\" is one word too many", row->name,
		    options->arguments[row->most]);
	if (options->argument_count < row->least)
		return failure_set(f, ERR_USAGE, "mailstop %s: %s is missing",
		    row->name, row->arguments);
	return ERR_OK;
}

enum err
options_read(struct options **out, enum command command,
    const char *const *words, size_t count, const char *const *environment,
    struct failure *f)
{
	struct options *options = calloc(1, sizeof(*options));
	struct words list = {words, count, 0};
	enum err err;

	if (!options)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	options->command = command;
	err = set_defaults(options, f);
	if (!err)
		err = read_words(options, &list, f);
	if (!err)
		err = read_environment(options, environment, f);
	if (!err && option_text(options, OPTION_CONFIG))
		err =
		    read_file(options, option_text(options, OPTION_CONFIG), f);
	if (!err)
		err = check_arguments(options, f);
	if (err) {
		options_free(options);
		return err;
	}
	*out = options;
	return ERR_OK;
}
