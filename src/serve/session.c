/* session: one client's connection, from its greeting to its record. */
#include "session_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bodies up to this stay in memory where they may go to a file. */
#define MEMORY_MAX ((size_t)1024 * 1024)

/* What a client may fill of each text that is kept of it. */
#define TEXT_MAX 1024

/* LMTP answers once a recipient. */
#define OUT_FIRST ((size_t)256 * 1024)
#define OUT_EACH ((size_t)512)

/* ---- what all share */

void
session_shared_init(struct session_shared *shared, struct loop *loop,
    const struct serve_smtp_options *options)
{
	memset(shared, 0, sizeof(*shared));
	shared->loop = loop;
	shared->store = loop_store(loop);
	shared->options = options;
	shared->budget.limit = options->memory_limit;
	shared->spool_rules = (struct spool_rules){
	    .budget = &shared->budget,
	    .memory_max = options->spool_directory ? MEMORY_MAX : SIZE_MAX,
	    .directory = options->spool_directory,
	};
	TAILQ_INIT(&shared->sessions);
	buf_init(&shared->out, OUT_FIRST + OUT_EACH * options->max_recipients);
}

void
session_shared_release(struct session_shared *shared)
{
	assert(TAILQ_EMPTY(&shared->sessions));
	while (shared->spare_count)
		message_free(shared->spare[--shared->spare_count]);
	buf_release(&shared->out);
}

/* ---- life */

const char *
session_ending_name(enum session_ending ending)
{
	static const char *const names[ENDINGS] = {
	    [ENDING_NONE] = "",
	    [ENDING_QUIT] = "quit",
	    [ENDING_DROP] = "drop",
	    [ENDING_RESET] = "reset",
	    [ENDING_TIMEOUT] = "timeout",
	    [ENDING_TLS_FAILED] = "tls-failed",
	    [ENDING_SHUTDOWN] = "shutdown",
	    [ENDING_REFUSED] = "refused",
	    [ENDING_FAULT] = "fault",
	    [ENDING_ERRORS] = "errors",
	};

	return names[ending];
}

static void
init_texts(struct session *session)
{
	struct buf *const texts[] = {&session->proxy, &session->helo,
	    &session->user, &session->tried, &session->sni, &session->alpn,
	    &session->client_cert};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buf_init(texts[i], TEXT_MAX);
}

static void
release_texts(struct session *session)
{
	struct buf *const texts[] = {&session->proxy, &session->helo,
	    &session->user, &session->tried, &session->sni, &session->alpn,
	    &session->client_cert};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buf_release(texts[i]);
}

static struct session *
new_session(struct session_shared *shared, const struct session_place *place,
    int fd, const struct peer *peer)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->shared = shared;
	session->place = place;
	session->peer = *peer;
	session->asked = SMTP_MORE;
	session->mechanism = "";
	session->tls_version = "";
	session->tls_cipher = "";
	session->tls_group = "";
	session->started_us = clock_wall_us();
	session->active_us = shared->now_us;
	session->number = ++shared->started;
	uid_next(&shared->uids, session->started_us, session->id);
	record_init(&session->record, shared->now_us);
	init_texts(session);
	session_io_init(session, fd);
	session_put_init(session);
	session_fault_init(session);
	TAILQ_INSERT_TAIL(&shared->sessions, session, entry);
	shared->alive++;
	shared->connections++;
	return session;
}

static void
free_session(struct session *session)
{
	struct session_shared *shared = session->shared;

	session_io_release(session);
	session_give_message(session);
	session_put_release(session);
	session_fault_release(session);
	smtp_free(session->smtp);
	record_release(&session->record);
	release_texts(session);
	TAILQ_REMOVE(&shared->sessions, session, entry);
	shared->alive--;
	free(session);
	if (shared->alive == 0 && shared->emptied)
		shared->emptied(shared->context);
}

void
session_set_local(struct session *session, const struct peer *local)
{
	peer_show(local, session->local_room);
	session->local = span_string(session->local_room);
}

static void
find_local(struct session *session)
{
	struct peer local;

	session->local = session->place->local;
	if (session->local.len)
		return;
	peer_of_local(&local, session->io.fd);
	session_set_local(session, &local);
}

bool
session_meet(struct session *session)
{
	char address[PEER_SIZE];
	char date[CLOCK_TEXT_SIZE];
	const struct smtp_peer peer = {
	    .address = address,
	    .date = date,
	    .nonce = session->id,
	};

	peer_tag(&session->peer, address);
	clock_rfc5322(date, session->started_us);
	session->smtp = smtp_new(&session->place->config, &peer);
	return session->smtp != NULL;
}

void
session_note_ending(struct session *session, enum session_ending ending)
{
	if (session->ending == ENDING_NONE)
		session->ending = ending;
}

void
session_finish(struct session *session)
{
	const struct serve_smtp_options *options = session->shared->options;

	if (!session->is_recorded) {
		session_put_last(session);
		return;
	}
	if (options->ended && !session->shared->is_abandoned)
		options->ended(session->id, options->saw_context);
	free_session(session);
}

void
session_end(struct session *session, enum session_ending ending)
{
	if (session->state == SESSION_GONE)
		return;
	session_note_ending(session, ending);
	if (session->state == SESSION_TALKING)
		session_note_unfinished(session);
	/* What was not written was not said. */
	session_remark(
	    session, "end: %s", session_ending_name(session->ending));
	buf_reset(&session->shared->out);
	session->shared->heard = 0;
	session->state = SESSION_GONE;
	dns_cancel(session->query);
	session->query = NULL;
	session_io_release(session);
	session->shared->connections--;
	session->shared->served -= session->is_served;
	session_put_settle(session);
}

/* Who is told that there are too many, and stays, keeps nobody else out. */
static bool
take_place(struct session_shared *shared)
{
	unsigned max = shared->options->max_connections;

	if (max > 0 && shared->served >= max)
		return false;
	shared->served++;
	return true;
}

/* What comes first; who is one too many is told so in plain text, or nothing
   where a TLS client would not understand it. */
static enum session_state
first_state(const struct session *session)
{
	const struct listen_spec *spec = session->place->spec;

	if (session->ending == ENDING_REFUSED)
		return SESSION_TALKING;
	if (spec->proxy)
		return SESSION_PROXY;
	return spec->protocol == LISTEN_SMTPS ? SESSION_SHAKING
					      : SESSION_TALKING;
}

static bool
begin(struct session *session)
{
	bool is_tls = session->place->spec->protocol == LISTEN_SMTPS;

	session->is_served = take_place(session->shared);
	if (!session->is_served)
		session_note_ending(session, ENDING_REFUSED);
	find_local(session);
	session->state = first_state(session);
	if (session->ending == ENDING_REFUSED && is_tls)
		return false;
	if (session->state != SESSION_PROXY && !session_meet(session))
		return false;
	return session_io_begin(session);
}

void
session_start(struct session_shared *shared, const struct session_place *place,
    int fd, const struct peer *peer)
{
	struct session *session;

	shared->now_us = clock_mono_us();
	session = new_session(shared, place, fd, peer);
	if (!session) {
		(void)close(fd);
		log_error(shared->options->log,
		    "a connection was closed: out of memory");
		return;
	}
	if (begin(session))
		session_go(session);
	else
		session_end(session, ENDING_REFUSED);
}
