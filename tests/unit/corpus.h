/*
 * corpus: some forty messages plain and odd, in a database of the test's own.
 */
#ifndef CORPUS_H
#define CORPUS_H

#include "message.h"
#include "span.h"
#include "sql.h"

#include <stdbool.h>
#include <stdint.h>

struct corpus_row {
	const char *raw;
	const char *mail_from;
	const char *rcpts; /* blanks between; "!" before a refused one */
	const char *helo, *peer, *user, *inbox, *session;
	enum message_state state;
	int64_t received; /* seconds since 1970 */
	bool is_read;
};

/* Ends with a row without raw. */
extern const struct corpus_row corpus_rows[];

/* The id of the message that got that seq: 22 digits and letters. */
void corpus_id(char id[UID_SIZE], int64_t seq);

/* A database with a schema, in memory where `path` is NULL; fails the test. */
struct sql *corpus_open(const char *path);

/* Stores one message in a transaction of its own; returns its seq. */
int64_t corpus_put(struct sql *, const struct corpus_row *);

/* Stores all rows and marks those that are read. Nothing is indexed. */
void corpus_fill(struct sql *);

/* Fails the test, with SQLite's words, unless it is ERR_OK. */
void corpus_check(struct sql *, enum err);

/* The one number that a statement gives. */
int64_t corpus_number(struct sql *, const char *text);

#endif
