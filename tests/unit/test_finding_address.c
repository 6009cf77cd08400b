/* test_finding_address: address fields, good and bad. */
#include "finding_private.h"

#include "unit.h"

#include <string.h>

enum kind { NONE, GROUPS, MAILBOXES, MAILBOX };

static const struct {
	const char *value;
	enum kind kind; /* the narrowest that it is */
} rows[] = {
    {"a@b.test", MAILBOX},
    {"<a@b.test>", MAILBOX},
    {"Ann <a@b.test>", MAILBOX},
    {"Ann B <a@b.test>", MAILBOX},
    {"\"Ann, B.\" <a@b.test>", MAILBOX},
    {"\"a \\\" b\"@c.test", MAILBOX},
    {"a.b.c@d.test (comment (nested \\) one))", MAILBOX},
    {"(x) a (y) @ (z) b . test", MAILBOX},
    {"Ann\r\n <a@b.test>", MAILBOX},
    {"a@[127.0.0.1]", MAILBOX},
    {"Ann <a@[IPv6:::1]>", MAILBOX},
    {"a@localhost", MAILBOX},
    {"a_b+c/d=e@f_g.test", MAILBOX},
    {"=?utf-8?q?Ann_B=2E?= <a@b.test>", MAILBOX},
    {"=?utf-8?q?Ann.B?= <a@b.test>", MAILBOX},
    {"\xc3\x84nn <\xc3\xa4@b.test>", MAILBOX},
    {"a@b.test, c@d.test", MAILBOXES},
    {"A <a@b.test>,C <c@d.test>", MAILBOXES},
    {"a@[1.2.3.4], \"x\" <c@d.test>", MAILBOXES},
    {"undisclosed-recipients:;", GROUPS},
    {"My team: a@b.test, C <c@d.test>;", GROUPS},
    {"x@y.test, team:a@b.test;, z@y.test", GROUPS},
    {"a:;,b:;", GROUPS},
    {"", NONE},
    {" ", NONE},
    {"()", NONE},
    {"Ann", NONE},
    {"a@", NONE},
    {"@b.test", NONE},
    {"a@b@c", NONE},
    {"a b@c.test", NONE},
    {"a@b.test c@d.test", NONE},
    {"a@b.test <a@b.test>", NONE},
    {"a@b.test,", NONE},
    {"a@b.test,,c@d.test", NONE},
    {",a@b.test", NONE},
    {"a@b.test; c@d.test", NONE},
    {".a@b.test", NONE},
    {"a.@b.test", NONE},
    {"a..b@c.test", NONE},
    {"a@b.", NONE},
    {"a@.b", NONE},
    {"a@b..c", NONE},
    {"<a@b.test", NONE},
    {"a@b.test>", NONE},
    {"<>", NONE},
    {"<a>", NONE},
    {"<<a@b.test>>", NONE},
    {"Ann <@x.test:a@b.test>", NONE},
    {"John Q. Public <a@b.test>", NONE},
    {"J. Public <a@b.test>", NONE},
    {"\"Ann <a@b.test>", NONE},
    {"(Ann <a@b.test>", NONE},
    {"a@[127.0.0.1", NONE},
    {"team: a@b.test", NONE},
    {"team: a@b.test,;", NONE},
    {"team: x: a@b.test;;", NONE},
    {"team: a@b.test; c@d.test", NONE},
    {":a@b.test;", NONE},
    {";", NONE},
    {"a\\b@c.test", NONE},
    {"a@b.test)", NONE},
    {"=?utf-8?q?a", NONE},
};

static void
reads_address_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span value = span_string(rows[i].value);
		enum kind kind = NONE;

		if (finding_is_mailbox(value))
			kind = MAILBOX;
		else if (finding_is_mailbox_list(value))
			kind = MAILBOXES;
		else if (finding_is_address_list(value))
			kind = GROUPS;
		if (kind != rows[i].kind)
			print_error("in \"%s\"\n", rows[i].value);
		assert_int_equal(kind, rows[i].kind);
		/* What is narrower is wider, too. */
		assert_int_equal(
		    finding_is_address_list(value), rows[i].kind != NONE);
		assert_int_equal(
		    finding_is_mailbox_list(value), rows[i].kind >= MAILBOXES);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_address_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
