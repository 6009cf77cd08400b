/*
 * finding_private: what the files of the finding module share, and nobody else.
 */
#ifndef FINDING_PRIVATE_H
#define FINDING_PRIVATE_H

#include "finding.h"
#include "header.h"

/* The rows of the table, in its order. */
enum finding_id {
	/* sessions */
	FINDING_EARLY_COMMAND,
	FINDING_HELLO_MISSING,
	FINDING_HELLO_SYNTAX,
	FINDING_HELLO_NOT_PEER,
	FINDING_COMMAND_LINE_END,
	FINDING_COMMAND_BYTES,
	FINDING_COMMAND_TOO_LONG,
	FINDING_PATH_SYNTAX,
	FINDING_PATH_SPACE,
	FINDING_PATH_UTF8,
	FINDING_PIPELINING_UNOFFERED,
	FINDING_PIPELINING_ORDER,
	FINDING_STARTTLS_INJECTION,
	FINDING_AUTH_CLEAR,
	FINDING_VERB_UNADVERTISED,
	FINDING_PARAM_UNADVERTISED,
	FINDING_DOT_UNSTUFFED,
	FINDING_NO_QUIT,
	/* bytes */
	FINDING_BARE_LF,
	FINDING_BARE_CR,
	FINDING_NUL,
	FINDING_LINE_TOO_LONG,
	FINDING_8BIT_UNDECLARED,
	FINDING_DOT_DOUBLED,
	/* header block */
	FINDING_HEADER_NO_COLON,
	FINDING_HEADER_NAME,
	FINDING_HEADER_8BIT,
	FINDING_HEADER_UTF8,
	FINDING_HEADER_TOO_LONG,
	FINDING_HEADER_FOLD,
	FINDING_DATE_MISSING,
	FINDING_DATE_REPEATED,
	FINDING_DATE_SYNTAX,
	FINDING_FROM_MISSING,
	FINDING_FROM_REPEATED,
	FINDING_FROM_SYNTAX,
	FINDING_MESSAGE_ID_MISSING,
	FINDING_MESSAGE_ID_REPEATED,
	FINDING_MESSAGE_ID_SYNTAX,
	FINDING_MIME_VERSION_MISSING,
	FINDING_MIME_VERSION_REPEATED,
	FINDING_MIME_VERSION_SYNTAX,
	FINDING_HEADER_REPEATED,
	FINDING_ADDRESS_SYNTAX,
	FINDING_BCC_LEFT,
	FINDING_ENCODED_WORD_SYNTAX,
	FINDING_ENCODED_WORD_LONG,
	FINDING_ENCODED_WORD_PLACE,
	/* structure */
	FINDING_CONTENT_TYPE_SYNTAX,
	FINDING_BOUNDARY_MISSING,
	FINDING_BOUNDARY_SYNTAX,
	FINDING_BOUNDARY_UNUSED,
	FINDING_BOUNDARY_UNCLOSED,
	FINDING_BOUNDARY_IN_BODY,
	FINDING_ENCODING_UNKNOWN,
	FINDING_ENCODING_MULTIPART,
	FINDING_ENCODING_8BIT,
	FINDING_ENCODING_BASE64,
	FINDING_ENCODING_QP,
	FINDING_CHARSET_UNKNOWN,
	FINDING_CHARSET_BYTES,
	/* envelope against content */
	FINDING_SIZE_DECLARED,
	FINDING_RECIPIENT_HIDDEN,
	FINDING_ALTERNATIVES_DIFFER,
	FINDING_IDS /* how many there are */
};

/* What the MAIL command promised of the message. */
enum finding_promise {
	PROMISE_8BIT = 1 << 0,   /* BODY=8BITMIME, or more */
	PROMISE_BINARY = 1 << 1, /* BODY=BINARYMIME */
	PROMISE_UTF8 = 1 << 2,   /* SMTPUTF8 */
	PROMISE_SIZE = 1 << 3,   /* SIZE=, see below */
};

/* How much there is of a message. */
enum finding_extent {
	EXTENT_WHOLE,
	EXTENT_HEADER, /* all of the header, and some lines */
	EXTENT_FIELDS, /* some fields, each whole */
};

/* One look at one session or message, while it lasts. */
struct look {
	struct findings *out;
	size_t first; /* of `out`, that this look found */
	uint64_t each[FINDING_IDS];
	size_t last[FINDING_IDS]; /* index of the last one listed */
	bool failed;              /* without memory */

	/* Of a message only. */
	struct span raw;
	enum finding_extent extent;
	struct span head; /* the header block at its front */
	const struct message *envelope;
	const struct mime *mime;
	unsigned promises; /* of enum finding_promise */
	uint64_t promised_size;
	size_t conversions; /* opened so far; they cost most */
};

/* Notes one finding; `bytes` are copied. */
void
finding_add(struct look *, enum finding_id, uint64_t offset, struct span bytes);

/* Likewise, for bytes that stand in the message itself. */
void finding_add_at(struct look *, enum finding_id, struct span bytes);

/* All of finding_session(). */
void
finding_look_at_dialogue(struct look *, struct span dialogue, struct span peer);

/* The steps of finding_message(); the first one sets `head`. */
void finding_look_at_header(struct look *);
void finding_look_at_bytes(struct look *);
void finding_look_at_mime(struct look *);
void finding_look_at_envelope(struct look *);
void finding_look_at_alternatives(struct look *);

/*
 * Cuts the first line off; `line` is without its CR LF or LF. False at the end.
 */
bool finding_next_line(struct span *rest, struct span *line);

/* The next field of a header block; lines that are none are passed over. */
bool finding_next_field(struct span *head, struct header_field *field);

/* What the lines of any header block show, a part's too. */
void finding_look_at_head_lines(struct look *, struct span head);

/* ---- what values are made of (finding_lex.c) */

bool finding_is_blank(char byte); /* also the CR and LF of a fold */
bool finding_is_one_of(char byte, const char *set);
bool finding_is_alnum(char byte);
bool finding_is_atext(char byte); /* RFC 5322 3.2.3, and 8-bit */

/* Its value, or -1. */
int finding_hex_digit(char byte);

/* Cuts off the bytes at the front that are `is_in`; may be none. */
struct span finding_cut_while(struct span *rest, bool is_in(char));
/* What RFC 2045 calls a token; may be empty. */
struct span finding_cut_token(struct span *rest);
/* Skips blanks, folds and comments (CFWS); false for an open comment. */
bool finding_skip_cfws(struct span *rest);
/* The inside of the quoted string at the front; false when it is open. */
bool finding_cut_quoted(struct span *rest, struct span *inside);
/* Moves behind the domain literal at the front; false when it is open. */
bool finding_cut_literal(struct span *rest);

/* ---- values of fields, raw with their folds (finding_address.c, _field.c) */

/* RFC 5322 3.4: mailboxes and groups, one at least. */
bool finding_is_address_list(struct span value);
/* Likewise, without groups (From), and one only (Sender). */
bool finding_is_mailbox_list(struct span value);
bool finding_is_mailbox(struct span value);
bool finding_is_date(struct span value);
bool finding_is_message_id(struct span value);
bool finding_is_mime_version(struct span value);

/* RFC 2045 5.1. Spans are borrowed from the value, quotes are off. */
struct finding_type {
	struct span type;
	struct span subtype;
	struct span boundary;
	struct span charset;
	bool has_boundary;
};
/* Fills what it could read; false when it is malformed. */
bool finding_read_type(struct span value, struct finding_type *);

/* ---- encoded words (finding_word.c) */
void finding_look_at_words(struct look *, const struct header_field *field);

/* ---- one part that is no multipart (finding_part.c) */

struct finding_part {
	struct finding_type type;
	struct span encoding;       /* as written, "" without one */
	struct span encoding_field; /* its value in the message */
	struct span body;
};
void finding_look_at_part(struct look *, const struct finding_part *);

/* ---- charsets (finding_charset.c) */

enum finding_charset {
	CHARSET_FITS,
	CHARSET_UNKNOWN,
	CHARSET_BROKEN, /* *bad is where */
};
/* "" is US-ASCII (RFC 2046 4.1.2). */
enum finding_charset finding_try_charset(
    struct look *, struct span name, struct span bytes, size_t *bad);

/* Decode as far as they can be; false without memory. */
bool finding_decode_base64(struct buf *out, struct span text);
bool finding_decode_qp(struct buf *out, struct span text);

#endif
