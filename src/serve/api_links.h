/*
 * api_links: the links and one-time codes of a message, as JSON.
 *
 *	links: [{url, text, kind, confidence, source, part}]
 *	codes: [{code, confidence, source, part}], the surest first
 *	is_cut: there are more links
 *
 * `source` is "subject", "text" or "html"; `part` is the id of the MIME part,
 * null for the subject and where it cannot be told. Nothing is fetched. Pure;
 * any thread, after mime_init().
 */
#ifndef API_LINKS_H
#define API_LINKS_H

#include "mime.h"
#include "span.h"

struct json_t; /* Jansson's */

/* A new value; `raw` is what `mime` was made of. NULL without memory. */
struct json_t *api_links(const struct mime *, struct span raw);

#endif
