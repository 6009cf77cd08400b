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

/* `server` "127.0.0.1:53"; NULL takes the system's (resolv.conf). */
enum err dns_open(struct dns **out, struct event_base *, const char *server,
    struct failure *);

/* Queries that still run are dropped without their callback. */
void dns_close(struct dns *);

/*
 * Asks. The callback runs later, never inside the call, and once; the query is
 * gone then. NULL without memory or socket. `peer` as inet_ntop(3) writes it.
 */
struct dns_query *dns_ask_host_has(struct dns *, struct span host,
    const char *peer, dns_callback *, void *context);
struct dns_query *dns_ask_domain_exists(
    struct dns *, struct span domain, dns_callback *, void *context);

/* No callback any more. NULL is allowed. */
void dns_cancel(struct dns_query *);

#endif
