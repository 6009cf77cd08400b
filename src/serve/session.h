/*
 * session: one client's connection, from its greeting to its record.
 *
 * The sessions of a server share what is in struct session_shared. Each is in
 * its list until it is freed, which is when its socket is closed and the store
 * has given back what it had of it. Loop thread only.
 */
#ifndef SESSION_H
#define SESSION_H

#include "budget.h"
#include "buf.h"
#include "listen_spec.h"
#include "loop.h"
#include "message.h"
#include "peer.h"
#include "serve_smtp_options.h"
#include "smtp.h"
#include "uid.h"

#include <sys/queue.h>

struct session;

TAILQ_HEAD(session_list, session);

/* Where it came in: one listener. Const while there are sessions. */
struct session_place {
	const struct listen_spec *spec;
	struct smtp_config config;
	struct span local; /* empty: the socket is bound to all addresses */
};

#define SESSION_SPARE 256

struct session_shared {
	struct loop *loop;
	struct store *store; /* the loop's, which it outlives */
	const struct serve_smtp_options *options;
	struct budget budget;
	struct spool_rules spool_rules;
	struct uid_source uids;
	struct session_list sessions;
	unsigned alive;       /* sessions in the list */
	unsigned connections; /* those with a socket */
	unsigned served;      /* of them, but for who was one too many */
	uint64_t started, accepted, refused;
	size_t kept; /* input that waits in memory, bytes, all sessions */
	int64_t complained_us; /* monotonic; in the log, about the store */
	bool is_stopping;
	bool is_abandoned; /* the store is there, and nobody to be told */

	/* Of the session that runs; empty in between. */
	struct buf out; /* its replies */
	size_t heard;   /* so many bytes of them are in its record */
	int64_t now_us; /* monotonic */

	/* Messages to be used again. */
	struct message *spare[SESSION_SPARE];
	size_t spare_count;

	/* The list is empty; may be NULL. Called last of all: it may free this
	   struct. */
	void (*emptied)(void *context);
	void *context;
};

/* Sets up what is not zero. */
void session_shared_init(
    struct session_shared *, struct loop *, const struct serve_smtp_options *);
/* With an empty list. */
void session_shared_release(struct session_shared *);

/* Takes the descriptor; without memory it is closed. */
void session_start(struct session_shared *, const struct session_place *,
    int fd, const struct peer *);

/* Ends those that were silent for too long, as of now. */
void session_check_all(struct session_shared *);

/* Says 421 to all, to those at the store once they have their reply. */
void session_stop_all(struct session_shared *);

/* Cuts all connections at once. */
void session_cut_all(struct session_shared *);

#endif
