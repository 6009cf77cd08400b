/* session_talk: what the engine of a session asks and tells, and what we say.
 */
#include "session_private.h"

#include <stdarg.h>
#include <stdio.h>

#define REMARK_MAX 1024

/* ---- the record */

void
session_remark(struct session *session, const char *format, ...)
{
	char text[REMARK_MAX];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(text))
		len = sizeof(text) - 1;
	record_remark(&session->record, session->shared->now_us,
	    span_make(text, (size_t)len));
}

static struct span
without_end(struct span line)
{
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void
hear_refusal(struct session *session, struct span line)
{
	const struct serve_smtp_options *options = session->shared->options;

	/* Of a reply in several lines the last one is enough. */
	if (line.len < 4 || line.at[3] != ' ' ||
	    (line.at[0] != '4' && line.at[0] != '5'))
		return;
	session_refused(session, session->given, line);
	session->given = SPAN("");
	if (options->refused)
		options->refused(
		    session->peer.address, line, options->saw_context);
}

void
session_hear(struct session *session)
{
	struct session_shared *shared = session->shared;
	struct span rest = buf_span(&shared->out);

	span_skip(&rest, shared->heard);
	shared->heard = shared->out.len;
	if (rest.len == 0)
		return;
	record_server(&session->record, shared->now_us, rest);
	while (rest.len)
		hear_refusal(session, without_end(span_cut(&rest, '\n')));
	session->given = SPAN("");
}

static void
take_line(struct session *session)
{
	struct smtp_line line = smtp_line(session->smtp);
	enum dialogue_kind kind =
	    session->lines++ ? DIALOGUE_PIPELINED : DIALOGUE_CLIENT;
	bool is_early = !session->has_greeted;

	/* Only the first such line stands before the greeting. */
	session->has_greeted = true;
	if (!is_early)
		session_hear(session);
	record_client(&session->record, kind, session->shared->now_us, &line,
	    session->shared->options->keep_secrets ? RECORD_PLAIN
						   : RECORD_STARS);
	if (is_early)
		session_hear(session);
	session->given = line.text;
}

void
session_note_unfinished(struct session *session)
{
	enum record_secret secret = session->shared->options->keep_secrets
	    ? RECORD_PLAIN
	    : RECORD_STARS;
	struct smtp_line line;

	if (!session->smtp)
		return;
	line = smtp_unfinished(session->smtp, session_kept_input(session));
	if (line.text.len)
		record_unfinished(
		    &session->record, session->shared->now_us, &line, secret);
}

/* ---- answers */

static void
greeted(struct session *session, struct span said)
{
	if (!session_said_yes(said))
		session_note_ending(session, ENDING_REFUSED);
}

static void
bid_farewell(struct session *session, struct span said)
{
	if (session_said_yes(said))
		session_note_ending(session, ENDING_QUIT);
}

/* What follows from the answer to each. */
typedef void answered(struct session *, struct span said);
static answered *const after[] = {
    [SMTP_CONNECT] = greeted,
    [SMTP_HELLO] = session_hello_answered,
    [SMTP_AUTH] = session_login_answered,
    [SMTP_MAIL] = session_mail_answered,
    [SMTP_RCPT] = session_rcpt_answered,
    [SMTP_DATA] = session_data_answered,
    [SMTP_BODY] = session_body_answered,
    [SMTP_QUIT] = bid_farewell,
    [SMTP_CLOSE] = NULL,
};

void
session_answer(struct session *session, const struct smtp_reply *reply)
{
	struct buf *out = &session->shared->out;
	enum smtp_event asked = session->asked;
	size_t before = out->len;
	struct span said;

	session->asked = SMTP_MORE;
	smtp_answer(session->smtp, out, reply);
	said = buf_span(out);
	span_skip(&said, before);
	said = without_end(span_cut(&said, '\n'));
	if (after[asked])
		after[asked](session, said);
}

/* ---- the usual way */

static void
take_connect(struct session *session)
{
	char text[PEER_SIZE + 300];
	struct smtp_reply reply = {.code = 421, .enhanced = "4.3.2"};

	if (session->ending != ENDING_REFUSED) {
		session_answer(session, NULL);
		return;
	}
	(void)snprintf(text, sizeof(text),
	    "%.255s Too many connections, try again later",
	    session->place->config.hostname);
	reply.text = span_string(text);
	session_answer(session, &reply);
}

static void
say_usual(struct session *session)
{
	session_answer(session, NULL);
}

/* ---- events */

static void
begin_tls(struct session *session)
{
	session->state = SESSION_SHAKING;
}

static void
close_it(struct session *session)
{
	/* It was neither the client's wish nor ours. */
	session_close(session, ENDING_ERRORS);
}

static void
take_content(struct session *session)
{
	/* Whatever stands behind the text in the same read is pipelined. */
	session->lines = 1;
	session_content(session);
}

static const struct {
	void (*tell)(struct session *);  /* it needs no answer */
	void (*begin)(struct session *); /* whatever the answer will be */
	void (*usual)(struct session *);
} moments[] = {
    [SMTP_CONNECT] = {.usual = take_connect},
    [SMTP_HELLO] = {.usual = session_hello},
    [SMTP_AUTH] = {.begin = session_login_begin, .usual = session_login},
    [SMTP_XCLIENT_GIVEN] = {.usual = session_xclient},
    [SMTP_MAIL] = {.begin = session_mail_begin, .usual = session_mail},
    [SMTP_RCPT] = {.begin = session_rcpt_begin, .usual = session_rcpt},
    [SMTP_DATA] = {.usual = session_data},
    [SMTP_BODY] = {.usual = session_body},
    [SMTP_RSET] = {.usual = say_usual},
    [SMTP_TLS] = {.usual = session_starttls},
    [SMTP_QUIT] = {.usual = say_usual},
    [SMTP_LINE] = {.tell = take_line},
    [SMTP_CONTENT] = {.tell = take_content},
    [SMTP_ABORT] = {.tell = session_abort},
    [SMTP_TLS_START] = {.tell = begin_tls},
    [SMTP_CLOSE] = {.tell = close_it},
};

void
session_usual(struct session *session)
{
	moments[session->asked].usual(session);
}

void
session_take(struct session *session, enum smtp_event event)
{
	if (moments[event].tell) {
		moments[event].tell(session);
		return;
	}
	session->asked = event;
	session->given = SPAN("");
	if (moments[event].begin)
		moments[event].begin(session);
	if (!session_fault_acts(session))
		session_usual(session);
}
