/* link: the links and one-time codes of a message. */
#include "link.h"

#include "html.h"
#include "link_private.h"

#include <stdlib.h>
#include <string.h>

#define URL_MAX ((size_t)8 * 1024)
#define NAME_MAX_LEN 200
#define TEXT_LIMIT ((size_t)LINK_MAX * (URL_MAX + NAME_MAX_LEN))
/* The same few links over and over are not compared for ever. */
#define SEEN_MAX 20000
/* As much of a part is looked into for codes: they stand near its front. */
#define CODE_TEXT_MAX ((size_t)256 * 1024)

const char *
link_kind_name(enum link_kind kind)
{
	static const char *const names[LINK_KINDS] = {
	    [LINK_PLAIN] = "link",
	    [LINK_ACTION] = "action",
	    [LINK_UNSUBSCRIBE] = "unsubscribe",
	    [LINK_IMAGE] = "image",
	    [LINK_TRACKER] = "tracker",
	    [LINK_MAILTO] = "mailto",
	    [LINK_TEL] = "tel",
	};

	return names[kind];
}

const char *
link_source_name(enum link_source source)
{
	static const char *const names[] = {
	    [LINK_IN_SUBJECT] = "subject",
	    [LINK_IN_TEXT] = "text",
	    [LINK_IN_HTML] = "html",
	};

	return names[source];
}

void
links_init(struct links *links)
{
	memset(links, 0, sizeof(*links));
	buf_init(&links->text, TEXT_LIMIT);
}

void
links_release(struct links *links)
{
	free(links->at);
	buf_release(&links->text);
	links_init(links);
}

/* ---- the list */

static bool
make_room(struct links *links)
{
	size_t room = links->room ? links->room * 2 : 16;
	struct link *at;

	if (links->count < links->room)
		return true;
	at = realloc(links->at, room * sizeof(*at));
	if (!at)
		return false;
	links->at = at;
	links->room = room;
	return true;
}

/* The same address under the same name in the same part. */
static bool
is_listed(const struct links *links, struct span url, struct span text,
    enum link_source source)
{
	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->at[i];
		const char *base = links->text.at;

		if (link->source == source && link->url.len == url.len &&
		    link->text.len == text.len &&
		    memcmp(base + link->url_at, url.at, url.len) == 0 &&
		    memcmp(base + link->text_at, text.at, text.len) == 0)
			return true;
	}
	return false;
}

/* Appends the address without the line ends that a text broke it with. */
static bool
put_url(struct buf *out, struct span url)
{
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.at[i] > ' ')
			(void)buf_put_char(out, url.at[i]);
	return !buf_failed(out);
}

/* Half a character at the cut is no character. */
static struct span
cut_name(struct span text)
{
	if (text.len <= NAME_MAX_LEN)
		return text;
	text.len = NAME_MAX_LEN;
	while (text.len && ((unsigned char)text.at[text.len] & 0xc0) == 0x80)
		text.len--;
	return text;
}

/* False ends the search: without memory, or when the list is full. */
static bool
add(struct links *links, struct span url, struct span text, enum link_kind kind,
    enum link_source source)
{
	size_t before = links->text.len;
	struct link link = {.kind = kind, .source = source, .url_at = before};

	if (++links->seen > SEEN_MAX) {
		links->is_cut = true;
		return false;
	}
	if (url.len > URL_MAX)
		return true;
	text = cut_name(text);
	if (!put_url(&links->text, url))
		return false;
	link.url.len = links->text.len - before;
	link.text_at = links->text.len;
	link.text.len = text.len;
	url = span_make(links->text.at + before, link.url.len);
	if (is_listed(links, url, text, source)) {
		links->text.len = before;
		return true;
	}
	if (links->count == LINK_MAX) {
		links->text.len = before;
		links->is_cut = true;
		return false;
	}
	if (!buf_put(&links->text, text) || !make_room(links)) {
		links->text.failed = true;
		return false;
	}
	links->at[links->count++] = link;
	return true;
}

/* ---- parts */

static void
look_into_text(struct links *links, struct span text)
{
	struct span rest = text;
	struct link_place place;

	while (link_next_in_text(text, &rest, &place))
		if (!add(links, place.url, place.text,
			link_judge(place.url, place.text), LINK_IN_TEXT))
			return;
}

/* What leads nowhere outside the message: "#top", "cid:", "data:", and what
   would run. */
static bool
leads_out(struct span url)
{
	static const char *const inside[] = {
	    "#", "cid:", "data:", "mid:", "javascript:", "vbscript:", "about:"};

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (span_starts_nocase(url, span_string(inside[i])))
			return false;
	return span_find(url, ':') < url.len || span_starts(url, SPAN("//"));
}

static bool
take_html_link(const struct html_link *link, void *context)
{
	struct links *links = context;
	enum link_kind kind = link->kind == HTML_LINK_ANCHOR
	    ? link_judge(link->url, link->text)
	    : link_judge_image(link);

	if (!leads_out(link->url))
		return true;
	return add(links, link->url, link->text, kind, LINK_IN_HTML);
}

/* mime.h makes a text out of the HTML where the sender wrote none. */
static bool
has_text(const struct mime *mime)
{
	for (size_t i = 0; i < mime->part_count; i++)
		if (mime->parts[i].role == MIME_BODY &&
		    strcmp(mime->parts[i].type, "text/html") != 0 &&
		    mime->parts[i].size > 2)
			return true;
	return false;
}

static struct span
whole(const struct buf *buf)
{
	return buf->at ? buf_span(buf) : SPAN("");
}

static struct span
front(const struct buf *buf)
{
	struct span text = whole(buf);

	if (text.len > CODE_TEXT_MAX)
		text.len = CODE_TEXT_MAX;
	return text;
}

static bool
find_codes(struct links *links, const struct mime *mime)
{
	struct span subject = span_string(mime->subject);
	enum link_hint hint =
	    link_speaks_of_code(subject) ? LINK_HINT : LINK_NO_HINT;
	struct buf rendered;
	bool fits;

	link_look_for_codes(links, subject, LINK_IN_SUBJECT, LINK_NO_HINT);
	if (has_text(mime))
		link_look_for_codes(
		    links, front(&mime->text), LINK_IN_TEXT, hint);
	buf_init(&rendered, CODE_TEXT_MAX * 4);
	fits = html_render_text(&rendered, front(&mime->html));
	link_look_for_codes(links, whole(&rendered), LINK_IN_HTML, hint);
	buf_release(&rendered);
	return fits;
}

bool
links_find(struct links *links, const struct mime *mime)
{
	bool fits = true;

	if (has_text(mime))
		look_into_text(links, whole(&mime->text));
	if (!links->is_cut)
		fits =
		    html_link_each(whole(&mime->html), take_html_link, links);
	fits = find_codes(links, mime) && fits;
	for (size_t i = 0; i < links->count; i++) {
		struct link *link = &links->at[i];

		link->url.at = links->text.at + link->url_at;
		link->text.at = links->text.at + link->text_at;
	}
	return fits && !buf_failed(&links->text);
}
