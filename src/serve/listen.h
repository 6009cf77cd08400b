/*
 * listen: the sockets where the server is reached.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "err.h"
#include "listen_spec.h"

/* An open socket. */
struct listener;

/*
 * Binds and listens; nonblocking, close-on-exec, TCP_NODELAY (which the
 * connections accepted there inherit). ":port" serves IPv6 and IPv4 where the
 * machine has both. Of the addresses of a name the first that binds is taken,
 * IPv4 ones first. A unix socket that nobody serves any more is replaced; one
 * in use, or a file of another kind, is ERR_EXISTS and stays. The words of a
 * failure begin with the address.
 */
enum err listen_open(
    struct listener **out, const struct listen_spec *, struct failure *);

/* Closes; removes a unix socket that it made. NULL is allowed. */
void listen_close(struct listener *);

int listen_fd(const struct listener *);
const struct listen_spec *listen_spec(const struct listener *);

/* As the ready file shows it: "127.0.0.1:1025", "[::1]:1025", "unix:/path". */
const char *listen_address(const struct listener *);

#endif
