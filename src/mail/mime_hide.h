/*
 * mime_hide: takes the fields away that GMime need not see.
 *
 * GMime makes several objects of each field of a message, reads addresses and
 * dates again, and counts what it made until it is freed: with a usual message
 * that is a quarter of its time, and here the fields are read otherwise. Pure.
 */
#ifndef MIME_HIDE_H
#define MIME_HIDE_H

#include "span.h"

#include <stdbool.h>

/*
 * Makes *message a copy in *copy, which the caller frees, that has only the
 * Content fields of the header, then an empty line and the rest as it was.
 * False, and nothing done, when the header is not beyond doubt, the message is
 * so large that it does not matter, or there is no memory.
 */
bool mime_hide_fields(struct span *message, char **copy);

#endif
