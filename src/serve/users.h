/*
 * users: names and passwords from an htpasswd file.
 *
 * Lines "name:hash", with hashes of bcrypt ($2y$), crypt(3) ($1$, $5$, $6$),
 * Apache's MD5 ($apr1$), {SHA}, or a plain password. Lines that start with '#'
 * and empty ones are skipped. Loop thread.
 */
#ifndef USERS_H
#define USERS_H

#include "err.h"
#include "span.h"

#include <stdbool.h>

struct users;

/* ERR_DATA names the line that is none. */
enum err users_open(struct users **out, const char *path, struct failure *);
/* Likewise from lines in memory, NULL-terminated. */
enum err
users_open_list(struct users **out, const char *const *lines, struct failure *);
void users_close(struct users *);

/* Reads the file again (SIGHUP). On failure the users stay who they were. */
enum err users_reload(struct users *, const char *path, struct failure *);

/* Whether that is the user's password. */
bool users_check(struct users *, struct span name, struct span password);

/*
 * Whether `digest` (hex) is the HMAC-MD5 of `challenge` under the user's
 * password (CRAM-MD5, RFC 2195): possible for plain passwords only.
 */
bool users_check_cram(struct users *, struct span name, struct span challenge,
    struct span digest);

/* Whether all passwords are plain: where one is not, CRAM-MD5 is not to be
   offered, because clients take it first and its user would never get in. */
bool users_can_cram(const struct users *);

#endif
