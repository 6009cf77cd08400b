/* test_rules: rules of options and of a file, all or none. */
#include "rules.h"

#include "scratch.h"
#include "unit.h"

#include <string.h>

static void
write_file(char path[SCRATCH_SIZE + 8], const char *folder, const char *text)
{
	FILE *file;

	(void)snprintf(path, SCRATCH_SIZE + 8, "%s/rules", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static size_t
count_rules(const struct fault_set *set)
{
	struct fault_view view;
	size_t count = 0;

	while (fault_view(set, count, &view))
		count++;
	return count;
}

static void
takes_both(void **state)
{
	static const char *const texts[] = {
	    "rcpt to=*@full.test reply=452", "data stall"};
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 8];
	struct rules rules = {texts, COUNT(texts), NULL};
	struct fault_set *set = fault_set_new(1);
	struct failure f;

	(void)state;
	scratch_make(folder);
	assert_int_equal(rules_load(set, &rules, &f), ERR_OK);
	assert_int_equal(count_rules(set), 2);
	write_file(path, folder, "# a comment\n\nquit drop\nmail delay=1s\n");
	rules.path = path;
	assert_int_equal(rules_load(set, &rules, &f), ERR_OK);
	assert_int_equal(count_rules(set), 4);
	write_file(path, folder, "quit drop\n");
	assert_int_equal(rules_load(set, &rules, &f), ERR_OK);
	assert_int_equal(count_rules(set), 3);
	rules = (struct rules){NULL, 0, NULL};
	assert_int_equal(rules_load(set, &rules, &f), ERR_OK);
	assert_int_equal(count_rules(set), 0);
	fault_set_free(set);
	scratch_remove(folder);
}

static void
says_where_a_rule_is_wrong(void **state)
{
	static const char *const good[] = {"data stall"};
	static const char *const bad[] = {"data stall", "rcpt nonsense=1"};
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 8];
	struct rules rules = {good, 1, NULL};
	struct fault_set *set = fault_set_new(1);
	struct failure f;

	(void)state;
	scratch_make(folder);
	assert_int_equal(rules_load(set, &rules, &f), ERR_OK);
	rules = (struct rules){bad, 2, NULL};
	assert_int_equal(rules_load(set, &rules, &f), ERR_USAGE);
	assert_non_null(strstr(f.text, "--fault rcpt nonsense=1: column 6: "));
	rules = (struct rules){good, 1, path};
	write_file(path, folder, "quit drop\n  quit droop\n");
	assert_int_equal(rules_load(set, &rules, &f), ERR_USAGE);
	if (!strstr(f.text, "/rules:2:8: "))
		print_error("%s\n", f.text);
	assert_non_null(strstr(f.text, "/rules:2:8: "));
	(void)snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(rules_load(set, &rules, &f), ERR_USAGE);
	assert_non_null(strstr(f.text, "--fault-file"));
	assert_non_null(strstr(f.text, path));
	assert_int_equal(count_rules(set), 1);
	fault_set_free(set);
	scratch_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_both),
	    cmocka_unit_test(says_where_a_rule_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
