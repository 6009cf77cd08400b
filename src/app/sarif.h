/*
 * sarif: findings as one document of SARIF 2.1.0.
 *
 * Written as they come, so that there may be any number of them. Of a message
 * the place is an octet of MESSAGE/raw, of a session a line of its transcript,
 * both below the API's own path.
 */
#ifndef SARIF_H
#define SARIF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sarif {
	FILE *file; /* borrowed */
	uint64_t count;
	bool failed; /* something could not be written, or made */
};

/* Writes what stands before the findings: the rules. */
void sarif_begin(struct sarif *, FILE *);

/* One finding, as the API gives it; borrowed. */
void sarif_put(struct sarif *, const json_t *finding);

/* Writes the end. False when anything failed. */
bool sarif_end(struct sarif *);

#endif
