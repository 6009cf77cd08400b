/* listen: the sockets where the server is reached. */
#include "listen.h"

#include "endpoint.h"
#include "listen_unix.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bursts of connections wait in the kernel, which has its own ceiling
   (net.core.somaxconn). */
#define BACKLOG 4096

/* "[" + an address with its zone + "]:65535", or "unix:" and a path. */
#define ADDRESS_SIZE 192

struct listener {
	int fd;
	struct listen_spec spec;
	struct unix_file file; /* what is removed in the end */
	char address[ADDRESS_SIZE];
};

static const char *
reason(int number, uint16_t port)
{
	switch (number) {
	case EADDRINUSE:
		return "address already in use: is another mailstop or "
		       "Mailpit running?";
	case EADDRNOTAVAIL:
		return "no interface of this machine has that address";
	case EACCES:
		return port > 0 && port < 1024
		    ? "permission denied (ports below 1024 need root)"
		    : "permission denied";
	default:
		return strerror(number);
	}
}

static void
set_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* A bound and listening socket, or -1 and errno. */
static int
bind_tcp(const struct sockaddr *address, socklen_t len)
{
	int fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	if (fd < 0)
		return -1;
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (address->sa_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static int
bind_everywhere(uint16_t port)
{
	struct sockaddr_in6 six = {
	    .sin6_family = AF_INET6,
	    .sin6_port = htons(port),
	    .sin6_addr = IN6ADDR_ANY_INIT,
	};
	struct sockaddr_in four = {
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int fd = bind_tcp((const struct sockaddr *)&six, sizeof(six));

	/* IPv6 may be left out of the kernel, or switched off in it. */
	if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
		return fd;
	return bind_tcp((const struct sockaddr *)&four, sizeof(four));
}

/* The first address of the list that binds, IPv4 first: a client that was told
   "localhost" tries both, one that was told 127.0.0.1 does not. */
static int
bind_first(const struct addrinfo *list)
{
	int first_errno = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (const struct addrinfo *at = list; at; at = at->ai_next) {
			int fd;

			if ((at->ai_family == AF_INET) != (pass == 0))
				continue;
			fd = bind_tcp(at->ai_addr, at->ai_addrlen);
			if (fd >= 0)
				return fd;
			if (!first_errno)
				first_errno = errno;
		}
	}
	errno = first_errno ? first_errno : EADDRNOTAVAIL;
	return -1;
}

static int
look_up(struct addrinfo **list, const struct endpoint *endpoint)
{
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV | AI_NUMERICHOST,
	};
	char port[8];
	int code;

	/* Plain addresses must not wait for a resolver. */
	(void)snprintf(port, sizeof(port), "%u", (unsigned)endpoint->port);
	code = getaddrinfo(endpoint->host, port, &hints, list);
	if (code != EAI_NONAME)
		return code;
	hints.ai_flags &= ~AI_NUMERICHOST;
	return getaddrinfo(endpoint->host, port, &hints, list);
}

static enum err
open_tcp(struct listener *listener, const struct endpoint *endpoint,
    struct failure *failure)
{
	struct addrinfo *list = NULL;
	const char *shown = listener->spec.address;
	int code = endpoint->host[0] ? look_up(&list, endpoint) : 0;

	if (code)
		return failure_set(failure, ERR_UNAVAILABLE, "%s: %s", shown,
		    code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
	listener->fd =
	    list ? bind_first(list) : bind_everywhere(endpoint->port);
	code = errno;
	if (list)
		freeaddrinfo(list);
	if (listener->fd >= 0)
		return ERR_OK;
	return failure_set(failure, err_from_errno(code), "%s: %s", shown,
	    reason(code, endpoint->port));
}

static int
get_option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

/* Says what is wrong with an inherited descriptor; NULL: it listens now. */
static const char *
adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return "no such descriptor is open";
	if (get_option(fd, SO_TYPE) < 0)
		return "not a socket";
	if (get_option(fd, SO_TYPE) != SOCK_STREAM)
		return "not a stream socket";
	if (get_option(fd, SO_ACCEPTCONN) != 1 && listen(fd, BACKLOG) != 0)
		return "the socket neither listens nor can be made to";
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return strerror(errno);
	return NULL;
}

static enum err
open_fd(struct listener *listener, const struct endpoint *endpoint,
    struct failure *failure)
{
	const char *wrong = adopt(endpoint->fd);

	if (wrong)
		return failure_set(failure, ERR_UNAVAILABLE, "%s: %s",
		    listener->spec.address, wrong);
	listener->fd = endpoint->fd;
	return ERR_OK;
}

static enum err
open_unix(struct listener *listener, const struct endpoint *endpoint,
    struct failure *failure)
{
	return unix_listen(&listener->fd, &listener->file, endpoint->path,
	    endpoint->mode, BACKLOG, failure);
}

static void
show_unix(char *out, const struct sockaddr_un *address, socklen_t len)
{
	size_t path_len = len > offsetof(struct sockaddr_un, sun_path)
	    ? len - offsetof(struct sockaddr_un, sun_path)
	    : 0;
	bool is_abstract = path_len > 0 && address->sun_path[0] == '\0';

	if (!is_abstract)
		path_len = strnlen(address->sun_path, path_len);
	(void)snprintf(out, ADDRESS_SIZE, "unix:%s%.*s", is_abstract ? "@" : "",
	    (int)path_len - is_abstract, address->sun_path + is_abstract);
}

/* False when the socket has no address that can be shown. */
static bool
show(struct listener *listener)
{
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_storage room;
	} address;
	socklen_t len = sizeof(address);
	char host[NI_MAXHOST];
	char port[NI_MAXSERV];

	memset(&address, 0, sizeof(address));
	if (getsockname(listener->fd, &address.any, &len) != 0)
		return false;
	if (address.any.sa_family == AF_UNIX) {
		show_unix(listener->address, &address.local, len);
		return true;
	}
	if (getnameinfo(&address.any, len, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	set_option(listener->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)snprintf(listener->address, ADDRESS_SIZE,
	    address.any.sa_family == AF_INET6 ? "[%.64s]:%.8s" : "%.64s:%.8s",
	    host, port);
	return true;
}

static enum err
open_socket(struct listener *listener, struct failure *failure)
{
	static enum err (*const openers[])(
	    struct listener *, const struct endpoint *, struct failure *) = {
	    [ENDPOINT_TCP] = open_tcp,
	    [ENDPOINT_UNIX] = open_unix,
	    [ENDPOINT_FD] = open_fd,
	};
	struct endpoint endpoint;
	enum err err = endpoint_parse(
	    &endpoint, span_string(listener->spec.address), failure);

	if (!err)
		err = openers[endpoint.kind](listener, &endpoint, failure);
	if (err)
		return err;
	if (show(listener))
		return ERR_OK;
	return failure_set(failure, ERR_UNAVAILABLE, "%s: %s",
	    listener->spec.address, strerror(errno));
}

enum err
listen_open(struct listener **out, const struct listen_spec *spec,
    struct failure *failure)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	enum err err;

	*out = NULL;
	if (!listener)
		return failure_set(failure, ERR_MEMORY, "out of memory");
	listener->fd = -1;
	err = ERR_MEMORY;
	if (listen_spec_copy(&listener->spec, spec))
		err = open_socket(listener, failure);
	else
		(void)failure_set(failure, err, "out of memory");
	if (err) {
		listen_close(listener);
		return err;
	}
	*out = listener;
	return ERR_OK;
}

void
listen_close(struct listener *listener)
{
	if (!listener)
		return;
	unix_remove(&listener->file);
	if (listener->fd >= 0)
		(void)close(listener->fd);
	listen_spec_release(&listener->spec);
	free(listener);
}

int
listen_fd(const struct listener *listener)
{
	return listener->fd;
}

const struct listen_spec *
listen_spec(const struct listener *listener)
{
	return &listener->spec;
}

const char *
listen_address(const struct listener *listener)
{
	return listener->address;
}
