/*
 * state: the folder where a user's mail is kept without being told where.
 *
 * mailstop/ under $XDG_STATE_HOME, or under ~/.local/state.
 */
#ifndef STATE_H
#define STATE_H

#include "buf.h"
#include "err.h"

/* Appends the path of something in that folder, "mailstop.db". Makes nothing.
   ERR_USAGE where neither the variable nor a home folder is known. */
enum err state_path(struct buf *, const char *name, struct failure *);

/* Makes the folder that a file stands in, for its owner only. */
enum err state_make_folder_of(const char *path, struct failure *);

#endif
