/*
 * index: what is derived from a stored message, so that it can be found.
 *
 * Accept first, index after: a message is in the database before anything
 * looks into it. index_take() reads what is not indexed yet, index_parse()
 * makes of each what mime.h and finding.h say, index_put() writes it. The three
 * run where it suits: take and parse on the store's worker thread, put inside a
 * job of the writer. Writing the same message twice is harmless.
 */
#ifndef INDEX_H
#define INDEX_H

#include "err.h"
#include "finding.h"
#include "message.h"
#include "mime.h"
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
	struct findings findings; /* of the message */
	char **tags;              /* NULL-terminated, sorted, as put */
	char sha256[65];
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
#define INDEX_MESSAGE_MAX ((uint64_t)64 * 1024 * 1024)

/* Inside a transaction: writes the rows of all of them. */
enum err index_put(struct sql *, const struct index_entry *first);

/* Of how many messages the index is missing; and from which seq on. */
enum err index_backlog(struct sql *, uint64_t *count, int64_t *seq);

/* Forgets the index of all messages (marks and tags stay), for `reindex`. */
enum err index_clear(struct sql *);

/* Takes and puts until nothing is left, on a connection of one's own. */
enum err index_catch_up(struct sql *);

#endif
