/* endpoint: the written form of the place where a socket listens. */
#include "endpoint.h"

#include <limits.h>
#include <string.h>

#define DEFAULT_HOST "127.0.0.1"

static bool
is_octal(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '7')
			return false;
	return text.len == 3 || text.len == 4;
}

/* The index of the last `byte`, or the span's length. */
static size_t
find_last(struct span text, char byte)
{
	for (size_t i = text.len; i > 0; i--)
		if (text.at[i - 1] == byte)
			return i - 1;
	return text.len;
}

/* Takes ":0660" from the end of the path where there is one. */
static int
cut_mode(struct span *path)
{
	size_t colon = find_last(*path, ':');
	struct span digits = *path;
	int mode = 0;

	span_skip(&digits, colon + 1);
	if (colon == path->len || !is_octal(digits))
		return ENDPOINT_NO_MODE;
	for (size_t i = 0; i < digits.len; i++)
		mode = mode * 8 + (digits.at[i] - '0');
	path->len = colon;
	return mode;
}

static enum err
parse_unix(struct endpoint *endpoint, struct span path, struct failure *failure)
{
	endpoint->kind = ENDPOINT_UNIX;
	endpoint->mode = cut_mode(&path);
	if (path.len == 0)
		return failure_set(
		    failure, ERR_USAGE, "unix: no path behind it");
	if (path.len >= sizeof(endpoint->path))
		return failure_set(failure, ERR_USAGE,
		    "unix:%.*s: the path is longer than %zu bytes, which a "
		    "socket's address cannot hold",
		    SPAN_ARG(path), sizeof(endpoint->path) - 1);
	memcpy(endpoint->path, path.at, path.len);
	return ERR_OK;
}

static enum err
parse_fd(struct endpoint *endpoint, struct span digits, struct failure *failure)
{
	uint64_t number;

	endpoint->kind = ENDPOINT_FD;
	if (!span_number(digits, &number) || number > INT_MAX)
		return failure_set(failure, ERR_USAGE,
		    "fd:%.*s: not the number of a descriptor",
		    SPAN_ARG(digits));
	endpoint->fd = (int)number;
	return ERR_OK;
}

/* Splits "host:port" and "[host]:port"; digits alone are a port. */
static const char *
split(struct span text, struct span *host, struct span *port)
{
	static const struct span slashes = SPAN("//");
	size_t colon = find_last(text, ':');
	struct span rest = text;

	span_skip(&rest, span_find(text, '/'));
	if (span_starts(rest, slashes))
		return "the form is host:port, not a URL";
	*port = text;
	if (colon == text.len) {
		*host = SPAN(DEFAULT_HOST);
		return NULL;
	}
	span_skip(port, colon + 1);
	*host = span_make(text.at, colon);
	if (host->len > 0 && host->at[0] == '[') {
		if (host->len < 3 || host->at[host->len - 1] != ']')
			return "not [address]:port";
		*host = span_make(host->at + 1, host->len - 2);
		return NULL;
	}
	if (span_find(*host, ':') != host->len)
		return "an IPv6 address needs brackets: [::1]:1025";
	if (span_equal(*host, SPAN("*")))
		host->len = 0;
	return NULL;
}

static enum err
parse_tcp(struct endpoint *endpoint, struct span text, struct failure *failure)
{
	struct span host;
	struct span port;
	uint64_t number;
	const char *wrong = split(text, &host, &port);

	if (wrong)
		return failure_set(
		    failure, ERR_USAGE, "%.*s: %s", SPAN_ARG(text), wrong);
	if (!span_number(port, &number))
		return failure_set(failure, ERR_USAGE,
		    "%.*s: no port; the form is host:port, :port or "
		    "unix:/path",
		    SPAN_ARG(text));
	if (number > UINT16_MAX)
		return failure_set(failure, ERR_USAGE,
		    "%.*s: ports end at 65535", SPAN_ARG(text));
	if (host.len >= sizeof(endpoint->host))
		return failure_set(failure, ERR_USAGE,
		    "%.*s: the host name is too long", SPAN_ARG(text));
	endpoint->kind = ENDPOINT_TCP;
	endpoint->port = (uint16_t)number;
	memcpy(endpoint->host, host.at, host.len);
	return ERR_OK;
}

/* A NUL would end the C strings early; a blank is a slip of the quoting. */
static bool
is_clean(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte <= ' ' || byte == 127)
			return false;
	}
	return text.len > 0 && text.len < INT_MAX;
}

enum err
endpoint_parse(
    struct endpoint *endpoint, struct span text, struct failure *failure)
{
	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->mode = ENDPOINT_NO_MODE;
	endpoint->fd = -1;
	if (!is_clean(text))
		return failure_set(failure, ERR_USAGE,
		    "an address is empty, or holds a blank or a control "
		    "character");
	if (span_starts(text, SPAN("unix:"))) {
		span_skip(&text, strlen("unix:"));
		return parse_unix(endpoint, text, failure);
	}
	if (span_starts(text, SPAN("fd:"))) {
		span_skip(&text, strlen("fd:"));
		return parse_fd(endpoint, text, failure);
	}
	return parse_tcp(endpoint, text, failure);
}
