/*
 * digest: the SHA-256 of bytes, as they come.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include "span.h"

#include <stdbool.h>

/* Hexadecimal digits and a NUL. */
#define DIGEST_SIZE 65

struct digest;

/* NULL without memory. */
struct digest *digest_new(void);
void digest_free(struct digest *);

/* A new sum may begin after digest_end(). */
void digest_put(struct digest *, struct span);
/* False when something failed on the way; `hex` is then empty. */
bool digest_end(struct digest *, char hex[DIGEST_SIZE]);

#endif
