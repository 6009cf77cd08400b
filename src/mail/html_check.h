/*
 * html_check: what of a message's HTML and CSS mail clients do not show.
 *
 * The table says which feature works in which client, as caniemail.com found
 * by trying; a client counts with the newest version that was tried. Counting
 * is by elements: each that is or has the feature, and each rule of a style
 * sheet that uses it. Nothing is fetched. Any thread.
 */
#ifndef HTML_CHECK_H
#define HTML_CHECK_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>

/* How a feature is recognised; `pattern` lists alternatives, with blanks. */
enum html_feature_kind {
	HTML_FEATURE_ELEMENT,   /* "ul": its name */
	HTML_FEATURE_ATTRIBUTE, /* "*.dir", "a.target", "input.type=text";
				   ^= at the front, $= at the end */
	HTML_FEATURE_PROPERTY,  /* "gap", "display=flex": CSS */
	HTML_FEATURE_VALUE,     /* "calc(": somewhere in a value */
	HTML_FEATURE_UNIT,      /* "vh": behind a number */
	HTML_FEATURE_AT,        /* "media", "media=hover": an at-rule */
	HTML_FEATURE_SELECTOR,  /* ":hover": somewhere in a selector */
};

struct html_client {
	const char *family;        /* "Gmail" */
	const char *platform;      /* "desktop-webmail" */
	const char *platform_name; /* "Desktop Webmail" */
};

struct html_feature {
	const char *slug;  /* "css-display-flex" */
	const char *title; /* "display:flex" */
	enum html_feature_kind kind;
	const char *pattern;
	/* A letter for each client: y(es), n(o), a(lmost), u(nknown). */
	const char *support;
};

#define HTML_CLIENTS 41
#define HTML_FEATURES 258
extern const struct html_client html_clients[HTML_CLIENTS];
extern const struct html_feature html_features[HTML_FEATURES];

struct html_check {
	size_t nodes;                /* elements */
	size_t found[HTML_FEATURES]; /* at most `nodes` */
	bool is_cut; /* the HTML is longer than HTML_CHECK_MAX */
};

/* No client shows more than a tenth of it. */
#define HTML_CHECK_MAX ((size_t)1024 * 1024)

/* False without memory. */
bool html_check(struct html_check *, struct span html);

/* Percent of the clients that were tried. */
struct html_support {
	double yes, partly, no;
};
void html_feature_support(const struct html_feature *, struct html_support *);

/* Of all of it: the worst feature decides, by how much of the message has it.
   A message without features is shown everywhere. */
void html_check_total(const struct html_check *, struct html_support *);

#endif
