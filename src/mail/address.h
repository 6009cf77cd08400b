/*
 * address: paths as SMTP writes them (RFC 5321 section 4.1.2, RFC 6531).
 *
 * Pure functions on bytes. A struct path borrows from the text that was parsed.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "span.h"

/* What may stand where the path is read. */
enum path_use {
	PATH_REVERSE, /* of MAIL: <> is allowed */
	PATH_FORWARD, /* of RCPT: <postmaster> is allowed without domain */
};

enum path_status {
	PATH_OK,
	PATH_SYNTAX,     /* not a path: 501 5.1.7 (MAIL) or 5.1.3 (RCPT) */
	PATH_TOO_LONG,   /* over our ceiling of 1,024 octets: 501 */
	PATH_NEEDS_UTF8, /* valid UTF-8, but not ASCII: 553 5.6.7 without
			    SMTPUTF8 */
	PATH_BAD_UTF8,   /* 8-bit that is not UTF-8: 501 */
};

struct path {
	struct span text; /* as given, with its angle brackets if it had any */
	struct span
	    mailbox;       /* without brackets and source route; empty for <> */
	struct span local; /* local part, quotes kept */
	struct span domain; /* domain or address literal with its brackets */
};

/*
 * Reads one path from the front of *rest and moves *rest behind it. Angle
 * brackets may be missing (a person typing); then the path ends at the first
 * blank outside quotes. `path` is filled for PATH_OK and PATH_NEEDS_UTF8.
 */
enum path_status
address_parse(struct span *rest, enum path_use use, struct path *path);

/* Whether it is a domain name as HELO and MAIL take it (underscores allowed).
 */
bool address_is_domain(struct span);

/* Whether it is an address literal in brackets, [127.0.0.1] or [IPv6:::1]. */
bool address_is_literal(struct span);

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, shortest
 * form). */
bool address_is_utf8(struct span);

#endif
