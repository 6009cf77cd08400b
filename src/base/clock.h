/*
 * clock: what time it is, and how a time is written.
 *
 * Times are microseconds in a signed 64-bit integer: wall-clock times since
 * 1970-01-01 UTC, monotonic ones since some fixed moment. Any thread.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND ((int64_t)1000000)

/* Room for either written form and its NUL. */
#define CLOCK_TEXT_SIZE 96

int64_t clock_wall_us(void);
int64_t clock_mono_us(void);

/* RFC 3339 in UTC with six digits: 2003-03-25T11:37:02.000000Z */
void clock_rfc3339(char text[CLOCK_TEXT_SIZE], int64_t wall_us);

/* RFC 5322 in UTC: Tue, 25 Mar 2003 11:37:02 +0000 */
void clock_rfc5322(char text[CLOCK_TEXT_SIZE], int64_t wall_us);

#endif
