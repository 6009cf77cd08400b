/* watch: tells what happens to those who wait for it. */
#include "watch.h"

#include <assert.h>
#include <stdlib.h>

struct watcher {
	watch_callback *call; /* NULL: removed while somebody is told */
	void *context;
	struct watcher *previous;
	struct watcher *next;
};

struct watch {
	struct watcher *first;
	struct watcher *last;
	size_t count;
	unsigned depth;          /* of watch_publish() */
	size_t removed;          /* watchers without a call in the list */
	watch_callback *witness; /* NULL: none */
	void *witness_context;
};

struct watch *
watch_new(void)
{
	return calloc(1, sizeof(struct watch));
}

void
watch_free(struct watch *watch)
{
	struct watcher *next;

	if (!watch)
		return;
	for (struct watcher *it = watch->first; it; it = next) {
		next = it->next;
		free(it);
	}
	free(watch);
}

struct watcher *
watch_add(struct watch *watch, watch_callback *call, void *context)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));

	if (!watcher)
		return NULL;
	watcher->call = call;
	watcher->context = context;
	watcher->previous = watch->last;
	if (watch->last)
		watch->last->next = watcher;
	else
		watch->first = watcher;
	watch->last = watcher;
	watch->count++;
	return watcher;
}

static void
take_out(struct watch *watch, struct watcher *watcher)
{
	if (watcher->previous)
		watcher->previous->next = watcher->next;
	else
		watch->first = watcher->next;
	if (watcher->next)
		watcher->next->previous = watcher->previous;
	else
		watch->last = watcher->previous;
	free(watcher);
}

/* While somebody is told, the list keeps its shape. */
void
watch_remove(struct watch *watch, struct watcher *watcher)
{
	assert(watcher->call);
	watch->count--;
	if (watch->depth == 0) {
		take_out(watch, watcher);
		return;
	}
	watcher->call = NULL;
	watch->removed++;
}

static void
sweep(struct watch *watch)
{
	struct watcher *next;

	for (struct watcher *it = watch->first; watch->removed > 0; it = next) {
		next = it->next;
		if (it->call)
			continue;
		take_out(watch, it);
		watch->removed--;
	}
}

void
watch_set_witness(struct watch *watch, watch_callback *call, void *context)
{
	watch->witness = call;
	watch->witness_context = context;
}

void
watch_publish(struct watch *watch, const struct watch_event *event)
{
	/* Whoever is added now is told from the next event on. */
	struct watcher *last = watch->last;

	if (watch->witness)
		watch->witness(event, watch->witness_context);
	watch->depth++;
	for (struct watcher *it = watch->first; it; it = it->next) {
		if (it->call)
			it->call(event, it->context);
		if (it == last)
			break;
	}
	watch->depth--;
	if (watch->depth == 0)
		sweep(watch);
}

size_t
watch_count(const struct watch *watch)
{
	return watch->count;
}
