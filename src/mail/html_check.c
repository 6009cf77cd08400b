/* html_check: what of a message's HTML and CSS mail clients do not show. */
#include "html_check.h"

#include "css_walk.h"
#include "html_private.h"

#include <string.h>

struct checking {
	struct html_check *check;
	size_t last[HTML_FEATURES]; /* the place that was counted last */
	size_t place;               /* an element, or a rule of a sheet */
	bool is_sheet;
	bool is_without_memory;
};

static void
count(struct checking *checking, size_t feature)
{
	struct html_check *check = checking->check;

	if (checking->last[feature] == checking->place)
		return;
	checking->last[feature] = checking->place;
	check->found[feature]++;
}

/* The next alternative of a pattern. */
static bool
next_word(struct span *pattern, struct span *word)
{
	*word = span_cut(pattern, ' ');
	return word->len > 0;
}

/* ---- CSS */

static bool
is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* Whether it stands there and does not go on as a longer name. */
static bool
stands_at(struct span text, size_t at, struct span word)
{
	struct span rest = span_make(text.at + at, text.len - at);
	bool ends_name = is_name_byte(word.at[word.len - 1]);

	return span_starts_nocase(rest, word) &&
	    !(ends_name && rest.len > word.len &&
		is_name_byte(rest.at[word.len]));
}

static bool
has_word(struct span text, struct span word)
{
	for (size_t at = 0; at + word.len <= text.len; at++) {
		bool begins = at == 0 || !is_name_byte(word.at[0]) ||
		    !is_name_byte(text.at[at - 1]);

		if (begins && stands_at(text, at, word))
			return true;
	}
	return false;
}

static bool
has_unit(struct span text, struct span unit)
{
	for (size_t at = 1; at + unit.len <= text.len; at++)
		if (text.at[at - 1] >= '0' && text.at[at - 1] <= '9' &&
		    stands_at(text, at, unit))
			return true;
	return false;
}

/* "name" or "name=word" of what has a name and a text. */
static bool
has_named(const struct css_item *item, struct span word)
{
	struct span name = span_cut(&word, '=');

	return span_equal_nocase(item->name, name) &&
	    (word.len == 0 || has_word(item->text, word));
}

static bool
fits_css(
    const struct css_item *item, enum html_feature_kind kind, struct span word)
{
	switch (kind) {
	case HTML_FEATURE_PROPERTY:
		return item->kind == CSS_DECLARATION && has_named(item, word);
	case HTML_FEATURE_VALUE:
		return item->kind == CSS_DECLARATION &&
		    has_word(item->text, word);
	case HTML_FEATURE_UNIT:
		return item->kind == CSS_DECLARATION &&
		    has_unit(item->text, word);
	case HTML_FEATURE_AT:
		return item->kind == CSS_AT_RULE && has_named(item, word);
	case HTML_FEATURE_SELECTOR:
		return item->kind == CSS_SELECTOR && has_word(item->text, word);
	default:
		return false;
	}
}

static void
visit_css(const struct css_item *item, void *context)
{
	struct checking *checking = context;

	if (checking->is_sheet && item->kind != CSS_DECLARATION)
		checking->place++;
	for (size_t i = 0; i < HTML_FEATURES; i++) {
		struct span pattern = span_string(html_features[i].pattern);
		struct span word;

		while (next_word(&pattern, &word))
			if (fits_css(item, html_features[i].kind, word)) {
				count(checking, i);
				break;
			}
	}
}

static void
check_css(struct checking *checking, struct span css)
{
	if (!css_walk(css, visit_css, checking))
		checking->is_without_memory = true;
}

/* ---- HTML */

static bool
ends_with(struct span text, struct span end)
{
	return text.len >= end.len &&
	    span_equal_nocase(
		span_make(text.at + text.len - end.len, end.len), end);
}

static bool
fits_value(struct span value, struct span name_end, struct span wanted)
{
	if (ends_with(name_end, SPAN("^")))
		return span_starts_nocase(value, wanted);
	if (ends_with(name_end, SPAN("$")))
		return ends_with(value, wanted);
	return span_equal_nocase(value, wanted);
}

static bool
fits_attribute(const xmlNode *node, struct span word)
{
	struct span element = span_cut(&word, '.');
	struct span name = span_cut(&word, '='), bare = name;
	xmlChar *value;
	char text[32];
	bool fits;

	if (!span_equal(element, SPAN("*")) &&
	    !span_equal(element, span_string((const char *)node->name)))
		return false;
	if (ends_with(name, SPAN("^")) || ends_with(name, SPAN("$")))
		bare.len--;
	if (bare.len >= sizeof(text))
		return false;
	memcpy(text, bare.at, bare.len);
	text[bare.len] = '\0';
	value = xmlGetProp((xmlNode *)node, (const xmlChar *)text);
	fits = value &&
	    (word.len == 0 ||
		fits_value(span_string((const char *)value), name, word));
	xmlFree(value);
	return fits;
}

static bool
fits_element(const xmlNode *node, const struct html_feature *feature)
{
	struct span pattern = span_string(feature->pattern), word;
	struct span name = span_string((const char *)node->name);

	while (next_word(&pattern, &word)) {
		if (feature->kind == HTML_FEATURE_ELEMENT &&
		    span_equal_nocase(word, name))
			return true;
		if (feature->kind == HTML_FEATURE_ATTRIBUTE &&
		    node->properties && fits_attribute(node, word))
			return true;
	}
	return false;
}

static void
check_element(struct checking *checking, xmlNode *node)
{
	xmlChar *style = xmlGetProp(node, (const xmlChar *)"style");

	checking->place++;
	checking->check->nodes++;
	for (size_t i = 0; i < HTML_FEATURES; i++)
		if (html_features[i].kind <= HTML_FEATURE_ATTRIBUTE &&
		    fits_element(node, &html_features[i]))
			count(checking, i);
	checking->is_sheet = false;
	if (style)
		check_css(checking, span_string((const char *)style));
	xmlFree(style);
	if (strcmp((const char *)node->name, "style") == 0) {
		xmlChar *sheet = xmlNodeGetContent(node);

		checking->is_sheet = true;
		check_css(checking, span_string((const char *)sheet));
		xmlFree(sheet);
	}
}

bool
html_check(struct html_check *check, struct span html)
{
	struct checking checking = {.check = check};
	htmlDocPtr document;
	const xmlNode *root;

	memset(check, 0, sizeof(*check));
	check->is_cut = html.len > HTML_CHECK_MAX;
	if (check->is_cut)
		html.len = HTML_CHECK_MAX;
	document = html_parse(html);
	if (!document)
		return html.len == 0;
	root = (const xmlNode *)document;
	for (xmlNode *node = document->children; node;
	     node = html_next_node(node, root))
		if (node->type == XML_ELEMENT_NODE)
			check_element(&checking, node);
	xmlFreeDoc(document);
	for (size_t i = 0; i < HTML_FEATURES; i++)
		if (check->found[i] > check->nodes)
			check->found[i] = check->nodes;
	return !checking.is_without_memory;
}

/* ---- what it means */

void
html_feature_support(
    const struct html_feature *feature, struct html_support *support)
{
	size_t yes = 0, partly = 0, no = 0, all;

	for (const char *at = feature->support; *at; at++) {
		yes += *at == 'y';
		partly += *at == 'a';
		no += *at == 'n';
	}
	all = yes + partly + no ? yes + partly + no : 1;
	support->yes = 100.0 * (double)yes / (double)all;
	support->partly = 100.0 * (double)partly / (double)all;
	support->no = 100.0 * (double)no / (double)all;
}

void
html_check_total(const struct html_check *check, struct html_support *total)
{
	*total = (struct html_support){0};
	for (size_t i = 0; i < HTML_FEATURES; i++) {
		struct html_support one;
		double share;

		if (check->found[i] == 0)
			continue;
		share = (double)check->found[i] / (double)check->nodes;
		html_feature_support(&html_features[i], &one);
		if (one.partly * share > total->partly)
			total->partly = one.partly * share;
		if (one.no * share > total->no)
			total->no = one.no * share;
	}
	if (total->partly + total->no > 100)
		total->partly = 100 - total->no;
	total->yes = 100 - total->partly - total->no;
}
