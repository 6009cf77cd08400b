/* test_css_walk: style sheets, cut into rules and declarations. */
#include "css_walk.h"

#include "buf.h"
#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

/* Each item as "s:selector", "@name:text" or "name=value", a line each. */
static void
put_item(const struct css_item *item, void *context)
{
	struct buf *out = context;

	switch (item->kind) {
	case CSS_SELECTOR:
		(void)buf_printf(out, "s:%.*s\n", SPAN_ARG(item->text));
		break;
	case CSS_AT_RULE:
		(void)buf_printf(out, "@%.*s:%.*s\n", SPAN_ARG(item->name),
		    SPAN_ARG(item->text));
		break;
	case CSS_DECLARATION:
		(void)buf_printf(out, "%.*s=%.*s\n", SPAN_ARG(item->name),
		    SPAN_ARG(item->text));
	}
}

static void
cuts_sheets(void **state)
{
	static const struct {
		const char *sheet, *items;
	} rows[] = {
	    {"", ""},
	    {" \n", ""},
	    {"color: red", "color=red\n"},
	    {"color:red;gap : 1px ;", "color=red\ngap=1px\n"},
	    {"p{color:red}", "s:p\ncolor=red\n"},
	    {"a:hover , b { x : y:z } i{j:k}",
		"s:a:hover , b\nx=y:z\ns:i\nj=k\n"},
	    {"@import url(a;b.css);p{}", "@import:url(a;b.css)\ns:p\n"},
	    {"@media (min-width: 1px) { p { a: b } } q{c:d}",
		"@media:(min-width: 1px)\ns:p\na=b\ns:q\nc=d\n"},
	    {"@font-face{font-family:x}", "@font-face:\nfont-family=x\n"},
	    {"@", "@:\n"},
	    {"/* p{ */ a:b /* ; */; c:d", "a=b\nc=d\n"},
	    {"a:b/**/c", "a=b c\n"},
	    {"a:b /* not closed ; c:d", "a=b\n"},
	    {"content:\"a;}{/*\";c:d", "content=\"a;}{/*\"\nc=d\n"},
	    {"content:'it\\'s;';c:d", "content='it\\'s;'\nc=d\n"},
	    {"content:'open\n;c:d", "content='open\nc=d\n"},
	    {"background:url(data:x;base64,y);c:d",
		"background=url(data:x;base64,y)\nc=d\n"},
	    {"a[href=\"}\"]{c:d}", "s:a[href=\"}\"]\nc=d\n"},
	    {"a:url(open;c:d}p{e:f}", "a=url(open;c:d\ns:p\ne=f\n"},
	    {"p{a:b", "s:p\na=b\n"},
	    {"}}p{a:b}}", "s:p\na=b\n"},
	    {"novalue;a:;:b;c:d", "=b\nc=d\n"},
	    {")];a:b", "a=b\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out;

		buf_init(&out, 10000);
		assert_true(
		    css_walk(span_string(rows[i].sheet), put_item, &out));
		if (strcmp(buf_string(&out), rows[i].items) != 0)
			fail_msg("%s: %s instead of %s", rows[i].sheet,
			    buf_string(&out), rows[i].items);
		buf_release(&out);
	}
}

static void
walk(void *context)
{
	struct buf out;

	(void)context;
	buf_init(&out, 10000);
	if (!css_walk(SPAN("a:b/* */"), put_item, &out)) {
		assert_true(fail_alloc_happened());
		assert_int_equal(out.len, 0);
	}
	buf_release(&out);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(walk, NULL) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cuts_sheets),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("css_walk", tests, NULL, NULL);
}
