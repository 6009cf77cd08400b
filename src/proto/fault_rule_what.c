/* fault_rule_what: the words of a rule that say what it does. */
#include "fault_rule_private.h"

#include "fault_code.h"
#include "smtp.h"

#define DELAY_LIMIT_US (INT64_C(24) * 3600 * 1000000)
#define DRIP_LIMIT 1000000000

static bool
read_reply(struct fault_reader *reader, struct span value)
{
	char *room = reader->room;

	reader->room += value.len;
	return fault_code_parse(&reader->text, value, room, reader->rule);
}

static bool
read_delay(struct fault_reader *reader, struct span value)
{
	static const struct fault_unit units[] = {
	    {SPAN("ms"), 1000},
	    {SPAN("s"), 1000000},
	    {SPAN("m"), 60 * 1000000},
	    {SPAN("h"), UINT64_C(3600) * 1000000},
	    {{NULL, 0}, 0},
	};
	uint64_t number;
	uint64_t factor;

	if (!fault_rule_unit(&value, units, &factor) ||
	    !fault_word_decimal(value, 3, &number))
		return fault_rule_usage(reader, reader->word.value.at);
	if (number > DELAY_LIMIT_US / factor * 1000)
		return fault_word_refuse(&reader->text, reader->word.value.at,
		    "a delay lasts at most 24h");
	reader->rule->action.delay_us = (int64_t)(number * factor / 1000);
	return true;
}

static bool
read_drip(struct fault_reader *reader, struct span value)
{
	uint64_t number = 0;

	if (!fault_rule_count(reader, value, &number))
		return false;
	if (number > DRIP_LIMIT)
		return fault_rule_usage(reader, reader->word.value.at);
	reader->rule->action.drip = (unsigned)number;
	return true;
}

static bool
read_stall(struct fault_reader *reader, struct span value)
{
	(void)value;
	reader->rule->action.stall = true;
	return true;
}

/* after-N-bytes */
static bool
read_drop_bytes(struct fault_reader *reader, struct span value)
{
	struct span before = SPAN("after-");
	struct span behind = SPAN("-bytes");
	uint64_t number;

	if (!span_starts_nocase(value, before) ||
	    value.len < before.len + behind.len)
		return fault_rule_usage(reader, reader->word.value.at);
	span_skip(&value, before.len);
	value.len -= behind.len;
	if (!span_equal_nocase(
		span_make(value.at + value.len, behind.len), behind) ||
	    !span_number(value, &number))
		return fault_rule_usage(reader, reader->word.value.at);
	reader->rule->action.drop = FAULT_DROP_AFTER_BYTES;
	reader->rule->action.drop_bytes = number;
	/* At the end of the data it is too late, and so it is at QUIT. */
	return fault_rule_moments(reader,
	    FAULT_ANY & ~(unsigned)(FAULT_TLS | FAULT_BODY | FAULT_QUIT));
}

static bool
read_drop(struct fault_reader *reader, struct span value)
{
	static const struct {
		struct span name;
		enum fault_drop drop;
		unsigned moments;
	} rows[] = {
	    {SPAN(""), FAULT_DROP_NOW, FAULT_ANY},
	    {SPAN("before-reply"), FAULT_DROP_BEFORE_REPLY, FAULT_ANY},
	    {SPAN("after-commit"), FAULT_DROP_AFTER_COMMIT, FAULT_BODY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!span_equal_nocase(value, rows[i].name))
			continue;
		reader->rule->action.drop = rows[i].drop;
		return fault_rule_moments(reader, rows[i].moments);
	}
	return read_drop_bytes(reader, value);
}

static bool
read_rst(struct fault_reader *reader, struct span value)
{
	(void)value;
	reader->rule->action.reset = true;
	return true;
}

static bool
read_hide(struct fault_reader *reader, struct span value)
{
	do {
		struct span keyword = span_cut(&value, ';');
		unsigned features = smtp_feature_find(keyword);

		if (!features)
			return fault_word_refuse(&reader->text, keyword.at,
			    "EHLO has no keyword \"%.*s\"", SPAN_ARG(keyword));
		reader->rule->action.hide |= features;
	} while (value.len > 0);
	return true;
}

static bool
read_tls(struct fault_reader *reader, struct span value)
{
	static const struct {
		struct span name;
		enum fault_tls tls;
	} rows[] = {
	    {SPAN("fail"), FAULT_TLS_FAIL},
	    {SPAN("expired"), FAULT_TLS_EXPIRED},
	    {SPAN("wrong-host"), FAULT_TLS_WRONG_HOST},
	    {SPAN("self-signed"), FAULT_TLS_SELF_SIGNED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!span_equal_nocase(value, rows[i].name))
			continue;
		reader->rule->action.tls = rows[i].tls;
		return true;
	}
	return fault_rule_usage(reader, reader->word.value.at);
}

const struct fault_row fault_rule_what[] = {
    {SPAN("reply"), '=', false, FAULT_NO_REPLY, FAULT_ANY, read_reply, 0,
	"reply=451:4.7.1:\"Text\""},
    {SPAN("delay"), '=', false, FAULT_NO_DELAY, FAULT_ANY, read_delay, 0,
	"delay=500ms, delay=2s or delay=1m"},
    {SPAN("drip"), '=', false, FAULT_NO_DRIP, FAULT_ANY, read_drip, 0,
	"drip=10 (bytes a second)"},
    {SPAN("stall"), 0, false, FAULT_NO_STALL, FAULT_ANY, read_stall, 0,
	"stall, without a value"},
    {SPAN("drop"), '=', true, FAULT_NO_DROP, FAULT_ANY, read_drop, 0,
	"drop, drop=before-reply, after-commit or after-100-bytes"},
    {SPAN("rst"), 0, false, FAULT_NO_RST, FAULT_ANY, read_rst, 0,
	"rst, without a value"},
    {SPAN("hide"), '=', false, FAULT_NO_HIDE, FAULT_HELO, read_hide, 0,
	"hide=PIPELINING;SMTPUTF8"},
    {SPAN("tls"), '=', false, FAULT_NO_TLS, FAULT_CONNECT | FAULT_TLS, read_tls,
	0, "tls=fail, expired, wrong-host or self-signed"},
    {{NULL, 0}, 0, false, FAULT_NO_CONDITION, 0, NULL, 0, NULL},
};
