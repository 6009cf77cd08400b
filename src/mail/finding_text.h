/*
 * finding_text: a finding as one line that a person can read.
 *
 *	error bare-lf RFC 5321 2.3.8 at 120: A line ends with LF without CR:
 *	"\nSecond line"
 *
 * in one line, without a line end. Of a session's finding the place is a line
 * of the transcript: "at line 5", counted from 1. Pure.
 */
#ifndef FINDING_TEXT_H
#define FINDING_TEXT_H

#include "buf.h"
#include "finding.h"

#include <stdbool.h>

/* Appends it, in printable ASCII. False when the buffer fails. */
bool finding_put_text(struct buf *out, const struct finding *);

/* Appends bytes as they are shown there, without the quotes around them. */
bool finding_put_bytes(struct buf *out, struct span bytes);

#endif
