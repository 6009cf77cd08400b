/*
 * near: messages and findings as lines, for the account of what went wrong.
 */
#ifndef NEAR_H
#define NEAR_H

#include "buf.h"

#include <jansson.h>

/* Appends '7 ID from <a@x.test> to <b@x.test>: "Subject"', safe for a terminal,
   without a line end. */
void near_put_message(struct buf *, const json_t *message);

/* Appends 'error bare-lf in ID: what it means', likewise. */
void near_put_finding(struct buf *, const json_t *finding);

/*
 * Appends a line for each of the nearest misses that a wait told, with `prefix`
 * in front: 'near: 7 ID "Subject": missed rcpt:bob'.
 */
void near_put_misses(struct buf *, const char *prefix, const json_t *answer);

#endif
