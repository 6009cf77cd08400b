/*
 * option: what can be set, wherever it is written.
 *
 * One row of the table is a flag ("--keep-age 7d"), a variable of the
 * environment (MAILSTOP_KEEP_AGE), a line of a --config file ("keep-age 7d",
 * "keep-age = 7d"), its default, and its help. In this order: what stands
 * further left wins, as a whole. Values are checked where they are read, so
 * that who asks for one gets it in its type and without an error.
 */
#ifndef OPTION_H
#define OPTION_H

#include "command.h"
#include "err.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option {
	/* the server: where it is reached */
	OPTION_SMTP,
	OPTION_SMTPS,
	OPTION_LMTP,
	OPTION_HTTP,
	/* where messages are kept */
	OPTION_DB,
	OPTION_MEMORY,
	OPTION_DURABILITY,
	OPTION_KEEP_COUNT,
	OPTION_KEEP_AGE,
	OPTION_KEEP_SIZE,
	OPTION_KEEP_INBOX,
	/* who may know that it runs */
	OPTION_READY_FILE,
	OPTION_READY_FD,
	/* ceilings */
	OPTION_MAX_MESSAGE,
	OPTION_MAX_RECIPIENTS,
	OPTION_MAX_CONNECTIONS,
	OPTION_MAX_ERRORS,
	OPTION_MEMORY_LIMIT,
	OPTION_TIMEOUT,
	/* TLS, users */
	OPTION_TLS,
	OPTION_TLS_DIR,
	OPTION_TLS_CERT,
	OPTION_TLS_KEY,
	OPTION_AUTH,
	OPTION_AUTH_FILE,
	/* how it speaks */
	OPTION_HOSTNAME,
	OPTION_BANNER,
	OPTION_HIDE,
	OPTION_BARE_LF,
	OPTION_DEFAULT_INBOX,
	OPTION_INBOX_FROM,
	OPTION_CHECK_HELO,
	OPTION_CHECK_SENDER_DOMAIN,
	OPTION_DNS_SERVER,
	/* what is kept beside mail */
	OPTION_FINDINGS,
	OPTION_REFUSED_MAX,
	OPTION_KEEP_SECRETS,
	/* faults */
	OPTION_FAULT,
	OPTION_FAULT_FILE,
	OPTION_SEED,
	/* HTTP */
	OPTION_HTTP_AUTH,
	OPTION_HTTP_AUTH_FILE,
	OPTION_HTTP_HOST,
	OPTION_API_CORS,
	OPTION_WEBROOT,
	OPTION_LABEL,
	OPTION_ENABLE_CHAOS,
	/* the log */
	OPTION_LOG_LEVEL,
	OPTION_LOG_FORMAT,
	/* the commands that read */
	OPTION_URL,
	OPTION_CA,
	OPTION_JSON,
	OPTION_INBOX,
	OPTION_LIMIT,
	OPTION_AFTER,
	OPTION_BEFORE,
	OPTION_WAIT_COUNT,
	OPTION_WAIT_TIMEOUT,
	OPTION_ASSERT_TIMEOUT,
	OPTION_LINES,
	OPTION_FOLLOW,
	OPTION_RAW,
	OPTION_HEADERS,
	OPTION_TEXT,
	OPTION_HTML,
	OPTION_TREE,
	OPTION_PART,
	OPTION_LINKS,
	OPTION_CODE,
	OPTION_SCRIPT,
	OPTION_SARIF,
	OPTION_QUERY,
	OPTION_FORMAT,
	OPTION_ASSERT_FORMAT,
	OPTION_EXPECT,
	OPTION_EXPECT_NONE,
	OPTION_KEEP,
	OPTION_SENDMAIL_SMTP,
	/* all of them */
	OPTION_QUIET,
	OPTION_CONFIG,
	OPTION_HELP,
	OPTION_HELP_ALL,
	OPTION_VERSION,
	OPTIONS, /* how many there are */
};

enum option_kind {
	OPTION_IS_FLAG,         /* yes or no; the value may be missing */
	OPTION_IS_TEXT,         /* anything */
	OPTION_IS_COUNT,        /* value_count() */
	OPTION_IS_SIZE,         /* value_size() */
	OPTION_IS_DURATION,     /* value_duration() */
	OPTION_IS_CHOICE,       /* one of the row's words */
	OPTION_IS_LISTENER,     /* listen_parse() of that protocol, or "off" */
	OPTION_IS_KEYWORD,      /* smtp_feature_find() */
	OPTION_IS_INBOX_SOURCE, /* inbox_order_add() */
};

/* How a variable of Mailpit's containers becomes a value of ours. */
enum option_mailpit {
	OPTION_MAILPIT_SAME,
	OPTION_MAILPIT_MEGABYTES, /* a number of them; 0 is "no limit" */
	OPTION_MAILPIT_IF_TRUE,   /* if it is true: the row's mailpit_value */
};

struct option_row {
	const char *name;
	char letter; /* "-n", 0 without one */
	enum option_kind kind;
	unsigned commands; /* COMMAND_BITs */
	bool is_common;    /* --help shows it too */
	bool is_word_only; /* neither a variable nor a line of a file */
	/* It may be given again, and one value may hold several, with any of
	   these bytes between them; NULL: the last one given is it. */
	const char *separators;
	const char *argument; /* "ADDR"; NULL for a flag */
	const char *choices;  /* of OPTION_IS_CHOICE: words between blanks */
	const char *fallback; /* the default as it could be given, or NULL */
	const char *mailpit;  /* "MP_DATABASE", or NULL */
	enum option_mailpit mailpit_form;
	const char *mailpit_value;
	const char *help; /* a phrase; the default is added */
};

const struct option_row *option_row(enum option);

/* All commands have it. */
#define OPTION_EVERYWHERE (~0u)

/* What was set, for one command. */
struct options;

/*
 * Reads all places for one command. `words` are the words behind the command's
 * name, `environment` is like environ(7); both are borrowed. ERR_USAGE names
 * the option and the value; ERR_NOT_FOUND and the like a --config file.
 */
enum err
options_read(struct options **out, enum command, const char *const *words,
    size_t count, const char *const *environment, struct failure *);
void options_free(struct options *);

/* The words that are no options, in order. */
size_t options_argument_count(const struct options *);
const char *options_argument(const struct options *, size_t index);

/* Whether it was set anywhere, or only by its default. */
bool option_is_set(const struct options *, enum option);
/* Whether it was set by the command's own words. */
bool option_is_flagged(const struct options *, enum option);

/* Flags. */
bool option_flag(const struct options *, enum option);
/* Texts; NULL when it is neither set nor has a default. */
const char *option_text(const struct options *, enum option);
/* Counts and sizes; 0 without. */
uint64_t option_number(const struct options *, enum option);
/* Durations in microseconds; 0 without. */
int64_t option_duration(const struct options *, enum option);
/* The index of the word among the row's choices; the row has a default. */
int option_choice(const struct options *, enum option);
/* What may be given several times; the default counts as one value. The array
   ends with a NULL. */
const char *const *
option_list(const struct options *, enum option, size_t *count);

/* ---- for help and completions */

/* The name of its environment variable, "MAILSTOP_KEEP_AGE". */
#define OPTION_VARIABLE_SIZE 48
void option_variable(enum option, char name[OPTION_VARIABLE_SIZE]);

/* Whether the command has it. */
bool option_is_for(enum option, enum command);

#endif
