/* session_tls: what comes before SMTP on a connection: PROXY header, TLS. */
#include "session_private.h"

#include <stdio.h>
#include <string.h>

#include "proxy.h"

/* ---- the PROXY header */

static void
believe(struct session *session, const struct proxy_found *found)
{
	struct peer peer = {.port = found->peer_port};
	struct peer local = {.port = found->local_port};

	if (!found->known) {
		(void)buf_put_string(&session->proxy, "PROXY LOCAL");
		return;
	}
	if (!peer_parse(&peer, span_string(found->peer)) ||
	    !peer_parse(&local, span_string(found->local)))
		return;
	(void)buf_printf(
	    &session->proxy, "PROXY through %s", session->peer.address);
	session->peer = peer;
	session_set_local(session, &local);
}

/* The header's bytes were only looked at: what follows it may be TLS. */
static bool
consume(struct session *session, size_t len)
{
	char room[PROXY_MAX];
	size_t count;

	while (len) {
		if (io_read(&session->io, room, len, &count) != IO_OK)
			return false;
		len -= count;
	}
	return true;
}

static void
refuse_header(struct session *session)
{
	session_remark(session, "no PROXY header");
	session_end(session, ENDING_ERRORS);
}

static bool
take_header(struct session *session, struct span seen)
{
	struct proxy_found found;
	struct span rest = seen;
	bool is_tls = session->place->spec->protocol == LISTEN_SMTPS;

	memset(&found, 0, sizeof(found));
	switch (proxy_parse(&rest, &found)) {
	case PROXY_MORE:
		if (seen.len >= PROXY_MAX || session->has_hung_up)
			refuse_header(session);
		else
			session->may_read = false;
		return false;
	case PROXY_BAD:
		refuse_header(session);
		return false;
	case PROXY_DONE:
		break;
	}
	believe(session, &found);
	session_remark(session, "%.*s: peer %s port %u",
	    SPAN_ARG(buf_span(&session->proxy)), session->peer.address,
	    (unsigned)session->peer.port);
	if (!consume(session, seen.len - rest.len) || !session_meet(session)) {
		session_end(session, ENDING_RESET);
		return false;
	}
	session->state = is_tls ? SESSION_SHAKING : SESSION_TALKING;
	return true;
}

bool
session_step_proxy(struct session *session)
{
	char room[PROXY_MAX];
	enum io_status status;
	size_t count;

	if (!session->may_read)
		return false;
	status = io_peek(&session->io, room, sizeof(room), &count);
	if (status == IO_OK) {
		session->active_us = session->shared->now_us;
		return take_header(session, span_make(room, count));
	}
	session_await(session, status);
	return false;
}

/* ---- TLS */

static void
remark_peer(struct session *session, const char *what, struct span said)
{
	if (said.len)
		session_remark(session, "%s %.*s", what, SPAN_ARG(said));
}

/* The peer chose them; each is as long as its buffer allows at most. */
static void
note_facts(struct session *session)
{
	const struct io *io = &session->io;

	(void)buf_put(&session->sni, span_string(io_tls_sni(io)));
	(void)buf_put(&session->alpn, span_string(io_tls_alpn(io)));
	io_tls_client_cert(io, &session->client_cert);
	session->tls_version = io_tls_version(io);
	session->tls_cipher = io_tls_cipher(io);
	session->tls_group = io_tls_group(io);
	session_learned(session);
	session_remark(session, "TLS %s %s %s", session->tls_version,
	    session->tls_cipher, session->tls_group);
	remark_peer(session, "SNI", buf_span(&session->sni));
	remark_peer(session, "ALPN", buf_span(&session->alpn));
	remark_peer(
	    session, "client certificate", buf_span(&session->client_cert));
}

void
session_starttls(struct session *session)
{
	static const struct smtp_reply unavailable = {
	    454, "4.7.0", SPAN("TLS not available now, try again later")};

	if (!tls_is_ready(session->shared->options->tls)) {
		session_answer(session, &unavailable);
		return;
	}
	/* RFC 3207 4.2, CVE-2011-0411: what was sent before our 220 was not
	   meant for TLS, and is not believed inside of it. */
	session_drain(session);
	session_answer(session, NULL);
}

static bool
start(struct session *session)
{
	if (session->drained)
		session_remark(session,
		    "plain text behind STARTTLS: %llu octets thrown away",
		    (unsigned long long)session->drained);
	if (io_start_flawed_tls(&session->io, session->shared->options->tls,
		session_fault_flaw(session))) {
		io_ask_certificate(&session->io);
		session->may_read = true;
		return true;
	}
	session_remark(session, "failed in TLS: it cannot be started");
	session_end(session, ENDING_TLS_FAILED);
	return false;
}

bool
session_step_shaking(struct session *session)
{
	enum io_status status;

	if (session->place->spec->protocol == LISTEN_SMTPS &&
	    !session_fault_before_tls(session))
		return session->state == SESSION_WAITING;
	/* The reply to STARTTLS goes first. */
	if (!session_flush(session))
		return false;
	if (!session->io.ssl && !start(session))
		return false;
	status = io_handshake(&session->io);
	if (status != IO_OK) {
		session_await(session, status);
		return false;
	}
	note_facts(session);
	session->active_us = session->shared->now_us;
	/* RFC 3207 4.2: nothing from before is known. */
	buf_reset(&session->user);
	session->mechanism = "";
	smtp_tls_started(session->smtp);
	session->state = SESSION_TALKING;
	session->is_fresh = true;
	session->may_read = true;
	return true;
}
