/*
 * peer: the address of one end of a connection, as text.
 *
 * An IPv4 client of a socket that serves IPv6 too is shown by its IPv4 address.
 * Pure, but for peer_of_local().
 */
#ifndef PEER_H
#define PEER_H

#include "span.h"

#include <stdint.h>
#include <sys/socket.h>

/* "[", an address, "]:65535" and the NUL fit into it. */
#define PEER_SIZE 80

struct peer {
	char address[PEER_SIZE]; /* "192.0.2.1", "2001:db8::1" or "unix" */
	uint16_t port;           /* 0 where there is none */
};

void peer_read(struct peer *, const struct sockaddr *, socklen_t);

/* The near end of the socket; "" when it cannot be told. */
void peer_of_local(struct peer *, int fd);

/* "192.0.2.1:25", "[2001:db8::1]:25", "unix". */
void peer_show(const struct peer *, char text[PEER_SIZE]);

/* As RFC 5321 section 4.1.3 tags it: "192.0.2.1", "IPv6:2001:db8::1". */
void peer_tag(const struct peer *, char text[PEER_SIZE]);

/* Takes an address as a client or a proxy writes it: with or without the tag
   "IPv6:". False, and nothing changed, when it is none. */
bool peer_parse(struct peer *, struct span address);

#endif
