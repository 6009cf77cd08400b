/*
 * server: a sink as its options want it, open and known to who waits for it.
 *
 * What the program (cmd_serve.c) and the library (mailstop.h) have in common.
 * For one thread, as sink.h is.
 */
#ifndef SERVER_H
#define SERVER_H

#include "setup.h"

/* What is left of the second within which a server that stops must be gone. */
#define SERVER_GRACE_US ((int64_t)800000)

struct server {
	const struct options *options; /* borrowed */
	struct setup setup;
	struct sink *sink;
	int reader; /* the way to who reads the ready file; 0: none is open */
};

/*
 * For a process that is the server's own. Removes what an earlier one has left
 * as its ready file; all listeners accept when it returns. On failure there is
 * nothing to close.
 */
enum err server_open(struct server *, const struct options *, struct failure *);
/* Likewise one that only shows a database: setup_make_view(). */
enum err
server_open_view(struct server *, const struct options *, struct failure *);
/* Likewise in somebody else's process; setup_make_guest() says what differs. */
enum err server_open_guest(
    struct server *, const struct options *, struct log *, struct failure *);

/* Waits for somebody to read the ready file, where that is a FIFO. For who has
   not taken over signals yet, so that they still end the process. */
void server_await_reader(struct server *);

/* Writes the ready file and the like, where the options ask for them. */
enum err server_say_ready(struct server *, struct failure *);

/* The two halves of an end: what runs, and what it was made of. */
void server_close(struct server *);
void server_release(struct server *);

#endif
