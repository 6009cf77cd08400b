/* script: a recorded conversation as a dialogue that can be played again. */
#include "script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "script_private.h"

/* Lines wait in memory until they are so many bytes. */
#define WRITE_SIZE ((size_t)64 * 1024)
#define LINES_MAX ((size_t)8 * 1024 * 1024)
#define TEXT_MAX ((size_t)1024 * 1024 * 1024)
/* Longer than any line may be. */
#define OVERLONG 13000

/* ---- writing */

static void
write_out(struct script *script, struct buf *lines)
{
	if (buf_failed(lines))
		script->failed = true;
	if (!script->failed && lines->len > 0 &&
	    !script->calls->write(buf_span(lines), script->calls->context))
		script->failed = true;
	buf_reset(lines);
}

void
script_relieve(struct script *script)
{
	if (script->lines.len > WRITE_SIZE)
		write_out(script, &script->lines);
}

void
script_flush(struct script *script)
{
	write_out(script, &script->lines);
	write_out(script, &script->replies);
	script->has_354 = false;
}

void
script_line(struct script *script, const char *kind, struct span text)
{
	(void)buf_put_string(&script->lines, kind);
	(void)buf_put(&script->lines, text);
	(void)buf_put_char(&script->lines, '\n');
}

/* Stands where it was in the record, as well as that can be. */
static void
put_comment(struct script *script, struct span text)
{
	(void)buf_put_string(&script->replies, "# ");
	(void)buf_put(&script->replies, text);
	(void)buf_put_char(&script->replies, '\n');
}

bool
script_next_said(struct span *rest, struct dialogue_line *line)
{
	while (dialogue_next(rest, line))
		if (line->kind != DIALOGUE_REMARK)
			return true;
	return false;
}

/* ---- the client */

static struct span
unescape(struct script *script, struct span text)
{
	buf_reset(&script->raw);
	if (!dialogue_unescape(&script->raw, text))
		script->failed = true;
	return buf_span(&script->raw);
}

/* Where the stars are that stand for a secret, or the text's length. */
static size_t
find_stars(struct span text)
{
	struct span rest = text;

	while (rest.len && !span_starts(rest, SCRIPT_STARS))
		span_skip(&rest, 1);
	return text.len - rest.len;
}

/* The line of an over-long command, or the beginning of one that never
   ended. */
static void
put_cut_line(struct script *script, struct span text, struct span rest)
{
	struct buf *lines = &script->lines;
	struct dialogue_line next;
	bool is_answered =
	    script_next_said(&rest, &next) && next.kind == DIALOGUE_SERVER;

	text.len -= strlen("\\.");
	(void)buf_put_string(lines, is_answered ? "C: " : "c: ");
	(void)buf_put(lines, text);
	if (is_answered)
		(void)buf_printf(lines, "\\{%d:x}", OVERLONG);
	(void)buf_put_char(lines, '\n');
}

static void
put_line(struct script *script, struct span text, struct span rest)
{
	struct buf *lines = &script->lines;
	struct span raw = buf_span(&script->raw);
	bool ends_bare =
	    script->is_bare && raw.len && raw.at[raw.len - 1] == '\n';
	size_t stars = find_stars(text);

	(void)buf_put_string(lines, ends_bare ? "c: " : "C: ");
	(void)buf_put(lines, span_make(text.at, stars));
	if (stars < text.len) {
		script_put_secret(script, lines, rest);
		span_skip(&text, stars + SCRIPT_STARS.len);
		(void)buf_put(lines, text);
	}
	(void)buf_put_char(lines, '\n');
}

static void
take_client(
    struct script *script, const struct dialogue_line *line, struct span rest)
{
	struct span raw = unescape(script, line->text);
	struct span verb = span_cut_word(&raw);

	if (line->kind == DIALOGUE_CLIENT)
		script_flush(script);
	if (dialogue_is_cut(line->text))
		put_cut_line(script, line->text, rest);
	else
		put_line(script, line->text, rest);
	script_relieve(script);
	script->has_354 = false;
	script->is_text = span_starts_nocase(verb, SPAN("DATA")) &&
	    (verb.len == 4 || verb.at[4] == '\n');
	script->is_text_bare = script->is_bare && verb.len > 4;
	script->is_dropped_whole = false;
	if (span_equal_nocase(verb, SPAN("MAIL")))
		script->by_chunks = false;
	if (!span_equal_nocase(verb, SPAN("BDAT")))
		return;
	script->by_chunks = true;
	script_put_chunk(script, span_cut_word(&raw));
}

/* ---- the server */

/* What it says of its own accord is not the client's doing. */
static bool
is_unasked(struct span line)
{
	return span_starts(line, SPAN("421 4.4.2 ")) ||
	    (span_starts(line, SPAN("421 4.3.2 ")) &&
		span_contains_nocase(line, SPAN("Shutting down")));
}

static void
take_server(
    struct script *script, const struct dialogue_line *line, struct span rest)
{
	struct span raw = unescape(script, line->text);

	(void)rest;
	/* We say nothing of the second kind, but a record may be anybody's. */
	if (is_unasked(raw) || span_find(raw, '\n') < raw.len) {
		put_comment(script, line->text);
		return;
	}
	script_expect(script, raw);
	script->has_greeting = true;
	if (span_starts(raw, SPAN("354")))
		script->has_354 = true;
	else if (raw.len && raw.at[0] > '3' && !span_starts(raw, SPAN("421")))
		script->is_text = false;
}

/* ---- remarks */

bool
script_read_mark(struct span remark, struct script_mark *mark)
{
	static const struct span starts[] = {
	    [SCRIPT_ACCEPTED] = SPAN("message "),
	    [SCRIPT_REFUSED] = SPAN("refused message "),
	    [SCRIPT_ABORTED] = SPAN("aborted message "),
	};

	for (int i = SCRIPT_ACCEPTED; i <= SCRIPT_ABORTED; i++) {
		struct span rest = remark;

		if (!span_starts(rest, starts[i]))
			continue;
		mark->state = (__typeof__(mark->state))i;
		span_skip(&rest, starts[i].len);
		mark->id = span_cut(&rest, ':');
		span_skip(&rest, 1);
		if (!span_number(span_cut_word(&rest), &mark->kept))
			return false;
		mark->len = mark->kept;
		if (i != SCRIPT_ACCEPTED) {
			(void)span_cut_word(&rest);
			return span_number(span_cut_word(&rest), &mark->len);
		}
		return true;
	}
	return false;
}

static void
on_message(struct script *script, struct span text, struct span rest)
{
	struct script_mark mark;

	if (!script_read_mark(text, &mark))
		return;
	script->stored += mark.state == SCRIPT_ACCEPTED;
	if (script->is_text && !script->by_chunks) {
		/* The text waited for the 354, if that was written before. */
		if (script->has_354)
			script_flush(script);
		script_put_text(script, &mark, rest);
	}
	script->is_text = false;
}

static void
on_tls(struct script *script, struct span text, struct span rest)
{
	(void)text;
	(void)rest;
	if (!script->has_greeting)
		return;
	script_flush(script);
	script_line(script, "T!", SPAN(""));
	script_flush(script);
}

static void
on_injection(struct script *script, struct span text, struct span rest)
{
	uint64_t count = 0;

	(void)rest;
	(void)span_cut(&text, ':');
	span_skip(&text, 1);
	if (span_number(span_cut_word(&text), &count))
		script_put_filler(script, count);
}

static void
on_fault(struct script *script, struct span text, struct span rest)
{
	(void)rest;
	put_comment(script, text);
	script->is_dropped_whole =
	    !span_contains_nocase(text, SPAN("drop=after-bytes")) &&
	    (span_contains_nocase(text, SPAN(" drop")) ||
		span_contains_nocase(text, SPAN(" rst")) ||
		span_contains_nocase(text, SPAN(" stall")));
}

static void
on_end(struct script *script, struct span text, struct span rest)
{
	(void)rest;
	span_skip(&text, strlen("end: "));
	script->ending = text;
}

static void
on_ceiling(struct script *script, struct span text, struct span rest)
{
	(void)rest;
	put_comment(script, text);
	script->is_cut = true;
}

static void
take_remark(
    struct script *script, const struct dialogue_line *line, struct span rest)
{
	static const struct {
		const char *start;
		void (*take)(
		    struct script *, struct span text, struct span rest);
	} remarks[] = {
	    {"message ", on_message},
	    {"refused message ", on_message},
	    {"aborted message ", on_message},
	    {"TLS ", on_tls},
	    {"plain text behind STARTTLS", on_injection},
	    {"fault ", on_fault},
	    {"end: ", on_end},
	    {"what follows is not recorded", on_ceiling},
	};

	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
		if (!span_starts(line->text, span_string(remarks[i].start)))
			continue;
		remarks[i].take(script, line->text, rest);
		return;
	}
	put_comment(script, line->text);
}

/* ---- all of it */

static void
finish(struct script *script)
{
	static const char *const closed[] = {
	    "quit", "errors", "refused", "fault"};

	script_flush(script);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (span_equal(script->ending, span_string(closed[i])))
			script_line(script, "S!", SPAN(""));
	if (!script->is_cut)
		(void)buf_printf(
		    &script->lines, "N: %" PRIu64 "\n", script->stored);
	script_flush(script);
}

static void
walk(struct script *script)
{
	struct span rest = script->dialogue;
	struct dialogue_line line;

	while (!script->failed && dialogue_next(&rest, &line)) {
		if (line.kind == DIALOGUE_REMARK)
			take_remark(script, &line, rest);
		else if (line.kind == DIALOGUE_SERVER)
			take_server(script, &line, rest);
		else
			take_client(script, &line, rest);
	}
}

bool
script_put(struct span dialogue, const struct script_calls *calls)
{
	struct script script;

	memset(&script, 0, sizeof(script));
	script.calls = calls;
	script.dialogue = dialogue;
	script.ending = SPAN("");
	buf_init(&script.lines, LINES_MAX);
	buf_init(&script.replies, LINES_MAX);
	buf_init(&script.raw, LINES_MAX);
	buf_init(&script.text, TEXT_MAX);
	script.failed = !script_find_chunks(&script);
	script_put_options(&script);
	walk(&script);
	finish(&script);
	buf_release(&script.lines);
	buf_release(&script.replies);
	buf_release(&script.raw);
	buf_release(&script.text);
	free(script.chunks);
	return !script.failed;
}
