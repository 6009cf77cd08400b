/*
 * api_removed: what a request removed, so that watchers can be told after the
 * commit.
 */
#ifndef API_REMOVED_H
#define API_REMOVED_H

#include "inbox_name.h"
#include "pick.h"
#include "watch.h"

/* More than these are told as one WATCH_PRUNE. */
#define API_REMOVED_MAX 200
#define API_REMOVED_INBOX (INBOX_NAME_MAX + 1)

struct api_removed {
	size_t count; /* all of them */
	struct {
		char id[UID_SIZE];
		int64_t seq;
		char inbox[API_REMOVED_INBOX];
	} at[API_REMOVED_MAX];
};

/* A pick_callback; `context` is the struct api_removed. Store thread. */
bool api_removed_note(const struct pick_row *, void *context);

/* On the loop, after the commit. */
void api_removed_publish(const struct api_removed *, struct watch *);

#endif
