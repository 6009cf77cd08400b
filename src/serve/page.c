/* page: the files of the web interface, which are part of the program. */
#include "page.h"

#include "buf.h"
#include "finding.h"
#include "page_assets.h"

#include <stdio.h>
#include <string.h>

#define INDEX "index.html"
#define POLICY "Content-Security-Policy"
/* The page with its names filled in; the file itself is a few KiB. */
#define INDEX_LIMIT ((size_t)1024 * 1024)

/*
 * Nothing but files of ours, and no text ever becomes markup or script:
 * trusted-types 'none' makes innerHTML and its like throw. What mail shows is
 * inside of frames with a policy of their own, see policies.
 */
#define INDEX_POLICY                                                           \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self' data: blob:; connect-src 'self'; "                     \
	"frame-src 'self'; manifest-src 'self'; base-uri 'none'; "             \
	"form-action 'none'; frame-ancestors 'none'; trusted-types "           \
	"'none'; require-trusted-types-for 'script'"

/*
 * The two hosts of HTML mail. A srcdoc frame inherits the policy of the
 * document that it stands in, so these, which hold nothing else, say what mail
 * may load: nothing, or (where the user asked for it) pictures, styles, fonts
 * and media. Never script, frames, forms, connections.
 */
#define FRAME_POLICY(from)                                                     \
	"default-src 'none'; img-src data:" from "; "                          \
	"style-src 'unsafe-inline'" from "; font-src data:" from "; "          \
	"media-src data:" from "; base-uri 'none'; form-action 'none'; "       \
	"frame-ancestors 'self'"

static const struct {
	const char *name;
	const char *policy;
} policies[] = {
    {"frame.html", FRAME_POLICY("")},
    {"frame-remote.html", FRAME_POLICY(" http: https:")},
    {"reference.html", INDEX_POLICY},
};

static const struct {
	const char *end;
	const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

static const char *
type_of(const char *name)
{
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(end, types[i].end) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static const struct page_asset *
find(struct span name)
{
	for (const struct page_asset *it = page_assets; it->name; it++)
		if (span_equal(name, span_string(it->name)))
			return it;
	return NULL;
}

/* ---- the page */

static bool
put_escaped(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr("\"&<>", text.at[i]))
			(void)buf_printf(out, "&#%d;", text.at[i]);
		else
			(void)buf_put_char(out, text.at[i]);
	return !buf_failed(out);
}

static bool
put_root(struct buf *out, const struct http_request *request)
{
	return put_escaped(out, span_string(http_webroot(request)));
}

static bool
put_folder(struct buf *out, const struct http_request *request)
{
	return put_root(out, request) &&
	    buf_printf(out, "page/%s/", page_version);
}

/* For the completion of queries. */
static bool
put_rules(struct buf *out, const struct http_request *request)
{
	(void)request;
	for (const struct finding_rule *it = finding_rules(); it->id; it++)
		(void)buf_printf(out, "%s ", it->id);
	return !buf_failed(out);
}

/* What stands for a fact that only the running server knows. */
static const struct {
	struct span name;
	bool (*put)(struct buf *, const struct http_request *);
} holes[] = {
    {SPAN("@ROOT@"), put_root},
    {SPAN("@FOLDER@"), put_folder},
    {SPAN("@RULES@"), put_rules},
};

static bool
put_filled(
    struct buf *out, struct span text, const struct http_request *request)
{
	while (text.len > 0) {
		size_t plain = span_find(text, '@'), i;

		(void)buf_put(out, span_make(text.at, plain));
		span_skip(&text, plain);
		for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
			if (!span_starts(text, holes[i].name))
				continue;
			(void)holes[i].put(out, request);
			span_skip(&text, holes[i].name.len);
			break;
		}
		if (i == sizeof(holes) / sizeof(holes[0]) && text.len > 0) {
			(void)buf_put_char(out, text.at[0]);
			span_skip(&text, 1);
		}
	}
	return !buf_failed(out);
}

void
page_serve(struct http_request *request, void *context)
{
	const struct page_asset *index = find(SPAN(INDEX));
	struct buf text;

	(void)context;
	buf_init(&text, INDEX_LIMIT);
	http_add_header(request, POLICY, INDEX_POLICY);
	http_add_header(request, "Cache-Control", "no-cache");
	http_add_header(request, "Cross-Origin-Opener-Policy", "same-origin");
	/* Links in mail are not looked up before somebody follows them. */
	http_add_header(request, "X-DNS-Prefetch-Control", "off");
	if (put_filled(&text, span_make(index->at, index->len), request))
		http_reply(request, 200, type_of(index->name), buf_span(&text));
	else
		http_reply(request, 500, "text/plain", SPAN("out of memory\n"));
	buf_release(&text);
}

/* ---- the other files */

/* If-None-Match is "*" or a list; tags are compared weakly (RFC 9110 13.1.2),
   as the bytes differ with the compression. */
static bool
has_tag(struct span list, struct span tag)
{
	while (list.len > 0) {
		struct span one = span_trim(span_cut(&list, ','));

		if (span_starts(one, SPAN("W/")))
			span_skip(&one, 2);
		if (span_equal(one, SPAN("*")) || span_equal(one, tag))
			return true;
	}
	return false;
}

static void
add_caching(struct http_request *request, const char *tag)
{
	char text[64];
	bool is_current = span_equal(
	    http_value(request, "version"), span_string(page_version));

	(void)snprintf(text, sizeof(text), "W/%s", tag);
	http_add_header(request, "ETag", text);
	http_add_header(request, "Cache-Control",
	    is_current ? "private, max-age=31536000, immutable" : "no-cache");
}

/* A page that is open since before an upgrade asks for its old version: what
   there is now is better than nothing. */
static void
answer_asset(struct http_request *request, const struct page_asset *asset)
{
	char tag[48];

	if (!asset || strcmp(asset->name, INDEX) == 0) {
		http_reply(request, 404, "text/plain; charset=utf-8",
		    SPAN("404 page not found\n"));
		return;
	}
	(void)snprintf(tag, sizeof(tag), "\"%s\"", asset->tag);
	add_caching(request, tag);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(asset->name, policies[i].name) == 0)
			http_add_header(request, POLICY, policies[i].policy);
	http_add_header(request, "X-DNS-Prefetch-Control", "off");
	if (has_tag(http_header(request, "If-None-Match"), span_string(tag)))
		http_reply(request, 304, NULL, SPAN(""));
	else
		http_reply(request, 200, type_of(asset->name),
		    span_make(asset->at, asset->len));
}

static void
serve_asset(struct http_request *request, void *context)
{
	(void)context;
	answer_asset(request, find(http_value(request, "file")));
}

/* ---- what the API is, for programs, then for people */

static void
serve_openapi(struct http_request *request, void *context)
{
	(void)context;
	answer_asset(request, find(SPAN("openapi.json")));
}

static void
serve_reference(struct http_request *request, void *context)
{
	(void)context;
	answer_asset(request, find(SPAN("reference.html")));
}

const struct http_route page_routes[] = {
    {HTTP_GET, "/", page_serve, 0},
    {HTTP_GET, "/search", page_serve, 0},
    {HTTP_GET, "/view/", page_serve, 0},
    {HTTP_GET, "/api/v1/", serve_reference, 0},
    {HTTP_GET, "/api/v1/swagger.json", serve_openapi, HTTP_CORS},
    {HTTP_GET, "/page/{version}/{file}", serve_asset, 0},
    {0, NULL, NULL, 0},
};
