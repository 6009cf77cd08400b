/* test_index: what is written about messages, and that it is written once. */
#include "index.h"

#include "corpus.h"
#include "fail_alloc.h"
#include "txn.h"
#include "unit.h"

#include <string.h>

static const struct corpus_row letter = {
    "From: Ann <ann@x.test>\r\nTo: bob+Work@y.test\r\n"
    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9F?= \"you\"\r\n"
    "X-Tags: b, A\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nHi\nthere\r\n"
    "--b\r\nContent-Type: text/csv; name=d.csv\r\n"
    "Content-Disposition: attachment\r\n\r\n1,2\r\n--b--\r\n",
    "ann@x.test", "bob+Work@y.test blind@y.test", "h", "p", "u", "i", "s1",
    MESSAGE_ACCEPTED, 1711929600, false};

static void
assert_text(struct sql *sql, const char *text, const char *wanted)
{
	struct sql_row *row;

	corpus_check(sql, sql_start_once(sql, &row, text));
	corpus_check(sql, sql_step(row));
	if (!span_equal(sql_span(row, 0), span_string(wanted)))
		print_error("%s: %.*s\n", text, SPAN_ARG(sql_span(row, 0)));
	assert_true(span_equal(sql_span(row, 0), span_string(wanted)));
	corpus_check(sql, sql_done(row));
}

static void
free_entries(struct index_entry *entry)
{
	while (entry) {
		struct index_entry *next = entry->next;

		index_entry_free(entry);
		entry = next;
	}
}

static int
set_up(void **state)
{
	*state = corpus_open(NULL);
	return 0;
}

static int
tear_down(void **state)
{
	sql_close(*state);
	return 0;
}

static void
writes_rows(void **state)
{
	struct sql *sql = *state;

	(void)corpus_put(sql, &letter);
	corpus_check(sql, index_catch_up(sql));
	assert_text(
	    sql, "SELECT subject FROM summary", "Gr\xc3\xbc\xc3\x9f \"you\"");
	assert_text(sql, "SELECT from_list FROM summary",
	    "[{\"Name\":\"Ann\",\"Address\":\"ann@x.test\"}]");
	assert_text(sql, "SELECT bcc_list FROM summary",
	    "[{\"Name\":\"\",\"Address\":\"blind@y.test\"}]");
	assert_text(sql, "SELECT cc_list FROM summary", "[]");
	assert_text(sql, "SELECT sha256 FROM summary",
	    "57e55dc1d61b1b6ea8eec78337ef3fde"
	    "2f42bf72d1b30a573ce1e87a7d171d86");
	assert_text(sql,
	    "SELECT raw FROM header WHERE position = 2 AND name = 'Subject'",
	    "=?utf-8?Q?Gr=C3=BC=C3=9F?= \"you\"");
	assert_int_equal(
	    corpus_number(sql, "SELECT count(*) FROM header WHERE raw IS NULL"),
	    5);
	assert_text(
	    sql, "SELECT name FROM part WHERE role = 'attachment'", "d.csv");
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM part"), 3);
	assert_text(sql, "SELECT body FROM search", "hi there");
	assert_text(sql, "SELECT group_concat(name) FROM tag", "A,b,Work");
	assert_text(
	    sql, "SELECT rule FROM finding WHERE rule = 'bare-lf'", "bare-lf");
	assert_int_equal(corpus_number(sql, "SELECT findings FROM summary"),
	    corpus_number(sql, "SELECT count(*) FROM finding"));
	assert_true(corpus_number(sql, "SELECT trace_size FROM summary") > 50);
}

static void
takes_in_order_and_in_portions(void **state)
{
	struct sql *sql = *state;
	struct index_entry *entry;
	uint64_t count;
	int64_t seq;

	corpus_check(sql, index_backlog(sql, &count, &seq));
	assert_int_equal(count, 0);
	assert_int_equal(seq, 0);
	for (int i = 0; i < 5; i++)
		(void)corpus_put(sql, &letter);
	corpus_check(sql, index_backlog(sql, &count, &seq));
	assert_int_equal(count, 5);
	assert_int_equal(seq, 1);
	corpus_check(sql, index_take(sql, 2, UINT64_MAX / 2, &entry));
	assert_int_equal(entry->seq, 1);
	assert_int_equal(entry->size, strlen(letter.raw));
	assert_int_equal(entry->next->seq, 2);
	assert_null(entry->next->next);
	corpus_check(sql, txn_begin(sql));
	corpus_check(sql, index_put(sql, entry));
	corpus_check(sql, txn_commit(sql));
	free_entries(entry);
	/* One at least, however few bytes are asked for. */
	corpus_check(sql, index_take(sql, 10, 1, &entry));
	assert_int_equal(entry->seq, 3);
	assert_null(entry->next);
	free_entries(entry);
	corpus_check(sql, index_backlog(sql, &count, &seq));
	assert_int_equal(count, 3);
	assert_int_equal(seq, 3);
	corpus_check(sql, index_catch_up(sql));
	corpus_check(sql, index_take(sql, 10, 1, &entry));
	assert_null(entry);
}

static void
writes_each_message_once(void **state)
{
	struct sql *sql = *state;
	struct index_entry *entry;

	(void)corpus_put(sql, &letter);
	(void)corpus_put(sql, &letter);
	corpus_check(sql, index_take(sql, 10, UINT64_MAX / 2, &entry));
	/* Removed meanwhile. */
	corpus_check(sql, sql_exec(sql, "DELETE FROM message WHERE seq = 2"));
	for (int i = 0; i < 2; i++) {
		corpus_check(sql, txn_begin(sql));
		corpus_check(sql, index_put(sql, entry));
		corpus_check(sql, txn_commit(sql));
	}
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM summary"), 1);
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM part"), 3);
	free_entries(entry);
}

static void
indexes_anew_but_keeps_tags(void **state)
{
	struct sql *sql = *state;
	uint64_t count;
	int64_t seq;

	(void)corpus_put(sql, &letter);
	corpus_check(sql, index_catch_up(sql));
	corpus_check(sql, sql_exec(sql, "DELETE FROM tag WHERE name = 'a'"));
	corpus_check(sql, txn_begin(sql));
	corpus_check(sql, index_clear(sql));
	corpus_check(sql, txn_commit(sql));
	corpus_check(sql, index_backlog(sql, &count, &seq));
	assert_int_equal(count, 1);
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM header"), 0);
	corpus_check(sql, index_catch_up(sql));
	assert_text(sql, "SELECT group_concat(name) FROM tag", "b,Work");
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM header"), 6);
	assert_int_equal(
	    corpus_number(sql, "SELECT is_indexed FROM message"), 1);
}

static void
keeps_the_first_spelling_of_a_tag(void **state)
{
	struct sql *sql = *state;
	struct corpus_row other = letter;

	other.raw = "X-Tags: WORK, new\r\n\r\nx";
	other.rcpts = "bob@y.test";
	(void)corpus_put(sql, &letter);
	(void)corpus_put(sql, &other);
	corpus_check(sql, index_catch_up(sql));
	assert_text(sql, "SELECT group_concat(name) FROM tag WHERE message = 2",
	    "new,Work");
}

/* A file may be anybody's: a body may be missing. */
static void
bears_a_missing_body(void **state)
{
	struct sql *sql = *state;
	uint64_t count;
	int64_t seq;

	(void)corpus_put(sql, &letter);
	corpus_check(sql, sql_exec(sql, "DELETE FROM raw"));
	corpus_check(sql, index_catch_up(sql));
	corpus_check(sql, index_backlog(sql, &count, &seq));
	assert_int_equal(count, 0);
	assert_text(sql, "SELECT subject FROM summary", "");
}

static void
writes_findings_of_sessions(void **state)
{
	struct sql *sql = *state;
	struct findings findings;

	findings_init(&findings);
	assert_true(finding_session(&findings,
	    SPAN("S 0 220 x\nC 10 HELO x\nS 20 250 x\nC 30 MAIL FROM:<>\n"
		 "S 40 250 x\n"),
	    SPAN("127.0.0.1")));
	assert_true(findings.count > 0);
	for (int i = 0; i < 2; i++)
		corpus_check(sql,
		    index_put_session_findings(sql, SPAN("s1"), &findings));
	assert_int_equal(corpus_number(sql,
			     "SELECT count(*) FROM finding"
			     " WHERE session = 's1' AND message IS NULL"),
	    findings.count);
	findings_release(&findings);
}

static void
take_and_put(void *context)
{
	struct sql *sql = context;
	struct index_entry *entry;

	if (index_take(sql, 10, UINT64_MAX / 2, &entry))
		assert_null(entry);
	if (entry && txn_begin(sql) == ERR_OK) {
		(void)index_put(sql, entry);
		txn_rollback(sql);
	}
	free_entries(entry);
}

static void
bears_lack_of_memory(void **state)
{
	struct sql *sql = *state;

	(void)corpus_put(sql, &letter);
	assert_true(fail_alloc_each(take_and_put, sql) > 10);
	corpus_check(sql, index_catch_up(sql));
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM summary"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(writes_rows),
	    TEST(takes_in_order_and_in_portions),
	    TEST(writes_each_message_once),
	    TEST(indexes_anew_but_keeps_tags),
	    TEST(keeps_the_first_spelling_of_a_tag),
	    TEST(bears_a_missing_body),
	    TEST(writes_findings_of_sessions),
	    TEST(bears_lack_of_memory),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
