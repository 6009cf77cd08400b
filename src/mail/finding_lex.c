/* finding_lex: what values of header fields are made of (RFC 5322 3.2). */
#include "finding_private.h"

#include <string.h>

bool
finding_is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool
finding_is_one_of(char byte, const char *set)
{
	return byte != '\0' && strchr(set, byte);
}

bool
finding_is_alnum(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= 'a' && byte <= 'z');
}

/* RFC 5322 3.2.3; 8-bit has rules of its own. */
bool
finding_is_atext(char byte)
{
	return finding_is_alnum(byte) || (unsigned char)byte >= 128 ||
	    finding_is_one_of(byte, "!#$%&'*+-/=?^_`{|}~");
}

/* RFC 2045 5.1. */
static bool
is_token(char byte)
{
	return (unsigned char)byte > ' ' && byte != 127 &&
	    !finding_is_one_of(byte, "()<>@,;:\\\"/[]?=");
}

/* Moves behind the comment at the front; nesting is counted, not followed. */
static bool
skip_comment(struct span *rest)
{
	size_t depth = 0;

	while (rest->len) {
		char byte = rest->at[0];

		span_skip(rest, byte == '\\' ? 2 : 1);
		if (byte == '(')
			depth++;
		else if (byte == ')' && --depth == 0)
			return true;
	}
	return false;
}

bool
finding_skip_cfws(struct span *rest)
{
	while (rest->len) {
		if (finding_is_blank(rest->at[0]))
			span_skip(rest, 1);
		else if (rest->at[0] != '(')
			return true;
		else if (!skip_comment(rest))
			return false;
	}
	return true;
}

struct span
finding_cut_while(struct span *rest, bool is_in(char))
{
	struct span head = *rest;
	size_t len = 0;

	while (len < rest->len && is_in(rest->at[len]))
		len++;
	head.len = len;
	span_skip(rest, len);
	return head;
}

struct span
finding_cut_token(struct span *rest)
{
	return finding_cut_while(rest, is_token);
}

/* The inside of the quoted string at the front; false when it is open. */
bool
finding_cut_quoted(struct span *rest, struct span *inside)
{
	span_skip(rest, 1);
	*inside = *rest;
	while (rest->len) {
		char byte = rest->at[0];

		if (byte == '"') {
			inside->len = (size_t)(rest->at - inside->at);
			span_skip(rest, 1);
			return true;
		}
		span_skip(rest, byte == '\\' ? 2 : 1);
	}
	return false;
}

bool
finding_cut_literal(struct span *rest)
{
	size_t end = span_find(*rest, ']');

	if (end == rest->len)
		return false;
	span_skip(rest, end + 1);
	return true;
}

int
finding_hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}
