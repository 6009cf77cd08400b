/* test_mime_compose: what is made can be read again, unchanged. */
#include "mime_compose.h"

#include "mime.h"

#include "unit.h"

#include <string.h>

#define LIMIT ((size_t)1024 * 1024)

static const struct compose_address to[] = {
    {"J\xc3\xb6rg \"X\"", "j@x.test"}, {NULL, "k@y.test"}};

static struct compose
letter(void)
{
	return (struct compose){
	    .from = {"Sender, the", "s@z.test"},
	    .to = {to, COUNT(to)},
	    .subject = "Gr\xc3\xbc\xc3\x9f"
		       "e",
	    .text = "Hello\r\nthere\r\n",
	    .date_us = 1048592222000000,
	    .message_id = "id@made.test",
	};
}

static struct mime *
make(struct buf *raw, const struct compose *compose)
{
	struct mime *mime;

	buf_init(raw, LIMIT);
	assert_true(mime_compose(raw, compose));
	mime = mime_parse(buf_span(raw));
	assert_non_null(mime);
	return mime;
}

static bool
has_bare_line_end(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		bool cr = i > 0 && bytes.at[i - 1] == '\r';

		if (bytes.at[i] == '\n' && !cr)
			return true;
	}
	return false;
}

static void
makes_a_plain_letter(void **state)
{
	struct compose compose = letter();
	struct buf raw;
	struct mime *mime = make(&raw, &compose);

	(void)state;
	assert_false(has_bare_line_end(buf_span(&raw)));
	assert_int_equal(mime->part_count, 1);
	assert_string_equal(mime->parts[0].type, "text/plain");
	assert_string_equal(mime->subject, compose.subject);
	assert_string_equal(mime->message_id, "id@made.test");
	assert_string_equal(mime->date, "2003-03-25T11:37:02Z");
	assert_string_equal(mime->lists[MIME_FROM].at[0].name, "Sender, the");
	assert_int_equal(mime->lists[MIME_TO].count, 2);
	assert_string_equal(
	    mime->lists[MIME_TO].at[0].name, "J\xc3\xb6rg \"X\"");
	assert_string_equal(mime->lists[MIME_TO].at[1].address, "k@y.test");
	mime_free(mime);
	buf_release(&raw);
}

static void
keeps_every_text(void **state)
{
	static char long_line[3000];
	const char *const texts[] = {
	    "",
	    "one line",
	    "two\r\nlines\r\n",
	    "bare\nfeeds\n",
	    "bare\rreturns",
	    "From here\r\n.\r\n..\r\n--\r\n trailing \t\r\n",
	    "\xc3\xa4\xc3\xb6 \xf0\x9f\x93\xac\r\n= =3D =\r\n",
	    "\r\n\r\n",
	    "\xc3\xa4 without an end",
	    long_line,
	};

	(void)state;
	memset(long_line, 'l', sizeof(long_line) - 1);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct compose compose = letter();
		struct buf raw;
		struct mime *mime;

		compose.text = texts[i];
		compose.html = i % 2 ? texts[i] : NULL;
		mime = make(&raw, &compose);
		assert_true(
		    span_equal(buf_span(&mime->text), span_string(texts[i])));
		if (compose.html)
			assert_true(span_equal(
			    buf_span(&mime->html), span_string(texts[i])));
		assert_false(has_bare_line_end(buf_span(&raw)));
		mime_free(mime);
		buf_release(&raw);
	}
}

static void
nests_only_what_it_must(void **state)
{
	const struct compose_attachment attachments[] = {
	    {SPAN("\x89PNG\r\n\x1a\n"), "p.png", NULL, "pic@1"},
	    {SPAN("a,b\n"), "na\xc3\xafve name.csv", "text/csv", NULL},
	    {SPAN("\x00\xff"), "x.bin", "application/octet-stream", ""},
	};
	static const struct {
		const char *id, *type, *name;
	} want[] = {
	    {"0", "multipart/mixed", ""},
	    {"1.0", "multipart/related", ""},
	    {"1.1.0", "multipart/alternative", ""},
	    {"1.1.1", "text/plain", ""},
	    {"1.1.2", "text/html", ""},
	    {"1.2", "image/png", "p.png"},
	    {"2", "text/csv", "na\xc3\xafve name.csv"},
	    {"3", "application/octet-stream", "x.bin"},
	};
	struct compose compose = letter();
	struct buf raw, bytes;
	struct mime *mime;

	(void)state;
	compose.html = "<p>x</p>";
	compose.attachments = attachments;
	compose.attachment_count = COUNT(attachments);
	mime = make(&raw, &compose);
	assert_int_equal(mime->part_count, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_string_equal(mime->parts[i].id, want[i].id);
		assert_string_equal(mime->parts[i].type, want[i].type);
		assert_string_equal(mime->parts[i].name, want[i].name);
	}
	assert_string_equal(mime->parts[5].content_id, "pic@1");
	assert_int_equal(mime->attachments, 2);
	buf_init(&bytes, LIMIT);
	assert_true(mime_part_bytes(buf_span(&raw), "3", &bytes));
	assert_true(span_equal(buf_span(&bytes), attachments[2].bytes));
	buf_release(&bytes);
	mime_free(mime);
	buf_release(&raw);
}

static void
puts_headers_and_injects_none(void **state)
{
	const struct compose_header headers[] = {
	    {"X-Tags", "a, b"}, {"X-Odd", "one\r\nInjected: yes"}};
	struct compose compose = letter();
	struct buf raw;
	struct mime *mime;

	(void)state;
	compose.headers = headers;
	compose.header_count = COUNT(headers);
	compose.subject = "s\r\nInjected: yes";
	mime = make(&raw, &compose);
	assert_string_equal(mime_find(mime, "X-Tags")->value, "a, b");
	assert_null(mime_find(mime, "Injected"));
	mime_free(mime);
	buf_release(&raw);
}

/* Neither in the header of the message nor in that of a part. */
static void
attachments_inject_nothing(void **state)
{
	const struct compose_attachment attachments[] = {
	    {SPAN("x"), "f\r\nInjected: 1", "text/plain\r\nInjected: 2", NULL},
	    {SPAN("x"), "n\nInjected: 3\x7f", "a/b; c=\"\r\nInjected: 4\"",
		"id\r\nInjected: 5"},
	    {SPAN("x"), "\x01", NULL, "\r\n\r\nInjected: 6"},
	};
	struct compose compose = letter();
	struct buf raw;
	struct mime *mime;

	(void)state;
	compose.attachments = attachments;
	compose.attachment_count = COUNT(attachments);
	mime = make(&raw, &compose);
	assert_null(strstr(buf_string(&raw), "\nInjected"));
	assert_non_null(strstr(buf_string(&raw), "\"f??Injected: 1\""));
	mime_free(mime);
	buf_release(&raw);
}

static void
knows_what_may_be_set(void **state)
{
	static const struct {
		const char *name;
		bool may;
	} rows[] = {
	    {"X-One", true},
	    {"List-Unsubscribe", true},
	    {"to", false},
	    {"MIME-VERSION", false},
	    {"content-type", false},
	    {"", false},
	    {"a b", false},
	    {"a:b", false},
	    {"a\r\nb", false},
	    {"\xc3\xa4", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    compose_may_set(span_string(rows[i].name)), rows[i].may);
}

static void
knows_an_address(void **state)
{
	static const struct {
		const char *address;
		bool is;
	} rows[] = {
	    {"a@b.test", true},
	    {"\"a b\"@b.test", true},
	    {"\xc3\xa4@b.test", true},
	    {"a", false},
	    {"", false},
	    {"<a@b.test>", false},
	    {"a@b.test, c@d.test", false},
	    {"a@b.test\r\nX: y", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    compose_is_address(span_string(rows[i].address)),
		    rows[i].is);
}

static void
fails_where_there_is_no_room(void **state)
{
	struct compose compose = letter();
	struct buf raw;

	(void)state;
	buf_init(&raw, 20);
	assert_false(mime_compose(&raw, &compose));
	buf_release(&raw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_a_plain_letter),
	    cmocka_unit_test(keeps_every_text),
	    cmocka_unit_test(nests_only_what_it_must),
	    cmocka_unit_test(puts_headers_and_injects_none),
	    cmocka_unit_test(attachments_inject_nothing),
	    cmocka_unit_test(knows_what_may_be_set),
	    cmocka_unit_test(knows_an_address),
	    cmocka_unit_test(fails_where_there_is_no_room),
	};

	mime_init();
	return cmocka_run_group_tests_name("mime_compose", tests, NULL, NULL);
}
