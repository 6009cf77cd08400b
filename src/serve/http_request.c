/* http_request: what a client asks for, and whether it may. */
#include "http_private.h"

#include "base64.h"
#include "peer.h"
#include "users.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PARAMETERS_LIMIT 1000
/* A name and a password, as Basic carries them. */
#define LOGIN_LIMIT 1024
#define ANSWER_HEADERS_LIMIT ((size_t)64 * 1024)

static const struct {
	struct span name;
	enum http_method method;
} methods[] = {
    {SPAN("GET"), HTTP_GET},
    {SPAN("HEAD"), HTTP_GET},
    {SPAN("POST"), HTTP_POST},
    {SPAN("PUT"), HTTP_PUT},
    {SPAN("DELETE"), HTTP_DELETE},
};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

/* ---- birth */

static size_t
count_byte(struct span text, char byte)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == byte;
	return count;
}

/* One block: the struct, its fields, its parameters, the text of the head. */
static struct http_request *
allocate(struct span head, size_t fields, size_t parameters)
{
	size_t size = sizeof(struct http_request) +
	    fields * sizeof(struct http_field) +
	    parameters * sizeof(struct http_pair) + head.len;
	struct http_request *request = calloc(1, size);

	if (!request)
		return NULL;
	request->head.fields = (struct http_field *)(request + 1);
	request->parameters =
	    (struct http_pair *)(request->head.fields + fields);
	request->text = (char *)(request->parameters + parameters);
	if (head.len > 0)
		memcpy(request->text, head.at, head.len);
	return request;
}

/* The spans point into our copy of the head. */
static struct span
decode(struct http_request *request, struct span text,
    size_t (*how)(char *at, size_t len))
{
	char *at = request->text + (text.at - request->text);

	return text.len > 0 ? span_make(at, how(at, text.len)) : text;
}

static void
read_parameters(struct http_request *request)
{
	struct span rest = request->target.query;
	struct http_pair pair;

	while (http_query_cut(&rest, &pair)) {
		pair.name = decode(request, pair.name, http_decode_form);
		pair.value = decode(request, pair.value, http_decode_form);
		request->parameters[request->parameter_count++] = pair;
	}
}

static void
read_method(struct http_request *request)
{
	struct span name = request->head.method;

	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (span_equal(name, methods[i].name))
			request->method = methods[i].method;
	request->is_head = span_equal(name, SPAN("HEAD"));
}

struct http_request *
http_request_new(struct http_conn *conn, struct span head, int *status)
{
	struct span line = head;
	size_t fields = http_head_count(head);
	size_t parameters = count_byte(span_cut(&line, '\n'), '&') + 1;
	bool is_too_much = parameters > PARAMETERS_LIMIT;
	struct http_request *request =
	    allocate(head, fields, is_too_much ? 0 : parameters);

	if (!request)
		return NULL;
	request->conn = conn;
	request->http = conn->http;
	request->path = SPAN("/");
	buf_init(&request->login, LOGIN_LIMIT);
	buf_init(&request->body, 0);
	buf_init(&request->headers, ANSWER_HEADERS_LIMIT);
	*status = 400;
	if (head.len == 0)
		return request;
	*status = http_head_read(&request->head,
	    span_make(request->text, head.len), request->head.fields);
	read_method(request);
	if (*status == 0 && is_too_much)
		*status = 414;
	if (*status == 0 &&
	    (!http_target_read(&request->target, request->head.target) ||
		!http_path_is_valid(request->target.path)))
		*status = 400;
	return request;
}

void
http_request_free(struct http_request *request)
{
	if (!request)
		return;
	if (request->conn)
		request->conn->http->body_octets -= request->body.len;
	buf_release(&request->login);
	buf_release(&request->body);
	buf_release(&request->headers);
	free(request);
}

struct span
http_request_field(const struct http_request *request, const char *name)
{
	const struct http_field *field = http_head_field(&request->head, name);

	return field ? field->value : span_make(NULL, 0);
}

/* ---- routes */

/* Cuts the web root off; false when the path is not below it. */
static bool
enter_webroot(struct http_request *request)
{
	struct span root = span_string(http_webroot(request));
	struct span path = request->target.path;

	if (!span_starts(path, root))
		return false;
	/* The slash that ends the root begins the path. */
	span_skip(&path, root.len - 1);
	request->path = path;
	return true;
}

/* Finds the route; returns the methods of all whose path fits. */
static unsigned
find_route(struct http_request *request)
{
	const struct http_route *const *table = request->http->options.tables;
	unsigned allowed = 0;

	for (; *table; table++) {
		for (const struct http_route *row = *table; row->path; row++) {
			struct http_values values;

			if (!http_path_fits(row->path, request->path, &values))
				continue;
			allowed |= row->method;
			if (request->route || row->method != request->method)
				continue;
			request->route = row;
			request->values = values;
		}
	}
	return allowed;
}

static void
decode_values(struct http_request *request)
{
	for (size_t i = 0; i < request->values.count; i++) {
		struct http_pair *pair = &request->values.list[i];

		pair->value = decode(request, pair->value, http_decode_path);
	}
}

static bool
is_api(const struct http_request *request)
{
	return span_starts(request->path, SPAN("/api/"));
}

/* ---- may it */

static enum http_crossing
crossing_of(const struct http_request *request)
{
	bool is_visit = request->method == HTTP_GET && !is_api(request);

	if (request->is_cors)
		return is_visit ? HTTP_CROSS_CORS_VISIT : HTTP_CROSS_CORS;
	return is_visit ? HTTP_CROSS_VISIT : HTTP_CROSS_NEVER;
}

static struct span
host_of(const struct http_request *request)
{
	if (request->target.authority.len > 0)
		return request->target.authority;
	return http_request_field(request, "Host");
}

/* Quotes what the client called us, cut to what a name can be. */
static void
refuse_host(struct http_request *request, struct span host)
{
	struct buf text;
	struct span port = host;
	struct span name = span_cut(&port, ':');

	if (name.len > 255)
		name.len = 255;
	buf_init(&text, 1024);
	(void)buf_printf(&text,
	    "\"%.*s\" is not a name that this server is known by. If it is "
	    "one, allow it with the option --http-host %.*s\n",
	    SPAN_ARG(name), SPAN_ARG(name));
	http_reply(request, 403, "text/plain; charset=utf-8", buf_span(&text));
	buf_release(&text);
}

/* False when it was refused. */
static bool
pass_guard(struct http_request *request)
{
	struct http_asked asked = {
	    .host = host_of(request),
	    .origin = http_request_field(request, "Origin"),
	    .site = http_request_field(request, "Sec-Fetch-Site"),
	    .mode = http_request_field(request, "Sec-Fetch-Mode"),
	    .target = http_request_field(request, "Sec-Fetch-Dest"),
	};
	enum http_verdict verdict;

	if (request->conn->is_local)
		return true;
	verdict = http_guard_judge(
	    &request->http->guard, &asked, crossing_of(request));
	if (verdict == HTTP_ALLOWED)
		return true;
	request->is_cors = false;
	if (verdict == HTTP_UNKNOWN_HOST) {
		refuse_host(request, asked.host);
		return false;
	}
	http_reply(request, 403, "text/plain; charset=utf-8",
	    SPAN("Blocked due to CORS violation\n"));
	return false;
}

static bool
has_login(struct http_request *request)
{
	struct span value = http_request_field(request, "Authorization");
	struct span password;
	struct span name;

	if (!span_starts_nocase(value, SPAN("Basic ")))
		return false;
	span_skip(&value, sizeof("Basic ") - 1);
	if (base64_decode(&request->login, span_trim(value)) != ERR_OK)
		return false;
	password = buf_span(&request->login);
	name = span_cut(&password, ':');
	return users_check(request->http->options.users, name, password);
}

/* False when it was refused. */
static bool
pass_login(struct http_request *request)
{
	bool is_open = request->route && (request->route->flags & HTTP_OPEN);

	if (!request->http->options.users || is_open)
		return true;
	if (has_login(request))
		return true;
	buf_reset(&request->login);
	/* A preflight request carries no credentials. */
	if (span_equal(request->head.method, SPAN("OPTIONS")) &&
	    request->is_cors && request->http->options.cors_origins)
		return true;
	http_add_header(request, "WWW-Authenticate", "Basic realm=\"Login\"");
	http_reply(
	    request, 401, "text/plain; charset=utf-8", SPAN("Unauthorized.\n"));
	return false;
}

/* ---- what is answered without a handler */

static void
redirect(struct http_request *request, struct span path, int status)
{
	struct buf to;
	const char *text;

	buf_init(&to, HTTP_HEAD_LIMIT * 4);
	(void)http_path_clean(&to, path);
	if (span_equal(path, request->target.path) && http_path_is_clean(path))
		(void)buf_put_char(&to, '/');
	if (request->target.has_query) {
		(void)buf_put_char(&to, '?');
		(void)buf_put(&to, request->target.query);
	}
	text = buf_string(&to);
	if (text) {
		http_add_header(request, "Location", text);
		http_reply(request, status, NULL, SPAN(""));
	} else {
		http_request_refuse(request, 414);
	}
	buf_release(&to);
}

/* Only what is asked for without its last slash: "/x" for "/x/". */
static bool
is_bare_webroot(const struct http_request *request)
{
	struct span root = span_string(http_webroot(request));

	root.len--;
	return root.len > 0 && span_equal(request->target.path, root);
}

static void
add_allow(struct http_request *request, unsigned allowed)
{
	char text[64] = "";
	size_t len = 0;

	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (allowed & methods[i].method)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s, ", methods[i].name.at);
	(void)snprintf(text + len, sizeof(text) - len, "OPTIONS");
	http_add_header(request, "Allow", text);
}

static void
answer_options(struct http_request *request, unsigned allowed)
{
	if (allowed)
		add_allow(request, allowed);
	if (!allowed && !is_api(request) &&
	    !span_equal(request->target.path, SPAN("*"))) {
		http_request_refuse(request, 404);
		return;
	}
	http_reply(request, 200, "text/plain", SPAN(""));
}

static void
answer_unrouted(struct http_request *request, unsigned allowed)
{
	if (!allowed) {
		http_request_refuse(request, 404);
		return;
	}
	add_allow(request, allowed);
	http_request_refuse(request, 405);
}

bool
http_request_admit(struct http_request *request)
{
	bool is_star = span_equal(request->target.path, SPAN("*"));
	bool is_options = span_equal(request->head.method, SPAN("OPTIONS"));
	bool is_below = enter_webroot(request);
	bool is_clean = is_star || http_path_is_clean(request->target.path);
	unsigned allowed = is_below ? find_route(request) : 0;
	int moved = request->method == HTTP_GET ? 301 : 307;

	request->is_cors = is_api(request) ||
	    (request->route && (request->route->flags & HTTP_CORS));
	if (!pass_guard(request) || !pass_login(request))
		return false;
	if (!is_clean || is_bare_webroot(request))
		redirect(request, request->target.path, moved);
	else if (is_options)
		answer_options(request, allowed);
	else if (!request->route)
		answer_unrouted(request, allowed);
	else if (request->method != HTTP_GET &&
	    request->http->options.read_only)
		http_reply_error(
		    request, 403, "%s", request->http->options.read_only);
	else {
		decode_values(request);
		read_parameters(request);
		return true;
	}
	return false;
}

uint64_t
http_request_body_max(const struct http_request *request)
{
	const struct http_options *options = &request->http->options;
	uint64_t most = request->route->flags & HTTP_LARGE ? options->large_max
							   : options->body_max;

	return most ? most : UINT64_MAX;
}

/* ---- what handlers ask */

struct span
http_value(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->values.count; i++)
		if (span_equal(request->values.list[i].name, span_string(name)))
			return request->values.list[i].value;
	return SPAN("");
}

bool
http_parameter(
    const struct http_request *request, const char *name, struct span *value)
{
	for (size_t i = 0; i < request->parameter_count; i++) {
		if (!span_equal(request->parameters[i].name, span_string(name)))
			continue;
		*value = request->parameters[i].value;
		return true;
	}
	return false;
}

struct span
http_header(const struct http_request *request, const char *name)
{
	return http_request_field(request, name);
}

struct span
http_body(const struct http_request *request)
{
	return buf_span(&request->body);
}

enum http_method
http_method(const struct http_request *request)
{
	return request->method;
}

struct span
http_user(const struct http_request *request)
{
	struct span rest = buf_span(&request->login);

	return rest.len > 0 ? span_cut(&rest, ':') : SPAN("");
}

const char *
http_webroot(const struct http_request *request)
{
	return request->http->options.webroot ? request->http->options.webroot
					      : "/";
}

void
http_peer(const struct http_request *request, struct peer *peer)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} address = {.any = {.sa_family = AF_UNSPEC}};
	socklen_t len = sizeof(address);

	if (!request->conn ||
	    getpeername(request->conn->io.fd, &address.any, &len) != 0)
		len = 0;
	peer_read(peer, &address.any, len);
}

void
http_when_gone(
    struct http_request *request, void (*gone)(void *context), void *context)
{
	request->gone = gone;
	request->gone_context = context;
}
