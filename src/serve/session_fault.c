/* session_fault: what a fault rule lets a session do instead of the usual. */
#include "session_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the rules look at */

/* Memory that the facts borrow from. */
struct borrowed {
	struct span *recipients;
	char *header;
};

static void
find_recipients(struct fault_facts *facts, struct borrowed *room,
    const struct message *mail)
{
	size_t count = 0;

	room->recipients =
	    malloc((mail->recipient_count + 1) * sizeof(*room->recipients));
	for (size_t i = 0; room->recipients && i < mail->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(mail, i);

		if (message_rcpt_is_accepted(&rcpt))
			room->recipients[count++] = rcpt.address;
	}
	facts->recipients = room->recipients;
	facts->recipient_count = count;
}

static void
find_rcpt(struct fault_facts *facts, struct borrowed *room,
    const struct message *mail)
{
	room->recipients = malloc(sizeof(*room->recipients));
	if (!room->recipients)
		return;
	*room->recipients =
	    message_recipient(mail, mail->recipient_count - 1).address;
	facts->recipients = room->recipients;
	facts->recipient_count = 1;
}

static void
look_at_mail(struct fault_facts *facts, struct borrowed *room,
    const struct session *session)
{
	const struct message *mail = session->message;

	if (!mail)
		return;
	facts->mail_from = message_get(mail, MESSAGE_MAIL_FROM);
	facts->message_number = session->transactions;
	if (facts->moment == FAULT_MAIL) {
		facts->message_number++;
		facts->size = smtp_declared_size(session->smtp);
	}
	if (facts->moment == FAULT_RCPT)
		find_rcpt(facts, room, mail);
	if (facts->moment == FAULT_DATA || facts->moment == FAULT_BODY)
		find_recipients(facts, room, mail);
	if (facts->moment == FAULT_BODY) {
		facts->size = mail->body.len;
		facts->header = session_header(session, &room->header);
	}
}

static bool
decide(struct session *session, enum fault_moment moment)
{
	struct borrowed room = {NULL, NULL};
	struct inbox_name inbox;
	struct fault_facts facts = {
	    .moment = moment,
	    .now_us = session->shared->now_us,
	    .session = span_string(session->id),
	    .peer = span_string(session->peer.address),
	    .listener = span_string(session->place->spec->name),
	    .inbox = session_inbox(session, &inbox),
	    .helo = buf_span(&session->helo),
	    .user = buf_span(&session->user),
	    .session_number = session->number,
	};
	bool acts;

	if (moment == FAULT_HELO)
		facts.helo = smtp_hello(session->smtp);
	if (moment == FAULT_AUTH)
		facts.user = buf_span(&session->tried);
	look_at_mail(&facts, &room, session);
	acts = fault_decide(
	    session->shared->options->faults, &facts, session->fault);
	free(room.recipients);
	free(room.header);
	return acts;
}

/* Whether a rule acts now; session->fault says how. */
static bool
meets_rule(struct session *session, enum fault_moment moment)
{
	struct fault_set *faults = session->shared->options->faults;

	session->fault_id[0] = '\0';
	if (!faults || !(fault_moments(faults) & moment))
		return false;
	if (!session->fault)
		session->fault = malloc(sizeof(*session->fault));
	if (!session->fault || !decide(session, moment))
		return false;
	memcpy(
	    session->fault_id, session->fault->rule, sizeof(session->fault_id));
	return true;
}

/* ---- what is done */

static void
remark_rule(struct session *session)
{
	static const char *const drops[] = {
	    [FAULT_DROP_NONE] = "",
	    [FAULT_DROP_NOW] = " drop",
	    [FAULT_DROP_BEFORE_REPLY] = " drop=before-reply",
	    [FAULT_DROP_AFTER_COMMIT] = " drop=after-commit",
	    [FAULT_DROP_AFTER_BYTES] = " drop=after-bytes",
	};
	static const char *const tls[] = {
	    [FAULT_TLS_NONE] = "",
	    [FAULT_TLS_FAIL] = " tls=fail",
	    [FAULT_TLS_EXPIRED] = " tls=expired",
	    [FAULT_TLS_WRONG_HOST] = " tls=wrong-host",
	    [FAULT_TLS_SELF_SIGNED] = " tls=self-signed",
	};
	const struct fault_action *fault = session->fault;
	char reply[16] = "";
	char wait[48] = "";
	char drip[32] = "";

	if (fault->code)
		(void)snprintf(reply, sizeof(reply), " reply=%d", fault->code);
	if (fault->delay_us)
		(void)snprintf(wait, sizeof(wait), " delay=%lldms",
		    (long long)(fault->delay_us / 1000));
	if (fault->drip)
		(void)snprintf(drip, sizeof(drip), " drip=%u", fault->drip);
	session_remark(session, "fault %s:%s%s%s%s%s%s%s%s", fault->rule, wait,
	    drip, fault->stall ? " stall" : "", reply, drops[fault->drop],
	    fault->reset ? " rst" : "", fault->hide ? " hide" : "",
	    tls[fault->tls]);
}

static void
cut(struct session *session)
{
	io_drop(&session->io,
	    session->fault_resets ? IO_DROP_RESET : IO_DROP_QUIETLY);
	session_end(session, ENDING_FAULT);
}

void
session_fault_drop(struct session *session)
{
	/* What is answered goes out, if it can without waiting. */
	if (session_flush(session) || session->state != SESSION_GONE)
		cut(session);
}

/* The rule's reply, or the usual way with what the rule adds to it. */
static void
answer(struct session *session)
{
	const struct fault_action *fault = session->fault;
	struct smtp_reply reply;

	if (fault->drip) {
		/* What was said before is not part of it. */
		(void)session_flush(session);
		if (session->state == SESSION_GONE)
			return;
		session->drip = fault->drip;
	}
	if (fault->code == 0) {
		session_usual(session);
		return;
	}
	reply = fault_reply(fault);
	if (reply.code == 421)
		session_note_ending(session, ENDING_FAULT);
	session_answer(session, &reply);
}

/* After the delay. */
static void
act(struct session *session)
{
	const struct fault_action *fault = session->fault;

	switch (fault->drop) {
	case FAULT_DROP_NOW:
		cut(session);
		return;
	case FAULT_DROP_BEFORE_REPLY:
		session_fault_drop(session);
		return;
	case FAULT_DROP_AFTER_COMMIT:
		session->drops_at_commit = true;
		break;
	case FAULT_DROP_AFTER_BYTES:
		session->drops_at_byte = true;
		session->drop_left = fault->drop_bytes;
		break;
	case FAULT_DROP_NONE:
		break;
	}
	answer(session);
}

/* Before a handshake there is nobody to say anything to. */
static void
act_unheard(struct session *session)
{
	enum fault_drop drop = session->fault->drop;

	if (drop == FAULT_DROP_NOW || drop == FAULT_DROP_BEFORE_REPLY)
		cut(session);
}

/* ---- when */

static void
wait_to(struct session *session, void (*then)(struct session *))
{
	session->state_before = session->state;
	session->state = SESSION_WAITING;
	session->then = then;
}

static void
start_timer(struct session *session, int64_t us)
{
	const struct timeval time = {
	    .tv_sec = (time_t)(us / CLOCK_SECOND),
	    .tv_usec = (suseconds_t)(us % CLOCK_SECOND),
	};

	(void)event_add(&session->timer, &time);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct session *session = context;
	void (*then)(struct session *) = session->then;

	(void)fd;
	(void)what;
	session->shared->now_us = clock_mono_us();
	/* libevent's clock is a coarse one, and some milliseconds early. */
	if (session->shared->now_us < session->timer_us) {
		start_timer(
		    session, session->timer_us - session->shared->now_us);
		return;
	}
	session->then = NULL;
	if (then) {
		session->state = session->state_before;
		session->is_fresh = true;
		then(session);
	}
	session_go(session);
}

void
session_fault_init(struct session *session)
{
	(void)event_assign(&session->timer, loop_base(session->shared->loop),
	    -1, EV_TIMEOUT, on_timer, session);
}

void
session_fault_release(struct session *session)
{
	free(session->fault);
	free(session->greeting_fault);
}

void
session_set_timer(struct session *session, int64_t us)
{
	session->timer_us = clock_mono_us() + us;
	start_timer(session, us);
}

/* Does what the rule says first: nothing, for a time or for ever. */
static void
begin(struct session *session, void (*then)(struct session *))
{
	const struct fault_action *fault = session->fault;

	remark_rule(session);
	session->fault_resets = fault->reset;
	if (session->asked == SMTP_HELLO && fault->code == 0)
		smtp_hide(session->smtp, fault->hide);
	if (fault->tls)
		session->tls_fault = fault->tls;
	session->is_stalled = fault->stall;
	if (fault->stall) {
		wait_to(session, NULL);
	} else if (fault->delay_us) {
		wait_to(session, then);
		session_set_timer(session, fault->delay_us);
	} else {
		then(session);
	}
}

/* With TLS from the first byte a rule has met the session before its greeting,
   and has waited and dropped already. */
static bool
take_greeting_fault(struct session *session)
{
	struct fault_action *fault = session->greeting_fault;

	if (session->asked != SMTP_CONNECT || !fault)
		return false;
	session->greeting_fault = NULL;
	free(session->fault);
	session->fault = fault;
	act(session);
	return true;
}

bool
session_fault_acts(struct session *session)
{
	static const unsigned moments[] = {
	    [SMTP_CONNECT] = FAULT_CONNECT,
	    [SMTP_HELLO] = FAULT_HELO,
	    [SMTP_AUTH] = FAULT_AUTH,
	    [SMTP_MAIL] = FAULT_MAIL,
	    [SMTP_RCPT] = FAULT_RCPT,
	    [SMTP_DATA] = FAULT_DATA,
	    [SMTP_BODY] = FAULT_BODY,
	    [SMTP_RSET] = FAULT_RSET,
	    [SMTP_TLS] = FAULT_TLS,
	    [SMTP_QUIT] = FAULT_QUIT,
	    [SMTP_CLOSE] = 0,
	};
	enum smtp_event asked = session->asked;

	/* Who is one too many, and what there was no memory for, is refused
	   anyway. */
	if (session->ending == ENDING_REFUSED || session->trouble)
		return false;
	if (take_greeting_fault(session))
		return true;
	if (asked == SMTP_CONNECT && session->before_tls == BEFORE_NOTHING)
		return false;
	if (!meets_rule(session, moments[asked])) {
		/* What a rule hid was hidden from another name. */
		if (asked == SMTP_HELLO)
			smtp_hide(session->smtp, 0);
		return false;
	}
	begin(session, act);
	return true;
}

/* A rule for CONNECT may be about the handshake, which comes first here. */
static void
meet_unheard(struct session *session, enum fault_moment moment)
{
	if (!meets_rule(session, moment))
		return;
	begin(session, act_unheard);
	if (moment != FAULT_CONNECT)
		return;
	session->greeting_fault = malloc(sizeof(*session->fault));
	if (session->greeting_fault)
		*session->greeting_fault = *session->fault;
}

bool
session_fault_before_tls(struct session *session)
{
	while (session->state == SESSION_SHAKING &&
	    session->before_tls != BEFORE_NOTHING) {
		bool is_first = session->before_tls == BEFORE_CONNECT;

		session->before_tls++;
		meet_unheard(session, is_first ? FAULT_CONNECT : FAULT_TLS);
	}
	return session->state == SESSION_SHAKING;
}

enum tls_flaw
session_fault_flaw(const struct session *session)
{
	static const enum tls_flaw flaws[] = {
	    [FAULT_TLS_NONE] = TLS_FLAW_NONE,
	    [FAULT_TLS_FAIL] = TLS_FLAW_NO_CERT,
	    [FAULT_TLS_EXPIRED] = TLS_FLAW_EXPIRED,
	    [FAULT_TLS_WRONG_HOST] = TLS_FLAW_WRONG_HOST,
	    [FAULT_TLS_SELF_SIGNED] = TLS_FLAW_SELF_SIGNED,
	};

	return flaws[session->tls_fault];
}
