/*
 * rules: the fault rules of --fault and of a file, read into a set.
 */
#ifndef RULES_H
#define RULES_H

#include "err.h"
#include "fault.h"

#include <stddef.h>

struct rules {
	const char *const *texts; /* of --fault, a rule each */
	size_t count;
	const char *path; /* of --fault-file; NULL: none */
};

/*
 * Makes them the rules of the set: all or, on failure, none, and the set is
 * then as it was. ERR_USAGE names the option, or file, line and column.
 */
enum err rules_load(struct fault_set *, const struct rules *, struct failure *);

#endif
