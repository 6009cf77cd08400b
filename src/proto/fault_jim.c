/* fault_jim: what MailHog's chaos monkey Jim does, as fault rules. */
#include "fault_jim.h"

#include "buf.h"

#include <math.h>
#include <stddef.h>

#define MILLION 1000000
#define SPEED_MAX 1000000000
#define TEXT_SIZE 1024

enum role {
	JIM_ACCEPT,
	JIM_DISCONNECT,
	JIM_SENDER,
	JIM_RECIPIENT,
	JIM_AUTH,
	JIM_SLOW,
	JIM_FAST,
	JIM_ROLES
};

/* In the order in which he tries. */
static const struct {
	struct span id;
	const char *moment;
	const char *action;
} roles[JIM_ROLES] = {
    [JIM_ACCEPT] = {SPAN("jim-accept"), "connect", "drop"},
    [JIM_DISCONNECT] = {SPAN("jim-disconnect"), "any", "drop"},
    [JIM_SENDER] = {SPAN("jim-sender"), "mail",
	"reply=550:5.7.1:\"Invalid sender\""},
    [JIM_RECIPIENT] = {SPAN("jim-recipient"), "rcpt",
	"reply=550:5.1.1:\"Invalid recipient\""},
    [JIM_AUTH] = {SPAN("jim-auth"), "auth", "reply=535"},
    [JIM_SLOW] = {SPAN("jim-slow"), "any", ""},
    [JIM_FAST] = {SPAN("jim-fast"), "any", ""},
};

void
fault_jim_init(struct fault_jim *jim)
{
	*jim = (struct fault_jim){
	    .disconnect = 0.005,
	    .accept = 0.99,
	    .link_affect = 0.1,
	    .reject_sender = 0.05,
	    .reject_recipient = 0.05,
	    .reject_auth = 0.05,
	    .link_min = 1024,
	    .link_max = 10240,
	};
}

/* To the nearest whole number within the range. */
static unsigned
whole(double number, unsigned lowest, unsigned most)
{
	if (number <= lowest)
		return lowest;
	if (number >= most)
		return most;
	return (unsigned)(number + 0.5);
}

static unsigned
millionths(double chance)
{
	return whole(chance * MILLION, 0, MILLION);
}

/* Half of the slow ones have the least speed. Of those that it has left over,
   so many must have the most speed that both halves are equal. */
static unsigned
other_half(unsigned half)
{
	return (unsigned)((uint64_t)half * MILLION / (MILLION - half));
}

static bool
is_a_number(const struct fault_jim *jim)
{
	return !isnan(jim->disconnect) && !isnan(jim->accept) &&
	    !isnan(jim->link_affect) && !isnan(jim->reject_sender) &&
	    !isnan(jim->reject_recipient) && !isnan(jim->reject_auth) &&
	    !isnan(jim->link_min) && !isnan(jim->link_max);
}

struct numbers {
	unsigned chance; /* millionths */
	unsigned drip;   /* 0: none */
};

static void
to_numbers(const struct fault_jim *jim, struct numbers numbers[JIM_ROLES])
{
	unsigned half = millionths(jim->link_affect) / 2;

	numbers[JIM_ACCEPT].chance = MILLION - millionths(jim->accept);
	numbers[JIM_DISCONNECT].chance = millionths(jim->disconnect);
	numbers[JIM_SENDER].chance = millionths(jim->reject_sender);
	numbers[JIM_RECIPIENT].chance = millionths(jim->reject_recipient);
	numbers[JIM_AUTH].chance = millionths(jim->reject_auth);
	numbers[JIM_SLOW].chance = half;
	numbers[JIM_SLOW].drip = whole(jim->link_min, 1, SPEED_MAX);
	numbers[JIM_FAST].chance = other_half(half);
	numbers[JIM_FAST].drip = whole(jim->link_max, 1, SPEED_MAX);
}

static void
from_numbers(const struct numbers numbers[JIM_ROLES], struct fault_jim *jim)
{
	jim->accept = (double)(MILLION - numbers[JIM_ACCEPT].chance) / MILLION;
	jim->disconnect = (double)numbers[JIM_DISCONNECT].chance / MILLION;
	jim->reject_sender = (double)numbers[JIM_SENDER].chance / MILLION;
	jim->reject_recipient = (double)numbers[JIM_RECIPIENT].chance / MILLION;
	jim->reject_auth = (double)numbers[JIM_AUTH].chance / MILLION;
	jim->link_affect = (double)numbers[JIM_SLOW].chance * 2 / MILLION;
	jim->link_min = numbers[JIM_SLOW].drip;
	jim->link_max = numbers[JIM_FAST].drip;
}

bool
fault_jim_read(const struct fault_set *set, struct fault_jim *out)
{
	struct numbers numbers[JIM_ROLES] = {{0, 0}};
	struct fault_view view;

	if (!fault_find(set, roles[JIM_ACCEPT].id, &view))
		return false;
	for (size_t i = 0; i < JIM_ROLES; i++) {
		if (!fault_find(set, roles[i].id, &view))
			continue;
		numbers[i].chance = view.chance;
		numbers[i].drip = view.action->drip;
	}
	from_numbers(numbers, out);
	return true;
}

static void
copy_ids(struct span ids[JIM_ROLES])
{
	for (size_t i = 0; i < JIM_ROLES; i++)
		ids[i] = roles[i].id;
}

static bool
put_rules(struct buf *text, const struct numbers numbers[JIM_ROLES])
{
	for (size_t i = 0; i < JIM_ROLES; i++) {
		(void)buf_printf(text, "%s id=%.*s chance=%u.%04u%% %s",
		    roles[i].moment, SPAN_ARG(roles[i].id),
		    numbers[i].chance / 10000, numbers[i].chance % 10000,
		    roles[i].action);
		if (numbers[i].drip)
			(void)buf_printf(text, "drip=%u", numbers[i].drip);
		(void)buf_put_char(text, '\n');
	}
	return !buf_failed(text);
}

enum err
fault_jim_write(struct fault_set *set, const struct fault_jim *jim)
{
	struct numbers numbers[JIM_ROLES] = {{0, 0}};
	struct span ids[JIM_ROLES];
	struct fault_error error;
	enum err err = ERR_MEMORY;
	struct buf text;

	if (!is_a_number(jim))
		return ERR_DATA;
	to_numbers(jim, numbers);
	copy_ids(ids);
	buf_init(&text, TEXT_SIZE);
	if (put_rules(&text, numbers))
		err = fault_exchange(
		    set, ids, JIM_ROLES, buf_span(&text), &error);
	buf_release(&text);
	return err;
}

bool
fault_jim_remove(struct fault_set *set)
{
	bool was_there = false;

	for (size_t i = 0; i < JIM_ROLES; i++)
		if (fault_remove(set, roles[i].id) && i == JIM_ACCEPT)
			was_there = true;
	return was_there;
}
