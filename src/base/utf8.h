/*
 * utf8: characters in bytes that may be anything.
 *
 * RFC 3629: shortest form, no surrogates, nothing above U+10FFFF. Pure.
 */
#ifndef UTF8_H
#define UTF8_H

#include "span.h"

#include <stdint.h>

/* The bytes of the character at the front; 0 when there is none, or its bytes
   are no character. *code (may be NULL) is its number then. */
size_t utf8_next(struct span, uint32_t *code);

#endif
