/*
 * tls_cert: a CA of our own and the certificate that it signed, kept in a
 * folder.
 */
#include "tls_cert.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CA_KEY "ca.key"
#define LEAF_CERT "cert.pem"
#define LEAF_KEY "key.pem"

#define RENEW_DAYS 30

static bool
make_path(char path[PATH_MAX], const char *directory, const char *name)
{
	int len = snprintf(path, PATH_MAX, "%s/%s", directory, name);

	return len > 0 && len < PATH_MAX;
}

bool
tls_cert_exists(const char *directory)
{
	static const char *const names[] = {TLS_CERT_CA, LEAF_CERT, LEAF_KEY};
	char path[PATH_MAX];
	struct stat found;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!make_path(path, directory, names[i]) ||
		    access(path, R_OK) != 0 || stat(path, &found) != 0 ||
		    found.st_size == 0)
			return false;
	return true;
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

/* NULL members for what is missing or damaged. */
static void
load(struct tls_pair *out, const char *directory, const char *cert_name,
    const char *key_name)
{
	char path[PATH_MAX];
	FILE *file;

	memset(out, 0, sizeof(*out));
	file = make_path(path, directory, cert_name) ? fopen(path, "re") : NULL;
	if (file) {
		out->cert = PEM_read_X509(file, NULL, no_passphrase, NULL);
		(void)fclose(file);
	}
	file = make_path(path, directory, key_name) ? fopen(path, "re") : NULL;
	if (file) {
		out->key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
		(void)fclose(file);
	}
	ERR_clear_error();
}

static bool
lasts(const X509 *cert)
{
	time_t then = time(NULL) + (time_t)RENEW_DAYS * 24 * 3600;

	return X509_cmp_time(X509_get0_notAfter(cert), &then) > 0;
}

/* Why the CA cannot go on to be used; NULL: it can. */
static const char *
ca_fault(const struct tls_pair *ca)
{
	if (!ca->cert)
		return "there is none";
	if (!ca->key)
		return "its key is missing";
	if (X509_check_private_key(ca->cert, ca->key) != 1)
		return "its key belongs to another";
	if (!lasts(ca->cert))
		return "it runs out";
	return NULL;
}

bool
tls_cert_take_ca(struct tls_pair *out, const char *directory)
{
	load(out, directory, TLS_CERT_CA, CA_KEY);
	if (!ca_fault(out))
		return true;
	tls_make_release(out);
	ERR_clear_error();
	return false;
}

static bool
names_host(X509 *cert, const char *hostname)
{
	if (!tls_make_can_name(hostname))
		return true;
	return X509_check_host(cert, hostname, 0, 0, NULL) == 1 ||
	    X509_check_ip_asc(cert, hostname, 0) == 1;
}

static const char *
leaf_fault(
    const struct tls_pair *leaf, const X509 *ca_cert, const char *hostname)
{
	EVP_PKEY *signer = ca_cert ? X509_get0_pubkey(ca_cert) : NULL;

	if (!leaf->cert || !leaf->key)
		return "there is none";
	if (X509_check_private_key(leaf->cert, leaf->key) != 1)
		return "its key belongs to another";
	if (!signer || X509_verify(leaf->cert, signer) != 1)
		return "another CA has signed it";
	if (!lasts(leaf->cert))
		return "it runs out";
	if (!names_host(leaf->cert, hostname))
		return "it is for another host";
	return NULL;
}

static bool
write_pem(int fd, X509 *cert, EVP_PKEY *key)
{
	FILE *file = fdopen(fd, "w");
	bool done;

	if (!file) {
		(void)close(fd);
		return false;
	}
	if (cert)
		done = PEM_write_X509(file, cert) == 1;
	else
		done = PEM_write_PKCS8PrivateKey(
			   file, key, NULL, NULL, 0, NULL, NULL) == 1;
	return fclose(file) == 0 && done;
}

/* Writes the one that is given, beside the file, then puts it in its place. */
static enum err
save(const char *directory, const char *name, X509 *cert, EVP_PKEY *key,
    struct failure *failure)
{
	char path[PATH_MAX];
	char draft[PATH_MAX + sizeof(".new")];
	int fd;
	enum err err;

	if (!make_path(path, directory, name))
		return failure_set(
		    failure, ERR_IO, "%s: the path is too long", directory);
	(void)snprintf(draft, sizeof(draft), "%s.new", path);
	(void)unlink(draft);
	fd = open(
	    draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, cert ? 0644 : 0600);
	if (fd >= 0 && write_pem(fd, cert, key) && rename(draft, path) == 0)
		return ERR_OK;
	err = failure_set(failure, err_from_errno(errno),
	    "%s: cannot be written: %s", path, strerror(errno));
	(void)unlink(draft);
	return err;
}

static enum err
save_pair(const char *directory, const struct tls_pair *pair,
    const char *cert_name, const char *key_name, struct failure *failure)
{
	enum err err = save(directory, key_name, NULL, pair->key, failure);

	if (err)
		return err;
	return save(directory, cert_name, pair->cert, NULL, failure);
}

static enum err
renew_ca(struct tls_pair *ca, const struct tls_cert_place *place,
    const char *fault, struct failure *failure)
{
	if (ca->cert)
		log_warn(place->log,
		    "%s/" TLS_CERT_CA ": making a new CA, because with the "
		    "old one %s; clients must be told to trust it",
		    place->directory, fault);
	tls_make_release(ca);
	if (!tls_make_ca(ca))
		return failure_set(failure, ERR_MEMORY, "a CA cannot be made");
	return save_pair(place->directory, ca, TLS_CERT_CA, CA_KEY, failure);
}

static enum err
renew_leaf(struct tls_pair *leaf, const struct tls_pair *ca,
    const struct tls_cert_place *place, const char *fault,
    struct failure *failure)
{
	if (leaf->cert)
		log_info(place->log, "%s/" LEAF_CERT ": renewed, because %s",
		    place->directory, fault);
	tls_make_release(leaf);
	if (!tls_make_leaf(leaf, ca, place->hostname))
		return failure_set(
		    failure, ERR_MEMORY, "a certificate cannot be made");
	return save_pair(place->directory, leaf, LEAF_CERT, LEAF_KEY, failure);
}

static enum err
take_locked(struct tls_pair *leaf, const struct tls_cert_place *place,
    struct failure *failure)
{
	struct tls_pair ca;
	const char *fault;
	enum err err = ERR_OK;

	load(&ca, place->directory, TLS_CERT_CA, CA_KEY);
	load(leaf, place->directory, LEAF_CERT, LEAF_KEY);
	/* A good certificate is served even where the CA's key was taken away,
	   or the folder cannot be written. */
	fault = leaf_fault(leaf, ca.cert, place->hostname);
	if (!fault)
		goto out;
	if (ca_fault(&ca))
		err = renew_ca(&ca, place, ca_fault(&ca), failure);
	if (!err)
		err = renew_leaf(leaf, &ca, place, fault, failure);
out:
	tls_make_release(&ca);
	ERR_clear_error();
	if (err)
		tls_make_release(leaf);
	return err;
}

enum err
tls_cert_take(struct tls_pair *out, const struct tls_cert_place *place,
    struct failure *failure)
{
	int lock;
	enum err err = folder_make(place->directory, failure);

	memset(out, 0, sizeof(*out));
	if (!err)
		err = folder_lock(&lock, place->directory, failure);
	if (err)
		return err;
	err = take_locked(out, place, failure);
	(void)close(lock);
	return err;
}
