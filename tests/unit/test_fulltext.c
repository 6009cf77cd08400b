/* test_fulltext: the index finds no message too few, and few too many. */
#include "fulltext.h"

#include "corpus.h"
#include "fail_alloc.h"
#include "token.h"
#include "txn.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

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

/* A search text that is all body. */
static void
make_search(struct search_text *search, const char *body)
{
	search_text_init(search);
	assert_true(buf_put_string(&search->bytes, body));
	search->ends[SEARCH_BODY] = search->bytes.len;
}

enum end { COMMIT, ROLLBACK };

static void
add_until(struct sql *sql, int64_t seq, const char *body, enum end end)
{
	struct search_text search;
	struct fulltext *fulltext;
	struct token_set scratch;
	struct buf pieces;

	make_search(&search, body);
	token_set_init(&scratch);
	buf_init(&pieces, 1000000);
	assert_true(fulltext_split(&search, &scratch, &pieces));
	corpus_check(sql, txn_begin(sql));
	corpus_check(sql, fulltext_begin(&fulltext, sql));
	corpus_check(sql, fulltext_add(fulltext, seq, buf_span(&pieces)));
	corpus_check(sql, fulltext_end(fulltext));
	if (end == COMMIT)
		corpus_check(sql, txn_commit(sql));
	else
		txn_rollback(sql);
	buf_release(&pieces);
	token_set_release(&scratch);
	search_text_release(&search);
}

static void
add(struct sql *sql, int64_t seq, const char *body)
{
	add_until(sql, seq, body, COMMIT);
}

enum order { OLDEST_FIRST, NEWEST_FIRST };

/* Numbers with blanks between; "all" when the index cannot say. */
static void
assert_found(
    struct sql *sql, const char *text, enum order order, const char *wanted)
{
	struct query_error error;
	struct query *query = query_parse(span_string(text), NULL, &error);
	struct fulltext_walk walk = {.sql = sql,
	    .after = 0,
	    .before = INT64_MAX,
	    .oldest_first = order == OLDEST_FIRST};
	struct buf expression, found;
	double rarity;
	enum err err = ERR_OK;
	int64_t seq;

	assert_non_null(query);
	buf_init(&expression, 65536);
	buf_init(&found, 1000);
	corpus_check(
	    sql, fulltext_want(sql, query, INT64_MAX, &expression, &rarity));
	if (expression.len) {
		walk.wanted = buf_string(&expression);
		walk.rarity = rarity;
		corpus_check(sql, fulltext_open(&walk));
		for (;;) {
			err = fulltext_next(&walk, &seq);
			if (err)
				break;
			(void)buf_printf(&found, "%s%lld", found.len ? " " : "",
			    (long long)seq);
		}
		assert_int_equal(err, ERR_NOT_FOUND);
		corpus_check(sql, fulltext_close(&walk));
	} else {
		(void)buf_put_string(&found, "all");
	}
	if (!span_equal(buf_span(&found), span_string(wanted)))
		print_error("%s: %s: %s\n", text, buf_string(&expression),
		    buf_string(&found));
	assert_true(span_equal(buf_span(&found), span_string(wanted)));
	buf_release(&expression);
	buf_release(&found);
	query_free(query);
}

static void
finds_what_stands_inside(void **state)
{
	static const char *const bodies[] = {
	    "your invoice is here",
	    "voice of the user4711@mail.test",
	    "gr\xc3\xb6\xc3\x9f"
	    "e 0a1b2c3d4e5f",
	    "supercalifragilisticexpialidocious",
	    "the invoices",
	    "voi ce",
	};
	static const struct {
		const char *query, *found;
	} rows[] = {
	    {"voice", "1 2 5"},
	    {"invoice", "1 5"},
	    {"nvoic", "1 5"},
	    {"\"your invoice\"", "1"},
	    {"\"r invoice i\"", "1"},
	    /* What is rare enough is asked for alone. */
	    {"\"the invo\"", "2 5"},
	    {"\"voice of\"", "1 2"},
	    {"\"he user\"", "2"},
	    {"4711", "2"},
	    {"user4711@mail.test", "2"},
	    {"r47", "2"},
	    {"gr\xc3\xb6\xc3\x9f", "3"},
	    {"2c3d4e", "3"},
	    {"fragilis", "4"},
	    {"the", "2 5"},
	    {"voi", "1 2 5 6"},
	    {"absent", ""},
	    {"vo", "all"},
	    {"-voice", "all"},
	    {"voice -the", "1 2 5"},
	    {"voice the", "1 2 5"},
	    {"voice vo", "1 2 5"},
	    {"invoices OR gr\xc3\xb6\xc3\x9f", "3 5"},
	    {"invoices OR vo", "all"},
	    {"subject:invoices", "5"}, /* columns are not told apart */
	    {"from:*voice*", "1 2 5"},
	    {"rcpt:user*@mail.test", "2"},
	    {"rcpt:*", "all"},
	    {"tag:voice", "all"},
	    {"seq>1 voice", "1 2 5"},
	};

	for (size_t i = 0; i < COUNT(bodies); i++)
		add(*state, (int64_t)i + 1, bodies[i]);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_found(
		    *state, rows[i].query, OLDEST_FIRST, rows[i].found);
	assert_found(*state, "voice", NEWEST_FIRST, "5 2 1");
}

static void
keeps_messages_in_order_over_tables(void **state)
{
	struct sql *sql = *state;

	add(sql, FULLTEXT_SPAN - 1, "hello");
	add(sql, FULLTEXT_SPAN, "hello");
	add(sql, 5 * FULLTEXT_SPAN + 7, "hello");
	assert_int_equal(
	    corpus_number(sql, "SELECT count(*) FROM fulltext"), 3);
	assert_found(sql, "hello", NEWEST_FIRST, "655367 131072 131071");
	assert_found(sql, "hello", OLDEST_FIRST, "131071 131072 655367");
}

/* Of the last one there will be more segments. */
static void
makes_one_segment_of_what_is_complete(void **state)
{
	struct sql *sql = *state;
	static const char segments[] =
	    "SELECT count(DISTINCT segid) FROM fulltext_0_idx";

	for (int i = 1; i <= 3; i++)
		add(sql, i, "hello world");
	assert_int_equal(corpus_number(sql, segments), 3);
	corpus_check(sql, fulltext_merge(sql, 4));
	assert_int_equal(corpus_number(sql, segments), 3);
	add(sql, FULLTEXT_SPAN, "hello");
	for (int i = 0; i < 10; i++)
		corpus_check(sql, fulltext_merge(sql, FULLTEXT_SPAN + 1));
	assert_int_equal(corpus_number(sql, segments), 1);
	assert_int_equal(
	    corpus_number(sql, "SELECT sum(is_merged) FROM fulltext"), 1);
	assert_found(sql, "hello", OLDEST_FIRST, "1 2 3 131072");
	assert_found(sql, "world", NEWEST_FIRST, "3 2 1");
}

/* Newest first is found in another way where there is little. */
static void
finds_few_and_many(void **state)
{
	struct sql *sql = *state;
	struct fulltext_walk walk = {
	    .sql = sql, .wanted = "\"common\"", .after = 1, .before = 5000};
	static const double rarities[] = {1, 1000};

	add(sql, 1, "common");
	corpus_check(sql,
	    sql_exec(sql,
		"WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1"
		" FROM n WHERE i < 5000) INSERT INTO fulltext_0 (rowid, tokens)"
		" SELECT i, 'common' FROM n"));
	for (size_t i = 0; i < COUNT(rarities); i++) {
		int64_t seq = 0, wanted = 4999;

		walk.rarity = rarities[i];
		corpus_check(sql, fulltext_open(&walk));
		while (fulltext_next(&walk, &seq) == ERR_OK)
			assert_int_equal(seq, wanted--);
		assert_int_equal(wanted, 1);
		corpus_check(sql, fulltext_close(&walk));
	}
}

/* Text without end is bounded: what is not a word is still found. */
static void
has_a_ceiling_for_words(void **state)
{
	struct sql *sql = *state;
	struct buf body;

	buf_init(&body, 1000000);
	for (int i = 0; i < 2000; i++)
		(void)buf_printf(&body, "w%c%c%cx ", 'a' + i % 26,
		    'a' + i / 26 % 26, 'a' + i / 676);
	add(sql, 1, buf_string(&body));
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM word"),
	    corpus_number(
		sql, "SELECT value * 3 FROM counter WHERE name = 'words'"));
	assert_true(
	    corpus_number(sql, "SELECT count(DISTINCT word) FROM word") < 200);
	assert_found(sql, "waaax", OLDEST_FIRST, "1");
	assert_found(sql, "wzbcx", OLDEST_FIRST, "1");
	assert_found(sql, "zbcx", OLDEST_FIRST, "1");
	buf_release(&body);
}

static void
lets_go_of_what_is_gone(void **state)
{
	struct sql *sql = *state;
	static const struct corpus_row row = {"Subject: hello\r\n\r\n", "", "",
	    "", "", "", "", "", MESSAGE_ACCEPTED, 0, false};

	(void)corpus_put(sql, &row);
	corpus_check(sql, sql_exec(sql, "UPDATE message SET is_indexed = 1"));
	add(sql, 1, "hello");
	add(sql, FULLTEXT_SPAN, "hello");
	add(sql, 2 * FULLTEXT_SPAN, "hello");
	/* Of the second and the third there is no message. */
	corpus_check(sql, fulltext_trim(sql, 2 * FULLTEXT_SPAN));
	assert_found(sql, "hello", OLDEST_FIRST, "1");
	assert_int_equal(corpus_number(sql,
			     "SELECT count(*) FROM sqlite_schema"
			     " WHERE name IN ('fulltext_0', 'fulltext_1',"
			     " 'fulltext_2')"),
	    2);
	add(sql, 2 * FULLTEXT_SPAN + 1, "hello");
	assert_found(sql, "hello", OLDEST_FIRST, "1 262145");
	corpus_check(sql, fulltext_clear(sql));
	assert_found(sql, "hello", OLDEST_FIRST, "all");
	assert_int_equal(corpus_number(sql,
			     "SELECT count(*) FROM sqlite_schema"
			     " WHERE name LIKE 'fulltext\\_%' ESCAPE '\\'"),
	    0);
	assert_int_equal(corpus_number(sql, "SELECT count(*) FROM word"), 0);
	add(sql, 1, "hello");
	assert_found(sql, "hello", OLDEST_FIRST, "1");
}

/* What is remembered of the table of words is no more than there is in it. */
static void
knows_words_that_are_there(void **state)
{
	struct sql *sql = *state;

	add_until(sql, 1, "hello", ROLLBACK);
	add(sql, 1, "hello world");
	assert_found(sql, "ello", OLDEST_FIRST, "1");
	add_until(sql, 2, "invoice", ROLLBACK);
	add_until(sql, 2, "invoice world", ROLLBACK);
	add(sql, 2, "invoice world");
	assert_found(sql, "nvoic", OLDEST_FIRST, "2");
	assert_int_equal(corpus_number(sql,
			     "SELECT value FROM counter WHERE name = 'words'"),
	    3);
	corpus_check(sql, fulltext_clear(sql));
	add(sql, 3, "world invoice hello");
	assert_found(sql, "nvoic", OLDEST_FIRST, "3");
	corpus_check(sql, fulltext_clear(sql));
	/* As many words as before, but others. */
	corpus_check(sql,
	    sql_exec(sql,
		"INSERT INTO counter (name, value)"
		" VALUES ('words', 3)"));
	add(sql, 4, "hello");
	assert_found(sql, "ello", OLDEST_FIRST, "4");
}

/* What is in every message is not asked for beside what is rare. */
static void
asks_for_what_is_rare(void **state)
{
	struct sql *sql = *state;
	struct query_error error;
	struct query *query =
	    query_parse(SPAN("\"common rare\" plain"), NULL, &error);
	struct buf expression;
	double rarity;

	for (int i = 1; i <= 300; i++)
		add(sql, i, i == 100 ? "common rare plain" : "common plain");
	buf_init(&expression, 1000);
	corpus_check(sql, fulltext_want(sql, query, 300, &expression, &rarity));
	assert_null(strstr(buf_string(&expression), "common"));
	assert_null(strstr(buf_string(&expression), "plain"));
	assert_non_null(strstr(buf_string(&expression), "\"rare\""));
	assert_true(rarity > 1000);
	assert_found(sql, "\"common rare\" plain", OLDEST_FIRST, "100");
	buf_release(&expression);
	query_free(query);
}

static void
add_and_want(void *context)
{
	struct sql *sql = context;
	struct search_text search;
	struct fulltext *fulltext = NULL;
	struct query_error error;
	struct query *query = query_parse(
	    SPAN("hello OR (4711 rcpt:*w\xc3\xb6rld*)"), NULL, &error);
	struct token_set scratch;
	struct buf expression, pieces;
	double rarity;

	search_text_init(&search);
	token_set_init(&scratch);
	buf_init(&expression, 65536);
	buf_init(&pieces, 65536);
	if (query && buf_put_string(&search.bytes, "hello 4711 world") &&
	    txn_begin(sql) == ERR_OK) {
		search.ends[SEARCH_BODY] = search.bytes.len;
		if (fulltext_split(&search, &scratch, &pieces) &&
		    fulltext_begin(&fulltext, sql) == ERR_OK)
			(void)fulltext_add(fulltext, 2, buf_span(&pieces));
		(void)fulltext_end(fulltext);
		txn_rollback(sql);
		(void)fulltext_want(sql, query, 10, &expression, &rarity);
	}
	query_free(query);
	search_text_release(&search);
	token_set_release(&scratch);
	buf_release(&expression);
	buf_release(&pieces);
}

static void
bears_lack_of_memory(void **state)
{
	add(*state, 1, "hello world 4711");
	assert_true(fail_alloc_each(add_and_want, *state) > 20);
	assert_found(*state, "hello", OLDEST_FIRST, "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(finds_what_stands_inside),
	    TEST(keeps_messages_in_order_over_tables),
	    TEST(makes_one_segment_of_what_is_complete),
	    TEST(finds_few_and_many),
	    TEST(has_a_ceiling_for_words),
	    TEST(lets_go_of_what_is_gone),
	    TEST(knows_words_that_are_there),
	    TEST(asks_for_what_is_rare),
	    TEST(bears_lack_of_memory),
	};

	return cmocka_run_group_tests_name("fulltext", tests, NULL, NULL);
}
