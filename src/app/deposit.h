/*
 * deposit: puts messages that came from files into a database.
 *
 * Their bytes stay as they are. The envelope is what the file knew, or what the
 * headers say: recipients of Delivered-To, X-Original-To and X-Envelope-To,
 * else of To, Cc and Bcc; the sender of Return-Path, else of From. A server may
 * run on the same database. Blocks.
 */
#ifndef DEPOSIT_H
#define DEPOSIT_H

#include "err.h"
#include "inbox_name.h"
#include "span.h"

#include <stdint.h>

struct deposit;

struct deposit_options {
	const char *path;  /* of the database, which is made if it is missing */
	const char *inbox; /* of those that name none */
	struct inbox_order inbox_order;
};

enum err deposit_open(
    struct deposit **out, const struct deposit_options *, struct failure *);

/* The bytes of the next message, in pieces. */
enum err deposit_put(struct deposit *, struct span octets);

/* What is known of it besides. */
struct deposit_envelope {
	struct span sender;
	enum deposit_sender {
		DEPOSIT_SENDER_KNOWN,   /* empty: <> */
		DEPOSIT_SENDER_UNKNOWN, /* the headers are asked */
	} knows;
	int64_t received_us; /* wall clock; 0: now */
};

/* It is complete. Several are committed at once. */
enum err deposit_end(
    struct deposit *, const struct deposit_envelope *, struct failure *);

/* The message under way is none after all. */
void deposit_drop(struct deposit *);

/* Commits what is left and indexes all. */
enum err deposit_finish(struct deposit *, struct failure *);

/* Messages that are committed. */
uint64_t deposit_count(const struct deposit *);

/* What is not committed is lost. NULL is allowed. */
void deposit_close(struct deposit *);

#endif
