/* mime_tree: GMime's tree of a message, and walking it. */
#include "mime_private.h"

#include "mime_shield.h"

#include <stdlib.h>
#include <string.h>

/* The walk's stack is on the heap of its caller's frame: no recursion, since a
   message may nest as deep as it is long. */
struct level {
	GMimeMultipart *multipart;
	int next; /* the child to visit */
	int count;
};

struct walk {
	struct level levels[MIME_DEPTH_MAX];
	size_t depth;
	size_t visited;
	char id[MIME_DEPTH_MAX * 8];
};

void
mime_tree_open(struct mime_tree *tree, struct span message)
{
	GMimeParser *parser;
	GByteArray *bytes;

	memset(tree, 0, sizeof(*tree));
	if (message.len == 0 || message.len > G_MAXUINT ||
	    !mime_shield_message(message, &tree->copy))
		return;
	if (tree->copy)
		message.at = tree->copy;
	/* GMime only reads; without ownership it neither frees nor writes. The
	   array that a stream is made with is freed while it owns that. */
	bytes =
	    g_byte_array_new_take((guint8 *)(uintptr_t)message.at, message.len);
	tree->stream = g_mime_stream_mem_new();
	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(tree->stream), bytes);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(tree->stream), FALSE);
	parser = g_mime_parser_new_with_stream(tree->stream);
	g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
	g_mime_parser_set_persist_stream(parser, TRUE);
	tree->message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
}

void
mime_tree_close(struct mime_tree *tree)
{
	GByteArray *bytes;

	if (!tree->stream)
		return;
	bytes =
	    g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(tree->stream));
	if (tree->message)
		g_object_unref(tree->message);
	g_object_unref(tree->stream);
	/* The array goes, the bytes stay with whoever lent them. */
	(void)g_byte_array_free(bytes, FALSE);
	free(tree->copy);
	memset(tree, 0, sizeof(*tree));
}

/* "0" is the root; children of the root "1", "2"; deeper "1.2"; a multipart
   that is not the root has ".0" behind it. */
static void
make_id(struct walk *walk, const char *suffix)
{
	size_t at = 0;

	for (size_t i = 0; i < walk->depth; i++)
		at += (size_t)g_snprintf(walk->id + at,
		    (gulong)(sizeof(walk->id) - at), "%s%d", i ? "." : "",
		    walk->levels[i].next);
	(void)g_snprintf(walk->id + at, (gulong)(sizeof(walk->id) - at), "%s",
	    at ? suffix : "0");
}

static bool
visit_object(
    struct walk *walk, GMimeObject *object, mime_visit *visit, void *context)
{
	bool is_multipart = GMIME_IS_MULTIPART(object);

	walk->visited++;
	make_id(walk, is_multipart ? ".0" : "");
	if (!visit(object, walk->id, walk->depth, context))
		return false;
	if (is_multipart && walk->depth < MIME_DEPTH_MAX) {
		struct level *level = &walk->levels[walk->depth++];

		level->multipart = GMIME_MULTIPART(object);
		level->count = g_mime_multipart_get_count(level->multipart);
		level->next = 0;
	}
	return true;
}

void
mime_tree_walk(const struct mime_tree *tree, mime_visit *visit, void *context)
{
	struct walk walk = {.depth = 0};
	GMimeObject *root;

	root =
	    tree->message ? g_mime_message_get_mime_part(tree->message) : NULL;
	if (!root || !visit_object(&walk, root, visit, context))
		return;
	while (walk.depth && walk.visited < MIME_PARTS_MAX) {
		struct level *level = &walk.levels[walk.depth - 1];
		GMimeObject *child;

		if (level->next >= level->count) {
			walk.depth--;
			continue;
		}
		child =
		    g_mime_multipart_get_part(level->multipart, level->next);
		level->next++;
		if (!visit_object(&walk, child, visit, context))
			return;
	}
}
