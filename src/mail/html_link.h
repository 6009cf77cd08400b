/*
 * html_link: what HTML refers to.
 *
 * libxml2 parses; nothing is fetched. Input is UTF-8 and may be arbitrarily
 * broken. Any thread.
 */
#ifndef HTML_LINK_H
#define HTML_LINK_H

#include "span.h"

#include <stdbool.h>

enum html_link_kind {
	HTML_LINK_ANCHOR,     /* a and area, href */
	HTML_LINK_STYLESHEET, /* link with rel=stylesheet, href */
	HTML_LINK_IMAGE,      /* img, src */
};

/* One of them; borrowed until the visit ends. */
struct html_link {
	enum html_link_kind kind;
	struct span url; /* as written, blanks at its ends off, never empty */
	/* What a reader sees of it, in one line, cut at HTML_LINK_TEXT_MAX: an
	   anchor's words, else the alternative text of a picture in it. */
	struct span text;
	bool is_hidden; /* a picture that takes no room */
};

#define HTML_LINK_TEXT_MAX 200

/* False ends the walk. */
typedef bool html_link_visit(const struct html_link *, void *context);

/* All of them in the order of the document. False without memory. */
bool html_link_each(struct span html, html_link_visit *visit, void *context);

#endif
