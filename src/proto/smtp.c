/* smtp: the server side of SMTP and LMTP without any I/O. */
#include "smtp.h"

#include "smtp_private.h"

#include <stdio.h>
#include <stdlib.h>

static const struct smtp_reply too_many_errors = {
    421, "4.7.0", SPAN("%h Too many errors, closing connection")};

/* ---- life */

static bool
reserve(struct buf *buf, size_t limit)
{
	buf_init(buf, limit);
	return buf_room(buf, limit) != NULL;
}

struct smtp *
smtp_new(const struct smtp_config *config, const struct smtp_peer *peer)
{
	struct smtp *smtp = calloc(1, sizeof(*smtp));
	bool has_all;

	if (!smtp)
		return NULL;
	smtp->config = config;
	smtp->features = config->features;
	smtp->stage = STAGE_GREETED;
	(void)snprintf(smtp->peer, sizeof(smtp->peer), "%s", peer->address);
	(void)snprintf(smtp->date, sizeof(smtp->date), "%s", peer->date);
	(void)snprintf(smtp->nonce, sizeof(smtp->nonce), "%s", peer->nonce);
	/* All that a session needs but for AUTH and XCLIENT: no command after
	   this can run out of memory. */
	has_all = reserve(&smtp->hello, NAME_MAX_LEN);
	has_all = reserve(&smtp->staged, NAME_MAX_LEN) && has_all;
	has_all = reserve(&smtp->text, TEXT_MAX) && has_all;
	if (has_all)
		return smtp;
	smtp_free(smtp);
	return NULL;
}

void
smtp_free(struct smtp *smtp)
{
	if (!smtp)
		return;
	smtp_auth_forget(smtp);
	buf_release(&smtp->hello);
	buf_release(&smtp->staged);
	buf_release(&smtp->text);
	free(smtp);
}

void
smtp_forget(struct smtp *smtp)
{
	smtp_end_transaction(smtp);
	smtp->stage = STAGE_GREETED;
	smtp->is_extended = false;
	smtp->is_authenticated = false;
	buf_reset(&smtp->hello);
}

void
smtp_tls_started(struct smtp *smtp)
{
	smtp->is_tls = true;
	/* TLS from the first byte: the greeting is still to come. */
	if (smtp->mode == MODE_GREETING)
		return;
	smtp_forget(smtp);
	smtp->mode = MODE_COMMAND;
}

void
smtp_hide(struct smtp *smtp, unsigned features)
{
	smtp->features = smtp->config->features & ~features;
}

/* ---- the transaction */

void
smtp_stage(struct smtp *smtp, struct span text)
{
	if (text.len > NAME_MAX_LEN)
		text.len = NAME_MAX_LEN;
	buf_reset(&smtp->staged);
	(void)buf_put(&smtp->staged, text);
}

void
smtp_end_transaction(struct smtp *smtp)
{
	if (!smtp_in_transaction(smtp))
		return;
	smtp->mail = (struct smtp_transaction){.received = 0};
	smtp->stage = STAGE_HELLO;
}

void
smtp_void_transaction(struct smtp *smtp, const struct smtp_reply *refusal)
{
	if (!smtp_in_transaction(smtp))
		return;
	smtp->is_void = true;
	smtp->refusal = refusal;
	smtp_end_transaction(smtp);
}

/* ---- asking and answering */

static void
refuse_greeting(struct smtp *smtp)
{
	smtp->stage = STAGE_REFUSED;
}

static const struct smtp_command greeting = {
    .asks = SMTP_CONNECT,
    .refused = refuse_greeting,
    .usual = {220, NULL, SPAN("%g")},
};

/* Whether LMTP says it once a recipient (RFC 2033 4.2 and 4.3). */
static bool
is_for_each(const struct smtp *smtp, const struct smtp_reply *reply)
{
	bool is_of_message =
	    (smtp->command->flags & EACH) || smtp->chunk.is_last;

	return smtp->config->lmtp && is_of_message && reply->code != 421;
}

static void
say_conclusion(
    struct smtp *smtp, struct buf *out, const struct smtp_reply *reply)
{
	size_t start = out->len;

	smtp_say(smtp, out, reply);
	if (!is_for_each(smtp, reply) || smtp->mail.recipients < 2)
		return;
	buf_reset(&smtp->text);
	(void)buf_put(
	    &smtp->text, span_make(out->at + start, out->len - start));
	smtp->repeats = smtp->mail.recipients - 1;
	smtp->mode = buf_failed(&smtp->text) ? MODE_CLOSED : MODE_REPEAT;
}

/* The one place where a command has its effect, or none. */
static void
conclude(struct smtp *smtp, struct buf *out, const struct smtp_reply *reply)
{
	const struct smtp_command *row = smtp->command;
	bool is_yes = reply->code < 400;

	smtp->mode = MODE_COMMAND;
	if (!is_yes || row->usual.code)
		say_conclusion(smtp, out, reply);
	if (is_yes && row->commit)
		row->commit(smtp);
	if (!is_yes && row->refused)
		row->refused(smtp);
	if (reply->code == 421)
		smtp->mode = MODE_CLOSED;
}

void
smtp_answer(struct smtp *smtp, struct buf *out, const struct smtp_reply *reply)
{
	struct smtp_reply usual;

	/* It may have been shut down while it waited. */
	if (smtp->mode != MODE_WAIT)
		return;
	smtp->wrong = NULL;
	if (!reply) {
		usual = smtp_fill(smtp, &smtp->command->usual);
		reply = &usual;
	}
	conclude(smtp, out, reply);
}

enum smtp_event
smtp_ask(struct smtp *smtp, const struct smtp_command *row, struct buf *out)
{
	smtp->command = row;
	smtp->mode = MODE_WAIT;
	if (row->asks)
		return row->asks;
	smtp_answer(smtp, out, NULL);
	return GO_ON;
}

void
smtp_refuse(struct smtp *smtp, struct buf *out, const struct smtp_reply *reply)
{
	unsigned max = smtp->config->max_errors;
	struct smtp_reply filled;

	smtp->wrong = reply;
	if (reply->code >= 500 && max > 0 && smtp->errors++ >= max)
		reply = &too_many_errors;
	filled = smtp_fill(smtp, reply);
	if (smtp->command->flags & NO_CODES)
		filled.enhanced = NULL;
	conclude(smtp, out, &filled);
}

/* ---- reading */

static enum smtp_event
greet(struct smtp *smtp, struct span *in, struct buf *out)
{
	(void)in;
	return smtp_ask(smtp, &greeting, out);
}

static enum smtp_event
read_command(struct smtp *smtp, struct span *in, struct buf *out)
{
	struct span text;

	switch (smtp_line_take(smtp, in, &text)) {
	case LINE_MORE:
		return SMTP_MORE;
	case LINE_TELL:
		return SMTP_LINE;
	case LINE_CUT:
		return smtp_command_run_cut(smtp, text, out);
	case LINE_WHOLE:
		break;
	}
	return smtp_command_run(smtp, text, out);
}

static enum smtp_event
repeat(struct smtp *smtp, struct span *in, struct buf *out)
{
	(void)in;
	(void)buf_put(out, buf_span(&smtp->text));
	if (--smtp->repeats == 0)
		smtp->mode = smtp->chunk.left ? MODE_SKIP : MODE_COMMAND;
	return GO_ON;
}

/* Who reads in each mode; where nobody does, what is said instead. */
static const struct {
	smtp_reader *read;
	enum smtp_event event;
} modes[MODES] = {
    [MODE_GREETING] = {greet, GO_ON},
    [MODE_COMMAND] = {read_command, GO_ON},
    [MODE_CHALLENGE] = {smtp_auth_challenge, GO_ON},
    [MODE_RESPONSE] = {smtp_auth_read, GO_ON},
    [MODE_TEXT] = {smtp_data_read, GO_ON},
    [MODE_CHUNK] = {smtp_bdat_read, GO_ON},
    [MODE_SKIP] = {smtp_bdat_skip, GO_ON},
    [MODE_REPEAT] = {repeat, GO_ON},
    [MODE_WAIT] = {NULL, SMTP_MORE},
    [MODE_TLS] = {NULL, SMTP_TLS_START},
    [MODE_CLOSED] = {NULL, SMTP_CLOSE},
};

static enum smtp_event
run_mode(struct smtp *smtp, struct span *in, struct buf *out)
{
	smtp_reader *read = modes[smtp->mode].read;

	return read ? read(smtp, in, out) : modes[smtp->mode].event;
}

enum smtp_event
smtp_step(struct smtp *smtp, struct span *in, struct buf *out)
{
	enum smtp_event event = GO_ON;

	while (event == GO_ON) {
		if (buf_failed(out))
			smtp->mode = MODE_CLOSED;
		if (smtp->is_void) {
			smtp->is_void = false;
			return SMTP_ABORT;
		}
		if (out->len > SMTP_OUT_PAUSE && smtp->mode != MODE_CLOSED)
			return SMTP_MORE;
		event = run_mode(smtp, in, out);
	}
	return event;
}

void
smtp_shutdown(
    struct smtp *smtp, struct buf *out, const struct smtp_reply *reply)
{
	while (smtp->mode == MODE_REPEAT)
		(void)repeat(smtp, NULL, out);
	if (smtp->mode != MODE_CLOSED)
		smtp_say(smtp, out, reply);
	smtp->mode = MODE_CLOSED;
}

/* ---- what a session asks about */

struct smtp_line
smtp_line(const struct smtp *smtp)
{
	return smtp->line;
}

struct smtp_line
smtp_unfinished(const struct smtp *smtp, struct span in)
{
	struct smtp_line line = {.text = in};

	if (!smtp_line_is_begun(smtp, in))
		line.text.len = 0;
	line.secret = smtp_auth_secret(smtp, line.text);
	return line;
}

static bool
is_asked_for_hello(const struct smtp *smtp)
{
	return smtp->mode == MODE_WAIT && smtp->command->asks == SMTP_HELLO;
}

struct span
smtp_hello(const struct smtp *smtp)
{
	bool is_asked = is_asked_for_hello(smtp);

	return buf_span(is_asked ? &smtp->staged : &smtp->hello);
}

bool
smtp_is_extended(const struct smtp *smtp)
{
	if (is_asked_for_hello(smtp))
		return smtp->command->flags & EXTENDED;
	return smtp->is_extended;
}

const struct path *
smtp_path(const struct smtp *smtp)
{
	return &smtp->path;
}

struct span
smtp_params(const struct smtp *smtp)
{
	return smtp->params;
}

uint64_t
smtp_declared_size(const struct smtp *smtp)
{
	return smtp->staged_mail.declared;
}

struct span
smtp_content(const struct smtp *smtp)
{
	return smtp->content;
}

const struct smtp_auth *
smtp_auth(const struct smtp *smtp)
{
	return &smtp->auth;
}

const struct smtp_reply *
smtp_refusal(const struct smtp *smtp)
{
	return smtp->refusal;
}

enum smtp_phase
smtp_phase(const struct smtp *smtp)
{
	return smtp->mode == MODE_TEXT || smtp->mode == MODE_CHUNK ||
		smtp->mode == MODE_SKIP
	    ? SMTP_PHASE_TEXT
	    : SMTP_PHASE_COMMAND;
}

bool
smtp_in_transaction(const struct smtp *smtp)
{
	return smtp->stage & STAGE_TRANSACTION;
}
