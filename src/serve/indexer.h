/*
 * indexer: keeps the index behind what is stored, and says when it is there.
 *
 * Lives on the loop; parsing runs on the store's worker threads, rows are
 * written by its writer. Of a long backlog several batches are under way at
 * once, when there is nothing else to do. What is indexed is published to the
 * watch (watch.h), in the order of seq. While messages come faster than they
 * can be indexed, and nobody waits for it, the indexer leaves most of the time
 * to their acceptance. Loop thread only.
 */
#ifndef INDEXER_H
#define INDEXER_H

#include "err.h"
#include "index.h"
#include "log.h"
#include "loop.h"

#include <stdint.h>

struct indexer;
struct watch;

/* Borrows all. Begins with what an earlier run left behind. */
enum err indexer_new(struct indexer **out, struct loop *, struct watch *,
    enum index_extent, struct log *);
/* No further batch; everybody who waits is called back now. */
void indexer_stop(struct indexer *);
/* Once store_pending() is 0 after indexer_stop(). NULL is allowed. */
void indexer_free(struct indexer *);

/* A message of that seq is stored: called for each, any state. */
void indexer_saw(struct indexer *, int64_t seq);

/*
 * Calls back once all that was stored before this call is indexed (or could
 * not be): at once, inside the call, when it is so already, or without memory:
 * early is better than never. So no reader sees the gap. Always once.
 */
void indexer_then(struct indexer *, void (*then)(void *context), void *context);

/* The newest message that is stored; what comes later has a larger seq. */
int64_t indexer_newest(const struct indexer *);

/* Stored and not indexed yet. */
uint64_t indexer_backlog(const struct indexer *);

#endif
