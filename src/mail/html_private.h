/*
 * html_private: what the files of the html module share, and nobody else.
 */
#ifndef HTML_PRIVATE_H
#define HTML_PRIVATE_H

#include "span.h"

#include <libxml/HTMLparser.h>

/* NULL when nothing can be read; xmlFreeDoc() it. Nothing is fetched. */
htmlDocPtr html_parse(struct span html);

/* The next node in document order, staying below `root`; NULL at its end. */
xmlNode *html_next_node(xmlNode *node, const xmlNode *root);

#endif
