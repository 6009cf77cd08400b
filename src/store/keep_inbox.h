/*
 * keep_inbox: retention by inbox: of each the oldest go.
 *
 * What keep.h does for the whole database this does for each inbox by itself,
 * so that a loud test takes no place of another one's. New messages say which
 * inboxes are looked at; all of them are when the writer starts and, for limits
 * that are large or an age, every ten seconds.
 */
#ifndef KEEP_INBOX_H
#define KEEP_INBOX_H

#include "buf.h"
#include "err.h"
#include "keep.h"
#include "log.h"
#include "sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first rule whose name fits an inbox is the one for it. */
struct keep_inbox_rule {
	const char *name; /* '*' and '?' stand for any */
	struct store_keep limits;
};

/* One writer's; all private. */
struct keep_inbox {
	const struct keep_inbox_rule *rules; /* borrowed */
	size_t rule_count;
	struct log *log;
	int64_t seen_seq; /* of new messages: looked at up to here */
	/* The walk over all inboxes: after which one it goes on. */
	enum { KEEP_INBOX_RESTS, KEEP_INBOX_WALKS } state;
	struct buf at;
	int64_t walked_us; /* when it began last; monotonic */
	bool has_more;     /* of the inbox that it is at */
	bool is_due;       /* something was left to the next walk */
	uint64_t untold;
	int64_t told_us;
};

/* Borrows rules and log; without rules all of it costs nothing. */
enum err keep_inbox_init(struct keep_inbox *, const struct keep_inbox_rule *,
    size_t rule_count, struct log *, struct sql *);
/* Writes what is yet untold to the log. */
void keep_inbox_finish(struct keep_inbox *);
void keep_inbox_release(struct keep_inbox *);

/* As keep_step() and keep_patience() do. */
bool keep_inbox_step(struct keep_inbox *, struct sql *, enum keep_slack);
int64_t keep_inbox_patience(const struct keep_inbox *);

/* Whether a name fits. Pure. */
bool keep_inbox_fits(const char *glob, struct span name);

#endif
