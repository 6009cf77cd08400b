/*
 * fault: rules that make the server say no, dawdle or hang up on purpose.
 *
 * A rule is: moment, conditions, counters, action; the first rule that fits
 * acts. Pure: no clock, no randomness of its own (a seed is given), no I/O, so
 * that the same seed and the same client give the same dialogue. A set belongs
 * to one thread.
 *
 *	rcpt to=*@full.test reply=452:4.2.2:"Mailbox full"
 *	data first=2 per=recipient reply=451:4.7.1:"Greylisted, try again"
 *	connect rate=5/s reply=421:4.7.0:"Too many connections"
 *	body every=3 drop=after-commit
 */
#ifndef FAULT_H
#define FAULT_H

#include "buf.h"
#include "err.h"
#include "smtp_reply.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits: a rule of moment "any" has them all. */
enum fault_moment {
	FAULT_CONNECT = 1 << 0,
	FAULT_TLS = 1 << 1,
	FAULT_HELO = 1 << 2,
	FAULT_AUTH = 1 << 3,
	FAULT_MAIL = 1 << 4,
	FAULT_RCPT = 1 << 5,
	FAULT_DATA = 1 << 6,
	FAULT_BODY = 1 << 7, /* the end of the data */
	FAULT_RSET = 1 << 8,
	FAULT_QUIT = 1 << 9,
};

/* What a rule looks at; empty spans where the session has none yet. */
struct fault_facts {
	enum fault_moment moment;
	int64_t now_us;      /* monotonic, for rate= */
	struct span session; /* the session's id, for per=session */
	struct span peer, listener, inbox, helo, user;
	struct span mail_from;
	/* The recipient of RCPT; for DATA and BODY all accepted ones. */
	const struct span *recipients;
	size_t recipient_count;
	uint64_t size;           /* BODY: octets; MAIL: SIZE= */
	struct span header;      /* BODY: the raw header block */
	uint64_t session_number; /* of this server, from 1 */
	uint64_t message_number; /* of this session, from 1 */
};

enum fault_drop {
	FAULT_DROP_NONE,
	FAULT_DROP_NOW,          /* drop: at once */
	FAULT_DROP_BEFORE_REPLY, /* after the work, instead of the reply */
	FAULT_DROP_AFTER_COMMIT, /* stored, then gone before the 250 */
	FAULT_DROP_AFTER_BYTES,  /* after that many bytes more of the client */
};
enum fault_tls {
	FAULT_TLS_NONE,
	FAULT_TLS_FAIL,
	FAULT_TLS_EXPIRED,
	FAULT_TLS_WRONG_HOST,
	FAULT_TLS_SELF_SIGNED,
};

/* What is to be done; several at once, where a rule names several. */
struct fault_action {
	const char *rule; /* the id of the rule; borrowed from the set */
	bool has_reply;
	struct smtp_reply reply; /* borrowed from the set */
	int64_t delay_us;        /* before the reply */
	unsigned drip;           /* bytes a second of what is sent; 0: off */
	bool stall;              /* never answer */
	enum fault_drop drop;
	uint64_t drop_bytes;
	bool reset;    /* the drop is an RST */
	unsigned hide; /* of enum smtp_feature, for this EHLO */
	enum fault_tls tls;
};

struct fault_set;

/* NULL without memory. */
struct fault_set *fault_set_new(uint64_t seed);
void fault_set_free(struct fault_set *);

/* Where a rule is wrong. */
struct fault_error {
	size_t offset; /* bytes from the start of the text */
	char text[160];
};

/*
 * Adds a rule at the end. ERR_DATA with *error, ERR_LIMIT over 1,000 rules,
 * ERR_MEMORY. `id` (may be NULL) gets the new rule's id, borrowed.
 */
enum err fault_add(struct fault_set *, struct span text,
    struct fault_error *error, const char **id);
/* A whole set, a rule a line, '#' starts a comment; all or none of them.
   error->offset counts from the start of `text`. */
enum err
fault_replace(struct fault_set *, struct span text, struct fault_error *error);
bool fault_remove(struct fault_set *, struct span id);
void fault_clear(struct fault_set *);

/* What the next rule's fate is: walks the rules. False: nothing acts. */
bool fault_decide(
    struct fault_set *, const struct fault_facts *, struct fault_action *);

/* For listings: rule number `index`; false behind the last. Borrowed. */
struct fault_view {
	const char *id;
	struct span text; /* as given */
	uint64_t seen;    /* how often its moment and conditions fitted */
	uint64_t acted;
};
bool fault_view(const struct fault_set *, size_t index, struct fault_view *);
uint64_t fault_seed(const struct fault_set *);

#endif
