/* fault_rule_when: the words of a rule that say when it acts. */
#include "fault_rule_private.h"

#define MESSAGE_MOMENTS (FAULT_MAIL | FAULT_RCPT | FAULT_DATA | FAULT_BODY)

/* ---- conditions */

static bool
read_glob(struct fault_reader *reader, struct span value, struct span *glob)
{
	if (span_find(value, '"') == value.len) {
		*glob = value;
		return true;
	}
	if (!fault_word_unquote(&reader->text, value, reader->room, glob))
		return false;
	reader->room += value.len;
	return true;
}

static struct fault_condition *
add_condition(struct fault_reader *reader)
{
	struct fault_rule *rule = reader->rule;
	struct fault_condition *condition;

	if (rule->condition_count == FAULT_CONDITIONS_MAX) {
		(void)fault_word_refuse(&reader->text, reader->word.all.at,
		    "a rule has at most %d conditions", FAULT_CONDITIONS_MAX);
		return NULL;
	}
	condition = &rule->conditions[rule->condition_count++];
	condition->subject = reader->row->subject;
	condition->moments = reader->row->moments;
	return condition;
}

static bool
read_text(struct fault_reader *reader, struct span value)
{
	struct fault_condition *condition = add_condition(reader);

	return condition && read_glob(reader, value, &condition->glob);
}

/* As SMTP writes it, so that <> can be said. */
static bool
read_path(struct fault_reader *reader, struct span value)
{
	struct fault_condition *condition = add_condition(reader);
	struct span *glob;

	if (!condition || !read_glob(reader, value, &condition->glob))
		return false;
	glob = &condition->glob;
	if (glob->len >= 2 && glob->at[0] == '<' &&
	    glob->at[glob->len - 1] == '>')
		*glob = span_make(glob->at + 1, glob->len - 2);
	return true;
}

static bool
read_header(struct fault_reader *reader, struct span value)
{
	struct span field = reader->word.field;
	struct fault_condition *condition;

	if (field.len == 0 || span_find(field, '"') < field.len)
		return fault_rule_usage(reader, reader->word.all.at);
	condition = add_condition(reader);
	if (!condition)
		return false;
	condition->name = field;
	return read_glob(reader, value, &condition->glob);
}

static bool
read_size(struct fault_reader *reader, struct span value)
{
	static const struct fault_unit units[] = {
	    {SPAN(""), 1},
	    {SPAN("k"), 1024},
	    {SPAN("m"), 1024 * 1024},
	    {SPAN("g"), 1024 * 1024 * 1024},
	    {{NULL, 0}, 0},
	};
	struct fault_condition *condition = add_condition(reader);
	uint64_t number;
	uint64_t factor;

	if (!condition)
		return false;
	if (!fault_rule_unit(&value, units, &factor) ||
	    !span_number(value, &number) || number >= UINT64_MAX / factor)
		return fault_rule_usage(reader, reader->word.value.at);
	condition->lowest = number * factor + 1;
	condition->most = UINT64_MAX;
	return true;
}

/* N, N-M or N- */
static bool
read_range(struct fault_reader *reader, struct span value)
{
	struct fault_condition *condition = add_condition(reader);
	bool is_range = span_find(value, '-') < value.len;
	struct span lowest = span_cut(&value, '-');

	if (!condition || !fault_rule_count(reader, lowest, &condition->lowest))
		return false;
	condition->most = is_range ? UINT64_MAX : condition->lowest;
	if (value.len && !fault_rule_count(reader, value, &condition->most))
		return false;
	if (condition->most < condition->lowest)
		return fault_rule_usage(reader, reader->word.value.at);
	return true;
}

/* ---- counters */

static const struct fault_unit periods[] = {
    {SPAN("s"), 1000000},
    {SPAN("m"), 60 * 1000000},
    {SPAN("h"), UINT64_C(3600) * 1000000},
    {{NULL, 0}, 0},
};
static bool
read_first(struct fault_reader *reader, struct span value)
{
	return fault_rule_count(reader, value, &reader->rule->first);
}

static bool
read_every(struct fault_reader *reader, struct span value)
{
	return fault_rule_count(reader, value, &reader->rule->every);
}

static bool
read_rate(struct fault_reader *reader, struct span value)
{
	struct span count = span_cut(&value, '/');
	uint64_t period;

	/* No digit may stand before the unit: a period is one of it. */
	if (!fault_rule_unit(&value, periods, &period) || value.len)
		return fault_rule_usage(reader, reader->word.value.at);
	reader->rule->rate_us = (int64_t)period;
	return fault_rule_count(reader, count, &reader->rule->rate);
}

static bool
read_per(struct fault_reader *reader, struct span value)
{
	static const struct {
		struct span name;
		enum fault_per per;
		unsigned moments;
	} rows[] = {
	    {SPAN("recipient"), FAULT_PER_RECIPIENT,
		FAULT_RCPT | FAULT_DATA | FAULT_BODY},
	    {SPAN("sender"), FAULT_PER_SENDER, MESSAGE_MOMENTS},
	    {SPAN("peer"), FAULT_PER_PEER, FAULT_ANY},
	    {SPAN("session"), FAULT_PER_SESSION, FAULT_ANY},
	    {SPAN("inbox"), FAULT_PER_INBOX, FAULT_ANY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!span_equal_nocase(value, rows[i].name))
			continue;
		reader->rule->per = rows[i].per;
		reader->rule->per_moments = rows[i].moments;
		return fault_rule_moments(reader, rows[i].moments);
	}
	return fault_rule_usage(reader, reader->word.value.at);
}

static bool
read_chance(struct fault_reader *reader, struct span value)
{
	uint64_t millionths;

	if (value.len == 0 || value.at[value.len - 1] != '%')
		return fault_rule_usage(reader, reader->word.value.at);
	value.len--;
	if (!fault_word_decimal(value, 4, &millionths) ||
	    millionths > FAULT_ALWAYS)
		return fault_rule_usage(reader, reader->word.value.at);
	reader->rule->chance = (unsigned)millionths;
	return true;
}

/* ---- its name */

/* "f" and a number are the names that the set gives. */
static bool
is_automatic(struct span id)
{
	uint64_t number;

	return id.at[0] == 'f' &&
	    span_number(span_make(id.at + 1, id.len - 1), &number);
}

static bool
read_id(struct fault_reader *reader, struct span value)
{
	if (value.len == 0)
		return fault_rule_usage(reader, reader->word.value.at);
	for (size_t i = 0; i < value.len; i++) {
		char byte = value.at[i];

		if (!(byte >= 'a' && byte <= 'z') &&
		    !(byte >= 'A' && byte <= 'Z') &&
		    !(byte >= '0' && byte <= '9') && byte != '-' &&
		    byte != '_' && byte != '.')
			return fault_word_refuse(&reader->text,
			    reader->word.value.at,
			    "an id has letters, digits and . - _");
	}
	if (value.len > FAULT_ID_MAX)
		return fault_word_refuse(&reader->text, reader->word.value.at,
		    "an id has at most %d bytes", FAULT_ID_MAX);
	if (is_automatic(value))
		return fault_word_refuse(&reader->text, reader->word.value.at,
		    "%.*s is an id that the server gives", SPAN_ARG(value));
	reader->rule->id = value;
	return true;
}

/* ---- the table */

const struct fault_row fault_rule_when[] = {
    {SPAN("to"), '=', false, FAULT_NO_CONDITION,
	FAULT_RCPT | FAULT_DATA | FAULT_BODY, read_path, FAULT_OF_TO,
	"to=*@example.com"},
    {SPAN("from"), '=', false, FAULT_NO_CONDITION, MESSAGE_MOMENTS, read_path,
	FAULT_OF_FROM, "from=*@example.com"},
    {SPAN("helo"), '=', false, FAULT_NO_CONDITION,
	FAULT_ANY & ~(unsigned)FAULT_CONNECT, read_text, FAULT_OF_HELO,
	"helo=*.example.com"},
    {SPAN("peer"), '=', false, FAULT_NO_CONDITION, FAULT_ANY, read_text,
	FAULT_OF_PEER, "peer=192.0.2.*"},
    {SPAN("user"), '=', false, FAULT_NO_CONDITION,
	FAULT_ANY & ~(unsigned)(FAULT_CONNECT | FAULT_TLS), read_text,
	FAULT_OF_USER, "user=NAME"},
    {SPAN("inbox"), '=', false, FAULT_NO_CONDITION, FAULT_ANY, read_text,
	FAULT_OF_INBOX, "inbox=NAME"},
    {SPAN("listener"), '=', false, FAULT_NO_CONDITION, FAULT_ANY, read_text,
	FAULT_OF_LISTENER, "listener=NAME"},
    {SPAN("size"), '>', false, FAULT_NO_CONDITION, FAULT_MAIL | FAULT_BODY,
	read_size, FAULT_OF_SIZE, "size>100k or size>1M"},
    {SPAN("nth-session"), '=', false, FAULT_NO_CONDITION, FAULT_ANY, read_range,
	FAULT_OF_NTH_SESSION, "nth-session=3, 3-5 or 3-"},
    {SPAN("nth-message"), '=', false, FAULT_NO_CONDITION, MESSAGE_MOMENTS,
	read_range, FAULT_OF_NTH_MESSAGE, "nth-message=3, 3-5 or 3-"},
    {SPAN("header"), '=', false, FAULT_NO_CONDITION, FAULT_BODY, read_header,
	FAULT_OF_HEADER, "header:NAME=*text*"},
    {SPAN("id"), '=', false, FAULT_NO_ID, FAULT_ANY, read_id, 0, "id=NAME"},
    {SPAN("first"), '=', false, FAULT_NO_FIRST, FAULT_ANY, read_first, 0,
	"first=2 (1 or more)"},
    {SPAN("every"), '=', false, FAULT_NO_EVERY, FAULT_ANY, read_every, 0,
	"every=3 (1 or more)"},
    {SPAN("rate"), '=', false, FAULT_NO_RATE, FAULT_ANY, read_rate, 0,
	"rate=5/s, rate=5/m or rate=5/h"},
    {SPAN("chance"), '=', false, FAULT_NO_CHANCE, FAULT_ANY, read_chance, 0,
	"chance=10% (0% to 100%)"},
    {SPAN("per"), '=', false, FAULT_NO_PER, FAULT_ANY, read_per, 0,
	"per=recipient, sender, peer, session or inbox"},
    {{NULL, 0}, 0, false, FAULT_NO_CONDITION, 0, NULL, 0, NULL},
};
