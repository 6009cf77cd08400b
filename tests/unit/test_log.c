/* test_log: one line a call, whatever a client put into it. */
#include "log.h"

#include "fail_alloc.h"
#include "span.h"
#include "unit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "2003-03-25T11:37:02.000000Z" */
#define WHEN_LEN 27

struct captured {
	int ends[2];
	char text[16 * 1024 + 1];
	struct span rest;
};

static void
start(struct captured *captured)
{
	assert_int_equal(pipe(captured->ends), 0);
}

/* Closes the writing end and reads all that was written. */
static void
finish(struct captured *captured)
{
	size_t len = 0;
	ssize_t n;

	assert_int_equal(close(captured->ends[1]), 0);
	do {
		n = read(captured->ends[0], captured->text + len,
		    sizeof(captured->text) - 1 - len);
		assert_true(n >= 0);
		len += (size_t)n;
	} while (n > 0);
	assert_int_equal(close(captured->ends[0]), 0);
	captured->text[len] = '\0';
	captured->rest = span_make(captured->text, len);
}

static const struct {
	const char *given;
	struct span text;
	struct span json;
} lines[] = {
    {"plain", SPAN("plain"), SPAN("plain")},
    {"", SPAN(""), SPAN("")},
    {"two\r\nlines", SPAN("two\\x0d\\x0alines"),
	SPAN("two\\u000d\\u000alines")},
    {"\x1b[2J\x7f", SPAN("\\x1b[2J\\x7f"), SPAN("\\u001b[2J\\u007f")},
    {"say \"a\\b\"", SPAN("say \"a\\b\""), SPAN("say \\\"a\\\\b\\\"")},
    {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac",
	SPAN("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac"),
	SPAN("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac")},
    /* CSI as one character, which terminals obey. */
    {"\xc2\x9b"
     "2J",
	SPAN("\\xc2\\x9b"
	     "2J"),
	SPAN("\\u00c2\\u009b"
	     "2J")},
    {"\xc2\xa0", SPAN("\xc2\xa0"), SPAN("\xc2\xa0")},
    /* Not UTF-8: alone, over-long, a surrogate, too high, cut. */
    {"\xfc.", SPAN("\\xfc."), SPAN("\\u00fc.")},
    {"\xc0\xaf", SPAN("\\xc0\\xaf"), SPAN("\\u00c0\\u00af")},
    {"\xe0\x9f\xbf", SPAN("\\xe0\\x9f\\xbf"), SPAN("\\u00e0\\u009f\\u00bf")},
    {"\xed\xa0\x80", SPAN("\\xed\\xa0\\x80"), SPAN("\\u00ed\\u00a0\\u0080")},
    {"\xf4\x90\x80\x80", SPAN("\\xf4\\x90\\x80\\x80"),
	SPAN("\\u00f4\\u0090\\u0080\\u0080")},
    {"\xe2\x82", SPAN("\\xe2\\x82"), SPAN("\\u00e2\\u0082")},
    {"\xf0\x9f\x93", SPAN("\\xf0\\x9f\\x93"), SPAN("\\u00f0\\u009f\\u0093")},
};

static void
escapes_in_text(void **state)
{
	struct captured captured;
	struct log *log;

	(void)state;
	start(&captured);
	log = log_new(captured.ends[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	for (size_t i = 0; i < COUNT(lines); i++)
		log_info(log, "%s", lines[i].given);
	finish(&captured);
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct span line = span_cut(&captured.rest, '\n');

		span_skip(&line, WHEN_LEN);
		assert_true(span_starts(line, SPAN(" info: ")));
		span_skip(&line, strlen(" info: "));
		assert_true(span_equal(line, lines[i].text));
	}
	assert_int_equal(captured.rest.len, 0);
	log_free(log);
}

static void
escapes_in_json(void **state)
{
	struct captured captured;
	struct log *log;

	(void)state;
	start(&captured);
	log = log_new(captured.ends[1], LOG_LEVEL_INFO, LOG_FORMAT_JSON);
	for (size_t i = 0; i < COUNT(lines); i++)
		log_warn(log, "%s", lines[i].given);
	finish(&captured);
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct span line = span_cut(&captured.rest, '\n');
		struct span middle = SPAN("\",\"level\":\"warn\",\"text\":\"");

		assert_true(span_starts(line, SPAN("{\"time\":\"")));
		span_skip(&line, strlen("{\"time\":\"") + WHEN_LEN);
		assert_true(span_starts(line, middle));
		span_skip(&line, middle.len);
		assert_int_equal(line.len, lines[i].json.len + 2);
		assert_true(span_starts(line, lines[i].json));
		span_skip(&line, lines[i].json.len);
		assert_true(span_equal(line, SPAN("\"}")));
	}
	log_free(log);
}

struct heard {
	size_t count;
	enum log_level level;
};

static void
hear(enum log_level level, const char *line, void *context)
{
	struct heard *heard = context;

	heard->level = level;
	assert_true(heard->count < COUNT(lines));
	assert_true(span_equal(span_string(line), lines[heard->count++].text));
}

static void
calls_back_with_bare_lines(void **state)
{
	struct heard heard = {0, LOG_LEVEL_ERROR};
	struct log *log = log_new_callback(hear, &heard, LOG_LEVEL_WARN);

	(void)state;
	assert_non_null(log);
	for (size_t i = 0; i < COUNT(lines); i++) {
		log_warn(log, "%s", lines[i].given);
		log_info(log, "not asked for");
	}
	assert_int_equal(heard.count, COUNT(lines));
	assert_int_equal(heard.level, LOG_LEVEL_WARN);
	log_free(log);
}

static void
levels_are_silent_above_the_most(void **state)
{
	(void)state;
	for (int most = LOG_LEVEL_ERROR; most <= LOG_LEVEL_DEBUG; most++) {
		struct captured captured;
		struct log *log;
		int count = 0;

		start(&captured);
		log = log_new(
		    captured.ends[1], (enum log_level)most, LOG_FORMAT_TEXT);
		log_error(log, "x");
		log_warn(log, "x");
		log_info(log, "x");
		log_debug(log, "x");
		finish(&captured);
		for (; captured.rest.len; count++)
			(void)span_cut(&captured.rest, '\n');
		assert_int_equal(count, most + 1);
		log_free(log);
	}
	log_error(NULL, "nobody listens");
}

static void
long_lines_are_cut(void **state)
{
	struct captured captured;
	struct log *log;
	char *text = malloc(5000);

	(void)state;
	assert_non_null(text);
	memset(text, '\x01', 4999);
	text[4999] = '\0';
	start(&captured);
	log = log_new(captured.ends[1], LOG_LEVEL_INFO, LOG_FORMAT_JSON);
	log_info(log, "%s", text);
	finish(&captured);
	assert_in_range(captured.rest.len, PIPE_BUF - 32, PIPE_BUF);
	assert_true(
	    span_starts(span_make(captured.rest.at + captured.rest.len - 9, 9),
		SPAN("\\u0001\"}")));
	assert_int_equal(span_find(captured.rest, '\n'), captured.rest.len - 1);
	log_free(log);
	free(text);
}

/* Who does not read the log does not stop the server. */
static void
a_full_pipe_loses_lines(void **state)
{
	struct captured captured;
	struct log *log;
	size_t kept = 0;
	size_t lost = 0;
	char room[4 * 4096] = "";

	(void)state;
	start(&captured);
	assert_true(fcntl(captured.ends[1], F_SETPIPE_SZ, 4 * 4096) > 0);
	log = log_new(captured.ends[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	for (size_t i = 0; i < 1000; i++)
		log_info(log, "line %zu of those that nobody reads", i);
	assert_true(read(captured.ends[0], room, sizeof(room)) > 0);
	for (const char *at = room; at < room + sizeof(room); at++)
		kept += *at == '\n';
	log_info(log, "read again");
	log_free(log);
	finish(&captured);
	assert_int_equal(sscanf(captured.text + WHEN_LEN,
			     " warn: %zu lines were lost", &lost),
	    1);
	assert_non_null(strstr(captured.text, " info: read again\n"));
	assert_true(kept > 0 && lost > 0);
	assert_int_equal(kept + lost, 1000);
}

static void
log_something(void *context)
{
	struct captured captured;
	struct log *log;

	(void)context;
	start(&captured);
	log = log_new(captured.ends[1], LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	assert_int_equal(log == NULL, fail_alloc_happened());
	log_error(log, "out of memory");
	finish(&captured);
	assert_int_equal(captured.rest.len > 0, log != NULL);
	log_free(log);
}

/* Only log_new() takes memory: a lack of it later can still be told. */
static void
survives_without_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(log_something, NULL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes_in_text),
	    cmocka_unit_test(escapes_in_json),
	    cmocka_unit_test(calls_back_with_bare_lines),
	    cmocka_unit_test(levels_are_silent_above_the_most),
	    cmocka_unit_test(long_lines_are_cut),
	    cmocka_unit_test(a_full_pipe_loses_lines),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
