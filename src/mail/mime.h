/*
 * mime: what a message says, read by GMime out of bytes that may be anything.
 *
 * The bytes are never refused: what is malformed is shown as far as it can be.
 * RFC 5322, 2045 to 2047, 2231. All strings are valid UTF-8 without NULs. A
 * struct mime belongs to one thread; several threads may parse at once after
 * mime_init() was called. Everything in it is owned by it and good until
 * mime_free().
 */
#ifndef MIME_H
#define MIME_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beyond these the rest of a message stays raw; nothing fails. */
#define MIME_PARTS_MAX 2000
#define MIME_DEPTH_MAX 100

struct mime_field {
	char *name;  /* as the sender spelled it */
	char *raw;   /* unfolded, encoded words as they stand */
	char *value; /* unfolded and decoded */
};

struct mime_address {
	char *name;    /* decoded, without quotes; "" without one */
	char *address; /* case kept; "" when From could not be read */
};

struct mime_addresses {
	struct mime_address *at;
	size_t count;
};

enum mime_list {
	MIME_FROM,
	MIME_TO,
	MIME_CC,
	MIME_BCC,
	MIME_REPLY_TO,
	MIME_LISTS /* how many there are */
};

/* What a part is to the reader of the message. */
enum mime_role {
	MIME_CONTAINER,  /* a multipart */
	MIME_BODY,       /* text that is shown */
	MIME_ATTACHMENT, /* says so, or is of type application/octet-stream */
	MIME_INLINE,     /* disposition inline, not text that is shown */
	MIME_OTHER,      /* neither: shown beside the inline ones */
};

struct mime_part {
	char *id; /* "0" is the root; "1", "1.2"; a nested multipart "1.0" */
	size_t parent; /* index in parts; the root is its own parent */
	enum mime_role role;
	char *type;        /* "text/plain", lower case, no parameters */
	char *disposition; /* "attachment", "inline" or "" */
	char *charset;     /* as declared, or "" */
	char *encoding;    /* "base64", "quoted-printable", "7bit", ... or "" */
	char *name;        /* file name, or "" */
	char *content_id;  /* without <>, or "" */
	uint64_t size;     /* decoded, bytes */
	/* Lower-case hex, of the decoded bytes; "" for containers and bodies.
	 */
	char md5[33], sha1[41], sha256[65];
};

struct mime {
	struct mime_field *fields; /* all of them, in order */
	size_t field_count;
	struct mime_addresses lists[MIME_LISTS];
	char *subject;
	char *message_id;  /* without <> */
	char *return_path; /* the header's, without <>; "" if none */
	int64_t date_us;   /* of the Date header; 0 when it has none */
	char *date;        /* RFC 3339 with its own offset, "" when none */
	struct mime_part *parts; /* depth first; [0] is the root */
	size_t part_count;
	size_t attachments; /* parts of role MIME_ATTACHMENT */
	size_t inlines;     /* parts with disposition inline */
	struct buf text;    /* the text body (5.4), made of HTML if need be */
	struct buf html;    /* the HTML body; empty without one */
	char *snippet;      /* 5.6 */
	bool is_cut;        /* a ceiling was reached: some parts are only raw */
};

/* Before the first mime_parse() of the process; again does no harm, and any
   thread may. */
void mime_init(void);

/* NULL without memory only. */
struct mime *mime_parse(struct span message);
void mime_free(struct mime *);

/* The first field of that name, any case; NULL when there is none. */
const struct mime_field *mime_find(const struct mime *, const char *name);

/* Whether it is below the root and says "inline", whatever its role is. */
bool mime_part_is_inline(const struct mime_part *);

/*
 * The decoded bytes of one part, text in UTF-8, appended to `out`. False when
 * there is no such part (or it is a container), or `out` is full.
 */
bool mime_part_bytes(struct span message, const char *id, struct buf *out);

#endif
