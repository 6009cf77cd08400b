/* test_pick: pages, counts and single messages; and how they leave. */
#include "pick.h"

#include "corpus.h"
#include "fail_alloc.h"
#include "index.h"
#include "txn.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* The corpus has 24 messages, two of which were not accepted: 10 and 11. */
#define ALL 24
#define REFUSED 10

static int
set_up(void **state)
{
	struct sql *sql = corpus_open(NULL);

	corpus_fill(sql);
	corpus_check(sql, index_catch_up(sql));
	*state = sql;
	return 0;
}

static int
tear_down(void **state)
{
	sql_close(*state);
	return 0;
}

struct found {
	int64_t seqs[64];
	size_t count;
	size_t limit; /* the callback ends the walk there; 0: never */
};

static bool
add(const struct pick_row *row, void *context)
{
	struct found *found = context;

	found->seqs[found->count++] = row->seq;
	return found->count != found->limit;
}

static struct query *
parse(const char *text)
{
	struct query_error error;
	struct query *query = query_parse(span_string(text), NULL, &error);

	assert_non_null(query);
	return query;
}

static struct found
find(struct sql *sql, struct pick_request request, const char *text)
{
	struct found found = {{0}, 0, 0};
	struct query *query = text ? parse(text) : NULL;

	request.query = query;
	corpus_check(sql, pick_messages(sql, &request, add, &found));
	query_free(query);
	return found;
}

static void
shows_the_newest_first(void **state)
{
	struct found found = find(*state, (struct pick_request){0}, NULL);

	assert_int_equal(found.count, ALL - 2);
	for (size_t i = 1; i < found.count; i++)
		assert_true(found.seqs[i] < found.seqs[i - 1]);
	assert_int_equal(found.seqs[0], ALL);
	found = find(*state, (struct pick_request){.oldest_first = true}, NULL);
	assert_int_equal(found.seqs[0], 1);
	assert_int_equal(found.count, ALL - 2);
}

static void
shows_pages(void **state)
{
	struct pick_request request = {.limit = 3};
	struct found found = find(*state, request, NULL);

	assert_int_equal(found.count, 3);
	assert_int_equal(found.seqs[2], ALL - 2);
	request.before = found.seqs[2];
	found = find(*state, request, NULL);
	assert_int_equal(found.seqs[0], ALL - 3);
	request = (struct pick_request){.limit = 2, .skip = 3};
	found = find(*state, request, NULL);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.seqs[0], ALL - 3);
	request = (struct pick_request){.skip = 100};
	assert_int_equal(find(*state, request, NULL).count, 0);
	request = (struct pick_request){.after = 3, .before = 7};
	found = find(*state, request, NULL);
	assert_int_equal(found.count, 3);
	assert_int_equal(found.seqs[0], 6);
	assert_int_equal(found.seqs[2], 4);
}

static void
keeps_other_states_apart(void **state)
{
	struct pick_request all = {.all_states = true};

	assert_int_equal(find(*state, all, NULL).count, ALL);
	assert_int_equal(
	    find(*state, (struct pick_request){0}, "state:refused").seqs[0],
	    REFUSED);
	assert_int_equal(
	    find(*state, (struct pick_request){0}, "subject:refused").count, 0);
	assert_int_equal(find(*state, (struct pick_request){0},
			     "subject:refused -state:aborted")
			     .count,
	    1);
	assert_int_equal(find(*state, all, "subject:refused").count, 1);
}

static void
heeds_the_inbox(void **state)
{
	struct pick_request request = {.inbox = "one"};

	assert_int_equal(find(*state, request, NULL).count, 2);
	assert_int_equal(find(*state, request, "subject:back").count, 1);
	request.inbox = "";
	assert_int_equal(find(*state, request, NULL).count, 1);
	request.inbox = "none";
	assert_int_equal(find(*state, request, NULL).count, 0);
}

static void
stops_when_told(void **state)
{
	struct pick_request request = {0};
	struct found found = {{0}, 0, 2};

	corpus_check(*state, pick_messages(*state, &request, add, &found));
	assert_int_equal(found.count, 2);
}

static void
counts(void **state)
{
	struct pick_request request = {.limit = 1, .skip = 5};
	struct pick_count count;
	struct query *query = parse("inbox:one OR inbox:two");

	corpus_check(*state, pick_count(*state, &request, &count));
	assert_int_equal(count.count, ALL - 2);
	assert_int_equal(count.unread, ALL - 2 - 3);
	request.query = query;
	corpus_check(*state, pick_count(*state, &request, &count));
	assert_int_equal(count.count, 5);
	assert_int_equal(count.unread, 3);
	query_free(query);
}

struct seen {
	char text[2048];
	int64_t seq;
};

static bool
describe(const struct pick_row *row, void *context)
{
	struct seen *seen = context;
	const struct pick_summary *summary = &row->summary;
	struct message_rcpt rcpt = {0};

	if (row->message->recipient_count)
		rcpt = message_recipient(row->message, 0);
	seen->seq = row->seq;
	(void)snprintf(seen->text, sizeof(seen->text),
	    "%s %d %.*s %.*s %.*s|%.*s|%.*s|%.*s|%.*s %d %d", row->message->id,
	    (int)row->message->state,
	    SPAN_ARG(message_get(row->message, MESSAGE_MAIL_FROM)),
	    SPAN_ARG(rcpt.address), SPAN_ARG(rcpt.reply),
	    SPAN_ARG(summary->subject), SPAN_ARG(summary->from),
	    SPAN_ARG(summary->bcc), SPAN_ARG(summary->tags), summary->is_read,
	    summary->is_indexed);
	return true;
}

static void
shows_one_message(void **state)
{
	struct seen seen = {"", 0};

	corpus_check(*state,
	    pick_message(*state, "0aB0000000000000000004", describe, &seen));
	assert_int_equal(seen.seq, 4);
	assert_string_equal(seen.text,
	    "0aB0000000000000000004 0  dave@z.test 250 2.1.5 Ok|Invoice 4712|"
	    "[{\"Name\":\"\",\"Address\":\"shop@x.test\"}]|"
	    "[{\"Name\":\"\",\"Address\":\"hidden@z.test\"}]|[] 1 1");
	corpus_check(*state, pick_message(*state, "10", describe, &seen));
	assert_int_equal(seen.seq, REFUSED);
	corpus_check(*state, pick_message(*state, "8", describe, &seen));
	assert_non_null(strstr(seen.text,
	    "[\"deep blue\",\"gr n\",\"own\",\"Red\",\"Tag.Two\",\"tag1\"]"));
}

static void
shows_what_is_not_indexed(void **state)
{
	struct sql *sql = *state;
	struct seen seen = {"", 0};
	int64_t seq = corpus_put(sql, &corpus_rows[0]);

	corpus_check(sql, pick_message(sql, "25", describe, &seen));
	assert_int_equal(seen.seq, seq);
	assert_string_equal(seen.text,
	    "0aB0000000000000000025 0 alice@x.test bob@y.test 250 2.1.5 Ok|||"
	    "|[] 0 0");
}

static void
remove_matching(struct sql *sql, struct pick_request request, const char *text,
    uint64_t wanted)
{
	struct query *query = text ? parse(text) : NULL;
	uint64_t count = 77;

	request.query = query;
	corpus_check(sql, txn_begin(sql));
	corpus_check(sql, pick_remove(sql, &request, NULL, NULL, &count));
	corpus_check(sql, txn_commit(sql));
	assert_int_equal(count, wanted);
	query_free(query);
}

static void
knows_what_is_gone(void **state)
{
	struct sql *sql = *state;
	struct seen seen;

	assert_int_equal(
	    pick_message(sql, "0aB0000000000000000099", describe, &seen),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    pick_message(sql, "99", describe, &seen), ERR_NOT_FOUND);
	assert_int_equal(pick_message(sql, "", describe, &seen), ERR_NOT_FOUND);
	assert_int_equal(
	    pick_message(sql, "0", describe, &seen), ERR_NOT_FOUND);
	assert_int_equal(
	    pick_message(sql, "99999999999999999999", describe, &seen),
	    ERR_NOT_FOUND);
	remove_matching(sql, (struct pick_request){0}, "seq=3", 1);
	assert_int_equal(
	    pick_message(sql, "0aB0000000000000000003", describe, &seen),
	    ERR_GONE);
	assert_int_equal(pick_message(sql, "3", describe, &seen), ERR_GONE);
}

/* Rows of all tables that belong to messages which are not there. */
static void
assert_no_orphans(struct sql *sql)
{
	static const char *const texts[] = {
	    "SELECT count(*) FROM recipient"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	    "SELECT count(*) FROM raw"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	    "SELECT count(*) FROM summary"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	    "SELECT count(*) FROM header"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	    "SELECT count(*) FROM part"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	    "SELECT count(*) FROM search"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	    "SELECT count(*) FROM tag"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	    "SELECT count(*) FROM finding"
	    " WHERE message NOT IN (SELECT seq FROM message)",
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(corpus_number(sql, texts[i]), 0);
	assert_int_equal(
	    corpus_number(
		sql, "SELECT value FROM counter WHERE name = 'messages'"),
	    corpus_number(sql, "SELECT count(*) FROM message"));
	assert_int_equal(corpus_number(sql,
			     "SELECT value FROM counter WHERE name = 'bytes'"),
	    corpus_number(sql, "SELECT ifnull(sum(size), 0) FROM message"));
}

static void
removes_what_matches(void **state)
{
	struct sql *sql = *state;
	struct pick_stats stats;

	remove_matching(sql, (struct pick_request){0}, "inbox:two", 3);
	assert_no_orphans(sql);
	remove_matching(sql, (struct pick_request){0}, "inbox:two", 0);
	/* Pages of a removal are like those of a look. */
	remove_matching(sql,
	    (struct pick_request){.oldest_first = true, .limit = 1}, NULL, 1);
	assert_int_equal(corpus_number(sql, "SELECT min(seq) FROM message"), 2);
	remove_matching(sql, (struct pick_request){0}, "state:refused", 1);
	corpus_check(sql, pick_stats(sql, &stats));
	assert_int_equal(stats.removed, 5);
	assert_int_equal(stats.accepted, ALL - 2 - 4);
	assert_int_equal(stats.refused, 0);
	assert_int_equal(stats.aborted, 1);
	assert_no_orphans(sql);
}

static void
removes_everything(void **state)
{
	struct sql *sql = *state;
	struct seen seen;

	/* What was not accepted stays. */
	remove_matching(sql, (struct pick_request){0}, NULL, ALL - 2);
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM message"), 2);
	assert_no_orphans(sql);
	remove_matching(sql, (struct pick_request){.all_states = true}, "", 2);
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM message"), 0);
	assert_no_orphans(sql);
	assert_int_equal(
	    pick_message(sql, "0aB0000000000000000010", describe, &seen),
	    ERR_GONE);
	remove_matching(sql, (struct pick_request){0}, NULL, 0);
	assert_int_equal(corpus_put(sql, &corpus_rows[0]), ALL + 1);
}

static bool
note_gone(const struct pick_row *row, void *context)
{
	struct seen *seen = context;

	(void)snprintf(seen->text, sizeof(seen->text), "%s %.*s",
	    row->message->id,
	    SPAN_ARG(message_get(row->message, MESSAGE_INBOX)));
	seen->seq++;
	return row->seq != 3;
}

static void
tells_what_goes(void **state)
{
	struct sql *sql = *state;
	struct pick_request request = {.oldest_first = true};
	struct seen seen = {"", 0};
	uint64_t count;

	corpus_check(sql, txn_begin(sql));
	corpus_check(sql, pick_remove(sql, &request, note_gone, &seen, &count));
	corpus_check(sql, txn_commit(sql));
	assert_int_equal(seen.seq, 3);
	assert_int_equal(count, 3);
	assert_string_equal(seen.text, "0aB0000000000000000003 two");
	assert_int_equal(corpus_number(sql, "SELECT min(seq) FROM message"), 4);
}

static void
tells_the_stats(void **state)
{
	struct sql *sql = *state;
	struct pick_stats stats;

	corpus_check(sql, pick_stats(sql, &stats));
	assert_int_equal(stats.accepted, ALL - 2);
	assert_int_equal(stats.refused, 1);
	assert_int_equal(stats.aborted, 1);
	assert_int_equal(stats.unread, ALL - 2 - 3);
	assert_int_equal(stats.seq, ALL);
	assert_int_equal(
	    stats.bytes, corpus_number(sql, "SELECT sum(size) FROM message"));
	assert_true(stats.file_bytes >= 16384);
	assert_true(stats.first_us == (int64_t)1711929600 * 1000000);
	assert_true(stats.last_us > stats.first_us);
	assert_int_equal(stats.removed, 0);
}

static bool
add_bytes(struct span bytes, void *context)
{
	return buf_put(context, bytes);
}

static int64_t
cursor(struct sql *sql)
{
	int64_t seq = -1;

	corpus_check(sql, pick_found(sql, &seq));
	return seq;
}

/* What is being indexed anew could be found before. */
static void
knows_how_far_one_can_find(void **state)
{
	int64_t newest = -1;

	corpus_check(*state, pick_newest(*state, &newest));
	assert_int_equal(cursor(*state), newest);
	corpus_check(
	    *state, sql_exec(*state, "UPDATE message SET is_indexed = 2"));
	assert_int_equal(cursor(*state), newest);
	corpus_check(*state,
	    sql_exec(
		*state, "UPDATE message SET is_indexed = 0 WHERE seq > 4"));
	assert_int_equal(cursor(*state), 4);
}

static bool
note_seq(const struct pick_row *row, void *context)
{
	*(int64_t *)context = row->seq;
	return true;
}

static void
shows_no_more_than_can_be_found(void **state)
{
	struct pick_request request = {.limit = 100, .oldest_first = true};
	int64_t newest, seen = 0;

	corpus_check(*state, pick_last(*state, &newest));
	corpus_check(
	    *state, pick_found_messages(*state, &request, note_seq, &seen));
	assert_int_equal(seen, newest);
	corpus_check(*state,
	    sql_exec(
		*state, "UPDATE message SET is_indexed = 0 WHERE seq > 4"));
	corpus_check(
	    *state, pick_found_messages(*state, &request, note_seq, &seen));
	assert_int_equal(seen, 4);
	request.before = 3;
	corpus_check(
	    *state, pick_found_messages(*state, &request, note_seq, &seen));
	assert_int_equal(seen, 2);
}

static void
tells_the_last_that_is_there(void **state)
{
	int64_t newest = -1, last = -1;

	corpus_check(*state, pick_newest(*state, &newest));
	corpus_check(*state, pick_last(*state, &last));
	assert_int_equal(last, newest);
	corpus_check(
	    *state, sql_exec(*state, "DELETE FROM message WHERE seq > 4"));
	corpus_check(*state, pick_last(*state, &last));
	assert_int_equal(last, 4);
	corpus_check(*state, pick_newest(*state, &last));
	assert_int_equal(last, newest);
	corpus_check(*state, sql_exec(*state, "DELETE FROM message"));
	corpus_check(*state, pick_last(*state, &last));
	assert_int_equal(last, 0);
}

static void
reads_bodies(void **state)
{
	struct sql *sql = *state;
	struct span wanted = span_string(corpus_rows[2].raw);
	struct buf out;

	buf_init(&out, wanted.len);
	corpus_check(sql, pick_body(sql, 3, add_bytes, &out));
	assert_true(span_equal(buf_span(&out), wanted));
	buf_reset(&out);
	corpus_check(sql, pick_body_whole(sql, 3, &out));
	assert_true(span_equal(buf_span(&out), wanted));
	assert_int_equal(pick_body_whole(sql, 3, &out), ERR_LIMIT);
	assert_int_equal(pick_body_whole(sql, 99, &out), ERR_NOT_FOUND);
	assert_int_equal(pick_body(sql, 99, add_bytes, &out), ERR_NOT_FOUND);
	buf_release(&out);
}

static void
use_all(void *context)
{
	struct sql *sql = context;
	struct pick_request request = {0};
	struct found found = {{0}, 0, 0};
	struct query_error error;
	struct query *query = query_parse(
	    SPAN("hello OR -(rcpt:*@x.test seq>3) tag:red"), NULL, &error);
	struct pick_count count;
	struct seen seen;
	uint64_t removed;

	request.query = query;
	if (!query)
		return;
	(void)pick_messages(sql, &request, add, &found);
	(void)pick_count(sql, &request, &count);
	(void)pick_message(sql, "4", describe, &seen);
	if (txn_begin(sql) == ERR_OK) {
		(void)pick_remove(sql, &request, note_gone, &seen, &removed);
		txn_rollback(sql);
	}
	query_free(query);
}

static void
bears_lack_of_memory(void **state)
{
	assert_true(fail_alloc_each(use_all, *state) > 20);
	assert_int_equal(
	    corpus_number(*state, "SELECT count(*) FROM message"), ALL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(shows_the_newest_first),
	    TEST(shows_pages),
	    TEST(keeps_other_states_apart),
	    TEST(heeds_the_inbox),
	    TEST(stops_when_told),
	    TEST(counts),
	    TEST(shows_one_message),
	    TEST(shows_what_is_not_indexed),
	    TEST(knows_what_is_gone),
	    TEST(removes_what_matches),
	    TEST(removes_everything),
	    TEST(tells_what_goes),
	    TEST(tells_the_stats),
	    TEST(knows_how_far_one_can_find),
	    TEST(shows_no_more_than_can_be_found),
	    TEST(tells_the_last_that_is_there),
	    TEST(reads_bodies),
	    TEST(bears_lack_of_memory),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
