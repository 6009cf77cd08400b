/*
 * message: one mail with its envelope, on its way from a client to the store.
 *
 * The session that receives it fills it, hands it to the store, and gets it
 * back when it is committed. It belongs to one thread at a time. All strings
 * live in one block of memory inside, so that a message that is used again
 * costs no allocation.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "buf.h"
#include "spool.h"
#include "uid.h"

#include <stdint.h>

enum message_state {
	MESSAGE_ACCEPTED, /* got its 250 */
	MESSAGE_REFUSED,  /* got a 4xx or 5xx after its data */
	MESSAGE_ABORTED,  /* the session ended inside the transaction */
};

/* The facts of the envelope that are plain text; columns of the same names. */
enum message_field {
	MESSAGE_SESSION,  /* the session's uid */
	MESSAGE_LISTENER, /* the listener's name */
	MESSAGE_INBOX,
	MESSAGE_PEER,        /* address of the client, no port */
	MESSAGE_HELO,        /* as the client named itself */
	MESSAGE_USER,        /* AUTH identity, empty without AUTH */
	MESSAGE_MAIL_FROM,   /* reverse-path without brackets; empty for <> */
	MESSAGE_MAIL_PARAMS, /* MAIL parameters as given, blanks between them */
	MESSAGE_REASON,      /* why it was not accepted; empty when it was */
	MESSAGE_FIELDS       /* how many there are */
};

/* A place in the message's text; used through the functions below. */
struct message_piece {
	uint32_t at;
	uint32_t len;
};

struct message_recipient {
	struct message_piece address;
	struct message_piece params;
	struct message_piece reply;
	struct message_piece fault;
};

/* One RCPT as it is put and read; borrowed. */
struct message_rcpt {
	struct span address; /* without brackets and source route */
	struct span params;  /* as given */
	struct span reply;   /* ours, "250 2.1.5 ..."; refused ones are kept */
	struct span fault;   /* id of the fault rule that decided, or empty */
};

struct message {
	char id[UID_SIZE];
	int64_t received_us; /* wall clock, at the end of the data */
	enum message_state state;
	struct spool body; /* exactly what the client sent, dots unstuffed */
	size_t recipient_count;
	/* Private from here on. */
	struct message_recipient *recipients;
	size_t recipient_room;
	struct message_piece fields[MESSAGE_FIELDS];
	struct buf text;
};

/* NULL without memory. `rules` must outlive the message. */
struct message *message_new(const struct spool_rules *rules);
void message_free(struct message *);

/* Empty, to be filled again; small memory is kept. */
void message_reset(struct message *);

/* Copies the text. False without memory; the field is then as it was. */
bool message_set(struct message *, enum message_field, struct span);

/* Borrowed until the message changes; empty when it was never set. */
struct span message_get(const struct message *, enum message_field);

/* Adds one recipient, all texts copied. False without memory. */
bool message_add_recipient(struct message *, const struct message_rcpt *);

/* Sets what we said to recipient number `index`, and the fault rule that made
   us (or empty). False without memory; both are then as they were. */
bool message_set_reply(
    struct message *, size_t index, struct span reply, struct span fault);

/* The recipient number `index`, in RCPT order; borrowed. */
struct message_rcpt message_recipient(const struct message *, size_t index);

/* Whether our reply to it was 2xx. */
bool message_rcpt_is_accepted(const struct message_rcpt *);

#endif
