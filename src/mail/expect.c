/* expect: what somebody says a server's messages must be like. */
#include "expect.h"

#include "finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [EXPECT_EQ] = "==",
    [EXPECT_NE] = "!=",
    [EXPECT_GE] = ">=",
    [EXPECT_LE] = "<=",
    [EXPECT_GT] = ">",
    [EXPECT_LT] = "<",
};
#define COMPARES (sizeof(names) / sizeof(names[0]))

const char *
expect_compare_name(enum expect_compare compare)
{
	return names[compare];
}

/* What is being read, for the places of errors. */
struct reading {
	const char *start;
	const struct query_options *options;
	struct query_error *error;
};

static bool
refuse(const struct reading *reading, const char *at, const char *words)
{
	reading->error->offset = (size_t)(at - reading->start);
	(void)snprintf(
	    reading->error->text, sizeof(reading->error->text), "%s", words);
	return false;
}

static bool
without_memory(const struct reading *reading)
{
	reading->error->text[0] = '\0';
	return false;
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static struct span
trim(struct span text)
{
	while (text.len > 0 && is_blank(text.at[0]))
		span_skip(&text, 1);
	while (text.len > 0 && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* ---- the comparison at the end */

static bool
ends(struct span text, const char *end)
{
	size_t len = strlen(end);

	return text.len >= len &&
	    memcmp(text.at + text.len - len, end, len) == 0;
}

/* Cuts the operator off. Queries have no == and != of their own. */
static bool
cut_compare(struct span *text, enum expect_compare *compare)
{
	for (size_t i = 0; i < COMPARES; i++) {
		size_t left;

		if (!ends(*text, names[i]))
			continue;
		left = text->len - strlen(names[i]);
		if (i > EXPECT_NE && left > 0 && !is_blank(text->at[left - 1]))
			return false;
		*compare = (enum expect_compare)i;
		*text = trim(span_make(text->at, left));
		return true;
	}
	return false;
}

static bool
cut_comparison(
    struct span *text, enum expect_compare *compare, struct span *number)
{
	struct span rest = *text;

	while (rest.len > 0 && rest.at[rest.len - 1] >= '0' &&
	    rest.at[rest.len - 1] <= '9')
		rest.len--;
	*number = span_make(rest.at + rest.len, text->len - rest.len);
	rest = trim(rest);
	if (number->len == 0 || !cut_compare(&rest, compare))
		return false;
	*text = rest;
	return true;
}

/* Whether it begins with that word; it is cut off then. */
static bool
cut_word(struct span *text, struct span word)
{
	if (!span_starts(*text, word) ||
	    (text->len > word.len && !is_blank(text->at[word.len])))
		return false;
	span_skip(text, word.len);
	*text = trim(*text);
	return true;
}

static bool
read_comparison(
    const struct reading *reading, struct span *text, struct expect *expect)
{
	struct span whole = *text;
	struct span number;
	bool is_none = cut_word(text, SPAN("none"));
	bool is_compared = cut_comparison(text, &expect->compare, &number);

	if (is_none && is_compared)
		return refuse(reading, number.at,
		    "after \"none\" there is nothing to compare");
	if (is_none) {
		expect->compare = EXPECT_EQ;
		return true;
	}
	if (!is_compared)
		return refuse(reading, whole.at + whole.len,
		    "a comparison is missing, like \" == 1\"; or begin with "
		    "\"none\"");
	if (!span_number(number, &expect->count) || expect->count > INT64_MAX)
		return refuse(reading, number.at, "the number is too large");
	return true;
}

/* ---- findings */

static bool
read_severity(const struct reading *reading, struct span value,
    struct expect_condition *condition)
{
	for (int i = FINDING_INFO; i <= FINDING_ERROR; i++)
		if (span_equal(value,
			span_string(
			    finding_severity_name((enum finding_severity)i)))) {
			condition->severity = i;
			return true;
		}
	return refuse(
	    reading, value.at, "a severity is info, warning or error");
}

static bool
read_rule(const struct reading *reading, struct span value,
    struct expect_condition *condition)
{
	if (condition->compare > EXPECT_NE)
		return refuse(
		    reading, value.at, "a rule is neither more nor less");
	if (span_find(value, '*') == value.len && !finding_rule(value))
		return refuse(
		    reading, value.at, "no such rule; mailstop-finding(7)");
	condition->rule = strndup(value.at, value.len);
	return condition->rule ? true : without_memory(reading);
}

/* "=" and ":" are "==" here. */
static bool
read_sign(struct span *text, enum expect_compare *compare)
{
	for (size_t i = 0; i < COMPARES; i++)
		if (span_starts(*text, span_string(names[i]))) {
			*compare = (enum expect_compare)i;
			span_skip(text, strlen(names[i]));
			return true;
		}
	*compare = EXPECT_EQ;
	if (text->len == 0 || (text->at[0] != '=' && text->at[0] != ':'))
		return false;
	span_skip(text, 1);
	return true;
}

static bool
read_condition(
    const struct reading *reading, struct span word, struct expect *expect)
{
	static const struct {
		const char *name;
		bool (*read)(const struct reading *, struct span,
		    struct expect_condition *);
	} keys[] = {
	    [EXPECT_RULE] = {"rule", read_rule},
	    [EXPECT_SEVERITY] = {"severity", read_severity},
	};
	struct expect_condition *condition;

	if (expect->condition_count >= EXPECT_CONDITIONS_MAX)
		return refuse(reading, word.at, "too many conditions");
	condition = &expect->conditions[expect->condition_count];
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct span rest = word;

		if (!span_starts(rest, span_string(keys[i].name)))
			continue;
		span_skip(&rest, strlen(keys[i].name));
		if (!read_sign(&rest, &condition->compare))
			continue;
		condition->key = (enum expect_key)i;
		expect->condition_count++;
		return keys[i].read(reading, rest, condition);
	}
	return refuse(reading, word.at,
	    "a condition of findings is severity>=error, rule=ID or the like");
}

static bool
read_conditions(
    const struct reading *reading, struct span text, struct expect *expect)
{
	while (text.len > 0) {
		size_t len = 0;

		while (len < text.len && !is_blank(text.at[len]))
			len++;
		if (!read_condition(reading, span_make(text.at, len), expect))
			return false;
		span_skip(&text, len);
		text = trim(text);
	}
	return true;
}

/* ---- the whole */

static bool
read_query(
    const struct reading *reading, struct span text, struct expect *expect)
{
	struct query *query;

	reading->error->text[0] = '\0';
	query = query_parse(text, reading->options, reading->error);
	if (!query) {
		reading->error->offset += (size_t)(text.at - reading->start);
		return false;
	}
	query_free(query);
	expect->query = strndup(text.at, text.len);
	return expect->query ? true : without_memory(reading);
}

static bool
read_all(const struct reading *reading, struct span text, struct expect *expect)
{
	if (text.len > EXPECT_LEN_MAX)
		return refuse(reading, text.at, "it is too long");
	if (text.len > 0 && memchr(text.at, '\0', text.len))
		return refuse(reading, text.at, "it holds a NUL");
	text = trim(text);
	if (!read_comparison(reading, &text, expect))
		return false;
	if (cut_word(&text, SPAN("findings"))) {
		expect->subject = EXPECT_FINDINGS;
		return read_conditions(reading, text, expect);
	}
	return read_query(reading, text, expect);
}

struct expect *
expect_parse(struct span text, const struct query_options *options,
    struct query_error *error)
{
	struct reading reading = {text.at, options, error};
	struct expect *expect = calloc(1, sizeof(*expect));

	error->offset = 0;
	error->text[0] = '\0';
	if (expect && !read_all(&reading, text, expect)) {
		expect_free(expect);
		return NULL;
	}
	return expect;
}

void
expect_free(struct expect *expect)
{
	if (!expect)
		return;
	for (size_t i = 0; i < expect->condition_count; i++)
		free(expect->conditions[i].rule);
	free(expect->query);
	free(expect);
}

/* ---- what it says */

static bool
compare(enum expect_compare how, uint64_t left, uint64_t right)
{
	switch (how) {
	case EXPECT_EQ:
		return left == right;
	case EXPECT_NE:
		return left != right;
	case EXPECT_GE:
		return left >= right;
	case EXPECT_LE:
		return left <= right;
	case EXPECT_GT:
		return left > right;
	case EXPECT_LT:
		return left < right;
	}
	return false;
}

bool
expect_holds(const struct expect *expect, uint64_t found)
{
	return compare(expect->compare, found, expect->count);
}

uint64_t
expect_enough(const struct expect *expect)
{
	return expect->count + 1;
}

bool
expect_wants_more(const struct expect *expect, uint64_t found)
{
	return !expect_holds(expect, found) && found <= expect->count &&
	    expect->compare != EXPECT_LT;
}

/* '*' is any text; linear but for what stars make of it. */
static bool
fits(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *behind = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			behind = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++behind;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static int
rank(const char *severity)
{
	for (int i = FINDING_ERROR; i > FINDING_INFO; i--)
		if (strcmp(severity,
			finding_severity_name((enum finding_severity)i)) == 0)
			return i;
	return FINDING_INFO;
}

bool
expect_counts(
    const struct expect *expect, const char *rule, const char *severity)
{
	for (size_t i = 0; i < expect->condition_count; i++) {
		const struct expect_condition *condition =
		    &expect->conditions[i];
		bool is_met = condition->key == EXPECT_SEVERITY
		    ? compare(condition->compare, (uint64_t)rank(severity),
			  (uint64_t)condition->severity)
		    : fits(condition->rule, rule) ==
			(condition->compare == EXPECT_EQ);

		if (!is_met)
			return false;
	}
	return true;
}
