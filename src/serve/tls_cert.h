/*
 * tls_cert: a CA of our own and the certificate that it signed, kept in a
 * folder.
 *
 * The folder holds ca.pem and ca.key, cert.pem and key.pem; the keys are
 * readable to their owner only. Each file is replaced in one step, and all is
 * done under the folder's lock, so that servers that start at once agree.
 */
#ifndef TLS_CERT_H
#define TLS_CERT_H

#include "err.h"
#include "log.h"
#include "tls_make.h"

#include <stdbool.h>

#define TLS_CERT_CA "ca.pem"

struct tls_cert_place {
	const char *directory;
	const char *hostname; /* may be NULL */
	struct log *log;      /* hears of what is made or renewed, and why */
};

/*
 * Gives the certificate and its key, made or renewed where they are missing,
 * damaged, for another host, or run out within 30 days. The CA stays the same
 * as long as its files are good. The folder is made too. The caller releases
 * the pair.
 */
enum err tls_cert_take(
    struct tls_pair *out, const struct tls_cert_place *, struct failure *);

/* The CA that is kept there, with its key; false when it cannot sign. The
   caller releases the pair. */
bool tls_cert_take_ca(struct tls_pair *out, const char *directory);

/* Whether all files that a server needs are there and readable; no look into
   them. */
bool tls_cert_exists(const char *directory);

#endif
