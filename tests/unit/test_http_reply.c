/* test_http_reply: compressed answers, and JSON of whatever bytes. */
#include "http_peer.h"

#include "fail_alloc.h"
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HOST "Host: localhost\r\n"
#define LARGE_LEN ((size_t)3 << 20)

/* Answers with as much as the parameter says. */
static void
serve(struct http_request *request, void *context)
{
	const char *bytes = context;
	struct span text = SPAN("0");
	uint64_t len = 0;

	assert_true(http_parameter(request, "len", &text));
	assert_true(span_number(text, &len));
	http_reply(request, 200, "text/plain", span_make(bytes, (size_t)len));
}

static void
serve_packed(struct http_request *request, void *context)
{
	(void)context;
	http_add_header(request, "Content-Encoding", "br");
	http_reply(request, 200, "text/plain", SPAN("packed"));
}

static void
serve_empty(struct http_request *request, void *context)
{
	(void)context;
	http_reply(request, 204, NULL, SPAN(""));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", serve, 0},
    {HTTP_GET, "/packed", serve_packed, 0},
    {HTTP_GET, "/empty", serve_empty, 0},
    {0, NULL, NULL, 0},
};
static const struct http_route *const tables[] = {routes, NULL};

static char *
make_bytes(void)
{
	char *bytes = malloc(LARGE_LEN);
	unsigned number = 1;

	assert_non_null(bytes);
	for (size_t i = 0; i < LARGE_LEN; i++) {
		number = number * 1103515245 + 12345;
		bytes[i] = (char)("abcdefgh"[number >> 29]);
	}
	return bytes;
}

/* Takes the chunks apart, in place. */
static size_t
join_chunks(char *at, size_t len)
{
	size_t out = 0;
	size_t used = 0;

	while (used < len) {
		char *end;
		size_t size = strtoul(at + used, &end, 16);

		used = (size_t)(end - at) + 2;
		assert_true(used + size + 2 <= len);
		memmove(at + out, at + used, size);
		out += size;
		used += size + 2;
	}
	return out;
}

static void
check_packed(char *at, size_t len, struct span expected)
{
	char *bytes = malloc(expected.len + 1);
	z_stream stream;

	assert_non_null(bytes);
	memset(&stream, 0, sizeof(stream));
	stream.next_in = (Bytef *)at;
	stream.avail_in = (uInt)len;
	stream.next_out = (Bytef *)bytes;
	stream.avail_out = (uInt)expected.len + 1;
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, expected.len);
	assert_memory_equal(bytes, expected.at, expected.len);
	inflateEnd(&stream);
	free(bytes);
}

static void
ask(struct http_client *client, struct http_peer *peer, const char *line,
    const char *fields)
{
	char request[512];

	(void)snprintf(
	    request, sizeof(request), "%s\r\n" HOST "%s\r\n", line, fields);
	(void)http_client_ask(client, peer, request);
}

static void
check(struct http_peer *peer, const char *bytes, size_t len)
{
	struct http_client client;
	char line[64];
	char *body;

	(void)snprintf(line, sizeof(line), "GET /?len=%zu HTTP/1.1", len);
	ask(&client, peer, line, "Accept-Encoding: deflate, GZIP;q=0.5\r\n");
	http_client_wait_text(&client, "\r\nContent-Encoding: gzip\r\n");
	http_client_wait_text(&client, "\r\nVary: Accept-Encoding\r\n");
	body = strstr(client.got.at, "\r\n\r\n") + 4;
	len = client.got.len - (size_t)(body - client.got.at);
	if (strstr(client.got.at, "Transfer-Encoding: chunked\r\n"))
		len = join_chunks(body, len);
	check_packed(body, len,
	    span_make(
		bytes, strtoul(line + sizeof("GET /?len=") - 1, NULL, 10)));
	http_client_close(&client);
}

static struct http_options
make_options(char *bytes)
{
	struct http_options options = {.tables = tables, .context = bytes};

	return options;
}

static void
packs_answers(void **state)
{
	static const size_t lens[] = {
	    1, 100, 65535, 65536, 65537, 300000, LARGE_LEN};
	char *bytes = make_bytes();
	struct http_options options = make_options(bytes);
	struct http_peer peer;

	(void)state;
	http_peer_open(&peer, &options, NULL);
	for (size_t i = 0; i < COUNT(lens); i++)
		check(&peer, bytes, lens[i]);
	http_peer_close(&peer);
	free(bytes);
}

static const struct {
	const char *what;
	const char *line;
	const char *fields;
	const char *says;
} plain[] = {
    {"not asked for", "GET /?len=10 HTTP/1.1", "",
	"\r\nContent-Length: 10\r\n"},
    {"refused", "GET /?len=10 HTTP/1.1", "Accept-Encoding: br, gzip;q=0\r\n",
	"\r\nContent-Length: 10\r\n"},
    {"refused for sure", "GET /?len=10 HTTP/1.1",
	"Accept-Encoding: gzip; q=0.000\r\n", "\r\nContent-Length: 10\r\n"},
    {"something alike", "GET /?len=10 HTTP/1.1", "Accept-Encoding: x-gzip\r\n",
	"\r\nContent-Length: 10\r\n"},
    {"nothing", "GET /?len=0 HTTP/1.1", "Accept-Encoding: gzip\r\n",
	"\r\nContent-Length: 0\r\n"},
    {"large, for 1.0", "GET /?len=100000 HTTP/1.0", "Accept-Encoding: gzip\r\n",
	"\r\nContent-Length: 100000\r\n"},
    {"packed already", "GET /packed HTTP/1.1", "Accept-Encoding: gzip\r\n",
	"\r\nContent-Encoding: br\r\n"},
};

static void
leaves_answers_as_they_are(void **state)
{
	char *bytes = make_bytes();
	struct http_options options = make_options(bytes);
	struct http_peer peer;
	struct http_client client;

	(void)state;
	http_peer_open(&peer, &options, NULL);
	for (size_t i = 0; i < COUNT(plain); i++) {
		const char *text;

		ask(&client, &peer, plain[i].line, plain[i].fields);
		text = http_client_text(&client);
		if (!strstr(text, plain[i].says) ||
		    strstr(text, "Content-Encoding: gzip"))
			fail_msg("%s: %s", plain[i].what, text);
		http_client_close(&client);
	}
	http_peer_close(&peer);
	options.is_plain = true;
	http_peer_open(&peer, &options, NULL);
	ask(&client, &peer, "GET /?len=10 HTTP/1.1",
	    "Accept-Encoding: gzip\r\n");
	http_client_wait_text(&client, "\r\nContent-Length: 10\r\n");
	http_client_close(&client);
	http_peer_close(&peer);
	free(bytes);
}

/* Nothing but the head, and the next answer right behind it. */
static void
answers_without_a_body(void **state)
{
	char *bytes = make_bytes();
	struct http_options options = make_options(bytes);
	struct http_peer peer;
	struct http_client client;

	(void)state;
	http_peer_open(&peer, &options, NULL);
	http_client_open(&client, &peer);
	http_client_send(&client,
	    SPAN("HEAD /?len=100000 HTTP/1.1\r\n" HOST
		 "Accept-Encoding: gzip\r\n\r\n"
		 "HEAD /?len=10 HTTP/1.1\r\n" HOST
		 "Accept-Encoding: gzip\r\n\r\n"
		 "GET /empty HTTP/1.1\r\n" HOST "\r\n"
		 "GET /?len=3 HTTP/1.0\r\n\r\n"));
	http_client_wait_closed(&client);
	assert_null(strstr(http_client_text(&client), "chunked"));
	assert_non_null(strstr(
	    http_client_text(&client), "\r\n\r\nHTTP/1.1 204 No Content\r\n"));
	assert_non_null(
	    strstr(http_client_text(&client), "\r\n\r\nHTTP/1.1 200 OK\r\n"));
	assert_int_equal(client.got.at[client.got.len - 4] == '\n' &&
		client.got.at[client.got.len - 3] == bytes[0],
	    1);
	http_client_close(&client);
	http_peer_close(&peer);
	free(bytes);
}

static const struct {
	struct span text;
	const char *json;
} strings[] = {
    {SPAN(""), ""},
    {SPAN("abc"), "abc"},
    {SPAN("\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7"),
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7"},
    {SPAN("\xef\xbf\xbf"), "\xef\xbf\xbf"},
    {SPAN("a\xff"
	  "b"),
	"a\xef\xbf\xbd"
	"b"},
    {SPAN("\x80"), "\xef\xbf\xbd"},
    {SPAN("\xc3"), "\xef\xbf\xbd"},
    {SPAN("\xc3("), "\xef\xbf\xbd("},
    {SPAN("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd"},
    {SPAN("\xe0\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {SPAN("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {SPAN("\xf4\x90\x80\x80"),
	"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {SPAN("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd"},
};

static void
makes_strings_of_whatever_bytes(void **state)
{
	json_t *nul = http_json_string(SPAN("a\0b"));

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		json_t *string = http_json_string(strings[i].text);

		assert_non_null(string);
		if (strcmp(json_string_value(string), strings[i].json) != 0)
			fail_msg("%zu: %s", i, json_string_value(string));
		json_decref(string);
	}
	assert_int_equal(json_string_length(nul), 3);
	json_decref(nul);
}

static void
scenario(void *context)
{
	json_t *string = http_json_string(SPAN("text"));

	(void)context;
	assert_true(string || fail_alloc_happened());
	json_decref(string);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(scenario, NULL) >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packs_answers),
	    cmocka_unit_test(leaves_answers_as_they_are),
	    cmocka_unit_test(answers_without_a_body),
	    cmocka_unit_test(makes_strings_of_whatever_bytes),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("http_reply", tests, NULL, NULL);
}
