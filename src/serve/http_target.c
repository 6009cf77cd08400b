/* http_target: what a request is for: paths, their patterns, parameters. */
#include "http_target.h"

#include <string.h>

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* The byte that an escape at the front stands for, or -1. */
static int
escaped(struct span text)
{
	int high;
	int low;

	if (text.len < 3 || text.at[0] != '%')
		return -1;
	high = hex_value(text.at[1]);
	low = hex_value(text.at[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* ---- the target */

static bool
read_absolute(struct http_target *out, struct span *target)
{
	if (span_starts_nocase(*target, SPAN("http://")))
		span_skip(target, sizeof("http://") - 1);
	else if (span_starts_nocase(*target, SPAN("https://")))
		span_skip(target, sizeof("https://") - 1);
	else
		return false;
	out->authority = *target;
	out->authority.len = span_find(*target, '/');
	if (span_find(*target, '?') < out->authority.len)
		out->authority.len = span_find(*target, '?');
	span_skip(target, out->authority.len);
	return out->authority.len > 0;
}

bool
http_target_read(struct http_target *out, struct span target)
{
	memset(out, 0, sizeof(*out));
	if (target.len == 0)
		return false;
	if (target.at[0] != '/' && !span_equal(target, SPAN("*")) &&
	    !read_absolute(out, &target))
		return false;
	out->has_query = span_find(target, '?') < target.len;
	out->query = target;
	out->path = span_cut(&out->query, '?');
	/* A fragment is not for servers, but some clients send it. */
	out->path.len = span_find(out->path, '#');
	out->query.len = span_find(out->query, '#');
	if (out->path.len == 0)
		out->path = SPAN("/");
	return true;
}

/* ---- clean paths */

bool
http_path_is_valid(struct span path)
{
	for (; path.len > 0; span_skip(&path, 1))
		if (path.at[0] == '%' && escaped(path) <= 0)
			return false;
	return true;
}

/* How many dots the segment is, if it is nothing else; else 0. */
static size_t
count_dots(struct span segment)
{
	size_t count = 0;

	while (segment.len > 0) {
		bool is_escaped = escaped(segment) == '.';

		if (segment.at[0] != '.' && !is_escaped)
			return 0;
		span_skip(&segment, is_escaped ? 3 : 1);
		count++;
	}
	return count;
}

static bool
is_dots(struct span segment)
{
	size_t count = count_dots(segment);

	return count == 1 || count == 2;
}

bool
http_path_is_clean(struct span path)
{
	if (path.len == 0 || path.at[0] != '/')
		return false;
	span_skip(&path, 1);
	while (path.len > 0) {
		struct span segment = span_cut(&path, '/');

		if (segment.len == 0 || is_dots(segment))
			return false;
	}
	return true;
}

/* RFC 3986 section 3.3, and escapes that are there already. */
static bool
may_stand(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') ||
	    (byte != '\0' && strchr("-._~!$&'()*+,;=:@%", byte));
}

static void
put_segment(struct buf *buf, struct span segment)
{
	for (size_t i = 0; i < segment.len; i++) {
		if (may_stand(segment.at[i]))
			(void)buf_put_char(buf, segment.at[i]);
		else
			(void)buf_printf(
			    buf, "%%%02X", (unsigned char)segment.at[i]);
	}
}

/* Removes the last segment, which ends with a '/'. */
static void
drop_segment(struct buf *buf, size_t start)
{
	if (buf->len <= start + 1)
		return;
	buf->len--;
	while (buf->len > start + 1 && buf->at[buf->len - 1] != '/')
		buf->len--;
}

bool
http_path_clean(struct buf *buf, struct span path)
{
	size_t start = buf->len;

	(void)buf_put_char(buf, '/');
	while (path.len > 0) {
		bool is_last = span_find(path, '/') == path.len;
		struct span segment = span_cut(&path, '/');
		size_t dots = count_dots(segment);

		if (dots == 2)
			drop_segment(buf, start);
		if (segment.len == 0 || dots == 1 || dots == 2)
			continue;
		put_segment(buf, segment);
		if (!is_last)
			(void)buf_put_char(buf, '/');
	}
	return !buf_failed(buf);
}

/* ---- decoding */

size_t
http_decode_path(char *at, size_t len)
{
	struct span rest = span_make(at, len);
	size_t out = 0;

	while (rest.len > 0) {
		int byte = escaped(rest);

		at[out++] = byte >= 0 ? (char)byte : rest.at[0];
		span_skip(&rest, byte >= 0 ? 3 : 1);
	}
	return out;
}

size_t
http_decode_form(char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] == '+')
			at[i] = ' ';
	return http_decode_path(at, len);
}

/* ---- patterns */

/* Whether the text, once decoded, is the literal. */
static bool
is_literal(struct span text, struct span literal)
{
	while (text.len > 0 && literal.len > 0) {
		int byte = escaped(text);

		if ((byte >= 0 ? (char)byte : text.at[0]) != literal.at[0])
			return false;
		span_skip(&text, byte >= 0 ? 3 : 1);
		span_skip(&literal, 1);
	}
	return text.len == 0 && literal.len == 0;
}

static void
keep(struct http_values *values, struct span name, struct span value)
{
	if (values->count == HTTP_VALUES_LIMIT)
		return;
	values->list[values->count].name = name;
	values->list[values->count].value = value;
	values->count++;
}

/* One segment against one of the pattern: a literal, or "{name}" with a
   literal behind it. */
static bool
segment_fits(
    struct span pattern, struct span segment, struct http_values *values)
{
	struct span end;

	if (pattern.len == 0 || pattern.at[0] != '{')
		return is_literal(segment, pattern);
	span_skip(&pattern, 1);
	end = pattern;
	pattern = span_cut(&end, '}');
	if (segment.len <= end.len)
		return false;
	segment.len -= end.len;
	if (!span_equal(span_make(segment.at + segment.len, end.len), end))
		return false;
	keep(values, pattern, segment);
	return true;
}

static bool
takes_the_rest(struct span pattern)
{
	return pattern.len > 5 && pattern.at[0] == '{' &&
	    span_find(pattern, '}') == pattern.len - 1 &&
	    span_equal(
		span_make(pattern.at + pattern.len - 4, 4), SPAN("...}"));
}

bool
http_path_fits(
    const char *pattern, struct span path, struct http_values *values)
{
	struct span rest = span_string(pattern);
	bool is_last = false;

	values->count = 0;
	span_skip(&rest, 1);
	span_skip(&path, 1);
	while (!is_last) {
		struct span wanted;

		if (takes_the_rest(rest)) {
			keep(
			    values, span_make(rest.at + 1, rest.len - 5), path);
			return true;
		}
		is_last = span_find(rest, '/') == rest.len;
		if (is_last != (span_find(path, '/') == path.len))
			return false;
		wanted = span_cut(&rest, '/');
		if (!segment_fits(wanted, span_cut(&path, '/'), values))
			return false;
	}
	return true;
}

/* ---- parameters */

size_t
http_query_count(struct span query)
{
	struct http_pair pair;
	size_t count = 0;

	while (http_query_cut(&query, &pair))
		count++;
	return count;
}

bool
http_query_cut(struct span *rest, struct http_pair *pair)
{
	while (rest->len > 0) {
		pair->value = span_cut(rest, '&');
		if (pair->value.len == 0)
			continue;
		pair->name = span_cut(&pair->value, '=');
		return true;
	}
	return false;
}
