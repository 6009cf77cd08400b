/*
 * tls_flaw: what can be wrong with a certificate, on purpose.
 */
#ifndef TLS_FLAW_H
#define TLS_FLAW_H

enum tls_flaw {
	TLS_FLAW_NONE,        /* the usual one */
	TLS_FLAW_EXPIRED,     /* since yesterday; else like the usual one */
	TLS_FLAW_WRONG_HOST,  /* for wrong-host.invalid, and nobody else */
	TLS_FLAW_SELF_SIGNED, /* for the right hosts, by no CA */
	TLS_FLAW_NO_CERT,     /* none: the handshake ends with an alert */
	TLS_FLAWS
};

#endif
