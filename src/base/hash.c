/* hash: a number for bytes, to find them in a table by. */
#include "hash.h"

#include <string.h>

/* The golden ratio's: odd, and its bits are spread evenly. */
#define FACTOR 0x9e3779b97f4a7c15
#define LOWER 0x2020202020202020

static uint64_t
load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Up to eight bytes; those in the middle may be taken twice. */
static uint64_t
load_end(const char *at, size_t len)
{
	uint32_t first, last;

	if (len == 8)
		return load(at);
	if (len >= 4) {
		memcpy(&first, at, sizeof(first));
		memcpy(&last, at + len - sizeof(last), sizeof(last));
		return first | (uint64_t)last << 32;
	}
	if (len == 0)
		return 0;
	return (unsigned char)at[0] |
	    (uint64_t)(unsigned char)at[len / 2] << 8 |
	    (uint64_t)(unsigned char)at[len - 1] << 16;
}

static uint64_t
mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * FACTOR;
	return sum ^ sum >> 32;
}

static uint64_t
sum_up(struct span span, uint64_t fold)
{
	uint64_t sum = span.len;

	while (span.len > 8) {
		sum = mix(sum, load(span.at) | fold);
		span.at += 8;
		span.len -= 8;
	}
	return mix(sum, load_end(span.at, span.len) | fold);
}

uint64_t
hash_of(struct span span)
{
	return sum_up(span, 0);
}

uint64_t
hash_of_word(struct span word)
{
	return sum_up(word, LOWER);
}
