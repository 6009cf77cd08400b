/* source_http_ask: requests to a server's API, and what it says is wrong. */
#include "source_http_private.h"

#include <stdlib.h>
#include <string.h>

#define API "/api/mailstop/v1"

void
source_http_begin(struct source_http *http, const char *path)
{
	buf_reset(&http->path);
	buf_put_string(&http->path, API);
	buf_put_string(&http->path, path);
}

/* RFC 3986 2.3: all but unreserved characters as %XX. */
void
source_http_put_encoded(struct source_http *http, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if ((byte >= '0' && byte <= '9') ||
		    (byte >= 'A' && byte <= 'Z') ||
		    (byte >= 'a' && byte <= 'z') || strchr("-._~", byte))
			buf_put_char(&http->path, *text);
		else
			buf_printf(&http->path, "%%%02X", byte);
	}
}

void
source_http_begin_on(struct source_http *http, const char *before,
    const char *id, const char *behind)
{
	source_http_begin(http, before);
	source_http_put_encoded(http, id);
	buf_put_string(&http->path, behind);
}

static bool
keep_body(struct span piece, void *context)
{
	struct source_http *http = context;

	return buf_put(&http->body, piece);
}

/* What the server says is wrong, in its own words. */
enum err
source_http_blame(struct source_http *http, int status, struct failure *f)
{
	static const struct {
		int status;
		enum err err;
	} rows[] = {
	    {400, ERR_USAGE},
	    {401, ERR_PERMISSION},
	    {403, ERR_PERMISSION},
	    {404, ERR_NOT_FOUND},
	    {410, ERR_GONE},
	    {503, ERR_BUSY},
	    {507, ERR_FULL},
	};
	struct span body = buf_span(&http->body);
	json_t *answer = json_loadb(body.at, body.len, 0, NULL);
	const char *text = json_string_value(json_object_get(answer, "error"));
	enum err err = ERR_UNAVAILABLE;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			err = rows[i].err;
	if (!text && status != 401)
		err = ERR_UNAVAILABLE;
	if (text)
		(void)failure_set(f, err, "%s", text);
	else if (status == 401)
		(void)failure_set(f, err,
		    "the server wants a password: http://NAME:PASSWORD@...");
	else
		(void)failure_set(
		    f, err, "the server answers %d: is it mailstop?", status);
	json_decref(answer);
	return err;
}

enum err
source_http_run(struct source_http *http, struct fetch_request request,
    int *status, struct failure *f)
{
	request.path = buf_string(&http->path);
	request.body = keep_body;
	request.context = http;
	if (!request.path)
		return failure_set(
		    f, ERR_USAGE, "the query is too long for a request");
	buf_reset(&http->body);
	return fetch_run(http->fetch, &request, status, f);
}

enum err
source_http_read_json(struct source_http *http, json_t **out, struct failure *f)
{
	struct span body = buf_span(&http->body);

	*out = json_loadb(body.at, body.len, JSON_ALLOW_NUL, NULL);
	return *out ? ERR_OK
		    : failure_set(f, ERR_UNAVAILABLE,
			  "the server's answer is no JSON: is it mailstop?");
}

/* A request whose answer is JSON. */
enum err
source_http_ask(struct source_http *http, const char *method, json_t **out,
    struct failure *f)
{
	struct fetch_request request = {
	    .method = method, .accept = SOURCE_HTTP_ACCEPT_JSON};
	int status;
	enum err err = source_http_run(http, request, &status, f);

	*out = NULL;
	if (err)
		return err;
	return status == 200 ? source_http_read_json(http, out, f)
			     : source_http_blame(http, status, f);
}

enum err
source_http_call(struct source *source, const struct source_call *call,
    json_t **out, struct failure *f)
{
	struct source_http *http = (struct source_http *)source;
	struct fetch_request request = {.method = call->method,
	    .accept = SOURCE_HTTP_ACCEPT_JSON,
	    .send = call->body};
	int status;
	enum err err;

	*out = NULL;
	source_http_begin(http, call->path);
	if (call->id)
		source_http_put_encoded(http, call->id);
	err = source_http_run(http, request, &status, f);
	if (err)
		return err;
	return status / 100 == 2 ? source_http_read_json(http, out, f)
				 : source_http_blame(http, status, f);
}
