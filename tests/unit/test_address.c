/* test_address: paths good and bad, each named by what it must become. */
#include "address.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

struct row {
	const char *text;
	enum path_use use;
	enum path_status status;
	const char *mailbox; /* of the good ones */
	const char *rest;    /* what is left behind the path */
};

#define LOCAL64                                                                \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"

static const struct row rows[] = {
    /* what a mailbox may be */
    {"<a@b.test>", PATH_REVERSE, PATH_OK, "a@b.test", ""},
    {"<a@b.test> SIZE=1", PATH_REVERSE, PATH_OK, "a@b.test", " SIZE=1"},
    {"a@b.test", PATH_REVERSE, PATH_OK, "a@b.test", ""},
    {"a@b.test BODY=7BIT", PATH_FORWARD, PATH_OK, "a@b.test", " BODY=7BIT"},
    {"<A.B+c/d=e!#$%&'*?^_`{|}~@X-1.y_2>", PATH_FORWARD, PATH_OK,
	"A.B+c/d=e!#$%&'*?^_`{|}~@X-1.y_2", ""},
    {"<a@localhost>", PATH_FORWARD, PATH_OK, "a@localhost", ""},
    {"<" LOCAL64 "@b.test>", PATH_FORWARD, PATH_OK, LOCAL64 "@b.test", ""},
    /* quoted local parts */
    {"<\"a b\"@c.test>", PATH_FORWARD, PATH_OK, "\"a b\"@c.test", ""},
    {"<\"a>b\"@c.test>", PATH_FORWARD, PATH_OK, "\"a>b\"@c.test", ""},
    {"<\"a\\\"b\\\\\"@c.test>", PATH_FORWARD, PATH_OK, "\"a\\\"b\\\\\"@c.test",
	""},
    {"\"a b@c\"@d.test X", PATH_FORWARD, PATH_OK, "\"a b@c\"@d.test", " X"},
    {"<\"\"@c.test>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<\"a@c.test>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<\"a\"b@c.test>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<\"a\nb\"@c.test>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    /* address literals */
    {"<a@[127.0.0.1]>", PATH_FORWARD, PATH_OK, "a@[127.0.0.1]", ""},
    {"<a@[IPv6:2001:db8::1]>", PATH_FORWARD, PATH_OK, "a@[IPv6:2001:db8::1]",
	""},
    {"<a@[ipv6:::1]>", PATH_FORWARD, PATH_OK, "a@[ipv6:::1]", ""},
    {"<a@[x400:c=de]>", PATH_FORWARD, PATH_OK, "a@[x400:c=de]", ""},
    {"<a@[256.0.0.1]>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<a@[IPv6:g::1]>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<a@[IPv6]>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<a@[IPv6:]>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<a@[127.0.0.1>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<a@[]>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    /* source routes */
    {"<@one.test:a@b.test>", PATH_FORWARD, PATH_OK, "a@b.test", ""},
    {"<@one.test,@[127.0.0.1]:a@b.test>", PATH_REVERSE, PATH_OK, "a@b.test",
	""},
    {"<@one.test,two.test:a@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<@one.test a@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<@:a@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<@one.test:>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<@one.test", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    /* the null path, and postmaster */
    {"<>", PATH_REVERSE, PATH_OK, "", ""},
    {"<> RET=HDRS", PATH_REVERSE, PATH_OK, "", " RET=HDRS"},
    {"<>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    {"<PostMaster>", PATH_FORWARD, PATH_OK, "PostMaster", ""},
    {"postmaster", PATH_FORWARD, PATH_OK, "postmaster", ""},
    {"<postmaster>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<root>", PATH_FORWARD, PATH_SYNTAX, NULL, NULL},
    /* beyond ASCII */
    {"<\xc3\xa4@b.test>", PATH_FORWARD, PATH_NEEDS_UTF8, "\xc3\xa4@b.test", ""},
    {"<a@\xe4\xbe\x8b.test>", PATH_FORWARD, PATH_NEEDS_UTF8,
	"a@\xe4\xbe\x8b.test", ""},
    {"<\"\xc3\xa4 b\"@c.test>", PATH_FORWARD, PATH_NEEDS_UTF8,
	"\"\xc3\xa4 b\"@c.test", ""},
    {"<\xe4@b.test>", PATH_FORWARD, PATH_BAD_UTF8, NULL, NULL},
    {"<\xc0\xaf@b.test>", PATH_FORWARD, PATH_BAD_UTF8, NULL, NULL},
    {"<\xed\xa0\x80@b.test>", PATH_FORWARD, PATH_BAD_UTF8, NULL, NULL},
    {"<\xf4\x90\x80\x80@b.test>", PATH_FORWARD, PATH_BAD_UTF8, NULL, NULL},
    /* what is no path */
    {"", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@b.test", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"a@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<<a@b.test>>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@b.test>x", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@b@c.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a b@c.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<.a@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a.@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a..b@c.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@b..test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@b.test.>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@-b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@b-.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a\x01@b.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
    {"<a@b\r.test>", PATH_REVERSE, PATH_SYNTAX, NULL, NULL},
};

static void
check_row(const struct row *row)
{
	struct span rest = span_string(row->text);
	struct path path;
	enum path_status status = address_parse(&rest, row->use, &path);

	if (status != row->status)
		print_error("in \"%s\"\n", row->text);
	assert_int_equal(status, row->status);
	if (!row->mailbox)
		return;
	assert_true(span_equal(path.mailbox, span_string(row->mailbox)));
	assert_true(span_equal(rest, span_string(row->rest)));
	assert_ptr_equal(path.text.at, row->text);
	assert_int_equal(path.text.len + rest.len, strlen(row->text));
}

static void
reads_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

static void
tells_local_part_from_domain(void **state)
{
	struct span rest = SPAN("<@r.test:\"a b\"@[127.0.0.1]> X");
	struct path path;

	(void)state;
	assert_int_equal(address_parse(&rest, PATH_REVERSE, &path), PATH_OK);
	assert_true(span_equal(path.local, SPAN("\"a b\"")));
	assert_true(span_equal(path.domain, SPAN("[127.0.0.1]")));
	assert_true(
	    span_equal(path.text, SPAN("<@r.test:\"a b\"@[127.0.0.1]>")));
}

static void
refuses_a_nul_anywhere(void **state)
{
	static const char text[] = "<ab@cd.test>";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char copy[sizeof(text)];
		struct span rest = span_make(copy, sizeof(text) - 1);
		struct path path;

		memcpy(copy, text, sizeof(text));
		copy[i] = '\0';
		assert_int_equal(
		    address_parse(&rest, PATH_REVERSE, &path), PATH_SYNTAX);
	}
}

static void
has_a_ceiling(void **state)
{
	char text[1100];
	struct span rest;
	struct path path;
	int len;

	(void)state;
	len = snprintf(text, sizeof(text), "%01018d@b.tt", 0);
	rest = span_make(text, (size_t)len);
	assert_int_equal(rest.len, 1023);
	assert_int_equal(address_parse(&rest, PATH_REVERSE, &path), PATH_OK);
	len = snprintf(text, sizeof(text), "%01020d@b.tt", 0);
	rest = span_make(text, (size_t)len);
	assert_int_equal(rest.len, 1025);
	assert_int_equal(
	    address_parse(&rest, PATH_REVERSE, &path), PATH_TOO_LONG);
}

static void
knows_domains_and_literals(void **state)
{
	(void)state;
	assert_true(address_is_domain(SPAN("a")));
	assert_true(address_is_domain(SPAN("a_b.c-d.e1")));
	assert_false(address_is_domain(SPAN("")));
	assert_false(address_is_domain(SPAN("a b")));
	assert_false(address_is_domain(SPAN("[127.0.0.1]")));
	assert_true(address_is_literal(SPAN("[127.0.0.1]")));
	assert_true(address_is_literal(SPAN("[IPv6:::1]")));
	assert_false(address_is_literal(SPAN("127.0.0.1")));
	assert_false(address_is_literal(SPAN("[127.0.0.1\0]")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_paths),
	    cmocka_unit_test(tells_local_part_from_domain),
	    cmocka_unit_test(refuses_a_nul_anywhere),
	    cmocka_unit_test(has_a_ceiling),
	    cmocka_unit_test(knows_domains_and_literals),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
