/* finding_charset: whether bytes are text in a charset. */
#include "finding_private.h"

#include "address.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define NAME_MAX_LEN 40
/* Opening a conversion loads a table; a message of encoded words must not
   make that its cost. */
#define CONVERSIONS_MAX 1000

/* The C library reads slashes in a name as orders of its own. */
static bool
is_charset_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char byte = name.at[i];

		if (!((byte >= '0' && byte <= '9') ||
			(byte >= 'A' && byte <= 'Z') ||
			(byte >= 'a' && byte <= 'z') ||
			(byte != '\0' && strchr("-_.:+", byte))))
			return false;
	}
	return name.len > 0 && name.len <= NAME_MAX_LEN;
}

/* The length of the character at the front; 0 when it is none. */
static size_t
utf8_len(struct span bytes)
{
	for (size_t len = 1; len <= 4 && len <= bytes.len; len++)
		if (address_is_utf8(span_make(bytes.at, len)))
			return len;
	return 0;
}

static enum finding_charset
try_utf8(struct span bytes, size_t *bad)
{
	struct span rest = bytes;

	if (address_is_utf8(bytes))
		return CHARSET_FITS;
	while (utf8_len(rest))
		span_skip(&rest, utf8_len(rest));
	*bad = bytes.len - rest.len;
	return CHARSET_BROKEN;
}

static enum finding_charset
try_ascii(struct span bytes, size_t *bad)
{
	*bad = span_find_8bit(bytes);
	return *bad == bytes.len ? CHARSET_FITS : CHARSET_BROKEN;
}

/* Each byte is a character there. */
static enum finding_charset
try_any(struct span bytes, size_t *bad)
{
	*bad = bytes.len;
	return CHARSET_FITS;
}

static enum finding_charset
convert(iconv_t conversion, struct span bytes, size_t *bad)
{
	char *from = (char *)(uintptr_t)bytes.at;
	size_t left = bytes.len;
	char room[4096];

	while (left) {
		char *to = room;
		size_t size = sizeof(room);

		if (iconv(conversion, &from, &left, &to, &size) == (size_t)-1 &&
		    errno != E2BIG) {
			*bad = bytes.len - left;
			return CHARSET_BROKEN;
		}
	}
	return CHARSET_FITS;
}

static enum finding_charset
try_other(struct look *look, struct span name, struct span bytes, size_t *bad)
{
	char text[NAME_MAX_LEN + 1];
	enum finding_charset fits;
	iconv_t conversion;

	if (!is_charset_name(name))
		return CHARSET_UNKNOWN;
	if (++look->conversions > CONVERSIONS_MAX)
		return CHARSET_FITS;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	conversion = iconv_open("UTF-8", text);
	if (conversion == (iconv_t)-1)
		return CHARSET_UNKNOWN;
	fits = convert(conversion, bytes, bad);
	(void)iconv_close(conversion);
	return fits;
}

enum finding_charset
finding_try_charset(
    struct look *look, struct span name, struct span bytes, size_t *bad)
{
	static const struct {
		const char *name;
		enum finding_charset (*try)(struct span, size_t *);
	} common[] = {
	    {"", try_ascii},
	    {"us-ascii", try_ascii},
	    {"ascii", try_ascii},
	    {"utf-8", try_utf8},
	    {"utf8", try_utf8},
	    {"iso-8859-1", try_any},
	    {"latin1", try_any},
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (span_equal_nocase(name, span_string(common[i].name)))
			return common[i].try(bytes, bad);
	return try_other(look, name, bytes, bad);
}
