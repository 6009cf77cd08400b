/* base64: bytes as text of RFC 4648 section 4, and back. */
#include "base64.h"

#include <stdint.h>

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* One more than the value of each letter; 0 is no letter. */
static const unsigned char values[256] = {['A'] = 1,
    ['B'] = 2,
    ['C'] = 3,
    ['D'] = 4,
    ['E'] = 5,
    ['F'] = 6,
    ['G'] = 7,
    ['H'] = 8,
    ['I'] = 9,
    ['J'] = 10,
    ['K'] = 11,
    ['L'] = 12,
    ['M'] = 13,
    ['N'] = 14,
    ['O'] = 15,
    ['P'] = 16,
    ['Q'] = 17,
    ['R'] = 18,
    ['S'] = 19,
    ['T'] = 20,
    ['U'] = 21,
    ['V'] = 22,
    ['W'] = 23,
    ['X'] = 24,
    ['Y'] = 25,
    ['Z'] = 26,
    ['a'] = 27,
    ['b'] = 28,
    ['c'] = 29,
    ['d'] = 30,
    ['e'] = 31,
    ['f'] = 32,
    ['g'] = 33,
    ['h'] = 34,
    ['i'] = 35,
    ['j'] = 36,
    ['k'] = 37,
    ['l'] = 38,
    ['m'] = 39,
    ['n'] = 40,
    ['o'] = 41,
    ['p'] = 42,
    ['q'] = 43,
    ['r'] = 44,
    ['s'] = 45,
    ['t'] = 46,
    ['u'] = 47,
    ['v'] = 48,
    ['w'] = 49,
    ['x'] = 50,
    ['y'] = 51,
    ['z'] = 52,
    ['0'] = 53,
    ['1'] = 54,
    ['2'] = 55,
    ['3'] = 56,
    ['4'] = 57,
    ['5'] = 58,
    ['6'] = 59,
    ['7'] = 60,
    ['8'] = 61,
    ['9'] = 62,
    ['+'] = 63,
    ['/'] = 64};

/* The `count` bytes, 1 to 3 of them, as the upper bits of 24. */
static uint32_t
join(const char *bytes, size_t count)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 3; i++)
		bits = bits << 8 | (i < count ? (unsigned char)bytes[i] : 0);
	return bits;
}

bool
base64_encode(struct buf *buf, struct span bytes)
{
	size_t groups = bytes.len / 3 + (bytes.len % 3 != 0);
	char *out;

	/* More than a buffer can hold would overflow the sum of the lengths. */
	out = buf_room(buf, groups > SIZE_MAX / 4 ? SIZE_MAX : groups * 4);
	if (!out)
		return false;
	for (; bytes.len; span_skip(&bytes, 3)) {
		uint32_t bits = join(bytes.at, bytes.len);

		*out++ = letters[bits >> 18];
		*out++ = letters[bits >> 12 & 63];
		*out++ = (char)(bytes.len > 1 ? letters[bits >> 6 & 63] : '=');
		*out++ = (char)(bytes.len > 2 ? letters[bits & 63] : '=');
	}
	buf_grow(buf, groups * 4);
	return true;
}

/* How many '=' end the text, which has a multiple of four letters: 0 to 2. */
static size_t
count_padding(struct span text)
{
	if (text.len == 0 || text.at[text.len - 1] != '=')
		return 0;
	return text.at[text.len - 2] == '=' ? 2 : 1;
}

/* Reads four letters, the last `padding` of which are '='. */
static bool
read_group(const char *text, size_t padding, uint32_t *bits)
{
	*bits = 0;
	for (size_t i = 0; i < 4; i++) {
		unsigned value = values[(unsigned char)text[i]];

		if (i >= 4 - padding)
			value = 1;
		if (value == 0)
			return false;
		*bits = *bits << 6 | (value - 1);
	}
	return (*bits & ((1u << 8 * padding) - 1)) == 0;
}

enum err
base64_decode(struct buf *buf, struct span text)
{
	size_t padding;
	size_t len;
	char *out;

	if (text.len % 4 != 0)
		return ERR_DATA;
	padding = count_padding(text);
	len = text.len / 4 * 3 - padding;
	out = buf_room(buf, len);
	if (!out)
		return ERR_LIMIT;
	for (; text.len; span_skip(&text, 4)) {
		size_t missing = text.len == 4 ? padding : 0;
		uint32_t bits;

		if (!read_group(text.at, missing, &bits))
			return ERR_DATA;
		for (size_t i = 0; i < 3 - missing; i++)
			*out++ = (char)(bits >> (16 - 8 * i) & 255);
	}
	buf_grow(buf, len);
	return ERR_OK;
}
