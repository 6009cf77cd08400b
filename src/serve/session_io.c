/* session_io: the states of a session, its reading and writing. */
#include "session_private.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

/* One client may send pipelined commands behind a message that waits for the
   store; many of them must not fill the memory. */
#define KEPT_USUAL ((size_t)16 * 1024 * 1024)
#define READ_SMALL ((size_t)4 * 1024)

/* Some milliseconds' worth of pipelined commands. */
#define EVENTS_MAX 8000

/* So many connections beyond the limit may stay until the peer has heard why.
 */
#define LINGER_MORE 256

/* Idle sessions are small. */
#define KEEP_SIZE ((size_t)4 * 1024)

/* ---- what waits */

/*
 * Input that waits for the engine: `kept` from kept_at on. It is copied there
 * when it outlasts the callback that read it.
 */
struct span
session_kept_input(const struct session *session)
{
	struct span in = buf_span(&session->kept);

	span_skip(&in, session->kept_at);
	return in;
}

static void
drop_kept(struct session *session)
{
	session->shared->kept -= session->kept.len;
	session->kept_at = 0;
	if (session->kept.size > KEEP_SIZE)
		buf_release(&session->kept);
	buf_reset(&session->kept);
}

static bool
keep_input(struct session *session, struct span in)
{
	struct span kept = session_kept_input(session);

	/* It is part of what is kept already. */
	if (in.len && kept.len && in.at >= kept.at &&
	    in.at <= kept.at + kept.len) {
		session->kept_at += (size_t)(in.at - kept.at);
		return true;
	}
	drop_kept(session);
	if (in.len == 0)
		return true;
	if (!buf_put(&session->kept, in))
		return false;
	session->shared->kept += in.len;
	return true;
}

static bool
keep_unsent(struct session *session, struct span rest)
{
	return rest.len == 0 || buf_put(&session->unsent, rest);
}

/* ---- waiting for the socket */

void
session_await(struct session *session, enum io_status status)
{
	switch (status) {
	case IO_OK:
		break;
	case IO_WANT_READ:
		session->may_read = false;
		break;
	case IO_WANT_WRITE:
		(void)event_add(&session->writable, NULL);
		break;
	case IO_END:
		session_end(session, ENDING_DROP);
		break;
	case IO_RESET:
		session_end(session, ENDING_RESET);
		break;
	case IO_TLS_FAILED:
		session_remark(
		    session, "failed in TLS: %s", io_tls_error(&session->io));
		session_end(session, ENDING_TLS_FAILED);
		break;
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	struct session *session = context;

	(void)fd;
	session->may_read = true;
	if (what & EV_CLOSED)
		session->has_hung_up = true;
	session_go(session);
}

static void
on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	session_go(context);
}

static void
on_again(struct loop_task *task)
{
	session_go(
	    (struct session *)((char *)task - offsetof(struct session, again)));
}

void
session_io_init(struct session *session, int fd)
{
	struct event_base *base = loop_base(session->shared->loop);

	io_init(&session->io, fd);
	session->again.run = on_again;
	buf_init(&session->kept, LOOP_SCRATCH_SIZE);
	buf_init(
	    &session->unsent, session->shared->out.limit + LOOP_SCRATCH_SIZE);
	(void)event_assign(&session->readable, base, fd,
	    EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_readable, session);
	(void)event_assign(&session->writable, base, fd, EV_WRITE | EV_ET,
	    on_writable, session);
}

void
session_io_release(struct session *session)
{
	if (session->io.fd >= 0) {
		(void)event_del(&session->readable);
		(void)event_del(&session->writable);
		(void)event_del(&session->timer);
	}
	loop_forget(session->shared->loop, &session->again);
	io_release(&session->io);
	drop_kept(session);
	buf_release(&session->kept);
	buf_release(&session->unsent);
}

/* ---- writing */

static enum io_status
write_some(struct session *session, struct span *rest)
{
	while (rest->len) {
		size_t count;
		enum io_status status = io_write(&session->io, *rest, &count);

		if (status != IO_OK)
			return status;
		span_skip(rest, count);
		session->active_us = session->shared->now_us;
	}
	return IO_OK;
}

static void
reset_out(struct session_shared *shared)
{
	buf_reset(&shared->out);
	shared->heard = 0;
}

static enum io_status
write_out(struct session *session)
{
	struct span rest = buf_span(&session->shared->out);
	enum io_status status = write_some(session, &rest);

	if (!keep_unsent(session, rest))
		status = IO_RESET;
	reset_out(session->shared);
	return status;
}

static enum io_status
write_unsent(struct session *session)
{
	struct buf *unsent = &session->unsent;
	struct span rest;
	enum io_status status;

	if (!keep_unsent(session, buf_span(&session->shared->out)))
		return IO_RESET;
	reset_out(session->shared);
	rest = buf_span(unsent);
	status = write_some(session, &rest);
	buf_drop(unsent, unsent->len - rest.len);
	if (unsent->len == 0 && unsent->size > KEEP_SIZE)
		buf_release(unsent);
	return status;
}

/* A piece each tenth of a second, or a byte where that would be none. */
static enum io_status
drip_some(struct session *session)
{
	struct buf *unsent = &session->unsent;
	size_t piece = session->drip < 10 ? 1 : session->drip / 10;
	enum io_status status;
	struct span rest;

	if (!keep_unsent(session, buf_span(&session->shared->out)))
		return IO_RESET;
	reset_out(session->shared);
	if (unsent->len == 0 ||
	    event_pending(&session->timer, EV_TIMEOUT, NULL))
		return IO_OK;
	rest = span_make(unsent->at, piece < unsent->len ? piece : unsent->len);
	piece = rest.len;
	status = write_some(session, &rest);
	buf_drop(unsent, piece - rest.len);
	if (unsent->len)
		session_set_timer(
		    session, (int64_t)piece * CLOCK_SECOND / session->drip);
	else
		session->drip = 0;
	return status;
}

bool
session_flush(struct session *session)
{
	enum io_status status;

	session_hear(session);
	if (session->drip)
		status = drip_some(session);
	else if (session->unsent.len)
		status = write_unsent(session);
	else
		status = write_out(session);
	session_await(session, status);
	return session->state != SESSION_GONE && session->unsent.len == 0;
}

void
session_close(struct session *session, enum session_ending ending)
{
	session_note_ending(session, ending);
	session->state = SESSION_CLOSING;
}

/* ---- reading */

/* All that is there, up to `size` bytes; *count is 0 unless it is IO_OK. */
static enum io_status
read_all(struct session *session, char *room, size_t size, size_t *count)
{
	size_t more = 0;
	enum io_status status = io_read(&session->io, room, size, count);

	/* What a plain socket does not fill it has not got; the next byte is a
	   new edge, and so is a FIN that was not seen yet. */
	if (status != IO_OK)
		return status;
	if (!session->io.ssl) {
		if (*count < size && !session->has_hung_up)
			session->may_read = false;
		return IO_OK;
	}
	/* TLS gives a record at a time. */
	while (status == IO_OK && *count < size) {
		status =
		    io_read(&session->io, room + *count, size - *count, &more);
		*count += more;
	}
	if (status == IO_WANT_READ)
		session->may_read = false;
	return IO_OK;
}

static size_t
read_size(const struct session *session, size_t before)
{
	if (session->shared->kept > KEPT_USUAL)
		return READ_SMALL;
	return LOOP_SCRATCH_SIZE - before;
}

/* New bytes, behind those of a line that is not complete yet. */
static bool
read_input(struct session *session, struct span *in)
{
	char *scratch = loop_scratch(session->shared->loop);
	struct span before = session_kept_input(session);
	size_t count;
	enum io_status status;

	assert(before.len <= SMTP_LINE_MAX);
	status = read_all(session, scratch + before.len,
	    read_size(session, before.len), &count);
	if (status != IO_OK) {
		session_await(session, status);
		return false;
	}
	if (before.len)
		memcpy(scratch, before.at, before.len);
	*in = span_make(scratch, before.len + count);
	session->active_us = session->shared->now_us;
	session->lines = 0;
	return true;
}

static bool
take_input(struct session *session, struct span *in)
{
	if (!session->is_fresh)
		return session->may_read && read_input(session, in);
	session->is_fresh = false;
	*in = session_kept_input(session);
	return true;
}

void
session_drain(struct session *session)
{
	/* Not the loop's: there may be input in that. */
	char room[READ_SMALL];
	size_t count;

	/* Bounded, where the client sends as fast as we read. */
	for (int i = 0; i < 64 && session->may_read; i++) {
		if (read_all(session, room, sizeof(room), &count) != IO_OK)
			return;
		session->drained += count;
	}
}

/* ---- states */

/* A rule may drop the connection after so many bytes: it gets no more. */
static enum smtp_event
step_engine(struct session *session, struct span *in)
{
	struct buf *out = &session->shared->out;
	struct span part = *in;
	size_t before;
	enum smtp_event event;

	if (!session->drops_at_byte)
		return smtp_step(session->smtp, in, out);
	if (part.len > session->drop_left)
		part.len = (size_t)session->drop_left;
	before = part.len;
	event = smtp_step(session->smtp, &part, out);
	session->drop_left -= before - part.len;
	span_skip(in, before - part.len);
	return event;
}

static void
drop_at_byte(struct session *session, struct span unused)
{
	if (session->drops_at_byte && unused.len >= session->drop_left)
		session_fault_drop(session);
}

/* The engine takes no more: it is all used up, or `out` is full. False: it has
   to wait until the client reads. */
static bool
pause_engine(struct session *session, struct span rest)
{
	if (session->shared->out.len <= SMTP_OUT_PAUSE) {
		drop_at_byte(session, rest);
		return false;
	}
	session->is_fresh = true;
	if (!session_flush(session))
		return false;
	session->is_fresh = false;
	return true;
}

/* Lets the engine have it until it waits for more, or for us, or until others
   should have their turn: `is_fresh` then. */
static void
run_engine(struct session *session, struct span *in)
{
	for (unsigned i = 0; session->state == SESSION_TALKING; i++) {
		enum smtp_event event;

		if (i == EVENTS_MAX) {
			session->is_fresh = true;
			return;
		}
		event = step_engine(session, in);
		if (event != SMTP_MORE)
			session_take(session, event);
		else if (!pause_engine(session, *in))
			return;
	}
}

/* What has come before the greeting leaves, its client said too early. An end
   is none of this: who has shut down may want to see who greets. */
static bool
read_early(struct session *session, struct span *in)
{
	char *scratch = loop_scratch(session->shared->loop);
	enum io_status status;
	size_t count;

	if (session->has_greeted || in->len || !session->may_read ||
	    session->state != SESSION_TALKING || session->shared->out.len == 0)
		return false;
	status = read_all(session, scratch, LOOP_SCRATCH_SIZE, &count);
	if (status == IO_WANT_READ)
		session->may_read = false;
	if (status != IO_OK)
		return false;
	/* Without memory for what follows a message, that is not begun. */
	if (!keep_input(session, span_make(scratch, count))) {
		session_end(session, ENDING_RESET);
		return false;
	}
	*in = session_kept_input(session);
	session->lines = 0;
	return true;
}

static void
note_greeting(struct session *session)
{
	if (session->shared->out.len)
		session->has_greeted = true;
}

static bool
step_talking(struct session *session)
{
	bool has_read = !session->is_fresh;
	struct span in;

	if (session->unsent.len && !session_flush(session))
		return false;
	if (!take_input(session, &in))
		return false;
	run_engine(session, &in);
	if (read_early(session, &in))
		run_engine(session, &in);
	if (session->state == SESSION_GONE)
		return false;
	note_greeting(session);
	/* What was refused is heard while its line is still there. */
	session_hear(session);
	/* Plaintext from before TLS is not to be believed. */
	if (session->state == SESSION_SHAKING) {
		session->drained += in.len;
		in.len = 0;
	}
	if (!keep_input(session, in)) {
		session_end(session, ENDING_RESET);
		return false;
	}
	if (!session_flush(session))
		return false;
	if (session->state != SESSION_TALKING)
		return true;
	if (session_record_is_full(session) || session_rest_is_out(session))
		return false;
	if (session->is_fresh || (session->may_read && has_read))
		loop_later(session->shared->loop, &session->again);
	return session->may_read && !has_read && !session->is_fresh;
}

static bool
step_waiting(struct session *session)
{
	char byte;
	size_t count;
	enum io_status status;

	(void)session_flush(session);
	if (session->state == SESSION_GONE || !session->is_stalled)
		return false;
	/* Nobody is left to be kept waiting. */
	status = io_peek(&session->io, &byte, 1, &count);
	if (session->has_hung_up)
		status = IO_END;
	if (status == IO_END || status == IO_RESET)
		session_await(session, status);
	return false;
}

/* Whether bytes of the client may still be on the way: a close would make the
   kernel send RST, and that would destroy the replies before it. */
static bool
must_linger(const struct session *session)
{
	unsigned max = session->shared->options->max_connections;

	if (max > 0 && session->shared->connections > max + LINGER_MORE)
		return false;
	return session->may_read || session_kept_input(session).len > 0 ||
	    session->ending == ENDING_ERRORS ||
	    session->ending == ENDING_REFUSED ||
	    session->ending == ENDING_FAULT;
}

static bool
step_closing(struct session *session)
{
	if (!session_flush(session))
		return false;
	if (!must_linger(session)) {
		session_end(session, ENDING_DROP);
		return false;
	}
	io_finish(&session->io);
	session->state = SESSION_LINGERING;
	session->may_read = true;
	return true;
}

static bool
step_lingering(struct session *session)
{
	char *scratch = loop_scratch(session->shared->loop);
	enum io_status status;
	size_t count;

	if (!session->may_read)
		return false;
	status = read_all(session, scratch, LOOP_SCRATCH_SIZE, &count);
	if (status == IO_OK && session->may_read)
		loop_later(session->shared->loop, &session->again);
	session_await(session, status);
	return false;
}

void
session_go(struct session *session)
{
	static bool (*const steps[SESSION_STATES])(struct session *) = {
	    [SESSION_PROXY] = session_step_proxy,
	    [SESSION_SHAKING] = session_step_shaking,
	    [SESSION_TALKING] = step_talking,
	    [SESSION_WAITING] = step_waiting,
	    [SESSION_CLOSING] = step_closing,
	    [SESSION_LINGERING] = step_lingering,
	};

	session->shared->now_us = clock_mono_us();
	while (session->state != SESSION_GONE && steps[session->state](session))
		;
	assert(session->shared->out.len == 0);
}

void
session_resume(struct session *session)
{
	if (session->state == SESSION_GONE)
		return;
	session->waits_for_rest = false;
	/* What was looked at is at the store now. */
	if (session->is_message_out) {
		session_go(session);
		return;
	}
	session->state = SESSION_TALKING;
	session->is_fresh = true;
	if (session->shared->is_stopping)
		session_stop(session);
	else
		session_go(session);
}

bool
session_io_begin(struct session *session)
{
	if (event_add(&session->readable, NULL) != 0)
		return false;
	session->may_read = true;
	session->is_fresh = true;
	return true;
}
