/* test_inbox: inboxes come and go with their messages. */
#include "inbox.h"

#include "corpus.h"
#include "unit.h"

#include <string.h>

static void
put(struct sql *sql, const char *inbox, enum message_state state)
{
	const struct corpus_row row = {"Subject: x\r\n\r\n", "", "", "", "", "",
	    inbox, "", state, 0, false};

	(void)corpus_put(sql, &row);
}

static bool
put_view(const struct inbox_view *view, void *context)
{
	return buf_printf(context, "%.*s:%lld/%lld/%lld ", SPAN_ARG(view->name),
	    (long long)view->messages, (long long)view->unread,
	    (long long)view->seq);
}

static void
assert_inboxes(struct sql *sql, const char *wanted)
{
	struct buf found;

	buf_init(&found, 1000);
	corpus_check(sql, inbox_list(sql, put_view, &found));
	assert_string_equal(found.len ? buf_string(&found) : "", wanted);
	buf_release(&found);
}

static bool
end_at_once(const struct inbox_view *view, void *context)
{
	(void)view;
	++*(int *)context;
	return false;
}

static void
lists_by_name(void **state)
{
	struct sql *sql = corpus_open(NULL);
	int told = 0;

	(void)state;
	assert_inboxes(sql, "");
	put(sql, "b", MESSAGE_ACCEPTED);
	put(sql, "a", MESSAGE_ACCEPTED);
	put(sql, "b", MESSAGE_REFUSED);
	put(sql, "", MESSAGE_ACCEPTED);
	put(sql, "b", MESSAGE_ACCEPTED);
	put(sql, "c", MESSAGE_ABORTED);
	corpus_check(
	    sql, sql_exec(sql, "UPDATE message SET is_read = 1 WHERE seq = 1"));
	/* What was not accepted makes an inbox, and is not counted. */
	assert_inboxes(sql, ":1/1/4 a:1/1/2 b:2/1/5 c:0/0/6 ");
	corpus_check(sql, inbox_list(sql, end_at_once, &told));
	assert_int_equal(told, 1);
	corpus_check(
	    sql, sql_exec(sql, "DELETE FROM message WHERE inbox = 'a'"));
	assert_inboxes(sql, ":1/1/4 b:2/1/5 c:0/0/6 ");
	sql_close(sql);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_by_name),
	};

	return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
