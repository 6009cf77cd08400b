/* help: what --help and --help-all say. */
#include "help.h"

#include "option.h"

#include <stdio.h>
#include <string.h>

#define LINE_LEN 79
#define HELP_COLUMN 23

static void
put_usage(struct buf *out, enum command command)
{
	const struct command_row *row = command_row(command);

	buf_printf(out, "usage: mailstop %s [OPTION...]%s%s\n", row->name,
	    row->arguments[0] ? " " : "", row->arguments);
}

/* "  -n, --lines N        print the last N messages first (0)" */
static void
put_option(struct buf *out, enum option option)
{
	const struct option_row *row = option_row(option);
	char left[64] = "";
	int len = 0;

	if (row->letter)
		len = snprintf(left, sizeof(left), "-%c, ", row->letter);
	(void)snprintf(left + len, sizeof(left) - (size_t)len, "--%s%s%s",
	    row->name, row->argument ? " " : "",
	    row->argument ? row->argument : "");
	buf_printf(out, "  %-*s %s", HELP_COLUMN - 3, left, row->help);
	if (row->fallback && row->kind != OPTION_IS_FLAG &&
	    strcmp(row->fallback, "0") != 0)
		buf_printf(out, " (%s)", row->fallback);
	buf_put_char(out, '\n');
}

/* The names of the commands, as many a line as fit. */
static void
put_commands(struct buf *out)
{
	size_t column = strlen("commands:");

	buf_put_string(out, "commands:");
	for (int i = 0; i < COMMANDS; i++) {
		const char *name = command_row((enum command)i)->name;

		if (column + 1 + strlen(name) > LINE_LEN) {
			buf_put_string(out, "\n         ");
			column = strlen("commands:");
		}
		buf_printf(out, " %s", name);
		column += 1 + strlen(name);
	}
	buf_put_char(out, '\n');
}

static void
put_common(struct buf *out, enum command command)
{
	for (int i = 0; i < OPTIONS; i++)
		if (option_is_for((enum option)i, command) &&
		    option_row((enum option)i)->is_common)
			put_option(out, (enum option)i);
}

static void
put_overview(struct buf *out)
{
	buf_put_string(out,
	    "mailstop receives mail, keeps it, and delivers nothing.\n"
	    "\n"
	    "usage: mailstop [serve] [OPTION...]    run the server\n"
	    "       mailstop COMMAND [OPTION...]    --help after one says more\n"
	    "\n");
	put_commands(out);
	buf_put_string(out, "\ncommon options of the server:\n");
	put_common(out, COMMAND_SERVE);
	buf_put_string(out, "all options: mailstop --help-all, man mailstop\n");
}

bool
help_short(struct buf *out, enum command command)
{
	const struct command_row *row;

	if (command == COMMANDS) {
		put_overview(out);
		return !buf_failed(out);
	}
	row = command_row(command);
	put_usage(out, command);
	buf_printf(out, "\n%s.\n%s\n", row->help, row->more);
	put_common(out, command);
	buf_put_string(out, "all options: mailstop --help-all, man mailstop\n");
	return !buf_failed(out);
}

bool
help_all(struct buf *out)
{
	buf_put_string(out,
	    "mailstop receives mail, keeps it, and delivers nothing.\n"
	    "Each option is a variable too (MAILSTOP_KEEP_AGE for --keep-age)\n"
	    "and a line of a --config file (keep-age 7d).\n");
	for (int i = 0; i < COMMANDS; i++) {
		enum command command = (enum command)i;
		const struct command_row *row = command_row(command);

		buf_put_char(out, '\n');
		put_usage(out, command);
		buf_printf(out, "%s\n", row->help);
		for (int j = 0; j < OPTIONS; j++)
			if (option_is_for((enum option)j, command) &&
			    option_row((enum option)j)->commands !=
				OPTION_EVERYWHERE)
				put_option(out, (enum option)j);
	}
	buf_put_string(out, "\nof every command:\n");
	for (int j = 0; j < OPTIONS; j++)
		if (option_row((enum option)j)->commands == OPTION_EVERYWHERE)
			put_option(out, (enum option)j);
	return !buf_failed(out);
}
