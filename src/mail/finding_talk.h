/*
 * finding_talk: where a dialogue stands while finding_session() reads it.
 */
#ifndef FINDING_TALK_H
#define FINDING_TALK_H

#include "finding_private.h"

enum finding_verb_id {
	VERB_UNKNOWN,
	VERB_OTHER, /* known, and changes nothing here */
	VERB_HELO,
	VERB_EHLO,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_BDAT,
	VERB_BDAT_LAST,
	VERB_RSET,
	VERB_QUIT,
	VERB_STARTTLS,
	VERB_AUTH, /* also a line of its exchange */
	VERB_TEXT, /* no verb: the end of a message's text */
	VERB_IDS
};

/* The client must wait for its reply before it sends more. */
#define VERB_IS_LAST 1u

struct finding_verb {
	const char *name;
	enum finding_verb_id id;
	unsigned flags;
	size_t line_max;     /* octets with CR LF, with what extensions add */
	const char *keyword; /* of EHLO, without which it may not be used */
};

#define OFFERS_MAX 64
/* What an EHLO offered: its reply's lines, as they stand in the dialogue. */
struct offers {
	struct span at[OFFERS_MAX];
	size_t count;
};

/* Far more than a reasonable group of commands. */
#define WAITING_MAX 4096

struct talk {
	struct look *look;
	struct span peer;
	uint64_t record;      /* number of the one that is read */
	uint64_t last_client; /* of the last one from the client */
	struct buf line;      /* it, unescaped */

	/* What waits for its reply, oldest first: a ring. */
	unsigned char waiting[WAITING_MAX];
	size_t waiting_first, waiting_count;
	size_t hellos_waiting;
	bool is_lost; /* the ring was full: replies fit nothing any more */

	size_t reply_line; /* of a reply in several lines, from 0 */
	unsigned last_code;
	struct offers reading, offers;

	bool was_greeted;
	bool has_commands;
	bool has_hello;
	bool is_tls;
	bool is_lmtp;
	bool in_auth;     /* the next line answers a challenge */
	bool behind_text; /* no command has come behind a message's text */
	bool is_ended;    /* not by the client, or out of sight */
	bool is_utf8;     /* the last MAIL had SMTPUTF8 */
	size_t recipients;
	const struct finding_verb *previous; /* NULL behind text */
};

struct command {
	struct span text; /* all of it, with a line end that is no CR LF */
	struct span name;
	struct span args; /* behind the blank, without any line end */
	const struct finding_verb *verb;
	bool is_pipelined;
	bool is_cut;
};

/* The checks of one command (finding_command.c). */
void finding_look_at_command(struct talk *, const struct command *);

#endif
