/* fault: rules that make the server say no, dawdle or hang up on purpose. */
#include "fault.h"

#include "fault_code.h"
#include "fault_count.h"
#include "fault_match.h"
#include "fault_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All rules together; some 7 MB. */
#define KEYS_MAX 100000

struct rule {
	struct fault_rule *what;
	char id[FAULT_ID_MAX + 1];
	uint64_t serial; /* the same for no two rules of a set */
	uint64_t draws;  /* what its draws depend on, beside the seed */
	uint64_t seen;
	uint64_t acted;
	struct fault_count count; /* without per= */
};

struct fault_set {
	uint64_t seed;
	struct rule *rules;
	size_t count;
	size_t size;
	unsigned moments;
	uint64_t last_serial;
	uint64_t last_id;
	struct fault_counts counts;
};

struct fault_set *
fault_set_new(uint64_t seed)
{
	struct fault_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->seed = seed;
	fault_counts_init(&set->counts, KEYS_MAX);
	return set;
}

void
fault_clear(struct fault_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->rules[i].what);
	free(set->rules);
	set->rules = NULL;
	set->count = set->size = 0;
	set->moments = 0;
	fault_counts_release(&set->counts);
}

void
fault_set_free(struct fault_set *set)
{
	if (!set)
		return;
	fault_clear(set);
	free(set);
}

/* ---- adding and removing */

static struct rule *
find_rule(const struct fault_set *set, struct span id)
{
	for (size_t i = 0; i < set->count; i++)
		if (span_equal(span_string(set->rules[i].id), id))
			return &set->rules[i];
	return NULL;
}

static bool
make_room(struct fault_set *set, size_t count)
{
	size_t size = set->size ? set->size : 8;
	struct rule *rules;

	if (count <= set->size - set->count)
		return true;
	while (size - set->count < count)
		size *= 2;
	rules = realloc(set->rules, size * sizeof(*rules));
	if (!rules)
		return false;
	set->rules = rules;
	set->size = size;
	return true;
}

/* Takes the rule; there is room. */
static const char *
append(struct fault_set *set, struct fault_rule *what)
{
	struct rule *rule = &set->rules[set->count++];
	struct span id = what->id;

	memset(rule, 0, sizeof(*rule));
	rule->what = what;
	rule->serial = ++set->last_serial;
	if (id.len)
		memcpy(rule->id, id.at, id.len);
	else
		(void)snprintf(rule->id, sizeof(rule->id), "f%llu",
		    (unsigned long long)++set->last_id);
	id = span_string(rule->id);
	rule->draws = fault_key(id, id.len).one;
	set->moments |= what->moments;
	return rule->id;
}

static enum err
refuse_count(struct fault_error *error)
{
	(void)snprintf(error->text, sizeof(error->text),
	    "a set has at most %d rules", FAULT_RULES_MAX);
	return ERR_LIMIT;
}

static enum err
refuse_id(struct span id, struct fault_error *error)
{
	(void)snprintf(error->text, sizeof(error->text),
	    "there is a rule with the id %.*s", SPAN_ARG(id));
	return ERR_EXISTS;
}

static enum err
add(struct fault_set *set, struct span text, struct fault_error *error,
    const char **id)
{
	struct fault_rule *what;
	enum err err;

	if (set->count >= FAULT_RULES_MAX)
		return refuse_count(error);
	if (!make_room(set, 1))
		return ERR_MEMORY;
	err = fault_rule_parse(&what, text, error);
	if (err)
		return err;
	if (what->id.len && find_rule(set, what->id)) {
		err = refuse_id(what->id, error);
		error->offset = (size_t)(span_trim(text).at - text.at) +
		    (size_t)(what->id.at - what->text.at);
		free(what);
		return err;
	}
	*id = append(set, what);
	return ERR_OK;
}

static struct span
without_line_end(struct span line)
{
	if (line.len && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void
locate(struct span text, struct fault_error *error)
{
	size_t start = 0;

	error->line = 1;
	for (size_t i = 0; i < error->offset && i < text.len; i++)
		if (text.at[i] == '\n') {
			error->line++;
			start = i + 1;
		}
	error->column = error->offset - start + 1;
}

enum err
fault_add(struct fault_set *set, struct span text, struct fault_error *error,
    const char **id)
{
	const char *given = NULL;
	enum err err;

	memset(error, 0, sizeof(*error));
	err = add(set, without_line_end(text), error, &given);
	locate(text, error);
	if (!err && id)
		*id = given;
	return err;
}

static bool
is_empty(struct span line)
{
	line = span_trim(line);
	return line.len == 0 || line.at[0] == '#';
}

static enum err
add_lines(struct fault_set *set, struct span text, struct fault_error *error)
{
	struct span rest = text;

	while (rest.len) {
		struct span line = span_cut(&rest, '\n');
		const char *id;
		enum err err;

		line = without_line_end(line);
		if (is_empty(line))
			continue;
		err = add(set, line, error, &id);
		if (!err)
			continue;
		error->offset += (size_t)(line.at - text.at);
		return err;
	}
	return ERR_OK;
}

enum err
fault_replace(
    struct fault_set *set, struct span text, struct fault_error *error)
{
	struct fault_set next = {.seed = set->seed,
	    .last_serial = set->last_serial,
	    .last_id = set->last_id};
	enum err err;

	memset(error, 0, sizeof(*error));
	fault_counts_init(&next.counts, KEYS_MAX);
	err = add_lines(&next, text, error);
	locate(text, error);
	if (err) {
		fault_clear(&next);
		return err;
	}
	fault_clear(set);
	*set = next;
	return ERR_OK;
}

static void
remove_at(struct fault_set *set, size_t index)
{
	struct rule *rule = &set->rules[index];

	fault_counts_forget(&set->counts, rule->serial);
	free(rule->what);
	set->count--;
	memmove(rule, rule + 1, (set->count - index) * sizeof(*rule));
	set->moments = 0;
	for (size_t i = 0; i < set->count; i++)
		set->moments |= set->rules[i].what->moments;
}

bool
fault_remove(struct fault_set *set, struct span id)
{
	struct rule *rule = find_rule(set, id);

	if (!rule)
		return false;
	remove_at(set, (size_t)(rule - set->rules));
	return true;
}

static bool
is_among(struct span id, const struct span *ids, size_t id_count)
{
	for (size_t i = 0; i < id_count; i++)
		if (span_equal(ids[i], id))
			return true;
	return false;
}

/* Whether both sets can be one, once the rules with these ids are gone. */
static enum err
check_union(const struct fault_set *set, const struct fault_set *more,
    const struct span *ids, size_t id_count, struct fault_error *error)
{
	size_t count = set->count + more->count;

	for (size_t i = 0; i < set->count; i++) {
		struct span id = span_string(set->rules[i].id);

		if (is_among(id, ids, id_count))
			count--;
		else if (set->rules[i].what->id.len && find_rule(more, id))
			return refuse_id(id, error);
	}
	return count > FAULT_RULES_MAX ? refuse_count(error) : ERR_OK;
}

enum err
fault_exchange(struct fault_set *set, const struct span *ids, size_t id_count,
    struct span text, struct fault_error *error)
{
	struct fault_set more = {.seed = set->seed};
	enum err err;

	memset(error, 0, sizeof(*error));
	fault_counts_init(&more.counts, KEYS_MAX);
	err = add_lines(&more, text, error);
	locate(text, error);
	if (!err)
		err = check_union(set, &more, ids, id_count, error);
	if (!err && !make_room(set, more.count))
		err = ERR_MEMORY;
	for (size_t i = 0; !err && i < id_count; i++)
		(void)fault_remove(set, ids[i]);
	for (size_t i = 0; !err && i < more.count; i++)
		(void)append(set, more.rules[i].what);
	/* The rules that `more` had are the set's now. */
	if (!err)
		more.count = 0;
	fault_clear(&more);
	return err;
}

static bool
names_inbox(const struct fault_rule *rule, struct span inbox)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].subject == FAULT_OF_INBOX &&
		    span_equal(rule->conditions[i].glob, inbox))
			return true;
	return false;
}

size_t
fault_remove_inbox(struct fault_set *set, struct span inbox)
{
	size_t before = set->count;

	for (size_t i = set->count; i-- > 0;)
		if (names_inbox(set->rules[i].what, inbox))
			remove_at(set, i);
	return before - set->count;
}

/* ---- deciding */

/*
 * Each draw is a number of its own, made from what it is for: the seed, the
 * rule, whom the rule counts for, and how often it has counted. So no draw
 * depends on how many others there were.
 */
static bool
is_drawn(const struct fault_set *set, const struct rule *rule, uint64_t whom,
    uint64_t seen)
{
	uint64_t number = fault_mix(set->seed ^
	    fault_mix(rule->draws ^ fault_mix(whom ^ fault_mix(seen))));

	return (number >> 32) * FAULT_ALWAYS >> 32 < rule->what->chance;
}

/* Counts once, and says whether the rule's turn has come. */
static bool
count_once(const struct fault_set *set, const struct rule *rule,
    struct fault_count *count, uint64_t whom, int64_t now_us)
{
	const struct fault_rule *what = rule->what;

	if (count->seen++ == 0 || now_us - count->since_us >= what->rate_us) {
		count->since_us = now_us;
		count->in_period = 0;
	}
	count->in_period++;
	return (!what->first || count->seen <= what->first) &&
	    (!what->every || count->seen % what->every == 0) &&
	    (!what->rate || count->in_period > what->rate) &&
	    is_drawn(set, rule, whom, count->seen);
}

static bool
count_for(struct fault_set *set, const struct rule *rule, struct fault_key key,
    uint64_t whom, int64_t now_us)
{
	struct fault_count *count =
	    fault_counts_at(&set->counts, rule->serial, key);

	return count && count_once(set, rule, count, whom, now_us);
}

/* All of them are counted, whichever is the one whose turn has come. */
static bool
count_recipients(struct fault_set *set, const struct rule *rule,
    const struct fault_facts *facts)
{
	bool is_due = false;

	for (size_t i = 0; i < facts->recipient_count; i++) {
		struct span text = facts->recipients[i];
		struct fault_key key =
		    fault_key(text, fault_match_fold(text, FAULT_CASE_DOMAIN));

		if (fault_match_recipient(rule->what, text) &&
		    count_for(set, rule, key, key.one, facts->now_us))
			is_due = true;
	}
	return is_due;
}

static bool
count(struct fault_set *set, struct rule *rule, const struct fault_facts *facts)
{
	const struct {
		struct span text;
		enum fault_case letters;
	} whom[] = {
	    [FAULT_PER_SENDER] = {facts->mail_from, FAULT_CASE_DOMAIN},
	    [FAULT_PER_PEER] = {facts->peer, FAULT_CASE_ANY},
	    [FAULT_PER_SESSION] = {facts->session, FAULT_CASE_EXACT},
	    [FAULT_PER_INBOX] = {facts->inbox, FAULT_CASE_EXACT},
	};
	enum fault_per per = rule->what->per;
	struct fault_key key;

	if (per == FAULT_PER_ALL)
		return count_once(set, rule, &rule->count, 0, facts->now_us);
	if (per == FAULT_PER_RECIPIENT)
		return count_recipients(set, rule, facts);
	key = fault_key(whom[per].text,
	    fault_match_fold(whom[per].text, whom[per].letters));
	/* A session's id is another one in each run; its number is not. */
	return count_for(set, rule, key,
	    per == FAULT_PER_SESSION ? facts->session_number : key.one,
	    facts->now_us);
}

bool
fault_decide(struct fault_set *set, const struct fault_facts *facts,
    struct fault_action *action)
{
	if (!(set->moments & facts->moment))
		return false;
	for (size_t i = 0; i < set->count; i++) {
		struct rule *rule = &set->rules[i];

		if (!fault_match(rule->what, facts))
			continue;
		rule->seen++;
		if (!count(set, rule, facts))
			continue;
		rule->acted++;
		*action = rule->what->action;
		memcpy(action->rule, rule->id, sizeof(action->rule));
		fault_code_complete(action, rule->what->usual, facts->moment);
		return true;
	}
	return false;
}

struct smtp_reply
fault_reply(const struct fault_action *action)
{
	struct smtp_reply reply = {.code = action->code,
	    .enhanced = action->enhanced[0] ? action->enhanced : NULL,
	    .text = span_string(action->text)};

	return reply;
}

/* ---- listing */

unsigned
fault_moments(const struct fault_set *set)
{
	return set->moments;
}

static void
show(const struct rule *rule, struct fault_view *view)
{
	view->id = rule->id;
	view->text = rule->what->text;
	view->chance = rule->what->chance;
	view->action = &rule->what->action;
	view->seen = rule->seen;
	view->acted = rule->acted;
}

bool
fault_view(const struct fault_set *set, size_t index, struct fault_view *view)
{
	if (index >= set->count)
		return false;
	show(&set->rules[index], view);
	return true;
}

bool
fault_find(const struct fault_set *set, struct span id, struct fault_view *view)
{
	const struct rule *rule = find_rule(set, id);

	if (!rule)
		return false;
	show(rule, view);
	return true;
}

uint64_t
fault_seed(const struct fault_set *set)
{
	return set->seed;
}
