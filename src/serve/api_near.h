/*
 * api_near: the messages that came closest to a query that nothing matches.
 */
#ifndef API_NEAR_H
#define API_NEAR_H

#include "err.h"
#include "pick.h"

struct json_t; /* Jansson's */

/* At most this many are told, out of the newest API_NEAR_LOOK ones. */
#define API_NEAR_MAX 5
#define API_NEAR_LOOK 50

/*
 * Appends to `near` Message objects with one more key, "missed": the terms that
 * failed. The fewest failed come first, newer ones before older ones. Looks at
 * what is after request->after. Store thread.
 */
enum err
api_near(struct sql *, const struct pick_request *, struct json_t *near);

#endif
