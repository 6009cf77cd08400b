/*
 * dns_reply: answers of a DNS server, put together byte by byte.
 */
#ifndef DNS_REPLY_H
#define DNS_REPLY_H

#include "span.h"

#include <assert.h>
#include <string.h>

#define DNS_REPLY_SIZE 1024
#define DNS_HEADER_SIZE 12

/* Pieces of a record; the name of the question stands at offset 12. */
#define DNS_ASKED "\xc0\x0c"
#define DNS_IS_A "\0\x01\0\x01\0\0\0\x3c\0\x04"
#define DNS_IS_AAAA "\0\x1c\0\x01\0\0\0\x3c\0\x10"
#define DNS_IS_MX "\0\x0f\0\x01\0\0\0\x3c"
#define DNS_IS_CNAME "\0\x05\0\x01\0\0\0\x3c"
#define DNS_IS_TXT "\0\x10\0\x01\0\0\0\x3c"
#define DNS_V4 "\x7f\0\0\x01"
#define DNS_OTHER_V4 "\x7f\0\0\x02"
#define DNS_V6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"

struct dns_reply {
	unsigned flags; /* beside "it is an answer": rcode, DNS_CUT */
	unsigned count; /* of records */
	struct span records;
};
#define DNS_CUT 0x0200

/* The answer to a question; its length. */
static inline size_t
dns_reply_make(unsigned char room[DNS_REPLY_SIZE],
    const unsigned char *question, size_t len, const struct dns_reply *reply)
{
	assert(len >= DNS_HEADER_SIZE);
	assert(len + reply->records.len <= DNS_REPLY_SIZE);
	memcpy(room, question, len);
	room[2] = (unsigned char)(0x81 | reply->flags >> 8);
	room[3] = (unsigned char)(0x80 | (reply->flags & 15));
	room[7] = (unsigned char)reply->count;
	if (reply->records.len > 0)
		memcpy(room + len, reply->records.at, reply->records.len);
	return len + reply->records.len;
}

#endif
