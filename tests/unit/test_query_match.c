/* test_query_match: one message, and the queries that do and do not fit it. */
#include "query_match.h"

#include "unit.h"

#include <string.h>

static const char letter[] =
    "From: =?utf-8?Q?J=C3=96RG?= <J@x.test>\r\n"
    "To: Bob <b@y.test>, c@z.test\r\n"
    "Reply-To: r@x.test\r\n"
    "Subject: Hello, (World) 100%\r\n"
    "Message-ID: <ID.1@x.test>\r\n"
    "X-Two: one\r\n"
    "X-Two: =?utf-8?Q?zw=C3=B6lf?=\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "--b\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Some text, in the\r\nbody\r\n"
    "--b\r\n"
    "Content-Type: application/pdf; name=\"A [1].pdf\"\r\n"
    "Content-Disposition: attachment\r\n"
    "\r\n"
    "secret\r\n"
    "--b\r\n"
    "Content-Type: image/png; name=p.png\r\n"
    "Content-Disposition: inline\r\n"
    "\r\n"
    "x\r\n"
    "--b--\r\n";

static const char *const fitting[] = {
    "",
    "hello",
    "\"hello world\"",
    "HELLO -goodbye",
    "j\xc3\xb6rg",
    "J\xc3\x96RG",
    "100%",
    "\"text in the body\"",
    "a@b.test", /* the envelope is searched, too */
    "\"a [1].pdf\"",
    "(nothing OR hello) world",
    "-(hello nothing)",
    "rcpt:B@Y rcpt:*@Y.test rcpt:blind",
    "mailfrom:a@B mailfrom:?@*.test* mailfrom:*",
    "helo:client helo:CLIENT.* peer:127.0 peer:127.*.1 user:me user:*E",
    "inbox:Box id:0000000000000000000001 session:s1",
    "state:accepted -state:refused",
    "seq>41 seq>=42 seq<=42 seq<43 seq=42 -seq=41",
    "after:2024-04-01 before:2024-04-01",
    "larger:99 -larger:100 smaller:101 -smaller:100",
    "from:j\xc3\xb6 from:x.test from:*@x.test from:J*G",
    "to:bob to:B@Y.test to:*@z.test to:bo*",
    "bcc:blind bcc:BLIND@x.test bcc:blind*",
    "reply-to:r@ addressed:c@z addressed:blind addressed:r@*",
    "subject:\"hello, (world)\" subject:0%",
    "message-id:<id.1@x.test>",
    "header:x-two header:X-TWO=One header:X-Two=zw\xc3\xb6",
    "body:\"text in\"",
    "attachment:*.pdf attachment:a*].PDF attachment:\"A [1].pdf\" "
    "attachment:\"a [?].pdf\"",
    "tag:red tag:\"Deep Blue\" is:tagged",
    "-is:read is:unread has:attachment has:inline",
    "has:finding finding:bare-lf finding:BARE-*",
};

static const char *const other[] = {
    "goodbye",
    "hello -world",
    "hellow",
    "h_llo",
    "secret",
    "id.1@x.test", /* no part of the search text */
    "hello nothing",
    "(nothing OR goodbye)",
    "rcpt:full",
    "rcpt:y.test*",
    "rcpt:b@y.tes?", /* no star: the text itself */
    "mailfrom:x.test",
    "mailfrom:<>",
    "mailfrom:*b",
    "helo:server",
    "peer:128",
    "user:*x",
    "inbox:box",
    "inbox:Bo",
    "id:000000000000000000000",
    "session:S1",
    "state:refused",
    "state:aborted",
    "seq>42",
    "seq<42",
    "seq=41",
    "after:2024-04-01T00:00:01Z",
    "before:2024-03-31",
    "larger:100",
    "smaller:100",
    "from:bob",
    "from:*@y.test",
    "from:x.test*",
    "to:name",
    "to:j@x.test",
    "to:blind",
    "cc:b",
    "bcc:b@y.test",
    "bcc:full*",
    "reply-to:j",
    "addressed:nobody",
    "subject:\"hello world\"",
    "message-id:other",
    "header:X-Three",
    "header:X-Tw",
    "header:X-Two=three",
    "body:hello",
    "attachment:*.png",
    "attachment:pdf",
    "attachment:?.pdf",
    "tag:re",
    "tag:blue",
    "is:read",
    "finding:bare-cr",
    "finding:long-*",
};

static const char *const tags[] = {"Deep blue", "Red", NULL};

static const struct finding_rule rule = {"bare-lf", FINDING_ERROR,
    FINDING_OF_MESSAGE, "RFC 5321 2.3.8", "A line ends with LF alone"};

struct fixture {
	struct message *message;
	struct mime *mime;
	struct search_text search;
	struct finding finding;
	struct findings findings;
	struct query_subject subject;
};

static void
add(struct message *message, const char *address, const char *reply)
{
	struct message_rcpt rcpt = {
	    span_string(address), {"", 0}, span_string(reply), {"", 0}};

	assert_true(message_add_recipient(message, &rcpt));
}

static struct budget budget = {1024 * 1024, 0};
static const struct spool_rules rules = {&budget, 64 * 1024, NULL};

static struct message *
make_envelope(void)
{
	static const struct {
		enum message_field field;
		const char *text;
	} fields[] = {
	    {MESSAGE_SESSION, "s1"},
	    {MESSAGE_INBOX, "Box"},
	    {MESSAGE_PEER, "127.0.0.1"},
	    {MESSAGE_HELO, "client.test"},
	    {MESSAGE_USER, "Me"},
	    {MESSAGE_MAIL_FROM, "A@b.test"},
	};
	struct message *message = message_new(&rules);

	assert_non_null(message);
	memcpy(message->id, "0000000000000000000001", UID_SIZE);
	message->received_us = (int64_t)1711929600 * 1000000;
	for (size_t i = 0; i < COUNT(fields); i++)
		assert_true(message_set(
		    message, fields[i].field, span_string(fields[i].text)));
	add(message, "b@y.test", "250 ok");
	add(message, "Blind@x.test", "250 ok");
	add(message, "full@x.test", "452 full");
	return message;
}

static int
set_up(void **state)
{
	static struct fixture fixture;

	fixture.message = make_envelope();
	fixture.mime = mime_parse(SPAN(letter));
	search_text_init(&fixture.search);
	assert_true(
	    search_text_make(&fixture.search, fixture.message, fixture.mime));
	fixture.finding.rule = &rule;
	fixture.findings.at = &fixture.finding;
	fixture.findings.count = 1;
	fixture.subject = (struct query_subject){42, 100, fixture.message,
	    fixture.mime, &fixture.search, &fixture.findings, tags, false, 50};
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	search_text_release(&fixture->search);
	mime_free(fixture->mime);
	message_free(fixture->message);
	return 0;
}

static struct query *
parse(const char *text)
{
	struct query_error error;
	struct query *query = query_parse(span_string(text), NULL, &error);

	if (!query)
		print_error("%s: %s\n", text, error.text);
	assert_non_null(query);
	return query;
}

static bool
matches(const struct fixture *fixture, const char *text)
{
	struct query *query = parse(text);
	bool is_match = query_match(query, &fixture->subject);

	query_free(query);
	return is_match;
}

static void
finds_what_fits(void **state)
{
	for (size_t i = 0; i < COUNT(fitting); i++) {
		if (!matches(*state, fitting[i]))
			print_error("%s\n", fitting[i]);
		assert_true(matches(*state, fitting[i]));
	}
}

static void
leaves_the_others(void **state)
{
	for (size_t i = 0; i < COUNT(other); i++) {
		if (matches(*state, other[i]))
			print_error("%s\n", other[i]);
		assert_false(matches(*state, other[i]));
	}
}

static void
matches_without_marks(void **state)
{
	struct fixture bare = *(struct fixture *)*state;

	bare.subject.tags = NULL;
	bare.subject.findings = NULL;
	bare.subject.is_read = true;
	assert_false(matches(&bare, "tag:red"));
	assert_false(matches(&bare, "is:tagged"));
	assert_false(matches(&bare, "has:finding"));
	assert_false(matches(&bare, "finding:bare-lf"));
	assert_true(matches(&bare, "is:read -is:unread"));
	assert_true(query_match(NULL, &bare.subject));
	bare.subject.search = NULL;
	assert_true(matches(&bare, "hello bcc:blind"));
	assert_false(matches(&bare, "goodbye"));
}

static void
tells_what_misses(void **state)
{
	static const struct {
		const char *query;
		const char *misses;
		size_t count;
	} rows[] = {
	    {"hello", "", 0},
	    {"hello goodbye", "goodbye\n", 1},
	    {"subject:\"A b\" hello rcpt:none -to:bob",
		"subject:\"a b\"\nrcpt:none\n-to:bob\n", 3},
	    {"(goodbye OR subject:x) hello", "(goodbye OR subject:x)\n", 1},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct query *query = parse(rows[i].query);
		struct buf out;
		size_t count = 0;

		buf_init(&out, 1000);
		assert_true(
		    query_misses(query, &fixture->subject, &out, &count));
		assert_string_equal(buf_string(&out), rows[i].misses);
		assert_int_equal(count, rows[i].count);
		buf_release(&out);
		query_free(query);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_fits),
	    cmocka_unit_test(leaves_the_others),
	    cmocka_unit_test(matches_without_marks),
	    cmocka_unit_test(tells_what_misses),
	};

	mime_init();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
