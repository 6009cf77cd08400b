/*
 * run_folder: where a private server keeps its things, and what is left of it.
 */
#ifndef RUN_FOLDER_H
#define RUN_FOLDER_H

#include "err.h"
#include "source.h"

/* A new folder under $TMPDIR; the path is the caller's to free. */
enum err run_folder_make(char **path, struct failure *);

/* Removes it with all that is in it; links are not followed. */
void run_folder_remove(const char *path);

/*
 * The folder of --keep, made where it is missing, and the path of the database
 * in it. ERR_EXISTS when it holds one already: nothing is overwritten.
 */
enum err run_folder_keep(char **db, const char *path, struct failure *);

/* Writes mail.mbox and transcripts/SESSION.txt beside the database. */
enum err run_folder_write(
    const char *path, const char *db, struct source *, struct failure *);

/* Once nobody has the database open: leaves it alone, without files beside it.
 */
void run_folder_tidy(const char *db);

#endif
