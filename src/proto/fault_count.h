/*
 * fault_count: how often each rule has fitted for each key.
 *
 * A table with a ceiling: past it the key that has not been asked for longest
 * goes. Keys are kept as 128 bits of hash, so that a long address costs what a
 * short one does. The same text gives the same key in every run.
 */
#ifndef FAULT_COUNT_H
#define FAULT_COUNT_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault_count {
	uint64_t seen;
	int64_t since_us; /* when the period of rate= began */
	uint64_t in_period;
};

struct fault_key {
	uint64_t one, other;
};

/* From byte `fold` on, upper and lower case are the same. */
struct fault_key fault_key(struct span text, size_t fold);

struct fault_entry;
struct fault_counts {
	struct fault_entry *entries;
	uint32_t *buckets;
	size_t count, size, bucket_count;
	size_t limit;
	uint32_t oldest, newest;
	uint32_t free; /* a chain of entries that were forgotten */
};

/* At most `limit` keys (under 2^31). */
void fault_counts_init(struct fault_counts *, size_t limit);
void fault_counts_release(struct fault_counts *);

/*
 * The count of a rule's key, all zero when it is new. Good until the next call.
 * NULL only when there is no memory for a first key; else the oldest goes.
 */
struct fault_count *
fault_counts_at(struct fault_counts *, uint64_t rule, struct fault_key);

/* Forgets all keys of a rule. */
void fault_counts_forget(struct fault_counts *, uint64_t rule);

/* Sebastiano Vigna's splitmix64: each bit of the result depends on all. */
uint64_t fault_mix(uint64_t);

#endif
