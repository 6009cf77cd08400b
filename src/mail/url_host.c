/* url_host: where a URL leads, by its text alone. */
#include "url_host.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HOST_SIZE 256

bool
url_is_http(struct span url)
{
	return span_starts_nocase(url, SPAN("http://")) ||
	    span_starts_nocase(url, SPAN("https://"));
}

/* Up to the first of these bytes. */
static struct span
until(struct span text, const char *ends)
{
	size_t len = 0;

	while (len < text.len && !strchr(ends, text.at[len]))
		len++;
	return span_make(text.at, len);
}

struct span
url_host(struct span url)
{
	struct span place;

	if (!url_is_http(url))
		return SPAN("");
	span_skip(&url, span_starts_nocase(url, SPAN("https://")) ? 8 : 7);
	/* Browsers take a backslash for a slash. */
	place = until(url, "/\\?#");
	for (size_t i = place.len; i > 0; i--)
		if (place.at[i - 1] == '@') {
			span_skip(&place, i);
			break;
		}
	if (span_starts(place, SPAN("["))) {
		span_skip(&place, 1);
		return until(place, "]");
	}
	return until(place, ":");
}

/* ---- addresses */

struct range {
	uint32_t first; /* host order */
	unsigned bits;
};

/* IANA's registry of special addresses, and multicast. */
static const struct range ranges[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* shared, RFC 6598 */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool
is_reserved_v4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if ((address ^ ranges[i].first) >> (32 - ranges[i].bits) == 0)
			return true;
	return false;
}

static uint32_t
read_v4(const uint8_t *octets)
{
	return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
	    (uint32_t)octets[2] << 8 | octets[3];
}

struct prefix {
	uint8_t octets[12];
	unsigned bits;
	int v4_at; /* where an IPv4 address decides; -1: it is reserved */
};

static const struct prefix prefixes[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12}, /* mapped */
    {{0, 0x64, 0xff, 0x9b}, 96, 12},                      /* NAT64 */
    {{0x20, 0x02}, 16, 2},                                /* 6to4 */
    {{0}, 96, -1}, /* unspecified, loopback, compatible */
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, -1}, /* NAT64, local */
    {{0x01}, 64, -1},                      /* discard */
    {{0x20, 0x01, 0}, 23, -1},             /* Teredo and its kin */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, -1},    /* documentation */
    {{0xfc}, 7, -1},                       /* unique local */
    {{0xfe, 0x80}, 10, -1},                /* link-local */
    {{0xfe, 0xc0}, 10, -1},                /* site-local */
    {{0xff}, 8, -1},                       /* multicast */
};

static bool
has_prefix(const uint8_t *octets, const struct prefix *prefix)
{
	for (unsigned bit = 0; bit < prefix->bits; bit++)
		if ((octets[bit / 8] ^ prefix->octets[bit / 8]) &
		    (0x80 >> bit % 8))
			return false;
	return true;
}

static bool
is_reserved_v6(const uint8_t *octets)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const struct prefix *prefix = &prefixes[i];

		if (has_prefix(octets, prefix))
			return prefix->v4_at < 0 ||
			    is_reserved_v4(read_v4(octets + prefix->v4_at));
	}
	return false;
}

/* ---- names */

static bool
ends_with(struct span host, struct span end)
{
	return host.len >= end.len &&
	    span_equal_nocase(
		span_make(host.at + host.len - end.len, end.len), end);
}

static bool
is_reserved_name(struct span host)
{
	static const char *const ends[] = {
	    ".localhost", ".local", ".internal", ".home.arpa"};

	if (span_find(host, '.') == host.len)
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_with(host, span_string(ends[i])))
			return true;
	return false;
}

bool
url_host_is_reserved(struct span host)
{
	struct in6_addr v6;
	struct in_addr v4;
	char text[HOST_SIZE];

	if (host.len > 0 && host.at[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || host.len >= sizeof(text))
		return true;
	(void)snprintf(text, sizeof(text), "%.*s", SPAN_ARG(host));
	/* "127.1", "0x7f000001" and "2130706433" are addresses as well. */
	if (inet_aton(text, &v4))
		return is_reserved_v4(ntohl(v4.s_addr));
	text[strcspn(text, "%")] = '\0'; /* an interface */
	if (inet_pton(AF_INET6, text, &v6) == 1)
		return is_reserved_v6(v6.s6_addr);
	return is_reserved_name(host);
}
