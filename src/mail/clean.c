/* clean: text as it is searched for. */
#include "clean.h"

#include <glib.h>

#define BYTE_ORDER_MARK 0xfeff
#define NEXT_LINE 0x85
#define UTF8_SIZE 6
#define PIECE_SIZE ((size_t)4096)

/* One character, or one byte that is none; len is 0 at the end. */
struct letter {
	gunichar point;
	size_t len;
	bool is_valid;
};

static struct letter
next_letter(struct span text)
{
	struct letter letter = {0, 0, true};

	if (text.len == 0)
		return letter;
	letter.len = 1;
	letter.point = (unsigned char)text.at[0];
	if (letter.point < 128)
		return letter;
	letter.point = g_utf8_get_char_validated(text.at, (gssize)text.len);
	letter.is_valid = (gint32)letter.point >= 0;
	if (letter.is_valid)
		letter.len = (size_t)g_unichar_to_utf8(letter.point, NULL);
	return letter;
}

/* Beyond ASCII. */
static bool
is_gap(const struct letter *letter)
{
	return letter->is_valid &&
	    (letter->point == BYTE_ORDER_MARK || letter->point == NEXT_LINE ||
		g_unichar_isspace(letter->point));
}

static void
put_lower(struct buf *out, const struct letter *letter, const char *at)
{
	char *room;

	if (!letter->is_valid) {
		(void)buf_put_char(out, *at);
		return;
	}
	room = buf_room(out, UTF8_SIZE);
	if (room)
		buf_grow(out,
		    (size_t)g_unichar_to_utf8(
			g_unichar_tolower(letter->point), room));
}

/* In lower case; 0 is what becomes a blank. */
static const char plain[128] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 0, '!',
    0, '#', '$', '%', '&', '\'', 0, 0, '*', '+', 0, '-', '.', '/', '0', '1',
    '2', '3', '4', '5', '6', '7', '8', '9', ':', 0, 0, '=', 0, '?', '@', 'a',
    'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p',
    'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '[', '\\', ']', '^', '_',
    '`', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n',
    'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '{', '|', '}',
    '~', 127};

/* What separates the text from what comes next, if anything does. */
enum gap { GAP_NONE, GAP_OWED };

/* As much ASCII as stands at the front, for most text is nothing else. */
static size_t
put_ascii(struct buf *out, struct span text, enum gap *gap)
{
	size_t most = text.len < PIECE_SIZE ? text.len : PIECE_SIZE;
	char *room = buf_room(out, most + 1);
	const unsigned char *from = (const unsigned char *)text.at;
	size_t used = 0, at = 0;

	if (!room)
		return text.len;
	while (at < most && from[at] < 128) {
		char byte = plain[from[at]];

		if (byte == 0) {
			if (used || out->len)
				*gap = GAP_OWED;
			at++;
			continue;
		}
		if (*gap == GAP_OWED)
			room[used++] = ' ';
		*gap = GAP_NONE;
		do {
			room[used++] = byte;
			at++;
			byte =
			    at < most && from[at] < 128 ? plain[from[at]] : 0;
		} while (byte);
	}
	buf_grow(out, used);
	return at;
}

bool
clean_put(struct buf *out, struct span text)
{
	enum gap gap = out->len ? GAP_OWED : GAP_NONE;

	while (text.len && !buf_failed(out)) {
		struct letter letter;

		span_skip(&text, put_ascii(out, text, &gap));
		letter = next_letter(text);
		if (letter.len == 0 || letter.point < 128)
			continue;
		if (is_gap(&letter)) {
			gap = out->len ? GAP_OWED : GAP_NONE;
		} else {
			if (gap == GAP_OWED)
				(void)buf_put_char(out, ' ');
			gap = GAP_NONE;
			put_lower(out, &letter, text.at);
		}
		span_skip(&text, letter.len);
	}
	return !buf_failed(out);
}

bool
clean_put_lower(struct buf *out, struct span text)
{
	while (text.len && !buf_failed(out)) {
		struct letter letter = next_letter(text);

		put_lower(out, &letter, text.at);
		span_skip(&text, letter.len);
	}
	return !buf_failed(out);
}
