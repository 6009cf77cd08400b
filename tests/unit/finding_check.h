/*
 * finding_check: what the tests of findings have in common.
 *
 * Each rule needs a row that breaks it and one that just does not.
 */
#ifndef FINDING_CHECK_H
#define FINDING_CHECK_H

#include "finding.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

enum finding_kind { BAD, GOOD };

/* Whether each rule of that scope has a row of both kinds. */
static inline bool
finding_check_covers(enum finding_scope scope, const char *const rules[],
    const enum finding_kind kinds[], size_t count)
{
	bool is_whole = true;

	for (const struct finding_rule *rule = finding_rules(); rule->id;
	     rule++) {
		bool has[2] = {false, false};

		if (rule->scope != scope)
			continue;
		for (size_t i = 0; i < count; i++)
			if (strcmp(rules[i], rule->id) == 0)
				has[kinds[i]] = true;
		if (has[BAD] && has[GOOD])
			continue;
		print_error(
		    "%s has no %s row\n", rule->id, has[BAD] ? "good" : "bad");
		is_whole = false;
	}
	return is_whole;
}

/* Whether `list`, ids with blanks between them, has that id. */
static inline bool
finding_check_listed(const char *list, const char *id)
{
	struct span rest = span_string(list);

	while (rest.len)
		if (span_equal(span_cut(&rest, ' '), span_string(id)))
			return true;
	return false;
}

/*
 * BAD: the rule was found, and nothing else but what `also` lists. GOOD:
 * nothing was found but that.
 */
static inline bool
finding_check(const struct findings *found, enum finding_kind kind,
    const char *rule, const char *also)
{
	bool is_found = false, is_clean = true;

	for (size_t i = 0; i < found->count; i++) {
		const struct finding *finding = &found->at[i];

		if (kind == BAD && strcmp(finding->rule->id, rule) == 0)
			is_found = true;
		else if (!finding_check_listed(also, finding->rule->id)) {
			print_error("unexpected: %s at %lu \"%.*s\"\n",
			    finding->rule->id, (unsigned long)finding->offset,
			    SPAN_ARG(finding->bytes));
			is_clean = false;
		}
	}
	if (kind == BAD && !is_found)
		print_error("not found: %s\n", rule);
	return is_clean && (is_found || kind == GOOD);
}

#endif
