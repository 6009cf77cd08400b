/*
 * xtext: the encoding of RFC 3461 section 4, "+2B" for "+".
 */
#ifndef XTEXT_H
#define XTEXT_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>

/* Appends the bytes. False when `text` is not xtext, or the buffer is full. */
bool xtext_decode(struct buf *, struct span text);

/* Whether it is xtext; *len gets the length of what it stands for. */
bool xtext_measure(struct span text, size_t *len);

#endif
