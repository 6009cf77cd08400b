/*
 * spool: the bytes of one message while they arrive.
 *
 * They stay in memory while they are few and the budget lasts, then move to an
 * unlinked file, of which the kernel frees the space when the spool goes. The
 * order of calls is: put as often as needed, then read as often as needed. A
 * spool belongs to one thread at a time; handing it over needs a lock or a
 * queue between them. The budget is touched by put, reset and release only:
 * those three belong on the budget's thread.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "budget.h"
#include "err.h"
#include "span.h"

#include <stdint.h>
#include <sys/types.h>

/* Shared by all spools of a server; it must outlive them. */
struct spool_rules {
	struct budget *budget; /* what memory is drawn from; NULL serves for
				  spools that stay empty */
	size_t memory_max;     /* one spool's share of it, bytes */
	const char *directory; /* where files are made; NULL: never a file */
};

struct spool {
	const struct spool_rules *rules;
	char *at;     /* the memory, NULL when there is none */
	size_t size;  /* bytes of it, as drawn from the budget */
	uint64_t len; /* bytes put so far, wherever they are */
	int fd;       /* the file, or -1 */
};

void spool_init(struct spool *, const struct spool_rules *);
void spool_release(struct spool *);

/* Empty again; a small block of memory is kept for the next message. */
void spool_reset(struct spool *);

/*
 * Appends. ERR_LIMIT when neither the budget nor a file can take the bytes,
 * ERR_FULL or ERR_IO when the file cannot: then the spool holds what it held.
 */
enum err spool_put(struct spool *, struct span);

/* Keeps the first `len` bytes only; nothing is put after that. */
void spool_cut(struct spool *, uint64_t len);

/* Gets room for `len` bytes in advance where that is cheap; a hint only. */
void spool_expect(struct spool *, uint64_t len);

/* True when all of it is in memory; then *all borrows it. */
bool spool_in_memory(const struct spool *, struct span *all);

/*
 * Copies up to `size` bytes from `offset` on. Returns how many, 0 at the end,
 * -1 when the file cannot be read. Any thread, one at a time.
 */
ssize_t
spool_read(const struct spool *, uint64_t offset, char *out, size_t size);

#endif
