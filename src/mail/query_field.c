/* query_field: the fields of the query language, each by the names it has. */
#include "query_field.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A longer name stands before its beginning: "seq>=" before "seq>". */
static const struct query_name names[] = {
    /* name, field, value, form, pattern, compare */
    {"rcpt:", QUERY_RCPT, QUERY_VALUE_CLEAN, QUERY_INSIDE, QUERY_PATTERN_STAR,
	0},
    {"mailfrom:", QUERY_MAILFROM, QUERY_VALUE_CLEAN, QUERY_INSIDE,
	QUERY_PATTERN_STAR, 0},
    {"helo:", QUERY_HELO, QUERY_VALUE_PLAIN, QUERY_INSIDE, QUERY_PATTERN_STAR,
	0},
    {"peer:", QUERY_PEER, QUERY_VALUE_PLAIN, QUERY_INSIDE, QUERY_PATTERN_STAR,
	0},
    {"user:", QUERY_USER, QUERY_VALUE_PLAIN, QUERY_INSIDE, QUERY_PATTERN_STAR,
	0},
    {"inbox:", QUERY_INBOX, QUERY_VALUE_PLAIN, QUERY_EXACT, 0, 0},
    {"state:", QUERY_STATE, QUERY_VALUE_STATE, 0, 0, 0},
    {"id:", QUERY_ID, QUERY_VALUE_PLAIN, QUERY_EXACT, 0, 0},
    {"session:", QUERY_SESSION, QUERY_VALUE_PLAIN, QUERY_EXACT, 0, 0},
    {"seq>=", QUERY_SEQ, QUERY_VALUE_NUMBER, 0, 0, QUERY_GE},
    {"seq<=", QUERY_SEQ, QUERY_VALUE_NUMBER, 0, 0, QUERY_LE},
    {"seq>", QUERY_SEQ, QUERY_VALUE_NUMBER, 0, 0, QUERY_GT},
    {"seq<", QUERY_SEQ, QUERY_VALUE_NUMBER, 0, 0, QUERY_LT},
    {"seq=", QUERY_SEQ, QUERY_VALUE_NUMBER, 0, 0, QUERY_EQ},
    {"seq:", QUERY_SEQ, QUERY_VALUE_NUMBER, 0, 0, QUERY_EQ},
    {"after:", QUERY_AFTER, QUERY_VALUE_DATE, 0, 0, 0},
    {"before:", QUERY_BEFORE, QUERY_VALUE_DATE, 0, 0, 0},
    {"larger:", QUERY_LARGER, QUERY_VALUE_SIZE, 0, 0, 0},
    {"smaller:", QUERY_SMALLER, QUERY_VALUE_SIZE, 0, 0, 0},
    {"from:", QUERY_FROM, QUERY_VALUE_CLEAN, QUERY_INSIDE, QUERY_PATTERN_OWN,
	0},
    {"to:", QUERY_TO, QUERY_VALUE_CLEAN, QUERY_INSIDE, QUERY_PATTERN_OWN, 0},
    {"cc:", QUERY_CC, QUERY_VALUE_CLEAN, QUERY_INSIDE, QUERY_PATTERN_OWN, 0},
    {"bcc:", QUERY_BCC, QUERY_VALUE_CLEAN, QUERY_INSIDE, QUERY_PATTERN_OWN, 0},
    {"reply-to:", QUERY_REPLY_TO, QUERY_VALUE_CLEAN, QUERY_INSIDE,
	QUERY_PATTERN_OWN, 0},
    {"addressed:", QUERY_ADDRESSED, QUERY_VALUE_CLEAN, QUERY_INSIDE,
	QUERY_PATTERN_OWN, 0},
    {"subject:", QUERY_SUBJECT, QUERY_VALUE_LOWER, QUERY_INSIDE, 0, 0},
    {"message-id:", QUERY_MESSAGE_ID, QUERY_VALUE_CLEAN, QUERY_INSIDE, 0, 0},
    {"header:", QUERY_HEADER, QUERY_VALUE_HEADER, QUERY_INSIDE, 0, 0},
    {"body:", QUERY_BODY, QUERY_VALUE_CLEAN, QUERY_INSIDE, 0, 0},
    {"attachment:", QUERY_ATTACHMENT, QUERY_VALUE_PLAIN, QUERY_PATTERN,
	QUERY_PATTERN_ALWAYS, 0},
    {"tag:", QUERY_TAG, QUERY_VALUE_PLAIN, QUERY_SAME, 0, 0},
    {"finding:", QUERY_FINDING, QUERY_VALUE_RULE, QUERY_SAME,
	QUERY_PATTERN_STAR, 0},
    {"is:read", QUERY_IS_READ, QUERY_VALUE_NONE, 0, 0, 0},
    {"is:unread", QUERY_IS_UNREAD, QUERY_VALUE_NONE, 0, 0, 0},
    {"is:tagged", QUERY_IS_TAGGED, QUERY_VALUE_NONE, 0, 0, 0},
    {"has:attachment", QUERY_HAS_ATTACHMENT, QUERY_VALUE_NONE, 0, 0, 0},
    {"has:attachments", QUERY_HAS_ATTACHMENT, QUERY_VALUE_NONE, 0, 0, 0},
    {"has:inline", QUERY_HAS_INLINE, QUERY_VALUE_NONE, 0, 0, 0},
    {"has:inlines", QUERY_HAS_INLINE, QUERY_VALUE_NONE, 0, 0, 0},
    {"has:finding", QUERY_HAS_FINDING, QUERY_VALUE_NONE, 0, 0, 0},
    {"has:findings", QUERY_HAS_FINDING, QUERY_VALUE_NONE, 0, 0, 0},
};

#define COLUMN(name) (1u << SEARCH_##name)

static const unsigned columns[QUERY_FIELDS] = {
    /* Message-ID is no part of the search text (API section 4). */
    [QUERY_TEXT] = ((1u << SEARCH_COLUMNS) - 1) & ~COLUMN(MESSAGE_ID),
    [QUERY_RCPT] = COLUMN(RCPT),
    [QUERY_MAILFROM] = COLUMN(MAIL_FROM),
    [QUERY_FROM] = COLUMN(FROM),
    [QUERY_TO] = COLUMN(TO),
    [QUERY_CC] = COLUMN(CC),
    [QUERY_BCC] = COLUMN(BCC),
    [QUERY_REPLY_TO] = COLUMN(REPLY_TO),
    [QUERY_ADDRESSED] =
	COLUMN(FROM) | COLUMN(TO) | COLUMN(CC) | COLUMN(BCC) | COLUMN(REPLY_TO),
    [QUERY_SUBJECT] = COLUMN(SUBJECT),
    [QUERY_MESSAGE_ID] = COLUMN(MESSAGE_ID),
    [QUERY_BODY] = COLUMN(BODY),
};

const struct query_name *
query_field_find(struct span term)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct span name = span_string(names[i].name);

		if (names[i].value == QUERY_VALUE_NONE
			? span_equal_nocase(term, name)
			: span_starts_nocase(term, name))
			return &names[i];
	}
	return NULL;
}

const struct query_name *
query_field_name(enum query_field field)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].field == field)
			return &names[i];
	return NULL;
}

unsigned
query_field_columns(enum query_field field)
{
	return columns[field];
}
