/*
 * fault_rule_private: what the files of the fault_rule module share, and nobody
 * else.
 */
#ifndef FAULT_RULE_PRIVATE_H
#define FAULT_RULE_PRIVATE_H

#include "fault_rule.h"

#include "fault_word.h"

/* The words that are given at most once; all conditions share a number. */
enum fault_number {
	FAULT_NO_CONDITION,
	FAULT_NO_ID,
	FAULT_NO_FIRST,
	FAULT_NO_EVERY,
	FAULT_NO_RATE,
	FAULT_NO_CHANCE,
	FAULT_NO_PER,
	/* Actions. */
	FAULT_NO_REPLY,
	FAULT_NO_DELAY,
	FAULT_NO_DRIP,
	FAULT_NO_STALL,
	FAULT_NO_DROP,
	FAULT_NO_RST,
	FAULT_NO_HIDE,
	FAULT_NO_TLS,
	FAULT_NUMBERS,
};
#define FAULT_FIRST_ACTION FAULT_NO_REPLY

struct fault_row;

struct fault_reader {
	struct fault_text text;
	struct fault_rule *rule;
	char *room;                    /* for unquoted values */
	struct fault_word word;        /* the one that is read */
	const struct fault_row *row;   /* its row */
	const char *at[FAULT_NUMBERS]; /* where each stands, or NULL */
};

/* One word of the language. */
struct fault_row {
	struct span key;
	char sign;  /* '=', '>' or 0: it has no value */
	bool alone; /* may stand without its value */
	enum fault_number number;
	unsigned moments; /* where it makes sense */
	/* Reads the value, which is bare of quotes around all of it, into the
	   rule; false, and said, when it is wrong. */
	bool (*read)(struct fault_reader *, struct span value);
	enum fault_subject subject; /* of conditions */
	const char *usage;          /* how it is written */
};

/* Both end with a row without a key. */
extern const struct fault_row fault_rule_when[];
extern const struct fault_row fault_rule_what[];

/* Says at `at` how the word is written. Always false. */
bool fault_rule_usage(struct fault_reader *, const char *at);

/* Whether the word may stand in a rule of these moments; says so if not. */
bool fault_rule_moments(struct fault_reader *, unsigned allowed);

/* Reads a number from 1 on. */
bool
fault_rule_count(struct fault_reader *, struct span value, uint64_t *number);

struct fault_unit {
	struct span name;
	uint64_t factor;
};

/* Cuts the unit behind the number off; false when it is none of `units`, which
   end with one without a name. */
bool fault_rule_unit(
    struct span *value, const struct fault_unit *units, uint64_t *factor);

#endif
