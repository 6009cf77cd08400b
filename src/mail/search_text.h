/*
 * search_text: what of a message a search looks at.
 *
 * Columns of cleaned text (clean.h), made once of a message: the matcher in
 * memory looks into them, and the store keeps them as they are, so that both
 * find the same. They hold what section 4 of the API names, and besides the
 * text part also when there is HTML, the addresses of the envelope, and the
 * Message-ID. Pure; any thread.
 */
#ifndef SEARCH_TEXT_H
#define SEARCH_TEXT_H

#include "buf.h"
#include "message.h"
#include "mime.h"

enum search_column {
	/* Names and addresses of the lists. */
	SEARCH_FROM,
	SEARCH_TO,
	SEARCH_CC,
	SEARCH_BCC, /* and recipients that stand in no header (trace.h) */
	SEARCH_REPLY_TO,
	SEARCH_SUBJECT, /* in lower case, not cleaned otherwise */
	SEARCH_MESSAGE_ID,
	SEARCH_MAIL_FROM,
	SEARCH_RCPT, /* accepted recipients */
	/* Return-Path, names of attachments, and of the headers above what
	   stands in them but not in their columns: comments, names of groups */
	SEARCH_OTHER,
	/* Words of the HTML and targets of its links, then the text part. */
	SEARCH_BODY,
	SEARCH_COLUMNS
};

struct search_text {
	struct buf bytes; /* all columns, one behind the other */
	size_t ends[SEARCH_COLUMNS];
};

void search_text_init(struct search_text *);
void search_text_release(struct search_text *);

/* Makes the columns anew. False without memory. */
bool search_text_make(
    struct search_text *, const struct message *, const struct mime *);

/* Borrowed until it is made anew. */
struct span search_text_column(const struct search_text *, enum search_column);

#endif
