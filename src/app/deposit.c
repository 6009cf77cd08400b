/* deposit: puts messages that came from files into a database. */
#include "deposit.h"

#include "clock.h"
#include "header.h"
#include "index.h"
#include "message.h"
#include "mime.h"
#include "put.h"
#include "schema.h"
#include "txn.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MEMORY ((size_t)4 * 1024 * 1024)
/* Where headers are looked for; the bytes behind are kept, but not read. */
#define HEADER_MAX ((size_t)1024 * 1024)
/* A transaction. */
#define GROUP_COUNT 500
#define GROUP_BYTES ((uint64_t)32 * 1024 * 1024)

struct deposit {
	char *path;
	char *folder; /* that it stands in */
	char *inbox;
	struct inbox_order inbox_order;
	struct sql *sql;
	struct budget budget;
	struct spool_rules rules;
	struct uid_source uids;
	struct message *message; /* the one under way */
	bool is_open;            /* a transaction is */
	uint64_t waiting;        /* messages written in it */
	uint64_t waiting_bytes;
	uint64_t count;
};

static enum err
blame(const struct deposit *deposit, enum err err, struct failure *f)
{
	if (err)
		(void)failure_set(
		    f, err, "%s: %s", deposit->path, err_text(err));
	return err;
}

/* ---- opening */

static bool
copy_strings(struct deposit *deposit, const struct deposit_options *options)
{
	const char *slash = strrchr(options->path, '/');

	deposit->path = strdup(options->path);
	deposit->inbox = strdup(options->inbox);
	deposit->inbox_order = options->inbox_order;
	deposit->folder = slash
	    ? strndup(options->path, (size_t)(slash - options->path) + 1)
	    : strdup(".");
	return deposit->path && deposit->inbox && deposit->folder;
}

enum err
deposit_open(struct deposit **out, const struct deposit_options *options,
    struct failure *f)
{
	struct deposit *deposit = calloc(1, sizeof(*deposit));
	enum err err = ERR_OK;

	*out = NULL;
	if (!deposit)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	deposit->budget.limit = 2 * BODY_MEMORY;
	deposit->rules = (struct spool_rules){
	    .budget = &deposit->budget, .memory_max = BODY_MEMORY};
	if (copy_strings(deposit, options)) {
		deposit->rules.directory = deposit->folder;
		deposit->message = message_new(&deposit->rules);
	}
	if (!deposit->message)
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (!err)
		err = sql_open(&deposit->sql, deposit->path, SQL_WRITE, f);
	if (!err)
		err = schema_migrate(deposit->sql, f);
	if (err) {
		deposit_close(deposit);
		return err;
	}
	mime_init();
	*out = deposit;
	return ERR_OK;
}

void
deposit_close(struct deposit *deposit)
{
	if (!deposit)
		return;
	if (deposit->is_open)
		txn_rollback(deposit->sql);
	message_free(deposit->message);
	if (deposit->sql)
		sql_close(deposit->sql);
	free(deposit->path);
	free(deposit->folder);
	free(deposit->inbox);
	free(deposit);
}

/* ---- the envelope */

static bool
is_clean(const char *address)
{
	for (const char *at = address; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127)
			return false;
	return *address != '\0';
}

static bool
add_recipient(struct message *message, const char *address)
{
	struct span text = span_trim(span_string(address));
	struct message_rcpt rcpt = {
	    .params = SPAN(""), .reply = SPAN("250 2.1.5 imported")};

	if (span_starts(text, SPAN("<")) && text.at[text.len - 1] == '>')
		text = span_make(text.at + 1, text.len - 2);
	rcpt.address = text;
	rcpt.fault = SPAN("");
	return !is_clean(address) || message_add_recipient(message, &rcpt);
}

/* Whom it was delivered to, where a server has said so. */
static bool
add_delivered(struct message *message, const struct mime *mime)
{
	static const char *const names[] = {
	    "Delivered-To", "X-Original-To", "X-Envelope-To"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct mime_field *field = mime_find(mime, names[i]);

		if (field && is_clean(field->value))
			return add_recipient(message, field->value);
	}
	return true;
}

static bool
add_recipients(struct message *message, const struct mime *mime)
{
	static const enum mime_list lists[] = {MIME_TO, MIME_CC, MIME_BCC};

	if (!add_delivered(message, mime))
		return false;
	if (message->recipient_count > 0)
		return true;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct mime_addresses *list = &mime->lists[lists[i]];

		for (size_t j = 0; j < list->count; j++)
			if (!add_recipient(message, list->at[j].address))
				return false;
	}
	return true;
}

static struct span
find_sender(const struct mime *mime)
{
	const struct mime_addresses *from = &mime->lists[MIME_FROM];

	if (is_clean(mime->return_path))
		return span_string(mime->return_path);
	if (mime_find(mime, "Return-Path") || from->count == 0 ||
	    !is_clean(from->at[0].address))
		return SPAN("");
	return span_string(from->at[0].address);
}

static bool
set_envelope(struct deposit *deposit, const struct deposit_envelope *envelope,
    const struct mime *mime)
{
	struct message *message = deposit->message;
	int64_t now_us = clock_wall_us();
	struct span sender = envelope->knows == DEPOSIT_SENDER_KNOWN
	    ? envelope->sender
	    : find_sender(mime);

	uid_next(&deposit->uids, now_us, message->id);
	message->received_us =
	    envelope->received_us > 0 ? envelope->received_us : now_us;
	message->state = MESSAGE_ACCEPTED;
	return message_set(message, MESSAGE_LISTENER, SPAN("import")) &&
	    message_set(message, MESSAGE_MAIL_FROM, sender) &&
	    add_recipients(message, mime);
}

static bool
set_inbox(struct deposit *deposit, struct span header)
{
	const struct inbox_facts facts = {
	    .message = deposit->message,
	    .header = header,
	    .usual = span_string(deposit->inbox),
	};
	struct inbox_name inbox;

	return message_set(deposit->message, MESSAGE_INBOX,
	    inbox_name_find(&inbox, &deposit->inbox_order, &facts));
}

static enum err
read_envelope(struct deposit *deposit, const struct deposit_envelope *envelope)
{
	char *bytes = malloc(HEADER_MAX);
	struct span header = SPAN("");
	struct mime *mime = NULL;
	ssize_t got = -1;
	bool is_set;

	if (bytes)
		got = spool_read(&deposit->message->body, 0, bytes, HEADER_MAX);
	if (got >= 0) {
		header = header_block(span_make(bytes, (size_t)got));
		mime = mime_parse(header);
	}
	is_set = mime && set_envelope(deposit, envelope, mime) &&
	    set_inbox(deposit, header);
	mime_free(mime);
	free(bytes);
	if (is_set)
		return ERR_OK;
	return bytes && got < 0 ? ERR_IO : ERR_MEMORY;
}

/* ---- messages */

enum err
deposit_put(struct deposit *deposit, struct span octets)
{
	return spool_put(&deposit->message->body, octets);
}

void
deposit_drop(struct deposit *deposit)
{
	message_reset(deposit->message);
}

static enum err
commit(struct deposit *deposit)
{
	enum err err;

	if (!deposit->is_open)
		return ERR_OK;
	err = txn_commit(deposit->sql);
	deposit->is_open = false;
	if (!err)
		deposit->count += deposit->waiting;
	deposit->waiting = 0;
	deposit->waiting_bytes = 0;
	return err;
}

/* One that cannot be written leaves the others of its group alone. */
static enum err
write_message(struct deposit *deposit)
{
	struct put_message put;
	enum err err = sql_exec(deposit->sql, "SAVEPOINT one");

	if (err)
		return err;
	put_message_init(&put, deposit->message);
	err = put.job.run(&put.job, deposit->sql);
	if (err)
		(void)sql_exec(deposit->sql, "ROLLBACK TO one");
	(void)sql_exec(deposit->sql, "RELEASE one");
	return err;
}

static enum err
add_message(struct deposit *deposit)
{
	enum err err = ERR_OK;

	if (!deposit->is_open)
		err = txn_begin(deposit->sql);
	if (err)
		return err;
	deposit->is_open = true;
	err = write_message(deposit);
	if (err) {
		enum err other = commit(deposit);

		return other ? other : err;
	}
	deposit->waiting++;
	deposit->waiting_bytes += deposit->message->body.len;
	if (deposit->waiting < GROUP_COUNT &&
	    deposit->waiting_bytes < GROUP_BYTES)
		return ERR_OK;
	return commit(deposit);
}

enum err
deposit_end(struct deposit *deposit, const struct deposit_envelope *envelope,
    struct failure *f)
{
	enum err err = read_envelope(deposit, envelope);

	if (!err)
		err = add_message(deposit);
	message_reset(deposit->message);
	return blame(deposit, err, f);
}

enum err
deposit_finish(struct deposit *deposit, struct failure *f)
{
	enum err err = commit(deposit);

	if (!err)
		err = index_catch_up(deposit->sql);
	return blame(deposit, err, f);
}

uint64_t
deposit_count(const struct deposit *deposit)
{
	return deposit->count;
}
