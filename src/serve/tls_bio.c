/* tls_bio: OpenSSL's way to a socket, without SIGPIPE. */
#include "tls_bio.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/socket.h>

static int
get_fd(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int
read_socket(BIO *bio, char *room, int size)
{
	ssize_t got;

	BIO_clear_retry_flags(bio);
	do {
		got = recv(get_fd(bio), room, (size_t)size, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(bio);
	if (got == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return (int)got;
}

static int
write_socket(BIO *bio, const char *bytes, int len)
{
	ssize_t sent;

	BIO_clear_retry_flags(bio);
	do {
		sent = send(get_fd(bio), bytes, (size_t)len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_write(bio);
	return (int)sent;
}

static long
control(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	default:
		return 0;
	}
}

BIO_METHOD *
tls_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket");

	if (method && BIO_meth_set_read(method, read_socket) &&
	    BIO_meth_set_write(method, write_socket) &&
	    BIO_meth_set_ctrl(method, control))
		return method;
	BIO_meth_free(method);
	return NULL;
}

BIO *
tls_bio_new(const BIO_METHOD *method, int fd)
{
	BIO *bio = BIO_new(method);

	if (!bio)
		return NULL;
	BIO_set_data(bio, (void *)(intptr_t)fd);
	BIO_set_init(bio, 1);
	return bio;
}
