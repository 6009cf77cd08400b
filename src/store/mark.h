/*
 * mark: what people put on stored messages: read marks and tags.
 *
 * Blocking functions on a connection, for jobs of the writer (the ones that
 * only list also for the reader). Names of tags are compared in any case
 * (ASCII); the first spelling wins, and a tag exists while a message has it.
 */
#ifndef MARK_H
#define MARK_H

#include "err.h"
#include "pick.h"
#include "span.h"
#include "sql.h"

#include <stddef.h>
#include <stdint.h>

enum mark { MARK_UNREAD, MARK_READ };

/* Told of each message whose mark changed. */
typedef void mark_callback(struct span id, void *context);

/* Marks one message. ERR_OK also where nothing changes. */
enum err mark_message(
    struct sql *, int64_t seq, enum mark, mark_callback *, void *context);

/* Marks all that the request finds. */
enum err mark_matching(struct sql *, const struct pick_request *, enum mark,
    mark_callback *, void *context);

/* Marks all accepted messages at once; nobody is told of each. */
enum err mark_all(struct sql *, enum mark);

/* Sorted in any case; called a tag, with how many messages have it. */
typedef bool tag_callback(struct span name, int64_t count, void *context);
enum err tag_list(struct sql *, tag_callback *, void *context);

/* The message has exactly these tags from now on; they are clean. */
enum err
tag_set(struct sql *, int64_t seq, const char *const *tags, size_t count);

/* ERR_NOT_FOUND without such a tag, ERR_EXISTS when another one has the new
   name. */
enum err tag_rename(struct sql *, const char *from, const char *to);
enum err tag_remove(struct sql *, const char *name);

#endif
