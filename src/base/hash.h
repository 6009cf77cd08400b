/*
 * hash: a number for bytes, to find them in a table by.
 *
 * Made for words and the like: eight bytes at a time. It is the same in each
 * process, and on machines of one byte order; whoever chooses the bytes can
 * choose ones that collide, so a table of them needs a ceiling. Pure.
 */
#ifndef HASH_H
#define HASH_H

#include "span.h"

#include <stdint.h>

uint64_t hash_of(struct span);

/* Likewise, whatever the case, of ASCII letters and digits alone: other bytes
   that differ in the bit 0x20 are taken for the same. */
uint64_t hash_of_word(struct span);

#endif
