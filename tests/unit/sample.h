/*
 * sample: messages for the tests of the store, and looks into what it wrote.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "message.h"
#include "put.h"
#include "schema.h"
#include "sql.h"
#include "store.h"
#include "uid.h"

#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Longer than anything here takes on a busy machine. */
#define SAMPLE_DEADLINE_MS 20000

/* Byte number `i` of the body of a message; a prime keeps pages different. */
static inline char
sample_byte(uint64_t i)
{
	return (char)(i % 251);
}

static inline void
sample_set(struct message *message, enum message_field field, const char *text)
{
	assert_true(message_set(message, field, span_string(text)));
}

/* An accepted message with one recipient and a body of `size` bytes. */
static inline struct message *
sample_message(const struct spool_rules *rules, const char *id, size_t size)
{
	struct message *message = message_new(rules);
	struct message_rcpt rcpt = {.address = SPAN("b@x.test"),
	    .params = SPAN("NOTIFY=NEVER"),
	    .reply = SPAN("250 2.1.5 b@x.test... Recipient ok"),
	    .fault = SPAN("")};
	char piece[1000];

	assert_non_null(message);
	(void)snprintf(message->id, sizeof(message->id), "%s", id);
	message->received_us = 1048592222000000;
	sample_set(message, MESSAGE_SESSION, "session-1");
	sample_set(message, MESSAGE_LISTENER, "smtp");
	sample_set(message, MESSAGE_INBOX, "default");
	sample_set(message, MESSAGE_PEER, "127.0.0.1");
	sample_set(message, MESSAGE_HELO, "client.test");
	sample_set(message, MESSAGE_MAIL_FROM, "a@x.test");
	assert_true(message_add_recipient(message, &rcpt));
	for (uint64_t at = 0; at < size;) {
		size_t count = 0;

		while (count < sizeof(piece) && at < size)
			piece[count++] = sample_byte(at++);
		assert_int_equal(
		    spool_put(&message->body, span_make(piece, count)), ERR_OK);
	}
	return message;
}

/* The first column of the first row. */
static inline int64_t
sample_number(struct sql *sql, const char *text)
{
	struct sql_row *row;
	int64_t number;

	assert_int_equal(sql_start_once(sql, &row, text), ERR_OK);
	assert_int_equal(sql_step(row), ERR_OK);
	number = sql_number(row, 0);
	assert_int_equal(sql_done(row), ERR_OK);
	return number;
}

static inline void
assert_text(struct sql *sql, const char *text, const char *expected)
{
	struct sql_row *row;
	struct span found;

	assert_int_equal(sql_start_once(sql, &row, text), ERR_OK);
	assert_int_equal(sql_step(row), ERR_OK);
	found = sql_span(row, 0);
	if (!span_equal(found, span_string(expected)))
		fail_msg("%s: %.*s", text, SPAN_ARG(found));
	assert_int_equal(sql_done(row), ERR_OK);
}

/* A database in memory with all tables. */
static inline struct sql *
sample_database(void)
{
	struct sql *sql;

	assert_int_equal(sql_open(&sql, NULL, SQL_WRITE, NULL), ERR_OK);
	assert_int_equal(schema_migrate(sql, NULL), ERR_OK);
	return sql;
}

/* Reaps until nothing is pending. */
static inline void
sample_finish(struct store *store)
{
	struct pollfd wait = {.fd = store_fd(store), .events = POLLIN};

	store_flush(store);
	while (store_pending(store)) {
		if (poll(&wait, 1, SAMPLE_DEADLINE_MS) != 1)
			fail_msg("the store does not answer");
		(void)store_reap(store);
		store_flush(store);
	}
}

#endif
