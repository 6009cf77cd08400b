/*
 * bench_store: how many messages a second the store takes, and at what cost.
 *
 * usage: bench_store [FOLDER [BYTES [SECONDS [full|normal|none|memory]]]]
 *
 * Makes a database in the folder (default: the current one) for each row, puts
 * messages of so many bytes (4096) in batches, waiting for each batch before
 * the next as sessions wait for their 250, and prints messages a second, CPU
 * microseconds a message in user and kernel mode (all threads), and how long
 * the slowest batch took. No test: figures depend on the machine.
 */
#include "clock.h"
#include "put.h"
#include "store.h"
#include "uid.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BATCH_MAX 1000

struct mail {
	struct put_message put;
	struct put_session session;
};

struct run {
	struct store *store;
	struct mail *mails;
	struct uid_source uids;
	int batch;
	int failed;
};

static void
is_done(struct store_job *job, enum err err)
{
	struct mail *mail = (struct mail *)job;

	/* The session's id is free once here; the run is found through it. */
	if (err)
		mail->put.seq = -1;
}

static bool
fill(struct run *run, struct mail *mail, const struct spool_rules *rules,
    size_t size)
{
	struct message *message = message_new(rules);
	struct message_rcpt rcpt = {.address = SPAN("recipient@example.test"),
	    .params = SPAN(""),
	    .reply = SPAN("250 2.1.5 recipient@example.test... Recipient ok"),
	    .fault = SPAN("")};
	char *bytes = malloc(size);

	(void)run;
	if (!message || !bytes)
		return false;
	memset(bytes, 'x', size);
	(void)spool_put(&message->body, span_make(bytes, size));
	free(bytes);
	(void)message_set(message, MESSAGE_LISTENER, SPAN("smtp"));
	(void)message_set(message, MESSAGE_INBOX, SPAN("default"));
	(void)message_set(message, MESSAGE_PEER, SPAN("127.0.0.1"));
	(void)message_set(message, MESSAGE_HELO, SPAN("client.example.test"));
	(void)message_set(
	    message, MESSAGE_MAIL_FROM, SPAN("sender@example.test"));
	(void)message_add_recipient(message, &rcpt);
	put_message_init(&mail->put, message);
	mail->put.job.done = is_done;
	return true;
}

static void
put_batch(struct run *run)
{
	struct pollfd wait = {.fd = store_fd(run->store), .events = POLLIN};

	for (int i = 0; i < run->batch; i++) {
		struct message *message = run->mails[i].put.message;

		message->received_us = clock_wall_us();
		uid_next(&run->uids, message->received_us, message->id);
		store_write(run->store, &run->mails[i].put.job);
	}
	store_flush(run->store);
	while (store_pending(run->store)) {
		(void)poll(&wait, 1, -1);
		(void)store_reap(run->store);
	}
	for (int i = 0; i < run->batch; i++)
		run->failed += run->mails[i].put.seq < 0;
}

static double
seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void
measure(struct run *run, double seconds)
{
	int64_t start = clock_mono_us();
	int64_t slowest = 0;
	struct rusage before;
	struct rusage after;
	double count = 0;
	double took;

	(void)getrusage(RUSAGE_SELF, &before);
	do {
		int64_t at = clock_mono_us();

		put_batch(run);
		at = clock_mono_us() - at;
		slowest = at > slowest ? at : slowest;
		count += run->batch;
		took = (double)(clock_mono_us() - start) / 1e6;
	} while (took < seconds);
	(void)getrusage(RUSAGE_SELF, &after);
	printf("%6d %12.0f %10.1f %10.1f %12.1f\n", run->batch, count / took,
	    (seconds_of(after.ru_utime) - seconds_of(before.ru_utime)) * 1e6 /
		count,
	    (seconds_of(after.ru_stime) - seconds_of(before.ru_stime)) * 1e6 /
		count,
	    (double)slowest / 1e3);
}

static int
bench(
    const struct store_options *options, int batch, size_t size, double seconds)
{
	struct budget budget = {.limit = SIZE_MAX};
	struct spool_rules rules = {
	    .budget = &budget, .memory_max = size, .directory = NULL};
	struct run run = {.batch = batch};
	struct failure failure;

	run.mails = calloc((size_t)batch, sizeof(*run.mails));
	for (int i = 0; run.mails && i < batch; i++) {
		if (!fill(&run, &run.mails[i], &rules, size))
			return 1;
	}
	if (!run.mails || store_open(&run.store, options, &failure)) {
		fprintf(stderr, "bench_store: %s\n", failure.text);
		return 1;
	}
	measure(&run, seconds);
	store_close(run.store);
	for (int i = 0; i < batch; i++)
		message_free(run.mails[i].put.message);
	free(run.mails);
	if (run.failed)
		fprintf(stderr, "bench_store: %d failed\n", run.failed);
	return run.failed != 0;
}

int
main(int argc, char **argv)
{
	static const int batches[] = {1, 10, 50, 200};
	static const char *const names[] = {
	    [STORE_FULL] = "full",
	    [STORE_NORMAL] = "normal",
	    [STORE_NONE] = "none",
	};
	const char *folder = argc > 1 ? argv[1] : ".";
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 4096;
	double seconds = argc > 3 ? strtod(argv[3], NULL) : 3;
	const char *how = argc > 4 ? argv[4] : "full";
	struct store_options options = {.durability = STORE_FULL};
	char path[4096];
	int status = 0;

	for (int i = STORE_FULL; i <= STORE_NONE; i++) {
		if (strcmp(how, names[i]) == 0)
			options.durability = (enum store_durability)i;
	}
	printf("# %zu bytes, %s\n# batch   messages/s   user us  kernel us"
	       "   slowest ms\n",
	    size, how);
	(void)snprintf(path, sizeof(path), "%s/bench.db", folder);
	options.path = strcmp(how, "memory") == 0 ? NULL : path;
	for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
		status |= bench(&options, batches[i], size, seconds);
		if (options.path)
			(void)unlink(path);
	}
	return status;
}
