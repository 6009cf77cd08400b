/* fault_match: whether a session is what a rule's conditions ask for. */
#include "fault_match.h"

#include "header.h"

/* A client may send megabytes: so many fields of a name are looked at, and so
   many bytes of each. */
#define FIELDS_MAX 100
#define VALUE_MAX 2048

static char
lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

/* The index of the last '@'; the text's length when there is none. */
static size_t
domain_start(struct span text)
{
	for (size_t i = text.len; i-- > 0;)
		if (text.at[i] == '@')
			return i;
	return text.len;
}

size_t
fault_match_fold(struct span text, enum fault_case letters)
{
	if (letters == FAULT_CASE_EXACT)
		return text.len;
	return letters == FAULT_CASE_ANY ? 0 : domain_start(text);
}

/* The length of the UTF-8 character there; 1 for stray bytes. */
static size_t
character_len(struct span text, size_t at)
{
	size_t len = 1;

	if ((unsigned char)text.at[at] < 0xc0)
		return 1;
	while (len < 4 && at + len < text.len &&
	    ((unsigned char)text.at[at + len] & 0xc0) == 0x80)
		len++;
	return len;
}

/*
 * A star takes as little as it can; on a mismatch the last one takes a byte
 * more. The ones before it never have to.
 */
bool
fault_match_glob(struct span glob, struct span text, enum fault_case letters)
{
	size_t fold = fault_match_fold(text, letters);
	size_t g = 0;
	size_t t = 0;
	size_t star = SIZE_MAX; /* behind the last star of the glob */
	size_t taken = 0;       /* up to there the last star has taken */

	for (;;) {
		if (g < glob.len && glob.at[g] == '*') {
			star = ++g;
			taken = t;
		} else if (t == text.len && g == glob.len) {
			return true;
		} else if (t < text.len && g < glob.len && glob.at[g] == '?') {
			t += character_len(text, t);
			g++;
		} else if (t < text.len && g < glob.len &&
		    (glob.at[g] == text.at[t] ||
			(t >= fold &&
			    lower(glob.at[g]) == lower(text.at[t])))) {
			t++;
			g++;
		} else if (star == SIZE_MAX || taken >= text.len) {
			return false;
		} else {
			g = star;
			t = ++taken;
		}
	}
}

static bool
is_in_range(const struct fault_condition *condition, uint64_t number)
{
	return number >= condition->lowest && number <= condition->most;
}

static bool
match_to(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	for (size_t i = 0; i < facts->recipient_count; i++)
		if (fault_match_glob(condition->glob, facts->recipients[i],
			FAULT_CASE_DOMAIN))
			return true;
	return false;
}

static bool
match_from(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return fault_match_glob(
	    condition->glob, facts->mail_from, FAULT_CASE_DOMAIN);
}

static bool
match_helo(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return fault_match_glob(condition->glob, facts->helo, FAULT_CASE_ANY);
}

static bool
match_peer(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return fault_match_glob(condition->glob, facts->peer, FAULT_CASE_ANY);
}

static bool
match_user(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return fault_match_glob(
	    condition->glob, facts->user, FAULT_CASE_DOMAIN);
}

static bool
match_inbox(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return fault_match_glob(
	    condition->glob, facts->inbox, FAULT_CASE_EXACT);
}

static bool
match_listener(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return fault_match_glob(
	    condition->glob, facts->listener, FAULT_CASE_EXACT);
}

static bool
match_size(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return is_in_range(condition, facts->size);
}

static bool
match_session(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return is_in_range(condition, facts->session_number);
}

static bool
match_message(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	return is_in_range(condition, facts->message_number);
}

/* RFC 5322 2.2.3: unfolding takes the line ends away and nothing else. */
static bool
match_value(const struct fault_condition *condition, struct span value)
{
	char text[VALUE_MAX];
	size_t len = 0;

	for (size_t i = 0; i < value.len && len < sizeof(text); i++)
		if (value.at[i] != '\r' && value.at[i] != '\n')
			text[len++] = value.at[i];
	return fault_match_glob(
	    condition->glob, span_make(text, len), FAULT_CASE_ANY);
}

static bool
match_header(
    const struct fault_condition *condition, const struct fault_facts *facts)
{
	struct span rest = facts->header;
	struct header_field field;
	size_t count = 0;

	while (count < FIELDS_MAX && header_next(&rest, &field)) {
		if (!span_equal_nocase(field.name, condition->name))
			continue;
		if (match_value(condition, field.value))
			return true;
		count++;
	}
	return false;
}

static bool (*const matches[])(
    const struct fault_condition *, const struct fault_facts *) = {
    [FAULT_OF_TO] = match_to,
    [FAULT_OF_FROM] = match_from,
    [FAULT_OF_HELO] = match_helo,
    [FAULT_OF_PEER] = match_peer,
    [FAULT_OF_USER] = match_user,
    [FAULT_OF_INBOX] = match_inbox,
    [FAULT_OF_LISTENER] = match_listener,
    [FAULT_OF_SIZE] = match_size,
    [FAULT_OF_NTH_SESSION] = match_session,
    [FAULT_OF_NTH_MESSAGE] = match_message,
    [FAULT_OF_HEADER] = match_header,
};

bool
fault_match_recipient(const struct fault_rule *rule, struct span recipient)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct fault_condition *condition = &rule->conditions[i];

		if (condition->subject == FAULT_OF_TO &&
		    !fault_match_glob(
			condition->glob, recipient, FAULT_CASE_DOMAIN))
			return false;
	}
	return true;
}

/* Two conditions on the recipient are about the same recipient. */
static bool
has_recipient(const struct fault_rule *rule, const struct fault_facts *facts)
{
	for (size_t i = 0; i < facts->recipient_count; i++)
		if (fault_match_recipient(rule, facts->recipients[i]))
			return true;
	return false;
}

bool
fault_match(const struct fault_rule *rule, const struct fault_facts *facts)
{
	bool asks_recipient = rule->per == FAULT_PER_RECIPIENT;

	if (!(rule->moments & facts->moment) ||
	    (rule->per && !(rule->per_moments & facts->moment)))
		return false;
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct fault_condition *condition = &rule->conditions[i];

		if (!(condition->moments & facts->moment) ||
		    !matches[condition->subject](condition, facts))
			return false;
		if (condition->subject == FAULT_OF_TO)
			asks_recipient = true;
	}
	return !asks_recipient || has_recipient(rule, facts);
}
