/*
 * inbox: the inboxes that hold messages.
 *
 * An inbox is made by the first message that is put into it and is gone with
 * the last one. Blocking, like pick.h.
 */
#ifndef INBOX_H
#define INBOX_H

#include "err.h"
#include "span.h"
#include "sql.h"

#include <stdbool.h>
#include <stdint.h>

struct inbox_view {
	struct span name; /* borrowed until the callback returns */
	int64_t messages; /* accepted ones */
	int64_t unread;   /* of them */
	int64_t seq;      /* of the newest message, any state */
};

/* By name; false from the callback ends the walk. */
typedef bool inbox_callback(const struct inbox_view *, void *context);
enum err inbox_list(struct sql *, inbox_callback *, void *context);

#endif
