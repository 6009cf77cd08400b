/* test_tls: the folder of certificates in each state it may be found in. */
#include "tls.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "tls_make.h"
#include "unit.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PATH_SIZE (SCRATCH_SIZE * 2)

static int
set_up(void **state)
{
	char *folder = malloc(SCRATCH_SIZE);

	assert_non_null(folder);
	scratch_make(folder);
	*state = folder;
	return 0;
}

static int
tear_down(void **state)
{
	scratch_remove(*state);
	free(*state);
	return 0;
}

static struct tls *
must_open(const char *folder, const char *hostname)
{
	struct tls_options options = {
	    .directory = folder,
	    .hostname = hostname,
	};
	struct failure failure = {""};
	struct tls *tls;

	if (tls_open(&tls, &options, &failure))
		fail_msg("%s", failure.text);
	return tls;
}

/* The certificate that a client would see; the caller frees it. */
static X509 *
serve(struct tls *tls)
{
	struct tls_hello hello;
	int pair[2];
	SSL *ssl;
	X509 *cert;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ssl = tls_accept(tls, pair[0], &hello);
	assert_non_null(ssl);
	cert = X509_dup(SSL_get_certificate(ssl));
	assert_non_null(cert);
	SSL_free(ssl);
	close(pair[0]);
	close(pair[1]);
	return cert;
}

static X509 *
read_cert(const char *folder, const char *name)
{
	char path[PATH_SIZE];
	FILE *file;
	X509 *cert;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	assert_non_null(file);
	cert = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	assert_non_null(cert);
	return cert;
}

static void
write_file(const char *folder, const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	(void)fclose(file);
}

static void
remove_file(const char *folder, const char *name)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static bool
same(const X509 *a, const X509 *b)
{
	return X509_cmp(a, b) == 0;
}

/* Opens, looks at what is served and at the CA, closes. */
static void
look(const char *folder, const char *hostname, X509 **leaf, X509 **ca)
{
	struct tls *tls = must_open(folder, hostname);

	*leaf = serve(tls);
	*ca = read_cert(folder, "ca.pem");
	assert_int_equal(X509_verify(*leaf, X509_get0_pubkey(*ca)), 1);
	tls_close(tls);
}

static void
makes_what_clients_accept(void **state)
{
	char folder[PATH_SIZE];
	char path[PATH_SIZE * 2];
	static const char *const names[] = {"ca.key", "key.pem"};
	struct stat found;
	X509 *leaf;
	X509 *ca;

	(void)snprintf(folder, sizeof(folder), "%s/a/tls", (char *)*state);
	look(folder, "mail.test", &leaf, &ca);
	assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(leaf, "mail.test", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(leaf, "other.test", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(leaf, "::1", 0), 1);
	assert_int_equal(X509_check_ca(leaf), 0);
	assert_int_equal(X509_check_ca(ca), 1);
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		assert_int_equal(stat(path, &found), 0);
		assert_int_equal(found.st_mode & 07777, 0600);
	}
	X509_free(leaf);
	X509_free(ca);
}

static void
names_hosts_of_all_kinds(void **state)
{
	static const struct {
		const char *hostname;
		const char *address; /* checked instead of the name */
		bool can;
	} rows[] = {
	    {NULL, NULL, false},
	    {"", NULL, false},
	    {"localhost", NULL, true},
	    {"under_score.test", NULL, true},
	    {"192.0.2.7", "192.0.2.7", true},
	    {"2001:db8::1", "2001:db8::1", true},
	    {"a,DNS:evil.test", NULL, false},
	    {"a b", NULL, false},
	    {"[192.0.2.7]", NULL, false},
	    {"m\xc3\xbcller.test", NULL, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *leaf;
		X509 *ca;

		assert_int_equal(
		    tls_make_can_name(rows[i].hostname), rows[i].can);
		look(*state, rows[i].hostname, &leaf, &ca);
		assert_int_equal(
		    X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
		assert_int_equal(
		    X509_check_host(leaf, "evil.test", 0, 0, NULL), 0);
		if (rows[i].address)
			assert_int_equal(
			    X509_check_ip_asc(leaf, rows[i].address, 0), 1);
		else if (rows[i].can)
			assert_int_equal(
			    X509_check_host(leaf, rows[i].hostname, 0, 0, 0),
			    1);
		X509_free(leaf);
		X509_free(ca);
	}
}

static void
keeps_what_it_made(void **state)
{
	X509 *leaf[2];
	X509 *ca[2];

	look(*state, "mail.test", &leaf[0], &ca[0]);
	look(*state, "mail.test", &leaf[1], &ca[1]);
	assert_true(same(leaf[0], leaf[1]));
	assert_true(same(ca[0], ca[1]));
	for (int i = 0; i < 2; i++) {
		X509_free(leaf[i]);
		X509_free(ca[i]);
	}
}

/* What happens to the folder between two starts, and what must stay. */
static const struct {
	const char *remove;
	const char *damage;
	const char *hostname;
	bool keeps_leaf;
	bool keeps_ca;
} events[] = {
    {NULL, NULL, "other.test", false, true},
    {"cert.pem", NULL, "mail.test", false, true},
    {"key.pem", NULL, "mail.test", false, true},
    {NULL, "cert.pem", "mail.test", false, true},
    {NULL, "key.pem", "mail.test", false, true},
    {"ca.key", NULL, "mail.test", true, true},
    {NULL, "ca.key", "mail.test", true, true},
    {"ca.pem", NULL, "mail.test", false, false},
    {NULL, "ca.pem", "mail.test", false, false},
    {"ca.key", "cert.pem", "mail.test", false, false},
};

static void
mends_the_folder(void **state)
{
	const char *folder = *state;

	for (size_t i = 0; i < COUNT(events); i++) {
		static const char *const texts[] = {"", "no PEM\n"};
		X509 *leaf[2];
		X509 *ca[2];

		look(folder, "mail.test", &leaf[0], &ca[0]);
		if (events[i].remove)
			remove_file(folder, events[i].remove);
		if (events[i].damage)
			write_file(folder, events[i].damage, texts[i % 2]);
		look(folder, events[i].hostname, &leaf[1], &ca[1]);
		if (same(leaf[0], leaf[1]) != events[i].keeps_leaf ||
		    same(ca[0], ca[1]) != events[i].keeps_ca)
			fail_msg("event %zu", i);
		for (int n = 0; n < 2; n++) {
			X509_free(leaf[n]);
			X509_free(ca[n]);
		}
		scratch_remove(folder);
	}
}

static void
write_pair(const char *folder, struct tls_pair *pair, const char *cert,
    const char *key)
{
	char path[PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, cert);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, pair->cert), 1);
	(void)fclose(file);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, key);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(PEM_write_PKCS8PrivateKey(
			     file, pair->key, NULL, NULL, 0, NULL, NULL),
	    1);
	(void)fclose(file);
}

static void
renews_before_it_runs_out(void **state)
{
	const char *folder = *state;
	struct tls_pair ca;
	struct tls_pair leaf;
	X509 *served;
	X509 *ca_cert;

	assert_true(tls_make_ca(&ca));
	assert_true(tls_make_leaf(&leaf, &ca, "mail.test"));
	X509_gmtime_adj(X509_getm_notAfter(leaf.cert), 29L * 24 * 3600);
	assert_true(X509_sign(leaf.cert, ca.key, EVP_sha256()) > 0);
	write_pair(folder, &ca, "ca.pem", "ca.key");
	write_pair(folder, &leaf, "cert.pem", "key.pem");
	look(folder, "mail.test", &served, &ca_cert);
	assert_false(same(served, leaf.cert));
	assert_true(same(ca_cert, ca.cert));
	X509_free(served);
	X509_free(ca_cert);
	tls_make_release(&ca);
	tls_make_release(&leaf);
}

static void
reloads_and_keeps_the_old_on_failure(void **state)
{
	const char *folder = *state;
	char cert[PATH_SIZE];
	char key[PATH_SIZE];
	struct tls_options options = {.cert_path = cert, .key_path = key};
	struct failure failure = {""};
	struct tls_pair ca[2];
	struct tls *tls;
	X509 *served;

	(void)snprintf(cert, sizeof(cert), "%s/c.pem", folder);
	(void)snprintf(key, sizeof(key), "%s/k.pem", folder);
	assert_true(tls_make_ca(&ca[0]) && tls_make_ca(&ca[1]));
	write_pair(folder, &ca[0], "c.pem", "k.pem");
	assert_int_equal(tls_open(&tls, &options, &failure), ERR_OK);
	assert_null(tls_ca_path(tls));
	write_file(folder, "c.pem", "nothing\n");
	assert_int_equal(tls_reload(tls, &failure), ERR_DATA);
	assert_non_null(strstr(failure.text, cert));
	served = serve(tls);
	assert_true(same(served, ca[0].cert));
	X509_free(served);
	write_pair(folder, &ca[1], "c.pem", "k.pem");
	assert_int_equal(tls_reload(tls, &failure), ERR_OK);
	served = serve(tls);
	assert_true(same(served, ca[1].cert));
	X509_free(served);
	tls_close(tls);
	tls_make_release(&ca[0]);
	tls_make_release(&ca[1]);
}

static void
refuses_bad_files(void **state)
{
	const char *folder = *state;
	char cert[PATH_SIZE];
	char key[PATH_SIZE];
	struct tls_options options = {.cert_path = cert, .key_path = key};
	struct failure failure = {""};
	struct tls_pair ca[2];
	struct tls *tls;

	(void)snprintf(cert, sizeof(cert), "%s/c.pem", folder);
	(void)snprintf(key, sizeof(key), "%s/none.pem", folder);
	assert_true(tls_make_ca(&ca[0]) && tls_make_ca(&ca[1]));
	write_pair(folder, &ca[0], "c.pem", "k.pem");
	write_pair(folder, &ca[1], "c2.pem", "k2.pem");
	assert_int_equal(tls_open(&tls, &options, &failure), ERR_NOT_FOUND);
	assert_non_null(strstr(failure.text, key));
	(void)snprintf(key, sizeof(key), "%s/k2.pem", folder);
	assert_int_equal(tls_open(&tls, &options, &failure), ERR_DATA);
	assert_non_null(strstr(failure.text, "mismatch"));
	options.key_path = NULL;
	assert_int_equal(tls_open(&tls, &options, &failure), ERR_USAGE);
	options.cert_path = NULL;
	assert_int_equal(tls_open(&tls, &options, &failure), ERR_USAGE);
	options.directory = cert;
	assert_int_not_equal(tls_open(&tls, &options, &failure), ERR_OK);
	assert_null(tls);
	tls_make_release(&ca[0]);
	tls_make_release(&ca[1]);
}

/* A file that goes bad after the start: connections get none, and the server
   lives. */
static void
survives_a_folder_that_is_taken_away(void **state)
{
	char folder[PATH_SIZE];
	struct tls_hello hello;
	struct tls *tls;

	(void)snprintf(folder, sizeof(folder), "%s/tls", (char *)*state);
	tls_close(must_open(folder, "mail.test"));
	tls = must_open(folder, "mail.test");
	assert_true(tls_is_ready(tls));
	tls_close(tls);
	tls = must_open(folder, "mail.test");
	scratch_remove(folder);
	write_file(*state, "tls", "a file where the folder was");
	assert_false(tls_is_ready(tls));
	assert_null(tls_accept(tls, 0, &hello));
	remove_file(*state, "tls");
	X509_free(serve(tls));
	tls_close(tls);
}

static void
starts_several_at_once(void **state)
{
	enum { CHILDREN = 8 };
	char folder[PATH_SIZE];
	pid_t children[CHILDREN];
	X509 *leaf;
	X509 *ca;

	(void)snprintf(folder, sizeof(folder), "%s/tls", (char *)*state);
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			look(folder, "mail.test", &leaf, &ca);
			_exit(0);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	look(folder, "mail.test", &leaf, &ca);
	X509_free(leaf);
	X509_free(ca);
}

static void
scenario(void *context)
{
	struct tls_options options = {
	    .directory = context,
	    .hostname = "mail.test",
	};
	struct tls *tls;
	enum err err = tls_open(&tls, &options, NULL);

	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	tls_close(tls);
}

static void
survives_without_memory(void **state)
{
	tls_close(must_open(*state, "mail.test"));
	assert_int_equal(fail_alloc_each(scenario, *state), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_what_clients_accept),
	    TEST(names_hosts_of_all_kinds),
	    TEST(keeps_what_it_made),
	    TEST(mends_the_folder),
	    TEST(renews_before_it_runs_out),
	    TEST(reloads_and_keeps_the_old_on_failure),
	    TEST(refuses_bad_files),
	    TEST(survives_a_folder_that_is_taken_away),
	    TEST(starts_several_at_once),
	    TEST(survives_without_memory),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
