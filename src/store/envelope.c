/* envelope: a row of the table `message` becomes a struct message again. */
#include "envelope.h"

#include <string.h>

struct message *
envelope_new(void)
{
	static const struct spool_rules rules = {NULL, 0, NULL};

	return message_new(&rules);
}

static bool
add_recipient(struct message *message, const struct sql_row *row)
{
	struct message_rcpt rcpt = {sql_span(row, 0), sql_span(row, 1),
	    sql_span(row, 2), sql_span(row, 3)};

	return message_add_recipient(message, &rcpt);
}

static enum err
read_recipients(struct sql *sql, int64_t seq, struct message *message)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT address, params, reply, fault FROM recipient"
	    " WHERE message = ? ORDER BY position");
	enum err done;

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	while (!err && sql_step(row) == ERR_OK)
		err = add_recipient(message, row) ? ERR_OK : ERR_MEMORY;
	done = sql_done(row);
	return err ? err : done;
}

/* A state that is none of ours is not shown as accepted. */
static enum message_state
read_state(int64_t number)
{
	return number == MESSAGE_ACCEPTED || number == MESSAGE_ABORTED
	    ? (enum message_state)number
	    : MESSAGE_REFUSED;
}

enum err
envelope_read(
    struct sql *sql, const struct sql_row *row, struct message *message)
{
	struct span id = sql_span(row, ENVELOPE_ID);
	bool is_read = true;

	message_reset(message);
	if (id.len > UID_LEN)
		id.len = UID_LEN;
	memcpy(message->id, id.at, id.len);
	message->id[id.len] = '\0';
	message->received_us = sql_number(row, ENVELOPE_RECEIVED);
	message->state = read_state(sql_number(row, ENVELOPE_STATE));
	for (int i = 0; i < MESSAGE_FIELDS; i++)
		is_read = is_read &&
		    message_set(message, (enum message_field)i,
			sql_span(row, ENVELOPE_FIELD + i));
	if (!is_read)
		return ERR_MEMORY;
	return read_recipients(sql, sql_number(row, ENVELOPE_SEQ), message);
}
