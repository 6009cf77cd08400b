/* peer: the address of one end of a connection, as text. */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define TAG "IPv6:"

static void
read_ipv6(struct peer *peer, const struct sockaddr_in6 *address)
{
	peer->port = ntohs(address->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr))
		(void)inet_ntop(AF_INET, &address->sin6_addr.s6_addr[12],
		    peer->address, sizeof(peer->address));
	else
		(void)inet_ntop(AF_INET6, &address->sin6_addr, peer->address,
		    sizeof(peer->address));
}

static void
read_ipv4(struct peer *peer, const struct sockaddr_in *address)
{
	peer->port = ntohs(address->sin_port);
	(void)inet_ntop(
	    AF_INET, &address->sin_addr, peer->address, sizeof(peer->address));
}

void
peer_read(struct peer *peer, const struct sockaddr *address, socklen_t len)
{
	union {
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} copy;
	sa_family_t family = len ? address->sa_family : AF_UNSPEC;

	memset(peer, 0, sizeof(*peer));
	memset(&copy, 0, sizeof(copy));
	memcpy(&copy, address, len < sizeof(copy) ? len : sizeof(copy));
	if (family == AF_INET6)
		read_ipv6(peer, &copy.six);
	else if (family == AF_INET)
		read_ipv4(peer, &copy.four);
	else if (family == AF_UNIX)
		(void)snprintf(peer->address, sizeof(peer->address), "unix");
}

void
peer_of_local(struct peer *peer, int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	memset(&address, 0, sizeof(address));
	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		len = 0;
	if (len > sizeof(address))
		len = sizeof(address);
	peer_read(peer, (const struct sockaddr *)&address, len);
}

static bool
is_ipv6(const struct peer *peer)
{
	return strchr(peer->address, ':') != NULL;
}

void
peer_show(const struct peer *peer, char text[PEER_SIZE])
{
	const char *format = is_ipv6(peer) ? "[%.64s]:%u" : "%.64s:%u";

	if (peer->port)
		(void)snprintf(text, PEER_SIZE, format, peer->address,
		    (unsigned)peer->port);
	else
		(void)snprintf(text, PEER_SIZE, "%s", peer->address);
}

void
peer_tag(const struct peer *peer, char text[PEER_SIZE])
{
	(void)snprintf(text, PEER_SIZE, "%s%.64s", is_ipv6(peer) ? TAG : "",
	    peer->address);
}

bool
peer_parse(struct peer *peer, struct span address)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	char text[INET6_ADDRSTRLEN];
	struct peer found;

	if (span_starts_nocase(address, SPAN(TAG)))
		span_skip(&address, sizeof(TAG) - 1);
	if (address.len >= sizeof(text) ||
	    span_find(address, '\0') < address.len)
		return false;
	memcpy(text, address.at, address.len);
	text[address.len] = '\0';
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		peer_read(&found, (const struct sockaddr *)&four, sizeof(four));
	else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
		peer_read(&found, (const struct sockaddr *)&six, sizeof(six));
	else
		return false;
	found.port = peer->port;
	*peer = found;
	return true;
}
