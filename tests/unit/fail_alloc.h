/*
 * fail_alloc: makes each allocation of a scenario fail in turn.
 *
 * For unit tests, which link with UNIT_WRAP: malloc, calloc, realloc, strdup
 * and strndup of our own code then pass through here; those inside shared
 * libraries do not. All threads count together.
 */
#ifndef FAIL_ALLOC_H
#define FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Runs the scenario until no allocation of it is left that did not fail: once
 * with only the n-th failing, once with the n-th and all after it, for n from
 * 0 on. Returns how many allocations there were, so that a test can see that
 * there was one. The scenario must clean up after itself.
 */
size_t fail_alloc_each(void (*scenario)(void *context), void *context);

/* Whether one has failed in the run so far: what the scenario may expect. */
bool fail_alloc_happened(void);

#endif
