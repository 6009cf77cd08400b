/* mime_hide: takes the fields away that GMime need not see. */
#include "mime_hide.h"

#include <stdlib.h>
#include <string.h>

/* To copy more takes longer than it saves, and memory. */
#define MESSAGE_MAX ((size_t)64 * 1024)
#define NAME_MAX_LEN 100

static bool
is_empty_line(struct span rest)
{
	return span_starts(rest, SPAN("\n")) || span_starts(rest, SPAN("\r\n"));
}

/* A name that every reader takes for one. */
static bool
has_plain_name(struct span line)
{
	size_t len = 0;

	while (len < line.len && line.at[len] > ' ' && line.at[len] < 127 &&
	    line.at[len] != ':')
		len++;
	return len > 0 && len <= NAME_MAX_LEN && len < line.len &&
	    line.at[len] == ':';
}

/* One line with its line end; empty when that is missing. */
static struct span
cut_line(struct span *rest)
{
	struct span line = span_make(rest->at, span_find(*rest, '\n') + 1);

	if (line.len > rest->len)
		line.len = 0;
	span_skip(rest, line.len);
	return line;
}

/* A field with its folds; empty when it is not beyond doubt. */
static struct span
cut_field(struct span *rest)
{
	struct span field = cut_line(rest);

	if (!has_plain_name(field))
		return span_make(field.at, 0);
	while (rest->len && (rest->at[0] == ' ' || rest->at[0] == '\t'))
		if (cut_line(rest).len == 0)
			return span_make(field.at, 0);
	field.len = (size_t)(rest->at - field.at);
	return field;
}

static size_t
put(char *room, size_t at, struct span bytes)
{
	memcpy(room + at, bytes.at, bytes.len);
	return at + bytes.len;
}

bool
mime_hide_fields(struct span *message, char **copy)
{
	struct span rest = *message;
	size_t used = 0;
	char *room;

	*copy = NULL;
	if (message->len > MESSAGE_MAX)
		return false;
	room = malloc(message->len);
	if (!room)
		return false;
	while (!is_empty_line(rest)) {
		struct span field = cut_field(&rest);

		if (field.len == 0) {
			free(room);
			return false;
		}
		if (span_starts_nocase(field, SPAN("Content-")))
			used = put(room, used, field);
	}
	used = put(room, used, rest);
	*copy = room;
	*message = span_make(room, used);
	return true;
}
