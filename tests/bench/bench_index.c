/*
 * bench_index: how fast messages are indexed, found and removed.
 *
 * usage: bench_index [FILE [COUNT [BYTES [fill|ask|remove [QUERY]]]]]
 *
 * Stores COUNT messages (100,000) of about so many bytes (4096; text, HTML and
 * an attachment) in a new database, indexes them in batches, and says how many
 * CPU microseconds a message each step took. Then asks for pages of 50 by
 * different queries and says how long half of them and all but one in a
 * hundred took; then removes by query. A FILE that holds messages already is
 * not filled. After that comes the one step to do, and the one query to ask; in
 * it %d is the number of a message. Says at last what memory it took. No test:
 * figures depend on the machine.
 */
#include "erase.h"
#include "index.h"
#include "pick.h"
#include "put.h"
#include "schema.h"
#include "txn.h"
#include "uid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BATCH 500
#define WORDS 20000
#define ROUNDS 200

struct bench {
	struct sql *sql;
	int count;
	size_t size;
	char words[WORDS][16];
	double shares[WORDS]; /* sums of 1/n, as words are in real text */
	uint64_t seed;
	struct uid_source uids;
	int first; /* number of the first message */
};

static double
now_us(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
check(struct bench *bench, enum err err)
{
	if (!err)
		return;
	(void)fprintf(stderr, "bench_index: %s: %s\n", err_text(err),
	    sql_error_text(bench->sql));
	exit(1);
}

/* Marsaglia's xorshift: the same mail on every machine. */
static uint32_t
draw(struct bench *bench)
{
	bench->seed ^= bench->seed << 13;
	bench->seed ^= bench->seed >> 7;
	bench->seed ^= bench->seed << 17;
	return (uint32_t)(bench->seed >> 32);
}

static void
make_words(struct bench *bench)
{
	static const char *const syllables[] = {"in", "voi", "ce", "ta", "tion",
	    "al", "er", "pro", "ment", "ing", "con", "re", "de", "st", "ra",
	    "lo", "mi", "pa", "qu", "ex", "ly", "ter", "ver", "sa", "no", "ki",
	    "be", "ou", "th", "an"};
	double sum = 0;

	for (int i = 0; i < WORDS; i++) {
		size_t len = 0;

		for (uint32_t n = 1 + draw(bench) % 3; n > 0; n--)
			len += (size_t)snprintf(bench->words[i] + len,
			    sizeof(bench->words[i]) - len, "%s",
			    syllables[draw(bench) % 30]);
		sum += 1.0 / (i + 5);
		bench->shares[i] = sum;
	}
	for (int i = 0; i < WORDS; i++)
		bench->shares[i] /= sum;
}

static const char *
draw_word(struct bench *bench)
{
	double wanted = draw(bench) / 4294967296.0;
	int low = 0, high = WORDS - 1;

	while (low < high) {
		int middle = (low + high) / 2;

		if (bench->shares[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return bench->words[low];
}

/* Message number n goes to user n % 50000, and has a number of its own. */
static void
make_message(struct bench *bench, int n, struct buf *out, struct buf *text)
{
	buf_reset(text);
	while (text->len < bench->size * 2 / 5)
		(void)buf_printf(text, "%s%s", draw_word(bench),
		    draw(bench) % 12 ? " " : ".\r\n");
	buf_reset(out);
	(void)buf_printf(out,
	    "From: Shop %d <shop%d@example.test>\r\n"
	    "To: User %d <user%d@mail.test>\r\n"
	    "Subject: Order %d: %s %s %s\r\n"
	    "Date: Tue, 25 Mar 2003 11:37:02 +0200\r\n"
	    "Message-ID: <%08x.%d@example.test>\r\n"
	    "MIME-Version: 1.0\r\nX-Mailer: bench 1.0\r\n"
	    "Content-Type: multipart/mixed; boundary=bb\r\n\r\n"
	    "--bb\r\nContent-Type: multipart/alternative; boundary=aa\r\n\r\n"
	    "--aa\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
	    "Your order %d, token %08x%08x:\r\n%.*s\r\n"
	    "--aa\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
	    "<html><body><p>Your order <b>%d</b></p><p>%.*s</p>"
	    "<a href=\"http://example.test/order/%d\">see</a></body></html>\r\n"
	    "--aa--\r\n--bb\r\nContent-Type: text/csv; name=order.csv\r\n"
	    "Content-Disposition: attachment\r\n\r\na,b\r\n--bb--\r\n",
	    n % 100, n % 100, n % 50000, n % 50000, n, draw_word(bench),
	    draw_word(bench), draw_word(bench), draw(bench), n, n, draw(bench),
	    draw(bench), SPAN_ARG(buf_span(text)), n, SPAN_ARG(buf_span(text)),
	    n);
}

static void
put_one(struct bench *bench, int n, struct message *message, struct span bytes)
{
	struct put_message put;
	char address[64];
	struct message_rcpt rcpt = {
	    {address, 0}, SPAN(""), SPAN("250 2.1.5 Ok"), SPAN("")};

	rcpt.address.len = (size_t)snprintf(
	    address, sizeof(address), "user%d@mail.test", n % 50000);
	message_reset(message);
	uid_next(&bench->uids, (int64_t)n * 1000, message->id);
	message->received_us = (int64_t)n * 1000;
	(void)message_set(
	    message, MESSAGE_MAIL_FROM, SPAN("bounce@example.test"));
	(void)message_set(
	    message, MESSAGE_INBOX, n % 10 ? SPAN("default") : SPAN("tenth"));
	(void)message_set(message, MESSAGE_SESSION, span_string(message->id));
	(void)message_add_recipient(message, &rcpt);
	check(bench, spool_put(&message->body, bytes));
	put_message_init(&put, message);
	check(bench, put.job.run(&put.job, bench->sql));
}

static void
put_batch(struct bench *bench, int first, int count, struct message *message)
{
	struct buf out, text;

	buf_init(&out, 1024 * 1024);
	buf_init(&text, 1024 * 1024);
	check(bench, txn_begin(bench->sql));
	for (int n = first; n < first + count; n++) {
		make_message(bench, n, &out, &text);
		put_one(bench, n, message, buf_span(&out));
	}
	check(bench, txn_commit(bench->sql));
	buf_release(&out);
	buf_release(&text);
}

struct cost {
	double take_us, put_us;
};

static void
index_batch(struct bench *bench, struct cost *cost)
{
	struct index_entry *entry;
	double start = now_us(CLOCK_THREAD_CPUTIME_ID), middle;

	check(bench, index_take(bench->sql, BATCH, UINT64_MAX / 2, &entry));
	middle = now_us(CLOCK_THREAD_CPUTIME_ID);
	check(bench, txn_begin(bench->sql));
	check(bench, index_put(bench->sql, entry));
	check(bench, txn_commit(bench->sql));
	while (entry) {
		struct index_entry *next = entry->next;

		index_entry_free(entry);
		entry = next;
	}
	cost->take_us += middle - start;
	cost->put_us += now_us(CLOCK_THREAD_CPUTIME_ID) - middle;
	check(bench, sql_checkpoint(bench->sql));
}

static void
fill(struct bench *bench)
{
	struct budget budget = {64 * 1024 * 1024, 0};
	struct spool_rules rules = {&budget, 16 * 1024 * 1024, NULL};
	struct message *message = message_new(&rules);
	struct cost all = {0, 0}, tenth = {0, 0};
	int step = bench->count / 10 > BATCH ? bench->count / 10 : BATCH;

	for (int n = 0; n < bench->count; n += BATCH) {
		struct cost cost = {0, 0};

		put_batch(bench, n, BATCH, message);
		index_batch(bench, &cost);
		all.take_us += cost.take_us;
		all.put_us += cost.put_us;
		tenth.take_us += cost.take_us;
		tenth.put_us += cost.put_us;
		if ((n + BATCH) % step == 0) {
			printf("%8d messages: parse %5.1f us, put %5.1f us\n",
			    n + BATCH, tenth.take_us / step,
			    tenth.put_us / step);
			(void)fflush(stdout);
			tenth = (struct cost){0, 0};
		}
	}
	printf("indexing: %.1f us a message, %.0f messages/s\n",
	    (all.take_us + all.put_us) / bench->count,
	    bench->count * 1e6 / (all.take_us + all.put_us));
	message_free(message);
}

static bool
count_row(const struct pick_row *row, void *context)
{
	(void)row;
	++*(int *)context;
	return true;
}

static int
compare(const void *a, const void *b)
{
	const double *left = a;
	const double *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* What the machine took, and of that the thread. */
struct times {
	double wall[ROUNDS], cpu[ROUNDS];
};

static void
show_times(const char *name, const char *query, double *times, int rounds)
{
	qsort(times, (size_t)rounds, sizeof(*times), compare);
	printf("%-5s %-28s p50 %8.3f ms, p99 %8.3f ms, max %8.3f ms\n", name,
	    query, times[rounds / 2], times[rounds * 99 / 100],
	    times[rounds - 1]);
	(void)fflush(stdout);
}

enum question { ASK_PAGE, ASK_COUNT };

/* Returns how many were found. */
static int
ask_once(struct bench *bench, struct span text, enum question question,
    struct times *times, int round)
{
	struct query_error error;
	struct pick_count counted = {0, 0};
	struct query *query = query_parse(text, NULL, &error);
	struct pick_request request = {.limit = 50, .query = query};
	double wall = now_us(CLOCK_MONOTONIC);
	double cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
	int found = 0;

	if (question == ASK_PAGE)
		check(bench,
		    pick_messages(bench->sql, &request, count_row, &found));
	else
		check(bench, pick_count(bench->sql, &request, &counted));
	times->cpu[round] = (now_us(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1000;
	times->wall[round] = (now_us(CLOCK_MONOTONIC) - wall) / 1000;
	query_free(query);
	return found + (int)counted.count;
}

/* "%d" in the query is the number of a message, "%s" a word. */
static void
ask(struct bench *bench, const char *format, enum question question, int rounds)
{
	struct times times;
	double found = 0;

	for (int i = 0; i < rounds; i++) {
		char text[256];
		uint32_t number =
		    bench->count ? draw(bench) % (uint32_t)bench->count : 0;
		const char *word = bench->words[draw(bench) % WORDS];

		if (strcmp(format, "%s") == 0)
			(void)snprintf(text, sizeof(text), "%s", word);
		else
			(void)snprintf(text, sizeof(text), format, number);
		found +=
		    ask_once(bench, span_string(text), question, &times, i);
	}
	printf("%s %s: %.1f found\n", question == ASK_PAGE ? "page" : "count",
	    format, found / rounds);
	show_times("", "wall", times.wall, rounds);
	show_times("", "cpu", times.cpu, rounds);
}

static void
ask_all(struct bench *bench)
{
	static const struct {
		const char *query;
		enum question question;
		int rounds;
	} rows[] = {
	    {"", ASK_PAGE, ROUNDS},
	    {"inbox:tenth", ASK_PAGE, ROUNDS},
	    {"rcpt:user%d@mail.test", ASK_PAGE, ROUNDS},
	    {"to:user%d@mail.test", ASK_PAGE, ROUNDS},
	    {"subject:\"order %d:\"", ASK_PAGE, ROUNDS},
	    {"\"order %d\"", ASK_PAGE, ROUNDS},
	    {"%s", ASK_PAGE, ROUNDS},
	    {"tion", ASK_PAGE, 50},
	    {"mailfrom:bounce", ASK_PAGE, 50},
	    {"nosuchwordanywhere", ASK_PAGE, 50},
	    {"%s", ASK_COUNT, 20},
	    {"subject:\"order %d:\"", ASK_COUNT, 20},
	    {"rcpt:user%d@mail.test", ASK_COUNT, 20},
	    {"", ASK_COUNT, 5},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ask(bench, rows[i].query, rows[i].question, rows[i].rounds);
}

/* What the writer does when it has the time. */
static void
erase_rest(struct bench *bench)
{
	double start = now_us(CLOCK_MONOTONIC);
	enum err err = ERR_OK;
	int steps = -1;

	while (!err) {
		err = erase_step(bench->sql, 256);
		check(bench, sql_checkpoint(bench->sql));
		steps++;
	}
	printf("erasing the rest in %d steps: %.0f ms\n", steps,
	    (now_us(CLOCK_MONOTONIC) - start) / 1000);
}

static void
remove_matching(struct bench *bench, const char *text)
{
	struct query_error error;
	struct query *query = query_parse(span_string(text), NULL, &error);
	struct pick_request request = {.query = query};
	double start = now_us(CLOCK_MONOTONIC), took;
	double cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
	uint64_t count = 0;

	check(bench, txn_begin(bench->sql));
	check(bench, pick_remove(bench->sql, &request, NULL, NULL, &count));
	check(bench, txn_commit(bench->sql));
	took = now_us(CLOCK_MONOTONIC) - start;
	cpu = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
	printf("remove %-20s %llu messages, %.0f a second (of CPU: %.0f)\n",
	    text, (unsigned long long)count, (double)count * 1e6 / took,
	    (double)count * 1e6 / cpu);
	query_free(query);
	erase_rest(bench);
}

static void
show_size(struct bench *bench)
{
	struct pick_stats stats;
	double start = now_us(CLOCK_MONOTONIC);

	check(bench, pick_stats(bench->sql, &stats));
	printf("stats in %.3f ms: %llu messages, %.0f bytes a message\n",
	    (now_us(CLOCK_MONOTONIC) - start) / 1000,
	    (unsigned long long)stats.accepted,
	    stats.accepted ? (double)stats.file_bytes / (double)stats.accepted
			   : 0);
	bench->count = (int)stats.accepted;
}

static uint64_t
number_of(const char *text)
{
	uint64_t number;

	if (span_number(span_string(text), &number))
		return number;
	(void)fprintf(stderr, "bench_index: %s: not a number\n", text);
	exit(1);
}

static void
remove_all(struct bench *bench)
{
	remove_matching(bench, "inbox:tenth");
	remove_matching(bench, "seq<=20000");
	remove_matching(bench, "");
}

static void
show_memory(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	printf("memory at most: %.1f MiB\n", (double)usage.ru_maxrss / 1024);
}

static bool
does(char **argv, int argc, const char *step)
{
	return argc < 5 || strcmp(argv[4], step) == 0;
}

int
main(int argc, char **argv)
{
	static struct bench bench = {.seed = 88172645463325252};
	struct failure failure;
	struct pick_stats stats;

	bench.count = (int)number_of(argc > 2 ? argv[2] : "100000");
	bench.size = (size_t)number_of(argc > 3 ? argv[3] : "4096");
	mime_init();
	if (sql_open(
		&bench.sql, argc > 1 ? argv[1] : NULL, SQL_WRITE, &failure) ||
	    schema_migrate(bench.sql, &failure)) {
		(void)fprintf(stderr, "bench_index: %s\n", failure.text);
		return 1;
	}
	check(&bench, sql_exec(bench.sql, "PRAGMA synchronous = NORMAL"));
	make_words(&bench);
	check(&bench, pick_stats(bench.sql, &stats));
	if (stats.accepted == 0)
		fill(&bench);
	show_size(&bench);
	if (argc > 5 && does(argv, argc, "remove"))
		remove_matching(&bench, argv[5]);
	else if (argc > 5)
		ask(&bench, argv[5], ASK_PAGE, ROUNDS);
	else if (does(argv, argc, "ask"))
		ask_all(&bench);
	if (argc < 6 && does(argv, argc, "remove"))
		remove_all(&bench);
	show_memory();
	sql_close(bench.sql);
	return 0;
}
