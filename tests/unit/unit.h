/*
 * unit: what every unit test needs before cmocka.h, which must come last.
 */
#ifndef UNIT_H
#define UNIT_H

/* cmocka.h asks for these four. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
