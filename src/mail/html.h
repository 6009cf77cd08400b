/*
 * html: reading the HTML of mail as text.
 *
 * Nothing is fetched, nothing runs. Input is UTF-8 and may be arbitrarily
 * broken; where a tree is needed, libxml2 makes one. Each function appends to
 * `out` and is false only without memory or when `out` is full. Any thread.
 */
#ifndef HTML_H
#define HTML_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>

/* For readers: paragraphs and lines as lines, links as "text ( URL )". */
bool html_render_text(struct buf *out, struct span html);

/*
 * The visible words with one blank between them, for snippets: what stands
 * outside head, title, style, script, noscript, link and meta.
 */
bool html_put_words(struct buf *out, struct span html);

/* Likewise, with the targets of http(s) links behind their text, for search. */
bool html_put_search(struct buf *out, struct span html);

/*
 * A whole document again, with target="_blank" rel="noreferrer noopener" on
 * each link and `script` (an element's text) before the end of the body.
 */
bool html_embed(struct buf *out, struct span html, struct span script);

#endif
