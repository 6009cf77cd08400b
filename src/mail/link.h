/*
 * link: the links and one-time codes of a message.
 *
 * What a test follows or types in: the address behind "Reset your password",
 * the six digits of a sign-in. Nothing is fetched. A guess says how sure it is.
 * RFC 3986 says where an address in a text ends, appendix C. Pure, any thread;
 * time is linear in the message.
 */
#ifndef LINK_H
#define LINK_H

#include "buf.h"
#include "mime.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>

/* The part of the message that something was found in. */
enum link_source { LINK_IN_SUBJECT, LINK_IN_TEXT, LINK_IN_HTML };

enum link_kind {
	LINK_PLAIN,
	LINK_ACTION, /* to confirm, to reset, to sign in: for this reader */
	LINK_UNSUBSCRIBE, /* or to change what is sent */
	LINK_IMAGE,       /* a picture or style sheet from elsewhere */
	LINK_TRACKER,     /* a picture that nobody sees */
	LINK_MAILTO,
	LINK_TEL,  /* also sms: */
	LINK_KINDS /* how many there are */
};

struct link {
	struct span url; /* entities read, percent escapes as they stand */
	/* What it is called: the words of an anchor; in a text what stands
	   before it on its line, or on the line before. Cut at 200 bytes. */
	struct span text;
	enum link_kind kind;
	enum link_source source;
	size_t url_at, text_at; /* private */
};

#define LINK_CODE_SIZE 24

struct link_code {
	/* As it is to be typed: "123 456" has no blank, "ABC-DEF" keeps its
	   hyphen, "G-123456" its letter. */
	char code[LINK_CODE_SIZE];
	unsigned confidence; /* percent, 50 at least */
	enum link_source source;
};

#define LINK_MAX 1000
#define LINK_CODES_MAX 10

struct links {
	/* In the order of the message, first those of the text, then those of
	   the HTML; the same one twice in one part is listed once. */
	struct link *at;
	size_t count;
	/* The surest first; each code once. */
	struct link_code codes[LINK_CODES_MAX];
	size_t code_count;
	bool is_cut; /* there are more than LINK_MAX, or far too many */
	struct buf text;
	size_t room, seen; /* private */
};

void links_init(struct links *);
void links_release(struct links *);

/* Fills an empty one. False without memory; what was found so far stays. */
bool links_find(struct links *, const struct mime *);

/* How sure the kind of a link is, percent. */
unsigned link_confidence(const struct link *);

/* "link", "action", "unsubscribe", "image", "tracker", "mailto", "tel". */
const char *link_kind_name(enum link_kind);
/* "subject", "text", "html". */
const char *link_source_name(enum link_source);

#endif
