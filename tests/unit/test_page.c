/* test_page: the files of the page, as a browser asks for them. */
#include "page.h"

#include "finding.h"
#include "http_peer.h"
#include "page_assets.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#define HOST "Host: localhost:8025\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST
/* All that a browser loads, before compression. */
#define ASSETS_MAX ((size_t)150 * 1000)

static const struct http_route *const tables[] = {page_routes, NULL};

static struct http_options
make_options(const char *webroot)
{
	return (struct http_options){
	    .tables = tables, .webroot = webroot, .body_max = 1000};
}

/* ---- one request, one answer */

static const struct row {
	const char *what;
	const char *request;
	const char *says;
	const char *lacks; /* NULL, or what must not stand there */
} rows[] = {
    {"the page", GET("/") "\r\n", "HTTP/1.1 200 OK\r\n", NULL},
    {"its type", GET("/") "\r\n",
	"\r\nContent-Type: text/html; charset=utf-8\r\n", NULL},
    {"one script", GET("/page/old/app.js") "\r\n", "200 OK", "from'./"},
    {"it is read again", GET("/") "\r\n", "\r\nCache-Control: no-cache\r\n",
	NULL},
    {"nothing from elsewhere", GET("/") "\r\n",
	"\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "
	"style-src 'self'; ",
	"unsafe"},
    {"no text becomes markup", GET("/") "\r\n",
	"require-trusted-types-for 'script'\r\n", NULL},
    {"in nobody's frame", GET("/") "\r\n", "frame-ancestors 'none'", NULL},
    {"all is filled in", GET("/") "\r\n", "</html>", "@"},
    {"the finding rules", GET("/") "\r\n", "bare-lf ", NULL},
    {"a view of nothing", GET("/view/") "\r\n", "<title>mailstop</title>",
	NULL},
    {"Mailpit's search", GET("/search?q=x") "\r\n", "<title>mailstop</title>",
	NULL},
    {"a link from elsewhere",
	GET("/") "Sec-Fetch-Site: cross-site\r\n"
		 "Sec-Fetch-Mode: navigate\r\n"
		 "Sec-Fetch-Dest: document\r\n\r\n",
	"200 OK", NULL},
    {"another page's frame",
	GET("/") "Sec-Fetch-Site: cross-site\r\n"
		 "Sec-Fetch-Mode: navigate\r\n"
		 "Sec-Fetch-Dest: iframe\r\n\r\n",
	"403 ", NULL},
    {"a script", GET("/page/old/app.js") "\r\n",
	"\r\nContent-Type: text/javascript; charset=utf-8\r\n", NULL},
    {"is checked", GET("/page/old/app.js") "\r\n",
	"\r\nCache-Control: no-cache\r\n", "immutable"},
    {"is not guessed", GET("/page/old/app.js") "\r\n",
	"\r\nX-Content-Type-Options: nosniff\r\n", NULL},
    {"a style", GET("/page/old/style.css") "\r\n",
	"\r\nContent-Type: text/css; charset=utf-8\r\n", NULL},
    {"a picture", GET("/page/old/icon.svg") "\r\n",
	"\r\nContent-Type: image/svg+xml\r\n", NULL},
    {"a frame for mail", GET("/page/old/frame.html") "\r\n",
	"\r\nContent-Security-Policy: default-src 'none'; img-src data:; "
	"style-src 'unsafe-inline'; font-src data:; media-src data:; "
	"base-uri 'none'; form-action 'none'; frame-ancestors 'self'\r\n",
	"http:"},
    {"one that may load", GET("/page/old/frame-remote.html") "\r\n",
	"img-src data: http: https:; ", "script-src"},
    {"it runs nothing", GET("/page/old/frame-remote.html") "\r\n",
	"default-src 'none'; ", "connect-src"},
    {"the page only where it is filled in", GET("/page/old/index.html") "\r\n",
	"404 ", NULL},
    {"no such file", GET("/page/old/none.js") "\r\n", "404 ", NULL},
    {"no path", GET("/page/old/..%2fapp.js") "\r\n", "404 ", NULL},
    {"no folder", GET("/page/") "\r\n", "404 ", NULL},
    {"nothing to write to", "POST / HTTP/1.1\r\n" HOST "\r\n", "405 ", NULL},
    {"any tag will do",
	GET("/page/old/app.js") "If-None-Match: \"a\", *\r\n"
				"Connection: close\r\n\r\n",
	"304 Not Modified\r\n", NULL},
    {"another tag", GET("/page/old/app.js") "If-None-Match: \"a\"\r\n\r\n",
	"200 OK\r\n", NULL},
};

static void
answers(void **state)
{
	struct http_options options = make_options("/");
	struct http_peer peer;

	(void)state;
	http_peer_open(&peer, &options, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_client client;
		const char *text =
		    http_client_ask(&client, &peer, rows[i].request);

		if (!strstr(text, rows[i].says))
			fail_msg("%s: %s", rows[i].what, text);
		if (rows[i].lacks && strstr(text, rows[i].lacks))
			fail_msg("%s: %s", rows[i].what, text);
		http_client_close(&client);
	}
	http_peer_close(&peer);
}

static void
expect(struct http_peer *peer, const char *path, const char *fields,
    const char *says)
{
	struct http_client client;
	char request[512];
	const char *text;

	(void)snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\n" HOST "%s\r\n", path, fields);
	text = http_client_ask(&client, peer, request);
	if (!strstr(text, says))
		fail_msg("%s: %s", path, text);
	http_client_close(&client);
}

/* Whoever has the current version need not ask again. */
static void
keeps_what_has_a_version(void **state)
{
	struct http_options options = make_options("/");
	struct http_peer peer;
	char path[128], field[128];

	(void)state;
	http_peer_open(&peer, &options, NULL);
	for (const struct page_asset *it = page_assets; it->name; it++) {
		if (strcmp(it->name, "index.html") == 0)
			continue;
		(void)snprintf(
		    path, sizeof(path), "/page/%s/%s", page_version, it->name);
		expect(&peer, path, "",
		    "\r\nCache-Control: private, max-age=31536000, "
		    "immutable\r\n");
		(void)snprintf(field, sizeof(field), "ETag: W/\"%s\"", it->tag);
		expect(&peer, path, "", field);
		(void)snprintf(field, sizeof(field),
		    "If-None-Match: \"x\", W/\"%s\"\r\nConnection: close\r\n",
		    it->tag);
		expect(&peer, path, field, "304 Not Modified\r\n");
	}
	http_peer_close(&peer);
}

static void
stands_below_a_web_root(void **state)
{
	struct http_options options = make_options("/a&b/");
	struct http_peer peer;
	char script[128];

	(void)state;
	http_peer_open(&peer, &options, NULL);
	(void)snprintf(script, sizeof(script),
	    "src=\"/a&#38;b/page/%s/app.js\"", page_version);
	expect(&peer, "/a&b/", "", script);
	expect(&peer, "/a&b/", "",
	    "href=\"/a&#38;b/api/mailstop/v1/messages?limit=200&amp;"
	    "order=newest\"");
	http_peer_close(&peer);
}

/* ---- the files among themselves */

static bool
has_asset(struct span name)
{
	for (const struct page_asset *it = page_assets; it->name; it++)
		if (span_equal(name, span_string(it->name)))
			return true;
	return false;
}

/* Each name between `before` and `end` in a file is that of a file. */
static size_t
check_names(const struct page_asset *asset, const char *before, char end)
{
	struct span text = span_make(asset->at, asset->len);
	size_t len = strlen(before), count = 0;

	while (text.len > len) {
		struct span rest = text;

		if (!span_starts(text, span_string(before))) {
			span_skip(&text, 1);
			continue;
		}
		span_skip(&rest, len);
		rest = span_cut(&rest, end);
		if (!has_asset(rest))
			fail_msg("%s: %.*s", asset->name, SPAN_ARG(rest));
		count++;
		span_skip(&text, len);
	}
	return count;
}

static void
names_only_what_there_is(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct page_asset *it = page_assets; it->name; it++)
		count += check_names(it, "@FOLDER@", '"');
	assert_true(count > 2);
}

/* The description of the API is a page of its own, which this one does not
   load. */
static bool
is_of_reference(const char *name)
{
	return strcmp(name, "openapi.json") == 0 ||
	    strncmp(name, "reference.", sizeof("reference.") - 1) == 0;
}

static void
stays_small(void **state)
{
	size_t total = 0;

	(void)state;
	for (const struct page_asset *it = page_assets; it->name; it++)
		if (!is_of_reference(it->name))
			total += it->len;
	if (total > ASSETS_MAX)
		fail_msg("%zu octets", total);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(keeps_what_has_a_version),
	    cmocka_unit_test(stands_below_a_web_root),
	    cmocka_unit_test(names_only_what_there_is),
	    cmocka_unit_test(stays_small),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
