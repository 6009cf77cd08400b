/* mime_tree: GMime's tree of a message, and walking it. */
#include "mime_private.h"

#include "mime_hide.h"
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

/* GMime only reads; without ownership it neither frees nor writes. The array
   that a stream is made with is freed while it owns that. */
static GMimeStream *
lend(struct span bytes)
{
	GByteArray *array =
	    g_byte_array_new_take((guint8 *)(uintptr_t)bytes.at, bytes.len);
	GMimeStream *stream = g_mime_stream_mem_new();

	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), array);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	return stream;
}

static void
construct_message(struct mime_tree *tree, GMimeParser *parser)
{
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	if (!message)
		return;
	tree->owner = G_OBJECT(message);
	tree->root = g_mime_message_get_mime_part(message);
}

/* Of what is left of the header nothing belongs to the message itself. */
static void
construct_part(struct mime_tree *tree, GMimeParser *parser)
{
	tree->root = g_mime_parser_construct_part(parser, NULL);
	if (tree->root)
		tree->owner = G_OBJECT(tree->root);
}

void
mime_tree_open(struct mime_tree *tree, struct span message)
{
	GMimeParser *parser;
	char *safe;
	bool is_part;

	memset(tree, 0, sizeof(*tree));
	if (message.len == 0 || message.len > G_MAXUINT)
		return;
	is_part = mime_hide_fields(&message, &tree->copy);
	if (!mime_shield_message(message, &safe))
		return;
	if (safe) {
		free(tree->copy);
		tree->copy = safe;
		message.at = safe;
	}
	tree->stream = lend(message);
	parser = g_mime_parser_new_with_stream(tree->stream);
	g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
	g_mime_parser_set_persist_stream(parser, TRUE);
	if (is_part)
		construct_part(tree, parser);
	else
		construct_message(tree, parser);
	g_object_unref(parser);
}

void
mime_tree_close(struct mime_tree *tree)
{
	GByteArray *bytes = NULL;

	if (tree->stream)
		bytes = g_mime_stream_mem_get_byte_array(
		    GMIME_STREAM_MEM(tree->stream));
	if (tree->owner)
		g_object_unref(tree->owner);
	if (tree->stream)
		g_object_unref(tree->stream);
	/* The array goes, the bytes stay with whoever lent them. */
	if (bytes)
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

	if (!tree->root || !visit_object(&walk, tree->root, visit, context))
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
