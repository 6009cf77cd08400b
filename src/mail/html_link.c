/* html_link: what HTML refers to. */
#include "html_link.h"

#include "buf.h"
#include "html.h"
#include "html_private.h"

#include <string.h>

/* So many nodes below an anchor are read for its text: anchors may nest, and
   each is a node of those around it. */
#define TEXT_NODES_MAX 500
/* A picture of so many pixels is there to be fetched, not to be seen. */
#define HIDDEN_PIXELS 2

static bool
is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	    strcmp((const char *)node->name, name) == 0;
}

/* The attribute's value, free it with xmlFree(); NULL without one. */
static xmlChar *
attribute(const xmlNode *node, const char *name)
{
	return xmlGetProp(node, (const xmlChar *)name);
}

/* ---- text */

/* Appends words with one blank between them, up to the ceiling. */
static void
put_words(struct buf *out, struct span text)
{
	while (text.len && out->len < HTML_LINK_TEXT_MAX) {
		unsigned char byte = (unsigned char)text.at[0];

		if (byte > ' ')
			(void)buf_put_char(out, text.at[0]);
		else if (out->len && out->at[out->len - 1] != ' ')
			(void)buf_put_char(out, ' ');
		span_skip(&text, 1);
	}
}

static void
put_alternative(struct buf *out, const xmlNode *node)
{
	xmlChar *text = attribute(node, "alt");

	put_words(out, span_string((const char *)text));
	xmlFree(text);
}

/* A character that the ceiling cut in half goes. */
static void
cut_clean(struct buf *out)
{
	size_t len = out->len;

	if (len < HTML_LINK_TEXT_MAX)
		return;
	while (len && ((unsigned char)out->at[len - 1] & 0xc0) == 0x80)
		len--;
	if (len && (unsigned char)out->at[len - 1] >= 0xc0)
		out->len = len - 1;
}

/* The words below the node; those of pictures only where there are none. */
static void
read_text(struct buf *out, xmlNode *root)
{
	xmlNode *node = root;

	for (int i = 0; node && i < TEXT_NODES_MAX; i++) {
		if (node->type == XML_TEXT_NODE)
			put_words(
			    out, span_string((const char *)node->content));
		else
			put_words(out, SPAN(" "));
		node = html_next_node(node, root);
	}
	if (span_trim(buf_span(out)).len > 0)
		return;
	node = root;
	for (int i = 0; node && i < TEXT_NODES_MAX; i++) {
		if (is_element(node, "img"))
			put_alternative(out, node);
		node = html_next_node(node, root);
	}
}

/* ---- pictures */

static bool
is_small(const xmlNode *node, const char *name)
{
	xmlChar *text = attribute(node, name);
	struct span digits = span_trim(span_string((const char *)text));
	uint64_t pixels = HIDDEN_PIXELS + 1;

	if (digits.len > 2 &&
	    span_equal_nocase(
		span_make(digits.at + digits.len - 2, 2), SPAN("px")))
		digits.len -= 2;
	(void)span_number(digits, &pixels);
	xmlFree(text);
	return pixels <= HIDDEN_PIXELS;
}

/* What CSS says, with its blanks taken out. */
static bool
has_hiding_style(const xmlNode *node)
{
	static const char *const rules[] = {"display:none", "visibility:hidden",
	    ";width:0", ";height:0", ";width:1px", ";height:1px",
	    ";max-height:0", ";opacity:0;"};
	xmlChar *style = attribute(node, "style");
	struct span text = span_string((const char *)style);
	struct buf plain;
	bool is_hiding = false;

	buf_init(&plain, text.len + 2);
	(void)buf_put_char(&plain, ';');
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > ' ')
			(void)buf_put_char(&plain, text.at[i]);
	(void)buf_put_char(&plain, ';');
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!buf_failed(&plain) &&
		    span_contains_nocase(
			buf_span(&plain), span_string(rules[i])))
			is_hiding = true;
	buf_release(&plain);
	xmlFree(style);
	return is_hiding;
}

/* ---- the walk */

struct reading {
	html_link_visit *visit;
	void *context;
	struct buf text;
	bool has_failed;
};

/* True to go on. */
static bool
show(struct reading *reading, xmlNode *node, enum html_link_kind kind,
    const char *name)
{
	xmlChar *value = attribute(node, name);
	struct html_link link = {.kind = kind};
	bool goes_on = true;

	link.url = span_trim(span_string((const char *)value));
	buf_reset(&reading->text);
	if (kind == HTML_LINK_ANCHOR)
		read_text(&reading->text, node);
	else if (kind == HTML_LINK_IMAGE) {
		put_alternative(&reading->text, node);
		link.is_hidden = is_small(node, "width") ||
		    is_small(node, "height") || has_hiding_style(node);
	}
	cut_clean(&reading->text);
	reading->has_failed = buf_failed(&reading->text);
	link.text =
	    reading->text.len ? span_trim(buf_span(&reading->text)) : SPAN("");
	if (reading->has_failed)
		goes_on = false;
	else if (link.url.len)
		goes_on = reading->visit(&link, reading->context);
	xmlFree(value);
	return goes_on;
}

static bool
is_stylesheet(const xmlNode *node)
{
	xmlChar *rel = attribute(node, "rel");
	bool is = span_contains_nocase(
	    span_string((const char *)rel), SPAN("stylesheet"));

	xmlFree(rel);
	return is;
}

static bool
take_node(struct reading *reading, xmlNode *node)
{
	if (is_element(node, "a") || is_element(node, "area"))
		return show(reading, node, HTML_LINK_ANCHOR, "href");
	if (is_element(node, "img"))
		return show(reading, node, HTML_LINK_IMAGE, "src");
	if (is_element(node, "link") && is_stylesheet(node))
		return show(reading, node, HTML_LINK_STYLESHEET, "href");
	return true;
}

bool
html_link_each(struct span html, html_link_visit *visit, void *context)
{
	struct reading reading = {.visit = visit, .context = context};
	htmlDocPtr doc = html_parse(html);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlNode *node = root;

	buf_init(&reading.text, HTML_LINK_TEXT_MAX + 64 * 1024);
	while (node && take_node(&reading, node))
		node = html_next_node(node, root);
	buf_release(&reading.text);
	xmlFreeDoc(doc);
	return !reading.has_failed;
}
