/*
 * query_match: whether one message in memory is what a query asks for.
 *
 * The same answer that the store's SQL gives, for waits and events. Pure; any
 * thread.
 */
#ifndef QUERY_MATCH_H
#define QUERY_MATCH_H

#include "buf.h"
#include "finding.h"
#include "message.h"
#include "mime.h"
#include "query.h"
#include "search_text.h"

/* One message with all that is known of it; everything is borrowed. */
struct query_subject {
	int64_t seq;
	uint64_t size; /* octets of the body */
	const struct message *message;
	const struct mime *mime;
	/* search_text_make() of the two; NULL: made anew for each term that
	   needs it. */
	const struct search_text *search;
	const struct findings *findings; /* of the message; NULL: none */
	const char *const *tags;         /* NULL-terminated; NULL: none */
	bool is_read;
	int64_t trace_size; /* octets of what trace.h composes for it */
};

/* NULL matches everything. */
bool query_match(const struct query *, const struct query_subject *);

/*
 * Appends the terms that do not match, a line each and as query_put() writes
 * them, for the account of a wait that ran out: "subject:welcome\n". *failed
 * counts them. False when `out` is full.
 */
bool query_misses(const struct query *, const struct query_subject *,
    struct buf *out, size_t *failed);

#endif
