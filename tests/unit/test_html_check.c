/* test_html_check: what is found in HTML, and what it means for clients. */
#include "html_check.h"

#include "buf.h"
#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static const struct html_feature *
feature_of(const char *slug, size_t *index)
{
	for (size_t i = 0; i < HTML_FEATURES; i++)
		if (strcmp(html_features[i].slug, slug) == 0) {
			*index = i;
			return &html_features[i];
		}
	fail_msg("no feature %s", slug);
	return NULL;
}

static size_t
found(const char *html, const char *slug)
{
	struct html_check check;
	size_t index = 0;

	(void)feature_of(slug, &index);
	assert_true(html_check(&check, span_string(html)));
	return check.found[index];
}

/* A table that is out of step would blame the wrong client. */
static void
has_a_whole_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < HTML_FEATURES; i++) {
		const struct html_feature *feature = &html_features[i];
		struct html_support support;

		assert_int_equal(strlen(feature->support), HTML_CLIENTS);
		assert_int_equal(
		    strspn(feature->support, "ynau"), HTML_CLIENTS);
		assert_true(feature->pattern[0] && feature->title[0]);
		if (i > 0)
			assert_true(strcmp(html_features[i - 1].slug,
					feature->slug) < 0);
		/* Else it would warn of nothing. */
		html_feature_support(feature, &support);
		assert_true(support.partly + support.no > 0);
	}
	for (size_t i = 0; i < HTML_CLIENTS; i++)
		assert_non_null(html_clients[i].platform_name);
}

static void
finds_features(void **state)
{
	static const struct {
		const char *html, *slug;
		size_t count;
	} rows[] = {
	    {"<video></video><VIDEO>", "html-video", 2},
	    {"<p>video", "html-video", 0},
	    {"<ul><li>x</ul><ol></ol>", "html-lists", 2},
	    {"<p dir=ltr>", "html-dir", 1},
	    {"<p title=dir>", "html-dir", 0},
	    {"<a target=_blank><p target=x>", "html-target", 1},
	    {"<a href='#top'><a href='x#top'>", "html-anchor-links", 1},
	    {"<a href=MAILTO:a@b.test>", "html-mailto-links", 1},
	    {"<input type=checkbox><input type=text>", "html-input-checkbox",
		1},
	    {"<img src=a.SVG><img src=a.svg.png>", "image-svg", 1},
	    {"<img srcset=x sizes=y>", "html-srcset", 1},
	    {"<style></style>", "html-style", 1},
	    {"<p style='gap:1px'><p style='gap:1px;gap:2px'>", "css-gap", 2},
	    {"<style>p{gap:1px}q{row-gap:1px;gap:2px}</style>", "css-gap", 2},
	    {"<p style='grid-gap:1px'>", "css-gap", 0},
	    {"<p style='DISPLAY : FLEX'>", "css-display-flex", 1},
	    {"<p style='display:inline-flex !important'>", "css-display-flex",
		1},
	    {"<p style='display:flexible'>", "css-display-flex", 0},
	    {"<p style='display:none'>", "css-display-flex", 0},
	    {"<p style='width:calc(1px + 2px)'>", "css-unit-calc", 1},
	    {"<p style='width:12vh'>", "css-unit-vh", 1},
	    {"<p style='width:vh'>", "css-unit-vh", 0},
	    {"<p style='width:1vhx'>", "css-unit-vh", 0},
	    {"<style>@media (hover){p{a:b}}</style>", "css-at-media-hover", 1},
	    {"<style>@media print{p{a:b}}</style>", "css-at-media-hover", 0},
	    {"<style>@media print{p{a:b}}</style>", "css-at-media", 1},
	    {"<style>@font-face{a:b}</style>", "css-at-font-face", 1},
	    {"<style>a:hover{b:c}</style>", "css-pseudo-class-hover", 1},
	    {"<style>a{b:hover}</style>", "css-pseudo-class-hover", 0},
	    {"<style>p::after{b:c}</style>", "css-pseudo-element-after", 1},
	    {"<style>a:focus-within{b:c}</style>", "css-pseudo-class-focus", 0},
	    {"<style>/* a:hover{} */</style>", "css-pseudo-class-hover", 0},
	    {"<style>p>q{b:c}</style>", "css-selector-child", 1},
	    {"<b>plain</b>", "css-gap", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t count = found(rows[i].html, rows[i].slug);

		if (count != rows[i].count)
			fail_msg(
			    "%s: %zu of %s", rows[i].html, count, rows[i].slug);
	}
}

static void
never_counts_more_than_elements(void **state)
{
	struct html_check check;
	struct buf html;
	size_t index = 0;

	(void)state;
	(void)feature_of("css-gap", &index);
	buf_init(&html, 100000);
	(void)buf_put_string(&html, "<style>");
	for (int i = 0; i < 1000; i++)
		(void)buf_put_string(&html, "p{gap:1px}");
	(void)buf_put_string(&html, "</style><p>");
	assert_true(html_check(&check, buf_span(&html)));
	assert_true(check.nodes > 0 && check.nodes < 10);
	assert_int_equal(check.found[index], check.nodes);
	assert_false(check.is_cut);
	buf_release(&html);
}

static void
reads_no_more_than_its_limit(void **state)
{
	struct html_check check;
	struct buf html;
	size_t index = 0;

	(void)state;
	(void)feature_of("html-video", &index);
	buf_init(&html, HTML_CHECK_MAX * 2);
	while (html.len < HTML_CHECK_MAX)
		(void)buf_put_string(&html, "text ");
	(void)buf_put_string(&html, "<video>");
	assert_true(html_check(&check, buf_span(&html)));
	assert_true(check.is_cut);
	assert_int_equal(check.found[index], 0);
	buf_release(&html);
}

static void
adds_up(void **state)
{
	struct html_support one, total;
	struct html_check check;
	size_t index = 0;

	(void)state;
	html_feature_support(feature_of("html-video", &index), &one);
	assert_true(one.no > 50);
	assert_true(one.yes + one.partly + one.no > 99.9 &&
	    one.yes + one.partly + one.no < 100.1);
	assert_true(html_check(&check, SPAN("")));
	assert_int_equal(check.nodes, 0);
	html_check_total(&check, &total);
	assert_true(total.yes > 99.9);
	/* One of four elements has it: a quarter of the trouble. */
	check.nodes = 4;
	check.found[index] = 1;
	html_check_total(&check, &total);
	assert_true(
	    total.no > one.no / 4 - 0.01 && total.no < one.no / 4 + .01);
	assert_true(total.yes > 100 - (one.no + one.partly) / 4 - 0.01);
}

static void
check_it(void *context)
{
	struct html_check check;

	(void)context;
	if (!html_check(&check, SPAN("<p style='gap:1px'>x")))
		assert_true(fail_alloc_happened());
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(check_it, NULL) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_a_whole_table),
	    cmocka_unit_test(finds_features),
	    cmocka_unit_test(never_counts_more_than_elements),
	    cmocka_unit_test(reads_no_more_than_its_limit),
	    cmocka_unit_test(adds_up),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("html_check", tests, NULL, NULL);
}
