/*
 * sink: a whole server, put together and taken apart.
 *
 * Store, loop, index, TLS, users, faults, sessions and listeners, made from one
 * struct of options. No globals and no signals: a process may have several. All
 * functions are for one thread, the one that runs it, but sink_wake_stop().
 */
#ifndef SINK_H
#define SINK_H

#include "err.h"
#include "fault.h"
#include "indexer.h"
#include "listen_spec.h"
#include "loop.h"
#include "serve_smtp_options.h"
#include "store.h"
#include "tls.h"
#include "watch.h"

#include <stddef.h>
#include <stdint.h>

struct sink;

/* Strings and lists are borrowed as long as the sink lives. */
struct sink_options {
	const struct listen_spec *listeners;
	size_t listener_count;
	/* A view serves HTTP alone, and refuses what would change anything;
	   its store is untouched (store.h). */
	enum sink_kind { SINK_SERVER, SINK_VIEW } kind;
	struct store_options store;
	/* What the sink makes itself is ignored: tls, users, dns, faults, the
	   callbacks and the log. */
	struct serve_smtp_options smtp;
	struct tls_options tls; /* neither folder nor files: no TLS */
	/* Whether TLS that cannot be had is an error, or a warning. */
	enum sink_tls { SINK_TLS_IF_POSSIBLE, SINK_TLS_NEEDED } tls_need;
	const char *users_path; /* of SMTP; NULL: anybody */
	const char *dns_server; /* NULL: the system's */
	const char *fault_path; /* NULL: none */
	const char *const *faults;
	size_t fault_count;
	uint64_t seed;
	const char *http_users_path; /* NULL: anybody */
	/* "name:password", NULL-terminated; NULL: as the path says */
	const char *const *http_users;
	const char *const *http_hosts;
	const char *const *cors_origins;
	const char *webroot;
	const char *label; /* of the instance, in the page; NULL: none */
	/* Whether Mailpit's and MailHog's chaos routes may change faults. */
	enum sink_chaos { SINK_CHAOS_OFF, SINK_CHAOS_ON } chaos;
	struct log *log;
};

/*
 * Opens everything; all listeners accept when it returns. The words of a
 * failure name the address, the file or the option.
 */
enum err
sink_open(struct sink **out, const struct sink_options *, struct failure *);

/* Serves until sink_stop() has come to its end, or sink_wake_stop(). */
void sink_run(struct sink *);

/* Accepts no more, lets what was acknowledged be finished, and makes sink_run()
   return, at most `grace_us` later. */
void sink_stop(struct sink *, int64_t grace_us);

/* From any thread or a signal handler: sink_run() returns at once. */
void sink_wake_stop(struct sink *);

/* Reads certificates, users and fault rules again. On failure the old ones
   stay, and the log says so. */
void sink_reload(struct sink *);

/* After sink_run(), or without it. NULL is allowed. */
void sink_close(struct sink *);

struct loop *sink_loop(const struct sink *);
struct watch *sink_watch(const struct sink *);
struct indexer *sink_indexer(const struct sink *);
struct fault_set *sink_faults(const struct sink *);

/* Where it is reached, number `index`; false behind the last. */
struct sink_address {
	enum listen_protocol protocol;
	const char *text; /* "127.0.0.1:1025"; lives as long as the sink */
};
bool
sink_address(const struct sink *, size_t index, struct sink_address *address);

/* The CA that clients must trust; NULL without one. */
const char *sink_ca_path(const struct sink *);

#endif
