/* acceptor: takes the connections of one listening socket. */
#include "acceptor.h"

#include "clock.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Taken in one go, so that those that are there are served in between. */
#define BATCH 64

#define REST_MS 100

/* So that a server in need does not fill its log as well. */
#define LOG_EVERY_US (10 * CLOCK_SECOND)

struct acceptor {
	const struct acceptor_calls *calls;
	struct listener *listener;
	struct event readable;
	struct event rested;
	int reserve; /* -1: used up too */
	int64_t logged_us;
};

static int
open_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int
take(struct acceptor *acceptor, struct peer *peer)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} address;
	socklen_t len = sizeof(address);
	int fd = accept4(listen_fd(acceptor->listener), &address.any, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		peer_read(peer, &address.any, len);
	return fd;
}

static void
rest(struct acceptor *acceptor)
{
	static const struct timeval time = {.tv_usec = REST_MS * 1000};

	(void)event_del(&acceptor->readable);
	(void)event_add(&acceptor->rested, &time);
}

static void
on_rested(evutil_socket_t fd, short what, void *context)
{
	struct acceptor *acceptor = context;

	(void)fd;
	(void)what;
	if (acceptor->reserve < 0)
		acceptor->reserve = open_reserve();
	(void)event_add(&acceptor->readable, NULL);
}

/* Lets one client know. False when there was none. */
static bool
turn_away(struct acceptor *acceptor)
{
	struct span text = acceptor->calls->refusal;
	struct peer peer;
	int fd;

	(void)close(acceptor->reserve);
	fd = take(acceptor, &peer);
	if (fd >= 0) {
		(void)send(fd, text.at, text.len, MSG_NOSIGNAL);
		(void)close(fd);
	}
	acceptor->reserve = open_reserve();
	return fd >= 0;
}

static void
complain(struct acceptor *acceptor, int number)
{
	int64_t now = clock_mono_us();

	if (acceptor->logged_us && now - acceptor->logged_us < LOG_EVERY_US)
		return;
	acceptor->logged_us = now;
	log_error(acceptor->calls->log, "%s: cannot accept: %s",
	    listen_address(acceptor->listener), strerror(number));
}

/* What one connection did before it was taken; the next one may do better. */
static bool
is_of_the_peer(int number)
{
	return number == ECONNABORTED || number == EINTR || number == EPROTO ||
	    number == EPERM;
}

static void
in_need(struct acceptor *acceptor, int number)
{
	complain(acceptor, number);
	if (number == EMFILE || number == ENFILE)
		for (int i = 0; i < BATCH && acceptor->reserve >= 0; i++)
			if (!turn_away(acceptor))
				break;
	rest(acceptor);
}

static void
on_readable(evutil_socket_t listening, short what, void *context)
{
	struct acceptor *acceptor = context;

	(void)listening;
	(void)what;
	for (int i = 0; i < BATCH; i++) {
		struct peer peer;
		int fd = take(acceptor, &peer);

		if (fd >= 0) {
			acceptor->calls->took(
			    acceptor->calls->context, fd, &peer);
			continue;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
		if (is_of_the_peer(errno))
			continue;
		in_need(acceptor, errno);
		return;
	}
}

enum err
acceptor_open(struct acceptor **out, struct loop *loop,
    struct listener *listener, const struct acceptor_calls *calls)
{
	struct acceptor *acceptor = calloc(1, sizeof(*acceptor));
	struct event_base *base = loop_base(loop);

	*out = NULL;
	if (!acceptor) {
		listen_close(listener);
		return ERR_MEMORY;
	}
	acceptor->calls = calls;
	acceptor->listener = listener;
	acceptor->reserve = open_reserve();
	(void)event_assign(&acceptor->readable, base, listen_fd(listener),
	    EV_READ | EV_PERSIST, on_readable, acceptor);
	(void)event_assign(
	    &acceptor->rested, base, -1, EV_TIMEOUT, on_rested, acceptor);
	if (event_add(&acceptor->readable, NULL) != 0) {
		acceptor_close(acceptor);
		return ERR_MEMORY;
	}
	*out = acceptor;
	return ERR_OK;
}

void
acceptor_close(struct acceptor *acceptor)
{
	if (!acceptor)
		return;
	(void)event_del(&acceptor->readable);
	(void)event_del(&acceptor->rested);
	listen_close(acceptor->listener);
	if (acceptor->reserve >= 0)
		(void)close(acceptor->reserve);
	free(acceptor);
}
