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

enum err
tls_open(struct tls **out, const struct tls_options *, struct failure *);
void tls_close(struct tls *);

/* Reads the files again (SIGHUP). On failure the old ones stay in use. */
enum err tls_reload(struct tls *, struct failure *);

/* The path of the CA that signed what is served; NULL with --tls-cert. */
const char *tls_ca_path(const struct tls *);

/* A server-side SSL on a connected, nonblocking socket; free with SSL_free. */
struct ssl_st *tls_accept(struct tls *, int fd);

#endif
