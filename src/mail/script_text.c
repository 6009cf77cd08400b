/* script_text: the texts of messages in a script, and their chunks. */
#include "script_private.h"

#include <inttypes.h>
#include <stdlib.h>

/* More octets than this are not sent for nothing: who declared them has hardly
   sent them. */
#define FILLER_MAX ((uint64_t)1024 * 1024 * 1024)
/* Beyond a limit nobody has counted; so many more are too many. */
#define TOO_MANY 100

void
script_put_filler(struct script *script, uint64_t count)
{
	if (count > 0 && count <= FILLER_MAX)
		(void)buf_printf(
		    &script->lines, "c: \\{%" PRIu64 ":x}\n", count);
}

/* ---- what is kept */

/* The text of a message; it stays until another one is asked for. */
static struct span
load(struct script *script, struct span id)
{
	if (id.len == 0)
		return SPAN("");
	if (!span_equal(id, script->text_id)) {
		buf_reset(&script->text);
		script->text_id = id;
		if (!script->calls->text(
			id, &script->text, script->calls->context))
			buf_reset(&script->text);
		if (buf_failed(&script->text))
			script->failed = true;
	}
	return script->text.len ? buf_span(&script->text) : SPAN("");
}

/* Octets as they are. */
static void
put_bytes(struct script *script, struct span bytes)
{
	while (bytes.len && !script->failed) {
		struct span rest = bytes;
		size_t len = span_find(rest, '\n');
		bool is_line =
		    len > 0 && len < rest.len && rest.at[len - 1] == '\r';

		span_skip(&bytes, len + 1);
		(void)buf_put_string(&script->lines, is_line ? "C: " : "c: ");
		(void)dialogue_escape(&script->lines,
		    span_make(
			rest.at, is_line ? len - 1 : rest.len - bytes.len));
		(void)buf_put_char(&script->lines, '\n');
		script_relieve(script);
	}
}

/* RFC 5321 4.5.2: a line that begins with a dot gets one more. */
static void
put_stuffed(struct script *script, struct span text)
{
	bool is_start = true;

	while (text.len && !script->failed) {
		struct span line = text;
		size_t len = span_find(line, '\n');

		span_skip(&text, len + 1);
		line.len -= text.len;
		if (is_start && line.at[0] == '.')
			script_line(script, "c: ", SPAN("."));
		put_bytes(script, line);
		is_start = line.at[line.len - 1] == '\n' &&
		    (script->is_text_bare ||
			(line.len > 1 && line.at[line.len - 2] == '\r'));
	}
}

/* ---- DATA */

static bool
is_too_big(struct span rest)
{
	struct dialogue_line line;

	while (script_next_said(&rest, &line))
		/* Who did not wait for it gets it now. */
		if (!span_starts(line.text, SPAN("354")))
			return line.kind == DIALOGUE_SERVER &&
			    span_starts(line.text, SPAN("552"));
	return false;
}

/* What is not kept, with the line end that was its own. */
static void
put_rest(struct script *script, uint64_t count, struct span kept)
{
	if (count == 1 && kept.len && kept.at[kept.len - 1] == '\r') {
		script_line(script, "c: ", SPAN("\\n"));
		return;
	}
	if (count > 2)
		script_put_filler(script, count - 2);
	script_line(script, "C: ", SPAN(""));
}

void
script_put_text(
    struct script *script, const struct script_mark *mark, struct span rest)
{
	struct span kept = load(script, mark->id);
	uint64_t missing;
	bool is_whole =
	    mark->state != SCRIPT_ABORTED || script->is_dropped_whole;

	if (kept.len > mark->len)
		kept.len = (size_t)mark->len;
	missing = mark->len - kept.len;
	put_stuffed(script, kept);
	if (!is_whole) {
		script_put_filler(script, missing);
		return;
	}
	if (mark->state == SCRIPT_REFUSED && is_too_big(rest))
		missing += TOO_MANY;
	if (missing)
		put_rest(script, missing, kept);
	script_line(script, "C: ", SPAN("."));
}

/* ---- BDAT */

/* Those of one transaction, until a remark says which message it was. */
struct open_chunks {
	size_t first;
	uint64_t len;
	bool is_open; /* a MAIL was accepted */
};

static bool
add_chunk(struct script *script, struct open_chunks *open, struct span count)
{
	struct script_chunk *grown;
	size_t chunk_count = script->chunk_count;
	uint64_t len = 0;

	/* Doubled at powers of two. */
	if ((chunk_count & (chunk_count - 1)) == 0) {
		grown = realloc(script->chunks,
		    2 * (chunk_count + 1) * sizeof(script->chunks[0]));
		if (!grown)
			return false;
		script->chunks = grown;
	}
	(void)span_number(count, &len);
	script->chunks[script->chunk_count++] =
	    (struct script_chunk){.id = SPAN(""), .at = open->len};
	if (UINT64_MAX - open->len < len)
		len = UINT64_MAX - open->len;
	open->len += len;
	return true;
}

static void
close_chunks(struct script *script, struct open_chunks *open, struct span id)
{
	for (size_t i = open->first; i < script->chunk_count && open->is_open;
	     i++)
		script->chunks[i].id = id;
	*open = (struct open_chunks){.first = script->chunk_count};
}

static bool
note_line(struct script *script, struct open_chunks *open, struct span text)
{
	struct span verb = span_cut_word(&text);

	if (span_equal_nocase(verb, SPAN("MAIL"))) {
		close_chunks(script, open, SPAN(""));
		open->is_open = true;
	}
	if (!span_equal_nocase(verb, SPAN("BDAT")))
		return true;
	return add_chunk(script, open, span_cut_word(&text));
}

bool
script_find_chunks(struct script *script)
{
	struct span rest = script->dialogue;
	struct open_chunks open = {.first = 0};
	struct dialogue_line line;
	struct script_mark mark;

	while (dialogue_next(&rest, &line)) {
		if (line.kind == DIALOGUE_REMARK &&
		    script_read_mark(line.text, &mark))
			close_chunks(script, &open, mark.id);
		else if ((line.kind == DIALOGUE_CLIENT ||
			     line.kind == DIALOGUE_PIPELINED) &&
		    !note_line(script, &open, line.text))
			return false;
	}
	return true;
}

void
script_put_chunk(struct script *script, struct span count)
{
	const struct script_chunk *chunk =
	    &script->chunks[script->chunk_next++];
	struct span kept = load(script, chunk->id);
	uint64_t len = 0;

	if (!span_number(count, &len))
		return;
	span_skip(&kept, chunk->at < kept.len ? (size_t)chunk->at : kept.len);
	if (kept.len > len)
		kept.len = (size_t)len;
	put_bytes(script, kept);
	script_put_filler(script, len - kept.len);
}
