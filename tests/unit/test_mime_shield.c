/* test_mime_shield: fields with too many colons, and all the others. */
#include "mime_shield.h"

#include "buf.h"
#include "fail_alloc.h"
#include "mime.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MANY ((size_t)200 * 1000)

/* Text before, "a:" so many times, and text behind. */
static void
put(struct buf *out, const char *before, size_t count, const char *behind)
{
	buf_put_string(out, before);
	for (size_t i = 0; i < count; i++)
		buf_put_string(out, "a:");
	buf_put_string(out, behind);
}

static void
leaves_what_is_harmless(void **state)
{
	static const char *const rows[] = {
	    "",
	    "To: a@b.test\r\n\r\nTo: x\r\n",
	    "To: g: a@b.test, c@d.test;, h:;\r\n\r\n",
	    "\n\n\n",
	    "To",
	};
	struct buf text;
	char *copy = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(mime_shield_message(span_string(rows[i]), &copy));
		assert_null(copy);
	}
	buf_init(&text, 4 * MANY);
	put(&text, "To: ", MIME_SHIELD_COLONS - 1, "\r\n\r\n");
	put(&text, "Subject: ", MANY / 2, "\r\n\r\n");
	put(&text, "Total: ", MANY / 2, "\r\n\r\n");
	assert_true(mime_shield_message(buf_span(&text), &copy));
	assert_null(copy);
	buf_release(&text);
}

static void
blanks_what_is_too_much(void **state)
{
	static const char *const starts[] = {"To: ", "to:", "CC \t:", "Bcc: ",
	    "From: ", "Sender: ", "Reply-To: ", " To: ", "To: x\r\n ",
	    "To:\n\t", "Subject: x\r\n\r\n--b\r\n\r\nFrom: "};

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct buf text;
		size_t colons = 0;
		char *copy = NULL;

		buf_init(&text, 4 * MANY);
		put(&text, starts[i], MANY, "\r\n a:a:\r\nX: y:z\r\n\r\nb:c");
		assert_true(mime_shield_message(buf_span(&text), &copy));
		assert_non_null(copy);
		for (size_t at = 0; at < text.len; at++) {
			colons += copy[at] == ':';
			assert_true(copy[at] == text.at[at] ||
			    (copy[at] == ' ' && text.at[at] == ':'));
		}
		/* And those of the lines around it. */
		assert_in_range(
		    colons, MIME_SHIELD_COLONS + 3, MIME_SHIELD_COLONS + 4);
		free(copy);
		buf_release(&text);
	}
}

/* This ended the process. */
static void
mime_survives_nested_groups(void **state)
{
	static const char *const starts[] = {"To: ", "From: ", "Reply-To: ",
	    "Content-Type: message/rfc822\r\n\r\nCc: ",
	    "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nBcc: "};

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct buf text;
		struct mime *mime;

		buf_init(&text, 4 * MANY);
		put(&text, starts[i], MANY, "\r\n\r\nbody\r\n");
		mime = mime_parse(buf_span(&text));
		assert_non_null(mime);
		mime_free(mime);
		buf_release(&text);
	}
}

static void
shield_once(void *context)
{
	struct buf *text = context;
	char *copy;

	if (!mime_shield_message(buf_span(text), &copy))
		assert_true(fail_alloc_happened());
	free(copy);
}

static void
bears_lack_of_memory(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 4 * MANY);
	put(&text, "To: ", MIME_SHIELD_COLONS + 1, "\r\n\r\n");
	assert_int_equal(fail_alloc_each(shield_once, &text), 1);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_what_is_harmless),
	    cmocka_unit_test(blanks_what_is_too_much),
	    cmocka_unit_test(mime_survives_nested_groups),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
