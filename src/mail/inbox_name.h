/*
 * inbox_name: the inbox that a message belongs to.
 *
 * Tests that share a server keep their mail apart by something that they
 * choose themselves. What may name the inbox, and what comes first, is an
 * order of sources. Pure; any thread. mime_init() comes first where headers
 * are read.
 */
#ifndef INBOX_NAME_H
#define INBOX_NAME_H

#include "message.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>

/* Longer names are cut here, at the end of a character; bytes. */
#define INBOX_NAME_MAX 255

enum inbox_source {
	INBOX_LISTENER, /* where it came in */
	INBOX_USER,     /* the name of AUTH */
	INBOX_PLUS,     /* "t1" of a recipient like app+t1@x.test */
	INBOX_DOMAIN,   /* "t1.test" of a recipient like app@t1.test */
	INBOX_HEADER,   /* the field X-Inbox */
	INBOX_SOURCES   /* how many there are */
};

/* Zeroed it is the usual one: the listener, then the user. */
struct inbox_order {
	enum inbox_source at[INBOX_SOURCES];
	size_t count;
};

/* Appends the source of that name, "header"; one that is there already keeps
   its place. False when there is no such source. */
bool inbox_order_add(struct inbox_order *, struct span name);

/* "listener, user, plus, domain or header", for a person. */
#define INBOX_SOURCE_NAMES "listener, user, plus, domain or header"

/* What is known of a message so far; what is not, is empty. */
struct inbox_facts {
	struct span listener; /* the inbox of its listener */
	struct span user;
	/* Of several recipients the first that we took, or have not answered
	   yet, decides; when there is none, the first one. NULL: none. */
	const struct message *message;
	struct span header; /* its raw header block */
	struct span usual;  /* what names none goes here */
};

/* Room for a name; used through the function below. */
struct inbox_name {
	char at[INBOX_NAME_MAX + 1];
	size_t len;
};

/*
 * The name by the first source that gives one. Octets that are no character
 * of UTF-8, and controls, become question marks; domains are in lower case.
 * Borrows from `room`.
 */
struct span inbox_name_find(struct inbox_name *room, const struct inbox_order *,
    const struct inbox_facts *);

#endif
