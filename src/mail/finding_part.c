/* finding_part: whether one part's bytes are what its fields say. */
#include "finding_private.h"

#include <string.h>

/* RFC 2045 6.7 (5) and 6.8. */
#define ENCODED_LINE_MAX 76

typedef void encoding_check(struct look *, const struct finding_part *);

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* ---- 7bit */

static void
check_7bit(struct look *look, const struct finding_part *part)
{
	struct span rest = part->body;

	span_skip(&rest, span_find_8bit(rest));
	if (rest.len)
		finding_add_at(look, FINDING_ENCODING_8BIT, rest);
}

/* ---- base64 */

static int
base64_digit(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	if (byte == '+')
		return 62;
	return byte == '/' ? 63 : -1;
}

bool
finding_decode_base64(struct buf *out, struct span text)
{
	uint32_t bits = 0;
	int count = 0;

	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(text.at[i]);

		if (digit < 0)
			continue;
		bits = bits << 6 | (uint32_t)digit;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (!buf_put_char(out, (char)(bits >> count & 0xff)))
			return false;
	}
	return true;
}

/* What a base64 body has had so far. */
struct base64 {
	size_t digits;
	size_t pads;
};

/* False at the first byte that cannot stand there; *where says which. */
static bool
take_base64(struct base64 *state, struct span line, size_t *where)
{
	for (*where = 0; *where < line.len; (*where)++) {
		char byte = line.at[*where];

		if (is_blank(byte))
			continue;
		if (byte == '=')
			state->pads++;
		else if (base64_digit(byte) < 0 || state->pads)
			return false;
		else
			state->digits++;
	}
	return true;
}

static void
check_base64(struct look *look, const struct finding_part *part)
{
	struct span rest = part->body, line = part->body;
	struct base64 state = {0, 0};
	size_t where;

	while (finding_next_line(&rest, &line)) {
		if (line.len > ENCODED_LINE_MAX) {
			finding_add_at(look, FINDING_ENCODING_BASE64, line);
			return;
		}
		if (!take_base64(&state, line, &where)) {
			span_skip(&line, where);
			finding_add_at(look, FINDING_ENCODING_BASE64, line);
			return;
		}
	}
	if ((state.digits + state.pads) % 4 != 0 || state.pads > 2)
		finding_add_at(look, FINDING_ENCODING_BASE64, line);
}

/* ---- quoted-printable */

static bool
is_escape(struct span text)
{
	return text.len >= 3 && finding_hex_digit(text.at[1]) >= 0 &&
	    finding_hex_digit(text.at[2]) >= 0;
}

bool
finding_decode_qp(struct buf *out, struct span text)
{
	while (text.len) {
		char byte = text.at[0];

		if (byte == '=' && is_escape(text)) {
			byte = (char)(finding_hex_digit(text.at[1]) << 4 |
			    finding_hex_digit(text.at[2]));
			span_skip(&text, 2);
		} else if (span_starts(text, SPAN("=\r\n")) ||
		    span_starts(text, SPAN("=\n"))) {
			(void)span_cut(&text, '\n');
			continue;
		}
		span_skip(&text, 1);
		if (!buf_put_char(out, byte))
			return false;
	}
	return true;
}

/* RFC 2045 6.7: (1) escapes, (2) what may stand for itself, (3) no blank at
   the end of a line. */
static bool
is_qp_line(struct span line, size_t *where)
{
	for (*where = 0; *where < line.len; (*where)++) {
		struct span rest = line;

		span_skip(&rest, *where);
		if (rest.at[0] == '=') {
			if (rest.len == 1)
				return true;
			if (!is_escape(rest))
				return false;
			*where += 2;
		} else if ((rest.at[0] < ' ' && rest.at[0] != '\t') ||
		    rest.at[0] == 127)
			return false;
	}
	*where = line.len ? line.len - 1 : 0;
	return line.len == 0 || !is_blank(line.at[line.len - 1]);
}

static void
check_qp(struct look *look, const struct finding_part *part)
{
	struct span rest = part->body;
	struct span line;
	size_t where;

	while (finding_next_line(&rest, &line)) {
		if (line.len > ENCODED_LINE_MAX)
			finding_add_at(look, FINDING_ENCODING_QP, line);
		else if (!is_qp_line(line, &where)) {
			span_skip(&line, where);
			finding_add_at(look, FINDING_ENCODING_QP, line);
		}
	}
}

/* ---- all of them */

static void
check_nothing(struct look *look, const struct finding_part *part)
{
	(void)look;
	(void)part;
}

struct encoding {
	const char *name;
	encoding_check *check;
	bool (*decode)(struct buf *, struct span); /* NULL: stands for itself */
};

static const struct encoding encodings[] = {
    {"7bit", check_7bit, NULL},
    {"8bit", check_nothing, NULL},
    {"binary", check_nothing, NULL},
    {"base64", check_base64, finding_decode_base64},
    {"quoted-printable", check_qp, finding_decode_qp},
};

static const struct encoding *
find_encoding(struct span name)
{
	if (name.len == 0)
		return &encodings[0];
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (span_equal_nocase(name, span_string(encodings[i].name)))
			return &encodings[i];
	return NULL;
}

static bool
is_text(const struct finding_type *type)
{
	return type->type.len == 0 ||
	    span_equal_nocase(type->type, SPAN("text"));
}

static void
try_text(struct look *look, const struct finding_part *part, struct span bytes)
{
	bool is_raw = bytes.at == part->body.at;
	struct span rest = bytes;
	size_t bad = 0;

	switch (finding_try_charset(look, part->type.charset, bytes, &bad)) {
	case CHARSET_UNKNOWN:
		finding_add_at(
		    look, FINDING_CHARSET_UNKNOWN, part->type.charset);
		break;
	case CHARSET_BROKEN:
		span_skip(&rest, bad);
		if (is_raw)
			finding_add_at(look, FINDING_CHARSET_BYTES, rest);
		else
			finding_add(look, FINDING_CHARSET_BYTES,
			    (uint64_t)(part->body.at - look->raw.at), rest);
		break;
	default:
		break;
	}
}

static void
check_charset(struct look *look, const struct finding_part *part,
    const struct encoding *encoding)
{
	struct buf bytes;

	if (!encoding->decode) {
		/* Undeclared altogether is one finding, not two. */
		if (encoding->check == check_7bit &&
		    part->type.charset.len == 0 &&
		    span_find_8bit(part->body) < part->body.len)
			return;
		try_text(look, part, part->body);
		return;
	}
	buf_init(&bytes, part->body.len);
	if (encoding->decode(&bytes, part->body))
		try_text(look, part, bytes.at ? buf_span(&bytes) : SPAN(""));
	else
		look->failed = true;
	buf_release(&bytes);
}

static bool
is_private(struct span name)
{
	return span_starts_nocase(name, SPAN("x-"));
}

void
finding_look_at_part(struct look *look, const struct finding_part *part)
{
	const struct encoding *encoding = find_encoding(part->encoding);

	if (!encoding) {
		if (!is_private(part->encoding))
			finding_add_at(look, FINDING_ENCODING_UNKNOWN,
			    part->encoding_field);
		return;
	}
	encoding->check(look, part);
	if (is_text(&part->type))
		check_charset(look, part, encoding);
}
