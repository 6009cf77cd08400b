/*
 * acceptor: takes the connections of one listening socket.
 *
 * When the process has no descriptor left, clients are told so and closed, one
 * after the other through a descriptor kept for that, instead of left to wait;
 * and the socket rests for a moment, so that it never spins. Loop thread.
 */
#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include "err.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "peer.h"
#include "span.h"

struct acceptor;

/* Const, and outlives the acceptor. */
struct acceptor_calls {
	/* Owns the descriptor: nonblocking, close-on-exec. It may not close the
	   acceptor. */
	void (*took)(void *context, int fd, const struct peer *);
	void *context;
	struct span refusal; /* for those that find no descriptor; may be empty
			      */
	struct log *log;
};

/* Takes the listener, also on failure. */
enum err acceptor_open(struct acceptor **out, struct loop *, struct listener *,
    const struct acceptor_calls *);

/* Closes the listening socket too. NULL is allowed. */
void acceptor_close(struct acceptor *);

#endif
