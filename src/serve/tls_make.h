/*
 * tls_make: new keys, and certificates for them.
 */
#ifndef TLS_MAKE_H
#define TLS_MAKE_H

#include "tls_flaw.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct tls_pair {
	X509 *cert;
	EVP_PKEY *key;
};

/* Frees both, and leaves NULLs; either may be NULL. */
void tls_make_release(struct tls_pair *);

/* A CA for ten years. False without memory or random bytes. */
bool tls_make_ca(struct tls_pair *out);

/*
 * A server's certificate for localhost, 127.0.0.1, ::1 and `hostname` (NULL, or
 * a name that cannot stand in a certificate: without it), for 800 days: Apple's
 * systems take no more than 825.
 */
bool tls_make_leaf(
    struct tls_pair *out, const struct tls_pair *ca, const char *hostname);

/* Likewise, with a flaw (not TLS_FLAW_NO_CERT). `ca` may be NULL where it is
   self-signed. */
bool tls_make_flawed(struct tls_pair *out, const struct tls_pair *ca,
    const char *hostname, enum tls_flaw flaw);

/* Whether it is a host name or address that a certificate can name. */
bool tls_make_can_name(const char *hostname);

#endif
