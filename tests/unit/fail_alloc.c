/* fail_alloc: makes each allocation of a scenario fail in turn. */
#include "fail_alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum mode { FAIL_NONE, FAIL_ONE, FAIL_REST };

static _Atomic enum mode mode;
static atomic_size_t seen;     /* allocations of this run */
static atomic_size_t first;    /* the number of the one to fail */
static atomic_bool has_failed; /* in this run */

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);

static bool
must_fail(void)
{
	size_t number;

	if (mode == FAIL_NONE)
		return false;
	number = atomic_fetch_add(&seen, 1);
	if (number < first || (number > first && mode == FAIL_ONE))
		return false;
	has_failed = true;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *at, size_t size)
{
	return must_fail() ? NULL : __real_realloc(at, size);
}

char *
__wrap_strdup(const char *string)
{
	return must_fail() ? NULL : __real_strdup(string);
}

char *
__wrap_strndup(const char *string, size_t len)
{
	return must_fail() ? NULL : __real_strndup(string, len);
}

static size_t
run(enum mode how, void (*scenario)(void *context), void *context)
{
	size_t number = 0;

	do {
		first = number++;
		seen = 0;
		has_failed = false;
		mode = how;
		scenario(context);
		mode = FAIL_NONE;
	} while (has_failed);
	return number - 1;
}

size_t
fail_alloc_each(void (*scenario)(void *context), void *context)
{
	size_t count = run(FAIL_ONE, scenario, context);

	(void)run(FAIL_REST, scenario, context);
	has_failed = false;
	return count;
}

bool
fail_alloc_happened(void)
{
	return has_failed;
}
