/*
 * budget: one ceiling over the memory of many owners.
 *
 * Whoever keeps bytes that a client sent draws them from here first. A budget
 * belongs to one thread.
 */
#ifndef BUDGET_H
#define BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget {
	size_t limit; /* bytes */
	size_t used;  /* bytes */
};

/* Draws `count` bytes; false, and nothing drawn, when they are not there. */
bool budget_draw(struct budget *, size_t count);

/* Puts back what was drawn. */
void budget_return(struct budget *, size_t count);

#endif
