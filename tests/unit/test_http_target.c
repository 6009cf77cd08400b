/* test_http_target: targets, paths, patterns and parameters. */
#include "http_target.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	struct span target;
	bool is_one;
	struct span authority;
	struct span path;
	struct span query;
	bool has_query;
} targets[] = {
    {SPAN("/"), true, SPAN(""), SPAN("/"), SPAN(""), false},
    {SPAN("/a/b?c=d&e"), true, SPAN(""), SPAN("/a/b"), SPAN("c=d&e"), true},
    {SPAN("/a?"), true, SPAN(""), SPAN("/a"), SPAN(""), true},
    {SPAN("/a?b?c"), true, SPAN(""), SPAN("/a"), SPAN("b?c"), true},
    {SPAN("/a#b"), true, SPAN(""), SPAN("/a"), SPAN(""), false},
    {SPAN("/a?b#c"), true, SPAN(""), SPAN("/a"), SPAN("b"), true},
    {SPAN("*"), true, SPAN(""), SPAN("*"), SPAN(""), false},
    {SPAN("http://a:1/b?c"), true, SPAN("a:1"), SPAN("/b"), SPAN("c"), true},
    {SPAN("HTTPS://a"), true, SPAN("a"), SPAN("/"), SPAN(""), false},
    {SPAN("http://a?b"), true, SPAN("a"), SPAN("/"), SPAN("b"), true},
    {SPAN("//a/b"), true, SPAN(""), SPAN("//a/b"), SPAN(""), false},
    {SPAN("http:///b"), false, SPAN(""), SPAN(""), SPAN(""), false},
    {SPAN("ftp://a/b"), false, SPAN(""), SPAN(""), SPAN(""), false},
    {SPAN("a.test:443"), false, SPAN(""), SPAN(""), SPAN(""), false},
    {SPAN("?a"), false, SPAN(""), SPAN(""), SPAN(""), false},
    {SPAN("**"), false, SPAN(""), SPAN(""), SPAN(""), false},
    {SPAN(""), false, SPAN(""), SPAN(""), SPAN(""), false},
};

static void
reads_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct http_target target;
		struct span text = targets[i].target;
		bool is_one = http_target_read(&target, text);

		if (is_one != targets[i].is_one)
			fail_msg("%.*s", SPAN_ARG(text));
		if (is_one &&
		    (!span_equal(target.authority, targets[i].authority) ||
			!span_equal(target.path, targets[i].path) ||
			!span_equal(target.query, targets[i].query) ||
			target.has_query != targets[i].has_query))
			fail_msg("%.*s", SPAN_ARG(text));
	}
}

static const struct {
	struct span path;
	struct span clean;
} paths[] = {
    {SPAN("/"), SPAN("/")},
    {SPAN("/a/b"), SPAN("/a/b")},
    {SPAN("/a/b/"), SPAN("/a/b/")},
    {SPAN("/..."), SPAN("/...")},
    {SPAN("/.a/b."), SPAN("/.a/b.")},
    {SPAN("/a%20b/%2F"), SPAN("/a%20b/%2F")},
    {SPAN("//"), SPAN("/")},
    {SPAN("//a"), SPAN("/a")},
    {SPAN("/a//b"), SPAN("/a/b")},
    {SPAN("/a///"), SPAN("/a/")},
    {SPAN("/./a"), SPAN("/a")},
    {SPAN("/a/."), SPAN("/a/")},
    {SPAN("/a/.."), SPAN("/")},
    {SPAN("/a/../b"), SPAN("/b")},
    {SPAN("/a/b/../../c/"), SPAN("/c/")},
    {SPAN("/.."), SPAN("/")},
    {SPAN("/../../../etc/passwd"), SPAN("/etc/passwd")},
    {SPAN("/%2e/a"), SPAN("/a")},
    {SPAN("/a/%2E%2e/b"), SPAN("/b")},
    {SPAN("/a/.%2e/b"), SPAN("/b")},
    {SPAN("//\\evil.test/"), SPAN("/%5Cevil.test/")},
    {SPAN("//a\"<b>\xc3"), SPAN("/a%22%3Cb%3E%C3")},
    {SPAN("///evil.test"), SPAN("/evil.test")},
};

static void
cleans_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		bool is_clean = span_equal(paths[i].path, paths[i].clean);
		struct buf buf;

		buf_init(&buf, 256);
		if (http_path_is_clean(paths[i].path) != is_clean)
			fail_msg("%.*s", SPAN_ARG(paths[i].path));
		assert_true(http_path_clean(&buf, paths[i].path));
		if (!span_equal(buf_span(&buf), paths[i].clean))
			fail_msg("%.*s: %s", SPAN_ARG(paths[i].path),
			    buf_string(&buf));
		assert_true(http_path_is_clean(buf_span(&buf)));
		buf_release(&buf);
	}
	assert_false(http_path_is_clean(SPAN("")));
	assert_false(http_path_is_clean(SPAN("a")));
}

static void
knows_broken_escapes(void **state)
{
	(void)state;
	assert_true(http_path_is_valid(SPAN("/a%20%fF")));
	assert_false(http_path_is_valid(SPAN("/%")));
	assert_false(http_path_is_valid(SPAN("/%2")));
	assert_false(http_path_is_valid(SPAN("/%2g")));
	assert_false(http_path_is_valid(SPAN("/%g2/")));
	assert_false(http_path_is_valid(SPAN("/%00")));
}

static void
decodes(void **state)
{
	static const struct {
		struct span text;
		struct span path;
		struct span form;
	} texts[] = {
	    {SPAN(""), SPAN(""), SPAN("")},
	    {SPAN("a+b"), SPAN("a+b"), SPAN("a b")},
	    {SPAN("%41%2b+"), SPAN("A++"), SPAN("A+ ")},
	    {SPAN("%c3%A4"), SPAN("\xc3\xa4"), SPAN("\xc3\xa4")},
	    {SPAN("100%"), SPAN("100%"), SPAN("100%")},
	    {SPAN("%4"), SPAN("%4"), SPAN("%4")},
	    {SPAN("%xx%%41"), SPAN("%xx%A"), SPAN("%xx%A")},
	    {SPAN("%00"), SPAN("\0"), SPAN("\0")},
	    {SPAN("%2541"), SPAN("%41"), SPAN("%41")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char copy[32];
		size_t len = texts[i].text.len;

		memcpy(copy, texts[i].text.at, len);
		assert_true(
		    span_equal(span_make(copy, http_decode_path(copy, len)),
			texts[i].path));
		memcpy(copy, texts[i].text.at, len);
		assert_true(
		    span_equal(span_make(copy, http_decode_form(copy, len)),
			texts[i].form));
	}
}

static const struct {
	const char *pattern;
	struct span path;
	bool fits;
	struct span first; /* the first value, if it has one */
	struct span second;
} patterns[] = {
    {"/", SPAN("/"), true, SPAN(""), SPAN("")},
    {"/", SPAN("/a"), false, SPAN(""), SPAN("")},
    {"/a", SPAN("/a"), true, SPAN(""), SPAN("")},
    {"/a", SPAN("/%61"), true, SPAN(""), SPAN("")},
    {"/a", SPAN("/A"), false, SPAN(""), SPAN("")},
    {"/a", SPAN("/a/"), false, SPAN(""), SPAN("")},
    {"/a", SPAN("/ab"), false, SPAN(""), SPAN("")},
    {"/ab", SPAN("/a"), false, SPAN(""), SPAN("")},
    {"/a/", SPAN("/a/"), true, SPAN(""), SPAN("")},
    {"/a/", SPAN("/a"), false, SPAN(""), SPAN("")},
    {"/a/{id}", SPAN("/a/x%2Fy"), true, SPAN("x%2Fy"), SPAN("")},
    {"/a/{id}", SPAN("/a/"), false, SPAN(""), SPAN("")},
    {"/a/{id}", SPAN("/a/x/"), false, SPAN(""), SPAN("")},
    {"/a/{id}/b", SPAN("/a/x/b"), true, SPAN("x"), SPAN("")},
    {"/a/{id}/b", SPAN("/a/x/c"), false, SPAN(""), SPAN("")},
    {"/a/{id}/{part}", SPAN("/a/x/1.2"), true, SPAN("x"), SPAN("1.2")},
    {"/v/{id}.html", SPAN("/v/x.html"), true, SPAN("x"), SPAN("")},
    {"/v/{id}.html", SPAN("/v/.html"), false, SPAN(""), SPAN("")},
    {"/v/{id}.html", SPAN("/v/x.txt"), false, SPAN(""), SPAN("")},
    {"/s/{rest...}", SPAN("/s/a/b/c"), true, SPAN("a/b/c"), SPAN("")},
    {"/s/{rest...}", SPAN("/s/"), true, SPAN(""), SPAN("")},
    {"/s/{rest...}", SPAN("/s"), false, SPAN(""), SPAN("")},
    {"/{rest...}", SPAN("/"), true, SPAN(""), SPAN("")},
};

static void
fits_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		struct http_values values;
		bool fits = http_path_fits(
		    patterns[i].pattern, patterns[i].path, &values);

		if (fits != patterns[i].fits)
			fail_msg("%s %.*s", patterns[i].pattern,
			    SPAN_ARG(patterns[i].path));
		if (fits && patterns[i].first.len > 0)
			assert_true(span_equal(
			    values.list[0].value, patterns[i].first));
		if (fits && patterns[i].second.len > 0)
			assert_true(span_equal(
			    values.list[1].value, patterns[i].second));
	}
}

static void
names_values(void **state)
{
	struct http_values values;

	(void)state;
	assert_true(http_path_fits(
	    "/{a}/x/{b}.txt/{c...}", SPAN("/1/x/2.txt/3/4"), &values));
	assert_int_equal(values.count, 3);
	assert_true(span_equal(values.list[0].name, SPAN("a")));
	assert_true(span_equal(values.list[1].name, SPAN("b")));
	assert_true(span_equal(values.list[1].value, SPAN("2")));
	assert_true(span_equal(values.list[2].name, SPAN("c")));
	assert_true(span_equal(values.list[2].value, SPAN("3/4")));
}

static void
cuts_parameters(void **state)
{
	struct span rest = SPAN("&a=1&&b&c==2&=x&");
	static const struct span expected[][2] = {
	    {SPAN("a"), SPAN("1")},
	    {SPAN("b"), SPAN("")},
	    {SPAN("c"), SPAN("=2")},
	    {SPAN(""), SPAN("x")},
	};
	struct http_pair pair;

	(void)state;
	assert_int_equal(http_query_count(rest), COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_true(http_query_cut(&rest, &pair));
		assert_true(span_equal(pair.name, expected[i][0]));
		assert_true(span_equal(pair.value, expected[i][1]));
	}
	assert_false(http_query_cut(&rest, &pair));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_targets),
	    cmocka_unit_test(cleans_paths),
	    cmocka_unit_test(knows_broken_escapes),
	    cmocka_unit_test(decodes),
	    cmocka_unit_test(fits_patterns),
	    cmocka_unit_test(names_values),
	    cmocka_unit_test(cuts_parameters),
	};

	return cmocka_run_group_tests_name("http_target", tests, NULL, NULL);
}
