/*
 * listen_spec: one listener as the command line describes it.
 */
#ifndef LISTEN_SPEC_H
#define LISTEN_SPEC_H

#include "err.h"
#include "span.h"

#include <stdbool.h>

enum listen_protocol {
	LISTEN_SMTP,
	LISTEN_SMTPS,
	LISTEN_LMTP,
	LISTEN_POP3,
	LISTEN_HTTP
};
#define LISTEN_PROTOCOLS 5

/* Owned strings. */
struct listen_spec {
	enum listen_protocol protocol;
	char *name;    /* the protocol's where none was given */
	char *address; /* as endpoint.h has it; well-formed */
	char *inbox;   /* NULL: the default one */
	unsigned hide; /* features to leave out, of enum smtp_feature */
	bool proxy;    /* a PROXY header comes first */
	bool xclient;  /* offers XCLIENT */
};

/*
 * Reads "ADDRESS" or "key=value,key=value", also "ADDRESS,key=value". Keys:
 * name, addr, inbox, hide with ';' between keywords, and the flags proxy and
 * xclient, which may stand without "=yes". Only SMTP, SMTPS and LMTP take
 * hide, proxy and xclient. ERR_USAGE with the words for a person; *out is empty
 * then. That names are unique in a server is the caller's business.
 */
enum err listen_parse(struct listen_spec *out, enum listen_protocol,
    struct span text, struct failure *);
void listen_spec_release(struct listen_spec *);

/* A deep copy; false, and *out empty, without memory. */
bool listen_spec_copy(struct listen_spec *out, const struct listen_spec *);

/* "smtp", "smtps", "lmtp", "pop3", "http". */
const char *listen_protocol_name(enum listen_protocol);

#endif
