/* http_peer: an HTTP server on a loop, and clients that the test steps. */
#include "http_peer.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define GOT_LIMIT ((size_t)256 << 20)

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

void
http_peer_open(struct http_peer *peer, const struct http_options *options,
    const char *listen)
{
	static const struct timeval often = {.tv_usec = 2000};
	struct listen_spec spec;
	struct listener *listener;

	memset(peer, 0, sizeof(*peer));
	peer->store.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(loop_new(&peer->loop, &peer->store, NULL), ERR_OK);
	assert_int_equal(http_new(&peer->http, peer->loop, options), ERR_OK);
	assert_int_equal(
	    listen_parse(&spec, LISTEN_HTTP,
		span_string(listen ? listen : "127.0.0.1:0"), NULL),
	    ERR_OK);
	assert_int_equal(listen_open(&listener, &spec, NULL), ERR_OK);
	listen_spec_release(&spec);
	(void)snprintf(peer->address, sizeof(peer->address), "%s",
	    listen_address(listener));
	assert_int_equal(http_listen(peer->http, listener), ERR_OK);
	peer->tick =
	    event_new(loop_base(peer->loop), -1, EV_PERSIST, on_tick, NULL);
	assert_int_equal(event_add(peer->tick, &often), 0);
}

void
http_peer_close(struct http_peer *peer)
{
	http_free(peer->http);
	event_free(peer->tick);
	loop_free(peer->loop);
	close(peer->store.fd);
}

void
http_peer_turn(struct http_peer *peer)
{
	loop_turn(peer->loop);
}

static int
connect_tcp(const char *address)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_port =
	    htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void
http_client_open(struct http_client *client, struct http_peer *peer)
{
	memset(client, 0, sizeof(*client));
	client->peer = peer;
	buf_init(&client->got, GOT_LIMIT);
	if (strncmp(peer->address, "unix:", 5) == 0)
		client->fd = connect_unix(peer->address + 5);
	else
		client->fd = connect_tcp(peer->address);
	assert_int_equal(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
}

void
http_client_close(struct http_client *client)
{
	SSL_free(client->ssl);
	if (client->fd >= 0)
		close(client->fd);
	buf_release(&client->got);
}

static ssize_t
write_some(struct http_client *client, struct span bytes)
{
	int done;

	if (!client->ssl)
		return send(client->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
	done = SSL_write(client->ssl, bytes.at, (int)bytes.len);
	if (done > 0)
		return done;
	errno = EAGAIN;
	return -1;
}

void
http_client_send(struct http_client *client, struct span bytes)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (bytes.len > 0) {
		ssize_t sent = write_some(client, bytes);

		if (sent > 0)
			span_skip(&bytes, (size_t)sent);
		else if (errno != EAGAIN)
			return;
		else
			http_peer_turn(client->peer);
		assert_true(clock_mono_us() < deadline);
	}
}

static ssize_t
read_some(struct http_client *client, char *room, size_t size)
{
	int done;
	int error;

	if (!client->ssl)
		return recv(client->fd, room, size, 0);
	done = SSL_read(client->ssl, room, (int)size);
	if (done > 0)
		return done;
	error = SSL_get_error(client->ssl, done);
	errno = EAGAIN;
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
	    ? -1
	    : 0;
}

void
http_client_read(struct http_client *client)
{
	while (!client->is_closed) {
		char *room = buf_room(&client->got, 65536);
		ssize_t got;

		assert_non_null(room);
		got = read_some(client, room, 65536);
		if (got < 0 && errno == EAGAIN)
			return;
		client->is_closed = got <= 0;
		client->is_reset = got < 0;
		if (got > 0)
			buf_grow(&client->got, (size_t)got);
	}
}

const char *
http_client_text(struct http_client *client)
{
	const char *text = buf_string(&client->got);

	assert_non_null(text);
	return text;
}

/* Turns once; fails when the deadline is over. */
static void
wait_more(struct http_client *client, int64_t deadline, const char *what)
{
	if (clock_mono_us() > deadline)
		fail_msg("%s did not come; there is: %s", what,
		    http_client_text(client));
	http_peer_turn(client->peer);
	http_client_read(client);
}

void
http_client_wait_text(struct http_client *client, const char *text)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (!strstr(http_client_text(client), text))
		wait_more(client, deadline, text);
}

void
http_client_wait_closed(struct http_client *client)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (!client->is_closed)
		wait_more(client, deadline, "the end");
}

void
http_client_wait_len(struct http_client *client, size_t len)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;

	while (client->got.len < len)
		wait_more(client, deadline, "all of it");
}

/* How many bytes the response has, or 0 as long as nobody can tell. */
static size_t
response_len(struct http_client *client)
{
	const char *text = http_client_text(client);
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strstr(text, "Content-Length: ");

	if (!end)
		return 0;
	if (length && length < end)
		return (size_t)(end + 4 - text) +
		    strtoul(length + strlen("Content-Length: "), NULL, 10);
	if (strstr(text, "Transfer-Encoding: chunked"))
		return client->got.len >= 5 &&
			memcmp(client->got.at + client->got.len - 5,
			    "0\r\n\r\n", 5) == 0
		    ? client->got.len
		    : 0;
	return client->is_closed ? client->got.len : 0;
}

void
http_client_wait_response(struct http_client *client)
{
	int64_t deadline = clock_mono_us() + HTTP_PEER_DEADLINE_US;
	size_t len = 0;

	while (len == 0 || client->got.len < len) {
		if (client->is_closed && len == 0 && client->got.len == 0)
			fail_msg("closed without a response");
		wait_more(client, deadline, "a response");
		len = response_len(client);
	}
}

const char *
http_client_ask(
    struct http_client *client, struct http_peer *peer, const char *request)
{
	http_client_open(client, peer);
	http_client_send(client, span_string(request));
	/* The length of an answer to HEAD is that of another one. */
	if (strstr(request, "HEAD ") == request)
		http_client_wait_closed(client);
	else
		http_client_wait_response(client);
	return http_client_text(client);
}
