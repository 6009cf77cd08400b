/*
 * query_date: dates as people write them.
 *
 *	2024  2024-04  2024-04-01  2024/04/01  20240401  04/01/2024 (US)
 *	1 april 2024  april 1 2024  1-apr-2024  april 2024
 *	1712000000 (seconds since 1970; with 13, 16 or 19 digits parts of them)
 *
 * A time may follow, T or blanks between: 10:30, 10:30:00, 10:30:00.5, 10:30
 * pm; and a zone: Z, UTC, GMT, +02:00, +0200. A weekday before it is ignored.
 * What is left out is the beginning. Commas count as blanks. Any case.
 */
#ifndef QUERY_DATE_H
#define QUERY_DATE_H

#include "span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * False when it is no date, or one that the calendar does not have. `zone`: see
 * query.h. With now_us not 0 also "now", "today", "yesterday" and how long ago:
 * 30s, 15m, 2h, 7d, 4w.
 */
bool query_date(
    struct span text, const char *zone, int64_t now_us, int64_t *wall_us);

#endif
