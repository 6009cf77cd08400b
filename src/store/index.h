/*
 * index: what is derived from a stored message, so that it can be found.
 *
 * Accept first, index after: a message is in the database before anything
 * looks into it. index_take() reads what is not indexed yet and
 * makes of each what mime.h and finding.h say, index_put() writes it. They run
 * where it suits: take (which parses) on the store's worker thread, put inside
 * a job of the writer. Writing the same message twice is harmless. Large
 * batches cost the least a message: some hundreds of them, or all there are.
 */
#ifndef INDEX_H
#define INDEX_H

#include "err.h"
#include "finding.h"
#include "message.h"
#include "mime.h"
#include "search_text.h"
#include "sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One message with all that is known of it. */
struct index_entry {
	int64_t seq;
	uint64_t size;
	struct message *message; /* envelope; its body is empty */
	struct mime *mime;
	struct search_text search;
	struct buf pieces;        /* of it: fulltext.h */
	struct findings findings; /* of the message */
	char **tags;              /* NULL-terminated, sorted, as put */
	char sha256[65];
	int64_t trace_size; /* octets of what trace.h composes */
	struct index_entry *next;
};
void index_entry_free(struct index_entry *); /* one; NULL is allowed */

/*
 * Reads and parses up to `count` messages and `bytes` of them (at least one)
 * that are not indexed yet, oldest first; *out is NULL when there are none.
 * Messages too large to parse whole are parsed up to INDEX_MESSAGE_MAX.
 */
enum err index_take(
    struct sql *, size_t count, uint64_t bytes, struct index_entry **out);

/* Likewise, but not of all messages, or not all that could be known of them. */
struct index_wish {
	int64_t after, until; /* seq greater than, and at most */
	size_t count;
	uint64_t bytes;
	enum index_extent { INDEX_ALL, INDEX_ALL_BUT_FINDINGS } extent;
};
enum err index_take_some(
    struct sql *, const struct index_wish *, struct index_entry **out);
#define INDEX_MESSAGE_MAX ((uint64_t)64 * 1024 * 1024)

/*
 * Inside a transaction: writes the rows of all of them. A message that was
 * removed meanwhile is left out, and so is one that is indexed already.
 */
enum err index_put(struct sql *, const struct index_entry *first);

/* Inside a transaction: writes what finding_session() found, in place of what
   was there of that session. */
enum err index_put_session_findings(
    struct sql *, struct span session, const struct findings *);

/* Of how many messages the index is missing; and from which seq on. */
enum err index_backlog(struct sql *, uint64_t *count, int64_t *seq);

/*
 * Inside a transaction: forgets the index of all messages, for `reindex`. Marks
 * and tags stay as people left them.
 */
enum err index_clear(struct sql *);

/* Takes and puts until nothing is left, on a connection of one's own. */
enum err index_catch_up(struct sql *);

#endif
