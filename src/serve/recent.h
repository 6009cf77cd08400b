/*
 * recent: what happened lately, for event streams that resume.
 *
 * Messages can be read again from the store. That sessions have ended, and that
 * messages were removed, marked or tagged, is remembered here: the last events
 * of that kind, each with the seq of the newest message at the time. Loop
 * thread only.
 */
#ifndef RECENT_H
#define RECENT_H

#include "span.h"

#include <stdbool.h>
#include <stdint.h>

#define RECENT_MAX 1000
/* Longer texts are not kept: instead "reload" is, with an empty object. */
#define RECENT_TEXT_MAX 4096

struct recent_event {
	const char *name; /* constant */
	char *inbox;      /* "" when it is about none */
	char *text;       /* JSON */
	int64_t seq;      /* the newest message when it happened */
};

struct recent;

/* NULL without memory. */
struct recent *recent_new(void);
void recent_free(struct recent *);

/* A message came; what is put from now on happened behind it. */
void recent_saw(struct recent *, int64_t seq);

/* Copies the texts. */
void recent_put(
    struct recent *, const char *name, struct span inbox, struct span text);

/* Whether nothing is missing of what happened since that message came. */
bool recent_reaches(const struct recent *, int64_t seq);

/* What happened since then, oldest first; all that is known when it does not
   reach so far. What happened between that message and the next one may have
   been told before. */
typedef void recent_visit(const struct recent_event *, void *context);
void recent_each(
    const struct recent *, int64_t seq, recent_visit *visit, void *context);

#endif
