/*
 * io: reading and writing one connected socket, plain or inside TLS.
 *
 * Nonblocking. The caller waits for what IO_WANT_READ or IO_WANT_WRITE says and
 * calls again. Loop thread.
 */
#ifndef IO_H
#define IO_H

#include "span.h"
#include "tls.h"

#include <stddef.h>

enum io_status {
	IO_OK,         /* *count bytes were moved */
	IO_WANT_READ,  /* nothing moved: wait until it is readable */
	IO_WANT_WRITE, /* nothing moved: wait until it is writable */
	IO_END,        /* the peer closed its writing side (read only) */
	IO_RESET,      /* the connection is broken */
	IO_TLS_FAILED, /* handshake or TLS record failure; see io_tls_error() */
};

struct io {
	int fd;
	struct ssl_st *ssl; /* NULL: plain */
	bool handshaking;
};

/* Takes the descriptor. */
void io_init(struct io *, int fd);

/* Closes; with TLS a close_notify goes out if it can without waiting. */
void io_release(struct io *);

enum io_status io_read(struct io *, char *room, size_t size, size_t *count);
enum io_status io_write(struct io *, struct span bytes, size_t *count);

/* Starts TLS; io_handshake() until it is IO_OK. False without memory. */
bool io_start_tls(struct io *, struct tls *);
enum io_status io_handshake(struct io *);

/* Bytes that TLS has decrypted and a readable event would not tell of. */
bool io_has_pending(const struct io *);

/* For the session's record; "" when plain. Borrowed. */
const char *io_tls_version(const struct io *);
const char *io_tls_cipher(const struct io *);
const char *io_tls_error(const struct io *);

#endif
