/*
 * fault_facts: what fault rules look at, and what they ask to be done.
 */
#ifndef FAULT_FACTS_H
#define FAULT_FACTS_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits: a rule of moment "any" has them all. */
enum fault_moment {
	FAULT_CONNECT = 1 << 0, /* before the greeting */
	FAULT_TLS = 1 << 1,     /* before a handshake: STARTTLS, or implicit */
	FAULT_HELO = 1 << 2,
	FAULT_AUTH = 1 << 3,
	FAULT_MAIL = 1 << 4,
	FAULT_RCPT = 1 << 5,
	FAULT_DATA = 1 << 6, /* before 354 */
	FAULT_BODY = 1 << 7, /* the end of the data */
	FAULT_RSET = 1 << 8,
	FAULT_QUIT = 1 << 9,
};
#define FAULT_ANY ((1u << 10) - 1)

/* What a rule looks at; empty spans where the session has none yet. */
struct fault_facts {
	enum fault_moment moment;
	int64_t now_us;      /* monotonic, for rate= */
	struct span session; /* the session's id, for per=session */
	struct span peer;    /* the address without port, or "unix" */
	struct span listener, inbox;
	struct span helo;      /* at HELO the name that is given now */
	struct span user;      /* at AUTH the identity that is tried */
	struct span mail_from; /* without angle brackets; empty for <> */
	/* The recipient of RCPT; for DATA and BODY all accepted ones. Without
	   angle brackets. */
	const struct span *recipients;
	size_t recipient_count;
	uint64_t size;           /* BODY: octets; MAIL: SIZE= */
	struct span header;      /* BODY: the raw header block */
	uint64_t session_number; /* of this server, from 1 */
	uint64_t message_number; /* the transaction's in its session, from 1 */
};

enum fault_drop {
	FAULT_DROP_NONE,
	FAULT_DROP_NOW, /* drop: at once; replies not yet written are lost */
	FAULT_DROP_BEFORE_REPLY, /* what is answered already is written; then
				    closed in place of this reply. BODY: not
				    stored */
	FAULT_DROP_AFTER_COMMIT, /* BODY: stored, then gone before the 250 */
	FAULT_DROP_AFTER_BYTES,  /* answered as usual (or with the rule's
				    reply), then gone after that many bytes
				    more of the client */
};
enum fault_tls {
	FAULT_TLS_NONE,
	FAULT_TLS_FAIL,
	FAULT_TLS_EXPIRED,
	FAULT_TLS_WRONG_HOST,
	FAULT_TLS_SELF_SIGNED,
};

#define FAULT_ID_MAX 63     /* bytes of a rule's id */
#define FAULT_TEXT_MAX 500  /* bytes of a reply's text */
#define FAULT_RULE_MAX 4096 /* bytes of a rule */
#define FAULT_RULES_MAX 1000

/*
 * What is to be done; several at once, where a rule names several. It borrows
 * nothing: the set may change while a session still waits for its delay.
 */
struct fault_action {
	char rule[FAULT_ID_MAX + 1]; /* the id of the rule */
	int code;                    /* of the reply; 0: the usual reply */
	char enhanced[12];           /* "" where the reply has none */
	char text[FAULT_TEXT_MAX + 1];
	int64_t delay_us; /* before the reply, or before the drop */
	unsigned drip;    /* bytes a second of this reply; 0: off */
	bool stall;       /* never answer */
	enum fault_drop drop;
	uint64_t drop_bytes;
	bool reset;    /* the drop is an RST */
	unsigned hide; /* of enum smtp_feature, for this EHLO */
	/* At CONNECT it holds for the handshakes of the session, unless a rule
	   of moment TLS says otherwise. */
	enum fault_tls tls;
};

/* Where a rule is wrong. */
struct fault_error {
	size_t offset; /* bytes from the start of the text */
	size_t line;   /* from 1 */
	size_t column; /* from 1, in bytes */
	char text[200];
};

#endif
