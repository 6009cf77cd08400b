/*
 * proxy: the PROXY protocol's header, versions 1 and 2, as HAProxy's
 * specification of it says. Pure: bytes in, an address out.
 */
#ifndef PROXY_H
#define PROXY_H

#include "span.h"

#include <stdint.h>

/* More than this without a complete header is PROXY_BAD. */
#define PROXY_MAX 4096

enum proxy_status {
	PROXY_MORE, /* not complete yet; nothing consumed */
	PROXY_DONE, /* consumed; *found is filled */
	PROXY_BAD,  /* no PROXY header: close the connection, say nothing */
};

struct proxy_found {
	bool known;    /* false for UNKNOWN and LOCAL: keep the socket's own */
	char peer[64]; /* text form of the address; no port, no brackets */
	char local[64];
	uint16_t peer_port;
	uint16_t local_port;
};

/* Reads a header from the front of *in; TLVs of version 2 are skipped. */
enum proxy_status proxy_parse(struct span *in, struct proxy_found *found);

#endif
