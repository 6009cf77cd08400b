/* fault_chaos: the three triggers of Mailpit's chaos route as fault rules. */
#include "fault_chaos.h"

#include <stdio.h>
#include <string.h>

#define PERCENT 10000 /* of the millionths that rules count in */
#define TEXT_SIZE 512

static const struct kind {
	struct span id;
	const char *moment;
	const char *name; /* in the reply, which clients' tests look at */
	int code;
} kinds[FAULT_CHAOS_KINDS] = {
    [FAULT_CHAOS_SENDER] = {SPAN("chaos-sender"), "mail", "sender", 451},
    [FAULT_CHAOS_RECIPIENT] = {SPAN("chaos-recipient"), "rcpt", "recipient",
	451},
    [FAULT_CHAOS_AUTHENTICATION] = {SPAN("chaos-authentication"), "auth",
	"authentication", 535},
};

void
fault_chaos_init(struct fault_chaos *chaos)
{
	for (size_t i = 0; i < FAULT_CHAOS_KINDS; i++) {
		chaos->triggers[i].code = kinds[i].code;
		chaos->triggers[i].probability = 0;
	}
}

void
fault_chaos_read(const struct fault_set *set, struct fault_chaos *out)
{
	fault_chaos_init(out);
	for (size_t i = 0; i < FAULT_CHAOS_KINDS; i++) {
		struct fault_trigger *trigger = &out->triggers[i];
		struct fault_view view;

		if (!fault_find(set, kinds[i].id, &view))
			continue;
		if (view.action->code)
			trigger->code = view.action->code;
		trigger->probability = view.chance / PERCENT;
	}
}

static enum err
check(const struct fault_trigger *trigger, const char *name,
    struct failure *failure)
{
	if (trigger->code != 0 && (trigger->code < 400 || trigger->code > 599))
		return failure_set(failure, ERR_DATA,
		    "%s: the error code must be from 400 to 599", name);
	if (trigger->probability < 0 || trigger->probability > 100)
		return failure_set(failure, ERR_DATA,
		    "%s: the probability must be from 0 to 100", name);
	return ERR_OK;
}

/* A trigger without a chance is kept only where its code has to be. */
static size_t
put_rule(char *room, size_t size, const struct kind *kind,
    const struct fault_trigger *trigger)
{
	int code = trigger->code ? (int)trigger->code : kind->code;
	int len;

	if (trigger->probability == 0 && code == kind->code)
		return 0;
	len = snprintf(room, size,
	    "%s id=%.*s chance=%d%% reply=%d:-:\"Chaos %s error\"\n",
	    kind->moment, SPAN_ARG(kind->id), (int)trigger->probability, code,
	    kind->name);
	return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

enum err
fault_chaos_write(struct fault_set *set, const struct fault_chaos *chaos,
    struct failure *failure)
{
	char text[TEXT_SIZE];
	struct span ids[FAULT_CHAOS_KINDS];
	struct fault_error error;
	size_t len = 0;
	enum err err;

	for (size_t i = 0; i < FAULT_CHAOS_KINDS; i++) {
		err = check(&chaos->triggers[i], kinds[i].name, failure);
		if (err)
			return err;
		ids[i] = kinds[i].id;
		len += put_rule(text + len, sizeof(text) - len, &kinds[i],
		    &chaos->triggers[i]);
	}
	err = fault_exchange(
	    set, ids, FAULT_CHAOS_KINDS, span_make(text, len), &error);
	if (err)
		return failure_set(failure, err, "%s",
		    error.text[0] ? error.text : err_text(err));
	return ERR_OK;
}
