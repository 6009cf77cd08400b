/* test_http: requests of every kind to a server on the same loop. */
#include "http_peer.h"

#include "scratch.h"
#include "unit.h"
#include "users.h"

#include <jansson.h>
#include <string.h>

#define HOST "Host: localhost:8025\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST

struct seen {
	unsigned served;
};

static void
serve_hello(struct http_request *request, void *context)
{
	struct seen *seen = context;

	seen->served++;
	http_reply(request, 200, "text/plain", SPAN("hello"));
}

static void
serve_echo(struct http_request *request, void *context)
{
	struct seen *seen = context;

	seen->served++;
	http_reply(
	    request, 200, "application/octet-stream", http_body(request));
}

static void
serve_values(struct http_request *request, void *context)
{
	struct span a = SPAN("-");
	struct buf text;

	(void)context;
	buf_init(&text, 65536);
	(void)http_parameter(request, "a b", &a);
	(void)buf_printf(&text, "id=%.*s a=%.*s user=%.*s method=%d",
	    SPAN_ARG(http_value(request, "id")), SPAN_ARG(a),
	    SPAN_ARG(http_user(request)), (int)http_method(request));
	http_reply(request, 200, "text/plain", buf_span(&text));
	buf_release(&text);
}

static void
serve_json(struct http_request *request, void *context)
{
	json_t *object = json_object();

	(void)context;
	json_object_set_new(
	    object, "text", http_json_string(SPAN("a<b>&\xff\0\xc3\xa4")));
	http_reply_json(request, 200, object);
}

static void
serve_error(struct http_request *request, void *context)
{
	(void)context;
	http_reply_error(request, 410, "no %s", "more");
}

static void
serve_page(struct http_request *request, void *context)
{
	(void)context;
	http_add_header(request, "content-security-policy", "default-src x");
	http_add_header(request, "X-Name", "a\r\nSet-Cookie: b");
	http_reply(request, 200, "text/html\r\nX: y", SPAN("<p>"));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", serve_hello, 0},
    {HTTP_GET, "/livez", serve_hello, HTTP_OPEN},
    {HTTP_GET, "/page", serve_page, 0},
    {HTTP_GET, "/view/{id}.html", serve_values, HTTP_CORS},
    {HTTP_GET, "/api/v1/json", serve_json, HTTP_CORS},
    {HTTP_GET, "/api/v1/error", serve_error, HTTP_CORS},
    {HTTP_GET, "/api/v1/message/{id}", serve_values, HTTP_CORS},
    {0, NULL, NULL, 0},
};

static const struct http_route more_routes[] = {
    {HTTP_POST, "/api/v1/send", serve_echo, HTTP_CORS | HTTP_LARGE},
    {HTTP_PUT, "/api/v1/json", serve_echo, HTTP_CORS},
    {HTTP_DELETE, "/api/v1/json", serve_echo, HTTP_CORS},
    {0, NULL, NULL, 0},
};

static const struct http_route *const tables[] = {routes, more_routes, NULL};

static struct http_options
make_options(struct seen *seen)
{
	struct http_options options = {
	    .tables = tables,
	    .context = seen,
	    .webroot = "/",
	    .body_max = 1000,
	    .large_max = 100000,
	};

	memset(seen, 0, sizeof(*seen));
	return options;
}

/* ---- one request, one answer */

static const struct row {
	const char *what;
	const char *request;
	const char *says;
	const char *lacks; /* NULL, or what must not stand there */
} rows[] = {
    {"a page", GET("/") "\r\n", "HTTP/1.1 200 OK\r\n", NULL},
    {"its body", GET("/") "\r\n", "\r\n\r\nhello", NULL},
    {"its length", GET("/") "\r\n", "\r\nContent-Length: 5\r\n", NULL},
    {"its type", GET("/") "\r\n", "\r\nContent-Type: text/plain\r\n", NULL},
    {"always a date", GET("/") "\r\n", "\r\nDate: ", NULL},
    {"always a policy", GET("/") "\r\n", "\r\nReferrer-Policy: no-referrer\r\n",
	NULL},
    {"always another policy", GET("/x") "\r\n",
	"\r\nContent-Security-Policy: ", NULL},
    {"stays open", GET("/") "\r\n", "200 OK", "Connection:"},
    {"closes", GET("/") "Connection: close\r\n\r\n",
	"\r\nConnection: close\r\n", NULL},
    {"bare LF", "GET / HTTP/1.1\nHost: localhost\n\n", "200 OK", NULL},
    {"line ends first", "\r\n\r\n" GET("/") "\r\n", "200 OK", NULL},
    {"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "\r\nConnection: close\r\n", NULL},
    {"HTTP/1.0 that stays", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
	"\r\nConnection: keep-alive\r\n", NULL},
    {"HEAD", "HEAD / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
	"\r\nContent-Length: 5\r\n", "hello"},
    {"absolute form",
	"GET http://localhost:8025/?a HTTP/1.1\r\nHost: evil.test\r\n\r\n",
	"200 OK", NULL},
    {"absolute form, foreign",
	"GET http://evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"403 Forbidden", NULL},
    {"unknown path", GET("/nothing") "\r\n", "404 Not Found\r\n", NULL},
    {"its text", GET("/nothing") "\r\n", "\r\n\r\n404 page not found\n", NULL},
    {"unknown path of the API", GET("/api/v1/nothing") "\r\n",
	"\r\n\r\nFile not found\n", NULL},
    {"of our own", GET("/api/mailstop/v1/nothing") "\r\n",
	"\r\n\r\n{\"error\":\"", NULL},
    {"another method", "POST / HTTP/1.1\r\n" HOST "\r\n",
	"405 Method Not Allowed\r\n", NULL},
    {"which are allowed", "DELETE / HTTP/1.1\r\n" HOST "\r\n",
	"\r\nAllow: GET, HEAD, OPTIONS\r\n", NULL},
    {"of two tables", "POST /api/v1/json HTTP/1.1\r\n" HOST "\r\n",
	"\r\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\r\n", NULL},
    {"an unknown method", "PATCH / HTTP/1.1\r\n" HOST "\r\n", "405 ", NULL},
    {"CONNECT", "CONNECT a.test:1 HTTP/1.1\r\n" HOST "\r\n", "400 ", NULL},
    {"OPTIONS", "OPTIONS /api/v1/x HTTP/1.1\r\n" HOST "\r\n",
	"HTTP/1.1 200 OK\r\n", NULL},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\n",
	NULL},
    {"OPTIONS of a page", "OPTIONS / HTTP/1.1\r\n" HOST "\r\n",
	"\r\nAllow: GET, HEAD, OPTIONS\r\n", NULL},
    {"OPTIONS of nothing", "OPTIONS /x HTTP/1.1\r\n" HOST "\r\n", "404 ", NULL},
    {"two slashes", GET("//view/ab.html?a=1&b") "\r\n",
	"\r\nLocation: /view/ab.html?a=1&b\r\n", NULL},
    {"moved for good", GET("//view/ab.html") "\r\n",
	"HTTP/1.1 301 Moved Permanently\r\n", NULL},
    {"moved, and asked again so",
	"POST /./api/v1/send HTTP/1.1\r\n" HOST "\r\n",
	"HTTP/1.1 307 Temporary Redirect\r\n", NULL},
    {"dots", GET("/a/../view/./x") "\r\n", "\r\nLocation: /view/x\r\n", NULL},
    {"not to another host", GET("//\\evil.test/%2e%2e") "\r\n",
	"\r\nLocation: /\r\n", NULL},
    {"nor so", GET("//\\evil.test/..//\\evil.test") "\r\n",
	"\r\nLocation: /%5Cevil.test\r\n", NULL},
    {"a value", GET("/api/v1/message/a%20b%2Fc?a+b=%C3%A4+x&a+b=2") "\r\n",
	"id=a b/c a=\xc3\xa4 x user= method=1", NULL},
    {"a value with an end", GET("/view/x.y.html") "\r\n", "id=x.y a=-", NULL},
    {"an empty value", GET("/api/v1/message/") "\r\n", "404 ", NULL},
    {"a broken escape", GET("/api/v1/message/a%2") "\r\n", "400 ", NULL},
    {"a NUL", GET("/api/v1/message/a%00b") "\r\n", "400 ", NULL},
    {"JSON", GET("/api/v1/json") "\r\n",
	"\r\n\r\n{\"text\":\"a\\u003cb\\u003e\\u0026\xef\xbf\xbd\\u0000"
	"\xc3\xa4\"}\n",
	NULL},
    {"its type", GET("/api/v1/json") "\r\n",
	"\r\nContent-Type: application/json\r\n", NULL},
    {"an error", GET("/api/v1/error") "\r\n", "410 Gone\r\n", NULL},
    {"its words", GET("/api/v1/error") "\r\n",
	"\r\n\r\n{\"error\":\"no more\"}\n", NULL},
    {"a policy of its own", GET("/page") "\r\n",
	"\r\ncontent-security-policy: default-src x\r\n", "default-src 'none'"},
    {"no header in a value", GET("/page") "\r\n",
	"\r\nX-Name: a  Set-Cookie: b\r\n", NULL},
    {"nor in the type", GET("/page") "\r\n",
	"\r\nContent-Type: text/html  X: y\r\n", NULL},
    {"a body",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody",
	"\r\n\r\nbody", NULL},
    {"a body in chunks",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST
	"Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n"
	"X: y\r\n\r\n",
	"\r\n\r\nbody", NULL},
    {"a body that is announced",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST
	"Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
	"\r\n\r\nbody", "100 Continue"},
    {"a body for GET",
	"GET / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody", "hello",
	NULL},
    {"a body for nobody",
	"POST /x HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody",
	"\r\nConnection: close\r\n", NULL},
    {"too large",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n",
	"413 Content Too Large\r\n", NULL},
    {"too large in chunks",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST
	"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
	"413 ", NULL},
    {"too large for a message",
	"POST /api/v1/send HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n",
	"\r\n\r\n{\"Error\":\"", NULL},
    {"nonsense", "nonsense\r\n\r\n", "400 Bad Request\r\n", NULL},
    {"another protocol", "EHLO localhost\r\n\r\n", "400 ", NULL},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 ", NULL},
    {"no host", "GET / HTTP/1.1\r\n\r\n", "400 ", NULL},
    {"two hosts", GET("/") HOST "\r\n", "400 ", NULL},
    {"both kinds of length",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST
	"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"400 ", NULL},
    {"broken chunks",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST
	"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
	"400 ", NULL},
    {"another encoding",
	"PUT /api/v1/json HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n",
	"501 ", NULL},
    {"another expectation", GET("/") "Expect: miracles\r\n\r\n", "417 ", NULL},
    {"cross-origin", GET("/api/v1/json") "Origin: http://evil.test\r\n\r\n",
	"\r\n\r\nBlocked due to CORS violation\n",
	"Access-Control-Allow-Origin"},
    {"its status", GET("/api/v1/json") "Origin: http://evil.test\r\n\r\n",
	"403 Forbidden\r\n", NULL},
    {"own origin", GET("/api/v1/json") "Origin: http://localhost:8025\r\n\r\n",
	"\r\nAccess-Control-Allow-Origin: http://localhost:8025\r\n", NULL},
    {"an image", GET("/api/v1/json") "Sec-Fetch-Site: cross-site\r\n\r\n",
	"403 ", NULL},
    {"a form of another port",
	"POST /api/v1/send HTTP/1.1\r\n" HOST
	"Origin: http://localhost:3000\r\n\r\n",
	"403 ", NULL},
    {"a link",
	GET("/") "Sec-Fetch-Site: cross-site\r\n"
		 "Sec-Fetch-Mode: navigate\r\n"
		 "Sec-Fetch-Dest: document\r\n\r\n",
	"200 ", NULL},
    {"an unknown host", "GET / HTTP/1.1\r\nHost: evil.test:8025\r\n\r\n",
	"--http-host evil.test\n", NULL},
    {"its status", "GET / HTTP/1.1\r\nHost: evil.test:8025\r\n\r\n",
	"403 Forbidden\r\n", NULL},
};

static void
answers(void **state)
{
	struct seen seen;
	struct http_options options = make_options(&seen);
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

/* ---- with other options */

struct expectation {
	const char *request;
	const char *says;
};

static void
check_all(const struct http_options *options, const struct expectation *list,
    size_t count)
{
	struct http_peer peer;

	http_peer_open(&peer, options, NULL);
	for (size_t i = 0; i < count; i++) {
		struct http_client client;
		const char *text =
		    http_client_ask(&client, &peer, list[i].request);

		if (!strstr(text, list[i].says))
			fail_msg("%s: %s", list[i].request, text);
		http_client_close(&client);
	}
	http_peer_close(&peer);
}

#define LOGIN(base64) "Authorization: Basic " base64 "\r\n"

static void
asks_for_credentials(void **state)
{
	static const struct expectation list[] = {
	    {GET("/") "\r\n", "401 Unauthorized\r\n"},
	    {GET("/") "\r\n", "\r\nWWW-Authenticate: Basic realm=\"Login\""},
	    {GET("/") "\r\n", "\r\n\r\nUnauthorized.\n"},
	    {GET("/nothing") "\r\n", "401 "},
	    {GET("//") "\r\n", "401 "},
	    {"OPTIONS /api/v1/json HTTP/1.1\r\n" HOST "\r\n", "401 "},
	    {"POST /api/v1/send HTTP/1.1\r\n" HOST
	     "Content-Length: 99999999\r\n\r\n",
		"401 "},
	    {GET("/livez") "\r\n", "200 "},
	    {GET("/") LOGIN("dTpw") "\r\n", "200 "}, /* u:p */
	    {GET("/") "authorization: bAsIc  dTpw\r\n\r\n", "200 "},
	    {GET("/view/x.html") LOGIN("dTpw") "\r\n", "user=u "},
	    {GET("/livez") LOGIN("eA==") "\r\n", "200 "},
	    {GET("/") LOGIN("dTpx") "\r\n", "401 "}, /* u:q */
	    {GET("/") LOGIN("dg==") "\r\n", "401 "},
	    {GET("/") LOGIN("dTp") "\r\n", "401 "},
	    {GET("/") LOGIN("") "\r\n", "401 "},
	    {GET("/") "Authorization: Bearer dTpw\r\n\r\n", "401 "},
	    {"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", "403 "},
	    {"GET / HTTP/1.1\r\nHost: evil.test\r\n" LOGIN("dTpw") "\r\n",
		"403 "},
	};
	struct seen seen;
	struct http_options options = make_options(&seen);
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	FILE *file;

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/users", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs("u:p\n", file);
	(void)fclose(file);
	assert_int_equal(users_open(&options.users, path, NULL), ERR_OK);
	check_all(&options, list, COUNT(list));
	users_close(options.users);
	scratch_remove(folder);
}

static void
serves_below_a_web_root(void **state)
{
	static const struct expectation list[] = {
	    {GET("/mail/") "\r\n", "200 "},
	    {GET("/mail") "\r\n", "\r\nLocation: /mail/\r\n"},
	    {GET("/mail?a") "\r\n", "\r\nLocation: /mail/?a\r\n"},
	    {GET("/mail//view/x.html") "\r\n",
		"\r\nLocation: /mail/view/x.html\r\n"},
	    {GET("/mail/view/x.html") "\r\n", "id=x "},
	    {GET("/mail/livez") "\r\n", "200 "},
	    {GET("/mail/api/v1/x") "\r\n", "File not found\n"},
	    {"OPTIONS /mail/api/v1/x HTTP/1.1\r\n" HOST "\r\n", "200 "},
	    {GET("/") "\r\n", "404 "},
	    {GET("/mailx") "\r\n", "404 "},
	    {GET("/mail/../livez") "\r\n", "\r\nLocation: /livez\r\n"},
	    {GET("/livez") "\r\n", "404 "},
	};
	struct seen seen;
	struct http_options options = make_options(&seen);

	(void)state;
	options.webroot = "/mail/";
	check_all(&options, list, COUNT(list));
}

static void
lets_allowed_origins_in(void **state)
{
	static const char *const origins[] = {"https://app.test", NULL};
	static const char *const hosts[] = {"mail.test", NULL};
	static const struct expectation list[] = {
	    {GET("/api/v1/json") "Origin: https://app.test\r\n\r\n",
		"\r\nAccess-Control-Allow-Origin: https://app.test\r\n"},
	    {GET("/api/v1/json") "Origin: https://app.test\r\n\r\n",
		"\r\nAccess-Control-Allow-Headers: *\r\n"},
	    {GET("/api/v1/json") "Origin: https://app.test\r\n\r\n",
		"\r\nAccess-Control-Allow-Methods: GET, POST, DELETE, PUT, "
		"OPTIONS\r\n"},
	    {GET("/api/v1/json") "Origin: https://app.test\r\n\r\n",
		"\r\nCross-Origin-Resource-Policy: cross-origin\r\n"},
	    {GET("/api/v1/json") "Origin: https://app.test\r\n\r\n",
		"\r\nVary: Origin\r\n"},
	    {GET("/api/v1/nothing") "Origin: https://app.test\r\n\r\n",
		"\r\nAccess-Control-Allow-Origin: https://app.test\r\n"},
	    {"OPTIONS /api/v1/json HTTP/1.1\r\n" HOST
	     "Origin: https://app.test\r\n\r\n",
		"\r\nAccess-Control-Allow-Origin: https://app.test\r\n"},
	    {"OPTIONS /api/v1/json HTTP/1.1\r\n" HOST
	     "Origin: https://evil.test\r\n\r\n",
		"403 "},
	    {GET("/view/x.html") "Origin: https://app.test\r\n\r\n", "200 "},
	    {GET("/page") "Origin: https://app.test\r\n\r\n", "403 "},
	    {GET("/api/v1/json") "Origin: https://evil.test\r\n\r\n", "403 "},
	    {"GET / HTTP/1.1\r\nHost: mail.test:1\r\n\r\n", "200 "},
	    {"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", "403 "},
	};
	struct seen seen;
	struct http_options options = make_options(&seen);

	(void)state;
	options.cors_origins = origins;
	options.hosts = hosts;
	check_all(&options, list, COUNT(list));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(asks_for_credentials),
	    cmocka_unit_test(serves_below_a_web_root),
	    cmocka_unit_test(lets_allowed_origins_in),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
