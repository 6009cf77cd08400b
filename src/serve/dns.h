/*
 * dns: the only two questions that mailstop asks the DNS, both on request.
 *
 * Does a HELO name fit the peer (its A or AAAA records hold the peer's
 * address), and does a domain exist for mail (MX, A or AAAA). Asked over UDP on
 * the event loop; packets are made and read by libresolv. Nothing blocks.
 */
#ifndef DNS_H
#define DNS_H

#include "err.h"
#include "log.h"
#include "span.h"

struct event_base;
struct dns;
struct dns_query;

enum dns_answer {
	DNS_YES,
	DNS_NO,
	DNS_TRY_AGAIN, /* no server answered, or it failed */
};

typedef void dns_callback(enum dns_answer, void *context);

/*
 * `server` "127.0.0.1", "127.0.0.1:53", "[::1]:53"; NULL takes all of the
 * system's (resolv.conf), one after the other. Timeout and attempts are the
 * system's in both cases. ERR_USAGE when it is no address.
 */
enum err dns_open(struct dns **out, struct event_base *, const char *server,
    struct failure *);

/* Queries that still run are dropped without their callback. NULL is allowed.
 */
void dns_close(struct dns *);

/*
 * Asks. The callback runs later, never inside the call, and once; the query is
 * gone then. NULL without memory. A name that cannot stand in the DNS is
 * DNS_NO. An answer that was too long for UDP is DNS_YES: there is something,
 * and nobody is refused for having much of it.
 */
/* `peer` as inet_ntop(3) writes it. A name "[192.0.2.1]" is compared with it
   without asking. */
struct dns_query *dns_ask_host_has(struct dns *, struct span host,
    const char *peer, dns_callback *, void *context);
/* A null MX (RFC 7505) is DNS_NO. Names beyond ASCII are not asked for, nor are
   address literals: DNS_YES. */
struct dns_query *dns_ask_domain_exists(
    struct dns *, struct span domain, dns_callback *, void *context);

/* No callback any more. NULL is allowed. */
void dns_cancel(struct dns_query *);

#endif
