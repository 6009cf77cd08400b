/* command: the names of the commands. */
#include "command.h"

static const struct command_row rows[COMMANDS] = {
    [COMMAND_SERVE] =
	{
	    .name = "serve",
	    .arguments = "",
	    .help = "run the server (the default command)",
	    .more = "Receives mail until SIGTERM or SIGINT.\n"
		    "SIGHUP reads certificates and users again.\n",
	},
    [COMMAND_RUN] =
	{
	    .name = "run",
	    .arguments = "-- CMD [ARGUMENT...]",
	    .least = 1,
	    .most = COMMAND_ANY_ARGUMENTS,
	    .words = COMMAND_WORDS_LEADING,
	    .help = "run a command beside a private server",
	    .more = "CMD gets SMTP_HOST, SMTP_PORT, MAIL_URL and MAILSTOP_URL,"
		    " _DB, _CA.\n"
		    "Exits as CMD does, or with 1 for an expectation.\n",
	},
    [COMMAND_UI] =
	{
	    .name = "ui",
	    .arguments = "FILE",
	    .least = 1,
	    .most = 1,
	    .help = "show a database in the web interface",
	    .more = "FILE, or the folder of \"run --keep\", stays as it is.\n",
	},
    [COMMAND_LIST] =
	{
	    .name = "list",
	    .arguments = "[QUERY...]",
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "one line a message, newest first",
	    .more = "What was refused is shown to state:refused only.\n",
	},
    [COMMAND_SHOW] =
	{
	    .name = "show",
	    .arguments = "ID",
	    .least = 1,
	    .most = 1,
	    .help = "envelope, headers and text of a message",
	    .more = "ID is the id of the 250 reply, the number in the list,\n"
		    "or \"latest\".\n",
	},
    [COMMAND_TAIL] =
	{
	    .name = "tail",
	    .arguments = "[QUERY...]",
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "each message as it comes",
	    .more = "Goes on until it is interrupted.\n",
	},
    [COMMAND_WAIT] =
	{
	    .name = "wait",
	    .arguments = "[QUERY...]",
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "wait for messages and print them",
	    .more = "Exits with 1 when the time is over; the nearest misses\n"
		    "are then told on standard error.\n",
	},
    [COMMAND_ASSERT] =
	{
	    .name = "assert",
	    .arguments = "EXPR...",
	    .least = 1,
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "check what is there",
	    .more = "EXPR: 'QUERY == N' (or != >= <= > <), 'none QUERY',\n"
		    "'findings severity>=error rule=ID == 0'.\n"
		    "Exits with 1 when one does not hold.\n",
	},
    [COMMAND_TAKE] =
	{
	    .name = "take",
	    .arguments = "[QUERY...]",
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "print the oldest messages and remove them",
	    .more = "Nobody else gets the same message.\n"
		    "Exits with 1 when nothing matches.\n",
	},
    [COMMAND_RM] =
	{
	    .name = "rm",
	    .arguments = "QUERY|ID...",
	    .least = 1,
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "remove messages",
	    .more = "Exits with 1 when nothing matches.\n",
	},
    [COMMAND_EXPORT] =
	{
	    .name = "export",
	    .arguments = "[TARGET]",
	    .most = 1,
	    .help = "write messages to an mbox, a Maildir or files",
	    .more = "mbox: TARGET is a file, or - for standard output, which\n"
		    "is the default. maildir, eml: TARGET is a folder, which\n"
		    "is made. No file is ever overwritten.\n",
	},
    [COMMAND_IMPORT] =
	{
	    .name = "import",
	    .arguments = "[SOURCE...]",
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "read messages from such files into the database",
	    .more = "A SOURCE is an mbox, a Maildir, a folder of files, or a\n"
		    "file with one message; - is an mbox on standard input.\n",
	},
    [COMMAND_SESSIONS] =
	{
	    .name = "sessions",
	    .arguments = "",
	    .help = "one line a session, newest first",
	    .more = "Also those that never came to a message.\n",
	},
    [COMMAND_TRANSCRIPT] =
	{
	    .name = "transcript",
	    .arguments = "SESSION|ID",
	    .least = 1,
	    .most = 1,
	    .help = "the dialogue of a session, or of a message's session",
	    .more = "",
	},
    [COMMAND_FINDINGS] =
	{
	    .name = "findings",
	    .arguments = "[SESSION|ID]",
	    .most = 1,
	    .help = "what clients did against the RFCs",
	    .more = "",
	},
    [COMMAND_FAULT] =
	{
	    .name = "fault",
	    .arguments = "add RULE | list | rm ID... | clear",
	    .least = 1,
	    .most = COMMAND_ANY_ARGUMENTS,
	    .help = "change the fault rules of a running server",
	    .more = "mailstop-fault(5) describes the rules. \"add\" prints\n"
		    "the id of the new rule, which stands behind the others.\n",
	},
    [COMMAND_STATS] =
	{
	    .name = "stats",
	    .arguments = "",
	    .help = "how many messages there are",
	    .more = "",
	},
    [COMMAND_REINDEX] =
	{
	    .name = "reindex",
	    .arguments = "",
	    .help = "read all stored messages again",
	    .more = "Only what is derived from them is written anew.\n",
	},
    [COMMAND_READY] =
	{
	    .name = "ready",
	    .arguments = "",
	    .help = "whether a server answers",
	    .more = "Exits with 1 when it does not.\n",
	},
    [COMMAND_SENDMAIL] =
	{
	    .name = "sendmail",
	    .arguments = "[-t] [-i] [-f ADDR] [-bs] [RECIPIENT...]",
	    .most = COMMAND_ANY_ARGUMENTS,
	    .words = COMMAND_WORDS_LONG,
	    .help = "send standard input as sendmail(8) does",
	    .more = "Exits with 75 when nobody takes the message.\n",
	},
    [COMMAND_COMPLETION] =
	{
	    .name = "completion",
	    .arguments = "bash|zsh|fish",
	    .least = 1,
	    .most = 1,
	    .help = "print the completion script for a shell",
	    .more = "",
	},
};

const struct command_row *
command_row(enum command command)
{
	return &rows[command];
}

enum command
command_find(struct span name)
{
	for (int command = 0; command < COMMANDS; command++)
		if (span_equal(name, span_string(rows[command].name)))
			return (enum command)command;
	return COMMANDS;
}
