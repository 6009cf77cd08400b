/*
 * help: what --help and --help-all say, made from the tables.
 */
#ifndef HELP_H
#define HELP_H

#include "buf.h"
#include "command.h"

/*
 * A screen of 80 columns and 24 lines at most: of all commands for COMMANDS,
 * else of one, with its common options. False when the buffer is full.
 */
bool help_short(struct buf *, enum command);

/* Every option of every command. */
bool help_all(struct buf *);

#endif
