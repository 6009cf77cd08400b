/* indexer: keeps the index behind what is stored, and says when it is there. */
#include "indexer.h"

#include "clock.h"
#include "pick.h"
#include "watch.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>

/* One batch: enough to share a transaction, little enough to be soon there; of
   a long backlog more, since what is there soon is not all anyway. */
#define BATCH_COUNT 64
#define BATCH_COUNT_LONG 256
#define LONG 1024
#define BATCH_BYTES ((uint64_t)8 * 1024 * 1024)
/* Two are parsed and one is written, when there is nothing else to do. */
#define BATCHES 3

/*
 * What comes faster than it can be indexed gets nine tenths of the time, as
 * long as nobody waits for the index; but a rest has an end.
 */
#define REST_SHARE 9
#define REST_MAX_US (CLOCK_SECOND / 2)

enum state {
	STARTING, /* nobody knows yet what an earlier run left behind */
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

enum stage { FREE, TAKING, TAKEN, PUTTING };

/* Messages of which none is in two batches. */
struct batch {
	struct store_job job;
	struct indexer *indexer;
	enum stage stage;
	struct index_wish wish;
	struct index_entry *entries; /* owned */
	int64_t last;                /* the last seq it has */
	bool is_cut;                 /* there may be more up to wish.until */
	bool asks_newest;            /* at the start: what is the newest? */
	int64_t newest;              /* the answer */
	unsigned turn;
};

struct indexer {
	struct store *store;
	struct watch *watch;
	struct log *log;
	enum index_extent extent;
	enum state state;
	struct event rest; /* its end */
	int64_t saw;       /* the newest seq that is stored */
	int64_t saw_then;  /* likewise, when the last batch was begun */
	int64_t began_us;  /* when the first one under way was */
	int64_t asked;     /* all up to here are in a batch, or were */
	int64_t indexed;   /* all up to here are, or cannot be */
	uint64_t backlog;
	/* Those under way, in order of seq, from `first` on. */
	struct batch batches[BATCHES];
	size_t first;
	size_t under_way;
	bool is_alone; /* the next one begins when there is no other */
	bool has_failed;
	unsigned turn; /* of the next one: which thread takes it */
	struct tickets tickets;
};

static void begin(struct indexer *);
static void advance(struct indexer *);

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

static void
publish(struct indexer *indexer, const struct batch *batch)
{
	for (struct index_entry *it = batch->entries; it; it = it->next) {
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

/* ---- one batch */

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
		publish(indexer, batch);
	free_entries(batch);
	batch->stage = TAKEN;
	indexer->has_failed = indexer->has_failed || err;
	if (indexer->state == STOPPED)
		return;
	call_back(indexer);
	advance(indexer);
}

static void
put(struct indexer *indexer, struct batch *batch)
{
	batch->stage = PUTTING;
	batch->job.run = run_put;
	batch->job.done = on_put;
	store_write(indexer->store, &batch->job);
}

static enum err
run_take(struct store_job *job, struct sql *sql)
{
	struct batch *batch = (struct batch *)job;
	enum err err = ERR_OK;

	if (batch->asks_newest)
		err = pick_newest(sql, &batch->newest);
	return err ? err : index_take_some(sql, &batch->wish, &batch->entries);
}

/* Who came before anybody knew what there is waits for all of it. */
static void
learn_newest(struct indexer *indexer, struct batch *batch)
{
	struct ticket *ticket;

	indexer->state = WORKING;
	STAILQ_FOREACH(ticket, &indexer->tickets, entry)
	{
		if (ticket->seq == 0)
			ticket->seq = batch->newest;
	}
	batch->wish.until = batch->newest;
}

/* Where the batch ends, if that is not where it was asked to. */
static void
measure(struct indexer *indexer, struct batch *batch)
{
	int64_t last = batch->wish.after;
	uint64_t bytes = 0;
	size_t count = 0;

	for (struct index_entry *it = batch->entries; it; it = it->next) {
		bytes += it->size;
		last = it->seq;
		count++;
	}
	batch->last = last;
	batch->is_cut = last < batch->wish.until &&
	    (count == batch->wish.count || bytes >= batch->wish.bytes);
	/* Of large messages there is one batch in memory; and where there were
	   none, nobody knows how far away the next ones are. */
	indexer->is_alone = bytes >= batch->wish.bytes || count == 0;
}

/* Of the first batch nobody knew where it would end. At the start more may have
   been taken than there was when the newest was asked for. */
static void
set_extent(struct indexer *indexer, struct batch *batch)
{
	if (batch->is_cut || batch->last > batch->wish.until)
		batch->wish.until = batch->last;
	batch->is_cut = false;
	indexer->asked = batch->wish.until;
	if (indexer->asked > indexer->saw)
		indexer->saw = indexer->asked;
	if (batch->newest > indexer->saw)
		indexer->saw = batch->newest;
	if (batch->asks_newest)
		indexer->saw_then = indexer->saw;
}

static void
on_taken(struct store_job *job, enum err err)
{
	struct batch *batch = (struct batch *)job;
	struct indexer *indexer = batch->indexer;

	batch->stage = TAKEN;
	if (indexer->state == STOPPED) {
		free_entries(batch);
		return;
	}
	if (err)
		log_error(indexer->log, "index: messages cannot be read: %s",
		    err_text(err));
	indexer->has_failed = indexer->has_failed || err;
	if (indexer->state == STARTING)
		learn_newest(indexer, batch);
	measure(indexer, batch);
	if (indexer->under_way == 1)
		set_extent(indexer, batch);
	advance(indexer);
}

static void
take(struct indexer *indexer, struct batch *batch)
{
	batch->stage = TAKING;
	batch->job.run = run_take;
	batch->job.done = on_taken;
	batch->turn = indexer->turn++;
	if (batch->turn % 2)
		store_help(indexer->store, &batch->job);
	else
		store_work(indexer->store, &batch->job);
}

/* ---- all that are under way */

static struct batch *
batch_at(struct indexer *indexer, size_t place)
{
	return &indexer->batches[(indexer->first + place) % BATCHES];
}

static void
add_batch(struct indexer *indexer, int64_t after, int64_t until, size_t count)
{
	struct batch *batch = batch_at(indexer, indexer->under_way);

	indexer->under_way++;
	batch->wish = (struct index_wish){
	    after, until, count, BATCH_BYTES, indexer->extent};
	batch->asks_newest = indexer->state == STARTING;
	indexer->asked = until;
	indexer->saw_then = indexer->saw;
	take(indexer, batch);
}

/* Who sends meanwhile waits no longer than for a small one. */
static size_t
batch_count(const struct indexer *indexer)
{
	return indexer->state == RESTING || indexer->saw - indexer->asked < LONG
	    ? BATCH_COUNT
	    : BATCH_COUNT_LONG;
}

/* Nothing is under way: the first batch of those that are not indexed. */
static void
begin(struct indexer *indexer)
{
	size_t count = batch_count(indexer);

	if (indexer->state == STOPPED)
		return;
	(void)evtimer_del(&indexer->rest);
	if (indexer->state != STARTING)
		indexer->state = WORKING;
	indexer->began_us = clock_mono_us();
	indexer->has_failed = false;
	indexer->is_alone = true;
	indexer->turn = 0;
	add_batch(indexer, 0,
	    indexer->state == STARTING ? INT64_MAX : indexer->saw, count);
}

/* Whether another batch is worth the processors that it takes from those who
   send. */
static bool
may_add_batch(const struct indexer *indexer)
{
	return indexer->under_way > 0 && indexer->under_way < BATCHES &&
	    !indexer->is_alone && !indexer->has_failed &&
	    indexer->saw - indexer->asked >= BATCH_COUNT &&
	    (indexer->saw == indexer->saw_then || is_awaited(indexer));
}

/* True when the first batch is done with. */
static bool
finish_first(struct indexer *indexer)
{
	struct batch *batch = batch_at(indexer, 0);

	if (indexer->under_way == 0 || batch->stage != TAKEN)
		return false;
	if (batch->entries) {
		put(indexer, batch);
		return false;
	}
	if (batch->is_cut && !indexer->has_failed) {
		batch->wish.after = batch->last;
		take(indexer, batch);
		return false;
	}
	if (!indexer->has_failed && batch->wish.until > indexer->indexed)
		indexer->indexed = batch->wish.until;
	batch->stage = FREE;
	indexer->first = (indexer->first + 1) % BATCHES;
	indexer->under_way--;
	return true;
}

/* All that there was is taken. What failed is tried again with the next
   message. */
static void
settle(struct indexer *indexer)
{
	indexer->state = IDLE;
	indexer->indexed = indexer->saw_then;
	if (indexer->saw > indexer->indexed)
		begin(indexer);
	else
		indexer->backlog = 0;
	call_back(indexer);
}

/* Nothing is under way, for now. */
static void
go_on(struct indexer *indexer)
{
	int64_t rest_us = (clock_mono_us() - indexer->began_us) * REST_SHARE;
	struct timeval rest = {.tv_sec = 0};

	if (indexer->has_failed || indexer->asked >= indexer->saw_then) {
		settle(indexer);
		return;
	}
	if (indexer->backlog < BATCH_COUNT ||
	    indexer->saw == indexer->saw_then || is_awaited(indexer)) {
		begin(indexer);
		return;
	}
	rest.tv_usec = rest_us < REST_MAX_US ? rest_us : REST_MAX_US;
	if (evtimer_add(&indexer->rest, &rest) < 0)
		begin(indexer);
	else
		indexer->state = RESTING;
}

static void
advance(struct indexer *indexer)
{
	while (finish_first(indexer))
		;
	while (may_add_batch(indexer)) {
		int64_t until = indexer->asked + (int64_t)batch_count(indexer);

		if (until > indexer->saw)
			until = indexer->saw;
		add_batch(indexer, indexer->asked, until, batch_count(indexer));
	}
	if (indexer->under_way == 0)
		go_on(indexer);
}

static void
on_rested(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	begin(context);
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
	for (size_t i = 0; i < BATCHES; i++)
		indexer->batches[i].indexer = indexer;
	STAILQ_INIT(&indexer->tickets);
	(void)evtimer_assign(
	    &indexer->rest, loop_base(loop), on_rested, indexer);
	begin(indexer);
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
	for (size_t i = 0; i < BATCHES; i++)
		free_entries(&indexer->batches[i]);
	free(indexer);
}

void
indexer_saw(struct indexer *indexer, int64_t seq)
{
	if (seq > indexer->saw)
		indexer->saw = seq;
	indexer->backlog++;
	if (indexer->state == IDLE)
		begin(indexer);
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
		begin(indexer);
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
