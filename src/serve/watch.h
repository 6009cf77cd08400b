/*
 * watch: tells what happens to those who wait for it.
 *
 * Waits, server-sent events and WebSockets are watchers: a struct in a list,
 * no thread and no timer of its own beyond a deadline. A message is told once
 * it is indexed, in the order of seq, so whoever reads then finds it. Loop
 * thread only. A callback may free or add any watcher.
 */
#ifndef WATCH_H
#define WATCH_H

#include "err.h"
#include "index.h"
#include "span.h"

#include <stddef.h>
#include <stdint.h>

enum watch_kind {
	WATCH_MESSAGE, /* `entry`: a message was stored and indexed */
	WATCH_SESSION, /* `id`: a session has ended */
	WATCH_DELETE,  /* `id`, `seq`, `inbox`: a message was removed */
	WATCH_CLEAR,   /* all messages were removed, or of `inbox` if set */
	WATCH_PRUNE,   /* many changed: read everything again */
	WATCH_READ,    /* `id`, `is_read`: it was marked */
	WATCH_TAGS,    /* `id`, `tags`: they were set */
	WATCH_REFUSED, /* `id` is the peer, `text` our 4xx or 5xx reply */
	WATCH_STOP,    /* the server is stopping: nothing comes any more */
};

/* Borrowed until the callback returns. */
struct watch_event {
	enum watch_kind kind;
	int64_t seq; /* of the message; else the newest there is */
	const struct index_entry *entry;
	struct span id;
	struct span inbox;
	struct span text;
	const char *const *tags; /* NULL-terminated */
	bool is_read;
};

struct watch;
struct watcher;

typedef void watch_callback(const struct watch_event *, void *context);

struct watch *watch_new(void);
/* Watchers that are left are void. */
void watch_free(struct watch *);

/* Told of everything from now on. NULL without memory. */
struct watcher *watch_add(struct watch *, watch_callback *, void *context);
void watch_remove(struct watch *, struct watcher *);

/* One who is told before all watchers, but waits for nothing: it is not
   counted. Set before anything is published. */
void watch_set_witness(struct watch *, watch_callback *, void *context);

void watch_publish(struct watch *, const struct watch_event *);

size_t watch_count(const struct watch *);

#endif
