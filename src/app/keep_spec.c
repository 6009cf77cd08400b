/* keep_spec: what is kept of some inboxes, as a person writes it. */
#include "keep_spec.h"

#include "value.h"

#include <string.h>

static bool
read_age(struct span value, struct store_keep *limits)
{
	return value_duration(value, &limits->age_us) && limits->age_us > 0;
}

static bool
read_count(struct span value, struct store_keep *limits)
{
	return value_count(value, &limits->count) && limits->count > 0;
}

static bool
read_size(struct span value, struct store_keep *limits)
{
	return value_size(value, &limits->size) && limits->size > 0;
}

static const struct {
	struct span key;
	bool (*read)(struct span value, struct store_keep *);
	const char *what;
} keys[] = {
    {SPAN("count"), read_count, "a number of messages, as in count=100"},
    {SPAN("age"), read_age, "a time, as in age=7d"},
    {SPAN("size"), read_size, "a size, as in size=64M"},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static enum err
read_limit(struct store_keep *limits, struct span part, struct failure *f)
{
	struct span key = span_cut(&part, '=');

	for (size_t i = 0; i < KEYS; i++) {
		if (!span_equal(key, keys[i].key))
			continue;
		if (!keys[i].read(part, limits))
			return failure_set(f, ERR_USAGE, "%.*s=%.*s: not %s",
			    SPAN_ARG(key), SPAN_ARG(part), keys[i].what);
		return ERR_OK;
	}
	return failure_set(f, ERR_USAGE,
	    "%.*s: no such limit; these are some: count, age, size",
	    SPAN_ARG(key));
}

enum err
keep_spec_read(
    struct keep_inbox_rule *rule, struct span text, struct failure *f)
{
	struct span name = span_cut(&text, ',');
	enum err err = ERR_OK;

	*rule = (struct keep_inbox_rule){.name = NULL};
	if (!span_starts(name, SPAN("name=")) || name.len == strlen("name="))
		return failure_set(f, ERR_USAGE,
		    "it begins with the name of inboxes, as in name=ci-*");
	if (text.len == 0)
		return failure_set(f, ERR_USAGE,
		    "it has no limit, as in count=100, age=7d or size=64M");
	while (text.len > 0 && !err)
		err = read_limit(&rule->limits, span_cut(&text, ','), f);
	if (err)
		return err;
	span_skip(&name, strlen("name="));
	rule->name = strndup(name.at, name.len);
	return rule->name
	    ? ERR_OK
	    : failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}
