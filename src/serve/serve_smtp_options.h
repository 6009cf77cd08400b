/*
 * serve_smtp_options: what the SMTP sessions of a server are told at the start.
 */
#ifndef SERVE_SMTP_OPTIONS_H
#define SERVE_SMTP_OPTIONS_H

#include "inbox_name.h"
#include "log.h"
#include "message.h"
#include "span.h"
#include "tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns;
struct fault_set;
struct users;

enum serve_tls { SERVE_TLS_OFF, SERVE_TLS_OPTIONAL, SERVE_TLS_REQUIRED };
enum serve_auth { SERVE_AUTH_OFF, SERVE_AUTH_ANY, SERVE_AUTH_REQUIRED };
/* What becomes of findings (finding.h): of REJECT a message with an error among
   them is refused, and the others change nothing about what is accepted. */
enum serve_findings {
	SERVE_FINDINGS_REPORT,
	SERVE_FINDINGS_REJECT,
	SERVE_FINDINGS_OFF
};

/*
 * Called for each message that is stored, whatever its state; for an accepted
 * one when its 250 is decided. It keeps nothing of it.
 */
typedef void
serve_smtp_saw(const struct message *, int64_t seq, void *saw_context);

/* Called when a session has ended and all of its record is stored (or could not
   be). */
typedef void serve_smtp_ended(const char *id, void *saw_context);

/* Called for each reply of 4xx or 5xx, its first line without CR LF. */
typedef void
serve_smtp_refused(const char *peer, struct span reply, void *saw_context);

/* Const, and outlives the struct serve_smtp; strings and handles are borrowed.
 */
struct serve_smtp_options {
	const char *hostname;
	const char *banner;  /* NULL: the usual */
	const char *version; /* "0.1.0" */
	const char *default_inbox;
	struct inbox_order inbox_order;
	uint64_t max_message; /* octets, > 0 */
	unsigned max_recipients;
	unsigned max_errors;
	unsigned max_connections; /* all listeners together */
	size_t memory_limit;      /* bodies in memory, all sessions together */
	const char *spool_directory; /* NULL: bodies stay in memory */
	uint64_t refused_max;        /* octets kept of what was not accepted */
	int64_t timeout_us; /* 0: RFC 5321 4.5.3.2 by state; else for all */
	unsigned hide;      /* features hidden on every listener */
	enum serve_tls tls_mode;
	struct tls *tls; /* NULL: no TLS at all */
	enum serve_auth auth_mode;
	struct users *users; /* NULL: any credentials will do */
	enum serve_findings findings;
	bool keep_secrets; /* passwords stay readable in the record */
	bool bare_lf;      /* --bare-lf accept */
	struct dns *dns;   /* NULL: neither check */
	bool check_helo;
	bool check_sender_domain;
	struct fault_set *faults; /* NULL: no faults, ever */
	/* Each may be NULL. */
	serve_smtp_saw *saw;
	serve_smtp_ended *ended;
	serve_smtp_refused *refused;
	void *saw_context;
	struct log *log;
};

#endif
