/* http_guard: which requests a browser may have been talked into, and which
   host names are ours. */
#include "http_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* The longest name there is, with a dot at its end. */
#define HOST_MAX_LEN 254

/* ---- hosts */

static bool
is_port(struct span text)
{
	uint64_t port;

	return text.len == 0 || (span_number(text, &port) && port < 65536);
}

static bool
is_literal_of(int family, struct span host)
{
	char text[INET6_ADDRSTRLEN + 1];
	struct in6_addr address; /* room for either */

	if (host.len == 0 || host.len >= sizeof(text) ||
	    span_find(host, '\0') < host.len)
		return false;
	memcpy(text, host.at, host.len);
	text[host.len] = '\0';
	return inet_pton(family, text, &address) == 1;
}

/* "[::1]:8025": the address stands in brackets, a port behind them. */
static bool
is_ipv6(struct span host)
{
	struct span port = host;
	struct span address;

	span_skip(&port, 1);
	address = span_cut(&port, ']');
	if (host.at[0] != '[' || address.len + 1 >= host.len)
		return false;
	if (port.len > 0 && port.at[0] != ':')
		return false;
	span_skip(&port, 1);
	return is_port(port) && is_literal_of(AF_INET6, address);
}

static bool
ends_with(struct span name, struct span end)
{
	return name.len > end.len &&
	    span_equal_nocase(
		span_make(name.at + name.len - end.len, end.len), end);
}

/* A row of --http-host: a name, "*.name" or "*". */
static bool
host_fits(struct span name, struct span row)
{
	if (span_equal(row, SPAN("*")))
		return true;
	if (!span_starts(row, SPAN("*.")))
		return span_equal_nocase(name, row);
	span_skip(&row, 1);
	return ends_with(name, row);
}

bool
http_guard_knows_host(const struct http_guard *guard, struct span host)
{
	struct span port = host;
	struct span name = span_cut(&port, ':');

	if (host.len == 0)
		return true;
	if (is_ipv6(host))
		return true;
	if (name.len == 0 || name.len > HOST_MAX_LEN || !is_port(port))
		return false;
	if (name.at[name.len - 1] == '.')
		name.len--;
	if (is_literal_of(AF_INET, name) ||
	    span_equal_nocase(name, SPAN("localhost")) ||
	    ends_with(name, SPAN(".localhost")))
		return true;
	for (const char *const *row = guard->hosts; row && *row; row++)
		if (host_fits(name, span_string(*row)))
			return true;
	return false;
}

/* ---- origins */

/* What stands behind the scheme; empty when there is none ("null"). */
static struct span
authority_of(struct span origin)
{
	if (span_starts_nocase(origin, SPAN("http://")))
		span_skip(&origin, sizeof("http://") - 1);
	else if (span_starts_nocase(origin, SPAN("https://")))
		span_skip(&origin, sizeof("https://") - 1);
	else
		origin.len = 0;
	return origin;
}

bool
http_guard_allows_origin(const struct http_guard *guard, struct span origin)
{
	struct span authority = authority_of(origin);

	for (const char *const *row = guard->origins; row && *row; row++) {
		struct span allowed = span_string(*row);

		/* People paste what the address bar shows. */
		if (allowed.len > 0 && allowed.at[allowed.len - 1] == '/')
			allowed.len--;
		if (span_equal(allowed, SPAN("*")) ||
		    span_equal_nocase(origin, allowed) ||
		    (authority.len > 0 &&
			span_equal_nocase(authority, allowed)))
			return true;
	}
	return false;
}

static bool
allows_any_origin(const struct http_guard *guard)
{
	return http_guard_allows_origin(guard, SPAN("*"));
}

static bool
is_own_origin(const struct http_asked *asked)
{
	struct span authority = authority_of(asked->origin);

	return authority.len > 0 && span_equal_nocase(authority, asked->host);
}

static bool
takes_cors(enum http_crossing crossing)
{
	return crossing == HTTP_CROSS_CORS || crossing == HTTP_CROSS_CORS_VISIT;
}

/* Somebody followed a link to us: a page in a tab, not one in a frame. */
static bool
is_visit(const struct http_asked *asked)
{
	return span_equal(asked->mode, SPAN("navigate")) &&
	    span_equal(asked->target, SPAN("document"));
}

/* Browsers leave Origin out of images, scripts, links and the like; newer ones
   say with Sec-Fetch-Site where those come from. "same-site" is another port
   of localhost, too. */
static bool
is_own_site(const struct http_asked *asked)
{
	return asked->site.len == 0 ||
	    span_equal(asked->site, SPAN("same-origin")) ||
	    span_equal(asked->site, SPAN("none"));
}

enum http_verdict
http_guard_judge(const struct http_guard *guard, const struct http_asked *asked,
    enum http_crossing crossing)
{
	if (!http_guard_knows_host(guard, asked->host))
		return HTTP_UNKNOWN_HOST;
	if (asked->origin.at) {
		if (is_own_origin(asked) ||
		    (takes_cors(crossing) &&
			http_guard_allows_origin(guard, asked->origin)))
			return HTTP_ALLOWED;
		return HTTP_FOREIGN_ORIGIN;
	}
	if (is_own_site(asked) ||
	    (takes_cors(crossing) && allows_any_origin(guard)))
		return HTTP_ALLOWED;
	if ((crossing == HTTP_CROSS_VISIT ||
		crossing == HTTP_CROSS_CORS_VISIT) &&
	    is_visit(asked))
		return HTTP_ALLOWED;
	return HTTP_FOREIGN_ORIGIN;
}
