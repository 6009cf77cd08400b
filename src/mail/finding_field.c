/* finding_field: whether dates, identifiers and types are well formed. */
#include "finding_private.h"

#include <string.h>

#define DIGITS "0123456789"

/* ---- dates */

static bool
is_digit(char byte)
{
	return finding_is_one_of(byte, DIGITS);
}

static bool
is_alpha(char byte)
{
	return finding_is_alnum(byte) && !is_digit(byte);
}

static bool
cut_number(struct span *rest, size_t least, size_t most, unsigned *number)
{
	struct span digits = finding_cut_while(rest, is_digit);
	uint64_t value = 0;

	if (digits.len < least || digits.len > most ||
	    !span_number(digits, &value))
		return false;
	*number = (unsigned)value;
	return true;
}

/* The index of the three-letter name at the front, from 0. */
static bool
cut_name(struct span *rest, const char *names, unsigned *index)
{
	struct span name = finding_cut_while(rest, is_alpha);

	for (*index = 0; names[*index * 3]; (*index)++)
		if (span_equal_nocase(name, span_make(names + *index * 3, 3)))
			return true;
	return false;
}

static bool
cut_byte(struct span *rest, char byte)
{
	if (!finding_skip_cfws(rest) || rest->len == 0 || rest->at[0] != byte)
		return false;
	span_skip(rest, 1);
	return finding_skip_cfws(rest);
}

struct date {
	unsigned weekday; /* 0 is Sunday; 7 when it was not given */
	unsigned day, month, year;
};

static bool
cut_date(struct span *rest, struct date *date)
{
	date->weekday = 7;
	if (rest->len && is_alpha(rest->at[0]) &&
	    (!cut_name(rest, "SunMonTueWedThuFriSat", &date->weekday) ||
		!cut_byte(rest, ',')))
		return false;
	return cut_number(rest, 1, 2, &date->day) && finding_skip_cfws(rest) &&
	    cut_name(
		rest, "JanFebMarAprMayJunJulAugSepOctNovDec", &date->month) &&
	    finding_skip_cfws(rest) && cut_number(rest, 4, 9, &date->year);
}

/* The weekday is counted with a year that begins in March. */
static bool
can_be(const struct date *date)
{
	static const unsigned char days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	static const unsigned char shift[] = {
	    0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
	unsigned year = date->year;
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	unsigned last =
	    days[date->month] + (date->month == 1 && is_leap ? 1U : 0U);

	if (date->day < 1 || date->day > last || year < 1900)
		return false;
	year -= date->month < 2 ? 1 : 0;
	return date->weekday == 7 ||
	    date->weekday ==
	    (year + year / 4 - year / 100 + year / 400 + shift[date->month] +
		date->day) %
		7;
}

static bool
cut_time(struct span *rest)
{
	unsigned hour, minute, second = 0;

	if (!cut_number(rest, 2, 2, &hour) || !cut_byte(rest, ':') ||
	    !cut_number(rest, 2, 2, &minute) || !finding_skip_cfws(rest))
		return false;
	if (rest->len && rest->at[0] == ':' &&
	    (!cut_byte(rest, ':') || !cut_number(rest, 2, 2, &second)))
		return false;
	return hour < 24 && minute < 60 && second <= 60;
}

/* "+0100"; names of zones are obsolete and must not be written (4.3). */
static bool
cut_zone(struct span *rest)
{
	unsigned zone;

	if (rest->len == 0 || !finding_is_one_of(rest->at[0], "+-"))
		return false;
	span_skip(rest, 1);
	return cut_number(rest, 4, 4, &zone) && zone % 100 < 60;
}

bool
finding_is_date(struct span value)
{
	struct date date;

	return finding_skip_cfws(&value) && cut_date(&value, &date) &&
	    can_be(&date) && finding_skip_cfws(&value) && cut_time(&value) &&
	    finding_skip_cfws(&value) && cut_zone(&value) &&
	    finding_skip_cfws(&value) && value.len == 0;
}

/* ---- identifiers, versions */

static bool
cut_dot_atom(struct span *rest)
{
	do
		if (finding_cut_while(rest, finding_is_atext).len == 0)
			return false;
	while (rest->len && rest->at[0] == '.' && (span_skip(rest, 1), true));
	return true;
}

bool
finding_is_message_id(struct span value)
{
	if (!cut_byte(&value, '<') || !cut_dot_atom(&value) || value.len == 0 ||
	    value.at[0] != '@')
		return false;
	span_skip(&value, 1);
	if (value.len && value.at[0] == '[' ? !finding_cut_literal(&value)
					    : !cut_dot_atom(&value))
		return false;
	return value.len && value.at[0] == '>' && cut_byte(&value, '>') &&
	    value.len == 0;
}

bool
finding_is_mime_version(struct span value)
{
	return cut_byte(&value, '1') && cut_byte(&value, '.') &&
	    cut_byte(&value, '0') && value.len == 0;
}

/* ---- types */

static bool
is_in_value(char byte)
{
	return !finding_is_blank(byte) && byte != ';';
}

/* A value that lacks its quotes, "a=b", is taken up to its end as others do;
   that it is malformed is said nevertheless. */
static bool
cut_value(struct span *rest, struct span *value)
{
	struct span token;

	if (rest->len && rest->at[0] == '"')
		return finding_cut_quoted(rest, value);
	token = *value = finding_cut_while(rest, is_in_value);
	return finding_cut_token(&token).len == value->len && value->len > 0;
}

static bool
cut_parameter(struct span *rest, struct finding_type *type)
{
	struct span name, value;
	bool is_good;

	if (!cut_byte(rest, ';'))
		return false;
	name = finding_cut_token(rest);
	if (name.len == 0 || !cut_byte(rest, '='))
		return false;
	is_good = cut_value(rest, &value);
	if (span_equal_nocase(name, SPAN("boundary"))) {
		type->boundary = value;
		type->has_boundary = true;
	} else if (span_equal_nocase(name, SPAN("charset")))
		type->charset = value;
	return finding_skip_cfws(rest) && is_good;
}

/* Behind a parameter that cannot be read, the boundary is still looked for. */
static void
guess_boundary(struct span rest, struct finding_type *type)
{
	while (!type->has_boundary && rest.len) {
		span_skip(&rest, 1);
		if (!span_starts_nocase(rest, SPAN("boundary=")))
			continue;
		span_skip(&rest, sizeof("boundary=") - 1);
		type->has_boundary = true;
		(void)cut_value(&rest, &type->boundary);
	}
}

bool
finding_read_type(struct span value, struct finding_type *type)
{
	memset(type, 0, sizeof(*type));
	if (!finding_skip_cfws(&value))
		return false;
	type->type = finding_cut_token(&value);
	if (type->type.len == 0 || !cut_byte(&value, '/'))
		return false;
	type->subtype = finding_cut_token(&value);
	if (type->subtype.len == 0 || !finding_skip_cfws(&value))
		return false;
	while (value.len) {
		struct span whole = value;

		if (!cut_parameter(&value, type)) {
			guess_boundary(whole, type);
			return false;
		}
	}
	return true;
}
