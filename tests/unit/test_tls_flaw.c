/* test_tls_flaw: what a client finds wrong with certificates that are. */
#include "io.h"

#include "scratch.h"
#include "tls_make.h"
#include "tls_peer.h"
#include "unit.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

#define PATH_SIZE (SCRATCH_SIZE * 2)

struct fixture {
	char folder[SCRATCH_SIZE];
	struct tls *tls;
};

static int
set_up(void **state)
{
	static struct fixture fixture;
	struct tls_options options = {
	    .directory = fixture.folder, .hostname = "mail.test"};

	scratch_make(fixture.folder);
	assert_int_equal(tls_open(&fixture.tls, &options, NULL), ERR_OK);
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	tls_close(fixture->tls);
	scratch_remove(fixture->folder);
	return 0;
}

/* What a handshake has come to. */
struct outcome {
	enum io_status server;
	bool is_done;  /* at the client */
	long verified; /* of enum X509_V_ */
	int alert;     /* the client's reason, as in SSL_R_ */
	X509 *cert;
};

static struct outcome
shake(struct io *io, struct tls_peer *peer)
{
	struct outcome outcome = {.server = IO_WANT_READ};
	bool waits = true;

	for (int i = 0; i < 100; i++) {
		if (waits) {
			int result = SSL_do_handshake(peer->ssl);

			waits = tls_peer_waits(peer, result);
			outcome.is_done = result == 1;
			if (result != 1 && !waits)
				outcome.alert =
				    ERR_GET_REASON(ERR_peek_error());
			ERR_clear_error();
		}
		if (outcome.server == IO_WANT_READ)
			outcome.server = io_handshake(io);
	}
	outcome.verified = SSL_get_verify_result(peer->ssl);
	outcome.cert = SSL_get1_peer_certificate(peer->ssl);
	return outcome;
}

/* A client that trusts our CA; `verify` is as in SSL_set_verify(). */
static struct outcome
meet(struct tls *tls, const char *ca, enum tls_flaw flaw, const char *host,
    int verify)
{
	struct outcome outcome;
	struct tls_peer peer;
	struct io io;
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	io_init(&io, pair[0]);
	assert_true(tls_peer_init(&peer, pair[1], ca, host));
	SSL_set_verify(peer.ssl, verify, NULL);
	assert_true(io_start_flawed_tls(&io, tls, flaw));
	outcome = shake(&io, &peer);
	tls_peer_release(&peer);
	io_release(&io);
	close(pair[1]);
	return outcome;
}

static void
clients_see_the_flaw(void **state)
{
	static const struct {
		enum tls_flaw flaw;
		const char *host;
		long verified;
	} rows[] = {
	    {TLS_FLAW_NONE, "localhost", X509_V_OK},
	    {TLS_FLAW_EXPIRED, "localhost", X509_V_ERR_CERT_HAS_EXPIRED},
	    {TLS_FLAW_EXPIRED, "mail.test", X509_V_ERR_CERT_HAS_EXPIRED},
	    {TLS_FLAW_WRONG_HOST, "localhost", X509_V_ERR_HOSTNAME_MISMATCH},
	    {TLS_FLAW_WRONG_HOST, "mail.test", X509_V_ERR_HOSTNAME_MISMATCH},
	    {TLS_FLAW_WRONG_HOST, "127.0.0.1", X509_V_ERR_IP_ADDRESS_MISMATCH},
	    /* There is nothing else that is wrong with it. */
	    {TLS_FLAW_WRONG_HOST, "wrong-host.invalid", X509_V_OK},
	    {TLS_FLAW_SELF_SIGNED, "localhost",
		X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
	    {TLS_FLAW_NONE, "mail.test", X509_V_OK},
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is_good = rows[i].verified == X509_V_OK;
		struct outcome outcome =
		    meet(fixture->tls, tls_ca_path(fixture->tls), rows[i].flaw,
			rows[i].host, SSL_VERIFY_PEER);

		if (outcome.verified != rows[i].verified ||
		    outcome.is_done != is_good ||
		    outcome.server != (is_good ? IO_OK : IO_TLS_FAILED))
			fail_msg("row %zu: %s", i,
			    X509_verify_cert_error_string(outcome.verified));
		X509_free(outcome.cert);
	}
}

/* But for its flaw each is what the usual one is. */
static void
careless_clients_get_along(void **state)
{
	const struct fixture *fixture = *state;

	for (int flaw = 0; flaw < TLS_FLAW_NO_CERT; flaw++) {
		struct outcome outcome = meet(fixture->tls, NULL,
		    (enum tls_flaw)flaw, "localhost", SSL_VERIFY_NONE);

		assert_true(outcome.is_done);
		assert_int_equal(outcome.server, IO_OK);
		assert_int_equal(
		    X509_check_host(outcome.cert, "mail.test", 0, 0, NULL),
		    flaw != TLS_FLAW_WRONG_HOST);
		assert_int_equal(X509_check_ip_asc(outcome.cert, "::1", 0),
		    flaw != TLS_FLAW_WRONG_HOST);
		X509_free(outcome.cert);
	}
}

static void
no_certificate_is_an_alert(void **state)
{
	const struct fixture *fixture = *state;
	struct outcome outcome = meet(
	    fixture->tls, NULL, TLS_FLAW_NO_CERT, "localhost", SSL_VERIFY_NONE);

	assert_false(outcome.is_done);
	assert_int_equal(outcome.alert, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE);
	assert_int_equal(outcome.server, IO_TLS_FAILED);
	assert_null(outcome.cert);
}

static X509 *
served(struct tls *tls, enum tls_flaw flaw)
{
	struct outcome outcome =
	    meet(tls, NULL, flaw, "localhost", SSL_VERIFY_NONE);

	assert_non_null(outcome.cert);
	return outcome.cert;
}

static void
each_is_made_once(void **state)
{
	const struct fixture *fixture = *state;

	for (int flaw = 0; flaw < TLS_FLAW_NO_CERT; flaw++) {
		X509 *one = served(fixture->tls, (enum tls_flaw)flaw);
		X509 *other = served(fixture->tls, (enum tls_flaw)flaw);

		assert_int_equal(X509_cmp(one, other), 0);
		X509_free(one);
		X509_free(other);
	}
}

static X509 *
read_ca(const struct fixture *fixture)
{
	FILE *file = fopen(tls_ca_path(fixture->tls), "re");
	X509 *cert;

	assert_non_null(file);
	cert = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	assert_non_null(cert);
	return cert;
}

static bool
is_signed_by(X509 *cert, const X509 *ca)
{
	return X509_verify(cert, X509_get0_pubkey(ca)) == 1;
}

static void
remove_file(const struct fixture *fixture, const char *name)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	assert_int_equal(unlink(path), 0);
}

static void
a_new_ca_signs_new_ones(void **state)
{
	const struct fixture *fixture = *state;
	X509 *before = read_ca(fixture);
	X509 *cert = served(fixture->tls, TLS_FLAW_EXPIRED);
	X509 *after;

	assert_true(is_signed_by(cert, before));
	X509_free(cert);
	remove_file(fixture, "ca.pem");
	assert_int_equal(tls_reload(fixture->tls, NULL), ERR_OK);
	after = read_ca(fixture);
	cert = served(fixture->tls, TLS_FLAW_EXPIRED);
	assert_true(is_signed_by(cert, after));
	assert_false(is_signed_by(cert, before));
	X509_free(cert);
	X509_free(before);
	X509_free(after);
}

static void
another_ca_signs_where_ours_cannot(void **state)
{
	const struct fixture *fixture = *state;
	X509 *ca = read_ca(fixture);
	X509 *cert;

	remove_file(fixture, "ca.key");
	cert = served(fixture->tls, TLS_FLAW_EXPIRED);
	assert_false(is_signed_by(cert, ca));
	assert_true(X509_cmp_current_time(X509_get0_notAfter(cert)) < 0);
	X509_free(cert);
	cert = served(fixture->tls, TLS_FLAW_NONE);
	assert_true(is_signed_by(cert, ca));
	X509_free(cert);
	X509_free(ca);
}

static void
given_certificates_have_flawed_ones_beside_them(void **state)
{
	const struct fixture *fixture = *state;
	char cert_path[PATH_SIZE];
	char key_path[PATH_SIZE];
	struct tls_options options = {.cert_path = cert_path,
	    .key_path = key_path,
	    .hostname = "mail.test"};
	struct tls *tls;

	(void)snprintf(
	    cert_path, sizeof(cert_path), "%s/cert.pem", fixture->folder);
	(void)snprintf(
	    key_path, sizeof(key_path), "%s/key.pem", fixture->folder);
	assert_int_equal(tls_open(&tls, &options, NULL), ERR_OK);
	for (int flaw = 0; flaw < TLS_FLAW_NO_CERT; flaw++) {
		X509 *cert = served(tls, (enum tls_flaw)flaw);

		assert_int_equal(X509_check_host(cert, "mail.test", 0, 0, NULL),
		    flaw != TLS_FLAW_WRONG_HOST);
		X509_free(cert);
	}
	tls_close(tls);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(clients_see_the_flaw),
	    TEST(careless_clients_get_along),
	    TEST(no_certificate_is_an_alert),
	    TEST(each_is_made_once),
	    TEST(a_new_ca_signs_new_ones),
	    TEST(another_ca_signs_where_ours_cannot),
	    TEST(given_certificates_have_flawed_ones_beside_them),
	};

	return cmocka_run_group_tests_name("tls_flaw", tests, NULL, NULL);
}
