/* finding_mime: the parts of a message, found by their boundaries. */
#include "finding_private.h"

#include <string.h>

/* Deeper multiparts are not opened, as in mime.h. */
#define DEPTH_MAX MIME_DEPTH_MAX
/* RFC 2046 5.1.1. */
#define BOUNDARY_MAX 70

/* A multipart whose end has not come. */
struct level {
	struct span boundary;
	struct span field; /* its Content-Type, to point at */
	bool is_digest;
	bool was_seen; /* a line with its boundary has come */
};

enum place {
	IN_HEAD, /* of a part */
	IN_BODY, /* of a part that is no multipart */
	BEFORE,  /* the first boundary of a multipart */
	BEHIND,  /* the last one */
};

struct walk {
	struct look *look;
	enum place place;
	const char *from; /* of IN_HEAD and IN_BODY: where it began */
	struct finding_part part;
	/* One more than are open: a closed one's boundary is remembered. */
	struct level levels[DEPTH_MAX + 1];
	size_t depth;
};

/* ---- a part begins */

/* RFC 2046 5.1.1, bchars; a blank must not be the last. */
static bool
is_boundary(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.at[i];

		if (!((byte >= '0' && byte <= '9') ||
			(byte >= 'A' && byte <= 'Z') ||
			(byte >= 'a' && byte <= 'z') ||
			(byte != '\0' && strchr("'()+_,-./:=? ", byte))))
			return false;
	}
	return text.len <= BOUNDARY_MAX && text.at[text.len - 1] != ' ';
}

static void
check_boundary(struct walk *walk, const struct level *level)
{
	if (!is_boundary(level->boundary))
		finding_add_at(
		    walk->look, FINDING_BOUNDARY_SYNTAX, level->boundary);
	for (size_t i = 0; i < walk->depth; i++)
		if (span_equal(walk->levels[i].boundary, level->boundary)) {
			finding_add_at(walk->look, FINDING_BOUNDARY_IN_BODY,
			    level->boundary);
			return;
		}
}

static void
open_multipart(struct walk *walk, struct span field)
{
	const struct finding_type *type = &walk->part.type;
	struct level *level = &walk->levels[walk->depth];

	walk->place = BEFORE;
	if (type->boundary.len == 0) {
		finding_add_at(walk->look, FINDING_BOUNDARY_MISSING, field);
		return;
	}
	if (walk->depth == DEPTH_MAX)
		return;
	level->boundary = type->boundary;
	level->field = field;
	level->is_digest = span_equal_nocase(type->subtype, SPAN("digest"));
	level->was_seen = false;
	check_boundary(walk, level);
	walk->depth++;
}

struct fields {
	struct span type, encoding;
};

static void
read_fields(struct span head, struct fields *fields)
{
	struct header_field field;

	memset(fields, 0, sizeof(*fields));
	while (finding_next_field(&head, &field)) {
		if (!fields->type.at &&
		    span_equal_nocase(field.name, SPAN("Content-Type")))
			fields->type = field.value;
		if (!fields->encoding.at &&
		    span_equal_nocase(
			field.name, SPAN("Content-Transfer-Encoding")))
			fields->encoding = field.value;
	}
}

static void
read_type(struct walk *walk, struct span field)
{
	struct finding_type *type = &walk->part.type;

	memset(type, 0, sizeof(*type));
	if (field.at) {
		if (!finding_read_type(field, type))
			finding_add_at(
			    walk->look, FINDING_CONTENT_TYPE_SYNTAX, field);
	} else if (walk->depth && walk->levels[walk->depth - 1].is_digest) {
		type->type = SPAN("message");
		type->subtype = SPAN("rfc822");
	}
}

/* RFC 2045 6.4, and RFC 6532 3.6: message/global may be encoded. */
static void
check_composite(struct walk *walk)
{
	const struct finding_part *part = &walk->part;
	bool is_message = span_equal_nocase(part->type.type, SPAN("message")) &&
	    (span_equal_nocase(part->type.subtype, SPAN("rfc822")) ||
		span_equal_nocase(part->type.subtype, SPAN("partial")));

	if (!is_message &&
	    !span_equal_nocase(part->type.type, SPAN("multipart")))
		return;
	if (span_equal_nocase(part->encoding, SPAN("base64")) ||
	    span_equal_nocase(part->encoding, SPAN("quoted-printable")))
		finding_add_at(walk->look, FINDING_ENCODING_MULTIPART,
		    part->encoding_field);
}

/* The head is read; what follows is the part's body. */
static void
begin_body(struct walk *walk, struct span head, const char *body)
{
	struct span encoding;
	struct fields fields;

	read_fields(head, &fields);
	read_type(walk, fields.type);
	encoding = fields.encoding;
	(void)finding_skip_cfws(&encoding);
	walk->part.encoding = finding_cut_token(&encoding);
	walk->part.encoding_field = fields.encoding;
	check_composite(walk);
	walk->from = body;
	walk->place = IN_BODY;
	if (span_equal_nocase(walk->part.type.type, SPAN("multipart")))
		open_multipart(walk, fields.type);
}

/* The heads of parts; the message's own was looked at before. */
static void
end_head(struct walk *walk, const char *end, const char *body)
{
	struct span head = span_make(walk->from, (size_t)(end - walk->from));
	struct header_field field;
	struct span rest = head;

	finding_look_at_head_lines(walk->look, head);
	while (finding_next_field(&rest, &field))
		finding_look_at_words(walk->look, &field);
	begin_body(walk, head, body);
}

/* ---- a part ends */

/* The line end before a boundary belongs to the boundary. */
static void
end_body(struct walk *walk, const char *end)
{
	struct span body = span_make(walk->from, (size_t)(end - walk->from));

	if (body.len && body.at[body.len - 1] == '\n')
		body.len--;
	if (body.len && body.at[body.len - 1] == '\r')
		body.len--;
	walk->part.body = body;
	finding_look_at_part(walk->look, &walk->part);
}

static void
end_part(struct walk *walk, const char *end)
{
	if (walk->place == IN_HEAD)
		end_head(walk, end, end);
	if (walk->place == IN_BODY)
		end_body(walk, end);
}

/* Those from `depth` on end without having been closed. */
static void
drop_levels(struct walk *walk, size_t depth)
{
	while (walk->depth > depth) {
		const struct level *level = &walk->levels[--walk->depth];

		finding_add_at(walk->look,
		    level->was_seen ? FINDING_BOUNDARY_UNCLOSED
				    : FINDING_BOUNDARY_UNUSED,
		    level->field);
	}
}

/* ---- lines */

enum match { MATCH_NONE, MATCH_PREFIX, MATCH_NEXT, MATCH_CLOSE };

/* "--boundary" or "--boundary--"; blanks may follow (RFC 2046 5.1.1). */
static enum match
match(const struct level *level, struct span line)
{
	enum match found = MATCH_NEXT;

	span_skip(&line, 2);
	if (!span_starts(line, level->boundary))
		return MATCH_NONE;
	span_skip(&line, level->boundary.len);
	if (span_starts(line, SPAN("--"))) {
		span_skip(&line, 2);
		found = MATCH_CLOSE;
	}
	return span_trim(line).len == 0 ? found : MATCH_PREFIX;
}

/* The innermost level whose boundary the line is. */
static enum match
find_level(const struct walk *walk, struct span line, size_t *index)
{
	enum match best = MATCH_NONE;

	for (size_t i = walk->depth; i-- > 0;) {
		enum match found = match(&walk->levels[i], line);

		if (found == MATCH_NONE || (found == MATCH_PREFIX && best))
			continue;
		best = found;
		*index = i;
		if (found != MATCH_PREFIX)
			break;
	}
	return best;
}

/* True when the line is a boundary. */
static bool
take_boundary(struct walk *walk, struct span line, const char *next)
{
	enum match found;
	size_t index = 0;

	if (line.len < 2 || line.at[0] != '-' || line.at[1] != '-')
		return false;
	found = find_level(walk, line, &index);
	if (found == MATCH_PREFIX ||
	    (found == MATCH_NONE && walk->place == BEHIND &&
		match(&walk->levels[walk->depth], line) != MATCH_NONE))
		finding_add_at(walk->look, FINDING_BOUNDARY_IN_BODY, line);
	if (found < MATCH_NEXT)
		return false;
	end_part(walk, line.at);
	drop_levels(walk, index + 1);
	walk->levels[index].was_seen = true;
	walk->from = next;
	walk->place = IN_HEAD;
	if (found == MATCH_CLOSE) {
		walk->depth = index;
		walk->place = BEHIND;
	}
	return true;
}

static void
take_head_line(struct walk *walk, struct span line, const char *next)
{
	if (line.len == 0) {
		end_head(walk, line.at, next);
		return;
	}
	if (line.at[0] == ' ' || line.at[0] == '\t' ||
	    span_find(line, ':') < line.len)
		return;
	finding_add_at(walk->look, FINDING_HEADER_NO_COLON, line);
	end_head(walk, line.at, line.at);
}

void
finding_look_at_mime(struct look *look)
{
	struct walk walk;
	struct span rest = look->raw;
	struct span line;

	memset(&walk, 0, sizeof(walk));
	walk.look = look;
	span_skip(&rest, look->head.len);
	if (span_starts(rest, SPAN("\n")) || span_starts(rest, SPAN("\r\n")))
		(void)span_cut(&rest, '\n');
	begin_body(&walk, look->head, rest.at);
	while (finding_next_line(&rest, &line))
		if (!take_boundary(&walk, line, rest.at) &&
		    walk.place == IN_HEAD)
			take_head_line(&walk, line, rest.at);
	end_part(&walk, rest.at);
	drop_levels(&walk, 0);
}
