/*
 * value: counts, sizes, durations and yes or no, as a person writes them.
 *
 * Pure. All of the text must be the value; blanks around it are refused, and so
 * is what does not fit the type. *out is unchanged then.
 */
#ifndef VALUE_H
#define VALUE_H

#include "span.h"

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits. */
bool value_count(struct span, uint64_t *count);

/* Bytes: digits, then nothing, or K, M, G or T (times 1,024 each), in either
   case, also as "KB" or "KiB". */
bool value_size(struct span, uint64_t *bytes);

/*
 * "500ms", "10s", "90", "1.5h", "1h30m": numbers with at most six digits behind
 * the point, each with a unit of us, ms, s, m, h, d or w; a number that stands
 * alone is seconds.
 */
bool value_duration(struct span, int64_t *us);

/* yes, no, on, off, true, false, 1 or 0, in either case. */
bool value_flag(struct span, bool *flag);

#endif
