/*
 * put: the jobs that bring messages and sessions into the database.
 */
#ifndef PUT_H
#define PUT_H

#include "job.h"
#include "message.h"
#include "span.h"
#include "uid.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The record of a session. It is written for the first time with the session's
 * first message, so that what was acknowledged is never without its
 * conversation, and again whenever more of it is known, the last time when the
 * session has ended. Strings are columns of the same names.
 */
enum put_session_field {
	PUT_SESSION_LISTENER,
	PUT_SESSION_PROTOCOL, /* "smtp", "smtps", "lmtp" */
	PUT_SESSION_PEER,     /* address, no port */
	PUT_SESSION_LOCAL,    /* address:port that was connected to */
	PUT_SESSION_PROXY, /* what a PROXY header or XCLIENT said, or empty */
	PUT_SESSION_HELO,
	PUT_SESSION_USER,
	PUT_SESSION_MECHANISM,
	PUT_SESSION_TLS_VERSION,
	PUT_SESSION_TLS_CIPHER,
	PUT_SESSION_TLS_GROUP,
	PUT_SESSION_SNI,
	PUT_SESSION_ALPN,
	PUT_SESSION_CLIENT_CERT, /* its subject */
	PUT_SESSION_ENDING, /* "quit", "drop", "reset", "timeout", "tls-failed",
			       "shutdown", "refused", "fault", "errors" */
	PUT_SESSION_FIELDS
};

struct put_session {
	struct store_job job; /* put_session_init() sets run; you set done */
	char id[UID_SIZE];
	int64_t started_us; /* wall clock */
	int64_t ended_us;   /* 0: it goes on */
	uint16_t peer_port;
	struct span fields[PUT_SESSION_FIELDS]; /* borrowed until done() */
	unsigned accepted, refused, aborted;    /* messages so far */
	/* What was said since the last put; dialogue.h has the form. Appended
	   as part number `part`, which counts from 0. Borrowed until done(). */
	struct span dialogue;
	unsigned part;
	/* A put failed before: messages may be there that know of no session.
	 */
	bool is_late;
};

void put_session_init(struct put_session *);

struct put_message {
	struct store_job job;    /* put_message_init() sets run; you set done */
	struct message *message; /* borrowed until done() */
	struct put_session *session; /* written before it; NULL: not now */
	int64_t seq;                 /* filled: its place in the commit order */
};

void put_message_init(struct put_message *, struct message *);

#endif
