/* test_dns_packet: questions byte by byte, and what answers say. */
#include "dns_packet.h"

#include "dns_reply.h"
#include "unit.h"

#include <stdlib.h>

#define NAME "mail.example.test"
#define LABEL63                                                                \
	"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static const struct {
	struct span name;
	bool is_one;
} names[] = {
    {SPAN("example.test"), true},
    {SPAN("example.test."), true},
    {SPAN("localhost"), true},
    {SPAN("_dmarc.a-b.test"), true},
    {SPAN("1.2.3.4"), true},
    {SPAN(LABEL63 ".test"), true},
    {SPAN(LABEL63 "." LABEL63 "." LABEL63 ".abc"), true},
    {SPAN(LABEL63 "x.test"), false},
    {SPAN(LABEL63 "." LABEL63 "." LABEL63 "." LABEL63), false},
    {SPAN(""), false},
    {SPAN("."), false},
    {SPAN(".test"), false},
    {SPAN("a..test"), false},
    {SPAN("a.test.."), false},
    {SPAN("a b.test"), false},
    {SPAN("a\\046b.test"), false},
    {SPAN("a\0b.test"), false},
    {SPAN("a\n.test"), false},
    {SPAN("[1.2.3.4]"), false},
    {SPAN("m\xc3\xbcller.test"), false},
};

static void
takes_names_that_can_be_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct dns_question question = {.type = DNS_A};
		unsigned char room[DNS_QUESTION_SIZE];

		if (dns_question_set_name(&question, names[i].name) !=
		    names[i].is_one)
			fail_msg("%.*s", SPAN_ARG(names[i].name));
		if (names[i].is_one)
			assert_true(dns_packet_make(room, &question) > 0);
	}
}

static void
writes_a_question(void **state)
{
	static const struct span expected =
	    SPAN("\x12\x34\x01\0\0\x01\0\0\0\0\0\0"
		 "\x04mail\x07"
		 "example\x04test\0\0\x0f\0\x01");
	struct dns_question question = {.type = DNS_MX, .id = 0x1234};
	unsigned char room[DNS_QUESTION_SIZE];
	size_t len;

	(void)state;
	assert_true(dns_question_set_name(&question, SPAN(NAME ".")));
	assert_string_equal(question.name, NAME);
	len = dns_packet_make(room, &question);
	assert_int_equal(len, expected.len);
	assert_memory_equal(room, expected.at, len);
}

#define ALIAS                                                                  \
	"\x05"                                                                 \
	"alias\xc0\x11"
#define OTHER                                                                  \
	"\x05"                                                                 \
	"other\xc0\x11"

static const struct row {
	const char *what;
	enum dns_type type;
	struct span address;
	enum dns_said said;
	struct dns_reply reply;
} rows[] = {
    {"the address", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_V4)}},
    {"another address", DNS_A, SPAN(DNS_V4), DNS_SAID_NO_DATA,
	{0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_OTHER_V4)}},
    {"the second of two", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{0, 2,
	    SPAN(DNS_ASKED DNS_IS_A DNS_OTHER_V4 DNS_ASKED DNS_IS_A DNS_V4)}},
    {"the first of two", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{0, 2,
	    SPAN(DNS_ASKED DNS_IS_A DNS_V4 DNS_ASKED DNS_IS_A DNS_OTHER_V4)}},
    {"any address", DNS_A, SPAN(""), DNS_SAID_YES,
	{0, 1, SPAN(DNS_ASKED DNS_IS_A DNS_OTHER_V4)}},
    {"an IPv6 address", DNS_AAAA, SPAN(DNS_V6), DNS_SAID_YES,
	{0, 1, SPAN(DNS_ASKED DNS_IS_AAAA DNS_V6)}},
    {"an address of another name", DNS_A, SPAN(DNS_V4), DNS_SAID_NO_DATA,
	{0, 1, SPAN(ALIAS DNS_IS_A DNS_V4)}},
    {"an address of another kind", DNS_A, SPAN(""), DNS_SAID_NO_DATA,
	{0, 1, SPAN(DNS_ASKED DNS_IS_AAAA DNS_V6)}},
    {"an address of three bytes", DNS_A, SPAN(""), DNS_SAID_NO_DATA,
	{0, 1, SPAN(DNS_ASKED "\0\x01\0\x01\0\0\0\x3c\0\x03\x7f\0\0")}},
    {"nothing", DNS_A, SPAN(""), DNS_SAID_NO_DATA, {0, 0, SPAN("")}},
    {"an alias and its address", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{0, 2,
	    SPAN(DNS_ASKED DNS_IS_CNAME "\0\x08" ALIAS ALIAS DNS_IS_A DNS_V4)}},
    {"an address, then the alias", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{0, 2,
	    SPAN(ALIAS DNS_IS_A DNS_V4 DNS_ASKED DNS_IS_CNAME "\0\x08" ALIAS)}},
    {"an alias of an alias", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{0, 3,
	    SPAN(ALIAS DNS_IS_CNAME "\0\x08" OTHER DNS_ASKED DNS_IS_CNAME
				    "\0\x08" ALIAS OTHER DNS_IS_A DNS_V4)}},
    {"an alias without address", DNS_A, SPAN(DNS_V4), DNS_SAID_NO_DATA,
	{0, 1, SPAN(DNS_ASKED DNS_IS_CNAME "\0\x08" ALIAS)}},
    {"an alias of itself", DNS_A, SPAN(DNS_V4), DNS_SAID_NO_DATA,
	{0, 1, SPAN(DNS_ASKED DNS_IS_CNAME "\0\x02" DNS_ASKED)}},
    {"an alias of nobody", DNS_A, SPAN(DNS_V4), DNS_SAID_NO_DATA,
	{0, 1, SPAN(DNS_ASKED DNS_IS_CNAME "\0\x02\xc0\xff")}},
    {"an MX", DNS_MX, SPAN(""), DNS_SAID_YES,
	{0, 1, SPAN(DNS_ASKED DNS_IS_MX "\0\x0a\0\x0a" ALIAS)}},
    {"a null MX", DNS_MX, SPAN(""), DNS_SAID_NO_NAME,
	{0, 1, SPAN(DNS_ASKED DNS_IS_MX "\0\x03\0\0\0")}},
    {"an MX of two bytes", DNS_MX, SPAN(""), DNS_SAID_NO_DATA,
	{0, 1, SPAN(DNS_ASKED DNS_IS_MX "\0\x02\0\0")}},
    {"a text beside it", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{0, 2,
	    SPAN(
		DNS_ASKED DNS_IS_TXT "\0\x02\x01x" DNS_ASKED DNS_IS_A DNS_V4)}},
    {"a record that is cut off", DNS_A, SPAN(""), DNS_SAID_NOTHING,
	{0, 1, SPAN(DNS_ASKED DNS_IS_A "\x7f\0")}},
    {"no such name", DNS_A, SPAN(""), DNS_SAID_NO_NAME, {3, 0, SPAN("")}},
    {"server failure", DNS_A, SPAN(""), DNS_SAID_FAILED, {2, 0, SPAN("")}},
    {"refused", DNS_A, SPAN(""), DNS_SAID_FAILED, {5, 0, SPAN("")}},
    {"format error", DNS_A, SPAN(""), DNS_SAID_FAILED, {1, 0, SPAN("")}},
    {"cut off, empty", DNS_A, SPAN(""), DNS_SAID_TOO_MUCH,
	{DNS_CUT, 0, SPAN("")}},
    {"cut off, not there", DNS_A, SPAN(DNS_V4), DNS_SAID_TOO_MUCH,
	{DNS_CUT, 1, SPAN(DNS_ASKED DNS_IS_A DNS_OTHER_V4)}},
    {"cut off, there", DNS_A, SPAN(DNS_V4), DNS_SAID_YES,
	{DNS_CUT, 1, SPAN(DNS_ASKED DNS_IS_A DNS_V4)}},
};

static struct dns_question
ask(const struct row *row)
{
	struct dns_question question = {.type = row->type, .id = 0xbeef};

	assert_true(dns_question_set_name(&question, SPAN(NAME)));
	question.address_len = row->address.len;
	memcpy(question.address, row->address.at, row->address.len);
	return question;
}

/* In memory of its own, so that a sanitizer sees each byte too many. */
static enum dns_said
read_copy(const unsigned char *at, size_t len, const struct dns_question *q)
{
	unsigned char *copy = malloc(len ? len : 1);
	enum dns_said said;

	assert_non_null(copy);
	memcpy(copy, at, len);
	said = dns_packet_read(copy, len, q);
	free(copy);
	return said;
}

static void
reads_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dns_question question = ask(&rows[i]);
		unsigned char asked[DNS_QUESTION_SIZE];
		unsigned char packet[DNS_REPLY_SIZE];
		size_t len = dns_packet_make(asked, &question);

		len = dns_reply_make(packet, asked, len, &rows[i].reply);
		if (read_copy(packet, len, &question) != rows[i].said)
			fail_msg("%s", rows[i].what);
		/* Whatever is cut off, nothing beyond it is read. */
		while (len-- > 0)
			(void)read_copy(packet, len, &question);
	}
}

/* The answer to the first row, changed a little. */
static void
ignores_what_is_no_answer_to_it(void **state)
{
	static const struct {
		const char *what;
		size_t offset;
		unsigned char change;
	} changes[] = {
	    {"another id", 1, 1},
	    {"a question", 2, 0x80},
	    {"another operation", 2, 0x10},
	    {"no question in it", 5, 1},
	    {"two questions", 5, 3},
	    {"another name", 14, 1},
	    {"another type", 32, 0x10},
	    {"another class", 34, 2},
	};
	struct dns_question question = ask(&rows[0]);
	unsigned char asked[DNS_QUESTION_SIZE];
	unsigned char packet[DNS_REPLY_SIZE];
	size_t asked_len = dns_packet_make(asked, &question);

	(void)state;
	assert_int_equal(asked_len, 35);
	for (size_t i = 0; i < COUNT(changes); i++) {
		size_t len =
		    dns_reply_make(packet, asked, asked_len, &rows[0].reply);

		packet[changes[i].offset] ^= changes[i].change;
		if (read_copy(packet, len, &question) != DNS_SAID_NOTHING)
			fail_msg("%s", changes[i].what);
	}
	assert_int_equal(read_copy(packet, 0, &question), DNS_SAID_NOTHING);
}

static void
takes_a_name_in_other_letters(void **state)
{
	struct dns_question question = ask(&rows[0]);
	unsigned char asked[DNS_QUESTION_SIZE];
	unsigned char packet[DNS_REPLY_SIZE];
	size_t len = dns_packet_make(asked, &question);

	(void)state;
	len = dns_reply_make(packet, asked, len, &rows[0].reply);
	packet[13] = 'M';
	assert_int_equal(read_copy(packet, len, &question), DNS_SAID_YES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_names_that_can_be_asked),
	    cmocka_unit_test(writes_a_question),
	    cmocka_unit_test(reads_answers),
	    cmocka_unit_test(ignores_what_is_no_answer_to_it),
	    cmocka_unit_test(takes_a_name_in_other_letters),
	};

	return cmocka_run_group_tests_name("dns_packet", tests, NULL, NULL);
}
