/* test_pick_session: which sessions are found, and what is read of them. */
#include "pick_session.h"

#include "pick.h"
#include "sample.h"
#include "txn.h"

#include <stdlib.h>

struct fixture {
	struct sql *sql;
};

static void
run(struct sql *sql, struct put_session *put)
{
	assert_int_equal(txn_begin(sql), ERR_OK);
	assert_int_equal(put->job.run(&put->job, sql), ERR_OK);
	assert_int_equal(txn_commit(sql), ERR_OK);
}

static void
put_session(struct sql *sql, const char *id, const char *helo,
    const char *dialogue, int64_t ended_us)
{
	struct put_session put;

	put_session_init(&put);
	(void)snprintf(put.id, sizeof(put.id), "%s", id);
	put.started_us = 1000;
	put.ended_us = ended_us;
	put.peer_port = 40000;
	put.accepted = 1;
	put.aborted = 2;
	for (int i = 0; i < PUT_SESSION_FIELDS; i++)
		put.fields[i] = SPAN("");
	put.fields[PUT_SESSION_LISTENER] = SPAN("smtp");
	put.fields[PUT_SESSION_PROTOCOL] = SPAN("smtp");
	put.fields[PUT_SESSION_PEER] = SPAN("127.0.0.1");
	put.fields[PUT_SESSION_HELO] = span_string(helo);
	put.fields[PUT_SESSION_ENDING] = SPAN("quit");
	put.dialogue = span_string(dialogue);
	run(sql, &put);
	put.part = 1;
	put.dialogue = SPAN("I 9 the end\n");
	run(sql, &put);
}

static int
set_up(void **state)
{
	static struct fixture fixture;

	fixture.sql = sample_database();
	put_session(fixture.sql, "one", "a.test", "C 5 HELO a.test\n", 2000);
	put_session(fixture.sql, "two", "b.test", "C 5 MAIL\\n\n", 0);
	put_session(fixture.sql, "three", "b.test", "C 5 xyzzy\n", 0);
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	sql_close(fixture->sql);
	return 0;
}

static bool
note_id(const struct pick_session *session, void *context)
{
	struct buf *ids = context;

	return buf_put(ids, session->id) && buf_put_char(ids, ' ');
}

static const struct row {
	const char *query;
	struct pick_session_request request;
	const char *ids;
} rows[] = {
    {NULL, {.after = 0}, "three two one "},
    {"", {.after = 0}, "three two one "},
    {NULL, {.after = 1}, "three two "},
    {NULL, {.before = 3}, "two one "},
    {NULL, {.limit = 2}, "three two "},
    {NULL, {.after = 1, .before = 3, .limit = 2}, "two "},
    {NULL, {.after = 3}, ""},
    {NULL, {.oldest_first = true}, "one two three "},
    {NULL, {.oldest_first = true, .limit = 1}, "one "},
    {NULL, {.oldest_first = true, .after = 1, .limit = 1}, "two "},
    {"helo:b.test", {.oldest_first = true}, "two three "},
    {"helo:b.test", {.after = 0}, "three two "},
    {"helo:b.test", {.limit = 1}, "three "},
    {"-helo:b.test", {.limit = 1}, "one "},
    {"peer:127.0.0.1 helo:a", {.after = 0}, "one "},
    {"xyzzy", {.after = 0}, "three "},
    {"the end", {.after = 0}, "three two one "},
    {"session:two OR id:one", {.after = 0}, "two one "},
    {"state:accepted", {.after = 0}, ""},
    {"finding:command-line-end", {.after = 0}, "two "},
};

static void
finds_what_is_asked_for(void **state)
{
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pick_session_request request = rows[i].request;
		struct query_error error;
		struct query *query = rows[i].query
		    ? query_parse(span_string(rows[i].query), NULL, &error)
		    : NULL;
		struct buf ids;

		buf_init(&ids, 1000);
		request.query = query;
		assert_int_equal(
		    pick_sessions(fixture->sql, &request, note_id, &ids),
		    ERR_OK);
		if (strcmp(buf_string(&ids), rows[i].ids) != 0)
			print_error("row %zu: %s\n", i, buf_string(&ids));
		assert_string_equal(buf_string(&ids), rows[i].ids);
		buf_release(&ids);
		query_free(query);
	}
}

static bool
check_one(const struct pick_session *session, void *context)
{
	unsigned *count = context;

	++*count;
	assert_int_equal(session->seq, 1);
	assert_int_equal(session->started_us, 1000);
	assert_int_equal(session->ended_us, 2000);
	assert_int_equal(session->peer_port, 40000);
	assert_int_equal(session->accepted, 1);
	assert_int_equal(session->refused, 0);
	assert_int_equal(session->aborted, 2);
	assert_true(span_equal(session->id, SPAN("one")));
	assert_true(
	    span_equal(session->fields[PUT_SESSION_LISTENER], SPAN("smtp")));
	assert_true(
	    span_equal(session->fields[PUT_SESSION_HELO], SPAN("a.test")));
	assert_true(
	    span_equal(session->fields[PUT_SESSION_ENDING], SPAN("quit")));
	assert_true(span_equal(session->fields[PUT_SESSION_SNI], SPAN("")));
	return true;
}

static void
reads_one_by_either_name(void **state)
{
	const struct fixture *fixture = *state;
	unsigned count = 0;

	assert_int_equal(
	    pick_session(fixture->sql, "one", check_one, &count), ERR_OK);
	assert_int_equal(
	    pick_session(fixture->sql, "1", check_one, &count), ERR_OK);
	assert_int_equal(count, 2);
	assert_int_equal(
	    pick_session(fixture->sql, "4", check_one, &count), ERR_NOT_FOUND);
	assert_int_equal(
	    pick_session(fixture->sql, "", check_one, &count), ERR_NOT_FOUND);
	assert_int_equal(pick_session(fixture->sql, "18446744073709551615",
			     check_one, &count),
	    ERR_NOT_FOUND);
}

static void
joins_what_was_said(void **state)
{
	const struct fixture *fixture = *state;
	struct buf text;

	buf_init(&text, 100);
	assert_int_equal(pick_dialogue(fixture->sql, 1, &text), ERR_OK);
	assert_string_equal(
	    buf_string(&text), "C 5 HELO a.test\nI 9 the end\n");
	assert_int_equal(pick_dialogue(fixture->sql, 77, &text), ERR_OK);
	assert_int_equal(text.len, strlen("C 5 HELO a.test\nI 9 the end\n"));
	buf_release(&text);
	buf_init(&text, 20);
	assert_int_equal(pick_dialogue(fixture->sql, 1, &text), ERR_LIMIT);
	buf_release(&text);
}

static bool
note_finding(const struct pick_finding *finding, void *context)
{
	struct buf *out = context;

	return buf_printf(out, "%.*s %.*s %.*s %d %.*s;",
		   SPAN_ARG(finding->rule), SPAN_ARG(finding->severity),
		   SPAN_ARG(finding->section), (int)finding->at,
		   SPAN_ARG(finding->bytes)) &&
	    finding->at < 8;
}

static void
reads_findings_in_order(void **state)
{
	const struct fixture *fixture = *state;
	struct buf out;

	assert_int_equal(
	    sql_exec(fixture->sql,
		"INSERT INTO finding VALUES"
		" (7, 'one', 'b', 'error', 'RFC 1', 9, x'78', 0),"
		" (7, 'one', 'a', 'info', 'RFC 2', 3, x'79', 0),"
		" (7, 'one', 'c', 'info', 'RFC 2', 10, x'79', 0),"
		" (8, 'one', 'a', 'info', 'RFC 2', 3, x'79', 0),"
		" (NULL, 'one', 'd', 'info', 'RFC 3', 1, x'7a', 0)"),
	    ERR_OK);
	buf_init(&out, 1000);
	assert_int_equal(
	    pick_findings(fixture->sql, 7, note_finding, &out), ERR_OK);
	assert_string_equal(
	    buf_string(&out), "a info RFC 2 3 y;b error RFC 1 9 x;");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		finds_what_is_asked_for, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		reads_one_by_either_name, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		joins_what_was_said, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		reads_findings_in_order, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
