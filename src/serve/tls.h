/*
 * tls: the server's certificates, and the TLS side of a connection.
 *
 * A CA and a certificate for localhost, 127.0.0.1, ::1 and the host's name are
 * made at the first start and kept in a folder, so that clients can be told to
 * trust the CA once. TLS 1.2 and 1.3. Loop thread.
 */
#ifndef TLS_H
#define TLS_H

#include "err.h"
#include "log.h"
#include "tls_flaw.h"

#include <stdbool.h>

struct ssl_st; /* OpenSSL's SSL */
struct tls;

struct tls_options {
	const char *directory; /* where CA and certificate are kept */
	const char *cert_path; /* both NULL, or both given: used instead */
	const char *key_path;
	const char *hostname; /* also named in the certificate that is made */
	struct log *log;
};

/*
 * Copies the options' strings; the log is borrowed. Given files are read at
 * once. The folder's are made at once when they are missing, and else read when
 * the first connection needs them: OpenSSL takes milliseconds to wake up.
 */
enum err
tls_open(struct tls **out, const struct tls_options *, struct failure *);

/* After the last SSL of tls_accept() is freed. NULL is allowed. */
void tls_close(struct tls *);

/* Reads the files again (SIGHUP), and renews what runs out soon. On failure
   the old ones stay in use. Connections keep what they began with. */
enum err tls_reload(struct tls *, struct failure *);

/* The path of the CA that signed what is served; NULL with --tls-cert. */
const char *tls_ca_path(const struct tls *);

/* Whether connections can begin: false when the files cannot be read, which the
   log then says. */
bool tls_is_ready(struct tls *);

/* What a client says in its hello beyond what OpenSSL tells. */
struct tls_hello {
	char alpn[64]; /* protocols it offers: "h2,smtp", cut when longer */
};

/*
 * A server-side SSL on a connected, nonblocking socket, which stays the
 * caller's; free with SSL_free(3). It writes without SIGPIPE. *hello is filled
 * in the handshake, and must outlive the SSL. NULL without memory, or when it
 * is not ready.
 */
struct ssl_st *tls_accept(struct tls *, int fd, struct tls_hello *hello);

/*
 * Likewise, with a certificate that has a flaw. They are made when they are
 * first asked for, and signed by the CA of the folder. Where there is none
 * (--tls-cert) or its key was taken away, by a CA that nobody knows, and the
 * log says so.
 */
struct ssl_st *
tls_accept_flawed(struct tls *, int fd, enum tls_flaw, struct tls_hello *hello);

#endif
