/* test_api_session: the keys of sessions and findings, and the transcript. */
#include "api_session.h"

#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void
check_json(json_t *value, const char *expected)
{
	char *text = json_dumps(value,
	    JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY |
		JSON_REAL_PRECISION(10));

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(value);
}

static struct pick_session
make_session(void)
{
	struct pick_session session = {
	    .seq = 5,
	    .id = SPAN("S1"),
	    .started_us = INT64_C(1048592222000001),
	    .peer_port = 40000,
	    .accepted = 1,
	    .refused = 2,
	    .aborted = 3,
	};

	for (int i = 0; i < PUT_SESSION_FIELDS; i++)
		session.fields[i] = SPAN("");
	session.fields[PUT_SESSION_LISTENER] = SPAN("legacy");
	session.fields[PUT_SESSION_PROTOCOL] = SPAN("smtp");
	session.fields[PUT_SESSION_PEER] = SPAN("127.0.0.1");
	session.fields[PUT_SESSION_LOCAL] = SPAN("127.0.0.1:1025");
	session.fields[PUT_SESSION_HELO] = SPAN("h\xff");
	return session;
}

#define START                                                                  \
	"{\"id\":\"S1\",\"seq\":5,"                                            \
	"\"started\":\"2003-03-25T11:37:02.000001Z\","
#define PLACE                                                                  \
	"\"listener\":\"legacy\",\"protocol\":\"smtp\","                       \
	"\"peer\":\"127.0.0.1\",\"peer_port\":40000,"                          \
	"\"local\":\"127.0.0.1:1025\",\"proxy\":\"\",\"helo\":\"h\\uFFFD\","
#define COUNTS "\"accepted\":1,\"refused\":2,\"aborted\":3}"

static void
has_each_key(void **state)
{
	struct pick_session session = make_session();

	(void)state;
	check_json(api_session(&session),
	    START
	    "\"ended\":null,\"seconds\":null," PLACE
	    "\"user\":\"\",\"auth\":null,\"tls\":null,\"ending\":\"\"," COUNTS);
	session.ended_us = session.started_us + 1500000;
	session.fields[PUT_SESSION_ENDING] = SPAN("quit");
	session.fields[PUT_SESSION_USER] = SPAN("u");
	session.fields[PUT_SESSION_MECHANISM] = SPAN("PLAIN");
	session.fields[PUT_SESSION_TLS_VERSION] = SPAN("TLSv1.3");
	session.fields[PUT_SESSION_TLS_CIPHER] = SPAN("C");
	session.fields[PUT_SESSION_TLS_GROUP] = SPAN("G");
	session.fields[PUT_SESSION_SNI] = SPAN("n");
	session.fields[PUT_SESSION_ALPN] = SPAN("a");
	session.fields[PUT_SESSION_CLIENT_CERT] = SPAN("CN=x");
	check_json(api_session(&session),
	    START
	    "\"ended\":\"2003-03-25T11:37:03.500001Z\",\"seconds\":1.5," PLACE
	    "\"user\":\"u\",\"auth\":{\"mechanism\":\"PLAIN\","
	    "\"identity\":\"u\"},\"tls\":{\"version\":\"TLSv1.3\","
	    "\"cipher\":\"C\",\"group\":\"G\",\"sni\":\"n\",\"alpn\":\"a\","
	    "\"client_cert\":\"CN=x\"},\"ending\":\"quit\"," COUNTS);
}

#define DIALOGUE                                                               \
	SPAN("S 12 220 x\nC 1234567 EHLO \\x01\nc 1234568 MAIL\n"              \
	     "rubbish\nI 12000000 end\n")

static void
shows_the_conversation(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(api_transcript_text(&out, DIALOGUE));
	assert_string_equal(buf_string(&out),
	    "     0.000012  S: 220 x\n"
	    "     1.234567  C: EHLO \\x01\n"
	    "     1.234568 +C: MAIL\n"
	    "    12.000000  -- end\n");
	buf_release(&out);
	buf_init(&out, 30);
	assert_false(api_transcript_text(&out, DIALOGUE));
	buf_release(&out);
	check_json(api_transcript(DIALOGUE),
	    "[{\"at\":1.2e-5,\"kind\":\"server\",\"pipelined\":false,"
	    "\"text\":\"220 x\"},"
	    "{\"at\":1.234567,\"kind\":\"client\",\"pipelined\":false,"
	    "\"text\":\"EHLO \\\\x01\"},"
	    "{\"at\":1.234568,\"kind\":\"client\",\"pipelined\":true,"
	    "\"text\":\"MAIL\"},"
	    "{\"at\":12.0,\"kind\":\"remark\",\"pipelined\":false,"
	    "\"text\":\"end\"}]");
	check_json(api_transcript(SPAN("")), "[]");
}

static void
tells_when_things_happened(void **state)
{
	(void)state;
	check_json(api_session_times(SPAN("")),
	    "{\"greeting\":null,\"hello\":null,\"tls\":null,"
	    "\"messages\":[]}");
	check_json(
	    api_session_times(SPAN("S 10 220 x\nC 500000 HELO a\nS 500001 250\n"
				   "I 600000 TLS TLSv1.3 C G\n"
				   "C 700000 EHLO b\nS 700001 250\n"
				   "I 1500000 message M1: 4 octets, from"
				   " 1.250000 to 1.500000\n"
				   "S 1750000 250 saved\nS 1760000 250 no\n"
				   "S 1800000 552 no\nI 1800001 refused message"
				   " M2: 0 of 0 octets kept\nS 1900000 250\n"
				   "I 2000000 aborted message M3: 1 of 2 octets"
				   " kept, from 1.950000 to x\n")),
	    "{\"greeting\":1e-5,\"hello\":0.5,\"tls\":0.6,\"messages\":["
	    "{\"id\":\"M1\",\"state\":\"accepted\",\"reply\":1.75,"
	    "\"first_octet\":1.25,\"last_octet\":1.5},"
	    "{\"id\":\"M2\",\"state\":\"refused\",\"reply\":null,"
	    "\"first_octet\":null,\"last_octet\":null},"
	    "{\"id\":\"M3\",\"state\":\"aborted\",\"reply\":null,"
	    "\"first_octet\":1.95,\"last_octet\":null}]}");
}

static void
shows_findings(void **state)
{
	const struct finding_rule *rule = finding_rule(SPAN("bare-lf"));
	struct pick_finding stored = {SPAN("bare-lf"), SPAN("error"),
	    SPAN("RFC 1"), 7, SPAN("a\n\xff"), 2};
	struct finding found = {
	    .rule = rule, .offset = 3, .bytes = SPAN("b"), .more = 4};
	json_t *value = api_finding_of_session(&found, SPAN("S"));

	(void)state;
	assert_non_null(rule);
	assert_int_equal(json_integer_value(json_object_get(value, "line")), 3);
	assert_int_equal(json_integer_value(json_object_get(value, "more")), 4);
	assert_string_equal(
	    json_string_value(json_object_get(value, "section")),
	    rule->section);
	assert_true(json_is_null(json_object_get(value, "message")));
	assert_true(json_is_null(json_object_get(value, "offset")));
	json_decref(value);
	value = api_finding_of_message(&stored, SPAN("S"), SPAN("M"));
	assert_string_equal(
	    json_string_value(json_object_get(value, "title")), rule->title);
	assert_true(json_object_del(value, "title") == 0);
	check_json(value,
	    "{\"rule\":\"bare-lf\",\"severity\":\"error\","
	    "\"section\":\"RFC 1\",\"offset\":7,\"line\":null,"
	    "\"bytes\":\"a\\n\\uFFFD\",\"more\":2,\"session\":\"S\","
	    "\"message\":\"M\"}");
	stored.rule = SPAN("of a newer version");
	value = api_finding_of_message(&stored, SPAN("S"), SPAN("M"));
	assert_string_equal(
	    json_string_value(json_object_get(value, "title")), "");
	json_decref(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_each_key),
	    cmocka_unit_test(shows_the_conversation),
	    cmocka_unit_test(tells_when_things_happened),
	    cmocka_unit_test(shows_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
