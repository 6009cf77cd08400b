/* test_tag: names of tags, and the ones that a message brings along. */
#include "tag.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

#define TEN "0123456789"
#define NINETY TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text;
	const char *tag; /* NULL: none */
} rows[] = {
    {"red", "red"},
    {" Deep  Blue ", "Deep Blue"},
    {"a/b<c>", "a b c"},
    {"-_.@9Z", "-_.@9Z"},
    {"gr\xc3\xbcn", "gr n"},
    {"", NULL},
    {" ,;\t", NULL},
    {NINETY TEN TEN, NINETY TEN},
    {NINETY "012345678 0", NINETY "012345678"},
    {NINETY "01234567 01", NINETY "01234567 0"},
};

static void
cleans_names(void **state)
{
	char tag[TAG_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(tag_clean(span_string(rows[i].text), tag),
		    rows[i].tag != NULL);
		assert_string_equal(tag, rows[i].tag ? rows[i].tag : "");
	}
}

static struct budget budget = {1024 * 1024, 0};
static const struct spool_rules rules = {&budget, 64 * 1024, NULL};

static const char letter[] =
    "From: a+sender@x.test\r\n"
    "To: b+one+Two@x.test, c+@x.test, \"+no\" <d@x+y.test>\r\n"
    "Cc: +three@x.test\r\n"
    "X-Tags: Red, TWO, deep  blue, ,red\r\n"
    "\r\nx\r\n";

static char **
find(void)
{
	struct message_rcpt rcpt = {
	    SPAN("e+blind@x.test"), SPAN(""), SPAN("250 ok"), SPAN("")};
	struct message *message = message_new(&rules);
	struct mime *mime = mime_parse(SPAN(letter));
	char **tags = NULL;

	if (message && mime && message_add_recipient(message, &rcpt))
		tags = tag_find(message, mime);
	mime_free(mime);
	message_free(message);
	return tags;
}

static void
finds_tags(void **state)
{
	static const char *const wanted[] = {
	    "blind", "deep blue", "one", "Red", "sender", "three", "TWO"};
	char **tags = find();

	(void)state;
	assert_non_null(tags);
	for (size_t i = 0; i < COUNT(wanted); i++)
		assert_string_equal(tags[i], wanted[i]);
	assert_null(tags[COUNT(wanted)]);
	tag_free(tags);
	tag_free(NULL);
}

static void
has_a_ceiling(void **state)
{
	struct message *message = message_new(&rules);
	struct buf text;
	struct mime *mime;
	char **tags;
	size_t count = 0;

	(void)state;
	buf_init(&text, 100000);
	(void)buf_put_string(&text, "X-Tags: ");
	for (int i = 0; i < 1000; i++)
		(void)buf_printf(&text, "t%d,", i);
	mime = mime_parse(buf_span(&text));
	tags = tag_find(message, mime);
	while (tags[count])
		count++;
	assert_int_equal(count, TAG_COUNT_MAX);
	tag_free(tags);
	mime_free(mime);
	message_free(message);
	buf_release(&text);
}

static void
find_once(void *context)
{
	char **tags = find();

	(void)context;
	if (!tags)
		assert_true(fail_alloc_happened());
	tag_free(tags);
}

static void
bears_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(find_once, NULL) > 7);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cleans_names),
	    cmocka_unit_test(finds_tags),
	    cmocka_unit_test(has_a_ceiling),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
