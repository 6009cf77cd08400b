/* http_reply: an answer as bytes: its status, its fields, its body. */
#include "http_private.h"

#include "clock.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Below this it is compressed at once, and its length is known. */
#define AT_ONCE_LIMIT ((size_t)64 * 1024)
/* Of what is compressed while it is sent. */
#define PIECE_SIZE ((size_t)64 * 1024)
#define DATE_SIZE 32

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"
#define RESOURCE_POLICY "Cross-Origin-Resource-Policy"

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

/* Sent with each answer whose handler does not say otherwise. What a message
   holds never gets to be a page of ours. */
static const struct {
	const char *name;
	const char *value;
} always[] = {
    {"Referrer-Policy", "no-referrer"},
    {"Content-Security-Policy",
	"default-src 'none'; base-uri 'none'; form-action 'none'; "
	"frame-ancestors 'self'"},
    {"X-Content-Type-Options", "nosniff"},
    {RESOURCE_POLICY, "same-origin"},
};

static const char *
phrase_of(int status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Unknown";
}

/* RFC 9110 section 5.6.7; not strftime(), which speaks the user's language. */
static void
write_date(char text[DATE_SIZE])
{
	static const char days[][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = (time_t)(clock_wall_us() / CLOCK_SECOND);
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	(void)gmtime_r(&now, &tm);
	(void)snprintf(text, DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT",
	    days[tm.tm_wday % 7], tm.tm_mday % 100, months[tm.tm_mon % 12],
	    (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
	    tm.tm_sec % 100);
}

/* ---- fields */

void
http_add_header(
    struct http_request *request, const char *name, const char *value)
{
	struct buf *buf = &request->headers;
	size_t start;

	(void)buf_printf(buf, "%s: ", name);
	start = buf->len;
	(void)buf_put_string(buf, value);
	for (size_t i = start; i < buf->len; i++)
		if ((unsigned char)buf->at[i] < ' ' || buf->at[i] == 127)
			buf->at[i] = ' ';
	(void)buf_put_string(buf, "\r\n");
}

static bool
has_header(const struct http_request *request, const char *name)
{
	struct span rest = buf_span(&request->headers);

	while (rest.len > 0) {
		struct span line = span_cut(&rest, '\n');

		if (span_equal_nocase(span_cut(&line, ':'), span_string(name)))
			return true;
	}
	return false;
}

/* The answer may be read by the origin that asked: nobody else got so far. */
static void
put_cors(struct http_request *request, struct buf *out)
{
	struct span origin = http_request_field(request, "Origin");

	if (!request->is_cors)
		return;
	(void)buf_printf(out,
	    "Access-Control-Allow-Origin: %.*s\r\n"
	    "Access-Control-Allow-Methods: GET, POST, DELETE, PUT, OPTIONS\r\n"
	    "Access-Control-Allow-Headers: *\r\n"
	    "Vary: Origin\r\n",
	    SPAN_ARG(origin));
	if (origin.len > 0 && !has_header(request, RESOURCE_POLICY))
		http_add_header(request, RESOURCE_POLICY, "cross-origin");
}

static void
put_length(const struct http_request *request, struct buf *out, uint64_t len)
{
	bool is_chunked = request->head.minor >= 1 && !request->is_head;

	if (len != HTTP_NO_LENGTH)
		(void)buf_printf(
		    out, "Content-Length: %llu\r\n", (unsigned long long)len);
	else if (is_chunked)
		(void)buf_put_string(out, "Transfer-Encoding: chunked\r\n");
}

static void
put_connection(struct http_request *request, struct buf *out)
{
	struct http_conn *conn = request->conn;

	if (!request->head.keeps_alive || conn->http->is_stopping)
		conn->closes = true;
	if (conn->closes)
		(void)buf_put_string(out, "Connection: close\r\n");
	else if (request->head.minor == 0)
		(void)buf_put_string(out, "Connection: keep-alive\r\n");
}

static bool
has_no_body(int status)
{
	return status < 200 || status == 204 || status == 304;
}

void
http_reply_put_head(struct http_request *request, int status, const char *type,
    uint64_t body_len)
{
	struct buf *out = &request->conn->out;
	char date[DATE_SIZE];

	/* It may be what a message says of itself. */
	if (type)
		http_add_header(request, "Content-Type", type);
	write_date(date);
	(void)buf_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status,
	    phrase_of(status), date);
	put_cors(request, out);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!has_header(request, always[i].name))
			(void)buf_printf(
			    out, "%s: %s\r\n", always[i].name, always[i].value);
	(void)buf_put(out, buf_span(&request->headers));
	if (!has_no_body(status))
		put_length(request, out, body_len);
	if (status >= 200)
		put_connection(request, out);
	(void)buf_put_string(out, "\r\n");
	if (buf_failed(&request->headers))
		out->failed = true;
	log_debug(request->http->options.log, "http: %.*s %.*s: %d",
	    SPAN_ARG(request->head.method), SPAN_ARG(request->head.target),
	    status);
}

/* ---- bodies */

static bool
takes_gzip(const struct http_request *request)
{
	struct span list = http_request_field(request, "Accept-Encoding");

	while (list.len > 0) {
		struct span weight = span_cut(&list, ',');
		struct span name = span_trim(span_cut(&weight, ';'));

		weight = span_trim(weight);
		if (span_equal_nocase(name, SPAN("gzip")))
			return !span_equal_nocase(weight, SPAN("q=0")) &&
			    !span_starts_nocase(weight, SPAN("q=0.000"));
	}
	return false;
}

void
http_tail_free(struct http_tail *tail)
{
	if (!tail)
		return;
	http_gzip_free(tail->gzip);
	buf_release(&tail->bytes);
	buf_release(&tail->piece);
	free(tail);
}

static struct http_tail *
new_tail(struct span body)
{
	struct http_tail *tail = calloc(1, sizeof(*tail));

	if (!tail)
		return NULL;
	buf_init(&tail->bytes, body.len);
	buf_init(&tail->piece, PIECE_SIZE);
	tail->gzip = http_gzip_new();
	if (tail->gzip && buf_put(&tail->bytes, body)) {
		tail->rest = buf_span(&tail->bytes);
		return tail;
	}
	http_tail_free(tail);
	return NULL;
}

bool
http_reply_make_more(struct http_conn *conn)
{
	struct http_tail *tail = conn->tail;
	struct buf *out = &conn->out;
	enum http_gzip_status status;

	buf_reset(&tail->piece);
	status =
	    http_gzip_step(tail->gzip, &tail->rest, &tail->piece, PIECE_SIZE);
	if (tail->piece.len > 0) {
		(void)buf_printf(out, "%zx\r\n", tail->piece.len);
		(void)buf_put(out, buf_span(&tail->piece));
		(void)buf_put_string(out, "\r\n");
	}
	if (status == HTTP_GZIP_DONE) {
		(void)buf_put_string(out, "0\r\n\r\n");
		http_tail_free(tail);
		conn->tail = NULL;
	}
	return status != HTTP_GZIP_FAILED;
}

/* All of it, when it is small. False when it stays as it is. */
static bool
pack(struct buf *packed, struct span body)
{
	struct http_gzip *gzip = http_gzip_new();
	enum http_gzip_status status = HTTP_GZIP_MORE;

	while (gzip && status == HTTP_GZIP_MORE)
		status = http_gzip_step(gzip, &body, packed, PIECE_SIZE);
	http_gzip_free(gzip);
	return gzip && status == HTTP_GZIP_DONE;
}

static void
put_plain(struct http_request *request, int status, const char *type,
    struct span body)
{
	http_reply_put_head(request, status, type, body.len);
	if (!request->is_head && !has_no_body(status))
		(void)buf_put(&request->conn->out, body);
}

static void
put_packed(struct http_request *request, int status, const char *type,
    struct span body)
{
	struct buf packed;

	buf_init(&packed, AT_ONCE_LIMIT * 2 + PIECE_SIZE);
	if (pack(&packed, body)) {
		http_add_header(request, "Content-Encoding", "gzip");
		put_plain(request, status, type, buf_span(&packed));
	} else {
		put_plain(request, status, type, body);
	}
	buf_release(&packed);
}

/* Compressed while it is sent; a HEAD is told no length, as nobody knows it. */
static void
put_tail(struct http_request *request, int status, const char *type,
    struct span body)
{
	struct http_conn *conn = request->conn;

	if (!request->is_head) {
		conn->tail = new_tail(body);
		if (!conn->tail) {
			put_plain(request, status, type, body);
			return;
		}
	}
	http_add_header(request, "Content-Encoding", "gzip");
	http_reply_put_head(request, status, type, HTTP_NO_LENGTH);
}

static void
put_answer(struct http_request *request, int status, const char *type,
    struct span body)
{
	bool is_packed = body.len > 0 && !has_no_body(status) &&
	    !request->http->options.is_plain &&
	    !has_header(request, "Content-Encoding");

	if (is_packed)
		http_add_header(request, "Vary", "Accept-Encoding");
	if (!is_packed || !takes_gzip(request))
		put_plain(request, status, type, body);
	else if (body.len <= AT_ONCE_LIMIT)
		put_packed(request, status, type, body);
	else if (request->head.minor >= 1)
		put_tail(request, status, type, body);
	else
		put_plain(request, status, type, body);
}

void
http_reply(struct http_request *request, int status, const char *type,
    struct span body)
{
	struct http_conn *conn = request->conn;

	if (conn) {
		put_answer(request, status, type, body);
		conn->request = NULL;
		conn->state = HTTP_REPLY;
		http_conn_set_deadline(conn, conn->http->limits.timeout_us);
		http_conn_wake(conn);
	}
	http_request_free(request);
}

/* ---- JSON */

static bool
is_markup(char byte)
{
	return byte == '<' || byte == '>' || byte == '&';
}

/* Appends with '<', '>' and '&' escaped, so that a page that has JSON inside a
   script stays whole. They stand in strings only. */
static int
put_json(const char *at, size_t len, void *context)
{
	struct buf *buf = context;
	struct span rest = span_make(at, len);

	while (rest.len > 0) {
		size_t plain = 0;

		while (plain < rest.len && !is_markup(rest.at[plain]))
			plain++;
		(void)buf_put(buf, span_make(rest.at, plain));
		if (plain < rest.len)
			(void)buf_printf(buf, "\\u%04x", rest.at[plain]);
		span_skip(&rest, plain + 1);
	}
	return buf_failed(buf) ? -1 : 0;
}

void
http_reply_json(struct http_request *request, int status, struct json_t *value)
{
	struct buf text;

	buf_init(&text, SIZE_MAX / 4);
	if (value &&
	    json_dump_callback(value, put_json, &text,
		JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) ==
		0 &&
	    buf_put_char(&text, '\n'))
		http_reply(request, status,
		    has_header(request, "Content-Type") ? NULL : JSON,
		    buf_span(&text));
	else
		http_reply(request, 500, TEXT, SPAN("out of memory\n"));
	buf_release(&text);
	json_decref(value);
}

/* How many bytes at the front are one character of UTF-8 (RFC 3629); 0: none.
 */
static size_t
character_len(struct span text)
{
	static const struct {
		unsigned char first_low, first_high; /* of the first byte */
		unsigned char low, high;             /* of the second one */
		size_t len;
	} forms[] = {
	    {0x00, 0x7f, 0, 0, 1},
	    {0xc2, 0xdf, 0x80, 0xbf, 2},
	    {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3},
	    {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4},
	    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	const unsigned char *at = (const unsigned char *)text.at;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (at[0] < forms[i].first_low || at[0] > forms[i].first_high)
			continue;
		if (text.len < forms[i].len)
			return 0;
		if (forms[i].len > 1 &&
		    (at[1] < forms[i].low || at[1] > forms[i].high))
			return 0;
		for (size_t j = 2; j < forms[i].len; j++)
			if (at[j] < 0x80 || at[j] > 0xbf)
				return 0;
		return forms[i].len;
	}
	return 0;
}

/* How many bytes at the front are whole characters. */
static size_t
clean_len(struct span text)
{
	struct span rest = text;
	size_t len;

	do {
		len = rest.len > 0 ? character_len(rest) : 0;
		span_skip(&rest, len);
	} while (len > 0);
	return text.len - rest.len;
}

struct json_t *
http_json_string(struct span text)
{
	struct json_t *string = NULL;
	struct buf clean;

	buf_init(&clean, SIZE_MAX / 4);
	while (text.len > 0) {
		size_t good = clean_len(text);

		(void)buf_put(&clean, span_make(text.at, good));
		span_skip(&text, good);
		if (text.len > 0)
			(void)buf_put(&clean, SPAN("\xef\xbf\xbd"));
		span_skip(&text, 1);
	}
	if (buf_string(&clean))
		string = json_stringn_nocheck(clean.at, clean.len);
	buf_release(&clean);
	return string;
}

/* ---- refusals */

/* {"key": "text"} */
static void
reply_words(
    struct http_request *request, int status, const char *key, struct span text)
{
	struct json_t *object = json_object();

	if (object &&
	    json_object_set_new(object, key, http_json_string(text)) != 0) {
		json_decref(object);
		object = NULL;
	}
	http_reply_json(request, status, object);
}

void
http_reply_error(
    struct http_request *request, int status, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reply_words(request, status, "error", span_string(text));
}

/* Words for what the server refuses by itself; others are the phrase. */
static const struct {
	int status;
	const char *words;
} reasons[] = {
    {400, "this is no well-formed HTTP request"},
    {405, "the path takes other methods only, see Allow"},
    {413, "the body is larger than this path takes"},
    {414, "the request's first line is too long"},
    {417, "only 100-continue can be expected"},
    {431, "the request's header is too large"},
    {501, "only chunked is known as a transfer encoding"},
    {503, "too many large requests at once, try again"},
    {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"},
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].words;
	return phrase_of(status);
}

void
http_request_refuse(struct http_request *request, int status)
{
	bool is_api = span_starts(request->path, SPAN("/api/"));
	const char *words = reason_of(status);
	char line[256];

	if (span_starts(request->path, SPAN("/api/mailstop/"))) {
		if (status == 404)
			words = "there is nothing at this path";
		http_reply_error(request, status, "%s", words);
		return;
	}
	/* Mailpit's one route for large bodies has errors in JSON. */
	if (request->route && (request->route->flags & HTTP_LARGE)) {
		reply_words(request, status, "Error", span_string(words));
		return;
	}
	if (status == 404)
		words = is_api ? "File not found" : "404 page not found";
	(void)snprintf(line, sizeof(line), "%s\n", words);
	http_reply(request, status, TEXT, span_string(line));
}
