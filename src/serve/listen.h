/*
 * listen: where the server is reached, and the sockets there.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "err.h"
#include "span.h"

#include <stdbool.h>
#include <sys/socket.h>

enum listen_protocol {
	LISTEN_SMTP,
	LISTEN_SMTPS,
	LISTEN_LMTP,
	LISTEN_POP3,
	LISTEN_HTTP
};

/* One listener as the command line describes it. Owned strings. */
struct listen_spec {
	enum listen_protocol protocol;
	char *name; /* "smtp" where none was given; unique in a server */
	char *
	    address; /* host:port, :port, [::1]:port, unix:/path[:mode], fd:N */
	char *inbox; /* NULL: the default one */
	unsigned hide; /* features to leave out, of enum smtp_feature */
	bool proxy;    /* a PROXY header comes first */
	bool xclient;  /* offers XCLIENT */
};

/*
 * Reads "addr" or "key=value,key=value" (keys: name, addr, inbox, hide with ';'
 * between keywords, proxy, xclient). ERR_USAGE with the words for a person.
 */
enum err listen_parse(struct listen_spec *out, enum listen_protocol,
    struct span text, struct failure *);
void listen_spec_release(struct listen_spec *);

/* An open socket. */
struct listener;

/* Binds and listens; nonblocking, close-on-exec. Names that resolve to several
   addresses (localhost) give the first that binds. */
enum err listen_open(
    struct listener **out, const struct listen_spec *, struct failure *);

/* Closes; removes a unix socket that it made. */
void listen_close(struct listener *);

int listen_fd(const struct listener *);
const struct listen_spec *listen_spec(const struct listener *);

/* As the ready file shows it: "127.0.0.1:1025", "[::1]:1025", "unix:/path". */
const char *listen_address(const struct listener *);

#endif
