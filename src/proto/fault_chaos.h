/*
 * fault_chaos: the three triggers of Mailpit's chaos route as fault rules.
 *
 * They are rules like others, with the ids chaos-sender, chaos-recipient and
 * chaos-authentication; a trigger that is as at the start has none. Whoever
 * changes them by their ids changes what is read here.
 */
#ifndef FAULT_CHAOS_H
#define FAULT_CHAOS_H

#include "err.h"
#include "fault.h"

enum fault_chaos_kind {
	FAULT_CHAOS_SENDER,
	FAULT_CHAOS_RECIPIENT,
	FAULT_CHAOS_AUTHENTICATION,
	FAULT_CHAOS_KINDS
};

struct fault_trigger {
	int64_t code;        /* 400 to 599; 0 when given: the usual one */
	int64_t probability; /* 0 to 100 */
};

struct fault_chaos {
	struct fault_trigger triggers[FAULT_CHAOS_KINDS];
};

/* As at the start: codes 451, 451 and 535, and no chance. */
void fault_chaos_init(struct fault_chaos *);

void fault_chaos_read(const struct fault_set *, struct fault_chaos *out);

/*
 * Puts the rules in place of those there are; all three or none. ERR_DATA when
 * a number is out of its range, ERR_LIMIT when there are too many rules,
 * ERR_MEMORY; the failure (may be NULL) says more.
 */
enum err fault_chaos_write(
    struct fault_set *, const struct fault_chaos *, struct failure *);

#endif
