/*
 * erase: removing all that belongs to a message or a session.
 *
 * Inside a transaction (txn.h). The one place that knows every table with rows
 * of a message. That a message was there is remembered in the table `gone`, for
 * the last ERASE_REMEMBERED numbers.
 *
 * Messages here and there have rows on nearly as many pages, each of which has
 * to be written anew: that takes too long for one transaction. So the messages
 * go at once, and what nobody finds without them goes later, in steps; the
 * table `erased` has their numbers until then.
 */
#ifndef ERASE_H
#define ERASE_H

#include "err.h"
#include "span.h"
#include "sql.h"

#include <stddef.h>
#include <stdint.h>

#define ERASE_REMEMBERED 100000

/* ERR_NOT_FOUND when there is no such message. */
enum err erase_message(struct sql *, int64_t seq);

/*
 * All messages with first <= seq <= last, whatever their state; *count is
 * raised by how many there were. Neighbours in one call cost the least.
 */
enum err
erase_range(struct sql *, int64_t first, int64_t last, uint64_t *count);

/* So many messages, or more, are better removed by erase_numbers(). */
#define ERASE_MANY 100

/* What many messages come to. */
struct erase_sum {
	int64_t bytes;
	int64_t rest; /* of the messages, what was not accepted */
	int64_t rest_bytes;
};

/* All messages of those numbers, which are in order and come to that sum;
 *count likewise. What else there is of them is left to erase_step(). */
enum err erase_numbers(struct sql *, const int64_t *seqs, size_t seq_count,
    const struct erase_sum *, uint64_t *count);

/*
 * Not inside a transaction, for that is what it makes: erases the rest of up to
 * so many messages. ERR_NOT_FOUND when there was nothing to do.
 */
enum err erase_step(struct sql *, int64_t limit);

/* All messages there are, in next to no time; *count likewise. */
enum err erase_all(struct sql *, uint64_t *count);

/* ERR_GONE when a message of that id is remembered, else ERR_NOT_FOUND. */
enum err erase_ask(struct sql *, struct span id);

/* A session with its dialogue and findings; its messages stay. */
enum err erase_session(struct sql *, int64_t seq);

#endif
