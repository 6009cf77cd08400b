/* test_query_sql: SQL finds what the matcher in memory finds, query by query.
 */
#include "query_sql.h"

#include "corpus.h"
#include "index.h"
#include "pick.h"
#include "query_match.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGES_MAX 64

/* Each is asked for in both dialects. */
static const char *const queries[] = {
    /* text */
    "",
    "hello",
    "HELLO",
    "-hello",
    "hello world",
    "\"to the house\"",
    "\"hello bob welcome\"",
    "voice",
    "invoice",
    "nvoi",
    "in",
    "a",
    "%",
    "_",
    "100%",
    "50% -off",
    "under_score",
    "unde_score",
    "\\",
    "*",
    "ab*c?d",
    "[x]",
    "gr\xc3\xbc\xc3\x9f"
    "e",
    "GR\xc3\x9c\xc3\x9f"
    "E",
    "\xc3\xa4gypten",
    "\xc3\x84GYPTEN",
    "\xcf\x89",
    "j\xc3\xb6rg",
    "m\xc3\xbc",
    "\xe5\xa5\xbd\xe4\xb8\x96",
    "hidden",
    "\"hidden title\"",
    "http://l.test/a_b",
    "http://l.test/",
    "4711",
    "order",
    "\"order 4711 has\"",
    "user4711@example.com",
    "example",
    "0a1b2c3d",
    "a1b2",
    "0a1b2c3d4e5f",
    "califragil",
    "supercalifragilisticexpialidocious",
    "aGVsbG8gd29y",
    "token=ab12",
    "plain",
    "rich",
    "\"rich words plain\"",
    "\"pic.png\"",
    "invoice-4711.pdf",
    "ret@x.test",
    "\"friends:\"",
    "\"smith j\"",
    "one.two@x.test",
    "secret",
    "full@x.test",
    "u5@many.test",
    "second",
    "x",
    /* the envelope */
    "rcpt:bob@y.test",
    "rcpt:BOB",
    "rcpt:hidden",
    "rcpt:full",
    "rcpt:*@many.test",
    "rcpt:u?@many*",
    "rcpt:*full*",
    "rcpt:*",
    "-rcpt:*@x.test",
    "rcpt:F2@y.test",
    "mailfrom:alice",
    "mailfrom:@x.test",
    "mailfrom:*@x.test",
    "mailfrom:*+17@*",
    "mailfrom:a*b",
    "mailfrom:*",
    "mailfrom:a?b*",
    "mailfrom:<>",
    "-mailfrom:<>",
    "-mailfrom:a@x.test",
    "helo:client",
    "helo:CLIENT.TEST",
    "helo:*.x.test",
    "helo:[127",
    "helo:h*",
    "peer:127.0.0.1",
    "peer:10.0.0.?*",
    "peer:10.*",
    "peer:::1",
    "user:me",
    "user:u_%",
    "user:*%\\",
    "inbox:one",
    "inbox:One",
    "inbox:o",
    "inbox:one OR inbox:two",
    "id:0aB0000000000000000003",
    "id:0ab0000000000000000003",
    "session:s1",
    "session:S1",
    "session:s",
    "state:accepted",
    "state:refused",
    "state:aborted",
    "-state:accepted",
    "state:refused OR state:aborted",
    "refused state:refused",
    "seq>5",
    "seq>=5",
    "seq<5",
    "seq<=5",
    "seq=5",
    "seq:5",
    "-seq>5",
    "seq>3 seq<7",
    "seq>9223372036854775807",
    /* numbers */
    "after:2024-04-05",
    "-after:2024-04-05",
    "before:2024-04-05",
    "-before:2024-04-05",
    "after:2024-04-03 before:2024-04-05",
    "after:1712188800",
    "larger:500",
    "smaller:100",
    "-larger:100",
    "-smaller:100",
    "larger:0.1k smaller:0.2k",
    "larger:0",
    "smaller:1",
    /* headers */
    "from:alice",
    "from:Alice@x",
    "from:*@x.test",
    "from:shop*",
    "from:\"not an address\"",
    "from:j\xc3\xb6rg",
    "from:J\xc3\x96RG",
    "from:name",
    "from:address",
    "-from:a@x.test",
    "to:bob",
    "to:\"bob bob@y.test\"",
    "to:f1@y.test",
    "to:friends",
    "to:gr\xc3\xbc",
    "to:*@y.test",
    "to:user4711",
    "cc:cc2",
    "cc:smith",
    "cc:\"smith, j\"",
    "cc:*",
    "bcc:bcc@",
    "bcc:hidden@z.test",
    "bcc:e@z",
    "bcc:f2",
    "bcc:*@z.test",
    "bcc:dave",
    "reply-to:reply",
    "reply-to:second",
    "addressed:y.test",
    "addressed:hidden",
    "addressed:*@y.test",
    "-addressed:x.test",
    "subject:welcome",
    "subject:WELCOME -subject:back",
    "subject:\"50% off_\"",
    "subject:\"odd  blanks\"",
    "subject:\"odd blanks\"",
    "subject:in,",
    "subject:\"(it);\"",
    "subject:\xc3\xa4gypten",
    "subject:second",
    "subject:aaab",
    "-subject:e",
    "message-id:one.two",
    "message-id:<three@x.test>",
    "header:x-test",
    "header:X-Test=two",
    "header:X-Test=TWO",
    "header:X-Test=dr\xc3\xa9i",
    "header:X-Empty",
    "header:x-empty=a",
    "header:Subject=%",
    "header:X-None",
    "-header:To",
    /* the content, and marks */
    "body:hello",
    "body:subject",
    "body:rich body:plain",
    "body:\"see attached\"",
    "body:first",
    "attachment:*.pdf",
    "attachment:invoice-4711.pdf",
    "attachment:*[2]*",
    "attachment:*.png",
    "attachment:*",
    "attachment:?nvoice*",
    "has:attachment",
    "-has:attachment",
    "has:inline",
    "tag:red",
    "tag:RED",
    "tag:re",
    "tag:\"deep blue\"",
    "tag:tag1 tag:tag.two",
    "tag:own",
    "-tag:red",
    "is:tagged",
    "-is:tagged",
    "is:read",
    "is:unread -inbox:i",
    "has:finding",
    "-has:finding",
    "finding:*",
    "finding:bare-lf",
    "finding:BARE-*",
    "-finding:bare-lf",
    /* trees */
    "(hello OR voice) -subject:back",
    "-(hello OR voice)",
    "subject:invoice (attachment:*.pdf OR is:read) OR tag:red",
    "-(subject:invoice -is:read)",
    "\"hello\" OR \"(bob\" OR x",
};

struct fixture {
	struct sql *sql;
	struct index_entry *entries;
	int64_t last; /* seq of the corpus; later messages do not count */
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.sql = corpus_open(NULL)};
	corpus_fill(fixture.sql);
	corpus_check(fixture.sql,
	    index_take(
		fixture.sql, SIZE_MAX / 2, UINT64_MAX / 2, &fixture.entries));
	corpus_check(fixture.sql, index_catch_up(fixture.sql));
	for (const struct index_entry *entry = fixture.entries; entry;
	     entry = entry->next)
		fixture.last = entry->seq;
	*state = &fixture;
	return 0;
}

/* Behind so much other mail that the index is asked for what is older. */
static int
set_up_behind(void **state)
{
	static const struct corpus_row filler = {
	    "From: filler@fill.test\r\nSubject: filling\r\n\r\nfiller text",
	    "filler@fill.test", "filler@fill.test", "", "", "", "", "",
	    MESSAGE_ACCEPTED, 0, false};
	struct fixture *fixture;

	(void)set_up(state);
	fixture = *state;
	for (int i = 0; i < 600; i++)
		(void)corpus_put(fixture->sql, &filler);
	corpus_check(fixture->sql, index_catch_up(fixture->sql));
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	while (fixture->entries) {
		struct index_entry *next = fixture->entries->next;

		index_entry_free(fixture->entries);
		fixture->entries = next;
	}
	sql_close(fixture->sql);
	return 0;
}

struct found {
	int64_t seqs[MESSAGES_MAX];
	size_t count;
	int64_t last;
	uint64_t all; /* later ones, too */
};

static bool
add(const struct pick_row *row, void *context)
{
	struct found *found = context;

	found->all++;
	if (row->seq <= found->last)
		found->seqs[found->count++] = row->seq;
	return true;
}

static void
find_in_sql(struct sql *sql, const struct query *query, struct found *found)
{
	struct pick_request request = {
	    .query = query, .oldest_first = true, .all_states = true};
	struct pick_count count;

	corpus_check(sql, pick_messages(sql, &request, add, found));
	corpus_check(sql, pick_count(sql, &request, &count));
	assert_int_equal(count.count, found->all);
}

static void
find_in_memory(const struct fixture *fixture, const struct query *query,
    struct found *found)
{
	for (const struct index_entry *entry = fixture->entries; entry;
	     entry = entry->next) {
		struct query_subject subject = {
		    .seq = entry->seq,
		    .size = entry->size,
		    .trace_size = entry->trace_size,
		    .message = entry->message,
		    .mime = entry->mime,
		    .search = &entry->search,
		    .findings = &entry->findings,
		    .tags = (const char *const *)entry->tags,
		    .is_read = corpus_rows[entry->seq - 1].is_read,
		};

		if (query_match(query, &subject))
			found->seqs[found->count++] = entry->seq;
	}
}

/* Returns how many messages were found. */
static size_t
try_query(
    const struct fixture *fixture, const char *text, enum query_dialect dialect)
{
	struct query_options options = {dialect, NULL, 0};
	struct query_error error;
	struct query *query = query_parse(span_string(text), &options, &error);
	struct found sql = {.last = fixture->last};
	struct found memory = {.count = 0};

	if (!query)
		print_error("%s: %s\n", text, error.text);
	assert_non_null(query);
	find_in_sql(fixture->sql, query, &sql);
	find_in_memory(fixture, query, &memory);
	if (sql.count != memory.count ||
	    memcmp(sql.seqs, memory.seqs, sizeof(sql.seqs)) != 0)
		fail_msg("%s: SQL finds %zu, memory %zu", text, sql.count,
		    memory.count);
	query_free(query);
	return sql.count;
}

static void
agrees_with_memory(void **state)
{
	size_t with_hits = 0;
	size_t rows = 0;

	while (corpus_rows[rows].raw)
		rows++;
	for (size_t i = 0; i < COUNT(queries); i++) {
		size_t own = try_query(*state, queries[i], QUERY_OWN);

		(void)try_query(*state, queries[i], QUERY_MAILPIT);
		with_hits += own > 0 && own < rows;
	}
	/* The corpus is not beside the point. */
	assert_true(with_hits > COUNT(queries) / 2);
}

/* A thousand terms are not too many for SQLite. */
static void
bears_many_terms(void **state)
{
	struct fixture *fixture = *state;
	struct query_error error;
	struct query *query;
	struct buf text;
	struct found found = {.last = fixture->last};

	buf_init(&text, QUERY_LEN_MAX);
	for (int i = 0; i < 500; i++)
		assert_true(buf_put_string(&text, "subject:e OR from:x OR "));
	text.len -= 4;
	query = query_parse(buf_span(&text), NULL, &error);
	assert_non_null(query);
	find_in_sql(fixture->sql, query, &found);
	assert_true(found.count > 10);
	query_free(query);
	buf_release(&text);
}

/* As deep as the language goes, in each way that there is. */
static void
bears_deep_nesting(void **state)
{
	static const struct {
		const char *open, *core;
		size_t times;
	} rows[] = {
	    {"b OR (b (", "-b", 9},
	    {"b (b OR (", "b OR rcpt:*", 9},
	    {"b -(", "addressed:*x*", 9},
	    {"b OR -(", "state:refused", 9},
	    {"(-(", "-inbox:x", 6},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf text;

		buf_init(&text, QUERY_LEN_MAX);
		for (size_t n = 0; n < rows[i].times; n++)
			(void)buf_put_string(&text, rows[i].open);
		for (int n = 0; n < 40; n++)
			(void)buf_printf(&text, "(subject:x OR from:y) ");
		(void)buf_put_string(&text, rows[i].core);
		for (const char *at = rows[i].open; *at; at++)
			for (size_t n = 0; *at == '(' && n < rows[i].times; n++)
				(void)buf_put_char(&text, ')');
		(void)try_query(*state, buf_string(&text), QUERY_OWN);
		buf_release(&text);
	}
}

#define LOOKING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define ASKING(test)                                                           \
	{                                                                      \
#test "_through_the_index", test, set_up_behind, tear_down,    \
		    NULL                                                       \
	}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    LOOKING(agrees_with_memory),
	    LOOKING(bears_many_terms),
	    LOOKING(bears_deep_nesting),
	    ASKING(agrees_with_memory),
	    ASKING(bears_deep_nesting),
	};

	mime_init();
	return cmocka_run_group_tests_name("query_sql", tests, NULL, NULL);
}
