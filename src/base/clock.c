/* clock: what time it is, and how a time is written. */
#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

int64_t
clock_wall_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Returns the microseconds within the second, which are never negative. */
static int
split(struct tm *tm, int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / CLOCK_SECOND);
	int64_t rest = wall_us % CLOCK_SECOND;

	if (rest < 0) {
		rest += CLOCK_SECOND;
		seconds--;
	}
	if (!gmtime_r(&seconds, tm)) {
		seconds = 0;
		(void)gmtime_r(&seconds, tm);
	}
	return (int)rest;
}

void
clock_rfc3339(char text[CLOCK_TEXT_SIZE], int64_t wall_us)
{
	struct tm tm;
	int micro = split(&tm, wall_us);

	(void)snprintf(text, CLOCK_TEXT_SIZE,
	    "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, micro);
}

void
clock_rfc5322(char text[CLOCK_TEXT_SIZE], int64_t wall_us)
{
	/* strftime() would follow the locale; the RFC is English. */
	static const char *const days[] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;

	(void)split(&tm, wall_us);
	(void)snprintf(text, CLOCK_TEXT_SIZE,
	    "%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}
