/*
 * tls_peer: the client's end of a TLS connection, stepped by the test.
 */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct tls_peer {
	SSL_CTX *context;
	SSL *ssl;
};

/* `ca_path` NULL: it trusts nobody. */
static inline bool
tls_peer_init(
    struct tls_peer *peer, int fd, const char *ca_path, const char *host)
{
	peer->context = SSL_CTX_new(TLS_client_method());
	peer->ssl = NULL;
	if (!peer->context)
		return false;
	SSL_CTX_set_verify(peer->context, SSL_VERIFY_PEER, NULL);
	if (ca_path &&
	    SSL_CTX_load_verify_locations(peer->context, ca_path, NULL) != 1)
		return false;
	peer->ssl = SSL_new(peer->context);
	if (!peer->ssl || SSL_set_fd(peer->ssl, fd) != 1)
		return false;
	SSL_set_connect_state(peer->ssl);
	if (host[0] >= '0' && host[0] <= '9')
		return X509_VERIFY_PARAM_set1_ip_asc(
			   SSL_get0_param(peer->ssl), host) == 1;
	return SSL_set1_host(peer->ssl, host) == 1;
}

static inline void
tls_peer_release(struct tls_peer *peer)
{
	SSL_free(peer->ssl);
	SSL_CTX_free(peer->context);
}

/* Neither done nor failed. */
static inline bool
tls_peer_waits(const struct tls_peer *peer, int result)
{
	int error = SSL_get_error(peer->ssl, result);

	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

#endif
