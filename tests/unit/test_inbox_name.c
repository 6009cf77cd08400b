/* test_inbox_name: which inbox a message belongs to. */
#include "inbox_name.h"

#include "fail_alloc.h"
#include "mime.h"
#include "unit.h"

#include <string.h>

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG FIFTY FIFTY FIFTY FIFTY FIFTY

/* Recipients with blanks between; one that was refused has a '!' in front, one
   that is not answered yet a '?'. */
static const struct {
	const char *order;
	const char *listener, *user, *recipients, *header;
	const char *inbox;
} rows[] = {
    /* the usual order */
    {"", "", "", "a+t@x.test", "X-Inbox: h\r\n", "usual"},
    {"", "", "alice", "", "", "alice"},
    {"", "old", "alice", "", "", "old"},
    {"user,listener", "old", "alice", "", "", "alice"},
    {"user,listener", "old", "", "", "", "old"},
    {"user", "old", "", "", "", "usual"},
    /* plus-tags */
    {"plus", "", "alice", "a@x.test", "", "usual"},
    {"plus", "", "", "a+t1@x.test", "", "t1"},
    {"plus", "", "", "a+t1+u@x.test", "", "t1+u"},
    {"plus", "", "", "a+T1@x.test", "", "T1"},
    {"plus", "", "", "a+@x.test", "", "usual"},
    {"plus", "", "", "+t@x.test", "", "t"},
    {"plus", "", "", "postmaster", "", "usual"},
    {"plus", "", "", "a@x+y.test", "", "usual"},
    {"plus", "", "", "\"a+b@c\"@x.test", "", "b@c"},
    {"plus", "", "", "a@x.test b+t2@x.test c+t3@x.test", "", "t2"},
    {"plus", "", "", "!a+t1@x.test b+t2@x.test", "", "t2"},
    {"plus", "", "", "!a+t1@x.test ?b+t2@x.test", "", "t2"},
    {"plus", "", "", "!a+t1@x.test b@x.test", "", "usual"},
    {"plus", "", "", "!a@x.test !b+t2@x.test", "", "t2"},
    /* domains */
    {"domain", "", "", "a@T1.Test", "", "t1.test"},
    {"domain", "", "", "a@[127.0.0.1]", "", "[127.0.0.1]"},
    {"domain", "", "", "postmaster b@y.test", "", "y.test"},
    {"domain", "", "", "\"a@b\"@y.test", "", "y.test"},
    {"domain", "", "", "a@", "", "usual"},
    {"domain", "", "", "", "", "usual"},
    /* the header */
    {"header", "", "alice", "", "", "usual"},
    {"header", "", "", "", "X-Inbox: t1\r\n", "t1"},
    {"header", "", "", "", "A: b\r\nx-inbox:\tt 2 \r\nX-Inbox: t3\r\n", "t 2"},
    {"header", "", "", "", "X-Inbox:\r\n", "usual"},
    {"header", "", "", "", "X-Inbox: \r\n t4\r\n", "t4"},
    {"header", "", "", "", "X-Inbox: long\r\n  name\r\n", "long name"},
    {"header", "", "", "", "X-Inbox: =?utf-8?q?t=C3=A9st?=\r\n", "t\xc3\xa9st"},
    {"header", "", "", "",
	"X-Inbox: =?utf-8?q?tests/test=5Fa=2Epy=3A=3A?=\r\n"
	" =?utf-8?q?test=5Fb?=\r\n",
	"tests/test_a.py::test_b"},
    {"header", "", "", "", "X-Inbox: a=?b\r\n", "a=?b"},
    {"header", "", "", "", "X-Inbox: \x01\x7f\xff\xc2\x85.\r\n", "????."},
    {"header", "", "", "", "X-Inbox: " LONG "abcdefg\r\n", LONG "abcde"},
    {"header", "", "", "", "X-Inbox: " LONG "abcd\xc3\xa9\r\n", LONG "abcd"},
    {"header", "", "", "", "\r\nX-Inbox: in the text\r\n", "usual"},
    /* orders */
    {"header,plus,domain,user,listener", "l", "u", "a+p@d.test",
	"X-Inbox: h\r\n", "h"},
    {"header,plus,domain,user,listener", "l", "u", "a+p@d.test", "", "p"},
    {"header,plus,domain,user,listener", "l", "u", "a@d.test", "", "d.test"},
    {"header,plus,user,listener", "l", "u", "a@d.test", "", "u"},
    {"header,plus,user,listener", "l", "", "a@d.test", "", "l"},
    {"header,plus,header", "l", "", "a+p@d.test", "X-Inbox: h\r\n", "h"},
};

static struct budget budget = {1024 * 1024, 0};
static const struct spool_rules rules = {&budget, 64 * 1024, NULL};

static bool
add_recipients(struct message *message, const char *text)
{
	struct span rest = span_string(text);
	bool is_fine = true;

	while (rest.len > 0 && is_fine) {
		struct span word = span_cut(&rest, ' ');
		struct message_rcpt rcpt = {
		    .address = word, .reply = SPAN("250 2.1.5 OK")};

		if (word.at[0] == '!')
			rcpt.reply = SPAN("550 5.1.1 no");
		if (word.at[0] == '?')
			rcpt.reply = SPAN("");
		if (word.at[0] == '!' || word.at[0] == '?')
			span_skip(&rcpt.address, 1);
		is_fine = message_add_recipient(message, &rcpt);
	}
	return is_fine;
}

static struct inbox_order
order_of(const char *text)
{
	struct inbox_order order = {.count = 0};
	struct span rest = span_string(text);

	while (rest.len > 0)
		assert_true(inbox_order_add(&order, span_cut(&rest, ',')));
	return order;
}

static void
finds_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct inbox_order order = order_of(rows[i].order);
		struct message *message = message_new(&rules);
		struct inbox_facts facts = {
		    .listener = span_string(rows[i].listener),
		    .user = span_string(rows[i].user),
		    .message = message,
		    .header = span_string(rows[i].header),
		    .usual = SPAN("usual"),
		};
		struct inbox_name room;
		struct span name;

		assert_non_null(message);
		assert_true(add_recipients(message, rows[i].recipients));
		name = inbox_name_find(&room, &order, &facts);
		assert_ptr_equal(name.at, room.at);
		assert_string_equal(name.at, rows[i].inbox);
		assert_int_equal(name.len, strlen(rows[i].inbox));
		message_free(message);
	}
}

static void
finds_names_without_a_message(void **state)
{
	struct inbox_order order = order_of("plus,domain,header,user");
	struct inbox_facts facts = {.user = SPAN("u"), .usual = SPAN("usual")};
	struct inbox_name room;

	(void)state;
	assert_true(
	    span_equal(inbox_name_find(&room, &order, &facts), SPAN("u")));
}

static void
knows_its_sources(void **state)
{
	struct inbox_order order = order_of("header,plus,header");

	(void)state;
	assert_int_equal(order.count, 2);
	assert_int_equal(order.at[0], INBOX_HEADER);
	assert_int_equal(order.at[1], INBOX_PLUS);
	assert_false(inbox_order_add(&order, SPAN("Header")));
	assert_false(inbox_order_add(&order, SPAN("")));
	assert_false(inbox_order_add(&order, SPAN("head")));
	assert_int_equal(order.count, 2);
}

/* What cannot be decoded for want of memory is taken as it is written. */
static void
name_once(void *context)
{
	struct inbox_order order = order_of("header,plus");
	const struct inbox_facts facts = {
	    .header = SPAN("X-Inbox: =?utf-8?q?a?=\r\n"),
	    .usual = SPAN("usual"),
	};
	struct inbox_name room;

	(void)context;
	(void)inbox_name_find(&room, &order, &facts);
	assert_true(room.len > 0);
	if (!fail_alloc_happened())
		assert_string_equal(room.at, "a");
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(name_once, NULL) > 0);
}

static int
set_up(void **state)
{
	(void)state;
	mime_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_names),
	    cmocka_unit_test(finds_names_without_a_message),
	    cmocka_unit_test(knows_its_sources),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
