/* test_api_message: the keys of a Message, and strings of any bytes. */
#include "api_message.h"

#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct message *
make_message(void)
{
	static struct budget budget = {1000, 0};
	static const struct spool_rules rules = {.budget = &budget};
	struct message *message = message_new(&rules);
	struct message_rcpt rcpt = {SPAN("alice@to.test"), SPAN("NOTIFY=NEVER"),
	    SPAN("250 2.1.5 ok"), SPAN("")};

	assert_non_null(message);
	memcpy(message->id, "0Vz1aaaaaaaaaaaaaaaaaa", UID_SIZE);
	message->received_us = INT64_C(1048592222000001);
	message->state = MESSAGE_ACCEPTED;
	assert_true(message_set(message, MESSAGE_SESSION, SPAN("S")));
	assert_true(message_set(message, MESSAGE_LISTENER, SPAN("smtp")));
	assert_true(message_set(message, MESSAGE_INBOX, SPAN("in")));
	assert_true(message_set(message, MESSAGE_PEER, SPAN("127.0.0.1")));
	assert_true(message_set(message, MESSAGE_HELO, SPAN("h\xff")));
	assert_true(message_set(message, MESSAGE_MAIL_FROM, SPAN("a@b.test")));
	assert_true(message_set(message, MESSAGE_MAIL_PARAMS, SPAN("SIZE=3")));
	assert_true(message_add_recipient(message, &rcpt));
	return message;
}

#define ENVELOPE                                                               \
	"{\"id\":\"0Vz1aaaaaaaaaaaaaaaaaa\",\"seq\":7,"                        \
	"\"state\":\"accepted\",\"received\":\"2003-03-25T11:37:02.000001Z\"," \
	"\"session\":\"S\",\"listener\":\"smtp\",\"inbox\":\"in\","            \
	"\"peer\":\"127.0.0.1\",\"helo\":\"h\\uFFFD\",\"user\":\"\","          \
	"\"mail_from\":\"a@b.test\",\"mail_params\":\"SIZE=3\","               \
	"\"recipients\":[{\"address\":\"alice@to.test\","                      \
	"\"params\":\"NOTIFY=NEVER\",\"reply\":\"250 2.1.5 ok\","              \
	"\"fault\":\"\"}],\"size\":3,"

static void
check_json(json_t *value, const char *expected)
{
	char *text = json_dumps(
	    value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(value);
}

static void
has_each_key(void **state)
{
	struct pick_row row = {.seq = 7, .size = 3, .message = make_message()};

	(void)state;
	row.summary = (struct pick_summary){
	    .is_indexed = true,
	    .is_read = true,
	    .subject = SPAN("Hi"),
	    .message_id = SPAN("x@y"),
	    .snippet = SPAN("Hello"),
	    .sha256 = SPAN("abc"),
	    .date = SPAN("2003-03-25T12:37:02+01:00"),
	    .date_us = INT64_C(1048592222000000),
	    .from = SPAN("[{\"Name\":\"A\",\"Address\":\"a@b.test\"}]"),
	    .to = SPAN("[]"),
	    .cc = SPAN("[{\"Name\":\"\",\"Address\":\"c@d\"},"
		       "{\"Name\":\"E\",\"Address\":\"e@f\"}]"),
	    .tags = SPAN("[\"a\",\"b\"]"),
	    .attachments = 2,
	    .findings = 3,
	};
	check_json(api_message(&row),
	    ENVELOPE
	    "\"sha256\":\"abc\",\"subject\":\"Hi\",\"from\":[{\"name\":\"A\","
	    "\"address\":\"a@b.test\"}],\"to\":[],\"cc\":[{\"name\":\"\","
	    "\"address\":\"c@d\"},{\"name\":\"E\",\"address\":\"e@f\"}],"
	    "\"date\":\"2003-03-25T11:37:02.000000Z\",\"message_id\":\"x@y\","
	    "\"attachments\":2,\"tags\":[\"a\",\"b\"],\"findings\":3,"
	    "\"read\":true,\"reason\":\"\",\"snippet\":\"Hello\"}");
	message_free(row.message);
}

/* What the index of a stranger's database holds, or none at all. */
static void
takes_any_index(void **state)
{
	static const struct span lists[] = {SPAN(""), SPAN("x"), SPAN("{}"),
	    SPAN("[1,null,{\"Name\":5}]"), SPAN("[[[["), SPAN("\"a\"")};
	struct pick_row row = {.seq = 7, .size = 3, .message = make_message()};

	(void)state;
	row.message->state = MESSAGE_REFUSED;
	assert_true(
	    message_set(row.message, MESSAGE_REASON, SPAN("552 too large")));
	for (size_t i = 0; i < COUNT(lists); i++) {
		json_t *value;

		row.summary.from = lists[i];
		row.summary.tags = lists[i];
		value = api_message(&row);
		assert_non_null(value);
		assert_true(json_is_null(json_object_get(value, "date")));
		assert_true(json_is_array(json_object_get(value, "from")));
		assert_int_equal(
		    json_array_size(json_object_get(value, "tags")), 0);
		assert_string_equal(
		    json_string_value(json_object_get(value, "reason")),
		    "552 too large");
		assert_string_equal(
		    json_string_value(json_object_get(value, "state")),
		    "refused");
		json_decref(value);
	}
	message_free(row.message);
}

static void
says_the_same_of_an_entry(void **state)
{
	static const char text[] = "Subject: Hi\r\nFrom: A <a@b.test>\r\n"
				   "Cc: c@d, E <e@f>\r\n"
				   "Date: Tue, 25 Mar 2003 12:37:02 +0100\r\n"
				   "Message-ID: <x@y>\r\n\r\nY\r\n";
	char a[] = "a";
	char b[] = "b";
	char *tags[] = {a, b, NULL};
	struct index_entry entry = {.seq = 7, .size = 3, .tags = tags};

	(void)state;
	mime_init();
	entry.message = make_message();
	entry.mime = mime_parse(SPAN(text));
	assert_non_null(entry.mime);
	memcpy(entry.sha256, "abc", 4);
	check_json(api_message_of_entry(&entry),
	    ENVELOPE
	    "\"sha256\":\"abc\",\"subject\":\"Hi\",\"from\":[{\"name\":\"A\","
	    "\"address\":\"a@b.test\"}],\"to\":[],\"cc\":[{\"name\":\"\","
	    "\"address\":\"c@d\"},{\"name\":\"E\",\"address\":\"e@f\"}],"
	    "\"date\":\"2003-03-25T11:37:02.000000Z\",\"message_id\":\"x@y\","
	    "\"attachments\":0,\"tags\":[\"a\",\"b\"],\"findings\":0,"
	    "\"read\":false,\"reason\":\"\",\"snippet\":\"Y\"}");
	mime_free(entry.mime);
	message_free(entry.message);
}

static void
sums_up(void **state)
{
	struct pick_stats stats = {.accepted = 1,
	    .refused = 2,
	    .aborted = 3,
	    .sessions = 4,
	    .unread = 5,
	    .bytes = 6,
	    .file_bytes = 7,
	    .last_us = 1,
	    .seq = 8,
	    .pruned = 9,
	    .removed = 10};

	(void)state;
	check_json(api_stats(&stats),
	    "{\"accepted\":1,\"refused\":2,\"aborted\":3,\"sessions\":4,"
	    "\"unread\":5,\"bytes\":6,\"file_bytes\":7,\"first\":null,"
	    "\"last\":\"1970-01-01T00:00:00.000001Z\",\"seq\":8,"
	    "\"pruned\":9,\"removed\":10}");
}

#define BAD "\xef\xbf\xbd"

static const struct row {
	struct span bytes;
	struct span text;
} rows[] = {
    {SPAN(""), SPAN("")},
    {SPAN("a\0b"), SPAN("a\0b")},
    {SPAN("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	SPAN("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")},
    {SPAN("a\xff"), SPAN("a" BAD)},
    {SPAN("\xc3"), SPAN(BAD)},
    {SPAN("\xe2\x82"), SPAN(BAD BAD)},
    {SPAN("\xe2\x82z"), SPAN(BAD BAD "z")},
    {SPAN("\xc0\xaf\xc3\xa4"), SPAN(BAD BAD "\xc3\xa4")},
    {SPAN("\xe0\x80\x80"), SPAN(BAD BAD BAD)},
    {SPAN("\xed\xa0\x80"), SPAN(BAD BAD BAD)},
    {SPAN("\xf4\x90\x80\x80"), SPAN(BAD BAD BAD BAD)},
    {SPAN("\xf0\x8f\xbf\xbf"), SPAN(BAD BAD BAD BAD)},
    {SPAN("\xf5\x80"), SPAN(BAD BAD)},
};

static void
mends_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *value = api_string(rows[i].bytes);

		assert_non_null(value);
		assert_true(span_equal(span_make(json_string_value(value),
					   json_string_length(value)),
		    rows[i].text));
		json_decref(value);
	}
	check_json(api_string((struct span){NULL, 0}), "\"\"");
}

static size_t
refuse_after(size_t count)
{
	static size_t left;

	if (count != SIZE_MAX)
		left = count;
	return left;
}

/* Jansson's allocator for the test below; one call in turn fails. */
static void *
allocate(size_t size)
{
	size_t left = refuse_after(SIZE_MAX);

	if (left == 0)
		return NULL;
	(void)refuse_after(left - 1);
	return malloc(size);
}

static void
survives_without_memory(void **state)
{
	struct pick_row row = {.seq = 7, .message = make_message()};
	json_t *value = NULL;
	size_t count = 0;

	(void)state;
	row.summary.from = SPAN("[{\"Name\":\"A\",\"Address\":\"a@b.test\"}]");
	json_set_alloc_funcs(allocate, free);
	while (!value) {
		(void)refuse_after(count++);
		value = api_message(&row);
	}
	json_decref(value);
	json_set_alloc_funcs(malloc, free);
	assert_true(count > 50);
	message_free(row.message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_each_key),
	    cmocka_unit_test(takes_any_index),
	    cmocka_unit_test(says_the_same_of_an_entry),
	    cmocka_unit_test(sums_up),
	    cmocka_unit_test(mends_strings),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
