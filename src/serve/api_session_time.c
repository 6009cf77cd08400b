/* api_session_time: when things happened in a session, read from its dialogue.
 */
#include "api_session.h"

#include "api_message.h"
#include "clock.h"
#include "dialogue.h"

#include <jansson.h>
#include <string.h>

struct reading {
	json_t *times;
	json_t *messages;
	json_t *last; /* a message whose reply is still to come; or NULL */
};

static json_t *
seconds(int64_t us)
{
	return json_real((double)us / (double)CLOCK_SECOND);
}

/* Once: the first time counts. */
static void
note(struct reading *reading, const char *name, int64_t at_us)
{
	if (json_is_null(json_object_get(reading->times, name)))
		(void)json_object_set_new(reading->times, name, seconds(at_us));
}

/* "1.000002" at the front, to and with what stands behind it. */
static json_t *
take_seconds(struct span *rest, struct span end)
{
	size_t len = span_find(*rest, ' ');
	struct span whole = span_make(rest->at, len), part = whole;
	struct span front = span_cut(&part, '.');
	uint64_t full, less;

	span_skip(rest, len);
	if (rest->len >= end.len)
		span_skip(rest, end.len);
	return span_number(front, &full) && span_number(part, &less)
	    ? seconds((int64_t)(full * CLOCK_SECOND + less))
	    : json_null();
}

/* "... octets, from 0.000100 to 0.000200", where there was any text. */
static void
note_text(json_t *message, struct span words)
{
	static const struct span from = SPAN(", from ");
	json_t *first = json_null(), *last = json_null();

	while (words.len && !span_starts_nocase(words, from))
		span_skip(&words, 1);
	if (words.len) {
		span_skip(&words, from.len);
		first = take_seconds(&words, SPAN(" to "));
		last = take_seconds(&words, SPAN(""));
	}
	(void)json_object_set_new(message, "first_octet", first);
	(void)json_object_set_new(message, "last_octet", last);
}

static void
note_message(struct reading *reading, const char *state, struct span words)
{
	struct span id = span_cut(&words, ':');

	reading->last = json_pack(
	    "{s:o, s:s, s:n}", "id", api_string(id), "state", state, "reply");
	if (!reading->last)
		return;
	note_text(reading->last, words);
	(void)json_array_append_new(reading->messages, reading->last);
	/* Its reply was given before: this is about what came of it. */
	if (strcmp(state, "accepted") != 0)
		reading->last = NULL;
}

static void
read_remark(struct reading *reading, const struct dialogue_line *line)
{
	static const struct {
		struct span start;
		const char *state;
	} rows[] = {
	    {SPAN("message "), "accepted"},
	    {SPAN("refused message "), "refused"},
	    {SPAN("aborted message "), "aborted"},
	};
	struct span words = line->text;

	if (span_starts_nocase(words, SPAN("TLS ")))
		note(reading, "tls", line->at_us);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!span_starts_nocase(words, rows[i].start))
			continue;
		span_skip(&words, rows[i].start.len);
		note_message(reading, rows[i].state, words);
		return;
	}
}

static void
read_line(struct reading *reading, const struct dialogue_line *line)
{
	switch (line->kind) {
	case DIALOGUE_SERVER:
		note(reading, "greeting", line->at_us);
		if (reading->last)
			(void)json_object_set_new(
			    reading->last, "reply", seconds(line->at_us));
		reading->last = NULL;
		break;
	case DIALOGUE_CLIENT:
	case DIALOGUE_PIPELINED:
		if (span_starts_nocase(line->text, SPAN("EHLO ")) ||
		    span_starts_nocase(line->text, SPAN("HELO ")) ||
		    span_starts_nocase(line->text, SPAN("LHLO ")))
			note(reading, "hello", line->at_us);
		break;
	default:
		read_remark(reading, line);
		break;
	}
}

struct json_t *
api_session_times(struct span dialogue)
{
	struct dialogue_line line;
	struct reading reading = {.messages = json_array()};

	reading.times = json_pack("{s:n, s:n, s:n, s:o}", "greeting", "hello",
	    "tls", "messages", reading.messages);
	while (reading.times && dialogue_next(&dialogue, &line))
		read_line(&reading, &line);
	return reading.times;
}
