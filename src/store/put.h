/*
 * put: the jobs that bring messages and sessions into the database.
 */
#ifndef PUT_H
#define PUT_H

#include "message.h"
#include "store.h"

struct put_message {
	struct store_job job;    /* put_message_init() sets run; you set done */
	struct message *message; /* borrowed until done() */
	int64_t seq;             /* filled: its place in the commit order */
};

void put_message_init(struct put_message *, struct message *);

/* How a session went; one row, written when it has ended. */
struct put_session {
	struct store_job job;
	char id[UID_SIZE];
	int64_t started_us; /* wall clock */
	int64_t ended_us;
	struct buf text; /* holds the strings below; owned */
	struct span listener, protocol, peer, local, helo, user, auth, tls,
	    ending;
	unsigned accepted, refused, aborted; /* messages */
};

void put_session_init(struct put_session *);

#endif
