/* io: reading and writing one connected socket, plain or inside TLS. */
#include "io.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
io_init(struct io *io, int fd)
{
	memset(io, 0, sizeof(*io));
	io->fd = fd;
}

/* TLS may not be spoken on after a failure, nor ended before it began. */
static bool
speaks_tls(const struct io *io)
{
	return io->ssl && !io->handshaking && !io->error;
}

static void
send_close_notify(struct io *io)
{
	if (!speaks_tls(io) ||
	    (SSL_get_shutdown(io->ssl) & SSL_SENT_SHUTDOWN) != 0)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(io->ssl);
	ERR_clear_error();
}

void
io_finish(struct io *io)
{
	send_close_notify(io);
	(void)shutdown(io->fd, SHUT_WR);
}

void
io_drop(struct io *io, enum io_drop how)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	io->error = "the connection was dropped";
	if (how == IO_DROP_RESET)
		(void)setsockopt(
		    io->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

void
io_release(struct io *io)
{
	send_close_notify(io);
	SSL_free(io->ssl);
	if (io->fd >= 0)
		(void)close(io->fd);
	io_init(io, -1);
}

/* What a system call's failure means; `would_block` when it has to wait. */
static enum io_status
plain_status(enum io_status would_block)
{
	return errno == EAGAIN || errno == EWOULDBLOCK ? would_block : IO_RESET;
}

static enum io_status
tls_failed(struct io *io, const char *words)
{
	io->error = words ? words : "unknown TLS failure";
	return IO_TLS_FAILED;
}

/* What an SSL_ function's return means. `result` is what it gave. */
static enum io_status
tls_status(struct io *io, int result)
{
	unsigned long code;
	enum io_status status;

	if (result > 0)
		return IO_OK;
	switch (SSL_get_error(io->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		status = IO_WANT_READ;
		break;
	case SSL_ERROR_WANT_WRITE:
		status = IO_WANT_WRITE;
		break;
	case SSL_ERROR_ZERO_RETURN:
		status = IO_END;
		break;
	case SSL_ERROR_SYSCALL:
		io->error = "the connection broke";
		status = IO_RESET;
		break;
	default:
		code = ERR_peek_error();
		status = tls_failed(io, ERR_reason_error_string(code));
		break;
	}
	/* OpenSSL's queue belongs to the thread: what one connection leaves
	   there, the next one would read as its own failure. */
	ERR_clear_error();
	return status;
}

enum io_status
io_read(struct io *io, char *room, size_t size, size_t *count)
{
	ssize_t got;

	*count = 0;
	if (io->error)
		return IO_RESET;
	if (io->ssl) {
		ERR_clear_error();
		return tls_status(io, SSL_read_ex(io->ssl, room, size, count));
	}
	do {
		got = recv(io->fd, room, size, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return plain_status(IO_WANT_READ);
	if (got == 0)
		return IO_END;
	*count = (size_t)got;
	return IO_OK;
}

enum io_status
io_write(struct io *io, struct span bytes, size_t *count)
{
	ssize_t sent;

	*count = 0;
	if (io->error)
		return IO_RESET;
	if (bytes.len == 0)
		return IO_OK;
	if (io->ssl) {
		ERR_clear_error();
		return tls_status(
		    io, SSL_write_ex(io->ssl, bytes.at, bytes.len, count));
	}
	do {
		sent = send(io->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return plain_status(IO_WANT_WRITE);
	*count = (size_t)sent;
	return IO_OK;
}

enum io_status
io_peek(struct io *io, char *room, size_t size, size_t *count)
{
	ssize_t got;

	*count = 0;
	do {
		got = recv(io->fd, room, size, MSG_PEEK);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return plain_status(IO_WANT_READ);
	if (got == 0)
		return IO_END;
	*count = (size_t)got;
	return IO_OK;
}

bool
io_start_flawed_tls(struct io *io, struct tls *tls, enum tls_flaw flaw)
{
	io->ssl = tls_accept_flawed(tls, io->fd, flaw, &io->hello);
	io->handshaking = io->ssl != NULL;
	return io->handshaking;
}

bool
io_start_tls(struct io *io, struct tls *tls)
{
	return io_start_flawed_tls(io, tls, TLS_FLAW_NONE);
}

/* Nothing of it is believed: it is noted, as all that a client says. */
static int
take_any_certificate(int is_fine, X509_STORE_CTX *certificate)
{
	(void)is_fine;
	(void)certificate;
	return 1;
}

void
io_ask_certificate(struct io *io)
{
	SSL_set_verify(io->ssl, SSL_VERIFY_PEER, take_any_certificate);
}

enum io_status
io_handshake(struct io *io)
{
	enum io_status status;

	if (io->error)
		return IO_TLS_FAILED;
	ERR_clear_error();
	status = tls_status(io, SSL_do_handshake(io->ssl));
	if (status == IO_OK)
		io->handshaking = false;
	if (status == IO_END || status == IO_RESET)
		return tls_failed(
		    io, "the peer closed the connection in the handshake");
	return status;
}

bool
io_has_pending(const struct io *io)
{
	return speaks_tls(io) && SSL_pending(io->ssl) > 0;
}

const char *
io_tls_version(const struct io *io)
{
	return speaks_tls(io) ? SSL_get_version(io->ssl) : "";
}

const char *
io_tls_cipher(const struct io *io)
{
	return speaks_tls(io) ? SSL_get_cipher_name(io->ssl) : "";
}

const char *
io_tls_error(const struct io *io)
{
	return io->error ? io->error : "";
}

const char *
io_tls_group(const struct io *io)
{
	const char *name = NULL;

	if (speaks_tls(io))
		name = SSL_group_to_name(
		    io->ssl, (int)SSL_get_negotiated_group(io->ssl));
	return name ? name : "";
}

const char *
io_tls_sni(const struct io *io)
{
	const char *name = NULL;

	if (speaks_tls(io))
		name = SSL_get_servername(io->ssl, TLSEXT_NAMETYPE_host_name);
	return name ? name : "";
}

const char *
io_tls_alpn(const struct io *io)
{
	return io->hello.alpn;
}

void
io_tls_client_cert(const struct io *io, struct buf *out)
{
	X509 *cert = speaks_tls(io) ? SSL_get1_peer_certificate(io->ssl) : NULL;
	BIO *bio = cert ? BIO_new(BIO_s_mem()) : NULL;
	char *text;
	long len;

	/* RFC 2253's form, with UTF-8 as it is, is RFC 4514's. */
	if (bio &&
	    X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
		XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(bio, &text);
		if (len > 0)
			(void)buf_put(out, span_make(text, (size_t)len));
	}
	(void)BIO_free(bio);
	X509_free(cert);
	ERR_clear_error();
}
