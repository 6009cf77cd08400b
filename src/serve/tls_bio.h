/*
 * tls_bio: OpenSSL's way to a socket, without SIGPIPE.
 *
 * OpenSSL's own socket BIO uses write(2), so that a peer that is gone would
 * raise a signal, and a library may not change what the process does with it.
 */
#ifndef TLS_BIO_H
#define TLS_BIO_H

#include <openssl/bio.h>

/* One method serves many BIOs and outlives them. NULL without memory. Free
   with BIO_meth_free(3). */
BIO_METHOD *tls_bio_method(void);

/* A BIO that leaves the descriptor open when it is freed. */
BIO *tls_bio_new(const BIO_METHOD *, int fd);

#endif
