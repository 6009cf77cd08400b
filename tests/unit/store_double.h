/*
 * store_double: a store that only counts what it is asked.
 */
#ifndef STORE_DOUBLE_H
#define STORE_DOUBLE_H

#include "store.h"

struct store {
	int fd; /* an eventfd of the test's */
	unsigned reaped;
	unsigned flushed;
};

#endif
