/*
 * session_private: what the files of a session share among themselves.
 *
 *	session.c        its life, and what all sessions share
 *	session_io.c     its states, reading and writing
 *	session_talk.c   what the engine asks, and our answers
 *	session_who.c    HELO, AUTH, XCLIENT, the checks with DNS
 *	session_mail.c   the transaction
 *	session_put.c    what is at the store
 *	session_rest.c   what was not accepted
 *	session_check.c  what is found in a message before it is answered
 *	session_tls.c    the PROXY header, STARTTLS and handshakes
 *	session_time.c   timeouts and the orderly stop
 *	session_fault.c  what a rule does instead
 */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include "session.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include "clock.h"
#include "dns.h"
#include "fault.h"
#include "finding.h"
#include "io.h"
#include "put.h"
#include "record.h"

enum session_state {
	SESSION_PROXY,     /* a PROXY header comes first */
	SESSION_SHAKING,   /* hands, for TLS */
	SESSION_TALKING,   /* the engine takes input */
	SESSION_WAITING,   /* for the store, the DNS, or a fault's delay */
	SESSION_CLOSING,   /* all is said; writes what is unsent */
	SESSION_LINGERING, /* all is written: reads to the peer's end */
	SESSION_GONE,      /* no socket; stays until the store is done */
	SESSION_STATES
};

enum session_ending {
	ENDING_NONE, /* it goes on */
	ENDING_QUIT,
	ENDING_DROP,
	ENDING_RESET,
	ENDING_TIMEOUT,
	ENDING_TLS_FAILED,
	ENDING_SHUTDOWN,
	ENDING_REFUSED, /* at the greeting */
	ENDING_FAULT,   /* a rule did it */
	ENDING_ERRORS,
	ENDINGS
};

/* What rules have not been asked about yet, with TLS from the first byte. */
/* What is wrong with a message, looked for on the store's worker thread. */
struct session_check {
	struct store_job job;
	const struct message *message;   /* borrowed, until done() */
	const struct finding_rule *rule; /* the first error; NULL: none */
	uint64_t offset;
};

enum session_before_tls { BEFORE_CONNECT, BEFORE_TLS, BEFORE_NOTHING };

struct session {
	struct session_shared *shared;
	const struct session_place *place;
	TAILQ_ENTRY(session) entry;
	enum session_state state;
	enum session_ending ending;

	/* session_io.c */
	struct io io;
	struct event readable;
	struct event writable;
	struct loop_task again;
	bool may_read;    /* there may be something */
	bool has_hung_up; /* a FIN was seen: reading does not stop early */
	bool is_fresh;    /* the engine has not seen all of `kept` */
	struct buf kept;  /* input */
	size_t kept_at;   /* how much of it is used up */
	struct buf unsent;
	int64_t active_us; /* when bytes moved last; monotonic */

	/* session_talk.c */
	struct smtp *smtp;     /* NULL before the PROXY header */
	enum smtp_event asked; /* SMTP_MORE: nothing */
	struct record record;
	unsigned lines;    /* taken since the last read */
	bool has_greeted;  /* or taken a line that was too early */
	struct span given; /* of a line that was not asked about: MAIL, RCPT */

	/* session_who.c; buffers hold what the record says */
	char id[UID_SIZE];
	int64_t started_us; /* wall clock */
	uint64_t number;    /* of this server, from 1 */
	struct peer peer;
	bool is_served;    /* not one too many; counted while it has a socket */
	struct span local; /* its place's, or in the room */
	char local_room[PEER_SIZE];
	struct buf proxy, helo, user, tried;
	const char *mechanism, *tried_mechanism;
	struct dns_query *query;

	/* session_tls.c */
	uint64_t drained; /* octets of plain text behind STARTTLS */
	const char *tls_version, *tls_cipher, *tls_group;
	struct buf sni, alpn, client_cert;

	/* session_mail.c, session_put.c */
	struct message *message; /* NULL: no transaction */
	enum err trouble;        /* why it cannot be stored */
	int64_t text_us[2]; /* its first byte came, and its end; 0: not yet */
	unsigned transactions;
	unsigned counts[MESSAGE_ABORTED + 1]; /* by enum message_state */
	struct put_message put_message;
	struct put_session put_session;
	struct buf put_texts; /* borrowed by put_session */
	bool is_message_out;  /* at the store; the engine waits */
	unsigned rests_out;   /* of what was not accepted; it goes on */
	bool waits_for_rest;
	bool is_record_out; /* at the store; the session goes on */
	struct session_check check;
	bool is_known; /* the store has its facts, or is getting them */
	bool waits_for_record;
	bool is_recorded; /* for the last time */

	/* session_fault.c */
	struct fault_action *fault; /* the last that acted; NULL: none yet */
	struct fault_action *greeting_fault; /* NULL, or it met it already */
	char fault_id[FAULT_ID_MAX + 1];     /* of the rule that acts now */
	enum session_before_tls before_tls;
	enum fault_tls tls_fault;
	struct event timer;              /* for delay and drip */
	int64_t timer_us;                /* when it is due; monotonic */
	enum session_state state_before; /* SESSION_WAITING for a delay */
	void (*then)(struct session *);  /* after it; NULL: no delay */
	unsigned drip;                   /* bytes a second; 0: as they come */
	uint64_t drop_left;              /* until drops_at_byte */
	bool drops_at_byte, drops_at_commit, fault_resets, is_stalled;
};

/* ---- session.c */

/* Makes the engine, once the peer is known. False without memory. */
bool session_meet(struct session *);
void session_set_local(struct session *, const struct peer *local);

/* Closes the socket; what else is to be stored follows. The first ending that
   was noted stands. */
void session_end(struct session *, enum session_ending);
void session_note_ending(struct session *, enum session_ending);
const char *session_ending_name(enum session_ending);

/* Of a session that is gone, when nothing of it is at the store: stores what is
   left, or frees the session. */
void session_finish(struct session *);

/* ---- session_io.c */

void session_io_init(struct session *, int fd);
/* Events, buffers, socket. */
void session_io_release(struct session *);
/* Reads from now on. False without memory. */
bool session_io_begin(struct session *);

/* Does all that can be done without waiting. */
void session_go(struct session *);

/* The engine may go on; it had to wait for an answer of ours, or a job. */
void session_resume(struct session *);

/* Writes replies. False when some are left, or the connection is broken. */
bool session_flush(struct session *);

/* The connection ends once all is written. */
void session_close(struct session *, enum session_ending);

/* Throws away what the socket holds, and counts it. */
void session_drain(struct session *);

/* What has come and waits for the engine. */
struct span session_kept_input(const struct session *);

/* Waits for the socket as the status says; ends what is broken. */
void session_await(struct session *, enum io_status);

/* ---- session_talk.c */

/* Records the line that the client has begun, if it has. */
void session_note_unfinished(struct session *);

/* The engine gave it. */
void session_take(struct session *, enum smtp_event);

/* The usual way of what is asked, without any fault. */
void session_usual(struct session *);

/* NULL is the usual reply. Who answers later calls session_resume() then. */
void session_answer(struct session *, const struct smtp_reply *);

/* Puts new replies into the record. */
void session_hear(struct session *);
void session_remark(struct session *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- session_who.c */

void session_hello(struct session *);
void session_hello_answered(struct session *, struct span said);
void session_login_begin(struct session *);
void session_login(struct session *);
void session_login_answered(struct session *, struct span said);
void session_xclient(struct session *);
/* Answers MAIL; an empty domain is fine. */
void session_check_sender(struct session *, struct span domain);
/* Where its mail goes, as far as that is known by now; borrows from `room`. */
struct span session_inbox(const struct session *, struct inbox_name *room);

/* ---- session_mail.c */

void session_mail_begin(struct session *);
void session_mail(struct session *);
void session_mail_answered(struct session *, struct span said);
void session_rcpt_begin(struct session *);
void session_rcpt(struct session *);
void session_rcpt_answered(struct session *, struct span said);
/* Of a command that the engine has refused by itself. */
void session_refused(struct session *, struct span line, struct span said);
void session_data(struct session *);
void session_data_answered(struct session *, struct span said);
void session_content(struct session *);
void session_body(struct session *);
void session_body_answered(struct session *, struct span said);
void session_abort(struct session *);

/* The header block of the text so far. It borrows from the text or from *room,
   which the caller frees. There is a message. */
struct span session_header(const struct session *, char **room);

/* The open transaction came to nothing; `words` say why, unless we said no. */
void session_give_up(struct session *, const char *words);

/* What is said when the store or the memory fails. */
const struct smtp_reply *session_trouble(enum err);

/* The message may be used again. NULL is none. */
void session_give_message(struct session *);
void session_give(struct session_shared *, struct message *);

/* ---- session_put.c */

void session_put_init(struct session *);
void session_put_release(struct session *);

/* Finishes a session that is gone, unless something of it is at the store. */
void session_put_settle(struct session *);

/* Stores the message, with what is to be said of the session; then answers. */
void session_put_accepted(struct session *);

/* Gives it its id and the facts of the session that it takes with it. False
   without memory. */
bool session_fill_message(struct session *, enum message_state);

/* Stores what is to be said of the session, which goes on meanwhile. */
void session_put_record(struct session *);
/* True: there is too much of it, and the session has to wait for the store. */
bool session_record_is_full(struct session *);
/* Stores it when the client has been silent for a while. */
void session_put_when_idle(struct session *);

/* Likewise for the last time, with what is left of a transaction. */
void session_put_last(struct session *);

void session_complain(struct session *, enum err);

/* ---- session_rest.c */

/* Stores the first part of a message that was not accepted, if there is
   anything of it. The session goes on meanwhile, unless many are on their way
   already. */
void session_put_rest(struct session *, enum message_state, struct span reason);

/* True: some is on its way, and the session waits for it before it takes what
   the client says next, having heard our no. So that who heard two replies, of
   which the first was a no, finds in the store what it was about. */
bool session_rest_is_out(struct session *);

/* ---- session_check.c */

/* Looks for errors in the message, then refuses or stores it. The session waits
   meanwhile. */
void session_check_body(struct session *);

/* ---- session_tls.c */

bool session_step_proxy(struct session *);
bool session_step_shaking(struct session *);
void session_starttls(struct session *);

/* ---- session_fault.c */

void session_fault_init(struct session *);
void session_fault_release(struct session *);

/* Whether a rule acts on what is asked; it answers then, now or later. */
bool session_fault_acts(struct session *);

/* Rules for the connection and its TLS handshake. False: not now, or never. */
bool session_fault_before_tls(struct session *);
enum tls_flaw session_fault_flaw(const struct session *);

/* Drops the connection as the rule says, with what is answered so far. */
void session_fault_drop(struct session *);

/* Calls session_go() after so long. */
void session_set_timer(struct session *, int64_t us);

/* ---- session_time.c */

/* How long nothing may move, in microseconds; 0: for ever. */
int64_t session_patience_us(const struct session *);
void session_stop(struct session *);

/* ---- small ones */

/* Its next message takes the record along: who reads one reads the other. */
static inline void
session_learned(struct session *session)
{
	session->is_known = false;
}

static inline bool
session_said_yes(struct span said)
{
	/* Nothing is said to the first BDAT of a message. */
	return said.len == 0 || said.at[0] == '2' || said.at[0] == '3';
}

#endif
