/* tls_make: new keys, and certificates for them. */
#include "tls_make.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define CURVE "P-256"
#define CA_DAYS 3650
#define LEAF_DAYS 800
#define EXPIRED_DAYS 30
#define WRONG_HOST "wrong-host.invalid" /* RFC 6761 6.4: never a host */
#define DAY_S (24L * 3600)
#define VERSION_3 2

/* RFC 5280: at most 20 octets, positive; this many are surely unique. */
#define SERIAL_LEN 16

#define HOSTNAME_MAX 253
#define SUBJECT_ALT_SIZE (HOSTNAME_MAX + 64)

static bool
is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 ||
	    inet_pton(AF_INET6, text, &address) == 1;
}

bool
tls_make_can_name(const char *hostname)
{
	size_t len = hostname ? strlen(hostname) : 0;

	if (len == 0 || len > HOSTNAME_MAX)
		return false;
	if (is_address(hostname))
		return true;
	/* Nothing else may get in: it becomes OpenSSL's comma-separated list
	   of names. */
	return strspn(hostname,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "0123456789-._") == len;
}

void
tls_make_release(struct tls_pair *pair)
{
	X509_free(pair->cert);
	EVP_PKEY_free(pair->key);
	memset(pair, 0, sizeof(*pair));
}

static bool
set_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_LEN];
	BIGNUM *number;
	bool done;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	done = number &&
	    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
	BN_free(number);
	return done;
}

static bool
set_validity(X509 *cert, long first_day, long last_day)
{
	return X509_gmtime_adj(X509_getm_notBefore(cert), first_day * DAY_S) !=
	    NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), last_day * DAY_S) != NULL;
}

static bool
set_name(X509_NAME *name, const char *common_name)
{
	return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
		   (const unsigned char *)"mailstop", -1, -1, 0) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool done;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	done = extension && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

/*
 * A key, and a certificate that has all but names, extensions, signature. It
 * begins a day early: clocks of containers and phones differ.
 */
static bool
begin(struct tls_pair *out, long days)
{
	out->key = EVP_EC_gen(CURVE);
	out->cert = X509_new();
	return out->key && out->cert &&
	    X509_set_version(out->cert, VERSION_3) == 1 &&
	    set_serial(out->cert) && set_validity(out->cert, -1, days - 1) &&
	    X509_set_pubkey(out->cert, out->key) == 1;
}

/* Two CAs of one name would be told apart by their keys only, which not all
   clients manage. */
static bool
name_ca(X509 *cert)
{
	unsigned char bytes[4];
	char text[64];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	(void)snprintf(text, sizeof(text), "mailstop CA %02x%02x%02x%02x",
	    bytes[0], bytes[1], bytes[2], bytes[3]);
	return set_name(X509_get_subject_name(cert), text) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1;
}

bool
tls_make_ca(struct tls_pair *out)
{
	memset(out, 0, sizeof(*out));
	if (begin(out, CA_DAYS) && name_ca(out->cert) &&
	    add_extension(out->cert, out->cert, NID_basic_constraints,
		"critical,CA:TRUE,pathlen:0") &&
	    add_extension(out->cert, out->cert, NID_key_usage,
		"critical,keyCertSign,cRLSign") &&
	    add_extension(
		out->cert, out->cert, NID_subject_key_identifier, "hash") &&
	    X509_sign(out->cert, out->key, EVP_sha256()) > 0)
		return true;
	tls_make_release(out);
	return false;
}

static bool
add_names(X509 *cert, X509 *issuer, const char *hostname)
{
	char names[SUBJECT_ALT_SIZE] = "DNS:localhost,IP:127.0.0.1,IP:::1";
	size_t len = strlen(names);

	if (tls_make_can_name(hostname) && strcmp(hostname, "localhost") != 0)
		(void)snprintf(names + len, sizeof(names) - len, ",%s:%s",
		    is_address(hostname) ? "IP" : "DNS", hostname);
	return add_extension(cert, issuer, NID_subject_alt_name, names);
}

/* All that stands in a server's certificate but whom it is for. */
static bool
add_purposes(X509 *cert, X509 *issuer)
{
	return add_extension(
		   cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(
		cert, issuer, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, issuer, NID_ext_key_usage, "serverAuth") &&
	    add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
	    add_extension(
		cert, issuer, NID_authority_key_identifier, "keyid:always");
}

static bool
make_leaf(struct tls_pair *out, const struct tls_pair *ca, const char *hostname,
    enum tls_flaw flaw)
{
	bool is_wrong = flaw == TLS_FLAW_WRONG_HOST;
	const struct tls_pair *issuer = flaw == TLS_FLAW_SELF_SIGNED ? out : ca;

	return begin(out, LEAF_DAYS) &&
	    set_name(X509_get_subject_name(out->cert),
		is_wrong ? WRONG_HOST : "localhost") &&
	    X509_set_issuer_name(
		out->cert, X509_get_subject_name(issuer->cert)) == 1 &&
	    add_purposes(out->cert, issuer->cert) &&
	    (is_wrong ? add_extension(out->cert, issuer->cert,
			    NID_subject_alt_name, "DNS:" WRONG_HOST)
		      : add_names(out->cert, issuer->cert, hostname)) &&
	    (flaw != TLS_FLAW_EXPIRED ||
		set_validity(out->cert, -EXPIRED_DAYS, -1)) &&
	    X509_sign(out->cert, issuer->key, EVP_sha256()) > 0;
}

bool
tls_make_flawed(struct tls_pair *out, const struct tls_pair *ca,
    const char *hostname, enum tls_flaw flaw)
{
	memset(out, 0, sizeof(*out));
	if (make_leaf(out, ca, hostname, flaw))
		return true;
	tls_make_release(out);
	return false;
}

bool
tls_make_leaf(
    struct tls_pair *out, const struct tls_pair *ca, const char *hostname)
{
	return tls_make_flawed(out, ca, hostname, TLS_FLAW_NONE);
}
