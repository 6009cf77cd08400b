/* link_code: one-time codes in the text of a message. */
#include "link_private.h"

#include <string.h>

/* Below this nobody should type it anywhere. */
#define LEAST 50
#define MOST 99
/* A line speaks for so many below it, empty ones not counted. */
#define REACH 3
/* From this on what follows on the next lines is something else. */
#define SURE 60

/* How much a line has to do with codes. */
enum speech { SILENT, WEAK, STRONG };

/* Words that make a line speak; lower case. A weak one is whole, or the end
   of a longer word: "Sicherheitscode". */
static const struct {
	const char *word;
	enum speech speech;
} speaking[] = {
    {"verification code", STRONG},
    {"security code", STRONG},
    {"one-time code", STRONG},
    {"one time code", STRONG},
    {"one-time password", STRONG},
    {"one time password", STRONG},
    {"one-time pin", STRONG},
    {"one-time passcode", STRONG},
    {"temporary password", STRONG},
    {"login code", STRONG},
    {"log-in code", STRONG},
    {"sign-in code", STRONG},
    {"sign in code", STRONG},
    {"signin code", STRONG},
    {"access code", STRONG},
    {"confirmation code", STRONG},
    {"activation code", STRONG},
    {"authentication code", STRONG},
    {"authorization code", STRONG},
    {"recovery code", STRONG},
    {"reset code", STRONG},
    {"launch code", STRONG},
    {"device code", STRONG},
    {"passcode", STRONG},
    {"otp", STRONG},
    {"2fa", STRONG},
    {"two-factor", STRONG},
    {"verification number", STRONG},
    {"best\xc3\xa4tigungscode", STRONG},
    {"sicherheitscode", STRONG},
    {"einmalcode", STRONG},
    {"einmalpasswort", STRONG},
    {"ihre tan", STRONG},
    {"mtan", STRONG},
    {"code de v\xc3\xa9rification", STRONG},
    {"code de s\xc3\xa9"
     "curit\xc3\xa9",
	STRONG},
    {"c\xc3\xb3"
     "digo de verificaci\xc3\xb3n",
	STRONG},
    {"c\xc3\xb3"
     "digo de verifica\xc3\xa7\xc3\xa3o",
	STRONG},
    {"codice di verifica", STRONG},
    {"\xe9\xaa\x8c\xe8\xaf\x81\xe7\xa0\x81", STRONG},
    {"\xe9\xa9\x97\xe8\xad\x89\xe7\xa2\xbc", STRONG},
    {"\xe8\xaa\x8d\xe8\xa8\xbc\xe3\x82\xb3\xe3\x83\xbc\xe3\x83\x89", STRONG},
    {"\xe7\xa2\xba\xe8\xaa\x8d\xe3\x82\xb3\xe3\x83\xbc\xe3\x83\x89", STRONG},
    {"\xec\x9d\xb8\xec\xa6\x9d", STRONG},
    {"code", WEAK},
    {"codes", WEAK},
    {"pin", WEAK},
    {"c\xc3\xb3"
     "digo",
	WEAK},
    {"codigo", WEAK},
    {"codice", WEAK},
    {"kod", WEAK},
    {"k\xc3\xb3"
     "d",
	WEAK},
    {"koodi", WEAK},
    {"\xd0\xba\xd0\xbe\xd0\xb4", WEAK},
    {"\xd0\x9a\xd0\xbe\xd0\xb4", WEAK},
    {"\xe3\x82\xb3\xe3\x83\xbc\xe3\x83\x89", WEAK},
};

/* Codes of another kind: a line with one of these says nothing. */
static const char *const other_codes[] = {"promo", "discount", "coupon",
    "voucher", "checkout", "% off", "off your", "gift", "referral", "zip code",
    "postal code", "postcode", "post code", "country code", "area code",
    "qr code", "qr-code", "source code", "error code", "status code",
    "exit code", "dress code", "code of conduct", "tracking code",
    "booking code", "reservation code", "code review", "rabatt", "gutschein"};

/* What stands before a number that is no code. */
static const char *const before_others[] = {"order", "invoice", "ticket",
    "case", "ref", "reference", "account", "customer", "ending", "phone", "tel",
    "telephone", "fax", "call", "zip", "box", "suite", "version", "build",
    "error", "port", "copyright", "id", "rechnung", "bestellung", "since",
    "tracking", "booking", "bestellnummer", "kundennummer", "rechnungsnummer"};

/* What stands behind a number that counts something. */
static const char *const units[] = {"minutes", "minute", "min", "mins", "hours",
    "hour", "hrs", "days", "day", "seconds", "second", "sec", "weeks",
    "minuten", "stunden", "tage", "usd", "eur", "gbp", "kr", "euro", "dollars",
    "points", "people", "users", "items", "mb", "gb", "kb", "km", "kg", "px",
    "am", "pm", "street", "st", "ave", "avenue", "road", "rd", "lane", "blvd",
    "times"};

/* ---- characters and words */

/* Whether the word stands in the text; its end must be the end of a word, its
   start only for those shorter than four letters. */
static bool
has_word(struct span text, struct span word, const char **end)
{
	for (size_t i = 0; i + word.len <= text.len; i++) {
		struct span rest = span_make(text.at + i, text.len - i);
		bool ends, starts;

		if (!span_starts_nocase(rest, word))
			continue;
		ends = rest.len == word.len ||
		    !link_is_word_byte(rest.at[word.len]);
		starts = word.len > 3 || i == 0 ||
		    !link_is_word_byte(text.at[i - 1]);
		if (!ends || !starts)
			continue;
		*end = rest.at + word.len;
		return true;
	}
	return false;
}

/* How much the line speaks of codes; *where is the end of what says so. */
static enum speech
speech_of(struct span line, const char **where)
{
	enum speech speech = SILENT;
	const char *end = NULL;

	for (size_t i = 0; i < sizeof(other_codes) / sizeof(other_codes[0]);
	     i++)
		if (span_contains_nocase(line, span_string(other_codes[i])))
			return SILENT;
	for (size_t i = 0; i < sizeof(speaking) / sizeof(speaking[0]); i++)
		if (speaking[i].speech > speech &&
		    has_word(line, span_string(speaking[i].word), &end)) {
			speech = speaking[i].speech;
			*where = end;
		}
	return speech;
}

bool
link_speaks_of_code(struct span line)
{
	const char *where;

	return speech_of(line, &where) != SILENT;
}

/* ---- how sure it is */

struct scan {
	struct links *links;
	enum link_source source;
	enum link_hint hint;
	enum speech own;   /* of the line that is read */
	const char *where; /* the end of the words that speak there */
	enum speech above; /* of the line that speaks for those below it */
	bool above_points; /* it ended with a colon */
	unsigned distance; /* lines since then */
};

/* What the words before it on its line are: no more than these. */
#define LEFT_MAX 30

static bool
follows_other(const struct scan *scan, struct span line, struct span token)
{
	struct span left = line;
	const char *end;

	/* "Your account code is 123456": what speaks of codes comes later. */
	if (scan->own && scan->where <= token.at)
		span_skip(&left, (size_t)(scan->where - line.at));
	left.len = (size_t)(token.at - left.at);

	if (left.len > LEFT_MAX)
		span_skip(&left, left.len - LEFT_MAX);
	for (size_t i = 0; i < sizeof(before_others) / sizeof(before_others[0]);
	     i++)
		if (has_word(left, span_string(before_others[i]), &end))
			return true;
	/* "San Francisco, CA 94107". */
	return left.len >= 3 && link_is_upper(left.at[left.len - 2]) &&
	    link_is_upper(left.at[left.len - 3]) &&
	    left.at[left.len - 1] == ' ';
}

static bool
counts_something(struct span line, struct span token)
{
	struct span rest = line;
	struct span word;

	span_skip(&rest, (size_t)(token.at + token.len - line.at));
	if (!span_starts(rest, SPAN(" ")) && !span_starts(rest, SPAN("-")))
		return false;
	span_skip(&rest, 1);
	word = span_make(rest.at, link_token_len(rest));
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (span_equal_nocase(word, span_string(units[i])))
			return true;
	return false;
}

/* "Enter 123456", "here it is: 123456". */
static bool
is_told(struct span line, struct span token)
{
	static const char *const verbs[] = {"use", "enter", "type", "input"};
	struct span left =
	    span_trim(span_make(line.at, (size_t)(token.at - line.at)));

	if (left.len && left.at[left.len - 1] == ':')
		return true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct span verb = span_string(verbs[i]);

		if (left.len >= verb.len &&
		    span_equal_nocase(
			span_make(left.at + left.len - verb.len, verb.len),
			verb))
			return true;
	}
	return false;
}

static bool
is_year(const char *code)
{
	return strlen(code) == 4 &&
	    (memcmp(code, "19", 2) == 0 || memcmp(code, "20", 2) == 0);
}

/* What its own line, or one above it, says. */
static int
worth_of_place(const struct scan *scan, struct span token)
{
	static const int same_before[] = {0, 40, 55};
	static const int same_behind[] = {0, 40, 50};
	static const int above[] = {0, 30, 45};

	if (scan->own)
		return scan->where <= token.at ? same_before[scan->own]
					       : same_behind[scan->own];
	if (scan->distance > REACH)
		return 0;
	return above[scan->above] + (scan->above_points ? 10 : 0);
}

static unsigned
judge(const struct scan *scan, struct span line,
    const struct link_candidate *found)
{
	bool is_alone = line.len == found->text.len;
	bool stands_out = is_alone || is_told(line, found->text);
	int place = worth_of_place(scan, found->text);
	int worth = (int)found->base + place;

	if (counts_something(line, found->text))
		return 0;
	/* Letters or lower case need a place of their own. */
	if (found->base <= 10 && !is_alone)
		return 0;
	/* A subject alone does not make a code of each number below it. */
	if (place == 0 && (scan->hint == LINK_NO_HINT || !stands_out))
		return 0;
	worth += is_alone ? 20 : stands_out ? 15 : 0;
	worth += scan->hint == LINK_HINT ? 20 : 0;
	worth -= follows_other(scan, line, found->text) ? 45 : 0;
	worth -= is_year(found->code) ? 25 : 0;
	return worth > MOST ? MOST : worth > 0 ? (unsigned)worth : 0;
}

/* ---- the list */

static void
insert(struct links *links, const struct link_code *code)
{
	size_t at = links->code_count;

	for (size_t i = 0; i < links->code_count; i++)
		if (strcmp(links->codes[i].code, code->code) == 0) {
			if (links->codes[i].confidence >= code->confidence)
				return;
			/* It is found again, and surer now: it moves up. */
			memmove(&links->codes[i], &links->codes[i + 1],
			    (links->code_count - i - 1) * sizeof(*code));
			at = --links->code_count;
			break;
		}
	while (at > 0 && links->codes[at - 1].confidence < code->confidence)
		at--;
	if (at == LINK_CODES_MAX)
		return;
	if (links->code_count < LINK_CODES_MAX)
		links->code_count++;
	memmove(&links->codes[at + 1], &links->codes[at],
	    (links->code_count - at - 1) * sizeof(*code));
	links->codes[at] = *code;
}

/* True when the line has a code that is sure. */
static bool
take(struct scan *scan, struct span line, const struct link_candidate *found)
{
	struct link_code code = {.source = scan->source};

	code.confidence = judge(scan, line, found);
	if (code.confidence < LEAST)
		return false;
	memcpy(code.code, found->code, sizeof(code.code));
	insert(scan->links, &code);
	return code.confidence >= SURE;
}

static void
take_line(struct scan *scan, struct span line)
{
	struct link_candidate found;
	struct span rest = line;
	bool is_found = false;

	scan->own = speech_of(line, &scan->where);
	if (scan->distance <= REACH)
		scan->distance++;
	if (link_read_spaced(line, &found))
		is_found = take(scan, line, &found);
	else
		while (link_next_candidate(line, &rest, &found))
			is_found = take(scan, line, &found) || is_found;
	if (is_found)
		scan->distance = REACH + 1;
	else if (scan->own) {
		scan->above = scan->own;
		scan->above_points = line.at[line.len - 1] == ':';
		scan->distance = 0;
	}
}

/* A line longer than this is no sentence about a code. */
#define LINE_MAX_LEN 4000

void
link_look_for_codes(struct links *links, struct span text,
    enum link_source source, enum link_hint hint)
{
	struct scan scan = {.links = links,
	    .source = source,
	    .hint = hint,
	    .distance = REACH + 1};

	while (text.len) {
		struct span line = span_cut(&text, '\n');

		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		line = span_trim(line);
		if (line.len && line.len <= LINE_MAX_LEN)
			take_line(&scan, line);
	}
}
