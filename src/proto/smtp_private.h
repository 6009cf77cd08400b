/*
 * smtp_private: what the files of the SMTP engine share among themselves.
 *
 *	smtp.c          the session: who reads the next bytes, asking, answering
 *	smtp_line.c     finds lines
 *	smtp_command.c  the table of commands; 503 and 530
 *	smtp_mail.c     MAIL and RCPT       smtp_params.c  their parameters
 *	smtp_data.c     the text of DATA    smtp_bdat.c    the chunks of BDAT
 *	smtp_auth.c     AUTH exchanges      smtp_xclient.c XCLIENT
 *	smtp_ehlo.c     what EHLO offers    smtp_say.c     the engine's replies
 *	smtp_http.c     tells browsers from clients
 */
#ifndef SMTP_PRIVATE_H
#define SMTP_PRIVATE_H

#include "smtp.h"

#include <stdbool.h>

/* What a reader gives back when the next one may go on. */
#define GO_ON ((enum smtp_event)(SMTP_CLOSE + 1))

/* Most octets of a command line, CR LF included (RFC 5321 4.5.3.1.4). */
#define COMMAND_MAX 1024
/* With the parameters of SIZE, DSN, AUTH and SMTPUTF8 (each RFC adds some). */
#define COMMAND_PARAMS_MAX 2048
/* RFC 4954 4: the longest response, without CR LF. */
#define RESPONSE_MAX 12288

#define NAME_MAX_LEN 512 /* of HELO; also what is kept of a path, to echo */
#define ECHO_MAX 400     /* of which a reply shows so much */
#define TEXT_MAX 1024    /* of one reply, all lines of it */

/* Who reads the next bytes. */
enum smtp_mode {
	MODE_GREETING, /* nobody yet: our greeting is due */
	MODE_COMMAND,
	MODE_CHALLENGE, /* AUTH: nobody, our next challenge is due */
	MODE_RESPONSE,  /* AUTH: a line that answers it */
	MODE_TEXT,      /* DATA */
	MODE_CHUNK,     /* BDAT */
	MODE_SKIP,      /* BDAT: a chunk that was refused */
	MODE_WAIT,      /* nobody: smtp_answer() is due */
	MODE_REPEAT,    /* nobody: LMTP's replies, one a recipient, are due */
	MODE_TLS,       /* nobody: smtp_tls_started() is due */
	MODE_CLOSED,
	MODES
};

/* How far the dialogue has come; a bit each, for the table of commands. */
enum smtp_stage {
	STAGE_REFUSED = 1 << 0, /* the greeting was a no: QUIT is left */
	STAGE_GREETED = 1 << 1,
	STAGE_HELLO = 1 << 2, /* HELO or EHLO was accepted */
	STAGE_MAIL = 1 << 3,
	STAGE_RCPT = 1 << 4,   /* at least one recipient */
	STAGE_CHUNKS = 1 << 5, /* at least one chunk */
};
#define STAGE_TRANSACTION (STAGE_MAIL | STAGE_RCPT | STAGE_CHUNKS)
#define STAGE_ANY (STAGE_GREETED | STAGE_HELLO | STAGE_TRANSACTION)

enum smtp_body { BODY_7BIT, BODY_8BITMIME, BODY_BINARYMIME };

/* What MAIL said, and what has come since. */
struct smtp_transaction {
	enum smtp_body body;
	bool is_utf8;
	uint64_t declared; /* SIZE= */
	uint64_t received; /* octets, also those over the limit */
	unsigned recipients;
};

/* Where the text of DATA stands. */
enum smtp_place { PLACE_LINE_START, PLACE_IN_LINE, PLACE_BEHIND_CR };

/* The chunk that BDAT announced. */
struct smtp_chunk {
	bool is_known; /* the count could be read: so many octets will come */
	bool is_last;
	uint64_t size;
	uint64_t left;
};

/* What is known of the line at the front of the input. */
struct smtp_line_reader {
	enum {
		READER_LOOKS, /* its end was not found yet */
		READER_TOLD,  /* found, and given as SMTP_LINE */
		READER_EATS,  /* over-long: what is left of it goes unseen */
	} state;
	bool is_bare;   /* a bare LF ended the last line that was taken */
	size_t scanned; /* bytes that hold no line end */
	size_t len;     /* READER_TOLD: bytes of the line with its end */
};

struct smtp_mechanism;

/* An AUTH exchange. */
struct smtp_exchange {
	const struct smtp_mechanism *mechanism;
	unsigned step; /* responses taken so far */
	struct span responses[2];
};

#define XCLIENT_ATTRIBUTES 8

struct smtp_command;

struct smtp {
	const struct smtp_config *config;
	unsigned features; /* what is offered */
	char peer[64];
	char date[64];
	char nonce[64];

	enum smtp_mode mode;
	enum smtp_stage stage;
	const struct smtp_command *command; /* at hand, or that asks */
	const struct smtp_reply *wrong;     /* with it, if we refused it */
	struct smtp_line_reader reader;
	struct smtp_line line;
	bool is_extended;
	bool is_tls;
	bool is_authenticated;
	unsigned errors;

	struct buf hello;  /* the name of the last HELO */
	struct buf staged; /* a name or path that is under examination */
	struct buf text;   /* of the reply that is being made */

	struct path path;
	struct span params;
	struct smtp_transaction staged_mail;
	struct smtp_transaction mail;
	struct span content;
	enum smtp_place place;
	bool is_bare; /* LF alone ends the lines of this text */
	struct smtp_chunk chunk;
	bool is_void; /* SMTP_ABORT is due */
	const struct smtp_reply *refusal;
	unsigned repeats; /* MODE_REPEAT: how often `text` is due */

	struct smtp_exchange exchange;
	struct smtp_auth auth;
	struct span xclient[XCLIENT_ATTRIBUTES];
	struct buf decoded; /* of AUTH and XCLIENT; memory while it is used */
};

/* ---- smtp.c */

/* Reads from the front of *in; gives an event, or GO_ON. */
typedef enum smtp_event
smtp_reader(struct smtp *, struct span *in, struct buf *out);

/* Gives the row's question, or takes its usual answer if it asks nobody. */
enum smtp_event
smtp_ask(struct smtp *, const struct smtp_command *, struct buf *out);

/* Says no to the command at hand; the reply is a template. */
void
smtp_refuse(struct smtp *, struct buf *out, const struct smtp_reply *reply);

/* The open transaction, if there is one, is over. */
void smtp_end_transaction(struct smtp *);
/* Likewise, and in vain; `refusal` says why, NULL: the client wanted it. */
void smtp_void_transaction(struct smtp *, const struct smtp_reply *refusal);

/* As if it had just been greeted. */
void smtp_forget(struct smtp *);

/* Keeps what has to outlive the input; cut at NAME_MAX_LEN. */
void smtp_stage(struct smtp *, struct span);

/* ---- smtp_say.c */

/*
 * Makes a reply of ours, for the time until the next one is made. Its text is
 * a template: %h is our host, %p the peer, %e what smtp_stage() keeps, %g the
 * greeting, %k the lines of EHLO, %c the commands, %n the size of the chunk.
 */
struct smtp_reply smtp_fill(struct smtp *, const struct smtp_reply *template);

/* Says a reply whose text is final. */
void smtp_say(struct smtp *, struct buf *out, const struct smtp_reply *);

/* ---- smtp_line.c */

enum smtp_line_status {
	LINE_MORE,  /* not complete */
	LINE_TELL,  /* complete, not consumed: it comes again */
	LINE_WHOLE, /* consumed */
	LINE_CUT,   /* the first part of an over-long line, consumed */
};

/* Finds the next line. *text is without its end. */
enum smtp_line_status
smtp_line_take(struct smtp *, struct span *in, struct span *text);

/* Whether all of `in`, which smtp_line_take() left, is one line's beginning. */
bool smtp_line_is_begun(const struct smtp *, struct span in);

extern const struct smtp_reply smtp_line_too_long;

/* ---- smtp_http.c */

/* Whether it is the first line of an HTTP request. */
bool smtp_is_http(struct span line);

/* ---- smtp_command.c */

enum smtp_command_flag {
	ONLY_SMTP = 1 << 0,   /* no such command in LMTP */
	ONLY_LMTP = 1 << 1,   /* no such command in SMTP */
	BEFORE_TLS = 1 << 2,  /* also where TLS is required */
	BEFORE_AUTH = 1 << 3, /* also where AUTH is required */
	AFTER_EHLO = 1 << 4,  /* HELO is not enough */
	NOT_IN_TLS = 1 << 5,
	NOT_AGAIN = 1 << 6, /* not when authenticated */
	EXTENDED = 1 << 7,  /* says hello, and wants the extensions */
	NO_CODES = 1 << 8,  /* no enhanced code in a refusal */
	EACH = 1 << 9,      /* the answer is said once a recipient in LMTP */
};

/* A check stages; it returns NULL or what is wrong. */
typedef const struct smtp_reply *
smtp_check(struct smtp *, struct span argument);

struct smtp_command {
	struct span verb;
	unsigned stages;   /* of enum smtp_stage: where it may come */
	unsigned flags;    /* of enum smtp_command_flag */
	unsigned features; /* unknown without one of these, if there are any */
	size_t line_max;   /* octets with CR LF; 0: COMMAND_MAX */
	smtp_check *argument; /* wherever it comes; NULL: anything goes */
	smtp_check *check;    /* where it may come; NULL: nothing to check */
	enum smtp_event asks; /* 0: nobody */
	void (*commit)(struct smtp *);  /* after a yes */
	void (*refused)(struct smtp *); /* after a no */
	struct smtp_reply usual; /* a template; code 0: a yes is not said */
};

/* Runs one command line. */
enum smtp_event
smtp_command_run(struct smtp *, struct span text, struct buf *out);

/* Refuses an over-long line, of which `text` is the first part. */
enum smtp_event
smtp_command_run_cut(struct smtp *, struct span text, struct buf *out);

/* Appends the verbs that this session knows. */
void smtp_command_list(const struct smtp *, struct buf *);

/* ---- smtp_mail.c */

const struct smtp_reply *smtp_mail_check(struct smtp *, struct span argument);
const struct smtp_reply *smtp_rcpt_check(struct smtp *, struct span argument);
void smtp_mail_commit(struct smtp *);
void smtp_rcpt_commit(struct smtp *);

/* ---- smtp_params.c */

enum smtp_param_use { PARAM_OF_MAIL, PARAM_OF_RCPT };

/* Reads all parameters into smtp->staged_mail; NULL or what is wrong. */
const struct smtp_reply *
smtp_params_take(struct smtp *, enum smtp_param_use, struct span params);

/* ---- smtp_data.c */

/* Not a command, but asks and is answered like one. */
extern const struct smtp_command smtp_body_moment;
extern const struct smtp_reply smtp_too_big;
const struct smtp_reply *smtp_data_check(struct smtp *, struct span argument);
void smtp_data_commit(struct smtp *);
enum smtp_event smtp_data_read(struct smtp *, struct span *in, struct buf *out);

/*
 * Counts octets of the message at the front of *in, and takes them. They
 * become smtp->content as far as they are within the limit.
 */
enum smtp_event smtp_content_take(struct smtp *, struct span *in, size_t len);

/* ---- smtp_bdat.c */

const struct smtp_reply *
smtp_bdat_argument(struct smtp *, struct span argument);
const struct smtp_reply *smtp_bdat_check(struct smtp *, struct span argument);
void smtp_bdat_commit(struct smtp *);
void smtp_bdat_refused(struct smtp *);
enum smtp_event smtp_bdat_read(struct smtp *, struct span *in, struct buf *out);
enum smtp_event smtp_bdat_skip(struct smtp *, struct span *in, struct buf *out);

/* ---- smtp_auth.c */

const struct smtp_reply *smtp_auth_check(struct smtp *, struct span argument);
void smtp_auth_commit(struct smtp *);
enum smtp_event
smtp_auth_challenge(struct smtp *, struct span *in, struct buf *out);
enum smtp_event smtp_auth_read(struct smtp *, struct span *in, struct buf *out);

/* What of the line at hand is secret; also of lines that will be refused. */
struct span smtp_auth_secret(const struct smtp *, struct span text);
/* The feature of that mechanism, or 0. */
unsigned smtp_auth_feature(struct span name);
/* Appends the mechanisms that are offered, each after a blank. */
void smtp_auth_list(const struct smtp *, struct buf *);
/* Forgets the exchange, and wipes what was decoded. */
void smtp_auth_forget(struct smtp *);

/* ---- smtp_xclient.c */

const struct smtp_reply *
smtp_xclient_check(struct smtp *, struct span argument);
void smtp_xclient_commit(struct smtp *);
void smtp_xclient_refused(struct smtp *);

/* ---- smtp_ehlo.c */

const struct smtp_reply *smtp_hello_check(struct smtp *, struct span argument);
void smtp_hello_commit(struct smtp *);
/* Appends the lines behind EHLO's first, each after a '\n'. */
void smtp_ehlo_list(const struct smtp *, struct buf *);

#endif
