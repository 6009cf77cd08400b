/*
 * pick_session: reading sessions, their conversations and their findings.
 *
 * Blocking functions on a connection, like those of pick.h.
 */
#ifndef PICK_SESSION_H
#define PICK_SESSION_H

#include "buf.h"
#include "err.h"
#include "put.h"
#include "query.h"
#include "sql.h"

#include <stdbool.h>
#include <stdint.h>

struct pick_session {
	int64_t seq;
	struct span id;
	int64_t started_us;
	int64_t ended_us; /* 0: it goes on, or the server was killed */
	uint16_t peer_port;
	struct span fields[PUT_SESSION_FIELDS];
	uint64_t accepted, refused, aborted;
};

struct pick_session_request {
	/*
	 * A session is found when a message of it is, of any state; or when it
	 * is itself, as if it were a message: id, time of its start, peer,
	 * HELO, user, and its conversation as the text. NULL: all of them.
	 */
	const struct query *query;
	const char
	    *inbox;     /* one of its messages is there; NULL: any, or none */
	int64_t after;  /* seq greater than this */
	int64_t before; /* seq less than this; 0: no bound */
	uint64_t limit; /* 0: none */
	bool oldest_first;
};

/* Called a session, newest first unless asked otherwise; what it gets is
   borrowed until it returns. False ends the walk early, without an error. */
typedef bool pick_session_callback(const struct pick_session *, void *context);

enum err pick_sessions(struct sql *, const struct pick_session_request *,
    pick_session_callback *, void *context);

/* One session, by its id or its seq in decimals. ERR_NOT_FOUND. */
enum err pick_session(
    struct sql *, const char *id, pick_session_callback *, void *context);

/* Appends what was said so far, in the form of dialogue.h. ERR_LIMIT where the
   buffer is too small for it; ERR_OK and nothing for an unknown session. */
enum err pick_dialogue(struct sql *, int64_t session_seq, struct buf *out);
/* What one session can have said: a ceiling for that buffer. */
#define PICK_DIALOGUE_MAX ((size_t)16 * 1024 * 1024)

/* One finding of a message, as it was stored; borrowed. */
struct pick_finding {
	struct span rule, severity, section;
	int64_t at; /* octets from the message's start */
	struct span bytes;
	int64_t more; /* of that rule, which are not listed */
};

/* Called a finding, by its place; false ends the walk. */
typedef bool pick_finding_callback(const struct pick_finding *, void *context);

enum err pick_findings(
    struct sql *, int64_t message_seq, pick_finding_callback *, void *context);

#endif
