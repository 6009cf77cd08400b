/*
 * websocket: the server's side of RFC 6455, as bytes.
 *
 * Text goes out in frames of one piece. What clients send is checked and
 * thrown away, except for pings and closes. No extensions. Pure.
 */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBSOCKET_ACCEPT_SIZE 29

/* The answer to a Sec-WebSocket-Key; false when it is none. */
bool websocket_accept(char out[WEBSOCKET_ACCEPT_SIZE], struct span key);

enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

/* Why a connection is closed, section 7.4.1. */
enum websocket_reason {
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_PROTOCOL_ERROR = 1002,
	WEBSOCKET_TOO_LARGE = 1009,
};

/* Appends a frame. False, and nothing appended, when the buffer fails. */
bool websocket_put(struct buf *, enum websocket_opcode, struct span payload);
bool websocket_put_close(struct buf *, enum websocket_reason);

#define WEBSOCKET_CONTROL_LIMIT 125
/* What is thrown away has a ceiling as well. */
#define WEBSOCKET_FRAME_LIMIT ((uint64_t)1 << 20)

/* All zeros to start with. */
struct websocket {
	unsigned char header[14];
	size_t header_len;
	uint64_t left; /* of the payload */
	bool in_payload;
	bool in_message; /* a fragmented one */
	unsigned char control[WEBSOCKET_CONTROL_LIMIT];
	size_t control_len;
};

enum websocket_event {
	WEBSOCKET_MORE,     /* all was used; more must come */
	WEBSOCKET_GOT_PING, /* answer it with *payload */
	WEBSOCKET_GOT_PONG,
	WEBSOCKET_GOT_CLOSE, /* the last there is */
	WEBSOCKET_GOT_WRONG, /* a protocol error; close */
	WEBSOCKET_GOT_TOO_LARGE,
};

/* Takes bytes from the front of *in until something happens. The payload is
   borrowed until the next call. */
enum websocket_event
websocket_step(struct websocket *, struct span *in, struct span *payload);

#endif
