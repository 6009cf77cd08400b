/*
 * cmd: the commands, a function each.
 *
 * Each gets its options, prints what it has to say, and returns the exit
 * status: 0, 1 for "the answer is no", or one of sysexits.h.
 */
#ifndef CMD_H
#define CMD_H

#include "err.h"
#include "option.h"

int cmd_serve(const struct options *);

#define CMD_YES 0
#define CMD_NO 1

/* Prints "mailstop: " and the words to standard error; gives the status. */
int cmd_fail(enum err, const struct failure *);

#endif
