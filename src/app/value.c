/* value: counts, sizes, durations and yes or no. */
#include "value.h"

bool
value_count(struct span text, uint64_t *count)
{
	return span_number(text, count);
}

static bool
is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* The digits at the front; *text moves behind them. */
static struct span
take_digits(struct span *text)
{
	struct span digits = {text->at, 0};

	while (digits.len < text->len && is_digit(text->at[digits.len]))
		digits.len++;
	span_skip(text, digits.len);
	return digits;
}

bool
value_size(struct span text, uint64_t *bytes)
{
	static const struct {
		struct span word;
		unsigned shift;
	} units[] = {
	    {SPAN(""), 0},
	    {SPAN("B"), 0},
	    {SPAN("K"), 10},
	    {SPAN("KB"), 10},
	    {SPAN("KiB"), 10},
	    {SPAN("M"), 20},
	    {SPAN("MB"), 20},
	    {SPAN("MiB"), 20},
	    {SPAN("G"), 30},
	    {SPAN("GB"), 30},
	    {SPAN("GiB"), 30},
	    {SPAN("T"), 40},
	    {SPAN("TB"), 40},
	    {SPAN("TiB"), 40},
	};
	struct span digits = take_digits(&text);
	uint64_t number;

	if (!span_number(digits, &number))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!span_equal_nocase(text, units[i].word))
			continue;
		/* Sums of sizes stay signed numbers in the database. */
		if (number > (uint64_t)INT64_MAX >> units[i].shift)
			return false;
		*bytes = number << units[i].shift;
		return true;
	}
	return false;
}

/* The unit at the front, in microseconds; 0 when there is none. */
static int64_t
take_unit(struct span *text)
{
	static const struct {
		struct span word;
		int64_t us;
	} units[] = {
	    /* "ms" must be tried before "m". */
	    {SPAN("us"), 1},
	    {SPAN("ms"), 1000},
	    {SPAN("s"), 1000000},
	    {SPAN("m"), INT64_C(60) * 1000000},
	    {SPAN("h"), INT64_C(3600) * 1000000},
	    {SPAN("d"), INT64_C(86400) * 1000000},
	    {SPAN("w"), INT64_C(604800) * 1000000},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!span_starts_nocase(*text, units[i].word))
			continue;
		span_skip(text, units[i].word.len);
		return units[i].us;
	}
	return 0;
}

/* "1.5" in millionths; false when it is no number or too large. */
static bool
take_millionths(struct span *text, int64_t *millionths)
{
	struct span whole = take_digits(text);
	struct span part = {whole.at + whole.len, 0};
	uint64_t number;
	uint64_t fraction = 0;

	if (!span_number(whole, &number) || number > INT64_MAX / 1000000 - 1)
		return false;
	if (text->len > 0 && text->at[0] == '.') {
		span_skip(text, 1);
		part = take_digits(text);
		if (part.len > 6 || !span_number(part, &fraction))
			return false;
		for (size_t i = part.len; i < 6; i++)
			fraction *= 10;
	}
	*millionths = (int64_t)(number * 1000000 + fraction);
	return true;
}

bool
value_duration(struct span text, int64_t *us)
{
	int64_t sum = 0;
	bool is_alone = true;

	do {
		int64_t number;
		int64_t unit;
		int64_t part;

		if (!take_millionths(&text, &number))
			return false;
		unit = take_unit(&text);
		if (unit == 0 && (!is_alone || text.len > 0))
			return false;
		if (unit == 0)
			unit = 1000000;
		if (__builtin_mul_overflow(number / 1000000, unit, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return false;
		/* Under a million times at most 6.048e11: it fits. */
		part = number % 1000000 * unit / 1000000;
		if (__builtin_add_overflow(sum, part, &sum))
			return false;
		is_alone = false;
	} while (text.len > 0);
	*us = sum;
	return true;
}

bool
value_flag(struct span text, bool *flag)
{
	static const struct {
		struct span word;
		bool means;
	} words[] = {
	    {SPAN("yes"), true},
	    {SPAN("no"), false},
	    {SPAN("on"), true},
	    {SPAN("off"), false},
	    {SPAN("true"), true},
	    {SPAN("false"), false},
	    {SPAN("1"), true},
	    {SPAN("0"), false},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!span_equal_nocase(text, words[i].word))
			continue;
		*flag = words[i].means;
		return true;
	}
	return false;
}
