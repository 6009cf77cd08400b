/* mime_text: the bodies of a message as UTF-8. */
#include "mime_private.h"

#include "html.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define SNIPPET_LEN 200

/* Appends what GMime writes; the stream's memory is its own. */
static bool
put_stream(struct buf *out, GMimeStream *stream)
{
	GByteArray *bytes =
	    g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));

	return buf_put(out, span_make((const char *)bytes->data, bytes->len));
}

/* What GMime has to write out itself. */
static bool
write_out(GMimeObject *object, GMimeDataWrapper *content, struct buf *room)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	bool fits;

	if (content)
		(void)g_mime_data_wrapper_write_to_stream(content, stream);
	else if (GMIME_IS_MESSAGE_PART(object))
		(void)g_mime_object_write_content_to_stream(
		    object, NULL, stream);
	fits = put_stream(room, stream);
	g_object_unref(stream);
	return fits;
}

/* The part's bytes as they stand in the message. */
static bool
find_encoded(GMimeDataWrapper *content, struct span *bytes)
{
	GMimeStream *stream = g_mime_data_wrapper_get_stream(content);
	GByteArray *all;
	gint64 start, end;

	if (!stream || !GMIME_IS_STREAM_MEM(stream))
		return false;
	all = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	start = stream->bound_start;
	end = stream->bound_end == -1 ? (gint64)all->len : stream->bound_end;
	if (start < 0 || end < start || end > (gint64)all->len)
		return false;
	*bytes =
	    span_make((const char *)all->data + start, (size_t)(end - start));
	return true;
}

static bool
decode(GMimeContentEncoding encoding, struct span encoded, struct buf *room)
{
	GMimeEncoding state;
	char *at;

	g_mime_encoding_init_decode(&state, encoding);
	at = buf_room(room, g_mime_encoding_outlen(&state, encoded.len));
	if (!at)
		return false;
	buf_grow(
	    room, g_mime_encoding_step(&state, encoded.at, encoded.len, at));
	return true;
}

/* GMime's streams and filters take several times as long for the same. */
bool
mime_decode(GMimeObject *object, struct buf *room, struct span *bytes)
{
	GMimeDataWrapper *content = NULL;
	GMimeContentEncoding encoding = GMIME_CONTENT_ENCODING_UUENCODE;
	bool fits;

	if (GMIME_IS_PART(object))
		content = g_mime_part_get_content(GMIME_PART(object));
	if (content && find_encoded(content, bytes))
		encoding = g_mime_data_wrapper_get_encoding(content);
	switch (encoding) {
	case GMIME_CONTENT_ENCODING_UUENCODE:
		fits = write_out(object, content, room);
		break;
	case GMIME_CONTENT_ENCODING_BASE64:
	case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
		fits = decode(encoding, *bytes, room);
		break;
	default:
		return true;
	}
	*bytes = room->at ? buf_span(room) : SPAN("");
	return fits;
}

static bool
put_valid(struct buf *out, struct span bytes)
{
	const char *end;

	if (span_find_8bit(bytes) == bytes.len &&
	    span_find(bytes, '\0') == bytes.len)
		return buf_put(out, bytes);
	/* GLib counts a NUL as invalid, which suits JSON and SQL. */
	while (
	    bytes.len && !g_utf8_validate(bytes.at, (gssize)bytes.len, &end)) {
		size_t good = (size_t)(end - bytes.at);

		(void)buf_put(out, span_make(bytes.at, good));
		(void)buf_put_string(out, REPLACEMENT);
		span_skip(&bytes, good + 1);
	}
	return buf_put(out, bytes);
}

/* Bytes that do not decode become U+FFFD, one each; the rest is kept. */
static bool
convert(struct buf *out, struct span bytes, GIConv conversion)
{
	char room[4096];
	char *from = (char *)(uintptr_t)bytes.at;
	size_t left = bytes.len;

	while (left) {
		char *to = room;
		size_t size = sizeof(room);
		size_t done = g_iconv(conversion, &from, &left, &to, &size);
		int error = errno;

		(void)put_valid(out, span_make(room, (size_t)(to - room)));
		if (done != (size_t)-1 || error == E2BIG)
			continue;
		(void)buf_put_string(out, REPLACEMENT);
		from++;
		left--;
	}
	return !buf_failed(out);
}

bool
mime_put_utf8(struct buf *out, struct span bytes, const char *charset)
{
	GIConv conversion;
	bool fits;

	if (bytes.len == 0)
		return true;
	if (!*charset && !g_utf8_validate(bytes.at, (gssize)bytes.len, NULL) &&
	    !memchr(bytes.at, '\0', bytes.len))
		charset = "windows-1252"; /* what undeclared 8-bit mostly is */
	if (!*charset || g_ascii_strcasecmp(charset, "utf-8") == 0 ||
	    g_ascii_strcasecmp(charset, "us-ascii") == 0)
		return put_valid(out, bytes);
	conversion = g_mime_iconv_open("utf-8", charset);
	if (conversion == (GIConv)-1)
		return put_valid(out, bytes);
	fits = convert(out, bytes, conversion);
	(void)g_mime_iconv_close(conversion);
	return fits;
}

static bool
is_text(GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);

	return !type || g_mime_content_type_is_type(type, "text", "*");
}

bool
mime_put_decoded(struct buf *out, GMimeObject *object, struct span bytes)
{
	const char *charset;

	if (!is_text(object))
		return buf_put(out, bytes);
	charset = g_mime_object_get_content_type_parameter(object, "charset");
	return mime_put_utf8(out, bytes, charset ? charset : "");
}

static bool
is_body(const struct mime_part *part, const char *type)
{
	return strcmp(part->type, type) == 0 &&
	    strcmp(part->disposition, "attachment") != 0;
}

/* In an alternative the one nearest to the root counts, else all of them. */
static void
take_text(struct mime_bodies *bodies, struct buf *text, GMimeObject *object,
    size_t depth, struct span decoded)
{
	if (bodies->has_text && bodies->is_alternative &&
	    depth >= bodies->text_depth)
		return;
	if (bodies->has_text && bodies->is_alternative)
		buf_reset(text);
	else if (bodies->has_text)
		(void)buf_put_string(text, "\n--\n");
	(void)mime_put_decoded(text, object, decoded);
	bodies->has_text = true;
	bodies->text_depth = depth;
}

void
mime_take_body(struct mime_bodies *bodies, struct mime *mime,
    GMimeObject *object, size_t depth, struct span decoded)
{
	const struct mime_part *part = &mime->parts[mime->part_count - 1];
	bool is_root = mime->part_count == 1;

	if (is_root)
		bodies->is_alternative =
		    strcmp(part->type, "multipart/alternative") == 0;
	if (part->role == MIME_CONTAINER)
		return;
	if (is_body(part, "text/html")) {
		if (mime->html.len == 0)
			(void)mime_put_decoded(&mime->html, object, decoded);
	} else if (is_body(part, "text/plain") ||
	    (is_root && part->role == MIME_BODY))
		take_text(bodies, &mime->text, object, depth, decoded);
}

void
mime_complete_bodies(struct mime *mime, struct span message)
{
	/* Without a header GMime finds no body either; all of it is text. */
	if (mime->field_count == 0 && mime->text.len == 0)
		(void)mime_put_utf8(&mime->text, message, "");
	if (mime->text.len == 0 && mime->html.len)
		(void)html_render_text(&mime->text, buf_span(&mime->html));
}

/* Cut at 200 bytes, back to the border of a character, as Mailpit does: one of
   several bytes that ends right there falls away, too. */
static char *
cut_snippet(struct span words)
{
	size_t len = SNIPPET_LEN;
	char *text, *cut;

	if (words.len <= SNIPPET_LEN)
		return mime_valid(words.at, words.len);
	while (len && ((unsigned char)words.at[len - 1] & 0xc0) == 0x80)
		len--;
	if (len && ((unsigned char)words.at[len - 1] & 0xc0) == 0xc0)
		len--;
	text = mime_valid(words.at, len);
	cut = g_strconcat(text, "...", NULL);
	g_free(text);
	return cut;
}

static void
put_words(struct buf *out, struct span text)
{
	bool blank = false;

	for (size_t i = 0; i < text.len && out->len <= SNIPPET_LEN + 8; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte <= ' ' || byte == 127) {
			blank = true;
			continue;
		}
		if (blank && out->len)
			(void)buf_put_char(out, ' ');
		blank = false;
		(void)buf_put_char(out, (char)byte);
	}
}

void
mime_make_snippet(struct mime *mime)
{
	struct buf words;

	/* What goes beyond is not asked for; HTML comes in pieces
	   (html_words.c) of which the last one may not fit. */
	buf_init(&words, SNIPPET_LEN * 4);
	if (mime->html.len)
		(void)html_put_words(&words, buf_span(&mime->html));
	if (words.len == 0)
		put_words(&words, buf_span(&mime->text));
	mime->snippet = cut_snippet(buf_span(&words));
	buf_release(&words);
}
