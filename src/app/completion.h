/*
 * completion: what a shell may complete on mailstop's command line.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include "buf.h"

/* Appends the script for "bash", "zsh" or "fish", made from the tables. False
   for another shell, and when the buffer is full. */
bool completion_put(struct buf *, const char *shell);

#endif
