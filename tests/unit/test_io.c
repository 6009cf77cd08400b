/* test_io: bytes through sockets, plain and inside TLS. */
#include "io.h"

#include "scratch.h"
#include "tls_peer.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* More than any socket buffer takes. */
#define BIG ((size_t)8 * 1024 * 1024)

struct pipe {
	char folder[SCRATCH_SIZE];
	char *big;
	struct tls *tls;
	struct io io; /* the server's end */
	int fd;       /* the client's end */
	struct tls_peer peer;
};

static void
connect_pair(int pair[2])
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pair[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(connect(pair[1], (struct sockaddr *)&address, len), 0);
	pair[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(pair[0] >= 0);
	assert_int_equal(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	close(listener);
}

static int
set_up(void **state)
{
	struct pipe *pipe = calloc(1, sizeof(*pipe));
	struct tls_options options = {.hostname = "mail.test"};
	int pair[2];

	assert_non_null(pipe);
	scratch_make(pipe->folder);
	options.directory = pipe->folder;
	assert_int_equal(tls_open(&pipe->tls, &options, NULL), ERR_OK);
	pipe->big = malloc(BIG);
	assert_non_null(pipe->big);
	for (size_t i = 0; i < BIG; i++)
		pipe->big[i] = (char)(i * 2654435761u >> 13);
	connect_pair(pair);
	io_init(&pipe->io, pair[0]);
	pipe->fd = pair[1];
	*state = pipe;
	return 0;
}

static int
tear_down(void **state)
{
	struct pipe *pipe = *state;

	tls_peer_release(&pipe->peer);
	io_release(&pipe->io);
	if (pipe->fd >= 0)
		close(pipe->fd);
	tls_close(pipe->tls);
	scratch_remove(pipe->folder);
	free(pipe->big);
	free(pipe);
	return 0;
}

static void
close_client(struct pipe *pipe)
{
	close(pipe->fd);
	pipe->fd = -1;
}

/* Steps both ends until neither waits, or one fails. */
static enum io_status
shake_hands(struct pipe *pipe, const char *ca_path, const char *host)
{
	enum io_status status = IO_WANT_READ;
	bool waits = true;

	assert_true(tls_peer_init(&pipe->peer, pipe->fd, ca_path, host));
	assert_true(io_start_tls(&pipe->io, pipe->tls));
	for (int i = 0; i < 1000; i++) {
		if (waits) {
			int result = SSL_do_handshake(pipe->peer.ssl);

			waits = tls_peer_waits(&pipe->peer, result);
		}
		if (status == IO_WANT_READ || status == IO_WANT_WRITE)
			status = io_handshake(&pipe->io);
		else if (!waits)
			break;
	}
	return status;
}

static void
shake_hands_well(struct pipe *pipe)
{
	enum io_status status =
	    shake_hands(pipe, tls_ca_path(pipe->tls), "localhost");

	if (status != IO_OK)
		fail_msg("status %d: %s", status, io_tls_error(&pipe->io));
}

static enum io_status
wait_read(struct io *io, char *room, size_t size, size_t *count)
{
	enum io_status status = io_read(io, room, size, count);

	for (int i = 0; i < 100 && status == IO_WANT_READ; i++) {
		struct pollfd wait = {.fd = io->fd, .events = POLLIN};

		assert_int_equal(poll(&wait, 1, 5000), 1);
		status = io_read(io, room, size, count);
	}
	return status;
}

static void
wait_client(struct pipe *pipe, short events)
{
	struct pollfd wait = {.fd = pipe->fd, .events = events};

	assert_int_equal(poll(&wait, 1, 5000), 1);
}

static void
moves_plain_bytes(void **state)
{
	struct pipe *pipe = *state;
	char room[16];
	size_t count = 99;

	assert_int_equal(
	    io_read(&pipe->io, room, sizeof(room), &count), IO_WANT_READ);
	assert_int_equal(count, 0);
	assert_int_equal(write(pipe->fd, "hello", 5), 5);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_OK);
	assert_int_equal(count, 5);
	assert_memory_equal(room, "hello", 5);
	assert_int_equal(io_write(&pipe->io, SPAN("220 x"), &count), IO_OK);
	assert_int_equal(count, 5);
	wait_client(pipe, POLLIN);
	assert_int_equal(read(pipe->fd, room, sizeof(room)), 5);
	assert_int_equal(io_write(&pipe->io, SPAN(""), &count), IO_OK);
	assert_string_equal(io_tls_version(&pipe->io), "");
	assert_string_equal(io_tls_cipher(&pipe->io), "");
	assert_string_equal(io_tls_error(&pipe->io), "");
	assert_false(io_has_pending(&pipe->io));
}

static void
sees_the_end_and_writes_on(void **state)
{
	struct pipe *pipe = *state;
	char room[16];
	size_t count;

	assert_int_equal(write(pipe->fd, "QUIT", 4), 4);
	assert_int_equal(shutdown(pipe->fd, SHUT_WR), 0);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_OK);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_END);
	assert_int_equal(io_write(&pipe->io, SPAN("221"), &count), IO_OK);
	io_finish(&pipe->io);
	wait_client(pipe, POLLIN);
	assert_int_equal(read(pipe->fd, room, sizeof(room)), 3);
	assert_int_equal(read(pipe->fd, room, sizeof(room)), 0);
}

static void
sees_a_reset_without_a_signal(void **state)
{
	struct pipe *pipe = *state;
	struct linger linger = {.l_onoff = 1};
	char room[16];
	size_t count;

	assert_int_equal(setsockopt(pipe->fd, SOL_SOCKET, SO_LINGER, &linger,
			     sizeof(linger)),
	    0);
	close_client(pipe);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_RESET);
	assert_int_equal(io_write(&pipe->io, SPAN("x"), &count), IO_RESET);
	assert_int_equal(io_write(&pipe->io, SPAN("x"), &count), IO_RESET);
}

/* All of `big` goes from the server to the client, in whatever pieces. */
static void
pour(struct pipe *pipe)
{
	char *room = malloc(BIG);
	size_t sent = 0;
	size_t got = 0;
	unsigned full = 0;

	assert_non_null(room);
	while (got < BIG) {
		size_t count;
		ssize_t n;
		enum io_status status = io_write(
		    &pipe->io, span_make(pipe->big + sent, BIG - sent), &count);

		assert_true(status == IO_OK || status == IO_WANT_WRITE);
		sent += count;
		full += status == IO_WANT_WRITE;
		if (status == IO_OK && sent < BIG)
			continue;
		wait_client(pipe, POLLIN);
		n = pipe->peer.ssl
		    ? SSL_read(pipe->peer.ssl, room + got, (int)(BIG - got))
		    : read(pipe->fd, room + got, BIG - got);
		if (n > 0)
			got += (size_t)n;
		while (n > 0 && pipe->peer.ssl && got < BIG) {
			n = SSL_read(
			    pipe->peer.ssl, room + got, (int)(BIG - got));
			if (n > 0)
				got += (size_t)n;
		}
	}
	assert_true(full > 0);
	assert_memory_equal(room, pipe->big, BIG);
	free(room);
}

static void
pours_plain(void **state)
{
	pour(*state);
}

static void
pours_inside_tls(void **state)
{
	struct pipe *pipe = *state;

	shake_hands_well(pipe);
	pour(pipe);
}

static void
moves_bytes_inside_tls(void **state)
{
	struct pipe *pipe = *state;
	char room[16];
	size_t count;

	shake_hands_well(pipe);
	assert_string_equal(io_tls_version(&pipe->io), "TLSv1.3");
	assert_non_null(strstr(io_tls_cipher(&pipe->io), "TLS_"));
	assert_string_equal(io_tls_error(&pipe->io), "");
	assert_int_equal(
	    io_read(&pipe->io, room, sizeof(room), &count), IO_WANT_READ);
	assert_int_equal(SSL_write(pipe->peer.ssl, "EHLO x\r\n", 8), 8);
	assert_int_equal(wait_read(&pipe->io, room, 4, &count), IO_OK);
	assert_memory_equal(room, "EHLO", 4);
	assert_true(io_has_pending(&pipe->io));
	assert_int_equal(wait_read(&pipe->io, room, 4, &count), IO_OK);
	assert_memory_equal(room, " x\r\n", 4);
	assert_false(io_has_pending(&pipe->io));
	assert_int_equal(io_write(&pipe->io, SPAN("250 x"), &count), IO_OK);
	wait_client(pipe, POLLIN);
	assert_int_equal(SSL_read(pipe->peer.ssl, room, sizeof(room)), 5);
	io_finish(&pipe->io);
	assert_int_equal(SSL_read(pipe->peer.ssl, room, sizeof(room)), 0);
	assert_int_equal(
	    SSL_get_error(pipe->peer.ssl, 0), SSL_ERROR_ZERO_RETURN);
}

static void
takes_tls_1_2(void **state)
{
	struct pipe *pipe = *state;
	enum io_status status = IO_WANT_READ;

	assert_true(tls_peer_init(
	    &pipe->peer, pipe->fd, tls_ca_path(pipe->tls), "127.0.0.1"));
	SSL_set_max_proto_version(pipe->peer.ssl, TLS1_2_VERSION);
	assert_true(io_start_tls(&pipe->io, pipe->tls));
	for (int i = 0; i < 1000 && status != IO_OK; i++) {
		(void)SSL_do_handshake(pipe->peer.ssl);
		status = io_handshake(&pipe->io);
		assert_int_not_equal(status, IO_TLS_FAILED);
	}
	assert_string_equal(io_tls_version(&pipe->io), "TLSv1.2");
	assert_int_equal(SSL_do_handshake(pipe->peer.ssl), 1);
	/* A client may not begin a new handshake. */
	(void)SSL_renegotiate(pipe->peer.ssl);
	(void)SSL_do_handshake(pipe->peer.ssl);
	assert_int_not_equal(io_handshake(&pipe->io), IO_TLS_FAILED);
}

/* With close_notify and without it: the end is the end. */
static void
sees_the_end_inside_tls(void **state)
{
	struct pipe *pipe = *state;
	char room[16];
	size_t count;

	shake_hands_well(pipe);
	assert_int_equal(SSL_write(pipe->peer.ssl, "QUIT", 4), 4);
	assert_int_equal(shutdown(pipe->fd, SHUT_WR), 0);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_OK);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_END);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_END);
	assert_int_equal(io_write(&pipe->io, SPAN("221 x"), &count), IO_OK);
	wait_client(pipe, POLLIN);
	assert_int_equal(SSL_read(pipe->peer.ssl, room, sizeof(room)), 5);
}

static void
sees_close_notify(void **state)
{
	struct pipe *pipe = *state;
	char room[16];
	size_t count;

	shake_hands_well(pipe);
	assert_int_equal(SSL_shutdown(pipe->peer.ssl), 0);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_END);
	assert_int_equal(io_write(&pipe->io, SPAN("221 x"), &count), IO_OK);
}

static void
sees_a_reset_inside_tls(void **state)
{
	struct pipe *pipe = *state;
	struct linger linger = {.l_onoff = 1};
	char room[16];
	size_t count;

	shake_hands_well(pipe);
	assert_int_equal(setsockopt(pipe->fd, SOL_SOCKET, SO_LINGER, &linger,
			     sizeof(linger)),
	    0);
	close_client(pipe);
	assert_int_equal(
	    wait_read(&pipe->io, room, sizeof(room), &count), IO_RESET);
	assert_int_equal(io_write(&pipe->io, SPAN("x"), &count), IO_RESET);
	assert_int_equal(
	    io_read(&pipe->io, room, sizeof(room), &count), IO_RESET);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
says_what_a_client_rejects(void **state)
{
	struct pipe *pipe = *state;
	enum io_status status = shake_hands(pipe, NULL, "localhost");
	char room[16];
	size_t count;

	/* In TLS 1.3 the server is done before the client can object. */
	if (status == IO_OK)
		status = wait_read(&pipe->io, room, sizeof(room), &count);
	assert_int_equal(status, IO_TLS_FAILED);
	assert_non_null(strstr(io_tls_error(&pipe->io), "unknown ca"));
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(io_write(&pipe->io, SPAN("x"), &count), IO_RESET);
}

static void
survives_what_is_no_tls(void **state)
{
	struct pipe *pipe = *state;

	assert_int_equal(write(pipe->fd, "EHLO client\r\n", 13), 13);
	assert_true(io_start_tls(&pipe->io, pipe->tls));
	assert_int_equal(io_handshake(&pipe->io), IO_TLS_FAILED);
	assert_int_equal(io_handshake(&pipe->io), IO_TLS_FAILED);
	assert_true(strlen(io_tls_error(&pipe->io)) > 0);
	assert_string_equal(io_tls_version(&pipe->io), "");
	assert_int_equal(ERR_peek_error(), 0);
}

static void
survives_a_client_that_leaves_early(void **state)
{
	struct pipe *pipe = *state;

	assert_true(io_start_tls(&pipe->io, pipe->tls));
	assert_int_equal(io_handshake(&pipe->io), IO_WANT_READ);
	close_client(pipe);
	assert_int_equal(io_handshake(&pipe->io), IO_TLS_FAILED);
	assert_non_null(strstr(io_tls_error(&pipe->io), "closed"));
}

static void
looks_without_taking(void **state)
{
	struct pipe *pipe = *state;
	char room[16];
	size_t count = 99;

	assert_int_equal(
	    io_peek(&pipe->io, room, sizeof(room), &count), IO_WANT_READ);
	assert_int_equal(count, 0);
	assert_int_equal(write(pipe->fd, "hello", 5), 5);
	assert_int_equal(wait_read(&pipe->io, room, 1, &count), IO_OK);
	assert_int_equal(io_peek(&pipe->io, room, sizeof(room), &count), IO_OK);
	assert_int_equal(count, 4);
	assert_int_equal(io_read(&pipe->io, room, 4, &count), IO_OK);
	assert_memory_equal(room, "ello", 4);
	close_client(pipe);
	assert_int_equal(wait_read(&pipe->io, room, 1, &count), IO_END);
	assert_int_equal(io_peek(&pipe->io, room, 1, &count), IO_END);
}

/* With the server's own certificate: any will do. */
static void
give_certificate(struct pipe *pipe)
{
	char path[SCRATCH_SIZE + 16];

	(void)snprintf(path, sizeof(path), "%s/cert.pem", pipe->folder);
	assert_int_equal(
	    SSL_use_certificate_file(pipe->peer.ssl, path, SSL_FILETYPE_PEM),
	    1);
	(void)snprintf(path, sizeof(path), "%s/key.pem", pipe->folder);
	assert_int_equal(
	    SSL_use_PrivateKey_file(pipe->peer.ssl, path, SSL_FILETYPE_PEM), 1);
}

static void
notes_what_a_client_says(void **state)
{
	static const unsigned char alpn[] = "\x04smtp\x02h\x01\x02h3";
	struct pipe *pipe = *state;
	enum io_status status = IO_WANT_READ;
	struct buf subject;

	buf_init(&subject, 100);
	assert_string_equal(io_tls_sni(&pipe->io), "");
	assert_string_equal(io_tls_group(&pipe->io), "");
	assert_true(tls_peer_init(
	    &pipe->peer, pipe->fd, tls_ca_path(pipe->tls), "localhost"));
	give_certificate(pipe);
	assert_int_equal(
	    SSL_set_tlsext_host_name(pipe->peer.ssl, "sni.test"), 1);
	assert_int_equal(
	    SSL_set_alpn_protos(pipe->peer.ssl, alpn, sizeof(alpn) - 1), 0);
	assert_true(io_start_tls(&pipe->io, pipe->tls));
	io_ask_certificate(&pipe->io);
	for (int i = 0; i < 1000 && status != IO_OK; i++) {
		(void)SSL_do_handshake(pipe->peer.ssl);
		status = io_handshake(&pipe->io);
		assert_int_not_equal(status, IO_TLS_FAILED);
	}
	assert_int_equal(status, IO_OK);
	assert_string_equal(io_tls_sni(&pipe->io), "sni.test");
	assert_string_equal(io_tls_alpn(&pipe->io), "smtp,h?,h3");
	assert_true(strlen(io_tls_group(&pipe->io)) > 0);
	io_tls_client_cert(&pipe->io, &subject);
	assert_string_equal(buf_string(&subject), "CN=localhost,O=mailstop");
	buf_release(&subject);
}

static void
drops_without_a_word(void **state)
{
	struct pipe *pipe = *state;
	struct buf subject;
	char byte;

	buf_init(&subject, 100);
	shake_hands_well(pipe);
	io_tls_client_cert(&pipe->io, &subject);
	assert_int_equal(subject.len, 0);
	io_drop(&pipe->io, IO_DROP_RESET);
	io_release(&pipe->io);
	/* What was written before is there still: a ticket. */
	do
		wait_client(pipe, POLLIN);
	while (read(pipe->fd, &byte, 1) == 1);
	assert_int_equal(errno, ECONNRESET);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(moves_plain_bytes),
	    TEST(sees_the_end_and_writes_on),
	    TEST(sees_a_reset_without_a_signal),
	    TEST(pours_plain),
	    TEST(pours_inside_tls),
	    TEST(moves_bytes_inside_tls),
	    TEST(takes_tls_1_2),
	    TEST(sees_the_end_inside_tls),
	    TEST(sees_close_notify),
	    TEST(sees_a_reset_inside_tls),
	    TEST(says_what_a_client_rejects),
	    TEST(survives_what_is_no_tls),
	    TEST(survives_a_client_that_leaves_early),
	    TEST(looks_without_taking),
	    TEST(notes_what_a_client_says),
	    TEST(drops_without_a_word),
	};

	return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
