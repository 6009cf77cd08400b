/* api_links: the links and one-time codes of a message, as JSON. */
#include "api_links.h"

#include "api_message.h"
#include "link.h"

#include <jansson.h>
#include <string.h>

/* Of several parts of one kind the one that has it is looked for: in so many,
   and so far into each, so that no message takes long. */
#define PARTS_MAX 4
#define LOOK_MAX ((size_t)64 * 1024)
/* What a part is decoded into at most. */
#define PART_MAX ((size_t)16 * 1024 * 1024)

struct candidate {
	const char *id;
	struct buf bytes;
};

/* The parts that are shown as text, or as HTML. */
struct candidates {
	struct candidate at[PARTS_MAX];
	size_t count; /* may be more than there is room for */
};

struct places {
	struct candidates text, html;
};

static void
add_candidate(struct candidates *candidates, const struct mime_part *part)
{
	size_t i = candidates->count++;

	if (i >= PARTS_MAX)
		return;
	candidates->at[i].id = part->id;
	buf_init(&candidates->at[i].bytes, PART_MAX);
}

static void
find_candidates(struct places *places, const struct mime *mime)
{
	for (size_t i = 0; i < mime->part_count; i++) {
		const struct mime_part *part = &mime->parts[i];

		if (part->role == MIME_BODY)
			add_candidate(strcmp(part->type, "text/html") == 0
				? &places->html
				: &places->text,
			    part);
	}
}

/* One alone needs no look into it. */
static void
decode(struct candidates *candidates, struct span raw)
{
	if (candidates->count < 2)
		return;
	for (size_t i = 0; i < candidates->count && i < PARTS_MAX; i++)
		(void)mime_part_bytes(
		    raw, candidates->at[i].id, &candidates->at[i].bytes);
}

static void
release(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count && i < PARTS_MAX; i++)
		buf_release(&candidates->at[i].bytes);
}

static bool
has(const struct candidate *candidate, struct span text)
{
	size_t len = candidate->bytes.len;

	if (len > LOOK_MAX)
		len = LOOK_MAX;
	return text.len && len &&
	    memmem(candidate->bytes.at, len, text.at, text.len);
}

static json_t *
part_value(
    const struct places *places, enum link_source source, struct span text)
{
	const struct candidates *candidates =
	    source == LINK_IN_HTML ? &places->html : &places->text;

	if (source == LINK_IN_SUBJECT)
		return json_null();
	/* Of the HTML only the first one is shown. */
	if (candidates->count == 1 ||
	    (source == LINK_IN_HTML && candidates->count > 0))
		return json_string(candidates->at[0].id);
	for (size_t i = 0; i < candidates->count && i < PARTS_MAX; i++)
		if (has(&candidates->at[i], text))
			return json_string(candidates->at[i].id);
	return json_null();
}

static json_t *
links_value(const struct links *links, const struct places *places)
{
	json_t *list = json_array();

	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->at[i];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:o, s:s, s:i, s:s, s:o}", "url",
			api_string(link->url), "text", api_string(link->text),
			"kind", link_kind_name(link->kind), "confidence",
			(int)link_confidence(link), "source",
			link_source_name(link->source), "part",
			part_value(places, link->source, link->url)));
	}
	return list;
}

static json_t *
codes_value(const struct links *links, const struct places *places)
{
	json_t *list = json_array();

	for (size_t i = 0; i < links->code_count; i++) {
		const struct link_code *code = &links->codes[i];

		(void)json_array_append_new(list,
		    json_pack("{s:s, s:i, s:s, s:o}", "code", code->code,
			"confidence", (int)code->confidence, "source",
			link_source_name(code->source), "part",
			part_value(
			    places, code->source, span_string(code->code))));
	}
	return list;
}

json_t *
api_links(const struct mime *mime, struct span raw)
{
	struct places places = {.text.count = 0};
	struct links links;
	json_t *value = NULL;

	links_init(&links);
	find_candidates(&places, mime);
	if (links_find(&links, mime)) {
		decode(&places.text, raw);
		value = json_pack("{s:o, s:o, s:b}", "links",
		    links_value(&links, &places), "codes",
		    codes_value(&links, &places), "is_cut", (int)links.is_cut);
	}
	release(&places.text);
	release(&places.html);
	links_release(&links);
	return value;
}
