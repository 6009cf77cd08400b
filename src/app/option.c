/* option: values, checked and kept. */
#include "option_private.h"

#include "inbox_name.h"
#include "listen_spec.h"
#include "smtp.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 10000

/* ---- what a value must be */

static bool
is_choice(const char *choices, struct span value, int *index)
{
	struct span rest = span_string(choices);

	for (*index = 0; rest.len > 0; ++*index)
		if (span_equal(span_cut(&rest, ' '), value))
			return true;
	return false;
}

static enum err
check_listener(
    const struct option_row *row, struct span value, struct failure *f)
{
	struct listen_spec spec;
	enum err err = ERR_USAGE;

	if (span_equal(value, SPAN("off")))
		return ERR_OK;
	for (int i = 0; i < LISTEN_PROTOCOLS; i++) {
		enum listen_protocol protocol = (enum listen_protocol)i;

		if (strcmp(row->name, listen_protocol_name(protocol)) != 0)
			continue;
		err = listen_parse(&spec, protocol, value, f);
		if (!err)
			listen_spec_release(&spec);
	}
	return err;
}

static enum err
check_value(const struct option_row *row, struct span value, struct failure *f)
{
	struct inbox_order order = {.count = 0};
	uint64_t number;
	int64_t us;
	bool flag;
	int index;

	switch (row->kind) {
	case OPTION_IS_TEXT:
		return value.len > 0
		    ? ERR_OK
		    : failure_set(f, ERR_USAGE, "the value is empty");
	case OPTION_IS_FLAG:
		return value_flag(value, &flag)
		    ? ERR_OK
		    : failure_set(f, ERR_USAGE, "neither yes nor no");
	case OPTION_IS_COUNT:
		return value_count(value, &number) && number <= INT64_MAX
		    ? ERR_OK
		    : failure_set(f, ERR_USAGE, "not a number");
	case OPTION_IS_SIZE:
		return value_size(value, &number)
		    ? ERR_OK
		    : failure_set(f, ERR_USAGE,
			  "not a size; these are some: 4096, 64K, 50M, 2G");
	case OPTION_IS_DURATION:
		return value_duration(value, &us)
		    ? ERR_OK
		    : failure_set(f, ERR_USAGE,
			  "not a time; these are some: 500ms, 10s, 12h, 7d");
	case OPTION_IS_CHOICE:
		return is_choice(row->choices, value, &index)
		    ? ERR_OK
		    : failure_set(
			  f, ERR_USAGE, "it is one of: %s", row->choices);
	case OPTION_IS_KEYWORD:
		return smtp_feature_find(value)
		    ? ERR_OK
		    : failure_set(f, ERR_USAGE, "EHLO has no such keyword");
	case OPTION_IS_INBOX_SOURCE:
		return inbox_order_add(&order, value)
		    ? ERR_OK
		    : failure_set(
			  f, ERR_USAGE, "it is one of: " INBOX_SOURCE_NAMES);
	case OPTION_IS_LISTENER:
		return check_listener(row, value, f);
	}
	return ERR_USAGE;
}

/* Puts the place in front of what is wrong there. */
static enum err
blame(const struct spot *spot, struct span value, enum err err,
    const struct failure *why, struct failure *f)
{
	const char *dashes = spot->place == PLACE_WORD ? "--" : "";
	const char *is = spot->place == PLACE_WORD ? " " : "=";

	if (spot->place == PLACE_FILE)
		return failure_set(f, err, "%s:%u: %s %.*s: %s", spot->file,
		    spot->line, spot->name, SPAN_ARG(value), why->text);
	return failure_set(f, err, "%s%s%s%.*s: %s", dashes, spot->name, is,
	    SPAN_ARG(value), why->text);
}

/* ---- settings */

static void
clear(struct setting *setting)
{
	for (size_t i = 0; i < setting->count; i++)
		free(setting->values[i]);
	free(setting->values);
	setting->values = NULL;
	setting->count = 0;
}

static enum err
add(struct setting *setting, struct span value, struct failure *f)
{
	char **grown;

	if (setting->count >= VALUES_MAX)
		return failure_set(f, ERR_USAGE, "given too often");
	grown = realloc(
	    setting->values, (setting->count + 2) * sizeof(setting->values[0]));
	if (!grown)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	setting->values = grown;
	grown[setting->count] = strndup(value.at, value.len);
	if (!grown[setting->count])
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	grown[++setting->count] = NULL;
	return ERR_OK;
}

static enum err
add_checked(const struct option_row *row, struct setting *setting,
    const struct spot *spot, struct span value, struct failure *f)
{
	struct failure why = {""};
	enum err err = check_value(row, value, &why);

	if (!err)
		err = add(setting, value, &why);
	return err ? blame(spot, value, err, &why, f) : ERR_OK;
}

/* Several values in one, the empty ones left out. */
static enum err
add_several(const struct option_row *row, struct setting *setting,
    const struct spot *spot, struct span value, struct failure *f)
{
	enum err err = ERR_OK;
	size_t before = setting->count;

	for (size_t start = 0, i = 0; i <= value.len && !err; i++) {
		if (i < value.len &&
		    (!value.at[i] || !strchr(row->separators, value.at[i])))
			continue;
		if (i > start)
			err = add_checked(row, setting, spot,
			    span_make(value.at + start, i - start), f);
		start = i + 1;
	}
	if (!err && setting->count == before) {
		static const struct failure empty = {"the value is empty"};

		err = blame(spot, value, ERR_USAGE, &empty, f);
	}
	return err;
}

enum err
option_set(struct options *options, enum option option, const struct spot *spot,
    struct span value, struct failure *f)
{
	const struct option_row *row = option_row(option);
	struct setting *setting = &options->settings[option];

	if (spot->place < setting->place) {
		struct setting nowhere = {PLACE_DEFAULT, NULL, 0};
		enum err err = row->separators
		    ? add_several(row, &nowhere, spot, value, f)
		    : add_checked(row, &nowhere, spot, value, f);

		clear(&nowhere);
		return err;
	}
	if (spot->place > setting->place || !row->separators)
		clear(setting);
	setting->place = spot->place;
	if (row->separators)
		return add_several(row, setting, spot, value, f);
	return add_checked(row, setting, spot, value, f);
}

bool
option_is_for(enum option option, enum command command)
{
	return (option_row(option)->commands & COMMAND_BIT(command)) != 0;
}

void
options_free(struct options *options)
{
	if (!options)
		return;
	for (int i = 0; i < OPTIONS; i++)
		clear(&options->settings[i]);
	free(options->arguments);
	free(options);
}

size_t
options_argument_count(const struct options *options)
{
	return options->argument_count;
}

const char *
options_argument(const struct options *options, size_t index)
{
	return options->arguments[index];
}

bool
option_is_set(const struct options *options, enum option option)
{
	return options->settings[option].place > PLACE_DEFAULT;
}

bool
option_is_flagged(const struct options *options, enum option option)
{
	return options->settings[option].place == PLACE_WORD;
}

const char *
option_text(const struct options *options, enum option option)
{
	const struct setting *setting = &options->settings[option];

	return setting->count > 0 ? setting->values[setting->count - 1] : NULL;
}

bool
option_flag(const struct options *options, enum option option)
{
	bool flag = false;

	(void)value_flag(span_string(option_text(options, option)), &flag);
	return flag;
}

uint64_t
option_number(const struct options *options, enum option option)
{
	struct span text = span_string(option_text(options, option));
	uint64_t number = 0;

	if (option_row(option)->kind == OPTION_IS_SIZE)
		(void)value_size(text, &number);
	else
		(void)value_count(text, &number);
	return number;
}

int64_t
option_duration(const struct options *options, enum option option)
{
	int64_t us = 0;

	(void)value_duration(span_string(option_text(options, option)), &us);
	return us;
}

int
option_choice(const struct options *options, enum option option)
{
	int index = 0;

	(void)is_choice(option_row(option)->choices,
	    span_string(option_text(options, option)), &index);
	return index;
}

const char *const *
option_list(const struct options *options, enum option option, size_t *count)
{
	static const char *const none[] = {NULL};
	const struct setting *setting = &options->settings[option];

	*count = setting->count;
	return setting->values ? (const char *const *)setting->values : none;
}
