/* http_conn: one connection of the HTTP server on its way round its states. */
#include "http_private.h"

#include "clock.h"
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Others are served in between. */
#define STEPS_A_TURN 32
/* A peer that goes on sending after the last answer is not waited for. */
#define LINGER_US (2 * CLOCK_SECOND)
#define LINGER_AT_STOP_US (CLOCK_SECOND / 5)
#define IN_LIMIT (HTTP_HEAD_LIMIT + LOOP_SCRATCH_SIZE)
/* What is sent already is moved out of the way beyond this. */
#define SENT_LIMIT ((size_t)64 * 1024)

enum step {
	STEP_AGAIN, /* it went on: look again */
	STEP_LATER, /* likewise, but others come first */
	STEP_WAIT,  /* for the peer, or for the handler */
	STEP_GONE,  /* it has come to its end */
};

/* ---- time */

void
http_conn_set_deadline(struct http_conn *conn, int64_t wait_us)
{
	struct timeval wait;

	if (wait_us == 0) {
		conn->deadline_us = 0;
		(void)event_del(&conn->timer);
		return;
	}
	conn->deadline_us = clock_mono_us() + wait_us;
	wait.tv_sec = (time_t)(wait_us / CLOCK_SECOND);
	wait.tv_usec = (suseconds_t)(wait_us % CLOCK_SECOND);
	(void)event_add(&conn->timer, &wait);
}

static void
set_timeout(struct http_conn *conn)
{
	http_conn_set_deadline(conn, conn->http->limits.timeout_us);
}

/* ---- bytes */

/* Reads once. STEP_AGAIN with bytes, in the loop's scratch. */
static enum step
read_some(struct http_conn *conn, struct span *bytes)
{
	char *room = loop_scratch(conn->http->loop);
	size_t count;

	*bytes = span_make(room, 0);
	switch (io_read(&conn->io, room, LOOP_SCRATCH_SIZE, &count)) {
	case IO_OK:
		*bytes = span_make(room, count);
		return STEP_AGAIN;
	case IO_WANT_READ:
	case IO_WANT_WRITE:
		return STEP_WAIT;
	case IO_END:
	case IO_RESET:
	case IO_TLS_FAILED:
		break;
	}
	return STEP_GONE;
}

static void
forget_sent(struct http_conn *conn)
{
	if (conn->sent == conn->out.len) {
		/* A connection that waits keeps nothing. */
		buf_release(&conn->out);
		conn->sent = 0;
	} else if (conn->sent > SENT_LIMIT && conn->sent > conn->out.len / 2) {
		buf_drop(&conn->out, conn->sent);
		conn->sent = 0;
	}
}

/* Writes what there is. STEP_AGAIN when all of it is sent. */
static enum step
write_out(struct http_conn *conn)
{
	if (buf_failed(&conn->out))
		return STEP_GONE;
	while (conn->sent < conn->out.len) {
		struct span rest = buf_span(&conn->out);
		size_t count;

		span_skip(&rest, conn->sent);
		switch (io_write(&conn->io, rest, &count)) {
		case IO_OK:
			conn->sent += count;
			/* A stream's timer is for its pings. */
			if (conn->state != HTTP_STREAM)
				set_timeout(conn);
			break;
		case IO_WANT_READ:
		case IO_WANT_WRITE:
			forget_sent(conn);
			return STEP_WAIT;
		case IO_END:
		case IO_RESET:
		case IO_TLS_FAILED:
			return STEP_GONE;
		}
	}
	forget_sent(conn);
	return STEP_AGAIN;
}

/* ---- the states */

static enum step
step_handshake(struct http_conn *conn)
{
	if (conn->http->is_stopping)
		return STEP_GONE;
	switch (io_handshake(&conn->io)) {
	case IO_OK:
		conn->state = HTTP_HEAD;
		return STEP_AGAIN;
	case IO_WANT_READ:
	case IO_WANT_WRITE:
		return STEP_WAIT;
	case IO_END:
	case IO_RESET:
	case IO_TLS_FAILED:
		break;
	}
	log_debug(
	    conn->http->options.log, "http: TLS: %s", io_tls_error(&conn->io));
	return STEP_GONE;
}

/* The request is complete. Its handler may answer at once, and more. */
static enum step
serve(struct http_conn *conn)
{
	struct http_request *request = conn->request;

	conn->state = HTTP_PENDING;
	http_conn_set_deadline(conn, 0);
	request->route->serve(request, conn->http->options.context);
	if (conn->state != HTTP_PENDING)
		return STEP_AGAIN;
	if (conn->in.len == 0)
		buf_release(&conn->in);
	if (conn->has_ended)
		http_conn_set_deadline(conn, conn->http->limits.grace_us);
	return STEP_WAIT;
}

/* Answers what cannot be served, and reads no further. */
static enum step
refuse(struct http_conn *conn, int status)
{
	conn->closes = true;
	http_request_refuse(conn->request, status);
	return STEP_AGAIN;
}

static enum step
begin_body(struct http_conn *conn)
{
	struct http_request *request = conn->request;
	uint64_t most = http_request_body_max(request);

	if (request->head.body == HTTP_BODY_NONE)
		return serve(conn);
	if (request->head.body == HTTP_BODY_LENGTH &&
	    request->head.body_len > most)
		return refuse(conn, 413);
	buf_init(&request->body, most < SIZE_MAX / 2 ? most : SIZE_MAX / 2);
	conn->state = HTTP_BODY;
	if (request->head.wants_continue && conn->in.len == 0)
		(void)buf_put_string(
		    &conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
	return STEP_AGAIN;
}

/* The first `len` bytes that came are a head, or what was taken for one. */
static enum step
begin_request(struct http_conn *conn, size_t len, int too_long)
{
	int status;
	struct http_request *request = http_request_new(
	    conn, span_make(conn->in.at, too_long ? 0 : len), &status);

	if (!request)
		return STEP_GONE;
	buf_drop(&conn->in, len);
	conn->looked = 0;
	conn->request = request;
	if (too_long || status)
		return refuse(conn, too_long ? too_long : status);
	/* Whoever is turned away gets no body read. */
	conn->closes = request->head.body != HTTP_BODY_NONE;
	if (!http_request_admit(request))
		return STEP_AGAIN;
	conn->closes = false;
	return begin_body(conn);
}

/* Some clients send a line end behind a body (RFC 9112 section 2.2). */
static void
skip_line_ends(struct http_conn *conn)
{
	size_t count = 0;

	while (count < conn->in.len &&
	    (conn->in.at[count] == '\r' || conn->in.at[count] == '\n'))
		count++;
	if (conn->looked == 0)
		buf_drop(&conn->in, count);
}

static enum step
step_head(struct http_conn *conn)
{
	struct span bytes;
	enum step step;
	size_t len;

	skip_line_ends(conn);
	if (conn->in.len == 0 && conn->http->is_stopping)
		return STEP_GONE;
	len = http_head_find(buf_span(&conn->in), &conn->looked);
	if (len > 0 && len <= HTTP_HEAD_LIMIT)
		return begin_request(conn, len, 0);
	if (conn->in.len >= HTTP_HEAD_LIMIT)
		return begin_request(conn, conn->in.len,
		    http_head_too_long(buf_span(&conn->in)));
	step = read_some(conn, &bytes);
	if (step != STEP_AGAIN)
		return step;
	/* The time for the whole head begins with its first byte. */
	if (conn->in.len == 0)
		set_timeout(conn);
	return buf_put(&conn->in, bytes) ? STEP_AGAIN : STEP_GONE;
}

/* Keeps the account of all bodies, as far as this one has grown. */
static bool
draw(struct http_conn *conn, size_t len_before)
{
	struct http *http = conn->http;

	http->body_octets += conn->request->body.len - len_before;
	return http->body_octets <= http->limits.body_octets;
}

/* Takes what belongs to the body from the front of *bytes. 0, or the status of
   a refusal; *is_whole says whether that was all. */
static int
take_body(struct http_conn *conn, struct span *bytes, bool *is_whole)
{
	struct http_request *request = conn->request;
	size_t before = request->body.len;
	uint64_t left = request->head.body_len - before;
	struct span part = *bytes;
	enum http_chunk_status status = HTTP_CHUNK_MORE;

	if (request->head.body == HTTP_BODY_CHUNKED) {
		status =
		    http_chunk_step(&request->chunk, bytes, &request->body);
		*is_whole = status == HTTP_CHUNK_DONE;
	} else {
		if (part.len > left)
			part.len = (size_t)left;
		if (!buf_put(&request->body, part))
			status = HTTP_CHUNK_FULL;
		span_skip(bytes, part.len);
		*is_whole = part.len == left;
	}
	if (!draw(conn, before))
		return 503;
	if (status == HTTP_CHUNK_FULL)
		return 413;
	return status == HTTP_CHUNK_BAD ? 400 : 0;
}

static enum step
step_body(struct http_conn *conn)
{
	struct span bytes = buf_span(&conn->in);
	bool is_kept = bytes.len > 0;
	bool is_whole = false;
	enum step step = write_out(conn);
	int status;

	if (step == STEP_GONE)
		return step;
	if (!is_kept)
		step = read_some(conn, &bytes);
	if (bytes.len == 0)
		return step;
	set_timeout(conn);
	status = take_body(conn, &bytes, &is_whole);
	if (is_kept)
		buf_drop(&conn->in, conn->in.len - bytes.len);
	else if (!buf_put(&conn->in, bytes))
		return STEP_GONE;
	if (status)
		return refuse(conn, status);
	return is_whole ? serve(conn) : STEP_AGAIN;
}

/* Nothing is read meanwhile: what the client sends waits in the kernel. */
static enum step
step_pending(struct http_conn *conn)
{
	(void)conn;
	return STEP_WAIT;
}

static enum step
step_reply(struct http_conn *conn)
{
	enum step step = write_out(conn);

	if (step != STEP_AGAIN)
		return step;
	if (conn->tail)
		return http_reply_make_more(conn) ? STEP_LATER : STEP_GONE;
	if (conn->closes) {
		io_finish(&conn->io);
		conn->state = HTTP_LINGER;
		http_conn_set_deadline(conn,
		    conn->http->is_stopping ? LINGER_AT_STOP_US : LINGER_US);
		return STEP_AGAIN;
	}
	if (conn->in.len == 0)
		buf_release(&conn->in);
	conn->state = HTTP_HEAD;
	set_timeout(conn);
	return STEP_AGAIN;
}

/* The stream is over, but its last words are still to be sent. */
static enum step
end_stream(struct http_conn *conn)
{
	http_stream_drop(conn->stream);
	conn->closes = true;
	conn->state = HTTP_REPLY;
	set_timeout(conn);
	return STEP_AGAIN;
}

static enum step
step_stream(struct http_conn *conn)
{
	struct http_stream *stream = conn->stream;
	/* What came behind the request already. */
	struct span bytes = buf_span(&conn->in);
	enum step step = STEP_AGAIN;

	if (stream->is_cut)
		return STEP_GONE;
	if (conn->http->is_stopping) {
		http_stream_put_end(stream, WEBSOCKET_GOING_AWAY);
		return end_stream(conn);
	}
	if (write_out(conn) == STEP_GONE)
		return STEP_GONE;
	if (bytes.len == 0)
		step = read_some(conn, &bytes);
	if (step == STEP_AGAIN && !http_stream_take(stream, bytes))
		return end_stream(conn);
	buf_release(&conn->in);
	return step;
}

static enum step
step_linger(struct http_conn *conn)
{
	struct span bytes;

	return read_some(conn, &bytes);
}

static void
pump(struct http_conn *conn)
{
	static enum step (*const steps[])(struct http_conn *) = {
	    [HTTP_HANDSHAKE] = step_handshake,
	    [HTTP_HEAD] = step_head,
	    [HTTP_BODY] = step_body,
	    [HTTP_PENDING] = step_pending,
	    [HTTP_REPLY] = step_reply,
	    [HTTP_STREAM] = step_stream,
	    [HTTP_LINGER] = step_linger,
	};
	enum step step = STEP_AGAIN;

	conn->is_pumping = true;
	for (int i = 0; i < STEPS_A_TURN && step == STEP_AGAIN; i++)
		step = steps[conn->state](conn);
	conn->is_pumping = false;
	if (step == STEP_GONE)
		http_conn_free(conn);
	else if (step != STEP_WAIT)
		http_conn_wake(conn);
}

/* ---- events */

static void
on_later(struct loop_task *task)
{
	pump((struct http_conn *)((char *)task -
	    offsetof(struct http_conn, task)));
}

void
http_conn_wake(struct http_conn *conn)
{
	if (!conn->is_pumping)
		loop_later(conn->http->loop, &conn->task);
}

/* Whether the connection is broken for sure, not only shut down by the peer. */
static bool
is_broken(const struct http_conn *conn)
{
	char byte;

	return recv(conn->io.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

/*
 * A client that has shut down its sending side may have hung up, or may wait
 * for the answer: nobody can tell. What comes soon is still sent.
 */
static void
watch_pending(struct http_conn *conn, short what)
{
	if (is_broken(conn)) {
		http_conn_free(conn);
		return;
	}
	if ((what & EV_CLOSED) && conn->deadline_us == 0)
		http_conn_set_deadline(conn, conn->http->limits.grace_us);
}

static void
on_event(evutil_socket_t fd, short what, void *context)
{
	struct http_conn *conn = context;

	(void)fd;
	if (what & EV_CLOSED)
		conn->has_ended = true;
	if (conn->state == HTTP_PENDING)
		watch_pending(conn, what);
	else
		pump(conn);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct http_conn *conn = context;

	(void)fd;
	(void)what;
	if (conn->state != HTTP_STREAM) {
		http_conn_free(conn);
		return;
	}
	if (!http_stream_tick(conn->stream)) {
		http_conn_free(conn);
		return;
	}
	http_conn_set_deadline(conn, http_stream_period(conn->stream));
	pump(conn);
}

/* ---- birth and death */

static bool
start(struct http_conn *conn)
{
	struct event_base *base = loop_base(conn->http->loop);
	struct tls *tls = conn->http->options.tls;

	conn->state = tls ? HTTP_HANDSHAKE : HTTP_HEAD;
	(void)event_assign(&conn->timer, base, -1, 0, on_timer, conn);
	(void)event_assign(&conn->event, base, conn->io.fd,
	    EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, on_event,
	    conn);
	if (tls && !io_start_tls(&conn->io, tls))
		return false;
	set_timeout(conn);
	return event_add(&conn->event, NULL) == 0;
}

void
http_conn_open(struct http *http, int fd, const struct peer *peer)
{
	struct http_conn *conn = calloc(1, sizeof(*conn));

	if (!conn) {
		(void)close(fd);
		return;
	}
	io_init(&conn->io, fd);
	conn->http = http;
	conn->task.run = on_later;
	conn->is_local = strcmp(peer->address, "unix") == 0;
	buf_init(&conn->in, IN_LIMIT);
	buf_init(&conn->out, SIZE_MAX / 2);
	TAILQ_INSERT_TAIL(&http->conns, conn, entry);
	http->conn_count++;
	if (!start(conn))
		http_conn_free(conn);
}

/* A request that is with its handler stays, and learns that it is alone. */
static void
part_from_request(struct http_conn *conn)
{
	struct http_request *request = conn->request;

	if (!request)
		return;
	if (conn->state != HTTP_PENDING) {
		http_request_free(request);
		return;
	}
	conn->http->body_octets -= request->body.len;
	request->conn = NULL;
	if (request->gone)
		request->gone(request->gone_context);
}

void
http_conn_free(struct http_conn *conn)
{
	struct http *http = conn->http;

	(void)event_del(&conn->event);
	(void)event_del(&conn->timer);
	loop_forget(http->loop, &conn->task);
	TAILQ_REMOVE(&http->conns, conn, entry);
	http->conn_count--;
	if (conn->stream)
		http_stream_drop(conn->stream);
	part_from_request(conn);
	http_tail_free(conn->tail);
	io_release(&conn->io);
	buf_release(&conn->in);
	buf_release(&conn->out);
	free(conn);
	http_check_idle(http);
}
