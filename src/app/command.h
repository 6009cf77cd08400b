/*
 * command: the names of the commands, and what each is for.
 *
 * One row a command: help and the shells' completions are made of these rows,
 * main.c adds the function to each.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "span.h"

enum command {
	COMMAND_SERVE, /* also when none is named */
	COMMAND_RUN,
	COMMAND_UI,
	COMMAND_LIST,
	COMMAND_SHOW,
	COMMAND_TAIL,
	COMMAND_WAIT,
	COMMAND_ASSERT,
	COMMAND_TAKE,
	COMMAND_RM,
	COMMAND_EXPORT,
	COMMAND_IMPORT,
	COMMAND_SESSIONS,
	COMMAND_TRANSCRIPT,
	COMMAND_FINDINGS,
	COMMAND_FAULT,
	COMMAND_STATS,
	COMMAND_REINDEX,
	COMMAND_READY,
	COMMAND_SENDMAIL,
	COMMAND_COMPLETION,
	COMMANDS, /* how many there are; also "none of them" */
};

/* A command's bit, for sets of commands. */
#define COMMAND_BIT(command) (1u << (command))

/* Which words are options. */
enum command_words {
	COMMAND_WORDS_MIXED,   /* until "--"; others may stand between them */
	COMMAND_WORDS_LEADING, /* until the first one that is none */
	COMMAND_WORDS_LONG,    /* "--name" only; the rest is the command's */
};

struct command_row {
	const char *name;
	const char *arguments; /* "[QUERY...]"; empty where it takes none */
	unsigned least;        /* arguments that must be there */
	unsigned most;         /* that may be there */
	enum command_words words;
	const char *help; /* a phrase for a list of commands */
	const char *more; /* lines for the command's own --help */
};

#define COMMAND_ANY_ARGUMENTS 1000000u

const struct command_row *command_row(enum command);

/* COMMANDS when there is none of that name. */
enum command command_find(struct span name);

#endif
