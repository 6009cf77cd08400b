/* query_date: dates as people write them. */
#include "query_date.h"

#include "clock.h"

#include <glib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY (24 * 60 * 60 * CLOCK_SECOND)

enum { YEAR, MONTH, DAY_OF, HOUR, MINUTE, SECOND, PIECES };

/* What was read so far; -1 where nothing was. */
struct date {
	int pieces[PIECES];
	int micro;
	int offset_minutes;
	bool has_offset;
	bool is_bad;
};

/* A run of digits, of letters, or one other byte. */
struct token {
	struct span text;
	uint64_t number;
	bool is_number;
	bool is_word;
	bool after_blank;
};

static bool
is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool
is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == ',';
}

static size_t
count(struct span text, bool (*is_kind)(char))
{
	size_t len = 0;

	while (len < text.len && is_kind(text.at[len]))
		len++;
	return len;
}

/* An empty text at the end. */
static struct token
peek(struct span rest)
{
	struct token token = {0};
	size_t blanks = count(rest, is_blank);

	token.after_blank = blanks > 0;
	span_skip(&rest, blanks);
	token.text = span_make(rest.at, count(rest, is_digit));
	token.is_number = span_number(token.text, &token.number);
	if (token.text.len == 0)
		token.text.len = count(rest, is_letter);
	token.is_word = token.text.len > 0 && !is_digit(token.text.at[0]);
	if (token.text.len == 0 && rest.len)
		token.text.len = 1;
	return token;
}

static struct token
next(struct span *rest)
{
	struct token token = peek(*rest);

	span_skip(rest, count(*rest, is_blank) + token.text.len);
	return token;
}

static bool
take_mark(struct span *rest, char mark)
{
	if (rest->len == 0 || rest->at[0] != mark)
		return false;
	span_skip(rest, 1);
	return true;
}

static void
set(struct date *date, int piece, uint64_t number)
{
	if (date->pieces[piece] != -1 || number > 9999)
		date->is_bad = true;
	else
		date->pieces[piece] = (int)number;
}

/* Of three letters or more: "apr", "april"; 1 to `names`, else 0. */
static int
find_name(struct span word, const char *const *names, int limit)
{
	for (int i = 0; i < limit; i++)
		if (word.len >= 3 &&
		    span_starts_nocase(span_string(names[i]), word))
			return i + 1;
	return 0;
}

static int
find_month(struct span word)
{
	static const char *const months[] = {"january", "february", "march",
	    "april", "may", "june", "july", "august", "september", "october",
	    "november", "december"};

	if (span_equal_nocase(word, SPAN("sept")))
		return 9;
	return find_name(word, months, COUNT(months));
}

static bool
is_weekday(struct span word)
{
	static const char *const days[] = {"monday", "tuesday", "wednesday",
	    "thursday", "friday", "saturday", "sunday"};

	return find_name(word, days, COUNT(days)) != 0;
}

/* Two digits are of this century or, from 70 on, of the last. */
static void
set_year(struct date *date, const struct token *token)
{
	uint64_t year = token->number;

	if (token->text.len == 2)
		year += year < 70 ? 2000 : 1900;
	else if (token->text.len != 4)
		date->is_bad = true;
	set(date, YEAR, year);
}

static void
set_month(struct date *date, const struct token *token)
{
	if (token->is_number)
		set(date, MONTH, token->number);
	else if (token->is_word && find_month(token->text))
		set(date, MONTH, (uint64_t)find_month(token->text));
	else
		date->is_bad = true;
}

static void
set_day(struct date *date, const struct token *token)
{
	if (!token->is_number || token->text.len > 2)
		date->is_bad = true;
	else
		set(date, DAY_OF, token->number);
}

/* What stands behind the first number and '-', '/' or '.'. */
static void
read_marked(
    struct date *date, const struct token *first, char mark, struct span *rest)
{
	struct token second = next(rest);
	struct token third = {0};
	bool has_third = take_mark(rest, mark);

	if (has_third)
		third = next(rest);
	if (first->text.len == 4) {
		set_year(date, first);
		set_month(date, &second);
		if (has_third)
			set_day(date, &third);
		return;
	}
	if (!has_third || mark == '.')
		date->is_bad = true;
	/* 1-apr-2024, else the order of the US: the month is first. */
	set_day(date, second.is_word ? first : &second);
	set_month(date, second.is_word ? &second : first);
	set_year(date, &third);
}

/* The digits behind the point, as microseconds. */
static int
read_fraction(struct span digits)
{
	int micro = 0;

	for (size_t i = 0; i < 6; i++)
		micro = micro * 10 + (i < digits.len ? digits.at[i] - '0' : 0);
	return micro;
}

static void
read_time(struct date *date, const struct token *hour, struct span *rest)
{
	struct token minute = next(rest);

	set(date, HOUR, hour->number);
	set(date, MINUTE, minute.number);
	if (hour->text.len > 2 || !minute.is_number || minute.text.len != 2)
		date->is_bad = true;
	if (take_mark(rest, ':')) {
		struct token second = next(rest);

		set(date, SECOND, second.number);
		if (!second.is_number || second.text.len != 2)
			date->is_bad = true;
		if (take_mark(rest, '.'))
			date->micro = read_fraction(next(rest).text);
	}
}

/* 20240401 and 20240401103000 */
static void
read_run(struct date *date, struct span digits)
{
	static const size_t lens[PIECES] = {4, 2, 2, 2, 2, 2};

	for (int piece = 0; piece < PIECES && digits.len; piece++) {
		uint64_t number;

		(void)span_number(span_make(digits.at, lens[piece]), &number);
		set(date, piece, number);
		span_skip(&digits, lens[piece]);
	}
}

/* A number that nothing marks: a day, a year, or all in one. */
static void
read_bare(struct date *date, const struct token *token)
{
	switch (token->text.len) {
	case 1:
	case 2:
		set_day(date, token);
		break;
	case 4:
		set_year(date, token);
		break;
	case 8:
	case 14:
		read_run(date, token->text);
		break;
	default:
		date->is_bad = true;
	}
}

static bool
is_ordinal(struct span word)
{
	return span_equal_nocase(word, SPAN("st")) ||
	    span_equal_nocase(word, SPAN("nd")) ||
	    span_equal_nocase(word, SPAN("rd")) ||
	    span_equal_nocase(word, SPAN("th"));
}

static void
read_number(struct date *date, const struct token *token, struct span *rest)
{
	char mark = rest->len ? rest->at[0] : '\0';

	if (!token->is_number) {
		date->is_bad = true;
	} else if (take_mark(rest, ':')) {
		read_time(date, token, rest);
	} else if (mark && strchr("-/.", mark)) {
		span_skip(rest, 1);
		read_marked(date, token, mark, rest);
	} else {
		read_bare(date, token);
		if (!peek(*rest).after_blank && is_ordinal(peek(*rest).text))
			(void)next(rest);
	}
}

/* +2, +02, +0200, +02:00 */
static void
read_offset(struct date *date, char sign, struct span *rest)
{
	struct token token = next(rest);
	int minutes = (int)(token.number % 10000);

	if (!token.is_number || token.after_blank || token.text.len > 4 ||
	    date->pieces[HOUR] == -1 || date->has_offset) {
		date->is_bad = true;
		return;
	}
	if (token.text.len > 2)
		minutes = minutes / 100 * 60 + minutes % 100;
	else
		minutes *= 60;
	if (take_mark(rest, ':'))
		minutes += (int)(next(rest).number % 100);
	date->offset_minutes = sign == '-' ? -minutes : minutes;
	date->has_offset = true;
}

static void
read_half(struct date *date, struct span word)
{
	int hour = date->pieces[HOUR];

	if (hour < 1 || hour > 12) {
		date->is_bad = true;
		return;
	}
	date->pieces[HOUR] =
	    hour % 12 + (span_equal_nocase(word, SPAN("pm")) ? 12 : 0);
}

static void
read_word(struct date *date, struct span word)
{
	if (span_equal_nocase(word, SPAN("z")) ||
	    span_equal_nocase(word, SPAN("utc")) ||
	    span_equal_nocase(word, SPAN("gmt")))
		date->has_offset = true;
	else if (span_equal_nocase(word, SPAN("am")) ||
	    span_equal_nocase(word, SPAN("pm")))
		read_half(date, word);
	else if (find_month(word))
		set(date, MONTH, (uint64_t)find_month(word));
	else if (!is_weekday(word) && !span_equal_nocase(word, SPAN("t")) &&
	    !span_equal_nocase(word, SPAN("at")))
		date->is_bad = true;
}

static void
read_pieces(struct date *date, struct span text)
{
	for (;;) {
		struct token token = next(&text);

		if (token.text.len == 0 || date->is_bad)
			return;
		if (is_digit(token.text.at[0]))
			read_number(date, &token, &text);
		else if (token.is_word)
			read_word(date, token.text);
		else if (strchr("+-", token.text.at[0]))
			read_offset(date, token.text.at[0], &text);
		else
			date->is_bad = true;
	}
}

/* A name becomes a path inside GLib: nothing of it may lead elsewhere. */
static GTimeZone *
open_zone(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	GTimeZone *zone = NULL;

	if (name && is_letter(name[0]) && strspn(name, letters) == strlen(name))
		zone = g_time_zone_new_identifier(name);
	return zone ? zone : g_time_zone_new_utc();
}

static bool
to_wall(const struct date *date, GTimeZone *zone, int64_t *wall_us)
{
	const int *pieces = date->pieces;
	GDateTime *time = g_date_time_new(zone, pieces[YEAR],
	    pieces[MONTH] == -1 ? 1 : pieces[MONTH],
	    pieces[DAY_OF] == -1 ? 1 : pieces[DAY_OF],
	    pieces[HOUR] == -1 ? 0 : pieces[HOUR],
	    pieces[MINUTE] == -1 ? 0 : pieces[MINUTE],
	    pieces[SECOND] == -1 ? 0 : pieces[SECOND]);

	if (!time)
		return false;
	*wall_us = g_date_time_to_unix(time) * CLOCK_SECOND + date->micro -
	    (int64_t)date->offset_minutes * 60 * CLOCK_SECOND;
	g_date_time_unref(time);
	return true;
}

/* Seconds since 1970, or thousandths, millionths, billionths of them. */
static bool
read_unix(struct span text, int64_t *wall_us)
{
	uint64_t number;

	if (!span_number(text, &number))
		return false;
	switch (text.len) {
	case 9:
	case 10:
		*wall_us = (int64_t)number * CLOCK_SECOND;
		return true;
	case 13:
		*wall_us = (int64_t)number * 1000;
		return true;
	case 16:
		*wall_us = (int64_t)number;
		return true;
	case 19:
		*wall_us = (int64_t)(number / 1000);
		return true;
	default:
		return false;
	}
}

static bool
start_of_day(GTimeZone *zone, int64_t at_us, int64_t *wall_us)
{
	struct date date = {.pieces = {-1, -1, -1, -1, -1, -1}};
	GDateTime *utc = g_date_time_new_from_unix_utc(at_us / CLOCK_SECOND);
	GDateTime *local = utc ? g_date_time_to_timezone(utc, zone) : NULL;
	bool is_date = local != NULL;

	if (local) {
		g_date_time_get_ymd(local, &date.pieces[YEAR],
		    &date.pieces[MONTH], &date.pieces[DAY_OF]);
		is_date = to_wall(&date, zone, wall_us);
		g_date_time_unref(local);
	}
	if (utc)
		g_date_time_unref(utc);
	return is_date;
}

static bool
read_relative(
    struct span text, GTimeZone *zone, int64_t now_us, int64_t *wall_us)
{
	static const struct {
		char letter;
		int64_t unit;
	} units[] = {
	    {'s', CLOCK_SECOND},
	    {'m', 60 * CLOCK_SECOND},
	    {'h', 60 * 60 * CLOCK_SECOND},
	    {'d', DAY},
	    {'w', 7 * DAY},
	};
	struct token token = next(&text);

	*wall_us = now_us;
	if (token.is_word && text.len)
		return false;
	if (span_equal_nocase(token.text, SPAN("now")))
		return true;
	if (span_equal_nocase(token.text, SPAN("today")))
		return start_of_day(zone, now_us, wall_us);
	if (span_equal_nocase(token.text, SPAN("yesterday")))
		return start_of_day(zone, now_us - DAY, wall_us);
	if (!token.is_number || token.number > 100000 || text.len != 1)
		return false;
	for (size_t i = 0; i < COUNT(units); i++)
		if (units[i].letter == (text.at[0] | ' ')) {
			*wall_us -= (int64_t)token.number * units[i].unit;
			return true;
		}
	return false;
}

bool
query_date(struct span text, const char *zone, int64_t now_us, int64_t *wall_us)
{
	struct date date = {.pieces = {-1, -1, -1, -1, -1, -1}};
	GTimeZone *place;
	bool is_date;

	if (read_unix(text, wall_us))
		return true;
	place = open_zone(zone);
	if (now_us && read_relative(text, place, now_us, wall_us)) {
		g_time_zone_unref(place);
		return true;
	}
	read_pieces(&date, text);
	if (date.has_offset) {
		g_time_zone_unref(place);
		place = g_time_zone_new_utc();
	}
	is_date = !date.is_bad && date.pieces[YEAR] != -1 &&
	    (date.pieces[DAY_OF] == -1 || date.pieces[MONTH] != -1) &&
	    to_wall(&date, place, wall_us);
	g_time_zone_unref(place);
	return is_date;
}
