/*
 * query: the language in which messages are asked for.
 *
 *	query = or
 *	or    = and { "OR" and }
 *	and   = not { [ "AND" ] not }        terms side by side must all match
 *	not   = [ "-" | "!" ] term
 *	term  = "(" or ")" | [ field ":" ] text | "seq" compare number
 *	text  = word | '"' anything '"'
 *
 * Quotes hold blanks, parentheses and field names that are none together; they
 * may stand around a whole term, field and sign included, and are not part of
 * the text. query_field.h lists the fields.
 *
 * Parsing is pure; the same tree is compiled to SQL by the store and matched in
 * memory against one message (query_match.h). An empty query matches
 * everything. Text is compared as a substring, letters in any case; '%' and '_'
 * are ordinary characters. In rcpt:, mailfrom:, helo:, peer:, user:, finding:
 * and attachment:, and in QUERY_OWN in the fields of addresses too, a text with
 * a '*' is a pattern for the whole value.
 */
#ifndef QUERY_H
#define QUERY_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stdint.h>

enum query_kind { QUERY_ALL, QUERY_AND, QUERY_OR, QUERY_NOT, QUERY_TERM };

/* What a term looks at. */
enum query_field {
	QUERY_TEXT, /* the search text: decoded headers, text, names of files */
	/* the envelope and the session */
	QUERY_RCPT, /* an accepted recipient */
	QUERY_MAILFROM,
	QUERY_HELO,
	QUERY_PEER,
	QUERY_USER,
	QUERY_INBOX,   /* the whole name */
	QUERY_STATE,   /* number: enum message_state */
	QUERY_ID,      /* the whole id */
	QUERY_SESSION, /* the whole id */
	QUERY_SEQ,     /* number, compare */
	/* numbers */
	QUERY_AFTER,  /* wall clock in microseconds: received at or after */
	QUERY_BEFORE, /* at or before */
	QUERY_LARGER, /* bytes */
	QUERY_SMALLER,
	/* decoded headers: names and addresses of the lists, or text */
	QUERY_FROM,
	QUERY_TO,
	QUERY_CC,
	QUERY_BCC, /* with the recipients that stand in no header */
	QUERY_REPLY_TO,
	QUERY_ADDRESSED, /* any of those five */
	QUERY_SUBJECT,
	QUERY_MESSAGE_ID,
	QUERY_HEADER, /* header:NAME=text; `name` is set; no text: it exists */
	/* the content */
	QUERY_BODY,       /* the words of the text and the HTML body */
	QUERY_ATTACHMENT, /* pattern for the names of attachments */
	/* marks */
	QUERY_TAG, /* the whole tag, any case */
	QUERY_IS_READ,
	QUERY_IS_UNREAD,
	QUERY_IS_TAGGED,
	QUERY_HAS_ATTACHMENT,
	QUERY_HAS_INLINE,
	QUERY_HAS_FINDING,
	QUERY_FINDING, /* the rule's id */
	QUERY_FIELDS
};

enum query_compare { QUERY_EQ, QUERY_LT, QUERY_LE, QUERY_GT, QUERY_GE };

/* How the text of a term is compared with a value. */
enum query_form {
	QUERY_INSIDE,  /* stands somewhere in it */
	QUERY_EXACT,   /* is it, byte for byte */
	QUERY_SAME,    /* is it, ASCII letters in any case */
	QUERY_PATTERN, /* likewise, '*' being any text and '?' a character */
};

/*
 * QUERY_OWN is the language above; what is wrong is refused. QUERY_MAILPIT is
 * section 4 of Mailpit's: no OR, no parentheses (they count as blanks), quotes
 * anywhere; dates that cannot be read are dropped, other values that cannot be
 * read make the term plain text. mailstop's further fields are known there
 * too. One difference is meant: punctuation only is an error there as well,
 * not "everything".
 */
enum query_dialect { QUERY_OWN, QUERY_MAILPIT };

struct query {
	enum query_kind kind;
	struct query *left;  /* AND, OR, NOT */
	struct query *right; /* AND, OR */
	enum query_field field;
	enum query_form form;
	enum query_compare compare; /* of QUERY_SEQ */
	/* Of QUERY_LARGER and QUERY_SMALLER: the header that Mailpit's API
	   shows above the message (trace.h) counts too. */
	bool with_trace;
	int64_t number;
	/* Of the text fields, ready to be compared: cleaned or in lower case
	   where the field asks for it. Owned, NUL-terminated. */
	char *text;
	char *name; /* of QUERY_HEADER */
};

/* Where and why a text is not a query. */
struct query_error {
	size_t offset; /* bytes from its start */
	char text[160];
};

struct query_options {
	enum query_dialect dialect;
	/* Dates without a zone are read in this IANA zone; NULL or unknown:
	   UTC. */
	const char *zone;
	/* For dates relative to now ("2h": two hours ago, "today"), which
	   QUERY_OWN reads; 0: they are refused. */
	int64_t now_us;
};

/* A longer text is refused. */
#define QUERY_LEN_MAX ((size_t)64 * 1024)

/*
 * NULL when the text is not a query (and *error says where), or without memory.
 * `options` NULL: QUERY_OWN in UTC. Nesting deeper than 20 (parentheses and
 * negations of them) or more than 1,000 terms is refused: that much SQLite's
 * parser bears.
 */
struct query *query_parse(struct span text, const struct query_options *options,
    struct query_error *error);
void query_free(struct query *);

/* Whether the tree has a term on that field anywhere. */
bool query_mentions(const struct query *, enum query_field);

/* Appends the query in the words of QUERY_OWN. False when `out` is full. */
bool query_put(struct buf *out, const struct query *);

#endif
