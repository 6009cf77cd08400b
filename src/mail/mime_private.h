/*
 * mime_private: what the files of the mime module share, and nobody else.
 */
#ifndef MIME_PRIVATE_H
#define MIME_PRIVATE_H

#include "mime.h"

#include <gmime/gmime.h>

/* GMime's tree over bytes that are borrowed, or over a copy: without the fields
   that GMime need not see (mime_hide.h), or made harmless (mime_shield.h). The
   root is NULL when there is nothing to parse, or no memory. */
struct mime_tree {
	GMimeStream *stream;
	GObject *owner; /* of the root: the message, or the root itself */
	GMimeObject *root;
	char *copy;
};
void mime_tree_open(struct mime_tree *, struct span message);
void mime_tree_close(struct mime_tree *);

/* The part's object in the tree; borrowed. NULL where the tree ends earlier. */
typedef bool
mime_visit(GMimeObject *, const char *id, size_t depth, void *context);

/* Depth first, parents before children; false from `visit` ends the walk. */
void mime_tree_walk(const struct mime_tree *, mime_visit *visit, void *context);

/* The decoded bytes, without charset conversion: those of the message itself,
   or of `room`, which is empty before. False when that is full. */
bool mime_decode(GMimeObject *, struct buf *room, struct span *bytes);

/* Appends decoded bytes; a text part's charset becomes UTF-8. */
bool mime_put_decoded(struct buf *out, GMimeObject *, struct span bytes);

/* A copy as valid UTF-8 without NULs; g_free() it. */
char *mime_valid(const char *bytes, size_t len);

/* Appends bytes of that charset ("" is unknown) as valid UTF-8. */
bool mime_put_utf8(struct buf *out, struct span bytes, const char *charset);

/* Steps of mime_parse(), in this order. */
void mime_read_fields(struct mime *, struct span message);
void mime_read_parts(struct mime *, const struct mime_tree *);
void mime_complete_bodies(struct mime *, struct span message);
void mime_make_snippet(struct mime *);

/* The bodies, as they are found among the parts. All zero at first. */
struct mime_bodies {
	bool has_text;
	bool is_alternative; /* the root is multipart/alternative */
	size_t text_depth;   /* of the text that was taken */
};

/* One part, in the order of the tree. */
void mime_take_body(struct mime_bodies *, struct mime *, GMimeObject *,
    size_t depth, struct span decoded);

#endif
