/*
 * mime_private: what the files of the mime module share, and nobody else.
 */
#ifndef MIME_PRIVATE_H
#define MIME_PRIVATE_H

#include "mime.h"

#include <gmime/gmime.h>

/* GMime's tree over bytes that are borrowed, not copied unless they must be
   made harmless (mime_shield.h). NULL when there is nothing to parse, or no
   memory. Unref the message first, then the stream. */
struct mime_tree {
	GMimeStream *stream;
	GMimeMessage *message;
	char *copy;
};
void mime_tree_open(struct mime_tree *, struct span message);
void mime_tree_close(struct mime_tree *);

/* The part's object in the tree; borrowed. NULL where the tree ends earlier. */
typedef bool
mime_visit(GMimeObject *, const char *id, size_t depth, void *context);

/* Depth first, parents before children; false from `visit` ends the walk. */
void mime_tree_walk(const struct mime_tree *, mime_visit *visit, void *context);

/* The decoded bytes, without charset conversion. */
bool mime_decode(GMimeObject *, struct buf *out);

/* Likewise, and a text part's charset becomes UTF-8. */
bool mime_decode_text(GMimeObject *, struct buf *out);

/* A copy as valid UTF-8 without NULs; g_free() it. */
char *mime_valid(const char *bytes, size_t len);

/* Appends bytes of that charset ("" is unknown) as valid UTF-8. */
bool mime_put_utf8(struct buf *out, struct span bytes, const char *charset);

/* Steps of mime_parse(), in this order. */
void mime_read_fields(struct mime *, struct span message);
void mime_read_parts(struct mime *, const struct mime_tree *);
void
mime_read_bodies(struct mime *, const struct mime_tree *, struct span message);
void mime_make_snippet(struct mime *);

#endif
