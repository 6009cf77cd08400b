/* test_mime_hide: headers with fields that may go, and what is left alone. */
#include "mime_hide.h"

#include "buf.h"
#include "fail_alloc.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *message;
	const char *left; /* NULL: nothing is done */
} rows[] = {
    {"\r\nbody", "\r\nbody"},
    {"\nbody", "\nbody"},
    {"To: a@b.test\r\n\r\nTo: x\r\n", "\r\nTo: x\r\n"},
    {"To: a\nContent-Type: text/plain;\n charset=utf-8\nX: y\n\nb\n",
	"Content-Type: text/plain;\n charset=utf-8\n\nb\n"},
    {"A: b\r\n \r\n\tc\r\ncontent-x:\r\n  y\r\nContent: z\r\n\r\n",
	"content-x:\r\n  y\r\n\r\n"},
    {"A:b\r\nContent-Type:text/html\r\n\r\n", "Content-Type:text/html\r\n\r\n"},
    /* no end, or one that is not certain */
    {"", NULL},
    {"To: a", NULL},
    {"To: a\r\n", NULL},
    {"To: a\r\n b", NULL},
    {"To: a\r\nX", NULL},
    {"To: a\r\nno colon\r\n\r\n", NULL},
    {"From me\r\nTo: a\r\n\r\n", NULL},
    {" To: a\r\n\r\n", NULL},
    {"To : a\r\n\r\n", NULL},
    {"T\x01o: a\r\n\r\n", NULL},
    {"T\xc3\xa4: a\r\n\r\n", NULL},
    {": a\r\n\r\n", NULL},
};

static void
leaves_what_gmime_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span message = span_string(rows[i].message);
		struct span given = message;
		char *copy;

		assert_int_equal(
		    mime_hide_fields(&message, &copy), rows[i].left != NULL);
		if (rows[i].left) {
			assert_ptr_equal(copy, message.at);
			assert_true(
			    span_equal(message, span_string(rows[i].left)));
		} else {
			assert_null(copy);
			assert_ptr_equal(message.at, given.at);
			assert_int_equal(message.len, given.len);
		}
		free(copy);
	}
}

static void
leaves_large_messages(void **state)
{
	struct buf text;
	struct span message;
	char *copy;

	(void)state;
	buf_init(&text, 100000);
	(void)buf_put_string(&text, "To: a\r\n\r\n");
	while (text.len <= 65536)
		(void)buf_put_string(&text, "x");
	message = buf_span(&text);
	assert_false(mime_hide_fields(&message, &copy));
	assert_null(copy);
	message.len--;
	assert_true(mime_hide_fields(&message, &copy));
	assert_int_equal(message.len, text.len - 1 - strlen("To: a\r\n"));
	free(copy);
	/* A name that is a line of its own may be anything. */
	buf_reset(&text);
	for (int i = 0; i < 101; i++)
		(void)buf_put_string(&text, "n");
	(void)buf_put_string(&text, ": x\r\n\r\n");
	message = buf_span(&text);
	assert_false(mime_hide_fields(&message, &copy));
	buf_release(&text);
}

static void
hide_once(void *context)
{
	struct span message = *(struct span *)context;
	char *copy;

	if (!mime_hide_fields(&message, &copy))
		assert_true(fail_alloc_happened());
	free(copy);
}

static void
bears_lack_of_memory(void **state)
{
	struct span message = SPAN("To: a\r\n\r\nb");

	(void)state;
	fail_alloc_each(hide_once, &message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_what_gmime_needs),
	    cmocka_unit_test(leaves_large_messages),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	return cmocka_run_group_tests_name("mime_hide", tests, NULL, NULL);
}
