/*
 * smtp_double: a session without sockets, for whatever drives the engine.
 *
 * Says yes to everything unless `decide` says otherwise, keeps the replies, the
 * last message and a record of all events. It gives the engine as little as its
 * contract allows: input moves between any two calls, also between a question
 * and its answer.
 */
#ifndef SMTP_DOUBLE_H
#define SMTP_DOUBLE_H

#include "buf.h"
#include "smtp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DOUBLE_LIMIT ((size_t)64 * 1024 * 1024)

struct smtp_double {
	struct smtp_config config;
	struct smtp *smtp;
	char *input; /* not consumed yet; memory of its very size */
	size_t input_len;
	struct buf out;
	struct buf said;    /* all replies */
	struct buf record;  /* all events as text, if is_recorded */
	struct buf content; /* of the open message */
	struct buf message; /* the last one that was stored */
	struct buf voided;  /* the last one that came to nothing */
	unsigned stored;
	unsigned aborted;
	unsigned recipients;
	bool is_closed;
	bool wants_tls;
	bool is_recorded;
	unsigned questions; /* answered so far */
	unsigned seed;      /* for the use of `decide` */
	/* NULL, or gives the answer; of which NULL is the usual one. */
	const struct smtp_reply *(*decide)(
	    struct smtp_double *, enum smtp_event);
};

static inline struct smtp_config
double_config(void)
{
	struct smtp_config config = {
	    .hostname = "mx.test",
	    .version = "0.1.0",
	    .features = SMTP_USUAL_FEATURES,
	    .max_message = 100000,
	    .max_recipients = 1000,
	    .max_errors = 100,
	};

	return config;
}

/* `config` must be set. */
static inline bool
double_start(struct smtp_double *d)
{
	static const struct smtp_peer peer = {
	    .address = "127.0.0.1",
	    .date = "Tue, 25 Mar 2003 11:37:02 +0000",
	    .nonce = "1896.697170952",
	};

	d->smtp = smtp_new(&d->config, &peer);
	d->input = NULL;
	d->input_len = 0;
	buf_init(&d->out, DOUBLE_LIMIT);
	buf_init(&d->said, DOUBLE_LIMIT);
	buf_init(&d->record, DOUBLE_LIMIT);
	buf_init(&d->content, DOUBLE_LIMIT);
	buf_init(&d->message, DOUBLE_LIMIT);
	buf_init(&d->voided, DOUBLE_LIMIT);
	return d->smtp != NULL;
}

static inline void
double_stop(struct smtp_double *d)
{
	smtp_free(d->smtp);
	free(d->input);
	buf_release(&d->out);
	buf_release(&d->said);
	buf_release(&d->record);
	buf_release(&d->content);
	buf_release(&d->message);
	buf_release(&d->voided);
}

/* Puts what is left of the input, and `more`, into other memory. */
static inline void
double_move_input(struct smtp_double *d, struct span rest, struct span more)
{
	size_t len = rest.len + more.len;
	char *input = malloc(len ? len : 1);

	if (!input)
		abort();
	if (rest.len)
		memcpy(input, rest.at, rest.len);
	if (more.len)
		memcpy(input + rest.len, more.at, more.len);
	if (d->input)
		memset(d->input, '#', d->input_len);
	free(d->input);
	d->input = input;
	d->input_len = len;
}

static inline void
double_note(struct smtp_double *d, const char *what, struct span detail)
{
	if (!d->is_recorded)
		return;
	/* How much was said before it is a part of what happened. */
	buf_printf(&d->record, "%zu %s %zu ", d->said.len + d->out.len, what,
	    detail.len);
	buf_put(&d->record, detail);
	buf_put_char(&d->record, '\n');
}

static inline void
double_note_event(struct smtp_double *d, enum smtp_event event)
{
	static const char *const names[] = {
	    [SMTP_CONNECT] = "connect",
	    [SMTP_HELLO] = "hello",
	    [SMTP_AUTH] = "auth",
	    [SMTP_XCLIENT_GIVEN] = "xclient",
	    [SMTP_MAIL] = "mail",
	    [SMTP_RCPT] = "rcpt",
	    [SMTP_DATA] = "data",
	    [SMTP_BODY] = "body",
	    [SMTP_RSET] = "rset",
	    [SMTP_TLS] = "tls",
	    [SMTP_QUIT] = "quit",
	    [SMTP_LINE] = "line",
	    [SMTP_ABORT] = "abort",
	    [SMTP_TLS_START] = "tls-start",
	    [SMTP_CLOSE] = "close",
	};
	struct span detail = SPAN("");
	struct smtp_line line = smtp_line(d->smtp);

	if (event == SMTP_HELLO)
		detail = smtp_hello(d->smtp);
	if (event == SMTP_AUTH)
		detail = smtp_auth(d->smtp)->identity;
	if (event == SMTP_MAIL || event == SMTP_RCPT)
		detail = smtp_path(d->smtp)->mailbox;
	if (event == SMTP_LINE)
		detail = line.text;
	double_note(d, names[event], detail);
	if (event == SMTP_MAIL || event == SMTP_RCPT)
		double_note(d, "params", smtp_params(d->smtp));
	if (event == SMTP_AUTH)
		double_note(d, "secret", smtp_auth(d->smtp)->secret);
	if (event == SMTP_LINE && line.secret.len)
		double_note(d, "secret", line.secret);
	if (event == SMTP_LINE && line.is_cut)
		double_note(d, "cut", SPAN(""));
}

/* What a store would have done by the time of the answer. */
static inline void
double_keep(struct smtp_double *d, enum smtp_event event, int code)
{
	if (event == SMTP_MAIL && code < 400) {
		buf_reset(&d->content);
		d->recipients = 0;
	}
	if (event == SMTP_RCPT && code < 400)
		d->recipients++;
	if (event != SMTP_BODY)
		return;
	double_note(d, "content", buf_span(&d->content));
	if (code < 400) {
		d->stored++;
		buf_reset(&d->message);
		buf_put(&d->message, buf_span(&d->content));
	}
	buf_reset(&d->content);
}

static inline void
double_reply(struct smtp_double *d, struct span *rest, enum smtp_event event)
{
	static const struct smtp_reply saved = {
	    250, "2.0.0", SPAN("OK Message saved as ID")};
	const struct smtp_reply *reply = d->decide ? d->decide(d, event) : NULL;

	if (!reply && event == SMTP_BODY)
		reply = &saved;
	d->questions++;
	double_keep(d, event, reply ? reply->code : 200);
	double_move_input(d, *rest, SPAN(""));
	*rest = span_make(d->input, d->input_len);
	smtp_answer(d->smtp, &d->out, reply);
}

static inline void
double_drain(struct smtp_double *d)
{
	buf_put(&d->said, buf_span(&d->out));
	buf_reset(&d->out);
}

/* One step; false when the engine wants more input, or nothing any more. */
static inline bool
double_step(struct smtp_double *d, struct span *rest)
{
	enum smtp_event event = smtp_step(d->smtp, rest, &d->out);

	if (event == SMTP_MORE) {
		bool is_paused = d->out.len > SMTP_OUT_PAUSE;

		double_drain(d);
		return is_paused;
	}
	if (event != SMTP_CONTENT)
		double_note_event(d, event);
	switch (event) {
	case SMTP_LINE:
		/* It is told, not consumed; and may move all the same. */
		double_move_input(d, *rest, SPAN(""));
		*rest = span_make(d->input, d->input_len);
		return true;
	case SMTP_CONTENT:
		buf_put(&d->content, smtp_content(d->smtp));
		return true;
	case SMTP_ABORT:
		double_note(d, "content", buf_span(&d->content));
		buf_reset(&d->voided);
		buf_put(&d->voided, buf_span(&d->content));
		buf_reset(&d->content);
		d->aborted++;
		return true;
	case SMTP_TLS_START:
		double_drain(d);
		d->wants_tls = true;
		span_skip(rest, rest->len);
		return false;
	case SMTP_CLOSE:
		double_drain(d);
		d->is_closed = true;
		span_skip(rest, rest->len);
		return false;
	default:
		double_reply(d, rest, event);
		return true;
	}
}

/* Gives bytes behind those that are left; false once nothing may follow. */
static inline bool
double_feed(struct smtp_double *d, struct span bytes)
{
	struct span rest;

	if (d->is_closed || d->wants_tls)
		return false;
	double_move_input(d, span_make(d->input, d->input_len), bytes);
	rest = span_make(d->input, d->input_len);
	while (double_step(d, &rest))
		;
	double_move_input(d, rest, SPAN(""));
	return true;
}

/* All of it, in pieces of `chunk` bytes. */
static inline void
double_feed_chunks(struct smtp_double *d, struct span bytes, size_t chunk)
{
	do {
		size_t len = bytes.len < chunk ? bytes.len : chunk;

		if (!double_feed(d, span_make(bytes.at, len)))
			return;
		span_skip(&bytes, len);
	} while (bytes.len);
}

/* The handshake is done. */
static inline void
double_tls(struct smtp_double *d)
{
	d->wants_tls = false;
	smtp_tls_started(d->smtp);
}

#endif
