/* header: the raw header block of a message (RFC 5322 section 2.2). */
#include "header.h"

/* The first line with its line end; all of it when there is none. */
static struct span
first_line(struct span text)
{
	size_t end = span_find(text, '\n');

	return span_make(text.at, end < text.len ? end + 1 : end);
}

static struct span
without_line_end(struct span line)
{
	if (line.len && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool
is_fold(struct span line)
{
	return line.len && (line.at[0] == ' ' || line.at[0] == '\t') &&
	    without_line_end(line).len > 0;
}

/* RFC 5322 3.6.8: printable ASCII but the colon; blanks may stand before it. */
static bool
read_name(struct span line, struct span *name)
{
	*name = span_make(line.at, span_find(line, ':'));
	if (name->len == line.len)
		return false;
	*name = span_trim(*name);
	for (size_t i = 0; i < name->len; i++)
		if (name->at[i] == '\0')
			return false;
	return name->len > 0;
}

bool
header_next(struct span *rest, struct header_field *field)
{
	struct span line = first_line(*rest);
	struct span value;

	if (is_fold(line) || !read_name(without_line_end(line), &field->name))
		return false;
	value = *rest;
	span_skip(rest, line.len);
	for (line = first_line(*rest); is_fold(line); line = first_line(*rest))
		span_skip(rest, line.len);
	value.len = (size_t)(rest->at - value.at);
	(void)span_cut(&value, ':');
	field->value = span_trim(without_line_end(value));
	return true;
}

bool
header_find(struct span message, struct span name, struct span *value)
{
	struct header_field field;

	while (header_next(&message, &field))
		if (span_equal_nocase(field.name, name)) {
			*value = field.value;
			return true;
		}
	return false;
}

bool
header_unfold(struct buf *out, struct span value)
{
	while (value.len) {
		struct span line = first_line(value);

		span_skip(&value, line.len);
		(void)buf_put(out, span_trim(without_line_end(line)));
		if (value.len)
			(void)buf_put_char(out, ' ');
	}
	return !buf_failed(out);
}

struct span
header_block(struct span message)
{
	struct span rest = message;
	struct header_field field;

	while (header_next(&rest, &field))
		continue;
	return span_make(message.at, (size_t)(rest.at - message.at));
}
