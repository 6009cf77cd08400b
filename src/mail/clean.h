/*
 * clean: text as it is searched for.
 *
 * A search looks for cleaned words in cleaned text, so that neither line
 * breaks nor brackets nor the case of a letter stand between them (API section
 * 4). Pure; any thread. Bytes that are no UTF-8 are kept as they are.
 */
#ifndef CLEAN_H
#define CLEAN_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>

/*
 * Appends the text in lower case (all of Unicode, one character for one), with
 * one blank for each run of white space, byte order marks and < > " , ; ( ),
 * and none at its ends; one stands before it when `out` holds something
 * already. False when `out` is full.
 */
bool clean_put(struct buf *out, struct span text);

/* Appends the text in lower case and nothing else changed. */
bool clean_put_lower(struct buf *out, struct span text);

#endif
