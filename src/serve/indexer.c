/* indexer: keeps the index behind what is stored, and says when it is there. */
#include "indexer.h"

#include "clock.h"
#include "pick.h"
#include "watch.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>

/* One batch: enough to share a transaction, little enough to be soon there. */
#define BATCH_COUNT 64
#define BATCH_BYTES ((uint64_t)8 * 1024 * 1024)

/*
 * What comes faster than it can be indexed gets nine tenths of the time, as
 * long as nobody waits for the index; but a rest has an end.
 */
#define REST_SHARE 9
#define REST_MAX_US (CLOCK_SECOND / 2)

enum state {
	STARTING, /* what an earlier run left behind is being indexed */
	IDLE,     /* the index knows all that is stored */
	WORKING,
	RESTING, /* there is a backlog, and it grows */
	STOPPED,
};

struct ticket {
	int64_t seq; /* indexed up to here is enough */
	void (*then)(void *context);
	void *context;
	STAILQ_ENTRY(ticket) entry;
};
STAILQ_HEAD(tickets, ticket);

struct batch {
	struct store_job job;
	struct indexer *indexer;
	struct index_entry *entries; /* owned */
	int64_t saw;                 /* the newest when it was taken */
	int64_t taken_us;            /* when that was */
	bool asks_newest;            /* at the start: what is the newest? */
	int64_t newest;              /* the answer */
};

struct indexer {
	struct store *store;
	struct watch *watch;
	struct log *log;
	enum index_extent extent;
	enum state state;
	struct event rest; /* its end */
	int64_t saw;       /* the newest seq that is stored */
	int64_t indexed;   /* all up to here are */
	uint64_t backlog;
	struct batch batch;
	struct tickets tickets;
};

static void take(struct indexer *);

static void
call_back(struct indexer *indexer)
{
	struct tickets due = STAILQ_HEAD_INITIALIZER(due);
	struct ticket *ticket = STAILQ_FIRST(&indexer->tickets);

	/* They are in the order of seq. */
	while (ticket &&
	    (indexer->state == STOPPED || ticket->seq <= indexer->indexed)) {
		STAILQ_REMOVE_HEAD(&indexer->tickets, entry);
		STAILQ_INSERT_TAIL(&due, ticket, entry);
		ticket = STAILQ_FIRST(&indexer->tickets);
	}
	while ((ticket = STAILQ_FIRST(&due)) != NULL) {
		STAILQ_REMOVE_HEAD(&due, entry);
		ticket->then(ticket->context);
		free(ticket);
	}
}

static void
free_entries(struct batch *batch)
{
	struct index_entry *next;

	for (struct index_entry *it = batch->entries; it; it = next) {
		next = it->next;
		index_entry_free(it);
	}
	batch->entries = NULL;
}

/* All that was stored when the batch was taken is indexed, or cannot be. */
static void
settle(struct indexer *indexer)
{
	if (indexer->state == STOPPED)
		return;
	indexer->state = IDLE;
	indexer->indexed = indexer->batch.saw;
	if (indexer->saw > indexer->indexed)
		take(indexer);
	else
		indexer->backlog = 0;
	call_back(indexer);
}

static void
publish(struct indexer *indexer)
{
	for (struct index_entry *it = indexer->batch.entries; it;
	     it = it->next) {
		if (indexer->state != STARTING)
			indexer->indexed = it->seq;
		if (indexer->backlog > 0)
			indexer->backlog--;
		watch_publish(indexer->watch,
		    &(struct watch_event){
			.kind = WATCH_MESSAGE, .seq = it->seq, .entry = it});
	}
}

static bool
is_awaited(const struct indexer *indexer)
{
	return !STAILQ_EMPTY(&indexer->tickets) ||
	    watch_count(indexer->watch) > 0;
}

static void
take_next(struct indexer *indexer)
{
	const struct batch *batch = &indexer->batch;
	int64_t rest_us = (clock_mono_us() - batch->taken_us) * REST_SHARE;
	struct timeval rest = {.tv_sec = 0};

	if (indexer->backlog < BATCH_COUNT || indexer->saw == batch->saw ||
	    is_awaited(indexer)) {
		take(indexer);
		return;
	}
	rest.tv_usec = rest_us < REST_MAX_US ? rest_us : REST_MAX_US;
	if (evtimer_add(&indexer->rest, &rest) < 0)
		take(indexer);
	else
		indexer->state = RESTING;
}

static void
on_rested(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	take(context);
}

static enum err
run_put(struct store_job *job, struct sql *sql)
{
	return index_put(sql, ((struct batch *)job)->entries);
}

static void
on_put(struct store_job *job, enum err err)
{
	struct batch *batch = (struct batch *)job;
	struct indexer *indexer = batch->indexer;

	if (err)
		log_error(indexer->log, "index: cannot be written: %s",
		    err_text(err));
	else
		publish(indexer);
	free_entries(batch);
	if (indexer->state == STOPPED)
		return;
	/* What failed is tried again with the next message. */
	if (err) {
		settle(indexer);
		return;
	}
	call_back(indexer);
	take_next(indexer);
}

static enum err
run_take(struct store_job *job, struct sql *sql)
{
	struct batch *batch = (struct batch *)job;
	enum err err = ERR_OK;

	if (batch->asks_newest)
		err = pick_newest(sql, &batch->newest);
	return err ? err
		   : index_take_extent(sql, BATCH_COUNT, BATCH_BYTES,
			 batch->indexer->extent, &batch->entries);
}

/* Who came before anybody knew what there is waits for all of it. */
static void
learn_newest(struct indexer *indexer, int64_t newest)
{
	struct ticket *ticket;

	STAILQ_FOREACH(ticket, &indexer->tickets, entry)
	{
		if (ticket->seq == 0)
			ticket->seq = newest;
	}
	if (newest > indexer->saw)
		indexer->saw = newest;
}

static void
on_taken(struct store_job *job, enum err err)
{
	struct batch *batch = (struct batch *)job;
	struct indexer *indexer = batch->indexer;

	if (err)
		log_error(indexer->log, "index: messages cannot be read: %s",
		    err_text(err));
	learn_newest(indexer, batch->newest);
	if (indexer->state == STOPPED) {
		free_entries(batch);
		return;
	}
	if (err || !batch->entries) {
		settle(indexer);
		return;
	}
	batch->job.run = run_put;
	batch->job.done = on_put;
	store_write(indexer->store, &batch->job);
}

static void
take(struct indexer *indexer)
{
	struct batch *batch = &indexer->batch;

	if (indexer->state == STOPPED)
		return;
	(void)evtimer_del(&indexer->rest);
	if (indexer->state != STARTING)
		indexer->state = WORKING;
	batch->asks_newest = indexer->state == STARTING;
	batch->saw = indexer->saw;
	batch->taken_us = clock_mono_us();
	batch->job.run = run_take;
	batch->job.done = on_taken;
	store_work(indexer->store, &batch->job);
}

enum err
indexer_new(struct indexer **out, struct loop *loop, struct watch *watch,
    enum index_extent extent, struct log *log)
{
	struct indexer *indexer = calloc(1, sizeof(*indexer));

	if (!indexer)
		return ERR_MEMORY;
	indexer->store = loop_store(loop);
	indexer->watch = watch;
	indexer->extent = extent;
	indexer->log = log;
	indexer->batch.indexer = indexer;
	STAILQ_INIT(&indexer->tickets);
	(void)evtimer_assign(
	    &indexer->rest, loop_base(loop), on_rested, indexer);
	take(indexer);
	*out = indexer;
	return ERR_OK;
}

void
indexer_stop(struct indexer *indexer)
{
	(void)evtimer_del(&indexer->rest);
	indexer->state = STOPPED;
	call_back(indexer);
}

void
indexer_free(struct indexer *indexer)
{
	if (!indexer)
		return;
	free_entries(&indexer->batch);
	free(indexer);
}

void
indexer_saw(struct indexer *indexer, int64_t seq)
{
	if (seq > indexer->saw)
		indexer->saw = seq;
	indexer->backlog++;
	if (indexer->state == IDLE)
		take(indexer);
}

void
indexer_then(
    struct indexer *indexer, void (*then)(void *context), void *context)
{
	struct ticket *ticket = NULL;

	if (indexer->state != IDLE && indexer->state != STOPPED)
		ticket = malloc(sizeof(*ticket));
	if (!ticket) {
		then(context);
		return;
	}
	*ticket = (struct ticket){indexer->saw, then, context, {NULL}};
	STAILQ_INSERT_TAIL(&indexer->tickets, ticket, entry);
	if (indexer->state == RESTING)
		take(indexer);
	else if (indexer->state == WORKING)
		call_back(indexer);
}

int64_t
indexer_newest(const struct indexer *indexer)
{
	return indexer->saw;
}

uint64_t
indexer_backlog(const struct indexer *indexer)
{
	return indexer->backlog;
}
