/*
 * css_walk: the rules and declarations of a style sheet, one after another.
 *
 * As CSS Syntax 3 cuts them: comments are blanks, strings and brackets hold
 * what ends a declaration elsewhere, blocks may nest. Whatever is broken is
 * cut in some way or other. Linear in the sheet; any thread.
 */
#ifndef CSS_WALK_H
#define CSS_WALK_H

#include "span.h"

#include <stdbool.h>

enum css_kind {
	CSS_SELECTOR,    /* text: all before the block */
	CSS_AT_RULE,     /* name without the @; text: what follows it */
	CSS_DECLARATION, /* name: the property; text: its value */
};

struct css_item {
	enum css_kind kind;
	struct span name;
	struct span text; /* no comments, no blanks at its ends */
};

/* What it gets is borrowed until it returns. */
typedef void css_visit(const struct css_item *, void *context);

/* A style sheet, or the declarations of a style attribute. False without
   memory. */
bool css_walk(struct span sheet, css_visit *visit, void *context);

#endif
