/*
 * fuzz: what a fuzz target gives to libFuzzer, or to replay.c in its place.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tries one input, which ends where its memory ends. Returns 0. Whatever must
 * hold is asserted with FUZZ_REQUIRE, in every kind of build.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(claim)                                                    \
	do {                                                                   \
		if (!(claim))                                                  \
			__builtin_trap();                                      \
	} while (0)

#endif
