/*
 * serve_smtp: SMTP and LMTP sessions on listeners: engine, socket and store
 * joined.
 *
 * One struct serve_smtp is all that the sessions of a server share. Loop thread
 * only.
 */
#ifndef SERVE_SMTP_H
#define SERVE_SMTP_H

#include "err.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "message.h"
#include "tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns;
struct users;
struct serve_smtp;

enum serve_tls { SERVE_TLS_OFF, SERVE_TLS_OPTIONAL, SERVE_TLS_REQUIRED };
enum serve_auth { SERVE_AUTH_OFF, SERVE_AUTH_ANY, SERVE_AUTH_REQUIRED };

/* Called for each message once its 250 is decided; it keeps nothing of it. */
typedef void serve_smtp_saw(const struct message *, int64_t seq, void *context);

/* Const, and outlives the struct serve_smtp; strings and handles are borrowed.
 */
struct serve_smtp_options {
	const char *hostname;
	const char *banner; /* NULL: the usual */
	const char *default_inbox;
	uint64_t max_message; /* octets, > 0 */
	unsigned max_recipients;
	unsigned max_errors;
	unsigned max_connections; /* all listeners together */
	size_t memory_limit;      /* bodies in memory, all sessions together */
	const char *spool_directory; /* NULL: bodies stay in memory */
	int64_t timeout_us; /* 0: RFC 5321 4.5.3.2 by state; else for all */
	unsigned hide;      /* features hidden on every listener */
	enum serve_tls tls_mode;
	struct tls *tls; /* NULL: no TLS at all */
	enum serve_auth auth_mode;
	struct users *users; /* NULL: any credentials will do */
	bool bare_lf;        /* --bare-lf accept */
	struct dns *dns;     /* NULL: neither check */
	bool check_helo;
	bool check_sender_domain;
	serve_smtp_saw *saw; /* NULL: nobody wants to know */
	void *saw_context;
	struct log *log;
};

enum err serve_smtp_new(
    struct serve_smtp **out, struct loop *, const struct serve_smtp_options *);

/* Accepts on it from now on. Takes the listener, also on failure. */
enum err serve_smtp_listen(struct serve_smtp *, struct listener *);

/*
 * Accepts no more, lets each session have the reply to what is at the store,
 * sends 421 to all, and calls drained() once the last one is gone, at most
 * `grace_us` later.
 */
void serve_smtp_stop(struct serve_smtp *, int64_t grace_us,
    void (*drained)(void *context), void *context);

/* After drained(), or when the loop does not run any more. */
void serve_smtp_free(struct serve_smtp *);

struct serve_smtp_stats {
	uint64_t sessions; /* since start */
	uint64_t accepted; /* messages */
	uint64_t refused;
	unsigned connections; /* now */
};
void serve_smtp_stats(const struct serve_smtp *, struct serve_smtp_stats *);

#endif
