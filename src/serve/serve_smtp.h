/*
 * serve_smtp: SMTP and LMTP sessions on listeners: engine, socket and store
 * joined.
 *
 * One struct serve_smtp is all that the sessions of a server share. The inbox
 * of a message is its listener's, where that has one; else the AUTH identity;
 * else the default one. Loop thread only.
 */
#ifndef SERVE_SMTP_H
#define SERVE_SMTP_H

#include "err.h"
#include "listen.h"
#include "loop.h"
#include "serve_smtp_options.h"

#include <stdint.h>

struct serve_smtp;

enum err serve_smtp_new(
    struct serve_smtp **out, struct loop *, const struct serve_smtp_options *);

/* Accepts on it from now on: SMTP, SMTPS or LMTP. Takes the listener, also on
   failure; ERR_USAGE for SMTPS without TLS. */
enum err serve_smtp_listen(struct serve_smtp *, struct listener *);

/*
 * Accepts no more, lets each session have the reply to what is at the store,
 * sends 421 to all, and calls drained() once the last one is gone and recorded,
 * at most `grace_us` later. drained() runs from the loop, never inside this
 * call; it may free the struct serve_smtp.
 */
void serve_smtp_stop(struct serve_smtp *, int64_t grace_us,
    void (*drained)(void *context), void *context);

/*
 * After drained(), or when the loop does not run any more. Connections that are
 * left are cut. What is still at the store is freed when it comes back, in
 * store_reap() or store_close(), which must come after this: the last of the
 * records are handed in there. The options stay until then. NULL is allowed.
 */
void serve_smtp_free(struct serve_smtp *);

struct serve_smtp_stats {
	uint64_t sessions;    /* since start */
	uint64_t accepted;    /* messages */
	uint64_t refused;     /* transactions that came to nothing */
	unsigned connections; /* now */
};
void serve_smtp_stats(const struct serve_smtp *, struct serve_smtp_stats *);

#endif
