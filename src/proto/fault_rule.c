/* fault_rule: one fault rule, read from its text into constant data. */
#include "fault_rule_private.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	struct span name;
	unsigned moments;
} moments[] = {
    {SPAN("connect"), FAULT_CONNECT},
    {SPAN("tls"), FAULT_TLS},
    {SPAN("helo"), FAULT_HELO},
    {SPAN("auth"), FAULT_AUTH},
    {SPAN("mail"), FAULT_MAIL},
    {SPAN("rcpt"), FAULT_RCPT},
    {SPAN("data"), FAULT_DATA},
    {SPAN("body"), FAULT_BODY},
    {SPAN("rset"), FAULT_RSET},
    {SPAN("quit"), FAULT_QUIT},
    {SPAN("any"), FAULT_ANY},
};

bool
fault_rule_usage(struct fault_reader *reader, const char *at)
{
	return fault_word_refuse(
	    &reader->text, at, "this is written %s", reader->row->usage);
}

static bool
is_action(enum fault_number number)
{
	return number >= FAULT_FIRST_ACTION;
}

/*
 * A condition of a rule for any moment holds where it can; an action has to
 * make sense at each moment of its rule.
 */
bool
fault_rule_moments(struct fault_reader *reader, unsigned allowed)
{
	struct span word = reader->word.all;
	unsigned asked = reader->rule->moments;
	char list[80] = "";
	size_t len = 0;

	if ((asked & ~allowed) == 0 ||
	    (!is_action(reader->row->number) && asked == FAULT_ANY))
		return true;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct span name = moments[i].name;

		if ((moments[i].moments & ~allowed) || len + name.len > 70)
			continue;
		list[len++] = ' ';
		memcpy(list + len, name.at, name.len + 1);
		len += name.len;
	}
	return fault_word_refuse(&reader->text, word.at,
	    "%.*s makes no sense at this moment, only at:%s",
	    word.len < 40 ? (int)word.len : 40, word.at, list);
}

bool
fault_rule_count(
    struct fault_reader *reader, struct span value, uint64_t *number)
{
	if (!span_number(value, number) || *number == 0)
		return fault_rule_usage(reader, reader->word.value.at);
	return true;
}

bool
fault_rule_unit(
    struct span *value, const struct fault_unit *units, uint64_t *factor)
{
	size_t len = 0;

	while (len < value->len &&
	    ((value->at[len] >= '0' && value->at[len] <= '9') ||
		value->at[len] == '.'))
		len++;
	for (; units->name.at; units++) {
		if (!span_equal_nocase(units->name,
			span_make(value->at + len, value->len - len)))
			continue;
		*factor = units->factor;
		value->len = len;
		return true;
	}
	return false;
}

/* Pairs of which one undoes the other. */
static const struct {
	enum fault_number one, other;
	const char *why;
} contradictions[] = {
    {FAULT_NO_STALL, FAULT_NO_REPLY, "stall means that no reply is sent"},
    {FAULT_NO_STALL, FAULT_NO_DELAY, "stall never ends, a delay does"},
    {FAULT_NO_STALL, FAULT_NO_DRIP, "stall means that no reply is sent"},
    {FAULT_NO_STALL, FAULT_NO_DROP, "stall keeps the connection, drop ends it"},
    {FAULT_NO_STALL, FAULT_NO_RST, "stall keeps the connection, rst ends it"},
    {FAULT_NO_STALL, FAULT_NO_HIDE, "stall means that no reply is sent"},
    {FAULT_NO_STALL, FAULT_NO_TLS, "stall means that no handshake begins"},
    {FAULT_NO_DROP, FAULT_NO_REPLY, "drop means that no reply is sent"},
    {FAULT_NO_DROP, FAULT_NO_DRIP, "drop means that no reply is sent"},
    {FAULT_NO_DROP, FAULT_NO_HIDE, "drop means that no reply is sent"},
    {FAULT_NO_DROP, FAULT_NO_TLS, "drop means that no handshake begins"},
    {FAULT_NO_RST, FAULT_NO_REPLY, "rst means that no reply is sent"},
    {FAULT_NO_RST, FAULT_NO_DRIP, "rst means that no reply is sent"},
    {FAULT_NO_RST, FAULT_NO_HIDE, "rst means that no reply is sent"},
    {FAULT_NO_RST, FAULT_NO_TLS, "rst means that no handshake begins"},
    {FAULT_NO_REPLY, FAULT_NO_HIDE, "a refusal offers no keywords to hide"},
    {FAULT_NO_REPLY, FAULT_NO_TLS, "a refusal means that no handshake begins"},
};

/* A drop after bytes of the client's comes behind the reply. */
static bool
is_drop(enum fault_number number)
{
	return number == FAULT_NO_DROP || number == FAULT_NO_RST;
}

static bool
check_contradictions(struct fault_reader *reader)
{
	bool is_late = reader->rule->action.drop == FAULT_DROP_AFTER_BYTES;

	for (size_t i = 0;
	     i < sizeof(contradictions) / sizeof(contradictions[0]); i++) {
		const char *one = reader->at[contradictions[i].one];
		const char *other = reader->at[contradictions[i].other];

		if (one && other &&
		    !(is_late && is_drop(contradictions[i].one)))
			return fault_word_refuse(&reader->text,
			    one > other ? one : other, "%s",
			    contradictions[i].why);
	}
	return true;
}

static bool
finish(struct fault_reader *reader)
{
	struct fault_rule *rule = reader->rule;
	struct fault_action *action = &rule->action;
	bool acts = false;

	for (size_t i = FAULT_FIRST_ACTION; i < FAULT_NUMBERS; i++)
		if (reader->at[i])
			acts = true;
	if (!acts)
		rule->usual =
		    FAULT_USUAL_CODE | FAULT_USUAL_ENHANCED | FAULT_USUAL_TEXT;
	if (action->reset && action->drop == FAULT_DROP_NONE)
		action->drop = FAULT_DROP_NOW;
	if (rule->per && !rule->first && !rule->every && !rule->rate &&
	    rule->chance == FAULT_ALWAYS)
		return fault_word_refuse(&reader->text,
		    reader->at[FAULT_NO_PER],
		    "per= needs first=, every=, rate= or chance=");
	return check_contradictions(reader);
}

static const struct fault_row *
find_row(const struct fault_row *rows, struct span key)
{
	for (; rows->key.at; rows++)
		if (span_equal_nocase(key, rows->key))
			return rows;
	return NULL;
}

static bool
check_form(struct fault_reader *reader)
{
	const struct fault_row *row = reader->row;
	const struct fault_word *word = &reader->word;

	if (word->field.at && row->subject != FAULT_OF_HEADER)
		return fault_rule_usage(reader, word->field.at - 1);
	if (!word->sign && row->alone)
		return true;
	if (word->sign != row->sign)
		return fault_rule_usage(reader, word->all.at);
	if (word->sign && word->value.len == 0)
		return fault_rule_usage(reader, word->value.at);
	return true;
}

static bool
read_word(struct fault_reader *reader)
{
	const struct fault_word *word = &reader->word;
	const struct fault_row *row = find_row(fault_rule_when, word->key);
	const char **at;

	if (!row)
		row = find_row(fault_rule_what, word->key);
	if (!row)
		return fault_word_refuse(&reader->text, word->all.at,
		    "the language has no word \"%.*s\"", SPAN_ARG(word->key));
	reader->row = row;
	at = &reader->at[row->number];
	if (*at && row->number != FAULT_NO_CONDITION)
		return fault_word_refuse(&reader->text, word->all.at,
		    "%.*s is given twice", SPAN_ARG(word->key));
	*at = word->all.at;
	return check_form(reader) && fault_rule_moments(reader, row->moments) &&
	    row->read(reader, fault_word_bare(word->value));
}

static bool
read_moment(struct fault_reader *reader)
{
	const struct fault_word *word = &reader->word;

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		if (!span_equal_nocase(word->all, moments[i].name))
			continue;
		reader->rule->moments = moments[i].moments;
		return true;
	}
	return fault_word_refuse(&reader->text, word->all.at,
	    "a rule begins with its moment: connect, tls, helo, auth, mail, "
	    "rcpt, data, body, rset, quit or any");
}

static bool
read_rule(struct fault_reader *reader)
{
	if (!fault_word_next(&reader->text, &reader->word) ||
	    !read_moment(reader))
		return false;
	for (;;) {
		if (!fault_word_next(&reader->text, &reader->word))
			return false;
		if (reader->word.all.len == 0)
			return finish(reader);
		if (!read_word(reader))
			return false;
	}
}

/* The rule with its own copy of the text, and as much room again. */
static struct fault_rule *
make_rule(struct span text)
{
	struct fault_rule *rule =
	    calloc(1, sizeof(*rule) + text.len + text.len + 1);

	if (!rule)
		return NULL;
	if (text.len)
		memcpy(rule->bytes, text.at, text.len);
	rule->text = span_make(rule->bytes, text.len);
	rule->chance = FAULT_ALWAYS;
	return rule;
}

enum err
fault_rule_parse(
    struct fault_rule **out, struct span text, struct fault_error *error)
{
	struct span trimmed = span_trim(text);
	struct fault_reader reader;

	memset(&reader, 0, sizeof(reader));
	memset(error, 0, sizeof(*error));
	reader.text.error = error;
	reader.text.all = trimmed;
	if (trimmed.len > FAULT_RULE_MAX) {
		(void)fault_word_refuse(&reader.text, trimmed.at,
		    "a rule has at most %d bytes", FAULT_RULE_MAX);
		return ERR_DATA;
	}
	reader.rule = make_rule(trimmed);
	if (!reader.rule)
		return ERR_MEMORY;
	reader.room = reader.rule->bytes + trimmed.len;
	reader.text.all = reader.text.rest = reader.rule->text;
	if (read_rule(&reader)) {
		*out = reader.rule;
		return ERR_OK;
	}
	error->offset += (size_t)(trimmed.at - text.at);
	free(reader.rule);
	return ERR_DATA;
}
