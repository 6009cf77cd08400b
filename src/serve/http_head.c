/* http_head: the head of an HTTP/1 request: its first line and its fields. */
#include "http_head.h"

#include <string.h>

#define BAD_REQUEST 400
#define URI_TOO_LONG 414
#define EXPECTATION_FAILED 417
#define FIELDS_TOO_LARGE 431
#define NOT_IMPLEMENTED 501
#define VERSION_UNKNOWN 505

/* What is known when all fields are read. */
struct reading {
	struct http_head *head;
	unsigned hosts;
	bool has_length;
	bool is_chunked;
	bool closes;
	bool stays;
};

size_t
http_head_find(struct span bytes, size_t *looked)
{
	size_t at = *looked;

	for (;;) {
		struct span rest = bytes;

		span_skip(&rest, at);
		at += span_find(rest, '\n');
		*looked = at;
		if (at + 1 >= bytes.len)
			return 0;
		if (bytes.at[at + 1] == '\n')
			return at + 2;
		if (bytes.at[at + 1] == '\r') {
			if (at + 2 >= bytes.len)
				return 0;
			if (bytes.at[at + 2] == '\n')
				return at + 3;
		}
		at++;
	}
}

int
http_head_too_long(struct span bytes)
{
	size_t first = span_find(bytes, '\n');

	return first >= HTTP_HEAD_LIMIT || first == bytes.len
	    ? URI_TOO_LONG
	    : FIELDS_TOO_LARGE;
}

/* Lines, without the first one. */
size_t
http_head_count(struct span head)
{
	size_t count = 0;

	while (head.len > 0) {
		(void)span_cut(&head, '\n');
		count++;
	}
	if (count > HTTP_FIELDS_LIMIT)
		return HTTP_FIELDS_LIMIT;
	return count > 0 ? count - 1 : 0;
}

/* RFC 9110 section 5.6.2 */
static bool
is_token(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.at[i];

		if (byte <= ' ' || byte >= 127 ||
		    strchr("\"(),/:;<=>?@[\\]{}", byte))
			return false;
	}
	return text.len > 0;
}

static bool
is_control(char byte)
{
	return ((unsigned char)byte < ' ' && byte != '\t') || byte == 127;
}

static bool
has_controls(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_control(text.at[i]))
			return true;
	return false;
}

static struct span
cut_line(struct span *rest)
{
	struct span line = span_cut(rest, '\n');

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static int
read_version(struct http_head *head, struct span version)
{
	if (version.len != sizeof("HTTP/1.1") - 1 ||
	    !span_starts(version, SPAN("HTTP/")) || version.at[6] != '.' ||
	    version.at[5] < '0' || version.at[5] > '9' || version.at[7] < '0' ||
	    version.at[7] > '9')
		return BAD_REQUEST;
	if (version.at[5] != '1')
		return VERSION_UNKNOWN;
	head->minor = (unsigned)(version.at[7] - '0');
	return 0;
}

/* Any byte that is no blank and no control may stand in a target: clients send
   UTF-8 that they should have encoded. */
static bool
is_target(struct span target)
{
	return target.len > 0 && !has_controls(target) &&
	    span_find(target, ' ') == target.len &&
	    span_find(target, '\t') == target.len;
}

static int
read_first_line(struct http_head *head, struct span line)
{
	struct span rest = line;

	head->method = span_cut(&rest, ' ');
	head->target = span_cut(&rest, ' ');
	if (!is_token(head->method) || !is_target(head->target))
		return BAD_REQUEST;
	return read_version(head, rest);
}

/* ---- fields that say how the rest is to be read */

static int
take_host(struct reading *reading, struct span value)
{
	(void)value;
	reading->hosts++;
	return reading->hosts > 1 ? BAD_REQUEST : 0;
}

static int
take_length(struct reading *reading, struct span value)
{
	uint64_t len;

	if (!span_number(value, &len))
		return BAD_REQUEST;
	if (reading->has_length && len != reading->head->body_len)
		return BAD_REQUEST;
	reading->has_length = true;
	reading->head->body_len = len;
	return 0;
}

static int
take_encoding(struct reading *reading, struct span value)
{
	if (reading->is_chunked || reading->head->minor == 0)
		return BAD_REQUEST;
	if (!span_equal_nocase(value, SPAN("chunked")))
		return NOT_IMPLEMENTED;
	reading->is_chunked = true;
	return 0;
}

static int
take_connection(struct reading *reading, struct span value)
{
	if (http_list_has(value, SPAN("close")))
		reading->closes = true;
	if (http_list_has(value, SPAN("keep-alive")))
		reading->stays = true;
	return 0;
}

static int
take_expect(struct reading *reading, struct span value)
{
	if (!span_equal_nocase(value, SPAN("100-continue")))
		return EXPECTATION_FAILED;
	reading->head->wants_continue = reading->head->minor >= 1;
	return 0;
}

static const struct {
	struct span name;
	int (*take)(struct reading *, struct span value);
} known[] = {
    {SPAN("Host"), take_host},
    {SPAN("Content-Length"), take_length},
    {SPAN("Transfer-Encoding"), take_encoding},
    {SPAN("Connection"), take_connection},
    {SPAN("Expect"), take_expect},
};

static int
read_field(struct reading *reading, struct span line)
{
	struct http_head *head = reading->head;
	struct http_field *field = &head->fields[head->count];

	field->value = line;
	field->name = span_cut(&field->value, ':');
	if (field->name.len == line.len || !is_token(field->name) ||
	    has_controls(field->value))
		return BAD_REQUEST;
	field->value = span_trim(field->value);
	head->count++;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_equal_nocase(field->name, known[i].name))
			return known[i].take(reading, field->value);
	return 0;
}

static int
read_fields(struct reading *reading, struct span rest)
{
	while (rest.len > 0) {
		struct span line = cut_line(&rest);
		int status;

		if (line.len == 0)
			break;
		if (reading->head->count == HTTP_FIELDS_LIMIT)
			return FIELDS_TOO_LARGE;
		status = read_field(reading, line);
		if (status)
			return status;
	}
	return 0;
}

/* What the fields say together. */
static int
conclude(const struct reading *reading)
{
	struct http_head *head = reading->head;

	if (reading->is_chunked && reading->has_length)
		return BAD_REQUEST;
	if (reading->hosts == 0 && head->minor >= 1)
		return BAD_REQUEST;
	if (reading->is_chunked)
		head->body = HTTP_BODY_CHUNKED;
	else if (head->body_len > 0)
		head->body = HTTP_BODY_LENGTH;
	head->keeps_alive =
	    !reading->closes && (head->minor >= 1 || reading->stays);
	return 0;
}

int
http_head_read(
    struct http_head *out, struct span head, struct http_field *fields)
{
	struct reading reading = {.head = out};
	int status;

	memset(out, 0, sizeof(*out));
	out->fields = fields;
	status = read_first_line(out, cut_line(&head));
	if (!status)
		status = read_fields(&reading, head);
	return status ? status : conclude(&reading);
}

const struct http_field *
http_head_field(const struct http_head *head, const char *name)
{
	struct span wanted = span_string(name);

	for (size_t i = 0; i < head->count; i++)
		if (span_equal_nocase(head->fields[i].name, wanted))
			return &head->fields[i];
	return NULL;
}

bool
http_list_has(struct span list, struct span word)
{
	while (list.len > 0) {
		struct span item = span_cut(&list, ',');

		item = span_trim(span_cut(&item, ';'));
		if (span_equal_nocase(item, word))
			return true;
	}
	return false;
}
