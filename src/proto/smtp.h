/*
 * smtp: the server side of SMTP and LMTP without any I/O.
 *
 * RFC 5321, 2033 (LMTP), 2920, 1870, 6152, 6531, 2034, 3030, 3461, 3207, 4954,
 * 9422, and XCLIENT. Bytes in, reply bytes and events out: no socket, clock,
 * thread or log. The same input in every chunk size gives the same replies and
 * the same events (content may be cut differently).
 *
 *	for (;;) switch (smtp_step(smtp, &in, &out)) {
 *	case SMTP_MORE:    wait for bytes, then go on
 *	case SMTP_CONTENT: store smtp_content(smtp); go on
 *	case SMTP_MAIL:    ... smtp_answer(smtp, &out, NULL); go on
 *	}
 *
 * Events are pulled. After an asking event the engine takes no byte until
 * smtp_answer(): the answer may come at once or after a commit, a DNS look-up
 * or a delay. So a slow store slows a fast client, and a fault is nothing but
 * another answer. Checks only stage; the state changes after a 2xx (3xx for
 * DATA) answer, and a refused command leaves it as it was.
 *
 * A struct smtp belongs to one thread. Spans that it hands out are good until
 * the next call of smtp_step() or smtp_answer().
 */
#ifndef SMTP_H
#define SMTP_H

#include "address.h"
#include "buf.h"
#include "smtp_reply.h"
#include "span.h"

#include <stdint.h>

/* What EHLO can offer; a bit each. What is not offered is refused as unknown.
 */
enum smtp_feature {
	SMTP_PIPELINING = 1 << 0,
	SMTP_SIZE = 1 << 1,
	SMTP_8BITMIME = 1 << 2,
	SMTP_SMTPUTF8 = 1 << 3,
	SMTP_ENHANCEDSTATUSCODES = 1 << 4,
	SMTP_CHUNKING = 1 << 5,
	SMTP_BINARYMIME = 1 << 6,
	SMTP_DSN = 1 << 7,
	SMTP_STARTTLS = 1 << 8,
	SMTP_AUTH_PLAIN = 1 << 9,
	SMTP_AUTH_LOGIN = 1 << 10,
	SMTP_AUTH_CRAM_MD5 = 1 << 11,
	SMTP_AUTH_XOAUTH2 = 1 << 12,
	SMTP_LIMITS = 1 << 13,
	SMTP_HELP = 1 << 14,
	SMTP_XCLIENT = 1 << 15, /* off by default */
};
#define SMTP_AUTH_ANY                                                          \
	(SMTP_AUTH_PLAIN | SMTP_AUTH_LOGIN | SMTP_AUTH_CRAM_MD5 |              \
	    SMTP_AUTH_XOAUTH2)
/* Everything but XCLIENT. */
#define SMTP_USUAL_FEATURES ((1u << 15) - 1)

/*
 * The features that a keyword of EHLO stands for, any case ("AUTH" is all of
 * its mechanisms, "AUTH=PLAIN" one); 0 when there is no such keyword.
 */
unsigned smtp_feature_find(struct span keyword);

/* What a listener's sessions have in common; const, and outlives them. */
struct smtp_config {
	const char *hostname; /* in greeting, HELO, QUIT */
	const char *banner; /* text behind "220 host ESMTP ", NULL: the usual */
	const char *version;     /* "0.1.0" */
	unsigned features;       /* of enum smtp_feature */
	bool lmtp;               /* LHLO instead of HELO and EHLO */
	bool auth_required;      /* 530 before AUTH */
	bool tls_required;       /* 530 before STARTTLS */
	bool bare_lf;            /* a bare LF ends a command line too, and
				    the text's lines if it ended DATA's */
	uint64_t max_message;    /* octets; also what SIZE announces */
	unsigned max_recipients; /* a transaction */
	/* So many 5xx of the engine's own to commands, then 421 4.7.0;
	   0: there is no such limit. */
	unsigned max_errors;
};

/* What one session has; copied by smtp_new(). */
struct smtp_peer {
	const char *address; /* "192.0.2.1", "IPv6:2001:db8::1" or "unix" */
	const char *date;    /* RFC 5322, for the greeting */
	const char *nonce;   /* unique, for CRAM-MD5's challenge */
};

struct smtp;

enum smtp_event {
	SMTP_MORE, /* all input is used as far as it can be; give more */

	/* Asking: each waits for smtp_answer(). */
	SMTP_CONNECT,       /* first of all, before any input: the greeting */
	SMTP_HELLO,         /* HELO, EHLO or LHLO; see smtp_hello() */
	SMTP_AUTH,          /* credentials are complete; see smtp_auth() */
	SMTP_XCLIENT_GIVEN, /* see smtp_xclient() */
	SMTP_MAIL,          /* see smtp_path(), smtp_params() */
	SMTP_RCPT,          /* likewise */
	SMTP_DATA, /* DATA, or a transaction's first BDAT (no reply then:
		      a 2xx or 3xx answer lets it go on silently; a no ends
		      the transaction, for more chunks may be on their way) */
	SMTP_BODY, /* the end of the data: 250 means stored */
	SMTP_RSET,
	SMTP_TLS, /* STARTTLS; the usual answer is 220 */
	SMTP_QUIT,

	/* Telling: go on with smtp_step(). */
	SMTP_LINE,      /* a line was taken, what it leads to comes next; see
			   smtp_line(). Also lines of an AUTH exchange, and of
			   those too long the first part. Not of the text. */
	SMTP_CONTENT,   /* octets of the message; see smtp_content() */
	SMTP_ABORT,     /* the open transaction, its content too, is void */
	SMTP_TLS_START, /* write what is in `out`, throw away all plaintext that
			   is buffered, shake hands, then smtp_tls_started() */
	SMTP_CLOSE, /* write what is in `out`, then close; nothing follows, an
		       open transaction is void without SMTP_ABORT */
};

/* NULL without memory. */
struct smtp *smtp_new(const struct smtp_config *, const struct smtp_peer *);
void smtp_free(struct smtp *);

/*
 * Consumes from the front of *in, appends replies to *out, and returns at the
 * first event. Bytes of an unfinished line may be kept by the caller in front
 * of the next ones: *in then still holds them, and the engine remembers how
 * far it has searched, so that one-byte writes stay linear. It never leaves
 * more than SMTP_LINE_MAX bytes: longer lines are eaten and get one 500.
 * When `out` holds more than SMTP_OUT_PAUSE bytes it returns SMTP_MORE with
 * input left: write them first. A full `out` ends the session: SMTP_CLOSE.
 */
enum smtp_event smtp_step(struct smtp *, struct span *in, struct buf *out);

/* RFC 4954 4: an AUTH response of 12,288 octets, which may stand behind
   "AUTH CRAM-MD5 ". */
#define SMTP_LINE_MAX (12288 + 32)
#define SMTP_OUT_PAUSE 4096

/*
 * Answers the asking event with `reply`, or with the usual one when NULL. A
 * 421 closes the session. For SMTP_BODY in LMTP the answer is given once for
 * each accepted recipient by the engine itself.
 */
void
smtp_answer(struct smtp *, struct buf *out, const struct smtp_reply *reply);

/*
 * After the handshake: everything from before is forgotten (RFC 3207 4.2). With
 * TLS from the first byte it is called before the first smtp_step().
 */
void smtp_tls_started(struct smtp *);

/*
 * What this session does not offer beyond what its config leaves out; replaces
 * what was hidden before. At SMTP_HELLO it is in time for the answer.
 */
void smtp_hide(struct smtp *, unsigned features);

/*
 * For a close that the engine did not ask for (a timeout, a shutdown): appends
 * the reply, usually a 421; smtp_step() gives SMTP_CLOSE from then on.
 */
void smtp_shutdown(struct smtp *, struct buf *out, const struct smtp_reply *);

/* Of SMTP_LINE, for the record of the session; borrowed from `in`. */
struct smtp_line {
	struct span text; /* without its CR LF; a bare LF that ended it is in */
	struct span secret; /* the part of `text` that is a secret, or empty */
	bool is_cut;        /* the rest of an over-long line was eaten */
};
struct smtp_line smtp_line(const struct smtp *);

/* The command line, or answer to AUTH, whose end is not in `in`, which
   smtp_step() has left; empty when there is none. Borrowed from `in`. */
struct smtp_line smtp_unfinished(const struct smtp *, struct span in);

/* The peer's greeting name; empty before the first HELO. */
struct span smtp_hello(const struct smtp *);

/* Whether the greeting was EHLO (or LHLO); for "with ESMTP" in traces. */
bool smtp_is_extended(const struct smtp *);

/* Of the command of SMTP_MAIL or SMTP_RCPT. */
const struct path *smtp_path(const struct smtp *);
struct span smtp_params(const struct smtp *); /* as given, blanks trimmed */

/* Of SMTP_MAIL: what SIZE= declared; 0 when nothing. */
uint64_t smtp_declared_size(const struct smtp *);

/* Of SMTP_CONTENT: borrowed from `in`, dots unstuffed, never empty. */
struct span smtp_content(const struct smtp *);

/* Of SMTP_AUTH. Spans are decoded, and empty where the mechanism has none. */
struct smtp_auth {
	enum smtp_feature mechanism;
	struct span identity;      /* authentication identity */
	struct span authorization; /* PLAIN's authorization identity */
	struct span secret; /* password, token, or CRAM-MD5's digest in hex */
	struct span challenge; /* CRAM-MD5 */
};
const struct smtp_auth *smtp_auth(const struct smtp *);

/* Of SMTP_XCLIENT_GIVEN: the value of NAME, ADDR, PORT, PROTO, HELO or LOGIN,
   xtext decoded; false when it was not given or is [UNAVAILABLE]. */
bool
smtp_xclient(const struct smtp *, struct span attribute, struct span *value);

/*
 * Of SMTP_ABORT: the reply with which the engine itself refused the message
 * (it was over the limit, a chunk failed); what was given as SMTP_CONTENT is
 * its beginning. NULL when the client gave the message up, or the session
 * refused its first chunk.
 */
const struct smtp_reply *smtp_refusal(const struct smtp *);

/* Where the session stands; says which timeout of RFC 5321 4.5.3.2 applies. */
enum smtp_phase {
	SMTP_PHASE_COMMAND, /* waiting for a command: 5 minutes */
	SMTP_PHASE_TEXT,    /* inside DATA or BDAT: 3 minutes */
};
enum smtp_phase smtp_phase(const struct smtp *);

/* True from an accepted MAIL to the end of its transaction. */
bool smtp_in_transaction(const struct smtp *);

#endif
