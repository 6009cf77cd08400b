/*
 * dns_packet: one question to the DNS as bytes, and what an answer says to it.
 *
 * RFC 1035. Pure.
 */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_SIZE 256
/* Room for any question. */
#define DNS_QUESTION_SIZE 512

enum dns_type { DNS_END = 0, DNS_A = 1, DNS_MX = 15, DNS_AAAA = 28 };

struct dns_question {
	char name[DNS_NAME_SIZE]; /* without a dot at the end */
	enum dns_type type;
	uint16_t id;
	/* DNS_A and DNS_AAAA: the address that is looked for, of 4 or 16
	   bytes, or 0: any will do. */
	unsigned char address[16];
	size_t address_len;
};

enum dns_said {
	DNS_SAID_NOTHING,  /* it is no answer to this question */
	DNS_SAID_FAILED,   /* this server cannot tell */
	DNS_SAID_NO_NAME,  /* there is no such name, or it wants no mail */
	DNS_SAID_NO_DATA,  /* the name has no such record */
	DNS_SAID_YES,      /* there it is */
	DNS_SAID_TOO_MUCH, /* cut off before it was found */
};

/* Keeps the name; false when it is none that can be asked for. */
bool dns_question_set_name(struct dns_question *, struct span name);

/* Writes the packet; how many bytes it has, 0 when it cannot be written. */
size_t dns_packet_make(
    unsigned char room[DNS_QUESTION_SIZE], const struct dns_question *);

/* CNAME records of the same packet are followed. */
enum dns_said dns_packet_read(
    const unsigned char *at, size_t len, const struct dns_question *);

#endif
