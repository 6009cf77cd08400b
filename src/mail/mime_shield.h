/*
 * mime_shield: hides from GMime what it would not survive.
 *
 * GMime reads a group of addresses ("name: a@x.test, b@y.test;") inside a
 * group by calling itself, as deep as the field goes: "a:a:a:..." of 100 KB is
 * the end of the stack. RFC 5322 3.4 has no groups in groups. Pure.
 */
#ifndef MIME_SHIELD_H
#define MIME_SHIELD_H

#include "span.h"

#include <stdbool.h>

/* The colons of a field that GMime gets to see; each may begin a group. */
#define MIME_SHIELD_COLONS 1000

/* The length of the beginning of a field's value that is safe to parse. */
size_t mime_shield_value(struct span value);

/*
 * Finds fields of addresses, also those of messages within the message, that
 * have more colons. Where there is one, *copy is the whole message of the same
 * length, with blanks for what is too much; the caller frees it. NULL else.
 * False without memory.
 */
bool mime_shield_message(struct span message, char **copy);

#endif
