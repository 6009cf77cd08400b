/* main: the program: which command, with which options. */
#include "cmd.h"
#include "help.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int (*const functions[COMMANDS])(const struct options *) = {
    [COMMAND_SERVE] = cmd_serve,
    [COMMAND_RUN] = cmd_run,
    [COMMAND_UI] = cmd_ui,
    [COMMAND_LIST] = cmd_list,
    [COMMAND_SHOW] = cmd_show,
    [COMMAND_TAIL] = cmd_tail,
    [COMMAND_WAIT] = cmd_wait,
    [COMMAND_ASSERT] = cmd_assert,
    [COMMAND_TAKE] = cmd_take,
    [COMMAND_RM] = cmd_rm,
    [COMMAND_EXPORT] = cmd_export,
    [COMMAND_IMPORT] = cmd_import,
    [COMMAND_SESSIONS] = cmd_sessions,
    [COMMAND_TRANSCRIPT] = cmd_transcript,
    [COMMAND_FINDINGS] = cmd_findings,
    [COMMAND_FAULT] = cmd_fault,
    [COMMAND_STATS] = cmd_stats,
    [COMMAND_REINDEX] = cmd_reindex,
    [COMMAND_READY] = cmd_ready,
    [COMMAND_SENDMAIL] = cmd_sendmail,
    [COMMAND_COMPLETION] = cmd_completion,
};

static int
print(const struct buf *text)
{
	size_t len = buf_span(text).len;

	if (buf_failed(text))
		return EX_OSERR;
	if (fwrite(buf_span(text).at, 1, len, stdout) != len ||
	    fflush(stdout) != 0)
		return EX_IOERR;
	return EXIT_SUCCESS;
}

static int
help(const struct options *options, enum command command)
{
	struct buf text;
	int status;

	buf_init(&text, (size_t)1024 * 1024);
	if (option_flag(options, OPTION_HELP_ALL))
		(void)help_all(&text);
	else
		(void)help_short(&text, command);
	status = print(&text);
	buf_release(&text);
	return status;
}

static int
run(const struct options *options, enum command command, enum command named)
{
	if (option_flag(options, OPTION_VERSION)) {
		(void)puts("mailstop " PACKAGE_VERSION);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EX_IOERR;
	}
	if (option_flag(options, OPTION_HELP) ||
	    option_flag(options, OPTION_HELP_ALL))
		return help(options, named);
	return functions[command](options);
}

/* A word that is no command is one, misspelled, unless it is an option. */
static enum command
find_command(const char *word, struct failure *f)
{
	enum command command = COMMANDS;

	if (!word || word[0] == '-')
		return COMMANDS;
	command = command_find(span_string(word));
	if (command == COMMANDS)
		(void)failure_set(f, ERR_USAGE,
		    "%s: no such command; \"mailstop --help\" names them",
		    word);
	return command;
}

/*
 * A socket or a file that is opened must not take the place of a standard
 * stream that was closed: what is printed would go there. Nor is what cannot be
 * printed to be lost in silence, so each is opened the wrong way round.
 */
static void
fill_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		/* The lowest that is free, which is this one. */
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", mode);
	}
}

/* "help" and "help COMMAND" for those who are used to it; `words` become ones
   with --help, in `asked`. */
static void
read_help(const char *asked[2], const char *const **words, size_t *count)
{
	if (*count == 0 || *count > 2 || strcmp((*words)[0], "help") != 0)
		return;
	asked[*count - 1] = "--help";
	if (*count == 2)
		asked[0] = (*words)[1];
	*words = asked;
}

/* A link of that name is a drop-in for it. */
static bool
is_sendmail(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	return argc > 0 && strcmp(slash ? slash + 1 : argv[0], "sendmail") == 0;
}

int
main(int argc, char **argv)
{
	struct failure f = {""};
	const char *const *words = (const char *const *)argv + 1;
	size_t count = argc > 0 ? (size_t)argc - 1 : 0;
	const char *asked[2];
	bool is_link = is_sendmail(argc, argv);
	enum command named = COMMANDS;
	enum command command = is_link ? COMMAND_SENDMAIL : COMMAND_SERVE;
	struct options *options;
	enum err err;
	int status;

	fill_standard_streams();
	/* For the width of characters; nothing else depends on it. */
	(void)setlocale(LC_CTYPE, "");
	if (!is_link) {
		read_help(asked, &words, &count);
		named = find_command(count > 0 ? words[0] : NULL, &f);
	}
	if (f.text[0])
		return cmd_fail(ERR_USAGE, &f);
	if (named != COMMANDS) {
		command = named;
		words++;
		count--;
	}
	err = options_read(
	    &options, command, words, count, (const char *const *)environ, &f);
	if (err)
		return cmd_fail(err, &f);
	status = run(options, command, named);
	options_free(options);
	return status;
}
