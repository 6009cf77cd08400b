/* test_html: HTML of mail, good and hostile, read as text. */
#include "html.h"

#include "unit.h"

#include <string.h>

typedef bool render(struct buf *, struct span);

struct row {
	render *render;
	const char *html;
	const char *text;
};

static const struct row rows[] = {
    {html_put_words, "", ""},
    {html_put_words, "plain", "plain"},
    {html_put_words, "<p>a</p><p>b</p>", "a b"},
    {html_put_words, "a<b>c</b>d<br>e", "acd e"},
    {html_put_words, "<td>a<td>b", "a b"},
    {html_put_words, "a<img src=x>b", "a b"},
    {html_put_words, "x &amp; &lt;y&gt; &eacute;", "x & <y> \xc3\xa9"},
    {html_put_words, "a&nbsp;b \n\t c", "a b c"},
    {html_put_words,
	"<head><title>t</title><style>s</style></head><script>j</script>"
	"<noscript>n</noscript>body",
	"body"},
    {html_put_words, "<div><div><div>deep", "deep"},
    {html_put_words, "<a href=http://x/>l</a>", "l"},
    {html_put_search, "<a href=http://x/>l</a> m", "l http://x/ m"},
    {html_put_search, "<a href=javascript:x>l</a> m", "l m"},
    /* broken, and odd */
    {html_put_words, "1 < 2 <3 </ 4", "1 < 2 <3 </ 4"},
    {html_put_words, "a<!-- <b> -->c<!-->d<!doctype x>e<?php f ?>g", "acdeg"},
    {html_put_words, "a<!-- b > c", "a"},
    {html_put_words, "a<!-- b > c<!-- d", "a"},
    {html_put_words, "<p title='>' class=\">\">x", "x"},
    {html_put_words, "<p title='a>x<p title='b>y", "y"},
    {html_put_words, "<p title=\"a>x<br>y", "x y"},
    {html_put_words, "<p a=b/c/>x<b", "x"},
    {html_put_words, "<p <b>x</b", "x"},
    {html_put_words, "a<style>b <p> c", "a"},
    {html_put_words, "<title>a<title>b", "a b"},
    {html_put_words, "<title>a</TITLE >b<noscript>c</noscript>d", "b d"},
    {html_put_words, "<script>if (a<b) '</scr' </b></script>z", "z"},
    {html_put_words, "&#8364;&#x20AC;&#X41;&#0;&#xd800;&#1114112;",
	"\xe2\x82\xac\xe2\x82\xac"
	"A\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {html_put_words, "&bogus; &amp &#; &#x; & &", "&bogus; &amp &#; &#x; & &"},
    {html_put_words, "&#99999999999999999999;", "\xef\xbf\xbd"},
    {html_put_words, "&nbsp; a &nbsp;", "a"},
    {html_put_search, "<A HREF = \"http://x/?a&amp;b\" >l</A>m",
	"l http://x/?a&b m"},
    {html_put_search, "<a href=http://1/>x<a href='HTTPS://2/'>y",
	"x http://1/ y HTTPS://2/"},
    {html_put_search, "<a name=href href=mailto:x>l</a> <a>m</a>", "l m"},
    {html_put_search, "<b href=http://1/>x</b>", "x"},
    {html_render_text, "<h1>T</h1><p>a<br>b</p>c", "T\n\na\nb\n\nc"},
    {html_render_text, "<ul><li>a<li>b</ul>", "* a\n* b"},
    {html_render_text, "<a href=https://x/>l</a>", "l ( https://x/ )"},
};

static void
reads_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out;

		buf_init(&out, 1000);
		assert_true(rows[i].render(&out, span_string(rows[i].html)));
		assert_string_equal(buf_string(&out), rows[i].text);
		buf_release(&out);
	}
}

static void
marks_links_and_adds_the_script(void **state)
{
	struct buf out;
	const char *text;

	(void)state;
	buf_init(&out, 10000);
	assert_true(html_embed(
	    &out, SPAN("<p>x<a href='http://y/'>z</a>"), SPAN("a < b && c")));
	text = buf_string(&out);
	assert_non_null(strstr(text,
	    "<a href=\"http://y/\" target=\"_blank\" "
	    "rel=\"noreferrer noopener\">z</a>"));
	assert_non_null(strstr(text, "<script>a < b && c</script></body>"));
	buf_release(&out);
}

/* Half a million nested elements: no stack may grow with them. */
static void
goes_as_deep_as_mail_does(void **state)
{
	struct buf html, out;

	(void)state;
	buf_init(&html, 10000000);
	for (int i = 0; i < 500000; i++)
		(void)buf_put_string(&html, "<b>");
	(void)buf_put_string(&html, "end");
	buf_init(&out, 10000000);
	assert_true(html_put_words(&out, buf_span(&html)));
	buf_release(&out);
	buf_release(&html);
}

static void
stops_at_the_ceiling(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 3);
	assert_false(html_put_words(&out, SPAN("four")));
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_text),
	    cmocka_unit_test(marks_links_and_adds_the_script),
	    cmocka_unit_test(goes_as_deep_as_mail_does),
	    cmocka_unit_test(stops_at_the_ceiling),
	};

	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
