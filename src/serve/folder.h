/*
 * folder: a folder that several processes may fill at once.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include "err.h"

/* Makes it, and what is above it, readable to its owner only. One that is
   there already is left as it is. */
enum err folder_make(const char *path, struct failure *);

/*
 * Waits, for two seconds at most, until no other process holds the folder.
 * *fd is the lock: close(2) gives it back. A file system without locks counts
 * as free. ERR_BUSY when somebody holds on to it.
 */
enum err folder_lock(int *fd, const char *path, struct failure *);

#endif
