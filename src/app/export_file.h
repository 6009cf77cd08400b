/*
 * export_file: messages as files of a folder, one each.
 *
 * Names are made of number and id only, never of what a mail says. A file
 * appears whole, with the time of its message, and replaces no other one.
 */
#ifndef EXPORT_FILE_H
#define EXPORT_FILE_H

#include "err.h"
#include "spool.h"

#include <stdint.h>

struct export_folder;

enum export_form {
	EXPORT_EML,     /* DIR/00000007-ID.eml */
	EXPORT_MAILDIR, /* DIR/new/SECONDS.ID.mailstop */
};

/* Makes the folder, and what is above it, where it is missing. */
enum err export_folder_open(struct export_folder **out, const char *path,
    enum export_form, struct failure *);
void export_folder_close(struct export_folder *); /* NULL is allowed */

struct export_message {
	const char *id;
	int64_t seq;
	int64_t received_us;
	const struct spool *body;
};

/* ERR_EXISTS when the message is there already. ERR_DATA when the id (a server
   may be anybody's) cannot be part of a name. */
enum err export_folder_put(
    struct export_folder *, const struct export_message *, struct failure *);

/* A time as the API writes it, RFC 3339; 0 when it is none. */
int64_t export_time(const char *text);

#endif
