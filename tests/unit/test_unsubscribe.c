/* test_unsubscribe: List-Unsubscribe as senders write it, right and wrong. */
#include "unsubscribe.h"

#include "unit.h"

static const struct {
	const char *value;
	const char *links[2];
	const char *errors;
} rows[] = {
    {"<https://a.test/u?x=1>", {"https://a.test/u?x=1"}, ""},
    {"<mailto:u@a.test?subject=x>, <http://a.test/>",
	{"mailto:u@a.test?subject=x", "http://a.test/"}, ""},
    {" (use (this)) <mailto:u@a.test>(or) ,\t<https://a.test/(x)> (that)",
	{"mailto:u@a.test", "https://a.test/(x)"}, ""},
    {"", {NULL}, "not a list of links in <>"},
    {"https://a.test/", {NULL}, "not a list of links in <>"},
    {"<https://a.test/", {NULL}, "not a list of links in <>"},
    {"<https://a.test/> <mailto:u@a.test>", {NULL},
	"not a list of links in <>"},
    {"<https://a.test/>,", {NULL}, "not a list of links in <>"},
    {"<https://a.test/ x>", {NULL}, "spaces in a link"},
    {"<MAILTO:u@a.test>", {NULL}, "a link is neither mailto: nor http(s)://"},
    {"<ftp://a.test/>, <mailto:u@a.test>", {"mailto:u@a.test"},
	"a link is neither mailto: nor http(s)://"},
    {"<http://a.test/>, <https://b.test/>, <mailto:a@b>, <mailto:c@d>",
	{"http://a.test/", "mailto:a@b"},
	"more than one http(s) link, more than one mailto: link"},
};

static void
reads_each_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unsubscribe it;
		size_t count = 0;

		assert_true(unsubscribe_read(&it, span_string(rows[i].value)));
		assert_true(span_equal(
		    buf_span(&it.errors), span_string(rows[i].errors)));
		while (count < 2 && rows[i].links[count])
			count++;
		assert_int_equal(it.link_count, count);
		for (size_t j = 0; j < count; j++)
			assert_true(span_equal(
			    it.links[j], span_string(rows[i].links[j])));
		unsubscribe_release(&it);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_each_form),
	};

	return cmocka_run_group_tests_name("unsubscribe", tests, NULL, NULL);
}
