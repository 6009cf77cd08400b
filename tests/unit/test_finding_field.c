/* test_finding_field: dates, identifiers, versions and types, good and bad. */
#include "finding_private.h"

#include "unit.h"

#include <string.h>

typedef bool value_check(struct span value);

struct row {
	value_check *is_good;
	const char *value;
	bool expected;
};

static const struct row rows[] = {
    {finding_is_date, "Tue, 01 Jul 2025 10:00:00 +0000", true},
    {finding_is_date, "Tue, 1 Jul 2025 10:00 -0730", true},
    {finding_is_date, "1 jul 2025 23:59:60 +0000 (a (b))", true},
    {finding_is_date, "Tue,\r\n 1 Jul 2025 10:00:00\r\n +0000", true},
    {finding_is_date, "Thu, 29 Feb 2024 00:00:00 +0000", true},
    {finding_is_date, "Tue, 29 Feb 2000 00:00:00 +0000", true},
    {finding_is_date, "Sun, 31 Jan 2027 00:00:00 +0000", true},
    {finding_is_date, "Mon, 01 Jul 2025 10:00:00 +0000", false},
    {finding_is_date, "29 Feb 2025 00:00:00 +0000", false},
    {finding_is_date, "29 Feb 2100 00:00:00 +0000", false},
    {finding_is_date, "31 Jun 2025 00:00:00 +0000", false},
    {finding_is_date, "0 Jun 2025 00:00:00 +0000", false},
    {finding_is_date, "1 Jun 25 00:00:00 +0000", false},
    {finding_is_date, "1 Jun 1899 00:00:00 +0000", false},
    {finding_is_date, "1 Jun 2025 24:00:00 +0000", false},
    {finding_is_date, "1 Jun 2025 00:60:00 +0000", false},
    {finding_is_date, "1 Jun 2025 00:00:61 +0000", false},
    {finding_is_date, "1 Jun 2025 00:00:00", false},
    {finding_is_date, "1 Jun 2025 00:00:00 GMT", false},
    {finding_is_date, "1 Jun 2025 00:00:00 +000", false},
    {finding_is_date, "1 Jun 2025 00:00:00 +0060", false},
    {finding_is_date, "1 Jun 2025 00:00:00 +0000 x", false},
    {finding_is_date, "1 Jun 2025 0:00:00 +0000", false},
    {finding_is_date, "Tue 1 Jul 2025 10:00:00 +0000", false},
    {finding_is_date, "Xyz, 1 Jul 2025 10:00:00 +0000", false},
    {finding_is_date, "1 July 2025 10:00:00 +0000", false},
    {finding_is_date, "2025-07-01T10:00:00Z", false},
    {finding_is_date, "", false},

    {finding_is_message_id, "<a@b>", true},
    {finding_is_message_id, " (x) <a.b$c%@d.test> (y)", true},
    {finding_is_message_id, "<a@[::1]>", true},
    {finding_is_message_id, "\r\n <a@b.test>", true},
    {finding_is_message_id, "a@b", false},
    {finding_is_message_id, "<a>", false},
    {finding_is_message_id, "<a@b> <c@d>", false},
    {finding_is_message_id, "<a b@c>", false},
    {finding_is_message_id, "<a@b@c>", false},
    {finding_is_message_id, "<a..b@c>", false},
    {finding_is_message_id, "<a@b", false},
    {finding_is_message_id, "<@b>", false},
    {finding_is_message_id, "<a@>", false},
    {finding_is_message_id, "", false},

    {finding_is_mime_version, "1.0", true},
    {finding_is_mime_version, "1.0 (by x)", true},
    {finding_is_mime_version, "(a)1(b).(c)0(d)", true},
    {finding_is_mime_version, "1", false},
    {finding_is_mime_version, "1.1", false},
    {finding_is_mime_version, "2.0", false},
    {finding_is_mime_version, "1.0x", false},
    {finding_is_mime_version, "1.0 (", false},
    {finding_is_mime_version, "", false},
};

static void
judges_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is_good = rows[i].is_good(span_string(rows[i].value));

		if (is_good != rows[i].expected)
			print_error("in \"%s\"\n", rows[i].value);
		assert_int_equal(is_good, rows[i].expected);
	}
}

static const struct {
	const char *value;
	bool is_good;
	const char *type, *subtype, *boundary, *charset;
} types[] = {
    {"text/plain", true, "text", "plain", "", ""},
    {"Text / Plain ; Charset = \"utf-8\"", true, "Text", "Plain", "", "utf-8"},
    {"multipart/mixed; boundary=\"a b\"; x=y", true, "multipart", "mixed",
	"a b", ""},
    {"multipart/mixed;\r\n\tboundary=a (b); charset=c", true, "multipart",
	"mixed", "a", "c"},
    {"multipart/mixed; boundary=a=b; charset=c", false, "multipart", "mixed",
	"a=b", ""},
    {"multipart/mixed; name=a b; boundary=c", false, "multipart", "mixed", "c",
	""},
    {"multipart/mixed; boundary=\"a", false, "multipart", "mixed", "a", ""},
    {"multipart/mixed; boundary=", false, "multipart", "mixed", "", ""},
    {"text/plain;", false, "text", "plain", "", ""},
    {"text/plain; charset", false, "text", "plain", "", ""},
    {"text/", false, "text", "", "", ""},
    {"text", false, "text", "", "", ""},
    {"/plain", false, "", "", "", ""},
    {"", false, "", "", "", ""},
};

static void
reads_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct finding_type type;
		bool is_good =
		    finding_read_type(span_string(types[i].value), &type);

		if (is_good != types[i].is_good)
			print_error("in \"%s\"\n", types[i].value);
		assert_int_equal(is_good, types[i].is_good);
		assert_true(span_equal(type.type, span_string(types[i].type)));
		assert_true(
		    span_equal(type.subtype, span_string(types[i].subtype)));
		assert_true(
		    span_equal(type.boundary, span_string(types[i].boundary)));
		assert_true(
		    span_equal(type.charset, span_string(types[i].charset)));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(judges_values),
	    cmocka_unit_test(reads_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
