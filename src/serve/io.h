/*
 * io: reading and writing one connected socket, plain or inside TLS.
 *
 * Nonblocking, without SIGPIPE. The caller waits for what IO_WANT_READ or
 * IO_WANT_WRITE says and calls again; inside TLS a read may want to write, and
 * the other way round. A call that wants to go on may come with other bytes or
 * another buffer the next time. Loop thread.
 */
#ifndef IO_H
#define IO_H

#include "buf.h"
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
	const char *error; /* NULL: TLS is not broken */
	struct tls_hello hello;
};

/* Takes the descriptor, which is nonblocking. It may not move once TLS has
   started. */
void io_init(struct io *, int fd);

/* Closes; with TLS a close_notify goes out if it can without waiting. */
void io_release(struct io *);

/*
 * Inside TLS a peer that closes without close_notify gives IO_END too: many
 * mail clients do, and SMTP itself says where a message ends. What the peer
 * has sent before is read first, and writing goes on to work after IO_END.
 * *count is 0 unless the status is IO_OK.
 */
enum io_status io_read(struct io *, char *room, size_t size, size_t *count);
enum io_status io_write(struct io *, struct span bytes, size_t *count);

/* Reads what stays there to be read again; before TLS only. */
enum io_status io_peek(struct io *, char *room, size_t size, size_t *count);

/*
 * Nothing will be written any more: close_notify and FIN. A server that closes
 * while bytes of the client are still on the way sends RST, which destroys the
 * replies before it: finish, read to IO_END (with a deadline), then release.
 */
void io_finish(struct io *);

/* Ends it without a good-bye in TLS, at the next io_release(). */
enum io_drop { IO_DROP_QUIETLY, IO_DROP_RESET };
void io_drop(struct io *, enum io_drop);

/*
 * Starts TLS; io_handshake() until it is IO_OK. False, and still plain, when
 * there is no memory or no certificate. Bytes that were read from the socket
 * before are not part of it. A peer that hangs up in the handshake gives
 * IO_TLS_FAILED.
 */
bool io_start_tls(struct io *, struct tls *);
bool io_start_flawed_tls(struct io *, struct tls *, enum tls_flaw);
/* Before the handshake: the client shall show a certificate, if it has one. */
void io_ask_certificate(struct io *);
enum io_status io_handshake(struct io *);

/* Bytes that TLS has decrypted and a readable event would not tell of. */
bool io_has_pending(const struct io *);

/* For the session's record: "TLSv1.3", "TLS_AES_256_GCM_SHA384", "tlsv1 alert
   unknown ca"; "" when plain, or not there yet. Borrowed, good for ever. */
const char *io_tls_version(const struct io *);
const char *io_tls_cipher(const struct io *);
const char *io_tls_error(const struct io *);
const char *io_tls_group(const struct io *); /* "x25519" */

/* What the client said in the handshake; "" when it did not. Borrowed until the
   io is released. */
const char *io_tls_sni(const struct io *);
const char *io_tls_alpn(const struct io *); /* what it offered: "h2,smtp" */

/* Appends the subject of the client's certificate (RFC 4514), which nobody has
   verified; nothing when it sent none. */
void io_tls_client_cert(const struct io *, struct buf *out);

#endif
