/* recent: what happened lately, for event streams that resume. */
#include "recent.h"

#include <stdlib.h>
#include <string.h>

struct recent {
	struct recent_event ring[RECENT_MAX];
	uint64_t count; /* of all that were put; the next one's place in turn */
	int64_t newest;
	int64_t lost; /* something is missing that happened before this came */
};

struct recent *
recent_new(void)
{
	return calloc(1, sizeof(struct recent));
}

static void
clear(struct recent_event *event)
{
	free(event->inbox);
	free(event->text);
	*event = (struct recent_event){0};
}

void
recent_free(struct recent *recent)
{
	if (!recent)
		return;
	for (size_t i = 0; i < RECENT_MAX; i++)
		clear(&recent->ring[i]);
	free(recent);
}

void
recent_saw(struct recent *recent, int64_t seq)
{
	if (seq > recent->newest)
		recent->newest = seq;
}

/* Up to here a stream that resumes has to read everything again. */
static void
lose(struct recent *recent, int64_t seq)
{
	if (seq >= recent->lost)
		recent->lost = seq + 1;
}

void
recent_put(struct recent *recent, const char *name, struct span inbox,
    struct span text)
{
	struct recent_event *event = &recent->ring[recent->count % RECENT_MAX];

	if (event->text)
		lose(recent, event->seq);
	clear(event);
	if (text.len > RECENT_TEXT_MAX) {
		name = "reload";
		text = SPAN("{}");
	}
	event->name = name;
	event->seq = recent->newest;
	event->inbox = strndup(inbox.len ? inbox.at : "", inbox.len);
	event->text = strndup(text.at, text.len);
	recent->count++;
	if (event->inbox && event->text)
		return;
	/* Without memory it is one that was lost. */
	lose(recent, event->seq);
	clear(event);
	recent->count--;
}

bool
recent_reaches(const struct recent *recent, int64_t seq)
{
	return seq >= recent->lost;
}

void
recent_each(const struct recent *recent, int64_t seq, recent_visit *visit,
    void *context)
{
	uint64_t i =
	    recent->count > RECENT_MAX ? recent->count - RECENT_MAX : 0;

	for (; i < recent->count; i++) {
		const struct recent_event *event =
		    &recent->ring[i % RECENT_MAX];

		if (event->text && event->seq >= seq)
			visit(event, context);
	}
}
