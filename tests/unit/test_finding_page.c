/* test_finding_page: mailstop-finding(7) has each rule, as the table has it. */
#include "finding.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM ".It Ic "

static struct span
cut_line(struct span *rest)
{
	return span_cut(rest, '\n');
}

static void
read_page(struct buf *page)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[4096];
	FILE *file;
	char *room;

	(void)snprintf(path, sizeof(path), "%s/src/mail/mailstop-finding.7",
	    top ? top : "..");
	file = fopen(path, "rb");
	assert_non_null(file);
	room = buf_room(page, page->limit);
	assert_non_null(room);
	buf_grow(page, fread(room, 1, page->limit, file));
	assert_true(page->len > 0 && page->len < page->limit);
	(void)fclose(file);
}

/* "Error, RFC 5321 section 2.3.8." */
static void
put_origin(struct buf *out, const struct finding_rule *rule)
{
	struct span section = span_string(rule->section);
	struct span name = span_cut(&section, ' ');
	struct span number = span_cut(&section, ' ');
	const char *severity = finding_severity_name(rule->severity);

	buf_reset(out);
	(void)buf_printf(out, "%c%s, %.*s %.*s section %.*s.",
	    severity[0] - 'a' + 'A', severity + 1, SPAN_ARG(name),
	    SPAN_ARG(number), SPAN_ARG(section));
}

/* Rules in the order of the table, each with its origin and some words. */
static void
the_page_has_each_rule(void **state)
{
	const struct finding_rule *rule = finding_rules();
	struct buf page, origin;
	struct span rest;

	(void)state;
	buf_init(&page, 256 * 1024);
	buf_init(&origin, 1024);
	read_page(&page);
	rest = buf_span(&page);
	while (rest.len) {
		struct span line = cut_line(&rest);

		if (!span_starts(line, SPAN(ITEM)))
			continue;
		span_skip(&line, sizeof(ITEM) - 1);
		if (!rule->id || !span_equal(line, span_string(rule->id)))
			print_error("in the page: %.*s\n", SPAN_ARG(line));
		assert_non_null(rule->id);
		assert_true(span_equal(line, span_string(rule->id)));
		put_origin(&origin, rule);
		assert_true(span_equal(cut_line(&rest), buf_span(&origin)));
		line = cut_line(&rest);
		assert_true(line.len > 0 && line.at[0] != '.');
		rule++;
	}
	if (rule->id)
		print_error("not in the page: %s\n", rule->id);
	assert_null(rule->id);
	buf_release(&page);
	buf_release(&origin);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_page_has_each_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
