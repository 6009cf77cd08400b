/* test_link: the links and codes of mails as they are really sent. */
#include "link.h"

#include "fail_alloc.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* What a mail must give; NULL means that there must be none. */
struct row {
	const char *subject;
	const char *text; /* NULL: HTML only */
	const char *html; /* NULL: text only */
	const char *code; /* the surest */
	enum link_source source;
	const char *action; /* the first of that kind */
	const char *unsubscribe;
	const char *tracker;
};

#define S LINK_IN_SUBJECT
#define T LINK_IN_TEXT
#define H LINK_IN_HTML

static const struct row rows[] = {
    /* codes in a sentence */
    {"Sign in", "Your code is 123456.\n", NULL, "123456", T, NULL, NULL, NULL},
    {"Sign in", "Your code is: 4821\n", NULL, "4821", T, NULL, NULL, NULL},
    {"Google", "G-123456 is your Google verification code.\n", NULL, "G-123456",
	T, NULL, NULL, NULL},
    {"Amazon",
	"834912 is your Amazon OTP. Do not share it with anyone.\n\n"
	"Sent to 555-0100 on 2025-07-01 at 10:45. (c) 2025 Amazon, "
	"Seattle, WA 98109\n",
	NULL, "834912", T, NULL, NULL, NULL},
    {"Your WhatsApp code", "Your WhatsApp code: 123-456\nDon't share it.\n",
	NULL, "123-456", T, NULL, NULL, NULL},
    {"Microsoft account security code",
	"Please use the following security code for the Microsoft account "
	"an**@example.com.\n\nSecurity code: 7312045\n\nOnly enter this code "
	"on an official website.\n\nThanks,\nThe Microsoft account team\n"
	"One Microsoft Way, Redmond, WA 98052\n",
	NULL, "7312045", T, NULL, NULL, NULL},
    {"Apple", "Your Apple ID Code is: 204817. Don't share it with anyone.\n",
	NULL, "204817", T, NULL, NULL, NULL},
    {"Login",
	"Use 482913 to log in to your account.\n"
	"This code expires in 10 minutes.\n",
	NULL, NULL, T, NULL, NULL, NULL},
    {"Your login code",
	"Use 482913 to log in to your account.\n"
	"This code expires in 10 minutes.\n",
	NULL, "482913", T, NULL, NULL, NULL},
    {"Account", "Your account code is 77412903\n", NULL, "77412903", T, NULL,
	NULL, NULL},
    {"Your login code", "Hi Ann, here it is: 482913\n", NULL, "482913", T, NULL,
	NULL, NULL},
    {"x", "PIN: 4821\n", NULL, "4821", T, NULL, NULL, NULL},
    {"x", "Your one-time password is K7P2QX\n", NULL, "K7P2QX", T, NULL, NULL,
	NULL},
    {"x", "Access code: 123 456\n", NULL, "123456", T, NULL, NULL, NULL},
    /* on a line of their own */
    {"[GitHub] Please verify your device",
	"Hey ann!\n\nA sign in attempt requires further verification.\n\n"
	"Device: Firefox on Linux\n\nVerification code: 309174\n\n"
	"If you did not attempt to sign in, visit "
	"https://github.com/settings/security\n",
	NULL, "309174", T, NULL, NULL, NULL},
    {"Confirm your address",
	"Please enter this verification code:\n\n    582 914\n\n"
	"It expires in 30 minutes.\n",
	NULL, "582914", T, NULL, NULL, NULL},
    {"Slack confirmation code: ABC-DEF",
	"Confirm your email address\n\nYour confirmation code is below:\n\n"
	"ABC-DEF\n",
	NULL, "ABC-DEF", T, NULL, NULL, NULL},
    {"x", "Enter the device code below:\n\nWDJB-MJHT\n", NULL, "WDJB-MJHT", T,
	NULL, NULL, NULL},
    {"x", "Your confirmation code:\n\nx7k2p9\n", NULL, "x7k2p9", T, NULL, NULL,
	NULL},
    {"x", "Your confirmation code:\n\nQWERTY\n", NULL, "QWERTY", T, NULL, NULL,
	NULL},
    {"123456 is your verification code", "Hello,\n\nwelcome.\n", NULL, "123456",
	S, NULL, NULL, NULL},
    /* other languages */
    {"Anmeldung", "Ihr Best\xc3\xa4tigungscode lautet 482913.\n", NULL,
	"482913", T, NULL, NULL, NULL},
    {"TAN", "Ihre TAN lautet: 482913\n", NULL, "482913", T, NULL, NULL, NULL},
    {"x", "Votre code de v\xc3\xa9rification est 482913\n", NULL, "482913", T,
	NULL, NULL, NULL},
    {"x",
	"Tu c\xc3\xb3"
	"digo es 482913\n",
	NULL, "482913", T, NULL, NULL, NULL},
    {"x",
	"\xe8\xaa\x8d\xe8\xa8\xbc\xe3\x82\xb3\xe3\x83\xbc\xe3\x83\x89"
	"\xef\xbc\x9a"
	"123456\n",
	NULL, "123456", T, NULL, NULL, NULL},
    {"x",
	"\xe6\x82\xa8\xe7\x9a\x84\xe9\xaa\x8c\xe8\xaf\x81\xe7\xa0\x81"
	"\xe6\x98\xaf 482913\xef\xbc\x8c"
	"5\n",
	NULL, "482913", T, NULL, NULL, NULL},
    {"x", "\xd0\x92\xd0\xb0\xd1\x88 \xd0\xba\xd0\xbe\xd0\xb4: 482913\n", NULL,
	"482913", T, NULL, NULL, NULL},
    /* HTML */
    {"x", NULL,
	"<p>Your verification code is</p><h1>123456</h1>"
	"<p>It is valid for 15 minutes.</p>",
	"123456", H, NULL, NULL, NULL},
    {"Your code", NULL,
	"<table><tr><td>1</td><td>2</td><td>3</td><td>4</td><td>5</td>"
	"<td>6</td></tr></table>",
	"123456", H, NULL, NULL, NULL},
    {"x", "Your code is 111222\n",
	"<style>.a{color:#123456}</style><p>Your code is <b>111222</b></p>",
	"111222", T, NULL, NULL, NULL},
    {"x", "", "<p>Your code is <b>111222</b></p>", "111222", H, NULL, NULL,
	NULL},
    {"x", "Here is your code.\n\n4821\n", NULL, "4821", T, NULL, NULL, NULL},
    /* numbers that are no codes */
    {"x", "Code hotline: 800 123 456\n", NULL, NULL, T, NULL, NULL, NULL},
    {"x", "Code of order 482913\n", NULL, NULL, T, NULL, NULL, NULL},
    {"x", "A code in 2024\n", NULL, NULL, T, NULL, NULL, NULL},
    {"x", "Your code is due in 482913 minutes\n", NULL, NULL, T, NULL, NULL,
	NULL},
    {"Your order 123456",
	"Order 123456 was shipped. Total: $482.91\n"
	"Questions? Call 555 123 4567.\n",
	NULL, NULL, T, NULL, NULL, NULL},
    {"Invoice 482913", "Invoice number: 482913\nDue in 30 days\n", NULL, NULL,
	T, NULL, NULL, NULL},
    {"Big sale",
	"Use code SAVE20 at checkout for 20% off.\n"
	"Promo code: 482913\n",
	NULL, NULL, T, NULL, NULL, NULL},
    {"Code review", "3 files changed in code review 482913\n", NULL, NULL, T,
	NULL, NULL, NULL},
    {"x", "Zip code: 94107\n", NULL, NULL, T, NULL, NULL, NULL},
    {"Password", "Your code is in https://x.test/a?code=482913 now\n", NULL,
	NULL, T, NULL, NULL, NULL},
    {"x",
	"Your code expires in 2025 seconds, or 1234 minutes, for "
	"#123456 and 123456@x.test or 12,345,678 or 1234%\n",
	NULL, NULL, T, NULL, NULL, NULL},
    {"Meeting", "Meeting at 10:30, room 4821, July 4, 2025.\n", NULL, NULL, T,
	NULL, NULL, NULL},
    /* links to follow */
    {"Reset your password",
	"Click the link below to reset your password:\n\n"
	"https://app.test/password/reset/Xy-12_3?email=a%40b.test\n\n"
	"If you did not ask for it, ignore this mail.\n",
	NULL, NULL, T,
	"https://app.test/password/reset/Xy-12_3?email=a%40b.test", NULL, NULL},
    {"Sign in to App", NULL,
	"<p>Hello</p><a href=\"https://app.test/m?token=abc&amp;id=1\">"
	"<span>Sign in</span> to App</a>"
	"<img src=\"https://mail.app.test/o.gif\" width=1 height=1>",
	NULL, H, "https://app.test/m?token=abc&id=1", NULL,
	"https://mail.app.test/o.gif"},
    {"Confirm", "Please confirm: <https://app.test/c/1>.\n",
	"<a href='https://app.test/c/1'><img src='https://app.test/b.png' "
	"alt='Confirm address'></a>",
	NULL, T, "https://app.test/c/1", NULL, NULL},
    {"Magic link", "Open (https://app.test/magic/abc), please.\n", NULL, NULL,
	T, "https://app.test/magic/abc", NULL, NULL},
    {"App", "Open myapp://login?token=abc on your phone\n", NULL, NULL, T,
	"myapp://login?token=abc", NULL, NULL},
    {"Broken",
	"Verify your address\n<https://app.test/verify/aaaaaaaaaaaaa\n"
	"bbbbbbbb>\n",
	NULL, NULL, T, "https://app.test/verify/aaaaaaaaaaaaabbbbbbbb", NULL,
	NULL},
    {"Bestaetigen", NULL,
	"<a href='https://app.test/x/1'>E-Mail best\xc3\xa4tigen</a>", NULL, H,
	"https://app.test/x/1", NULL, NULL},
    /* links to leave by, pictures to be counted with */
    {"News", "Read: https://news.test/1\nUnsubscribe: https://news.test/u/1\n",
	"<a href='https://news.test/1'>Read</a>"
	"<a href='https://news.test/u/1?token=x'>Abmelden</a>"
	"<img src='https://t.test/open/1?x=y' style='display: none'>"
	"<img src='https://news.test/logo.png' alt=Logo>",
	NULL, T, NULL, "https://news.test/u/1", "https://t.test/open/1?x=y"},
    {"News", "Write to us\nmailto:leave@news.test?subject=unsubscribe\n", NULL,
	NULL, T, NULL, "mailto:leave@news.test?subject=unsubscribe", NULL},
    {"News", NULL, "<img src=https://a.test/i width=' 2px '>", NULL, H, NULL,
	NULL, "https://a.test/i"},
    {"News", NULL, "<img src=https://a.test/i style='Width : 1px'>", NULL, H,
	NULL, NULL, "https://a.test/i"},
    {"News", NULL, "<img src=https://a.test/i height=0>", NULL, H, NULL, NULL,
	"https://a.test/i"},
    {"News", NULL, "<img src=https://a.test/i width=3 height=30>", NULL, H,
	NULL, NULL, NULL},
    {"News", NULL, "<img src=https://a.test/open/a.png>", NULL, H, NULL, NULL,
	"https://a.test/open/a.png"},
    {"Nothing", "No link, no code.\n", NULL, NULL, T, NULL, NULL, NULL},
    {"Inside", NULL,
	"<a href='#top'>reset</a><a href='javascript:x()'>verify</a>"
	"<a href='relative/verify'>verify</a><img src='cid:a@b' width=1>"
	"<a name=x>confirm</a><a href=' '>confirm</a>",
	NULL, H, NULL, NULL, NULL},
};

/* Charsets apart, a mail as a program writes it. */
static struct mime *
make_mail(const struct row *row)
{
	struct mime *mime;
	struct buf raw;

	buf_init(&raw, 1024 * 1024);
	(void)buf_printf(&raw,
	    "Subject: %s\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/alternative; boundary=b\n\n",
	    row->subject);
	if (row->text)
		(void)buf_printf(&raw,
		    "--b\nContent-Type: text/plain; charset=utf-8\n\n%s\n",
		    row->text);
	if (row->html)
		(void)buf_printf(&raw,
		    "--b\nContent-Type: text/html; charset=utf-8\n\n%s\n",
		    row->html);
	assert_true(buf_put_string(&raw, "--b--\n"));
	mime = mime_parse(buf_span(&raw));
	assert_non_null(mime);
	buf_release(&raw);
	return mime;
}

static struct span
first_of(const struct links *links, enum link_kind kind)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->at[i].kind == kind)
			return links->at[i].url;
	return SPAN("");
}

static bool
is(const char *what, struct span got, const char *wanted)
{
	bool is_same = span_equal(got, span_string(wanted));

	if (!is_same)
		print_error("%s: \"%.*s\" instead of \"%s\"\n", what,
		    SPAN_ARG(got), wanted ? wanted : "");
	return is_same;
}

static bool
is_right(const struct row *row)
{
	struct mime *mime = make_mail(row);
	struct links links;
	bool is_good;

	links_init(&links);
	assert_true(links_find(&links, mime));
	is_good = is("code",
	    span_string(links.code_count ? links.codes[0].code : NULL),
	    row->code);
	is_good &= is("action", first_of(&links, LINK_ACTION), row->action);
	is_good &= is("unsubscribe", first_of(&links, LINK_UNSUBSCRIBE),
	    row->unsubscribe);
	is_good &= is("tracker", first_of(&links, LINK_TRACKER), row->tracker);
	if (row->code && is_good)
		is_good = is("source",
		    span_string(link_source_name(links.codes[0].source)),
		    link_source_name(row->source));
	if (!is_good)
		print_error("in row %zu: %s\n%s%s\n", (size_t)(row - rows),
		    row->subject, row->text ? row->text : "",
		    row->html ? row->html : "");
	links_release(&links);
	mime_free(mime);
	return is_good;
}

static void
finds_what_mails_have(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		bad += !is_right(&rows[i]);
	assert_int_equal(bad, 0);
}

static void
expect_link(const struct link *link, enum link_kind kind,
    enum link_source source, const char *url, const char *text)
{
	assert_true(is("url", link->url, url));
	assert_true(is("text", link->text, text));
	assert_string_equal(link_kind_name(link->kind), link_kind_name(kind));
	assert_int_equal(link->source, source);
}

static void
lists_all_in_order(void **state)
{
	static const struct row mail = {.subject = "x",
	    .text = "Our site: http://a.test/b_(c).\n"
		    "* Docs <https://d.test>, and https://d.test again\n"
		    "Write mailto:x@y.test or call tel:+4912345!\n",
	    .html = "<link rel=stylesheet href=https://s.test/s.css>"
		    "<a href=http://a.test/>\n Our\n  <b>site</b></a>"
		    "<a href=http://a.test/>Our site</a>"
		    "<img src=//i.test/i.png alt=Logo>"
		    "<map><area href=sms:123></map>"};
	struct mime *mime = make_mail(&mail);
	struct links links;

	(void)state;
	links_init(&links);
	assert_true(links_find(&links, mime));
	assert_int_equal(links.count, 9);
	expect_link(
	    &links.at[0], LINK_PLAIN, T, "http://a.test/b_(c)", "Our site");
	expect_link(&links.at[1], LINK_PLAIN, T, "https://d.test", "Docs");
	expect_link(&links.at[2], LINK_PLAIN, T, "https://d.test", "and");
	expect_link(&links.at[3], LINK_MAILTO, T, "mailto:x@y.test", "Write");
	expect_link(&links.at[4], LINK_TEL, T, "tel:+4912345", "or call");
	expect_link(&links.at[5], LINK_IMAGE, H, "https://s.test/s.css", "");
	expect_link(&links.at[6], LINK_PLAIN, H, "http://a.test/", "Our site");
	expect_link(&links.at[7], LINK_IMAGE, H, "//i.test/i.png", "Logo");
	expect_link(&links.at[8], LINK_TEL, H, "sms:123", "");
	links_release(&links);
	mime_free(mime);
}

static void
codes_come_surest_first(void **state)
{
	static const struct row mail = {.subject = "123456 is your code",
	    .text = "Your verification code is:\n\n123456\n"
		    "Acme Ltd 771234\n\n"
		    "PIN: 4821\n\nAnother security code: 998877\n"};
	struct mime *mime = make_mail(&mail);
	struct links links;

	(void)state;
	links_init(&links);
	assert_true(links_find(&links, mime));
	assert_int_equal(links.code_count, 3);
	assert_string_equal(links.codes[0].code, "123456");
	assert_int_equal(links.codes[0].source, LINK_IN_TEXT);
	assert_string_equal(links.codes[1].code, "998877");
	assert_string_equal(links.codes[2].code, "4821");
	for (size_t i = 0; i < links.code_count; i++) {
		assert_in_range(links.codes[i].confidence, 50, 99);
		assert_true(i == 0 ||
		    links.codes[i - 1].confidence >= links.codes[i].confidence);
	}
	links_release(&links);
	mime_free(mime);
}

static void
fill(struct buf *buf, const char *piece, size_t count)
{
	buf_reset(buf);
	for (size_t i = 0; i < count; i++)
		assert_true(buf_put_string(buf, piece));
}

/* Ceilings hold, and no text takes more than linear time. */
static void
floods_end(void **state)
{
	static const char *const pieces[] = {"https://a.test/",
	    "code 123456 123456 ", "(((((())))))", "http://x)))))))))).",
	    "a.b.c.d.e:", "<a href=x:y>", "code: 1234\n", "<x:///", "1 2 3 4 ",
	    "<img src=x:y style='width:1px'>", "https:// "};
	struct mime mime = {.subject = (char[]){"code"}};
	struct mime_part part = {
	    .role = MIME_BODY, .type = (char[]){"text/plain"}, .size = 100};

	(void)state;
	mime.parts = &part;
	mime.part_count = 1;
	buf_init(&mime.text, 64 * 1024 * 1024);
	buf_init(&mime.html, 64 * 1024 * 1024);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct links links;

		fill(&mime.text, pieces[i], 200000 / strlen(pieces[i]));
		fill(&mime.html, pieces[i], 50000 / strlen(pieces[i]));
		links_init(&links);
		assert_true(links_find(&links, &mime));
		assert_true(links.count <= LINK_MAX);
		assert_true(links.code_count <= LINK_CODES_MAX);
		links_release(&links);
	}
	buf_release(&mime.text);
	buf_release(&mime.html);
}

static void
more_than_the_ceiling_is_said(void **state)
{
	struct row mail = {.subject = "x"};
	struct links links;
	struct mime *mime;
	struct buf text;

	(void)state;
	buf_init(&text, 1024 * 1024);
	for (int i = 0; i <= LINK_MAX; i++)
		assert_true(buf_printf(&text, "https://a.test/%d\n", i));
	mail.text = buf_string(&text);
	mime = make_mail(&mail);
	links_init(&links);
	assert_true(links_find(&links, mime));
	assert_int_equal(links.count, LINK_MAX);
	assert_true(links.is_cut);
	links_release(&links);
	mime_free(mime);
	buf_release(&text);
}

/* One link a hundred thousand times is one link. */
static void
the_same_link_is_listed_once(void **state)
{
	struct row mail = {.subject = "x"};
	struct links links;
	struct mime *mime;
	struct buf text;

	(void)state;
	buf_init(&text, 1024 * 1024);
	for (int i = 0; i < 40000; i++)
		assert_true(buf_put_string(&text, "x https://a.test/\n"));
	mail.text = buf_string(&text);
	mime = make_mail(&mail);
	links_init(&links);
	assert_true(links_find(&links, mime));
	assert_int_equal(links.count, 1);
	assert_true(links.is_cut);
	links_release(&links);
	mime_free(mime);
	buf_release(&text);
}

static void
look(void *context)
{
	struct links links;

	links_init(&links);
	if (!links_find(&links, context))
		assert_true(fail_alloc_happened());
	for (size_t i = 0; i < links.count; i++)
		assert_true(links.at[i].url.len > 0);
	links_release(&links);
}

static void
lack_of_memory_is_said(void **state)
{
	static const struct row mail = {.subject = "code",
	    .text = "Read http://a.test/\nYour code is 123456\n",
	    .html = "<a href=http://a.test/>Read</a>"
		    "<img src=http://i.test style='width: 0'>"};
	struct mime *mime = make_mail(&mail);

	(void)state;
	assert_true(fail_alloc_each(look, mime) > 3);
	mime_free(mime);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_what_mails_have),
	    cmocka_unit_test(lists_all_in_order),
	    cmocka_unit_test(codes_come_surest_first),
	    cmocka_unit_test(floods_end),
	    cmocka_unit_test(more_than_the_ceiling_is_said),
	    cmocka_unit_test(the_same_link_is_listed_once),
	    cmocka_unit_test(lack_of_memory_is_said),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
