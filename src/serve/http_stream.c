/* http_stream: answers without an end: server-sent events and WebSockets. */
#include "http_private.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

/* Proxies close what is silent for longer. */
#define EVENTS_PING_US (15 * CLOCK_SECOND)
/* A ping every 54 s, and a minute after the last one that was answered the
   client is dead. */
#define WEBSOCKET_ANSWER_US (6 * CLOCK_SECOND)
#define WEBSOCKET_QUIET_US (48 * CLOCK_SECOND)

int64_t
http_stream_period(const struct http_stream *stream)
{
	int64_t ping_us = stream->conn->http->limits.ping_us;

	if (ping_us)
		return ping_us;
	if (stream->kind == HTTP_EVENTS)
		return EVENTS_PING_US;
	return stream->is_pinged ? WEBSOCKET_ANSWER_US : WEBSOCKET_QUIET_US;
}

/* ---- out */

static void
check_limit(struct http_stream *stream)
{
	struct http_conn *conn = stream->conn;

	if (conn->out.len - conn->sent > HTTP_STREAM_LIMIT ||
	    buf_failed(&conn->out))
		stream->is_cut = true;
	http_conn_wake(conn);
}

/* One chunk, where the client knows chunks. */
static void
put_piece(struct http_stream *stream, struct span piece)
{
	struct buf *out = &stream->conn->out;

	if (stream->is_chunked)
		(void)buf_printf(out, "%zx\r\n", piece.len);
	(void)buf_put(out, piece);
	if (stream->is_chunked)
		(void)buf_put_string(out, "\r\n");
}

/* A line of the event stream. A line end in it would begin a line of the
   peer's choice. */
static void
put_field(struct buf *event, const char *name, struct span value)
{
	(void)buf_printf(event, "%s: ", name);
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] != '\r' && value.at[i] != '\n')
			(void)buf_put_char(event, value.at[i]);
	(void)buf_put_char(event, '\n');
}

static void
send_event(struct http_stream *stream, const char *id, const char *name,
    struct span text)
{
	struct buf event;

	buf_init(&event, HTTP_STREAM_LIMIT);
	if (id)
		put_field(&event, "id", span_string(id));
	if (name)
		put_field(&event, "event", span_string(name));
	do {
		struct span line = span_cut(&text, '\n');

		put_field(&event, "data", line);
	} while (text.len > 0);
	(void)buf_put_char(&event, '\n');
	if (buf_failed(&event))
		stream->is_cut = true;
	else
		put_piece(stream, buf_span(&event));
	buf_release(&event);
}

void
http_stream_send(struct http_stream *stream, const char *id, const char *name,
    struct span text)
{
	if (stream->is_cut)
		return;
	if (stream->kind == HTTP_EVENTS)
		send_event(stream, id, name, text);
	else
		(void)websocket_put(&stream->conn->out, WEBSOCKET_TEXT, text);
	check_limit(stream);
}

void
http_stream_put_end(struct http_stream *stream, enum websocket_reason reason)
{
	struct buf *out = &stream->conn->out;

	if (stream->kind == HTTP_WEBSOCKET)
		(void)websocket_put_close(out, reason);
	else if (stream->is_chunked)
		(void)buf_put_string(out, "0\r\n\r\n");
}

/* ---- in */

static bool
take_frames(struct http_stream *stream, struct span bytes)
{
	struct buf *out = &stream->conn->out;
	struct span payload = SPAN("");

	for (;;) {
		switch (websocket_step(&stream->ws, &bytes, &payload)) {
		case WEBSOCKET_MORE:
			return true;
		case WEBSOCKET_GOT_PING:
			(void)websocket_put(out, WEBSOCKET_PONG, payload);
			check_limit(stream);
			break;
		case WEBSOCKET_GOT_PONG:
			break;
		case WEBSOCKET_GOT_CLOSE:
			payload.len = payload.len < 2 ? 0 : 2;
			(void)websocket_put(out, WEBSOCKET_CLOSE, payload);
			return false;
		case WEBSOCKET_GOT_WRONG:
			(void)websocket_put_close(
			    out, WEBSOCKET_PROTOCOL_ERROR);
			return false;
		case WEBSOCKET_GOT_TOO_LARGE:
			(void)websocket_put_close(out, WEBSOCKET_TOO_LARGE);
			return false;
		}
	}
}

bool
http_stream_take(struct http_stream *stream, struct span bytes)
{
	stream->heard = true;
	/* Who listens to events has nothing to say. */
	return stream->kind == HTTP_EVENTS || take_frames(stream, bytes);
}

/* In turn: a ping, and a look at whether anything came since. */
static bool
tick_websocket(struct http_stream *stream)
{
	stream->is_pinged = !stream->is_pinged;
	if (!stream->is_pinged)
		return stream->heard;
	stream->heard = false;
	(void)websocket_put(&stream->conn->out, WEBSOCKET_PING, SPAN(""));
	return true;
}

bool
http_stream_tick(struct http_stream *stream)
{
	if (stream->kind == HTTP_EVENTS)
		put_piece(stream, SPAN(":\n\n"));
	else if (!tick_websocket(stream))
		return false;
	check_limit(stream);
	return true;
}

/* ---- birth */

static bool
is_websocket(const struct http_request *request)
{
	return request->method == HTTP_GET && !request->is_head &&
	    request->head.minor >= 1 &&
	    http_list_has(
		http_request_field(request, "Upgrade"), SPAN("websocket")) &&
	    http_list_has(
		http_request_field(request, "Connection"), SPAN("upgrade"));
}

/* False when it was answered. */
static bool
accept_websocket(struct http_request *request)
{
	struct span version =
	    http_request_field(request, "Sec-WebSocket-Version");
	char accepted[WEBSOCKET_ACCEPT_SIZE];

	if (is_websocket(request) && !span_equal(version, SPAN("13"))) {
		http_add_header(request, "Sec-WebSocket-Version", "13");
		http_reply(request, 426, "text/plain; charset=utf-8",
		    SPAN("Only version 13 of WebSocket is spoken here.\n"));
		return false;
	}
	if (!is_websocket(request) ||
	    !websocket_accept(
		accepted, http_request_field(request, "Sec-WebSocket-Key"))) {
		http_reply(request, 400, "text/plain; charset=utf-8",
		    SPAN("This path speaks WebSocket only.\n"));
		return false;
	}
	http_add_header(request, "Upgrade", "websocket");
	http_add_header(request, "Connection", "Upgrade");
	http_add_header(request, "Sec-WebSocket-Accept", accepted);
	http_reply_put_head(request, 101, NULL, HTTP_NO_LENGTH);
	return true;
}

/* False when it was answered. */
static bool
accept_events(struct http_request *request)
{
	http_add_header(request, "Cache-Control", "no-store");
	http_add_header(request, "X-Accel-Buffering", "no");
	if (request->is_head) {
		http_reply(request, 200, "text/event-stream", SPAN(""));
		return false;
	}
	/* Nothing else can follow on this connection. */
	request->conn->closes = true;
	http_reply_put_head(request, 200, "text/event-stream", HTTP_NO_LENGTH);
	return true;
}

static bool
accept_request(struct http_request *request, enum http_stream_kind kind)
{
	return kind == HTTP_WEBSOCKET ? accept_websocket(request)
				      : accept_events(request);
}

struct http_stream *
http_stream_open(struct http_request *request, enum http_stream_kind kind,
    void (*gone)(void *context), void *context)
{
	struct http_conn *conn = request->conn;
	struct http_stream *stream = calloc(1, sizeof(*stream));

	if (!conn || !stream) {
		http_request_refuse(request, 503);
		free(stream);
		return NULL;
	}
	if (!accept_request(request, kind)) {
		free(stream);
		return NULL;
	}
	stream->conn = conn;
	stream->kind = kind;
	stream->is_chunked = kind == HTTP_EVENTS && request->head.minor >= 1;
	stream->gone = gone;
	stream->context = context;
	conn->request = NULL;
	conn->stream = stream;
	conn->state = HTTP_STREAM;
	http_request_free(request);
	/* So that the client knows at once that it is connected. */
	if (kind == HTTP_EVENTS)
		put_piece(stream, SPAN(":\n\n"));
	http_conn_set_deadline(conn, http_stream_period(stream));
	http_conn_wake(conn);
	return stream;
}

/* ---- death */

void
http_stream_drop(struct http_stream *stream)
{
	stream->conn->stream = NULL;
	stream->gone(stream->context);
	free(stream);
}

void
http_stream_close(struct http_stream *stream)
{
	struct http_conn *conn = stream->conn;

	if (!stream->is_cut)
		http_stream_put_end(stream, WEBSOCKET_NORMAL);
	conn->stream = NULL;
	conn->closes = true;
	conn->state = HTTP_REPLY;
	http_conn_set_deadline(conn, conn->http->limits.timeout_us);
	http_conn_wake(conn);
	free(stream);
}
