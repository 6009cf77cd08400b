/*
 * url_host: where a URL leads, by its text alone.
 *
 * RFC 3986 3.2.2. No name is looked up, nothing is connected to. Pure.
 */
#ifndef URL_HOST_H
#define URL_HOST_H

#include "span.h"

#include <stdbool.h>

/* Whether it begins with http:// or https://, letters in any case. */
bool url_is_http(struct span url);

/* The host of such a URL, without user, port and brackets; empty where there
   is none. */
struct span url_host(struct span url);

/*
 * Whether a host is one that the public net does not have: localhost and what
 * ends with it, names of one label, .internal and .local, and addresses, as
 * inet_aton() reads them too, of a private, shared, link-local, loopback,
 * documentation, multicast or reserved range, also inside IPv6 (mapped,
 * translated, 6to4).
 */
bool url_host_is_reserved(struct span host);

#endif
