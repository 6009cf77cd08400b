/* mime_compose: makes a message out of its pieces, for mail that comes by HTTP.
 */
#include "mime_compose.h"

#include "address.h"

#include <gio/gio.h>
#include <gmime/gmime.h>
#include <string.h>

/* RFC 5322 2.1.1, without the CRLF. */
#define LINE_MAX_OCTETS 998

bool
compose_may_set(struct span name)
{
	static const char *const ours[] = {"To", "From", "Cc", "Bcc",
	    "Reply-To", "Date", "Subject", "Content-Type", "Mime-Version",
	    "Content-Transfer-Encoding"};

	if (name.len == 0)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] == ':' || name.at[i] > '~')
			return false;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (span_equal_nocase(name, span_string(ours[i])))
			return false;
	return true;
}

bool
compose_is_address(struct span address)
{
	struct span rest = address;
	struct path path;
	enum path_status status = address_parse(&rest, PATH_FORWARD, &path);

	if (status != PATH_OK && status != PATH_NEEDS_UTF8)
		return false;
	return rest.len == 0 && path.domain.len > 0 &&
	    span_equal(path.mailbox, address);
}

/* What of a text decides how it may travel. */
struct shape {
	bool is_ascii;
	bool has_odd_line_end; /* a bare CR or LF */
	bool has_long_line;
	bool ends_line; /* the last line has its end */
};

static struct shape
look_at(const char *text)
{
	struct shape shape = {.is_ascii = true};
	size_t line = 0;

	for (const char *at = text; *at; at++) {
		shape.is_ascii &= (*at & 0x80) == 0;
		line++;
		shape.ends_line = *at == '\n';
		if (at[0] == '\r' && at[1] == '\n') {
			at++;
			line = 0;
			shape.ends_line = true;
		} else if (*at == '\r' || *at == '\n') {
			shape.has_odd_line_end = true;
			line = 0;
		}
		shape.has_long_line |= line > LINE_MAX_OCTETS;
	}
	return shape;
}

/* What GMime's line filters would touch goes as base64: odd line ends, and
   quoted-printable to which it adds the line end that is missing. What needs
   no encoding gets no header that says so: clients know which ones to expect.
 */
static GMimeContentEncoding
encoding_of(const char *text)
{
	struct shape shape = look_at(text);

	if (shape.has_odd_line_end)
		return GMIME_CONTENT_ENCODING_BASE64;
	if (shape.is_ascii && !shape.has_long_line)
		return GMIME_CONTENT_ENCODING_DEFAULT;
	if (shape.ends_line)
		return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
	return GMIME_CONTENT_ENCODING_BASE64;
}

static void
set_content(GMimePart *part, struct span bytes)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(
	    bytes.len > 0 ? bytes.at : "", bytes.len);
	GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
	    stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(part, content);
	g_object_unref(content);
	g_object_unref(stream);
}

static GMimeObject *
make_text(const char *text, const char *subtype)
{
	GMimePart *part =
	    GMIME_PART(g_mime_part_new_with_type("text", subtype));

	g_mime_object_set_content_type_parameter(
	    GMIME_OBJECT(part), "charset", "utf-8");
	g_mime_part_set_content_encoding(part, encoding_of(text));
	set_content(part, span_string(text));
	return GMIME_OBJECT(part);
}

/* "image/png", as the bytes or else the name suggest. */
static char *
guess_type(const struct compose_attachment *attachment)
{
	char *guess = g_content_type_guess(attachment->name,
	    (const guchar *)attachment->bytes.at, attachment->bytes.len, NULL);
	char *type = guess ? g_content_type_get_mime_type(guess) : NULL;

	g_free(guess);
	return type ? type : g_strdup("application/octet-stream");
}

static bool
is_inline(const struct compose_attachment *attachment)
{
	return attachment->content_id && attachment->content_id[0];
}

/* GMime encodes what is beyond ASCII, but writes controls as they are, and so
   the field that somebody has put behind a line end. */
static char *
without_controls(const char *text)
{
	char *clean = g_strdup(text);

	for (char *at = clean; at && *at; at++)
		if (g_ascii_iscntrl(*at))
			*at = '?';
	return clean;
}

static GMimeContentType *
make_type(const struct compose_attachment *attachment)
{
	char *text = attachment->type ? without_controls(attachment->type)
				      : guess_type(attachment);
	GMimeContentType *type = g_mime_content_type_parse(NULL, text);

	g_free(text);
	return type;
}

static GMimeObject *
make_attachment(const struct compose_attachment *attachment)
{
	char *name = without_controls(attachment->name);
	char *id = without_controls(attachment->content_id);
	GMimeContentType *type = make_type(attachment);
	GMimePart *part = g_mime_part_new();
	GMimeObject *object = GMIME_OBJECT(part);

	g_mime_object_set_content_type(object, type);
	g_mime_object_set_disposition(
	    object, is_inline(attachment) ? "inline" : "attachment");
	g_mime_part_set_filename(part, name);
	if (is_inline(attachment))
		g_mime_object_set_content_id(object, id);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	set_content(part, attachment->bytes);
	g_object_unref(type);
	g_free(name);
	g_free(id);
	return object;
}

/* Takes `first`; it stays alone where no attachment of that kind is. */
static GMimeObject *
join(GMimeObject *first, const char *subtype, const struct compose *compose,
    bool (*fits)(const struct compose_attachment *))
{
	GMimeMultipart *multipart = NULL;

	for (size_t i = 0; i < compose->attachment_count; i++) {
		const struct compose_attachment *attachment =
		    &compose->attachments[i];
		GMimeObject *part;

		if (!fits(attachment))
			continue;
		if (!multipart) {
			multipart = g_mime_multipart_new_with_subtype(subtype);
			g_mime_multipart_add(multipart, first);
			g_object_unref(first);
		}
		part = make_attachment(attachment);
		g_mime_multipart_add(multipart, part);
		g_object_unref(part);
	}
	return multipart ? GMIME_OBJECT(multipart) : first;
}

static bool
is_attached(const struct compose_attachment *attachment)
{
	return !is_inline(attachment);
}

static GMimeObject *
make_body(const struct compose *compose)
{
	GMimeObject *text =
	    make_text(compose->text ? compose->text : "", "plain");
	GMimeMultipart *both;
	GMimeObject *html;

	if (compose->html && compose->html[0]) {
		html = make_text(compose->html, "html");
		both = g_mime_multipart_new_with_subtype("alternative");
		g_mime_multipart_add(both, text);
		g_mime_multipart_add(both, html);
		g_object_unref(text);
		g_object_unref(html);
		text = GMIME_OBJECT(both);
	}
	text = join(text, "related", compose, is_inline);
	return join(text, "mixed", compose, is_attached);
}

static void
add_list(GMimeMessage *message, GMimeAddressType kind,
    const struct compose_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->at[i].name;

		g_mime_message_add_mailbox(message, kind,
		    name && name[0] ? name : NULL, list->at[i].address);
	}
}

static void
put_header(GMimeMessage *message, const struct compose *compose)
{
	const struct compose_list from = {&compose->from, 1};
	GDateTime *date =
	    g_date_time_new_from_unix_utc(compose->date_us / 1000000);

	add_list(message, GMIME_ADDRESS_TYPE_FROM, &from);
	add_list(message, GMIME_ADDRESS_TYPE_TO, &compose->to);
	add_list(message, GMIME_ADDRESS_TYPE_CC, &compose->cc);
	add_list(message, GMIME_ADDRESS_TYPE_REPLY_TO, &compose->reply_to);
	g_mime_message_set_subject(
	    message, compose->subject ? compose->subject : "", "utf-8");
	if (date) {
		g_mime_message_set_date(message, date);
		g_date_time_unref(date);
	}
	g_mime_message_set_message_id(message, compose->message_id);
	for (size_t i = 0; i < compose->header_count; i++)
		g_mime_object_append_header(GMIME_OBJECT(message),
		    compose->headers[i].name, compose->headers[i].value,
		    "utf-8");
}

static bool
write_message(struct buf *out, GMimeMessage *message)
{
	GMimeFormatOptions *options = g_mime_format_options_new();
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;
	bool fits;

	g_mime_format_options_set_newline_format(
	    options, GMIME_NEWLINE_FORMAT_DOS);
	(void)g_mime_object_write_to_stream(
	    GMIME_OBJECT(message), options, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	fits = buf_put(out, span_make((const char *)bytes->data, bytes->len));
	g_object_unref(stream);
	g_mime_format_options_free(options);
	return fits;
}

/* The line end that GMime adds to a text that is alone and has none would be
   read as a part of it. */
static void
cut_line_end(struct buf *out, GMimeObject *body, const char *text)
{
	struct span line_end = SPAN("\r\n");

	if (!GMIME_IS_PART(body) || !text || !text[0] ||
	    encoding_of(text) != GMIME_CONTENT_ENCODING_DEFAULT ||
	    look_at(text).ends_line || out->len < line_end.len)
		return;
	if (memcmp(out->at + out->len - line_end.len, line_end.at,
		line_end.len) == 0)
		buf_cut(out, out->len - line_end.len);
}

bool
mime_compose(struct buf *out, const struct compose *compose)
{
	GMimeMessage *message = g_mime_message_new(FALSE);
	GMimeObject *body = make_body(compose);
	bool fits;

	put_header(message, compose);
	g_mime_message_set_mime_part(message, body);
	fits = write_message(out, message);
	cut_line_end(out, body, compose->text);
	g_object_unref(body);
	g_object_unref(message);
	return fits;
}
