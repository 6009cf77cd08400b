/* uid: names that are unique across machines and sort by time. */
#include "uid.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* In the order of ASCII, so that comparing text compares numbers. */
static const char digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static uint64_t
random_bits(void)
{
	uint64_t bits;

	/* Up to 256 bytes never come short; before the kernel has its seed a
	   signal may end the wait. */
	while (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		if (errno != EINTR)
			abort();
	return bits;
}

static void
start_millisecond(struct uid_source *source, uint64_t ms)
{
	source->last_ms = ms;
	/* The top bit stays free, so that counting up has room. */
	source->high = random_bits() & 0x7fff;
	source->low = random_bits();
}

static void
count_up(struct uid_source *source)
{
	source->low++;
	if (source->low == 0)
		source->high++;
}

void
uid_next(struct uid_source *source, int64_t wall_us, char uid[UID_SIZE])
{
	/* Never 0, so that a new source starts with random bits even where the
	   clock was not set. */
	uint64_t ms = wall_us < 1000 ? 1 : (uint64_t)(wall_us / 1000);
	unsigned __int128 number;

	if (ms > source->last_ms)
		start_millisecond(source, ms);
	else
		count_up(source);
	number = source->last_ms & 0xffffffffffff;
	number = number << 16 | (source->high & 0xffff);
	number = number << 64 | source->low;
	uid[UID_LEN] = '\0';
	for (int i = UID_LEN - 1; i >= 0; i--) {
		uid[i] = digits[(unsigned)(number % 62)];
		number /= 62;
	}
}
