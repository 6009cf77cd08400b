/*
 * fault_jim: what MailHog's chaos monkey Jim does, as fault rules.
 *
 * Rules like others, with ids that begin with "jim-". He is there while the
 * rule jim-accept is. Chances are exact to a millionth, speeds to a byte a
 * second. MailHog slows a whole connection, here it is each reply that may be
 * slow.
 */
#ifndef FAULT_JIM_H
#define FAULT_JIM_H

#include "err.h"
#include "fault.h"

struct fault_jim {
	/* From 0 to 1; what is outside becomes the nearer of both. */
	double disconnect, accept, link_affect;
	double reject_sender, reject_recipient, reject_auth;
	/* Bytes a second. */
	double link_min, link_max;
};

/* What MailHog begins with. */
void fault_jim_init(struct fault_jim *);

/* False when he is not there. */
bool fault_jim_read(const struct fault_set *, struct fault_jim *out);

/*
 * Puts his rules in place of those there are; all or none. ERR_DATA for what is
 * no number, ERR_LIMIT when there are too many rules, ERR_MEMORY.
 */
enum err fault_jim_write(struct fault_set *, const struct fault_jim *);

/* False when he was not there. */
bool fault_jim_remove(struct fault_set *);

#endif
