/* address: paths as SMTP writes them (RFC 5321 section 4.1.2, RFC 6531). */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#define PATH_LIMIT 1024

/* RFC 5321 4.5.3.1 asks for 64 and 255; test mail may be longer. */
#define LITERAL_LIMIT 128

static bool
is_alnum(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= 'a' && byte <= 'z');
}

static bool
is_control(unsigned char byte)
{
	return byte < ' ' || byte == 127;
}

/* RFC 5322 3.2.3, and RFC 6531 3.3: any character beyond ASCII. */
static bool
is_atext(unsigned char byte)
{
	return is_alnum(byte) || byte >= 128 ||
	    (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte));
}

/* Continuation bytes that the first byte promises, and the least code point
   for which that many are needed (RFC 3629 section 3). */
static int
utf8_promise(unsigned char byte, uint32_t *least, uint32_t *bits)
{
	static const struct {
		unsigned char mask, value;
		int count;
		uint32_t least;
	} forms[] = {
	    {0xe0, 0xc0, 1, 0x80},
	    {0xf0, 0xe0, 2, 0x800},
	    {0xf8, 0xf0, 3, 0x10000},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if ((byte & forms[i].mask) == forms[i].value) {
			*least = forms[i].least;
			*bits = byte & (unsigned char)~forms[i].mask;
			return forms[i].count;
		}
	return -1;
}

bool
address_is_utf8(struct span text)
{
	for (size_t i = span_find_8bit(text); i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		uint32_t least, point;
		int count;

		if (byte < 128)
			continue;
		count = utf8_promise(byte, &least, &point);
		if (count < 0 || (size_t)count >= text.len - i)
			return false;
		while (count--) {
			byte = (unsigned char)text.at[++i];
			if ((byte & 0xc0) != 0x80)
				return false;
			point = point << 6 | (byte & 0x3f);
		}
		if (point < least || point > 0x10ffff ||
		    (point >= 0xd800 && point <= 0xdfff))
			return false;
	}
	return true;
}

/* Letters, digits, hyphens; underscores too, for real hosts have them. */
static size_t
label_len(struct span text)
{
	size_t len = 0;

	while (len < text.len) {
		unsigned char byte = (unsigned char)text.at[len];

		if (!is_alnum(byte) && byte != '-' && byte != '_' && byte < 128)
			break;
		len++;
	}
	return len;
}

/* The length of the domain at the front; 0 if there is none. */
static size_t
domain_len(struct span text)
{
	size_t at = 0;

	for (;;) {
		struct span rest = span_make(text.at + at, text.len - at);
		size_t len = label_len(rest);

		if (len == 0 || rest.at[0] == '-' || rest.at[len - 1] == '-')
			return 0;
		at += len;
		if (at == text.len || text.at[at] != '.')
			return at;
		at++;
	}
}

bool
address_is_domain(struct span text)
{
	return text.len > 0 && domain_len(text) == text.len;
}

/* RFC 5321 4.1.3: IPv4, "IPv6:" and an address, or a tag and its text. */
bool
address_is_literal(struct span text)
{
	char inside[LITERAL_LIMIT];
	unsigned char address[16];
	struct span tag, rest;

	if (text.len < 3 || text.len > LITERAL_LIMIT || text.at[0] != '[' ||
	    text.at[text.len - 1] != ']')
		return false;
	rest = span_make(text.at + 1, text.len - 2);
	memcpy(inside, rest.at, rest.len);
	inside[rest.len] = '\0';
	if (memchr(inside, '\0', rest.len))
		return false;
	if (inet_pton(AF_INET, inside, address) == 1)
		return true;
	tag = span_cut(&rest, ':');
	if (rest.len == 0)
		return false;
	if (span_equal_nocase(tag, SPAN("IPv6")))
		return inet_pton(AF_INET6, inside + tag.len + 1, address) == 1;
	if (label_len(tag) != tag.len || tag.len == 0)
		return false;
	for (size_t i = 0; i < rest.len; i++)
		if (rest.at[i] <= ' ' || rest.at[i] == 127 ||
		    strchr("[]\\", rest.at[i]))
			return false;
	return true;
}

/* The length of the quoted string at the front, quotes counted; 0 if none. */
static size_t
quoted_len(struct span text)
{
	for (size_t i = 1; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (is_control(byte))
			return 0;
		if (byte == '"')
			return i > 1 ? i + 1 : 0;
		if (byte != '\\')
			continue;
		i++;
		if (i == text.len || is_control((unsigned char)text.at[i]))
			return 0;
	}
	return 0;
}

static size_t
dot_string_len(struct span text)
{
	size_t at = 0;

	for (;;) {
		size_t start = at;

		while (at < text.len && is_atext((unsigned char)text.at[at]))
			at++;
		if (at == start)
			return 0;
		if (at == text.len || text.at[at] != '.')
			return at;
		at++;
	}
}

static size_t
local_len(struct span text)
{
	if (text.len && text.at[0] == '"')
		return quoted_len(text);
	return dot_string_len(text);
}

static size_t
domain_or_literal_len(struct span text)
{
	size_t len;

	if (text.len == 0 || text.at[0] != '[')
		return domain_len(text);
	len = span_find(text, ']');
	if (len == text.len || !address_is_literal(span_make(text.at, len + 1)))
		return 0;
	return len + 1;
}

/* RFC 5321 appendix C: "@one,@two:" is recognised and dropped. */
static bool
skip_source_route(struct span *rest)
{
	if (rest->len == 0 || rest->at[0] != '@')
		return true;
	for (;;) {
		size_t len;

		if (rest->len == 0 || rest->at[0] != '@')
			return false;
		span_skip(rest, 1);
		len = domain_or_literal_len(*rest);
		if (len == 0 || len == rest->len)
			return false;
		span_skip(rest, len);
		if (rest->at[0] == ':') {
			span_skip(rest, 1);
			return true;
		}
		if (rest->at[0] != ',')
			return false;
		span_skip(rest, 1);
	}
}

/* Moves *rest behind the mailbox at its front. */
static bool
read_mailbox(struct span *rest, enum path_use use, struct path *path)
{
	const char *start = rest->at;

	path->local = span_make(start, local_len(*rest));
	if (path->local.len == 0)
		return false;
	span_skip(rest, path->local.len);
	if (rest->len == 0 || rest->at[0] != '@') {
		path->mailbox = path->local;
		path->domain = span_make(rest->at, 0);
		return use == PATH_FORWARD &&
		    span_equal_nocase(path->local, SPAN("postmaster"));
	}
	span_skip(rest, 1);
	path->domain = span_make(rest->at, domain_or_literal_len(*rest));
	if (path->domain.len == 0)
		return false;
	span_skip(rest, path->domain.len);
	path->mailbox = span_make(start, (size_t)(rest->at - start));
	return true;
}

static bool
read_bracketed(struct span *rest, enum path_use use, struct path *path)
{
	span_skip(rest, 1);
	if (rest->len && rest->at[0] == '>') {
		path->mailbox = path->local = path->domain =
		    span_make(rest->at, 0);
		span_skip(rest, 1);
		return use == PATH_REVERSE;
	}
	if (!skip_source_route(rest) || !read_mailbox(rest, use, path) ||
	    rest->len == 0 || rest->at[0] != '>')
		return false;
	span_skip(rest, 1);
	return true;
}

static enum path_status
judge(struct span text)
{
	if (text.len > PATH_LIMIT)
		return PATH_TOO_LONG;
	if (span_find_8bit(text) == text.len)
		return PATH_OK;
	return address_is_utf8(text) ? PATH_NEEDS_UTF8 : PATH_BAD_UTF8;
}

enum path_status
address_parse(struct span *rest, enum path_use use, struct path *path)
{
	struct span text = *rest;
	bool fits;

	if (rest->len == 0)
		return PATH_SYNTAX;
	fits = rest->at[0] == '<' ? read_bracketed(rest, use, path)
				  : read_mailbox(rest, use, path);
	/* Only a blank may follow: "<a@b.test>x" is no path. */
	if (!fits || (rest->len && rest->at[0] != ' ' && rest->at[0] != '\t'))
		return PATH_SYNTAX;
	text.len = (size_t)(rest->at - text.at);
	path->text = text;
	return judge(text);
}
