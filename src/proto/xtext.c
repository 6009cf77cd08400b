/* xtext: the encoding of RFC 3461 section 4, "+2B" for "+". */
#include "xtext.h"

/* Upper case only, says the RFC; what does not, comes too. */
static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* The byte at the front of *text, which moves behind it; -1 for none. */
static int
take(struct span *text)
{
	char byte = text->at[0];
	int high, low;

	if (byte < '!' || byte > '~' || byte == '=')
		return -1;
	if (byte != '+') {
		span_skip(text, 1);
		return byte;
	}
	if (text->len < 3)
		return -1;
	high = hex_value(text->at[1]);
	low = hex_value(text->at[2]);
	span_skip(text, 3);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool
xtext_measure(struct span text, size_t *len)
{
	*len = 0;
	while (text.len) {
		if (take(&text) < 0)
			return false;
		++*len;
	}
	return true;
}

bool
xtext_decode(struct buf *buf, struct span text)
{
	size_t len;
	char *room;

	if (!xtext_measure(text, &len))
		return false;
	room = buf_room(buf, len);
	if (!room)
		return false;
	for (size_t i = 0; i < len; i++)
		room[i] = (char)take(&text);
	buf_grow(buf, len);
	return true;
}
