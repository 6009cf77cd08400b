/* completion: what a shell may complete on mailstop's command line. */
#include "completion.h"

#include "option.h"

#include <string.h>

#define NOTE                                                                   \
	"made by \"mailstop completion\" from the tables of commands and "     \
	"options"

/* Options that are files or folders; the shell completes their names. */
static bool
is_path(const struct option_row *row)
{
	return row->argument &&
	    (strcmp(row->argument, "FILE") == 0 ||
		strcmp(row->argument, "DIR") == 0);
}

static bool
takes_files(enum command command)
{
	return command == COMMAND_EXPORT || command == COMMAND_IMPORT;
}

/* The words that the first argument of a command can be; NULL: any. */
static const char *
first_words(enum command command)
{
	switch (command) {
	case COMMAND_COMPLETION:
		return "bash zsh fish";
	case COMMAND_FAULT:
		return "add list rm clear";
	default:
		return NULL;
	}
}

static void
put_command_names(struct buf *out)
{
	for (int i = 0; i < COMMANDS; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "",
		    command_row((enum command)i)->name);
}

/* Help may hold a quote; nothing else in it means anything to a shell. */
static void
put_quoted(struct buf *out, const char *text, const char *quote)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_put_string(out, quote);
		else
			buf_put_char(out, *text);
	}
}

/* ---- bash */

static void
put_bash_command(struct buf *out, enum command command)
{
	buf_printf(out, "\t%s)\n\t\twords='", command_row(command)->name);
	for (int i = 0; i < OPTIONS; i++)
		if (option_is_for((enum option)i, command))
			buf_printf(
			    out, "--%s ", option_row((enum option)i)->name);
	if (first_words(command))
		buf_put_string(out, first_words(command));
	buf_put_string(out, "'\n");
	if (takes_files(command))
		buf_put_string(out, "\t\tfiles=yes\n");
	buf_put_string(out, "\t\t;;\n");
}

static bool
is_repeated(int option)
{
	for (int i = 0; i < option; i++)
		if (strcmp(option_row((enum option)i)->name,
			option_row((enum option)option)->name) == 0)
			return true;
	return false;
}

static void
put_choices(struct buf *out, const char *name)
{
	const char *blank = "";

	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = option_row((enum option)i);

		if (!row->choices || strcmp(row->name, name) != 0)
			continue;
		buf_printf(out, "%s%s", blank, row->choices);
		blank = " ";
	}
}

/* Values of one option, and of all others of its name. */
static void
put_bash_values(struct buf *out)
{
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = option_row((enum option)i);

		if (is_repeated(i))
			continue;
		if (row->choices) {
			buf_printf(out, "\t--%s)\n\t\twords='", row->name);
			put_choices(out, row->name);
			buf_put_string(out, "'\n\t\t;;\n");
		} else if (is_path(row))
			buf_printf(
			    out, "\t--%s)\n\t\tfiles=yes\n\t\t;;\n", row->name);
	}
	buf_put_string(out, "\t");
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = option_row((enum option)i);

		if (row->argument && !row->choices && !is_path(row) &&
		    !is_repeated(i))
			buf_printf(out, "--%s | ", row->name);
	}
	buf_put_string(out, "-n)\n\t\t;;\n\t*)\n\t\treturn 1\n\t\t;;\n");
}

static void
put_bash(struct buf *out)
{
	buf_put_string(out,
	    "# bash completion of mailstop, " NOTE "\n\n"
	    "_mailstop_value() {\n\tcase $1 in\n");
	put_bash_values(out);
	buf_put_string(out,
	    "\tesac\n}\n\n"
	    "_mailstop_command() {\n\tcase $1 in\n");
	for (int i = 0; i < COMMANDS; i++)
		put_bash_command(out, (enum command)i);
	buf_put_string(out,
	    "\tesac\n}\n\n"
	    "_mailstop() {\n"
	    "\tlocal words='' files='' current=${COMP_WORDS[COMP_CWORD]}\n"
	    "\tlocal before=${COMP_WORDS[COMP_CWORD-1]} command=serve\n\n"
	    "\tCOMPREPLY=()\n"
	    "\t[[ ${COMP_WORDS[1]} == -* ]] || command=${COMP_WORDS[1]}\n"
	    "\tif [[ $COMP_CWORD -eq 1 && $current != -* ]]; then\n"
	    "\t\twords='");
	put_command_names(out);
	buf_put_string(out,
	    "'\n"
	    "\telif ! _mailstop_value \"$before\"; then\n"
	    "\t\t_mailstop_command \"$command\"\n"
	    "\tfi\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
	    "\"$current\")\n"
	    "\tif [[ $files ]]; then\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "
	    "\"$current\")\n"
	    "\tfi\n"
	    "}\n\n"
	    "complete -F _mailstop mailstop\n");
}

/* ---- zsh */

static void
put_zsh_option(struct buf *out, const struct option_row *row)
{
	buf_printf(out, "\t\t'%s--%s%s[", row->separators ? "*" : "", row->name,
	    row->argument ? "=" : "");
	/* A bracket or a colon in the help would end it. */
	for (const char *at = row->help; *at; at++) {
		if (strchr("[]:\\", *at))
			buf_put_char(out, '\\');
		if (*at == '\'')
			buf_put_string(out, "'\\'");
		buf_put_char(out, *at);
	}
	buf_put_char(out, ']');
	if (row->argument)
		buf_printf(out, ":%s:", row->argument);
	if (row->choices)
		buf_printf(out, "(%s)", row->choices);
	else if (is_path(row))
		buf_put_string(out, "_files");
	buf_put_string(out, "'\n");
}

static void
put_zsh_command(struct buf *out, enum command command)
{
	buf_printf(out, "\t%s)\n\t\targuments=(\n", command_row(command)->name);
	for (int i = 0; i < OPTIONS; i++)
		if (option_is_for((enum option)i, command))
			put_zsh_option(out, option_row((enum option)i));
	if (takes_files(command))
		buf_put_string(out, "\t\t'*:file:_files'\n");
	if (first_words(command))
		buf_printf(out, "\t\t'1:word:(%s)'\n", first_words(command));
	buf_put_string(out, "\t\t)\n\t\t;;\n");
}

static void
put_zsh(struct buf *out)
{
	buf_put_string(out,
	    "#compdef mailstop\n"
	    "# zsh completion of mailstop, " NOTE "\n\n"
	    "local -a commands arguments\n"
	    "local command=serve\n\n"
	    "commands=(\n");
	for (int i = 0; i < COMMANDS; i++) {
		const struct command_row *row = command_row((enum command)i);

		buf_printf(out, "\t'%s:", row->name);
		put_quoted(out, row->help, "'\\''");
		buf_put_string(out, "'\n");
	}
	buf_put_string(out,
	    ")\n"
	    "if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
	    "\t_describe command commands\n"
	    "\treturn\n"
	    "fi\n"
	    "if [[ $words[2] != -* ]]; then\n"
	    "\tcommand=$words[2]\n"
	    "\tshift words\n"
	    "\t((CURRENT--))\n"
	    "fi\n"
	    "case $command in\n");
	for (int i = 0; i < COMMANDS; i++)
		put_zsh_command(out, (enum command)i);
	buf_put_string(out, "esac\n_arguments -s $arguments\n");
}

/* ---- fish */

static void
put_fish_option(struct buf *out, enum command command, enum option option)
{
	const struct option_row *row = option_row(option);

	buf_printf(out, "complete -c mailstop -n '__mailstop_is %s' -l %s",
	    command_row(command)->name, row->name);
	if (row->letter)
		buf_printf(out, " -s %c", row->letter);
	if (row->choices)
		buf_printf(out, " -x -a '%s'", row->choices);
	else if (is_path(row))
		buf_put_string(out, " -r -F");
	else if (row->argument)
		buf_put_string(out, " -x");
	buf_put_string(out, " -d '");
	put_quoted(out, row->help, "\\'");
	buf_put_string(out, "'\n");
}

static void
put_fish(struct buf *out)
{
	buf_put_string(out,
	    "# fish completion of mailstop, " NOTE "\n\n"
	    "# Whether a command is meant; without one it is serve.\n"
	    "function __mailstop_is\n"
	    "\tset -l words (commandline -opc)\n"
	    "\tset -l command serve\n"
	    "\tif set -q words[2]; and not string match -q -- '-*' "
	    "$words[2]\n"
	    "\t\tset command $words[2]\n"
	    "\tend\n"
	    "\ttest $command = $argv[1]\n"
	    "end\n\n"
	    "complete -c mailstop -f\n");
	for (int i = 0; i < COMMANDS; i++) {
		const struct command_row *row = command_row((enum command)i);

		buf_printf(out,
		    "complete -c mailstop -n __fish_use_subcommand -a %s "
		    "-d '",
		    row->name);
		put_quoted(out, row->help, "\\'");
		buf_put_string(out, "'\n");
	}
	for (int i = 0; i < COMMANDS; i++) {
		for (int j = 0; j < OPTIONS; j++)
			if (option_is_for((enum option)j, (enum command)i))
				put_fish_option(
				    out, (enum command)i, (enum option)j);
		if (takes_files((enum command)i))
			buf_printf(out,
			    "complete -c mailstop -n '__mailstop_is %s' -F\n",
			    command_row((enum command)i)->name);
		if (first_words((enum command)i))
			buf_printf(out,
			    "complete -c mailstop -n '__mailstop_is %s' "
			    "-a '%s'\n",
			    command_row((enum command)i)->name,
			    first_words((enum command)i));
	}
}

/* ---- all of them */

static const struct {
	const char *shell;
	void (*put)(struct buf *);
} shells[] = {
    {"bash", put_bash},
    {"zsh", put_zsh},
    {"fish", put_fish},
};

bool
completion_put(struct buf *out, const char *shell)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].shell, shell) != 0)
			continue;
		shells[i].put(out);
		return !buf_failed(out);
	}
	return false;
}
