/*
 * unsubscribe: the List-Unsubscribe field of a message, and what is wrong
 * with it.
 *
 * RFC 2369, 8058. Pure; nothing is fetched. Links are at most one mailto: and
 * one http(s):, each in angle brackets, comments apart.
 */
#ifndef UNSUBSCRIBE_H
#define UNSUBSCRIBE_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>

#define UNSUBSCRIBE_LINKS 2

struct unsubscribe {
	struct buf text; /* what the links point into */
	struct span links[UNSUBSCRIBE_LINKS];
	size_t link_count;
	struct buf errors; /* joined by ", "; empty when all is well */
};

/* Reads an unfolded value. False without memory; release it all the same. */
bool unsubscribe_read(struct unsubscribe *, struct span value);
void unsubscribe_release(struct unsubscribe *);

#endif
