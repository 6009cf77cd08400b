/* tls: the server's certificates, and the TLS side of a connection. */
#include "tls.h"

#include "tls_bio.h"
#include "tls_cert.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls {
	char *directory;
	char *cert_path;
	char *key_path;
	char *hostname;
	char *ca_path;
	struct log *log;
	BIO_METHOD *method; /* NULL until the first connection */
	/* NULL until the first connection that wants it */
	SSL_CTX *contexts[TLS_FLAWS];
};

/* NULL stays NULL; *done says whether there was memory for the rest. */
static char *
copy(const char *string, bool *done)
{
	char *made = string ? strdup(string) : NULL;

	if (string && !made)
		*done = false;
	return made;
}

static char *
join(const char *directory, bool *done)
{
	size_t size = strlen(directory) + sizeof("/" TLS_CERT_CA);
	char *path = malloc(size);

	if (path)
		(void)snprintf(path, size, "%s/" TLS_CERT_CA, directory);
	else
		*done = false;
	return path;
}

static bool
keep_options(struct tls *tls, const struct tls_options *options)
{
	bool done = true;

	tls->log = options->log;
	tls->hostname = copy(options->hostname, &done);
	tls->cert_path = copy(options->cert_path, &done);
	tls->key_path = copy(options->key_path, &done);
	if (options->cert_path)
		return done;
	tls->directory = copy(options->directory, &done);
	tls->ca_path = join(options->directory, &done);
	return done;
}

/* Nobody sits at the terminal to type a passphrase. */
static int
no_passphrase(char *room, int size, int writing, void *context)
{
	(void)room;
	(void)size;
	(void)writing;
	(void)context;
	return 0;
}

/* Names of protocols may be any bytes. */
static void
add_protocol(struct tls_hello *hello, const unsigned char *name, size_t len)
{
	size_t at = strlen(hello->alpn);

	if (at + 1 + len >= sizeof(hello->alpn))
		return;
	if (at)
		hello->alpn[at++] = ',';
	for (size_t i = 0; i < len; i++)
		hello->alpn[at++] =
		    (char)(name[i] > ' ' && name[i] < 0x7f ? name[i] : '?');
}

/* Called to choose one; no protocol of ours has a name there. */
static int
note_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned int in_len, void *context)
{
	struct tls_hello *hello = SSL_get_app_data(ssl);

	(void)out;
	(void)out_len;
	(void)context;
	/* OpenSSL has checked that the lengths fit. */
	for (size_t at = 0; hello && at < in_len; at += 1u + in[at])
		add_protocol(hello, in + at + 1, in[at]);
	return SSL_TLSEXT_ERR_NOACK;
}

static SSL_CTX *
new_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (!context)
		return NULL;
	(void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	/* What a write or read may do in between would else include a new
	   handshake, begun by the client (CVE-2011-1473). */
	(void)SSL_CTX_set_options(context,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(context,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	/* Tickets carry a session to the next connection; a cache here would
	   only take memory. */
	(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(context, 1);
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	SSL_CTX_set_alpn_select_cb(context, note_alpn, NULL);
	/* A session that is resumed must name where it began, or fails as soon
	   as certificates are asked for. */
	(void)SSL_CTX_set_session_id_context(
	    context, (const unsigned char *)"mailstop", 8);
	return context;
}

static const char *
last_error(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());

	return words ? words : "unknown TLS failure";
}

/* OpenSSL says "system lib" of a file that it cannot open. */
static enum err
find_file(const char *path, struct failure *failure)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return failure_set(
		    failure, err_from_errno(errno), "%s: %m", path);
	(void)fclose(file);
	return ERR_OK;
}

static enum err
use_files(SSL_CTX *context, const struct tls *tls, struct failure *failure)
{
	enum err err = find_file(tls->cert_path, failure);

	if (!err)
		err = find_file(tls->key_path, failure);
	if (err)
		return err;
	if (SSL_CTX_use_certificate_chain_file(context, tls->cert_path) != 1)
		return failure_set(failure, ERR_DATA,
		    "%s: no certificate in PEM form: %s", tls->cert_path,
		    last_error());
	/* This sees too whether key and certificate belong together. */
	if (SSL_CTX_use_PrivateKey_file(
		context, tls->key_path, SSL_FILETYPE_PEM) != 1)
		return failure_set(failure, ERR_DATA,
		    "%s: no key in PEM form that belongs to %s: %s",
		    tls->key_path, tls->cert_path, last_error());
	return ERR_OK;
}

static enum err
use_folder(SSL_CTX *context, const struct tls *tls, struct failure *failure)
{
	const struct tls_cert_place place = {
	    .directory = tls->directory,
	    .hostname = tls->hostname,
	    .log = tls->log,
	};
	struct tls_pair pair;
	enum err err = tls_cert_take(&pair, &place, failure);

	if (err)
		return err;
	if (SSL_CTX_use_certificate(context, pair.cert) != 1 ||
	    SSL_CTX_use_PrivateKey(context, pair.key) != 1)
		err = failure_set(failure, ERR_DATA,
		    "%s: the certificate cannot be used: %s", tls->directory,
		    last_error());
	tls_make_release(&pair);
	return err;
}

static void
free_contexts(struct tls *tls)
{
	for (size_t i = 0; i < TLS_FLAWS; i++) {
		SSL_CTX_free(tls->contexts[i]);
		tls->contexts[i] = NULL;
	}
}

enum err
tls_reload(struct tls *tls, struct failure *failure)
{
	SSL_CTX *context = new_context();
	enum err err;

	if (!context)
		return failure_set(failure, ERR_MEMORY, "TLS cannot be set up");
	if (tls->cert_path)
		err = use_files(context, tls, failure);
	else
		err = use_folder(context, tls, failure);
	ERR_clear_error();
	if (err) {
		SSL_CTX_free(context);
		return err;
	}
	/* The flawed ones may be signed by a CA that is no more. */
	free_contexts(tls);
	tls->contexts[TLS_FLAW_NONE] = context;
	return ERR_OK;
}

enum err
tls_open(struct tls **out, const struct tls_options *options,
    struct failure *failure)
{
	struct tls *tls;
	enum err err = ERR_OK;

	*out = NULL;
	if (!options->cert_path != !options->key_path)
		return failure_set(failure, ERR_USAGE,
		    "a certificate and its key are given together");
	if (!options->cert_path && !options->directory)
		return failure_set(failure, ERR_USAGE,
		    "TLS needs a folder, or a certificate and its key");
	tls = calloc(1, sizeof(*tls));
	if (!tls || !keep_options(tls, options))
		err = failure_set(failure, ERR_MEMORY, "out of memory");
	else if (tls->cert_path || !tls_cert_exists(tls->directory))
		err = tls_reload(tls, failure);
	if (err) {
		tls_close(tls);
		return err;
	}
	*out = tls;
	return ERR_OK;
}

void
tls_close(struct tls *tls)
{
	if (!tls)
		return;
	free_contexts(tls);
	BIO_meth_free(tls->method);
	free(tls->directory);
	free(tls->cert_path);
	free(tls->key_path);
	free(tls->hostname);
	free(tls->ca_path);
	free(tls);
}

const char *
tls_ca_path(const struct tls *tls)
{
	return tls->ca_path;
}

/* ---- flaws on purpose */

static bool
take_ca(struct tls_pair *ca, const struct tls *tls)
{
	if (tls->directory && tls_cert_take_ca(ca, tls->directory))
		return true;
	log_warn(tls->log,
	    "TLS: no CA of ours can sign a certificate with a flaw; one that "
	    "no client knows does");
	return tls_make_ca(ca);
}

static bool
use_flawed(SSL_CTX *context, const struct tls *tls, enum tls_flaw flaw)
{
	struct tls_pair ca = {NULL, NULL};
	struct tls_pair leaf;
	bool done;

	if (flaw != TLS_FLAW_SELF_SIGNED && !take_ca(&ca, tls))
		return false;
	done = tls_make_flawed(&leaf, &ca, tls->hostname, flaw) &&
	    SSL_CTX_use_certificate(context, leaf.cert) == 1 &&
	    SSL_CTX_use_PrivateKey(context, leaf.key) == 1;
	tls_make_release(&leaf);
	tls_make_release(&ca);
	return done;
}

static bool
make_flawed(struct tls *tls, enum tls_flaw flaw)
{
	SSL_CTX *context = new_context();

	/* Without a certificate there is nothing that a handshake could
	   agree on. */
	if (context && flaw != TLS_FLAW_NO_CERT &&
	    !use_flawed(context, tls, flaw)) {
		SSL_CTX_free(context);
		context = NULL;
	}
	ERR_clear_error();
	tls->contexts[flaw] = context;
	return context != NULL;
}

/* ---- connections */

static bool
make_ready(struct tls *tls, enum tls_flaw flaw)
{
	struct failure failure = {""};

	if (!tls->method)
		tls->method = tls_bio_method();
	if (!tls->method)
		return false;
	if (tls->contexts[flaw])
		return true;
	if (flaw != TLS_FLAW_NONE)
		return make_flawed(tls, flaw);
	if (tls_reload(tls, &failure) == ERR_OK)
		return true;
	log_error(tls->log, "TLS: %s", failure.text);
	return false;
}

bool
tls_is_ready(struct tls *tls)
{
	return make_ready(tls, TLS_FLAW_NONE);
}

struct ssl_st *
tls_accept_flawed(
    struct tls *tls, int fd, enum tls_flaw flaw, struct tls_hello *hello)
{
	SSL *ssl;
	BIO *bio;

	if (!make_ready(tls, flaw))
		return NULL;
	ssl = SSL_new(tls->contexts[flaw]);
	bio = tls_bio_new(tls->method, fd);
	if (!ssl || !bio) {
		SSL_free(ssl);
		(void)BIO_free(bio);
		ERR_clear_error();
		return NULL;
	}
	SSL_set_bio(ssl, bio, bio);
	SSL_set_app_data(ssl, hello);
	SSL_set_accept_state(ssl);
	return ssl;
}

struct ssl_st *
tls_accept(struct tls *tls, int fd, struct tls_hello *hello)
{
	return tls_accept_flawed(tls, fd, TLS_FLAW_NONE, hello);
}
