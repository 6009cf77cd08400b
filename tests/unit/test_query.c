/* test_query: texts in both dialects, and the trees that they become. */
#include "query.h"

#include "fail_alloc.h"
#include "query_field.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2024-04-10T12:00:00Z */
#define NOW_US ((int64_t)1712750400 * 1000000)

struct good {
	const char *text;
	const char *tree; /* as query_put() writes it */
};

struct bad {
	const char *text;
	size_t offset;
	const char *words; /* somewhere in what is said about it */
};

static const struct good own[] = {
    /* words */
    {"", ""},
    {"  \t\r\n ", ""},
    {"Hello", "hello"},
    {"Hello World", "(hello world)"},
    {"a b c", "(a (b c))"},
    {"\"Hello  World\"", "\"hello world\""},
    {"a\"b c\"d", "\"ab cd\""},
    {"<A@B.test>", "a@b.test"},
    {"100%_", "100%_"},
    {"GR\xc3\x96SSE", "gr\xc3\xb6sse"},
    {"https://x.test/a?b", "\"https://x.test/a?b\""},
    {"10:30", "\"10:30\""},
    {"\"re: hello\"", "\"re: hello\""},
    {"-", "\"(-\""},
    {"or", "or"},
    {"\"OR\"", "or"},
    /* signs */
    {"-a", "-a"},
    {"!a b", "(-a b)"},
    {"-\"a b\"", "-\"a b\""},
    {"\"-a b\"", "-\"a b\""},
    {"--a", "-\"(-a\""},
    {"-subject:a", "-subject:a"},
    {"!tag:x", "-tag:x"},
    {"\"(-a\"", "\"(-a\""},
    {"\"(subject:a\"", "\"(subject:a\""},
    /* AND, OR, parentheses */
    {"a OR b", "(a OR b)"},
    {"a b OR c d", "((a b) OR (c d))"},
    {"a (b OR c) d", "(a ((b OR c) d))"},
    {"a(b)c", "(a (b c))"},
    {"((a))", "a"},
    {"-(a b)", "-(a b)"},
    {"-(a)", "-a"},
    {"--(a)", "-(-a)"},
    {"-!(a OR b)", "-(-(a OR b))"},
    {"a AND b", "(a b)"},
    {"a AND -b OR c", "((a -b) OR c)"},
    {"a OR b OR c", "(a OR (b OR c))"},
    {"\"a (b\" c", "(\"a b\" c)"},
    {"a\nOR\tb", "(a OR b)"},
    /* fields with texts */
    {"rcpt:Alice@X.test", "rcpt:alice@x.test"},
    {"RCPT:*@x.test", "rcpt:*@x.test"},
    {"mailfrom:<a@b>", "mailfrom:a@b"},
    {"mailfrom:*@Spam.test", "mailfrom:*@Spam.test"},
    {"-mailfrom:\"<>\"", "-mailfrom:<>"},
    {"helo:[127.0.0.1]", "helo:[127.0.0.1]"},
    {"peer:127.* user:Me inbox:Two", "(peer:127.* (user:Me inbox:Two))"},
    {"id:0aB session:0cD", "(id:0aB session:0cD)"},
    {"from:\"Alice  B\"", "from:\"alice b\""},
    {"from:*@x.test", "from:*@x.test"},
    {"\"from:a b\"", "from:\"a b\""},
    {"to:a cc:b bcc:c reply-to:d addressed:e",
	"((to:a cc:b) (bcc:c (reply-to:d addressed:e)))"},
    {"subject:\"A, (B)\"", "subject:\"a, (b)\""},
    {"subject:a:b", "subject:a:b"},
    {"subject:\" a\"", "subject:\" a\""},
    {"subject:*", "subject:*"},
    {"message-id:<a@b>", "message-id:a@b"},
    {"body:\"Hi, you\"", "body:\"hi you\""},
    {"attachment:*.PDF", "attachment:*.PDF"},
    {"attachment:a.pdf", "attachment:a.pdf"},
    {"tag:\"Some tag\"", "tag:\"Some tag\""},
    {"finding:Bare-LF finding:no-such-*",
	"(finding:Bare-LF finding:no-such-*)"},
    {"finding:bare-lf finding:bare-*", "(finding:bare-lf finding:bare-*)"},
    {"header:X-Test", "header:X-Test"},
    {"header:X-Test=", "header:X-Test"},
    {"header:X-Test=\"a =b\"", "header:X-Test=\"a =b\""},
    /* fields with other values, keywords */
    {"state:Refused", "state:refused"},
    {"state:accepted OR state:aborted", "(state:accepted OR state:aborted)"},
    {"seq>5", "seq>5"},
    {"seq>=5 seq<=9", "(seq>=5 seq<=9)"},
    {"SEQ<5 seq=4 seq:4", "(seq<5 (seq=4 seq=4))"},
    {"after:2024-04-01", "after:2024-04-01T00:00:00.000000Z"},
    {"-before:2024", "-before:2024-01-01T00:00:00.000000Z"},
    {"after:2h", "after:2024-04-10T10:00:00.000000Z"},
    {"larger:1500 smaller:20k", "(larger:1500 smaller:20480)"},
    {"larger:1.5M", "larger:1572864"},
    {"larger:\"1.5 mb\"", "larger:1572864"},
    {"larger:0.5k", "larger:512"},
    {"larger:0", "larger:0"},
    {"smaller:2G", "smaller:2147483648"},
    {"-larger:1k", "-larger:1024"},
    {"is:read is:unread", "(is:read is:unread)"},
    {"IS:Tagged", "is:tagged"},
    {"has:attachment has:attachments", "(has:attachment has:attachment)"},
    {"has:inline has:inlines", "(has:inline has:inline)"},
    {"has:finding has:findings", "(has:finding has:finding)"},
};

static const struct bad own_bad[] = {
    {"\"a", 0, "quote"},
    {"a subject:\"b c", 10, "quote"},
    {"a (b", 4, "\")\" is missing"},
    {"a b)", 3, "closes nothing"},
    {")", 0, "term is missing"},
    {"()", 1, "term is missing"},
    {"a ()", 3, "term is missing"},
    {"OR a", 0, "term is missing"},
    {"a OR", 4, "term is missing"},
    {"a OR OR b", 5, "term is missing"},
    {"AND a", 0, "term is missing"},
    {"a AND", 5, "term is missing"},
    {"a AND OR b", 6, "term is missing"},
    {"-(", 2, "term is missing"},
    {"a -(b", 5, "\")\" is missing"},
    {"a (b \"c", 5, "quote"},
    {"a \",;\"", 2, "nothing to look for"},
    {"a -\";\"", 3, "nothing to look for"},
    {"sbject:a", 0, "\"sbject:\" is no field"},
    {"a -Re:b", 3, "\"Re:\" is no field"},
    {"is:red", 3, "is: wants read, unread or tagged"},
    {"a -HAS:x", 7, "has: wants attachment, "},
    {"rcpt:<>", 5, "wants a text"},
    {"mailto:a@b", 0, "no field"},
    {"subject:", 8, "wants a text"},
    {"a from:\"<>\"", 7, "wants a text"},
    {"-tag:", 5, "wants a text"},
    {"attachment:", 11, "wants a text"},
    {"header:", 7, "name of a header"},
    {"header:\"a b\"=c", 7, "name of a header"},
    {"header:=c", 7, "name of a header"},
    {"a finding:bare", 10, "the id of a rule"},
    {"finding:", 8, "the id of a rule"},
    {"finding:bare-lff OR b", 8, "mailstop-finding(7)"},
    {"state:lost", 6, "accepted, refused or aborted"},
    {"state:", 6, "accepted"},
    {"seq>", 4, "wants a number"},
    {"seq>=x", 5, "wants a number"},
    {"seq>-1", 4, "wants a number"},
    {"seq>9223372036854775808", 4, "wants a number"},
    {"after:soon", 6, "wants a date"},
    {"before:2024-02-30", 7, "wants a date"},
    {"larger:1x", 7, "wants a size"},
    {"larger:1.", 7, "wants a size"},
    {"larger:.5", 7, "wants a size"},
    {"smaller:-1", 8, "wants a size"},
    {"larger:9223372036854775808", 7, "wants a size"},
    {"larger:1099511627776M", 7, "wants a size"},
    {"a\xff", 0, "UTF-8"},
};

static const struct good mailpit[] = {
    /* splitting */
    {"", ""},
    {"   ", ""},
    {"a  b", "(a b)"},
    {"a\tb", "\"a b\""},
    {"\"a b\" c", "(\"a b\" c)"},
    {"a\"b c\"d", "\"ab cd\""},
    {"\"a b", "\"a b\""},
    {"subject:\"a b", "subject:\"a b\""},
    {"(a OR b)", "(a (or b))"},
    {"a(b)c", "\"a b c\""},
    {"nofield:a", "\"nofield:a\""},
    {"AND", "and"},
    /* signs */
    {"-a", "-a"},
    {"!\"a b\"", "-\"a b\""},
    {"-\"a b\"", "-\"a b\""},
    {"\"-a b\"", "-\"a b\""},
    {"-", "\"(-\""},
    {"!tag:x", "-tag:x"},
    {"(-a", "\"(-a\""},
    /* fields */
    {"\"subject:a b\"", "subject:\"a b\""},
    {"SUBJECT:A", "subject:a"},
    {"subject:<A>", "subject:<a>"},
    {"from:<A@B>", "from:a@b"},
    {"to:a*b", "to:a*b"},
    {"(subject:a", "\"(subject:a\""},
    {"rcpt:a* seq>5 state:refused", "(rcpt:a* (seq>5 state:refused))"},
    {"is:read has:attachments", "(is:read has:attachment)"},
    {"is:red", "\"is:red\""},
    /* what is dropped, and what becomes text */
    {"subject:", ""},
    {"from:<> a", "a"},
    {"after:soon a", "a"},
    {"-after:soon", ""},
    {"a ()", "a"},
    {"a -()", "a"},
    {"larger:huge", "\"(larger:huge\""},
    {"larger:1.5M", "larger:1572864"},
    {"seq>x", "\"seq x\""},
    {"state:lost", "\"(state:lost\""},
    /* the other way round: the very moment and size change sides */
    {"-after:2024-04-01", "before:2024-04-01T00:00:00.000000Z"},
    {"!before:2024-04-01", "after:2024-04-01T00:00:00.000000Z"},
    {"-larger:1k", "smaller:1024"},
    {"-smaller:1k", "larger:1024"},
    {"after:2h", ""},
};

static const struct bad mailpit_bad[] = {
    {"()", 0, "nothing to look for"},
    {" (,) \";\"", 0, "nothing to look for"},
    {"-()", 0, "nothing to look for"},
    {"() subject:", 0, "nothing to look for"},
};

static struct query *
parse(const char *text, enum query_dialect dialect, struct query_error *error)
{
	struct query_options options = {dialect, NULL, NOW_US};
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	struct query *query;

	/* Of its very size, so that a byte too far is noticed. */
	assert_non_null(copy);
	memcpy(copy, text, len);
	query = query_parse(span_make(copy, len), &options, error);
	free(copy);
	return query;
}

static void
try_good(const struct good *row, enum query_dialect dialect)
{
	struct query_error error;
	struct query *query = parse(row->text, dialect, &error);
	struct buf out;

	buf_init(&out, 4096);
	if (!query)
		print_error("%s: %s\n", row->text, error.text);
	assert_non_null(query);
	assert_true(query_put(&out, query));
	if (!span_equal(buf_span(&out), span_string(row->tree)))
		print_error("%s: %s\n", row->text, buf_string(&out));
	assert_string_equal(buf_string(&out), row->tree);
	query_free(query);
	buf_release(&out);
}

static void
try_bad(const struct bad *row, enum query_dialect dialect)
{
	struct query_error error;
	struct query *query = parse(row->text, dialect, &error);

	if (query || error.offset != row->offset ||
	    !strstr(error.text, row->words))
		print_error("%s: at %zu: %s\n", row->text, error.offset,
		    query ? "none" : error.text);
	assert_null(query);
	assert_int_equal(error.offset, row->offset);
	assert_non_null(strstr(error.text, row->words));
}

static void
reads_our_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(own); i++)
		try_good(&own[i], QUERY_OWN);
}

static void
refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(own_bad); i++)
		try_bad(&own_bad[i], QUERY_OWN);
}

static void
reads_mailpits_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mailpit); i++)
		try_good(&mailpit[i], QUERY_MAILPIT);
}

static void
refuses_punctuation_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mailpit_bad); i++)
		try_bad(&mailpit_bad[i], QUERY_MAILPIT);
}

/* What is written is read as the same again. */
static void
writes_what_it_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(own); i++) {
		struct good row = {own[i].tree, own[i].tree};

		try_good(&row, QUERY_OWN);
	}
}

static void
knows_every_field(void **state)
{
	(void)state;
	assert_null(query_field_name(QUERY_TEXT));
	for (int field = QUERY_TEXT + 1; field < QUERY_FIELDS; field++)
		assert_non_null(query_field_name((enum query_field)field));
}

static void
mentions_fields(void **state)
{
	struct query_error error;
	struct query *query =
	    parse("a OR -(b state:refused)", QUERY_OWN, &error);

	(void)state;
	assert_true(query_mentions(query, QUERY_STATE));
	assert_true(query_mentions(query, QUERY_TEXT));
	assert_false(query_mentions(query, QUERY_SEQ));
	assert_false(query_mentions(NULL, QUERY_TEXT));
	query_free(query);
	query_free(NULL);
}

static void
uses_the_zone(void **state)
{
	struct query_options options = {QUERY_OWN, "Europe/Berlin", 0};
	struct query_error error;
	struct query *query =
	    query_parse(SPAN("after:2024-07-01"), &options, &error);

	(void)state;
	assert_non_null(query);
	assert_int_equal(query->number / 1000000, 1719784800);
	query_free(query);
}

/* `times` the text, between an opening and a closing one. */
static struct query *
parse_repeated(const char *open, const char *text, size_t times,
    const char *close, struct query_error *error)
{
	struct query *query;
	struct buf all;

	buf_init(&all, 1024 * 1024);
	for (size_t i = 0; i < times; i++)
		assert_true(buf_put_string(&all, open));
	assert_true(buf_put_string(&all, text));
	for (size_t i = 0; i < times; i++)
		assert_true(buf_put_string(&all, close));
	query = query_parse(buf_span(&all), NULL, error);
	buf_release(&all);
	return query;
}

static void
has_ceilings(void **state)
{
	struct query_error error;
	struct query *query;

	(void)state;
	query = parse_repeated("(", "a", 20, ")", &error);
	assert_non_null(query);
	query_free(query);
	assert_null(parse_repeated("(", "a", 21, ")", &error));
	assert_non_null(strstr(error.text, "too deep"));
	assert_int_equal(error.offset, 20);
	assert_null(parse_repeated("-", "(a)", 20, "", &error));
	assert_null(parse_repeated("-", "(a)", 60000, "", &error));
	assert_null(parse_repeated("(", "a", 30000, ")", &error));

	query = parse_repeated("a ", "b", 999, "", &error);
	assert_non_null(query);
	query_free(query);
	assert_null(parse_repeated("a ", "b", 1000, "", &error));
	assert_non_null(strstr(error.text, "1000 terms"));
	assert_int_equal(error.offset, 2000);
	assert_null(parse_repeated("a ", "b", 32768, "", &error));
	assert_non_null(strstr(error.text, "64 KiB"));
}

static size_t
depth(const struct query *query)
{
	size_t left, right;

	if (!query)
		return 0;
	left = depth(query->left);
	right = depth(query->right);
	return 1 + (left > right ? left : right);
}

static void
stays_flat(void **state)
{
	struct query_error error;
	struct query *query = parse_repeated("a ", "b", 999, "", &error);

	(void)state;
	assert_int_equal(depth(query), 11);
	query_free(query);
}

static void
parse_all(void *context)
{
	static const char *const texts[] = {
	    "a -subject:b (header:c=d OR rcpt:e*) f",
	    "a b c d e f g h i j k",
	    "larger:x from:y",
	};
	enum query_dialect *dialect = context;

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct query_error error;
		struct query_options options = {*dialect, NULL, 0};
		struct query *query =
		    query_parse(span_string(texts[i]), &options, &error);

		if (!query && !fail_alloc_happened())
			assert_string_equal(error.text,
			    "larger: wants a size, such as 1500, 20k or 1.5M");
		query_free(query);
	}
}

static void
bears_lack_of_memory(void **state)
{
	enum query_dialect dialect = QUERY_OWN;

	(void)state;
	assert_true(fail_alloc_each(parse_all, &dialect) > 10);
	dialect = QUERY_MAILPIT;
	assert_true(fail_alloc_each(parse_all, &dialect) > 10);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_our_language),
	    cmocka_unit_test(refuses_what_is_wrong),
	    cmocka_unit_test(reads_mailpits_language),
	    cmocka_unit_test(refuses_punctuation_only),
	    cmocka_unit_test(writes_what_it_reads),
	    cmocka_unit_test(knows_every_field),
	    cmocka_unit_test(mentions_fields),
	    cmocka_unit_test(uses_the_zone),
	    cmocka_unit_test(has_ceilings),
	    cmocka_unit_test(stays_flat),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
