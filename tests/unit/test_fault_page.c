/* test_fault_page: the man page of fault rules tells the truth. */
#include "fault_rule_private.h"

#include "buf.h"
#include "fault_set.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 100000

static int
read_page(void **state)
{
	static struct buf page;
	const char *top = getenv("TOP_SRCDIR");
	char path[4096];
	char *room;
	FILE *file;

	buf_init(&page, PAGE_MAX);
	(void)snprintf(path, sizeof(path), "%s/src/proto/mailstop-fault.5",
	    top ? top : "..");
	file = fopen(path, "rb");
	room = buf_room(&page, PAGE_MAX);
	if (!file || !room) {
		print_error("%s: %s\n", path, strerror(errno));
		return -1;
	}
	buf_grow(&page, fread(room, 1, PAGE_MAX, file));
	(void)fclose(file);
	*state = &page;
	return 0;
}

static int
forget_page(void **state)
{
	buf_release(*state);
	return 0;
}

/* What troff makes of a line that has no other escapes. */
static void
put_unescaped(struct buf *out, struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] == '\\')
			i++;
		if (i < line.len)
			(void)buf_put_char(out, line.at[i]);
	}
}

static void
each_example_is_a_rule(void **state)
{
	struct span rest = buf_span(*state);
	bool is_example = false;
	size_t count = 0;
	struct buf rule;

	buf_init(&rule, FAULT_RULE_MAX);
	while (rest.len) {
		struct span line = span_cut(&rest, '\n');
		struct fault_set *set;

		if (line.len && line.at[0] == '.') {
			is_example = span_starts(line, SPAN(".Bd -literal"));
			continue;
		}
		if (!is_example)
			continue;
		buf_reset(&rule);
		put_unescaped(&rule, line);
		set = set_of(1, buf_string(&rule));
		fault_set_free(set);
		count++;
	}
	assert_in_range(count, 20, 100);
	buf_release(&rule);
}

/* Whether a line of the page is ".It Cm WORD" and nothing or more behind it. */
static bool
has_item(struct span page, struct span word)
{
	struct span start = SPAN(".It Cm ");

	while (page.len) {
		struct span line = span_cut(&page, '\n');

		if (!span_starts(line, start))
			continue;
		span_skip(&line, start.len);
		if (span_equal(span_cut(&line, ' '), word))
			return true;
	}
	return false;
}

static void
each_word_is_told(void **state)
{
	static const struct span moments[] = {{"connect", 7}, {"tls", 3},
	    {"helo", 4}, {"auth", 4}, {"mail", 4}, {"rcpt", 4}, {"data", 4},
	    {"body", 4}, {"rset", 4}, {"quit", 4}, {"any", 3}};
	const struct fault_row *const tables[] = {
	    fault_rule_when, fault_rule_what};
	struct span page = buf_span(*state);

	for (size_t i = 0; i < COUNT(moments); i++)
		assert_true(has_item(page, moments[i]));
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct fault_row *row = tables[i]; row->key.at;
		     row++)
			if (!has_item(page, row->key))
				fail_msg("%s is not told", row->key.at);
	assert_false(has_item(page, SPAN("stal")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_example_is_a_rule),
	    cmocka_unit_test(each_word_is_told),
	};

	return cmocka_run_group_tests_name(
	    "fault_page", tests, read_page, forget_page);
}
