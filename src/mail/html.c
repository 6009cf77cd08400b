/* html: HTML of mail as text with its lines, and as a document again. */
#include "html.h"

#include "html_private.h"

#include <libxml/HTMLtree.h>
#include <limits.h>
#include <string.h>

/* Nothing from the net, nothing on stderr, and no end to what is tolerated. */
#define PARSE_OPTIONS                                                          \
	(HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |      \
	    HTML_PARSE_NONET | HTML_PARSE_COMPACT)

static const struct {
	const char *name;
	enum html_flow flow;
} elements[] = {
    {"head", HTML_FLOW_HIDDEN},
    {"title", HTML_FLOW_HIDDEN},
    {"style", HTML_FLOW_HIDDEN},
    {"script", HTML_FLOW_HIDDEN},
    {"noscript", HTML_FLOW_HIDDEN},
    {"link", HTML_FLOW_HIDDEN},
    {"meta", HTML_FLOW_HIDDEN},
    {"template", HTML_FLOW_HIDDEN},
    {"br", HTML_FLOW_BREAK},
    {"img", HTML_FLOW_CELL},
    {"td", HTML_FLOW_CELL},
    {"th", HTML_FLOW_CELL},
    {"p", HTML_FLOW_PARAGRAPH},
    {"h1", HTML_FLOW_PARAGRAPH},
    {"h2", HTML_FLOW_PARAGRAPH},
    {"h3", HTML_FLOW_PARAGRAPH},
    {"h4", HTML_FLOW_PARAGRAPH},
    {"h5", HTML_FLOW_PARAGRAPH},
    {"h6", HTML_FLOW_PARAGRAPH},
    {"ul", HTML_FLOW_PARAGRAPH},
    {"ol", HTML_FLOW_PARAGRAPH},
    {"dl", HTML_FLOW_PARAGRAPH},
    {"table", HTML_FLOW_PARAGRAPH},
    {"blockquote", HTML_FLOW_PARAGRAPH},
    {"pre", HTML_FLOW_PARAGRAPH},
    {"address", HTML_FLOW_BLOCK},
    {"article", HTML_FLOW_BLOCK},
    {"aside", HTML_FLOW_BLOCK},
    {"body", HTML_FLOW_BLOCK},
    {"center", HTML_FLOW_BLOCK},
    {"dd", HTML_FLOW_BLOCK},
    {"div", HTML_FLOW_BLOCK},
    {"dt", HTML_FLOW_BLOCK},
    {"fieldset", HTML_FLOW_BLOCK},
    {"figcaption", HTML_FLOW_BLOCK},
    {"figure", HTML_FLOW_BLOCK},
    {"footer", HTML_FLOW_BLOCK},
    {"form", HTML_FLOW_BLOCK},
    {"header", HTML_FLOW_BLOCK},
    {"hr", HTML_FLOW_BLOCK},
    {"li", HTML_FLOW_BLOCK},
    {"main", HTML_FLOW_BLOCK},
    {"nav", HTML_FLOW_BLOCK},
    {"section", HTML_FLOW_BLOCK},
    {"tr", HTML_FLOW_BLOCK},
};

struct writer {
	struct buf *out;
	size_t start; /* where our text begins in `out` */
	int newlines; /* owed before the next word, 0 to 2 */
	bool blank;   /* owed before the next word */
};

enum html_flow
html_flow_of(struct span name)
{
	char first = name.len ? (char)(name.at[0] | ' ') : '\0';

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (elements[i].name[0] == first &&
		    span_equal_nocase(name, span_string(elements[i].name)))
			return elements[i].flow;
	return HTML_FLOW_INLINE;
}

static enum html_flow
flow_of(const xmlNode *node)
{
	return html_flow_of(span_string((const char *)node->name));
}

htmlDocPtr
html_parse(struct span html)
{
	if (html.len == 0 || html.len > INT_MAX)
		return NULL;
	return htmlReadMemory(
	    html.at, (int)html.len, NULL, "UTF-8", PARSE_OPTIONS);
}

/* What stands between two words is decided when the second one comes. */
static void
pay_debts(struct writer *writer)
{
	bool at_start = writer->out->len == writer->start;

	if (!at_start && writer->newlines)
		for (int i = 0; i < writer->newlines; i++)
			(void)buf_put_char(writer->out, '\n');
	else if (!at_start && writer->blank)
		(void)buf_put_char(writer->out, ' ');
	writer->newlines = 0;
	writer->blank = false;
}

static void
owe_newlines(struct writer *writer, int count)
{
	if (writer->newlines < count)
		writer->newlines = count;
}

/* The length of the blank at the front: ASCII white space, controls, or a
   no-break space; 0 if there is none. */
static size_t
blank_len(struct span text)
{
	unsigned char byte = (unsigned char)text.at[0];

	if (byte <= ' ' || byte == 127)
		return 1;
	if (text.len >= 2 && byte == 0xc2 &&
	    ((unsigned char)text.at[1] & 0xff) <= 0xa0)
		return 2;
	return 0;
}

static void
put_text(struct writer *writer, struct span text)
{
	while (text.len) {
		size_t blank = blank_len(text);
		size_t word = 0;

		if (blank) {
			writer->blank = true;
			span_skip(&text, blank);
			continue;
		}
		while (word < text.len &&
		    blank_len(span_make(text.at + word, text.len - word)) == 0)
			word++;
		pay_debts(writer);
		(void)buf_put(writer->out, span_make(text.at, word));
		span_skip(&text, word);
	}
}

static void
put_target(struct writer *writer, const xmlNode *node)
{
	xmlChar *target = xmlGetProp(node, (const xmlChar *)"href");
	struct span span = span_string((const char *)target);

	if (span_starts_nocase(span, SPAN("http://")) ||
	    span_starts_nocase(span, SPAN("https://")) ||
	    span_starts_nocase(span, SPAN("mailto:"))) {
		writer->blank = true;
		put_text(writer, SPAN("( "));
		put_text(writer, span);
		writer->blank = true;
		put_text(writer, SPAN(")"));
	}
	xmlFree(target);
}

static void
enter(struct writer *writer, const xmlNode *node)
{
	enum html_flow flow = flow_of(node);

	if (flow == HTML_FLOW_BLOCK || flow == HTML_FLOW_BREAK)
		owe_newlines(writer, 1);
	else if (flow == HTML_FLOW_PARAGRAPH)
		owe_newlines(writer, 2);
	else if (flow == HTML_FLOW_CELL)
		writer->blank = true;
	if (strcmp((const char *)node->name, "li") == 0) {
		put_text(writer, SPAN("*"));
		writer->blank = true;
	}
}

static void
leave(struct writer *writer, const xmlNode *node)
{
	enum html_flow flow = flow_of(node);

	if (strcmp((const char *)node->name, "a") == 0)
		put_target(writer, node);
	if (flow == HTML_FLOW_BLOCK)
		owe_newlines(writer, 1);
	else if (flow == HTML_FLOW_PARAGRAPH)
		owe_newlines(writer, 2);
	else if (flow == HTML_FLOW_CELL)
		writer->blank = true;
}

/* True when the children of the node are to be visited. */
static bool
visit(struct writer *writer, const xmlNode *node)
{
	if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
		put_text(writer, span_string((const char *)node->content));
	if (node->type != XML_ELEMENT_NODE || flow_of(node) == HTML_FLOW_HIDDEN)
		return false;
	enter(writer, node);
	return true;
}

/* Without recursion: mail may nest as deep as it likes. */
static void
walk(struct writer *writer, const xmlNode *root)
{
	const xmlNode *node = root;

	while (node) {
		bool inside = visit(writer, node);

		if (inside && node->children) {
			node = node->children;
			continue;
		}
		if (inside)
			leave(writer, node);
		while (node != root && !node->next) {
			node = node->parent;
			leave(writer, node);
		}
		node = node == root ? NULL : node->next;
	}
}

bool
html_render_text(struct buf *out, struct span html)
{
	struct writer writer = {.out = out, .start = out->len};
	htmlDocPtr doc = html_parse(html);

	if (!doc)
		return true; /* nothing that could be read */
	walk(&writer, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	return !buf_failed(out);
}

xmlNode *
html_next_node(xmlNode *node, const xmlNode *root)
{
	if (node->children && node->type == XML_ELEMENT_NODE)
		return node->children;
	while (node != root && !node->next)
		node = node->parent;
	return node == root ? NULL : node->next;
}

static xmlNode *
mark_links(xmlNode *root)
{
	xmlNode *body = root;

	for (xmlNode *node = root; node; node = html_next_node(node, root)) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (strcmp((const char *)node->name, "body") == 0)
			body = node;
		if (strcmp((const char *)node->name, "a") != 0)
			continue;
		(void)xmlSetProp(
		    node, (const xmlChar *)"target", (const xmlChar *)"_blank");
		(void)xmlSetProp(node, (const xmlChar *)"rel",
		    (const xmlChar *)"noreferrer noopener");
	}
	return body;
}

static void
append_script(xmlNode *body, struct span script)
{
	xmlNode *node =
	    xmlNewChild(body, NULL, (const xmlChar *)"script", NULL);
	xmlNode *text;

	if (!node || script.len > INT_MAX)
		return;
	text = xmlNewCDataBlock(
	    body->doc, (const xmlChar *)script.at, (int)script.len);
	if (text)
		(void)xmlAddChild(node, text);
}

bool
html_embed(struct buf *out, struct span html, struct span script)
{
	htmlDocPtr doc =
	    html_parse(html.len ? html : SPAN("<html><body></body>"));
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlChar *text = NULL;
	int len = 0;

	if (!root) {
		xmlFreeDoc(doc);
		return buf_put(out, html);
	}
	append_script(mark_links(root), script);
	htmlDocDumpMemoryFormat(doc, &text, &len, 0);
	if (text)
		(void)buf_put(out, span_make((const char *)text, (size_t)len));
	xmlFree(text);
	xmlFreeDoc(doc);
	return !buf_failed(out);
}
