/*
 * deliver: sends one message to a server by SMTP.
 *
 * Blocks. Statuses are those of sysexits.h, as sendmail(8) gives them: 75 when
 * nobody is there or says "later", 67 for a recipient that was refused, 69 for
 * anything else that was.
 */
#ifndef DELIVER_H
#define DELIVER_H

#include "err.h"
#include "span.h"

#include <stddef.h>

/* Connects to "host:port" or "unix:/path". The descriptor, or -1 and words. */
int deliver_connect(const char *address, struct failure *);

struct deliver_request {
	const char *hello;
	struct span sender; /* without brackets; empty is <> */
	char *const *recipients;
	size_t count;
	struct span message; /* lines end in CRLF, the last one too */
};

/* On a fresh connection, which stays open. What one recipient was refused for
   is told even when others got the message. */
int deliver_send(int fd, const struct deliver_request *, struct failure *);

/* Passes bytes on between two pairs until the server ends. */
int deliver_relay(int fd, int in, int out, struct failure *);

#endif
