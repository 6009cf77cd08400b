/*
 * users_hash: the ways in which an htpasswd file keeps a password.
 */
#ifndef USERS_HASH_H
#define USERS_HASH_H

#include "span.h"

#include <crypt.h>
#include <stdbool.h>

/* One way, known by how the text begins. */
struct users_hash;

/*
 * The way in which it is kept. NULL when the text looks like a hash, and is
 * none that can be checked; what looks like no hash is a plain password.
 */
const struct users_hash *users_hash_find(struct span kept);

bool users_hash_is_plain(const struct users_hash *);

/*
 * Whether the password is the one that is kept, in a time that does not tell
 * how much of it is right. A hash may take as long as whoever made it wanted.
 * `room` is crypt_r(3)'s; it holds no secret afterwards.
 */
bool users_hash_fits(const struct users_hash *, const char *kept,
    const char *password, struct crypt_data *room);

/* Whether both are the same, in a time that depends on their lengths only. */
bool users_hash_same(struct span, struct span);

#endif
