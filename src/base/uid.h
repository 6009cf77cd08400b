/*
 * uid: names that are unique across machines and sort by time.
 *
 * 22 characters of 0-9A-Za-z: a 128-bit number in base 62, most significant
 * first. Its upper 48 bits are the milliseconds of the wall clock; the lower
 * 80 come from the kernel, and count up within one millisecond, so that one
 * source's names strictly increase even when the clock stands or steps back.
 */
#ifndef UID_H
#define UID_H

#include <stdint.h>

#define UID_LEN 22
#define UID_SIZE (UID_LEN + 1)

/* One thread's source of names; start with all zeros. */
struct uid_source {
	uint64_t last_ms;
	uint64_t high; /* 16 bits used */
	uint64_t low;
};

/* Writes the next name and its NUL. */
void uid_next(struct uid_source *, int64_t wall_us, char uid[UID_SIZE]);

#endif
