/* mime: what a message says, read by GMime out of bytes that may be anything.
 */
#include "mime.h"

#include "mime_private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A body is as large as its message at most; charsets may triple it. */
#define BODY_LIMIT ((size_t)256 * 1024 * 1024)

/* GLib makes a class when the first object of it is made. Threads that parse
   side by side find them made here, by one thread. */
static void
make_classes(void)
{
	const GType types[] = {
	    GMIME_TYPE_PARSER,
	    GMIME_TYPE_STREAM_MEM,
	    GMIME_TYPE_DATA_WRAPPER,
	    GMIME_TYPE_HEADER,
	    GMIME_TYPE_HEADER_LIST,
	    GMIME_TYPE_PARAM,
	    GMIME_TYPE_PARAM_LIST,
	    GMIME_TYPE_CONTENT_TYPE,
	    GMIME_TYPE_CONTENT_DISPOSITION,
	    GMIME_TYPE_MESSAGE,
	    GMIME_TYPE_PART,
	    GMIME_TYPE_TEXT_PART,
	    GMIME_TYPE_MULTIPART,
	    GMIME_TYPE_MULTIPART_SIGNED,
	    GMIME_TYPE_MULTIPART_ENCRYPTED,
	    GMIME_TYPE_MESSAGE_PART,
	    GMIME_TYPE_MESSAGE_PARTIAL,
	    GMIME_TYPE_APPLICATION_PKCS7_MIME,
	    INTERNET_ADDRESS_TYPE_MAILBOX,
	    INTERNET_ADDRESS_TYPE_GROUP,
	    INTERNET_ADDRESS_LIST_TYPE,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		(void)g_type_class_ref(types[i]);
}

/* GMime counts its callers without a lock: several servers of a process may
   start at once. What SIGPIPE does is the process's own affair, which GPGME,
   made ready by GMime, does not know. */
void
mime_init(void)
{
	static gsize is_done = 0;
	struct sigaction before;

	if (!g_once_init_enter(&is_done))
		return;
	(void)sigaction(SIGPIPE, NULL, &before);
	g_mime_init();
	make_classes();
	(void)sigaction(SIGPIPE, &before, NULL);
	g_once_init_leave(&is_done, 1);
}

struct mime *
mime_parse(struct span message)
{
	struct mime *mime = calloc(1, sizeof(*mime));
	struct mime_tree tree;

	if (!mime)
		return NULL;
	buf_init(&mime->text, BODY_LIMIT);
	buf_init(&mime->html, BODY_LIMIT);
	mime_read_fields(mime, message);
	mime_tree_open(&tree, message);
	mime_read_parts(mime, &tree);
	mime_tree_close(&tree);
	mime_complete_bodies(mime, message);
	mime_make_snippet(mime);
	return mime;
}

static void
free_fields(struct mime *mime)
{
	for (size_t i = 0; i < mime->field_count; i++) {
		g_free(mime->fields[i].name);
		g_free(mime->fields[i].raw);
		g_free(mime->fields[i].value);
	}
	g_free(mime->fields);
}

static void
free_lists(struct mime *mime)
{
	for (int list = 0; list < MIME_LISTS; list++) {
		struct mime_addresses *all = &mime->lists[list];

		for (size_t i = 0; i < all->count; i++) {
			g_free(all->at[i].name);
			g_free(all->at[i].address);
		}
		g_free(all->at);
	}
}

static void
free_parts(struct mime *mime)
{
	for (size_t i = 0; i < mime->part_count; i++) {
		struct mime_part *part = &mime->parts[i];

		g_free(part->id);
		g_free(part->type);
		g_free(part->disposition);
		g_free(part->charset);
		g_free(part->encoding);
		g_free(part->name);
		g_free(part->content_id);
	}
	g_free(mime->parts);
}

void
mime_free(struct mime *mime)
{
	if (!mime)
		return;
	free_fields(mime);
	free_lists(mime);
	free_parts(mime);
	g_free(mime->subject);
	g_free(mime->message_id);
	g_free(mime->return_path);
	g_free(mime->date);
	g_free(mime->snippet);
	buf_release(&mime->text);
	buf_release(&mime->html);
	free(mime);
}

const struct mime_field *
mime_find(const struct mime *mime, const char *name)
{
	for (size_t i = 0; i < mime->field_count; i++)
		if (g_ascii_strcasecmp(mime->fields[i].name, name) == 0)
			return &mime->fields[i];
	return NULL;
}

struct wanted {
	const char *id;
	struct buf *out;
	bool found;
};

static bool
take_wanted(GMimeObject *object, const char *id, size_t depth, void *context)
{
	struct wanted *wanted = context;
	struct span bytes;
	struct buf room;

	(void)depth;
	if (strcmp(id, wanted->id) != 0)
		return true;
	if (GMIME_IS_MULTIPART(object))
		return false;
	buf_init(&room, BODY_LIMIT);
	wanted->found = mime_decode(object, &room, &bytes) &&
	    mime_put_decoded(wanted->out, object, bytes);
	buf_release(&room);
	return false;
}

bool
mime_part_bytes(struct span message, const char *id, struct buf *out)
{
	struct wanted wanted = {id, out, false};
	struct mime_tree tree;

	mime_tree_open(&tree, message);
	mime_tree_walk(&tree, take_wanted, &wanted);
	mime_tree_close(&tree);
	return wanted.found;
}
