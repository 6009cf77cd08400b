/*
 * query_field: the fields of the query language, each by the names it has.
 *
 * Here is what a field's text is compared with, for the matcher in memory and
 * for the SQL of the store alike. A field with `columns` matches when one of
 * those columns of the search text (search_text.h) holds the text. The others
 * look at the envelope, the session and the marks:
 *
 *	rcpt, pattern      the address of an accepted recipient (2xx to RCPT)
 *	mailfrom, pattern  the reverse-path without brackets
 *	lists, pattern     the name or the address of one entry of the header
 *	helo, peer, user, inbox, session, id, state, seq
 *	                   what the message was stored with
 *	after, before      when it was received, both ends included
 *	larger, smaller    octets of the body, itself excluded
 *	header             the decoded value of any field of that name
 *	attachment         the name of a part of role MIME_ATTACHMENT
 *	has:attachment     a part of role MIME_ATTACHMENT
 *	has:inline         a part with disposition inline
 *	has:finding        a finding of the message (not of its session)
 */
#ifndef QUERY_FIELD_H
#define QUERY_FIELD_H

#include "query.h"
#include "search_text.h"

/* How what stands behind the name becomes a term's text or number. */
enum query_value {
	QUERY_VALUE_NONE,   /* a keyword: the name says all */
	QUERY_VALUE_CLEAN,  /* cleaned (clean.h) */
	QUERY_VALUE_LOWER,  /* in lower case, else as it stands */
	QUERY_VALUE_PLAIN,  /* as it stands */
	QUERY_VALUE_HEADER, /* NAME, or NAME=text */
	QUERY_VALUE_STATE,
	QUERY_VALUE_RULE, /* of findings, or a pattern of their ids */
	QUERY_VALUE_DATE,
	QUERY_VALUE_SIZE,
	QUERY_VALUE_NUMBER,
};

/* Which texts are patterns. */
enum query_pattern {
	QUERY_PATTERN_NEVER,
	QUERY_PATTERN_STAR,   /* with a '*' in it */
	QUERY_PATTERN_OWN,    /* likewise, in QUERY_OWN only */
	QUERY_PATTERN_ALWAYS, /* a name without '*' and '?' is the whole name */
};

struct query_name {
	const char *name; /* "subject:"; all of a keyword: "is:read" */
	enum query_field field;
	enum query_value value;
	enum query_form form;
	enum query_pattern pattern;
	enum query_compare compare; /* of seq */
};

/*
 * The row whose name `term` begins with (or is, for keywords), any case; NULL
 * when it begins with none.
 */
const struct query_name *query_field_find(struct span term);

/* The first name of that field; NULL for QUERY_TEXT. */
const struct query_name *query_field_name(enum query_field);

/* A bit (1 << enum search_column) for each column that the field looks at. */
unsigned query_field_columns(enum query_field);

#endif
