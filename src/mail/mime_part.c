/* mime_part: the parts of a message, named, measured and told apart. */
#include "mime_private.h"

#include "mime_word.h"

#include <stdlib.h>
#include <string.h>

/* A decoded part is no larger than the message that holds it. */
#define PART_LIMIT ((size_t)256 * 1024 * 1024)

struct reading {
	struct mime *mime;
	struct mime_bodies bodies;
	struct buf decoded; /* of one part */
	size_t room;
	size_t parents[MIME_DEPTH_MAX + 1];
};

static char *
lower_copy(const char *text)
{
	char *valid = mime_valid(text, text ? strlen(text) : 0);
	char *lower = g_ascii_strdown(valid, -1);

	g_free(valid);
	return lower;
}

static char *
copy(const char *text)
{
	return mime_valid(text, text ? strlen(text) : 0);
}

static char *
read_type(GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	char *text = type ? g_mime_content_type_get_mime_type(type) : NULL;
	char *lower = lower_copy(text ? text : "text/plain");

	g_free(text);
	return lower;
}

/* The field as a whole, when it has to be read again; NULL else. */
static char *
mend_field(GMimeObject *object, const char *name)
{
	GMimeHeader *field = g_mime_header_list_get_header(
	    g_mime_object_get_header_list(object), name);
	const char *raw = field ? g_mime_header_get_raw_value(field) : NULL;

	return raw ? mime_word_mend(raw) : NULL;
}

static char *
read_file_name(GMimeObject *object)
{
	char *mended = mend_field(object, "Content-Disposition");
	GMimeContentDisposition *again;
	char *name;

	if (!mended)
		return g_strdup(g_mime_object_get_content_disposition_parameter(
		    object, "filename"));
	again = g_mime_content_disposition_parse(NULL, mended);
	name = g_strdup(
	    g_mime_content_disposition_get_parameter(again, "filename"));
	g_object_unref(again);
	free(mended);
	return name;
}

static char *
read_type_parameter(GMimeObject *object, const char *key)
{
	char *mended = mend_field(object, "Content-Type");
	GMimeContentType *again;
	char *value;

	if (!mended)
		return g_strdup(
		    g_mime_object_get_content_type_parameter(object, key));
	again = g_mime_content_type_parse(NULL, mended);
	value = g_strdup(g_mime_content_type_get_parameter(again, key));
	g_object_unref(again);
	free(mended);
	return value;
}

/* Content-Disposition's filename, else Content-Type's name, else its file. */
static char *
read_name(GMimeObject *object)
{
	char *name = read_file_name(object);
	char *valid;

	if (!name)
		name = read_type_parameter(object, "name");
	if (!name)
		name = read_type_parameter(object, "file");
	valid = copy(name);
	g_free(name);
	return valid;
}

/* Without <>, and with percent escapes read (RFC 2392 writes them in URLs). */
static char *
read_content_id(GMimeObject *object)
{
	const char *id = g_mime_object_get_content_id(object);
	char *plain = id ? g_uri_unescape_string(id, NULL) : NULL;
	char *valid = copy(plain ? plain : id);

	g_free(plain);
	return valid;
}

static char *
read_encoding(GMimeObject *object)
{
	if (!GMIME_IS_PART(object))
		return g_strdup("");
	return lower_copy(g_mime_content_encoding_to_string(
	    g_mime_part_get_content_encoding(GMIME_PART(object))));
}

static bool
is_shown(const struct mime_part *part, size_t depth)
{
	if (depth == 0)
		return g_str_has_prefix(part->type, "text/");
	return strcmp(part->type, "text/plain") == 0 ||
	    strcmp(part->type, "text/html") == 0;
}

bool
mime_part_is_inline(const struct mime_part *part)
{
	return strcmp(part->disposition, "inline") == 0 &&
	    strcmp(part->id, "0") != 0 && part->role != MIME_CONTAINER;
}

static enum mime_role
find_role(GMimeObject *object, const struct mime_part *part, size_t depth)
{
	if (GMIME_IS_MULTIPART(object))
		return MIME_CONTAINER;
	if (strcmp(part->disposition, "attachment") == 0 ||
	    strcmp(part->type, "application/octet-stream") == 0)
		return MIME_ATTACHMENT;
	if (strcmp(part->disposition, "inline") == 0 && depth)
		return MIME_INLINE;
	if (is_shown(part, depth))
		return MIME_BODY;
	return depth ? MIME_OTHER : MIME_ATTACHMENT;
}

static void
sum(GChecksumType type, struct span bytes, char *out, size_t size)
{
	char *hex = g_compute_checksum_for_data(
	    type, (const guchar *)bytes.at, bytes.len);

	(void)g_strlcpy(out, hex ? hex : "", size);
	g_free(hex);
}

/* Bodies are measured, too, but nobody asks for their checksums. */
static void
measure(struct mime_part *part, struct span bytes)
{
	part->size = bytes.len;
	if (part->role == MIME_BODY)
		return;
	sum(G_CHECKSUM_MD5, bytes, part->md5, sizeof(part->md5));
	sum(G_CHECKSUM_SHA1, bytes, part->sha1, sizeof(part->sha1));
	sum(G_CHECKSUM_SHA256, bytes, part->sha256, sizeof(part->sha256));
}

/* Each part is decoded once. */
static void
read_content(struct reading *reading, GMimeObject *object,
    struct mime_part *part, size_t depth)
{
	struct span bytes = SPAN("");

	buf_reset(&reading->decoded);
	if (part->role != MIME_CONTAINER) {
		(void)mime_decode(object, &reading->decoded, &bytes);
		measure(part, bytes);
	}
	mime_take_body(&reading->bodies, reading->mime, object, depth, bytes);
}

static struct mime_part *
new_part(struct reading *reading)
{
	struct mime *mime = reading->mime;

	if (mime->part_count == reading->room) {
		reading->room = reading->room ? reading->room * 2 : 4;
		mime->parts =
		    g_renew(struct mime_part, mime->parts, reading->room);
	}
	memset(&mime->parts[mime->part_count], 0, sizeof(struct mime_part));
	return &mime->parts[mime->part_count++];
}

static bool
read_part(GMimeObject *object, const char *id, size_t depth, void *context)
{
	struct reading *reading = context;
	struct mime_part *part = new_part(reading);
	size_t index = reading->mime->part_count - 1;

	reading->parents[depth] = index;
	part->parent = depth ? reading->parents[depth - 1] : 0;
	part->id = g_strdup(id);
	part->type = read_type(object);
	part->disposition = lower_copy(g_mime_object_get_disposition(object));
	part->charset =
	    copy(g_mime_object_get_content_type_parameter(object, "charset"));
	part->encoding = read_encoding(object);
	part->name = read_name(object);
	part->content_id = read_content_id(object);
	part->role = find_role(object, part, depth);
	read_content(reading, object, part, depth);
	reading->mime->attachments += part->role == MIME_ATTACHMENT;
	reading->mime->inlines += mime_part_is_inline(part);
	if (part->role == MIME_CONTAINER && depth == MIME_DEPTH_MAX)
		reading->mime->is_cut = true;
	return true;
}

void
mime_read_parts(struct mime *mime, const struct mime_tree *tree)
{
	struct reading reading = {.mime = mime};

	buf_init(&reading.decoded, PART_LIMIT);
	mime_tree_walk(tree, read_part, &reading);
	buf_release(&reading.decoded);
	if (mime->part_count >= MIME_PARTS_MAX)
		mime->is_cut = true;
}
