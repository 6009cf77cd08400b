/* fault_code: the replies of fault rules, and the words that usually go with a
 * code. */
#include "fault_code.h"

#include <stdio.h>
#include <string.h>

/*
 * RFC 5321 4.2.3, 3207, 4954, 7504 for the codes, RFC 3463 and its registry for
 * the enhanced ones. The first row that has the code and the moment counts.
 */
static const struct usual {
	int code;
	unsigned moments;
	const char *detail; /* the enhanced code without its class */
	const char *text;
} usuals[] = {
    {421, FAULT_ANY, "3.2", "Service not available, closing the connection"},
    {432, FAULT_ANY, "7.12", "A password transition is needed"},
    {450, FAULT_ANY, "2.0", "Mailbox unavailable, try again later"},
    {451, FAULT_ANY, "3.0", "Local error in processing, try again later"},
    {452, FAULT_RCPT, "2.2", "Mailbox full, try again later"},
    {452, FAULT_ANY, "3.1", "Insufficient system storage"},
    {454, FAULT_TLS, "7.0", "TLS not available for now"},
    {454, FAULT_ANY, "7.0", "Authentication not available for now"},
    {455, FAULT_ANY, "3.3", "Unable to accommodate the parameters for now"},
    {500, FAULT_ANY, "5.2", "Syntax error, command not recognized"},
    {501, FAULT_ANY, "5.4", "Syntax error in parameters"},
    {502, FAULT_ANY, "5.1", "Command not implemented"},
    {503, FAULT_ANY, "5.1", "Bad sequence of commands"},
    {504, FAULT_AUTH, "5.4", "Mechanism not implemented"},
    {504, FAULT_ANY, "5.4", "Command parameter not implemented"},
    {521, FAULT_ANY, "3.2", "This host takes no mail"},
    {523, FAULT_ANY, "7.10", "Encryption needed"},
    {530, FAULT_ANY, "7.0", "Authentication required"},
    {534, FAULT_ANY, "7.9", "Authentication mechanism is too weak"},
    {535, FAULT_ANY, "7.8", "Authentication credentials invalid"},
    {538, FAULT_ANY, "7.11", "Encryption required for this mechanism"},
    {550, FAULT_RCPT, "1.1", "No such user here"},
    {550, FAULT_ANY, "7.1", "Refused"},
    {551, FAULT_ANY, "1.6", "User not local"},
    {552, FAULT_RCPT, "2.2", "Mailbox full"},
    {552, FAULT_ANY, "3.4", "Message too big"},
    {553, FAULT_MAIL, "1.8", "Sender address not allowed"},
    {553, FAULT_ANY, "1.3", "Mailbox name not allowed"},
    {554, FAULT_CONNECT, "3.2", "No SMTP service here"},
    {554, FAULT_ANY, "0.0", "Transaction failed"},
    {555, FAULT_ANY, "5.4", "Parameters not recognized or not implemented"},
    {556, FAULT_ANY, "1.10", "Domain takes no mail"},
};

/* Of a rule without an action: what makes a client try again. */
static const struct {
	unsigned moments;
	int code;
} codes[] = {
    {FAULT_CONNECT, 421},
    {FAULT_TLS | FAULT_AUTH, 454},
    {FAULT_ANY, 451},
};

static const struct usual *
find_usual(int code, enum fault_moment moment)
{
	static const struct usual temporary = {
	    0, FAULT_ANY, "0.0", "Temporary failure, try again later"};
	static const struct usual permanent = {0, FAULT_ANY, "0.0", "Refused"};

	for (size_t i = 0; i < sizeof(usuals) / sizeof(usuals[0]); i++)
		if (usuals[i].code == code && (usuals[i].moments & moment))
			return &usuals[i];
	return code < 500 ? &temporary : &permanent;
}

void
fault_code_complete(
    struct fault_action *action, unsigned usual, enum fault_moment moment)
{
	const struct usual *row;
	size_t i = 0;

	if (usual & FAULT_USUAL_CODE) {
		while (!(codes[i].moments & moment))
			i++;
		action->code = codes[i].code;
	}
	if (!action->code)
		return;
	row = find_usual(action->code, moment);
	if (usual & FAULT_USUAL_ENHANCED)
		(void)snprintf(action->enhanced, sizeof(action->enhanced),
		    "%d.%s", action->code / 100, row->detail);
	if (usual & FAULT_USUAL_TEXT)
		(void)snprintf(
		    action->text, sizeof(action->text), "%s", row->text);
}

static bool
parse_code(const struct fault_text *text, struct span value, int *code)
{
	uint64_t number = 0;

	if (value.len != 3 || !span_number(value, &number) || number < 400 ||
	    number > 599)
		return fault_word_refuse(text, value.at,
		    "reply= wants a code from 400 to 599, as in 451");
	*code = (int)number;
	return true;
}

/* RFC 3463 2: class "." 1 to 3 digits "." 1 to 3 digits. */
static bool
is_enhanced(struct span value)
{
	struct span class = span_cut(&value, '.');
	struct span subject = span_cut(&value, '.');
	uint64_t number;

	return class.len == 1 && span_number(class, &number) &&
	    subject.len <= 3 && span_number(subject, &number) &&
	    value.len <= 3 && span_number(value, &number);
}

/* Whether it is meant as one: text in front of a colon may begin otherwise. */
static bool
is_enhanced_like(struct span value)
{
	bool has_point = false;

	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '.')
			has_point = true;
		else if (value.at[i] < '0' || value.at[i] > '9')
			return false;
	}
	return has_point;
}

static bool
parse_enhanced(const struct fault_text *text, struct span value,
    struct fault_action *action)
{
	if (!is_enhanced(value))
		return fault_word_refuse(text, value.at,
		    "an enhanced code looks like %d.7.1", action->code / 100);
	if (value.at[0] - '0' != action->code / 100)
		return fault_word_refuse(text, value.at,
		    "the enhanced code of a %d begins with %d", action->code,
		    action->code / 100);
	(void)snprintf(action->enhanced, sizeof(action->enhanced), "%.*s",
	    SPAN_ARG(value));
	return true;
}

static bool
parse_text(const struct fault_text *text, struct span value, char *room,
    struct fault_action *action)
{
	struct span plain;

	if (!fault_word_unquote(text, value, room, &plain))
		return false;
	if (plain.len == 0)
		return fault_word_refuse(
		    text, value.at, "the text of a reply may not be empty");
	if (plain.len > FAULT_TEXT_MAX)
		return fault_word_refuse(text, value.at,
		    "the text of a reply has at most %d bytes", FAULT_TEXT_MAX);
	memcpy(action->text, plain.at, plain.len);
	action->text[plain.len] = '\0';
	return true;
}

bool
fault_code_parse(const struct fault_text *text, struct span value, char *room,
    struct fault_rule *rule)
{
	struct fault_action *action = &rule->action;
	bool has_text = span_find(value, ':') < value.len;
	struct span code = span_cut(&value, ':');
	struct span next = span_make(value.at, span_find(value, ':'));

	if (!parse_code(text, code, &action->code))
		return false;
	if (!has_text) {
		rule->usual = FAULT_USUAL_ENHANCED | FAULT_USUAL_TEXT;
		return true;
	}
	if (!span_equal(next, SPAN("-")) && !is_enhanced_like(next)) {
		rule->usual = FAULT_USUAL_ENHANCED;
		return parse_text(text, value, room, action);
	}
	if (next.at[0] != '-' && !parse_enhanced(text, next, action))
		return false;
	if (next.len == value.len) {
		rule->usual = FAULT_USUAL_TEXT;
		return true;
	}
	span_skip(&value, next.len + 1);
	return parse_text(text, value, room, action);
}
