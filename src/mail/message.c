/* message: one mail with its envelope, on its way from a client to the store.
 */
#include "message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* 1,000 recipients of the longest path with parameters, many times over. */
#define TEXT_LIMIT ((size_t)16 * 1024 * 1024)

/* What a reset keeps, so that ordinary mail costs no allocation. */
#define KEEP_TEXT ((size_t)8 * 1024)
#define KEEP_RECIPIENTS ((size_t)64)

struct message *
message_new(const struct spool_rules *rules)
{
	struct message *message = calloc(1, sizeof(*message));

	if (!message)
		return NULL;
	spool_init(&message->body, rules);
	buf_init(&message->text, TEXT_LIMIT);
	return message;
}

void
message_free(struct message *message)
{
	if (!message)
		return;
	spool_release(&message->body);
	buf_release(&message->text);
	free(message->recipients);
	free(message);
}

void
message_reset(struct message *message)
{
	spool_reset(&message->body);
	if (message->text.size > KEEP_TEXT)
		buf_release(&message->text);
	buf_reset(&message->text);
	if (message->recipient_room > KEEP_RECIPIENTS) {
		free(message->recipients);
		message->recipients = NULL;
		message->recipient_room = 0;
	}
	message->id[0] = '\0';
	message->received_us = 0;
	message->state = MESSAGE_ACCEPTED;
	message->recipient_count = 0;
	memset(message->fields, 0, sizeof(message->fields));
}

static bool
put_piece(
    struct message *message, struct span text, struct message_piece *piece)
{
	size_t at = message->text.len;

	if (!buf_put(&message->text, text)) {
		/* The next, smaller one may fit. */
		message->text.failed = false;
		return false;
	}
	piece->at = (uint32_t)at;
	piece->len = (uint32_t)text.len;
	return true;
}

static struct span
get_piece(const struct message *message, struct message_piece piece)
{
	if (piece.len == 0)
		return SPAN("");
	return span_make(message->text.at + piece.at, piece.len);
}

bool
message_set(struct message *message, enum message_field field, struct span text)
{
	return put_piece(message, text, &message->fields[field]);
}

struct span
message_get(const struct message *message, enum message_field field)
{
	return get_piece(message, message->fields[field]);
}

static bool
make_room(struct message *message)
{
	size_t room = message->recipient_room ? message->recipient_room * 2 : 4;
	struct message_recipient *recipients;

	if (message->recipient_count < message->recipient_room)
		return true;
	recipients = realloc(message->recipients, room * sizeof(*recipients));
	if (!recipients)
		return false;
	message->recipients = recipients;
	message->recipient_room = room;
	return true;
}

bool
message_add_recipient(struct message *message, const struct message_rcpt *rcpt)
{
	struct message_recipient recipient;

	if (!make_room(message) ||
	    !put_piece(message, rcpt->address, &recipient.address) ||
	    !put_piece(message, rcpt->params, &recipient.params) ||
	    !put_piece(message, rcpt->reply, &recipient.reply) ||
	    !put_piece(message, rcpt->fault, &recipient.fault))
		return false;
	message->recipients[message->recipient_count++] = recipient;
	return true;
}

bool
message_set_reply(
    struct message *message, size_t index, struct span reply, struct span fault)
{
	struct message_recipient recipient;

	assert(index < message->recipient_count);
	recipient = message->recipients[index];
	if (!put_piece(message, reply, &recipient.reply) ||
	    !put_piece(message, fault, &recipient.fault))
		return false;
	message->recipients[index] = recipient;
	return true;
}

struct message_rcpt
message_recipient(const struct message *message, size_t index)
{
	const struct message_recipient *recipient;

	assert(index < message->recipient_count);
	recipient = &message->recipients[index];
	return (struct message_rcpt){
	    .address = get_piece(message, recipient->address),
	    .params = get_piece(message, recipient->params),
	    .reply = get_piece(message, recipient->reply),
	    .fault = get_piece(message, recipient->fault),
	};
}

bool
message_rcpt_is_accepted(const struct message_rcpt *rcpt)
{
	return span_starts(rcpt->reply, SPAN("2"));
}
