/* session_time: the patience with a session, and its orderly end. */
#include "session_private.h"

#include <stdio.h>

/* RFC 5321 4.5.3.2.7 and 4.5.3.2.5. */
#define COMMAND_US (300 * CLOCK_SECOND)
#define TEXT_US (180 * CLOCK_SECOND)

/* What no RFC tells: before SMTP begins, and after it has ended. */
#define BEGIN_US (60 * CLOCK_SECOND)
#define CLOSE_US (30 * CLOCK_SECOND)
#define LINGER_US (2 * CLOCK_SECOND)
#define LINGER_STOPPING_US (CLOCK_SECOND / 5)

static int64_t
talk_patience(const struct session *session)
{
	return smtp_phase(session->smtp) == SMTP_PHASE_TEXT ? TEXT_US
							    : COMMAND_US;
}

int64_t
session_patience_us(const struct session *session)
{
	int64_t given = session->shared->options->timeout_us;
	int64_t usual;

	switch (session->state) {
	case SESSION_PROXY:
	case SESSION_SHAKING:
		usual = BEGIN_US;
		break;
	case SESSION_TALKING:
		usual = talk_patience(session);
		break;
	case SESSION_CLOSING:
		usual = CLOSE_US;
		break;
	case SESSION_LINGERING:
		/* What was asked for is longer than this, or very short. */
		usual = session->shared->is_stopping ? LINGER_STOPPING_US
						     : LINGER_US;
		return given && given < usual ? given : usual;
	case SESSION_WAITING:
		/* It is not the client we wait for; but a rule that never
		   answers is the client's to wait for. */
		if (!session->is_stalled)
			return 0;
		usual = COMMAND_US;
		break;
	default:
		return 0;
	}
	return given ? given : usual;
}

static void
say_farewell(struct session *session, const char *enhanced, const char *words,
    enum session_ending ending)
{
	struct smtp_reply reply = {.code = 421, .enhanced = enhanced};
	char text[300];

	(void)snprintf(text, sizeof(text), "%.255s %s",
	    session->place->config.hostname, words);
	reply.text = span_string(text);
	session_note_unfinished(session);
	smtp_shutdown(session->smtp, &session->shared->out, &reply);
	session_close(session, ending);
	session_go(session);
}

static void
lose_patience(struct session *session)
{
	/* Who does not even read would not read this either. */
	if (session->state == SESSION_TALKING && session->unsent.len == 0)
		say_farewell(session, "4.4.2", "Timeout, closing connection",
		    ENDING_TIMEOUT);
	else
		session_end(session, ENDING_TIMEOUT);
}

static struct session *
next(struct session *session)
{
	return TAILQ_NEXT(session, entry);
}

void
session_check_all(struct session_shared *shared)
{
	struct session *session = TAILQ_FIRST(&shared->sessions);

	shared->now_us = clock_mono_us();
	while (session) {
		struct session *after = next(session);
		int64_t most = session_patience_us(session);

		if (most && shared->now_us - session->active_us > most)
			lose_patience(session);
		else
			session_put_when_idle(session);
		session = after;
	}
}

void
session_stop(struct session *session)
{
	switch (session->state) {
	case SESSION_PROXY:
	case SESSION_SHAKING:
		session_end(session, ENDING_SHUTDOWN);
		break;
	case SESSION_WAITING:
		/* It comes here again when the store has answered. */
		if (session->is_message_out)
			break;
		dns_cancel(session->query);
		session->query = NULL;
		(void)event_del(&session->timer);
		session->drip = 0;
		if (session->state_before == SESSION_SHAKING) {
			session_end(session, ENDING_SHUTDOWN);
			break;
		}
		say_farewell(
		    session, "4.3.2", "Shutting down", ENDING_SHUTDOWN);
		break;
	case SESSION_TALKING:
		say_farewell(
		    session, "4.3.2", "Shutting down", ENDING_SHUTDOWN);
		break;
	default:
		break;
	}
}

void
session_stop_all(struct session_shared *shared)
{
	struct session *session = TAILQ_FIRST(&shared->sessions);

	shared->is_stopping = true;
	shared->now_us = clock_mono_us();
	while (session) {
		struct session *after = next(session);

		session_stop(session);
		session = after;
	}
}

void
session_cut_all(struct session_shared *shared)
{
	struct session *session = TAILQ_FIRST(&shared->sessions);

	shared->now_us = clock_mono_us();
	while (session) {
		struct session *after = next(session);

		session_end(session, ENDING_SHUTDOWN);
		session = after;
	}
}
