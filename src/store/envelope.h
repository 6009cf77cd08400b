/*
 * envelope: a row of the table `message` becomes a struct message again.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "err.h"
#include "message.h"
#include "sql.h"

/* What a SELECT begins with, from "message m". */
#define ENVELOPE_COLUMNS                                                       \
	"m.seq, m.size, m.id, m.received, m.state, m.session, m.listener,"     \
	" m.inbox, m.peer, m.helo, m.user, m.mail_from, m.mail_params,"        \
	" m.reason"

enum envelope_column {
	ENVELOPE_SEQ,
	ENVELOPE_SIZE,
	ENVELOPE_ID,
	ENVELOPE_RECEIVED,
	ENVELOPE_STATE,
	ENVELOPE_FIELD, /* in the order of enum message_field */
	ENVELOPE_COUNT = ENVELOPE_FIELD + MESSAGE_FIELDS
};

/* A message to be filled, whose body stays empty. NULL without memory. */
struct message *envelope_new(void);

/* Fills it, with its recipients, which are asked for on the way. */
enum err
envelope_read(struct sql *, const struct sql_row *, struct message *message);

#endif
