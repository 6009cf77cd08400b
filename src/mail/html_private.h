/*
 * html_private: what the files of the html module share, and nobody else.
 */
#ifndef HTML_PRIVATE_H
#define HTML_PRIVATE_H

#include "span.h"

#include <libxml/HTMLparser.h>

/* What an element means to somebody who only reads the text. */
enum html_flow {
	HTML_FLOW_INLINE,
	HTML_FLOW_HIDDEN,    /* its content is not shown */
	HTML_FLOW_BLOCK,     /* stands on lines of its own */
	HTML_FLOW_PARAGRAPH, /* likewise, with an empty line around it */
	HTML_FLOW_BREAK,     /* ends the line */
	HTML_FLOW_CELL,      /* apart from its neighbours on the same line */
};

/* Of an element's name, in any case. */
enum html_flow html_flow_of(struct span name);

/* NULL when nothing can be read; xmlFreeDoc() it. Nothing is fetched. */
htmlDocPtr html_parse(struct span html);

/* The next node in document order, staying below `root`; NULL at its end. */
xmlNode *html_next_node(xmlNode *node, const xmlNode *root);

#endif
