/* test_websocket: frames, whole and in pieces of every size. */
#include "websocket.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* Section 1.3 */
static void
accepts_keys(void **state)
{
	char text[WEBSOCKET_ACCEPT_SIZE];

	(void)state;
	assert_true(websocket_accept(text, SPAN("dGhlIHNhbXBsZSBub25jZQ==")));
	assert_string_equal(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_false(websocket_accept(text, SPAN("")));
	assert_false(websocket_accept(text, SPAN("dGhlIHNhbXBsZSBub25jZQ")));
	assert_false(websocket_accept(text, SPAN("dGhlIHNhbXBsZSBub25jZQ=*")));
	assert_false(websocket_accept(text, SPAN("dGhlIHNhbXBsZSBub25jZTEy")));
}

static void
writes_frames(void **state)
{
	static char payload[70000];
	struct buf buf;

	(void)state;
	buf_init(&buf, 100000);
	assert_true(websocket_put(&buf, WEBSOCKET_TEXT, SPAN("Hello")));
	assert_true(span_equal(buf_span(&buf), SPAN("\x81\x05Hello")));
	buf_reset(&buf);
	assert_true(websocket_put(&buf, WEBSOCKET_PING, SPAN("")));
	assert_true(websocket_put_close(&buf, WEBSOCKET_GOING_AWAY));
	assert_true(
	    span_equal(buf_span(&buf), SPAN("\x89\x00\x88\x02\x03\xe9")));
	buf_reset(&buf);
	assert_true(
	    websocket_put(&buf, WEBSOCKET_TEXT, span_make(payload, 125)));
	assert_memory_equal(buf.at, "\x81\x7d", 2);
	assert_int_equal(buf.len, 2 + 125);
	buf_reset(&buf);
	assert_true(
	    websocket_put(&buf, WEBSOCKET_TEXT, span_make(payload, 126)));
	assert_memory_equal(buf.at, "\x81\x7e\x00\x7e", 4);
	assert_int_equal(buf.len, 4 + 126);
	buf_reset(&buf);
	assert_true(
	    websocket_put(&buf, WEBSOCKET_TEXT, span_make(payload, 65535)));
	assert_memory_equal(buf.at, "\x81\x7e\xff\xff", 4);
	buf_reset(&buf);
	assert_true(
	    websocket_put(&buf, WEBSOCKET_TEXT, span_make(payload, 65536)));
	assert_memory_equal(buf.at, "\x81\x7f\0\0\0\0\0\1\0\0", 10);
	assert_int_equal(buf.len, 10 + 65536);
	assert_false(
	    websocket_put(&buf, WEBSOCKET_TEXT, span_make(payload, 65536)));
	buf_release(&buf);
}

#define MASK "\x37\xfa\x21\x3d"
#define ZERO "\0\0\0\0"

/* Events as letters: i ping, o pong, c close, w wrong, l too large. */
static const struct row {
	const char *what;
	struct span bytes;
	const char *events;
	struct span payload; /* of the last one */
} rows[] = {
    {"text", SPAN("\x81\x85" MASK "\x7f\x9f\x4d\x51\x58"), "", SPAN("")},
    {"an empty text", SPAN("\x81\x80" ZERO), "", SPAN("")},
    {"a ping", SPAN("\x89\x85" MASK "\x7f\x9f\x4d\x51\x58"), "i",
	SPAN("Hello")},
    {"an empty ping", SPAN("\x89\x80" ZERO), "i", SPAN("")},
    {"two pings", SPAN("\x89\x81" ZERO "a\x89\x82" ZERO "bc"), "ii",
	SPAN("bc")},
    {"a pong", SPAN("\x8a\x80" ZERO), "o", SPAN("")},
    {"a close", SPAN("\x88\x82" ZERO "\x03\xe8"), "c", SPAN("\x03\xe8")},
    {"a close without reason", SPAN("\x88\x80" ZERO), "c", SPAN("")},
    {"half a reason", SPAN("\x88\x81" ZERO "\x03"), "w", SPAN("\x03")},
    {"pieces", SPAN("\x01\x81" ZERO "a\x00\x81" ZERO "b\x80\x81" ZERO "c"), "",
	SPAN("")},
    {"a ping between pieces",
	SPAN("\x01\x81" ZERO "a\x89\x80" ZERO "\x80\x81" ZERO "b"), "i",
	SPAN("")},
    {"binary", SPAN("\x82\x81" ZERO "a\x89\x80" ZERO), "i", SPAN("")},
    {"without mask", SPAN("\x81\x05Hello"), "w", SPAN("")},
    {"reserved bits", SPAN("\xc1\x80" ZERO), "w", SPAN("")},
    {"an unknown kind", SPAN("\x83\x80" ZERO), "w", SPAN("")},
    {"an unknown control", SPAN("\x8b\x80" ZERO), "w", SPAN("")},
    {"a ping in pieces", SPAN("\x09\x80" ZERO), "w", SPAN("")},
    {"a long ping", SPAN("\x89\xfe\0\x7e" ZERO), "w", SPAN("")},
    {"a piece of nothing", SPAN("\x80\x80" ZERO), "w", SPAN("")},
    {"a text in a text", SPAN("\x01\x80" ZERO "\x81\x80" ZERO), "w", SPAN("")},
    {"a large text", SPAN("\x81\xff\0\0\0\0\0\x10\0\x01" ZERO), "l", SPAN("")},
    {"a text beyond all", SPAN("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" ZERO),
	"l", SPAN("")},
};

static char
letter_of(enum websocket_event event)
{
	static const char letters[] = {
	    [WEBSOCKET_MORE] = '.',
	    [WEBSOCKET_GOT_PING] = 'i',
	    [WEBSOCKET_GOT_PONG] = 'o',
	    [WEBSOCKET_GOT_CLOSE] = 'c',
	    [WEBSOCKET_GOT_WRONG] = 'w',
	    [WEBSOCKET_GOT_TOO_LARGE] = 'l',
	};

	return letters[event];
}

static bool
goes_on(enum websocket_event event)
{
	return event == WEBSOCKET_MORE || event == WEBSOCKET_GOT_PING ||
	    event == WEBSOCKET_GOT_PONG;
}

static void
check(const struct row *row, size_t size)
{
	struct websocket ws = {.header_len = 0};
	enum websocket_event event = WEBSOCKET_MORE;
	struct span rest = row->bytes;
	struct span payload = SPAN("");
	char events[8] = "";
	size_t count = 0;

	while (rest.len > 0 && goes_on(event)) {
		struct span part = rest;

		part.len = part.len < size ? part.len : size;
		span_skip(&rest, part.len);
		event = websocket_step(&ws, &part, &payload);
		if (event != WEBSOCKET_MORE)
			events[count++] = letter_of(event);
		else
			assert_int_equal(part.len, 0);
		rest.at -= part.len;
		rest.len += part.len;
	}
	if (strcmp(events, row->events) != 0 ||
	    !span_equal(payload, row->payload))
		fail_msg("%s by %zu: %s", row->what, size, events);
}

static void
reads_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t size = 1; size <= rows[i].bytes.len; size++)
			check(&rows[i], size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts_keys),
	    cmocka_unit_test(writes_frames),
	    cmocka_unit_test(reads_frames),
	};

	return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
