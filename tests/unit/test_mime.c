/* test_mime: messages well and badly made, and what is read out of them. */
#include "mime.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static const char letter[] =
    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
    " =?utf-8?Q?_an_alle?=\r\n"
    "From: =?utf-8?Q?J=C3=B6rg?= \"X\" <j@x.test>\r\n"
    "To: a@x.test, Bob <b@y.test>, friends: c@z.test, d@z.test;\r\n"
    "Cc: undisclosed-recipients:;\r\n"
    "Date: Tue, 25 Mar 2003 11:37:02 +0200\r\n"
    "Message-ID: <abc@x>\r\n"
    "Return-Path: <bounce@x.test>\r\n"
    "Received: one\r\n"
    "Received: two\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=outer\r\n"
    "\r\n"
    "--outer\r\n"
    "Content-Type: multipart/related; boundary=mid\r\n"
    "\r\n"
    "--mid\r\n"
    "Content-Type: multipart/alternative; boundary=inner\r\n"
    "\r\n"
    "--inner\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "Gr=FC=DFe\r\n"
    "--inner\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "\r\n"
    "<title>no</title><h1>Hi</h1><p>there <a href='http://x.test/'>go</a>\r\n"
    "--inner--\r\n"
    "--mid\r\n"
    "Content-Type: image/png; name=p.png\r\n"
    "Content-Disposition: inline\r\n"
    "Content-ID: <pic%401>\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "\r\n"
    "iVBORw==\r\n"
    "--mid--\r\n"
    "--outer\r\n"
    "Content-Type: text/csv\r\n"
    "Content-Disposition: attachment;\r\n"
    " filename*0*=utf-8''na%C3%AFve; filename*1=\" name.csv\"\r\n"
    "\r\n"
    "a,b\r\n"
    "--outer--\r\n";

static void
assert_span(struct span span, const char *text)
{
	if (!span_equal(span, span_string(text)))
		print_error("\"%.*s\" is not \"%s\"\n", SPAN_ARG(span), text);
	assert_true(span_equal(span, span_string(text)));
}

static void
reads_the_header(void **state)
{
	struct mime *mime = mime_parse(SPAN(letter));

	(void)state;
	assert_int_equal(mime->field_count, 11);
	assert_string_equal(mime->fields[8].name, "Received");
	assert_string_equal(mime->fields[8].value, "two");
	assert_string_equal(mime->subject,
	    "Gr\xc3\xbc\xc3\x9f"
	    "e an alle");
	assert_int_equal(mime->lists[MIME_FROM].count, 1);
	assert_string_equal(mime->lists[MIME_FROM].at[0].address, "j@x.test");
	assert_int_equal(mime->lists[MIME_TO].count, 4);
	assert_string_equal(mime->lists[MIME_TO].at[1].name, "Bob");
	assert_string_equal(mime->lists[MIME_TO].at[3].address, "d@z.test");
	assert_int_equal(mime->lists[MIME_CC].count, 0);
	assert_string_equal(mime->message_id, "abc@x");
	assert_string_equal(mime->return_path, "bounce@x.test");
	assert_string_equal(mime->date, "2003-03-25T11:37:02+02:00");
	assert_true(mime->date_us == 1048585022000000);
	mime_free(mime);
}

static const struct {
	const char *id, *type, *name, *content_id;
	size_t parent;
	enum mime_role role;
	uint64_t size;
} parts[] = {
    {"0", "multipart/mixed", "", "", 0, MIME_CONTAINER, 0},
    {"1.0", "multipart/related", "", "", 0, MIME_CONTAINER, 0},
    {"1.1.0", "multipart/alternative", "", "", 1, MIME_CONTAINER, 0},
    {"1.1.1", "text/plain", "", "", 2, MIME_BODY, 5},
    {"1.1.2", "text/html", "", "", 2, MIME_BODY, 68},
    {"1.2", "image/png", "p.png", "pic@1", 1, MIME_INLINE, 4},
    {"2", "text/csv", "na\xc3\xafve name.csv", "", 0, MIME_ATTACHMENT, 3},
};

static void
reads_the_tree(void **state)
{
	struct mime *mime = mime_parse(SPAN(letter));

	(void)state;
	assert_int_equal(mime->part_count, COUNT(parts));
	for (size_t i = 0; i < COUNT(parts); i++) {
		const struct mime_part *part = &mime->parts[i];

		assert_string_equal(part->id, parts[i].id);
		assert_string_equal(part->type, parts[i].type);
		assert_string_equal(part->name, parts[i].name);
		assert_string_equal(part->content_id, parts[i].content_id);
		assert_int_equal(part->parent, parts[i].parent);
		assert_int_equal(part->role, parts[i].role);
		assert_int_equal(part->size, parts[i].size);
	}
	assert_string_equal(
	    mime->parts[6].md5, "b345e1dc09f20fdefdea469f09167892");
	assert_int_equal(mime->attachments, 1);
	assert_int_equal(mime->inlines, 1);
	mime_free(mime);
}

static void
reads_the_bodies(void **state)
{
	struct mime *mime = mime_parse(SPAN(letter));

	(void)state;
	assert_span(buf_span(&mime->text),
	    "Gr\xc3\xbc\xc3\x9f"
	    "e");
	assert_true(span_starts(buf_span(&mime->html), SPAN("<title>no")));
	assert_string_equal(mime->snippet, "Hi there go");
	mime_free(mime);
}

static const struct {
	const char *message;
	const char *text; /* NULL: there is none */
	const char *html;
	size_t attachments;
} bodies[] = {
    {"\r\nhello\r\n", "hello\r\n", "", 0},
    {"", "", "", 0},
    {"no header at all\r\n", "no header at all\r\n", "", 0},
    {"Content-Type: text/html\r\n\r\n<p>a<p>b <a href=http://x/>l</a>",
	"a\n\nb l ( http://x/ )", "<p>a<p>b <a href=http://x/>l</a>", 0},
    {"Content-Type: image/png\r\n\r\nx", "", "", 1},
    {"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nx", "",
	"", 1},
    {HEAD "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", "one\n--\ntwo", "",
	0},
    {"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
     "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
	"one", "", 0},
    /* a boundary that is never closed, and one that is not declared */
    {HEAD "--b\r\n\r\none\r\n", "one\r\n", "", 0},
    {"Content-Type: multipart/mixed\r\n\r\nwhatever\r\n", "", "", 0},
    {HEAD "--b\r\nContent-Type: application/octet-stream\r\n"
	  "Content-Disposition: inline\r\n\r\nx\r\n--b--",
	"", "", 1},
    /* charsets: wrong, unknown, undeclared */
    {"Content-Type: text/plain; charset=utf-8\r\n\r\na\xff\xc3\xa4",
	"a\xef\xbf\xbd\xc3\xa4", "", 0},
    {"Content-Type: text/plain; charset=klingon\r\n\r\n\xc3\xa4", "\xc3\xa4",
	"", 0},
    {"\r\n\xe4", "\xc3\xa4", "", 0},
    {"Content-Type: text/plain; charset=shift_jis\r\n\r\n\x83\x65",
	"\xe3\x83\x86", "", 0},
    {"Content-Type: text/plain; charset=utf-16le\r\n\r\na", "\xef\xbf\xbd", "",
	0},
    {"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64", NULL, "", 0},
};

static void
copes_with_anything(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct mime *mime = mime_parse(span_string(bodies[i].message));

		assert_non_null(mime);
		if (bodies[i].text)
			assert_span(buf_span(&mime->text), bodies[i].text);
		assert_span(buf_span(&mime->html), bodies[i].html);
		assert_int_equal(mime->attachments, bodies[i].attachments);
		mime_free(mime);
	}
}

static void
shows_from_that_is_no_address(void **state)
{
	struct mime *mime = mime_parse(SPAN("From: nobody; at all\r\n\r\n"));

	(void)state;
	assert_int_equal(mime->lists[MIME_FROM].count, 1);
	mime_free(mime);
	mime = mime_parse(SPAN("X: y\r\n\r\n"));
	assert_int_equal(mime->lists[MIME_FROM].count, 0);
	assert_string_equal(mime->date, "");
	assert_string_equal(mime->subject, "");
	mime_free(mime);
}

static void
gives_the_bytes_of_a_part(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(mime_part_bytes(SPAN(letter), "1.2", &out));
	assert_span(buf_span(&out), "\x89PNG");
	buf_reset(&out);
	assert_true(mime_part_bytes(SPAN(letter), "2", &out));
	assert_span(buf_span(&out), "a,b");
	assert_false(mime_part_bytes(SPAN(letter), "0", &out));
	assert_false(mime_part_bytes(SPAN(letter), "9", &out));
	assert_false(mime_part_bytes(SPAN(letter), "../etc", &out));
	buf_release(&out);
}

/* MailDev stalled on thousands of siblings; deep nesting ends stacks. */
static void
has_ceilings(void **state)
{
	struct buf text;
	struct mime *mime;

	(void)state;
	buf_init(&text, 10000000);
	(void)buf_put_string(&text, HEAD);
	for (int i = 0; i < 100000; i++)
		(void)buf_put_string(&text, "--b\r\n\r\n");
	mime = mime_parse(buf_span(&text));
	assert_int_equal(mime->part_count, MIME_PARTS_MAX);
	assert_true(mime->is_cut);
	mime_free(mime);
	buf_reset(&text);
	for (int i = 0; i < 20000; i++)
		(void)buf_printf(&text,
		    "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
		    "--b%d\r\n",
		    i, i);
	mime = mime_parse(buf_span(&text));
	assert_int_equal(mime->part_count, MIME_DEPTH_MAX + 1);
	assert_true(mime->is_cut);
	mime_free(mime);
	buf_reset(&text);
	for (int i = 0; i < 100000; i++)
		(void)buf_put_string(&text, "A: b\r\n");
	mime = mime_parse(buf_span(&text));
	assert_int_equal(mime->field_count, 10000);
	assert_true(mime->is_cut);
	mime_free(mime);
	buf_release(&text);
}

/* So many times 'x', then `rest`: how long a snippet that makes. */
static void
check_snippet(size_t count, const char *rest, size_t len, const char *end)
{
	char message[512] = "\r\n";
	struct mime *mime;

	memset(message + 2, 'x', count);
	(void)snprintf(
	    message + 2 + count, sizeof(message) - 2 - count, "%s", rest);
	mime = mime_parse(span_string(message));
	assert_int_equal(strlen(mime->snippet), len);
	assert_string_equal(mime->snippet + count, end);
	mime_free(mime);
}

static void
cuts_snippets_between_characters(void **state)
{
	(void)state;
	check_snippet(199, "\xc3\xa4 and more", 199 + 3, "...");
	check_snippet(200, "", 200, "");
	check_snippet(201, "", 200 + 3, "..");
	/* As Mailpit does: whatever ends right at the cut falls away, too. */
	check_snippet(198, "\xc3\xa4", 200, "\xc3\xa4");
	check_snippet(198, "\xc3\xa4z", 198 + 3, "...");
	check_snippet(197, "\xe2\x82\xacz", 197 + 3, "...");
	check_snippet(199, " and more", 200 + 3, " ...");
}

static int
start(void **state)
{
	(void)state;
	mime_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_header),
	    cmocka_unit_test(reads_the_tree),
	    cmocka_unit_test(reads_the_bodies),
	    cmocka_unit_test(copes_with_anything),
	    cmocka_unit_test(shows_from_that_is_no_address),
	    cmocka_unit_test(gives_the_bytes_of_a_part),
	    cmocka_unit_test(has_ceilings),
	    cmocka_unit_test(cuts_snippets_between_characters),
	};

	return cmocka_run_group_tests_name("mime", tests, start, NULL);
}
