/*
 * endpoint: the written form of the place where a socket listens.
 *
 *	1025                  127.0.0.1, that port
 *	:1025 *:1025          all interfaces, IPv4 and IPv6
 *	127.0.0.1:1025 name:25 [::1]:25
 *	unix:/path unix:/path:0660
 *	fd:3                  a listening socket that was inherited
 *
 * Port 0 takes a free one. Pure.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "err.h"
#include "span.h"

#include <stdint.h>
#include <sys/un.h>

#define ENDPOINT_HOST_SIZE 256
#define ENDPOINT_PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)
#define ENDPOINT_NO_MODE (-1)

enum endpoint_kind { ENDPOINT_TCP, ENDPOINT_UNIX, ENDPOINT_FD };

struct endpoint {
	enum endpoint_kind kind;
	char host[ENDPOINT_HOST_SIZE]; /* TCP; empty: all interfaces */
	uint16_t port;                 /* TCP */
	char path[ENDPOINT_PATH_SIZE]; /* UNIX */
	int mode; /* UNIX: permissions, or ENDPOINT_NO_MODE: the umask's */
	int fd;   /* FD */
};

/* ERR_USAGE, with words that quote the text, when it is none of these. */
enum err endpoint_parse(struct endpoint *, struct span text, struct failure *);

#endif
