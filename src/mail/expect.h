/*
 * expect: what somebody says a server's messages must be like.
 *
 *	expression = "none" what | what compare number
 *	what       = query | "findings" { condition }
 *	condition  = "rule" ("=" | "==" | ":" | "!=") id
 *	           | "severity" (those | compare) ("info" | "warning" | "error")
 *	compare    = "==" | "!=" | ">=" | "<=" | ">" | "<"
 *
 * A query without a text is all messages. An id may hold '*' for any text. What
 * follows last is the comparison: <, >, <= and >= need a blank in front, since
 * a query may end in "seq>=5" itself. Pure.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include "query.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum expect_subject { EXPECT_MESSAGES, EXPECT_FINDINGS };

enum expect_compare {
	EXPECT_EQ,
	EXPECT_NE,
	EXPECT_GE,
	EXPECT_LE,
	EXPECT_GT,
	EXPECT_LT
};

/* What a finding must be like to count. */
struct expect_condition {
	enum expect_key { EXPECT_RULE, EXPECT_SEVERITY } key;
	enum expect_compare compare;
	int severity; /* enum finding_severity */
	char *rule;   /* owned */
};

#define EXPECT_CONDITIONS_MAX 20

struct expect {
	enum expect_subject subject;
	enum expect_compare compare;
	uint64_t count;
	char *query; /* of EXPECT_MESSAGES; owned */
	struct expect_condition conditions[EXPECT_CONDITIONS_MAX];
	size_t condition_count;
};

/* A longer text is refused. */
#define EXPECT_LEN_MAX QUERY_LEN_MAX

/*
 * NULL when the text is no such thing (*error says where), or without memory
 * (error->text is then empty). The query is read with these options, to see
 * that it is one.
 */
struct expect *expect_parse(
    struct span text, const struct query_options *, struct query_error *error);
void expect_free(struct expect *); /* NULL is allowed */

/* Whether so many of them are what was said. */
bool expect_holds(const struct expect *, uint64_t found);

/* With so many found it is known whether it holds, however many more there
   are. */
uint64_t expect_enough(const struct expect *);

/* Whether it can only fail for there being too few. */
bool expect_wants_more(const struct expect *, uint64_t found);

/* Whether such a finding counts; an unknown severity is "info". */
bool
expect_counts(const struct expect *, const char *rule, const char *severity);

/* "==", ... */
const char *expect_compare_name(enum expect_compare);

#endif
