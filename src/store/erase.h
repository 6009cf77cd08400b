/*
 * erase: removing all that belongs to a message or a session.
 *
 * Inside a transaction (txn.h). The one place that knows every table with rows
 * of a message. That a message was there is remembered in the table `gone`, for
 * the last ERASE_REMEMBERED numbers.
 */
#ifndef ERASE_H
#define ERASE_H

#include "err.h"
#include "span.h"
#include "sql.h"

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

/* All messages there are, in next to no time; *count likewise. */
enum err erase_all(struct sql *, uint64_t *count);

/* ERR_GONE when a message of that id is remembered, else ERR_NOT_FOUND. */
enum err erase_ask(struct sql *, struct span id);

/* A session with its dialogue and findings; its messages stay. */
enum err erase_session(struct sql *, int64_t seq);

#endif
