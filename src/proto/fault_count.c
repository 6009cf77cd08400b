/* fault_count: how often each rule has fitted for each key. */
#include "fault_count.h"

#include <stdlib.h>
#include <string.h>

#define NOTHING UINT32_MAX
#define FIRST_SIZE 64

struct fault_entry {
	struct fault_key key;
	uint64_t rule;
	struct fault_count count;
	uint32_t next; /* in its bucket, or in the chain of free ones */
	uint32_t older, newer;
};

uint64_t
fault_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

struct fault_key
fault_key(struct span text, size_t fold)
{
	struct fault_key key = {text.len, ~(uint64_t)text.len};

	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (i >= fold && byte >= 'A' && byte <= 'Z')
			byte = (unsigned char)(byte + 32);
		key.one = fault_mix(key.one ^ byte);
		key.other = fault_mix(key.other + byte);
	}
	return key;
}

void
fault_counts_init(struct fault_counts *counts, size_t limit)
{
	memset(counts, 0, sizeof(*counts));
	counts->limit = limit;
	counts->oldest = counts->newest = counts->free = NOTHING;
}

void
fault_counts_release(struct fault_counts *counts)
{
	free(counts->entries);
	free(counts->buckets);
	fault_counts_init(counts, counts->limit);
}

static uint32_t *
bucket_of(
    const struct fault_counts *counts, uint64_t rule, struct fault_key key)
{
	uint64_t hash = fault_mix(key.one ^ fault_mix(rule));

	return &counts->buckets[hash & (counts->bucket_count - 1)];
}

static void
unlink_age(struct fault_counts *counts, struct fault_entry *entry)
{
	if (entry->older == NOTHING)
		counts->oldest = entry->newer;
	else
		counts->entries[entry->older].newer = entry->newer;
	if (entry->newer == NOTHING)
		counts->newest = entry->older;
	else
		counts->entries[entry->newer].older = entry->older;
}

static void
link_newest(struct fault_counts *counts, uint32_t number)
{
	struct fault_entry *entry = &counts->entries[number];

	entry->older = counts->newest;
	entry->newer = NOTHING;
	if (counts->newest == NOTHING)
		counts->oldest = number;
	else
		counts->entries[counts->newest].newer = number;
	counts->newest = number;
}

static void
drop(struct fault_counts *counts, uint32_t number)
{
	struct fault_entry *entry = &counts->entries[number];
	uint32_t *link = bucket_of(counts, entry->rule, entry->key);

	while (*link != number)
		link = &counts->entries[*link].next;
	*link = entry->next;
	unlink_age(counts, entry);
	entry->next = counts->free;
	counts->free = number;
}

/* Twice the entries, or as many as may be; and a bucket or two for each. */
static bool
enlarge(struct fault_counts *counts)
{
	size_t size = counts->size ? counts->size * 2 : FIRST_SIZE;
	size_t bucket_count = counts->size ? counts->bucket_count * 2 : 128;
	struct fault_entry *entries;
	uint32_t *buckets;

	if (size > counts->limit)
		size = counts->limit;
	entries = realloc(counts->entries, size * sizeof(*entries));
	if (!entries)
		return false;
	counts->entries = entries;
	buckets = malloc(bucket_count * sizeof(*buckets));
	if (!buckets)
		return false;
	free(counts->buckets);
	counts->buckets = buckets;
	counts->bucket_count = bucket_count;
	counts->size = size;
	for (size_t i = 0; i < bucket_count; i++)
		buckets[i] = NOTHING;
	for (uint32_t i = 0; i < counts->count; i++) {
		uint32_t *link =
		    bucket_of(counts, entries[i].rule, entries[i].key);

		entries[i].next = *link;
		*link = i;
	}
	return true;
}

/* An entry that nothing is linked to; NOTHING without memory. */
static uint32_t
take_entry(struct fault_counts *counts)
{
	uint32_t number;

	if (counts->free == NOTHING && counts->count == counts->size &&
	    (counts->size >= counts->limit || !enlarge(counts))) {
		if (counts->oldest == NOTHING)
			return NOTHING;
		drop(counts, counts->oldest);
	}
	if (counts->free == NOTHING)
		return (uint32_t)counts->count++;
	number = counts->free;
	counts->free = counts->entries[number].next;
	return number;
}

static uint32_t
find(const struct fault_counts *counts, uint64_t rule, struct fault_key key)
{
	uint32_t number;

	if (counts->bucket_count == 0)
		return NOTHING;
	number = *bucket_of(counts, rule, key);
	while (number != NOTHING) {
		const struct fault_entry *entry = &counts->entries[number];

		if (entry->rule == rule && entry->key.one == key.one &&
		    entry->key.other == key.other)
			break;
		number = entry->next;
	}
	return number;
}

struct fault_count *
fault_counts_at(
    struct fault_counts *counts, uint64_t rule, struct fault_key key)
{
	uint32_t number = find(counts, rule, key);
	struct fault_entry *entry;
	uint32_t *link;

	if (number != NOTHING) {
		unlink_age(counts, &counts->entries[number]);
		link_newest(counts, number);
		return &counts->entries[number].count;
	}
	number = take_entry(counts);
	if (number == NOTHING)
		return NULL;
	entry = &counts->entries[number];
	memset(entry, 0, sizeof(*entry));
	entry->key = key;
	entry->rule = rule;
	link = bucket_of(counts, rule, key);
	entry->next = *link;
	*link = number;
	link_newest(counts, number);
	return &entry->count;
}

void
fault_counts_forget(struct fault_counts *counts, uint64_t rule)
{
	uint32_t number = counts->oldest;

	while (number != NOTHING) {
		uint32_t newer = counts->entries[number].newer;

		if (counts->entries[number].rule == rule)
			drop(counts, number);
		number = newer;
	}
	if (counts->oldest == NOTHING)
		fault_counts_release(counts);
}
