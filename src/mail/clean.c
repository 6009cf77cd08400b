/* clean: text as it is searched for. */
#include "clean.h"

#include <glib.h>

#define BYTE_ORDER_MARK 0xfeff
#define UTF8_SIZE 6

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

static bool
is_gap(const struct letter *letter)
{
	switch (letter->point) {
	case '\0':
	case '<':
	case '>':
	case '"':
	case ',':
	case ';':
	case '(':
	case ')':
	case '\v':
	case 0x85:
	case BYTE_ORDER_MARK:
		return true;
	default:
		return letter->is_valid && g_unichar_isspace(letter->point);
	}
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

/* Most text is ASCII: letters and digits go without a look at a table. */
static size_t
put_ascii(struct buf *out, struct span text)
{
	char *room = buf_room(out, text.len);
	size_t len = 0;

	if (!room)
		return 0;
	for (; len < text.len; len++) {
		unsigned char byte = (unsigned char)text.at[len];

		if (byte >= 'A' && byte <= 'Z')
			byte = (unsigned char)(byte + 32);
		else if (!(byte >= 'a' && byte <= 'z') &&
		    !(byte >= '-' && byte <= ':'))
			break;
		room[len] = (char)byte;
	}
	buf_grow(out, len);
	return len;
}

bool
clean_put(struct buf *out, struct span text)
{
	bool gap = out->len > 0;

	while (text.len && !buf_failed(out)) {
		struct letter letter = next_letter(text);

		if (is_gap(&letter)) {
			gap = gap || out->len > 0;
			span_skip(&text, letter.len);
			continue;
		}
		if (gap)
			(void)buf_put_char(out, ' ');
		gap = false;
		put_lower(out, &letter, text.at);
		span_skip(&text, letter.len);
		span_skip(&text, put_ascii(out, text));
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
		span_skip(&text, put_ascii(out, text));
	}
	return !buf_failed(out);
}
