/* test_completion: the scripts name everything, and are the ones in contrib. */
#include "completion.h"

#include "option.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const shells[] = {"bash", "zsh", "fish"};

static void
names_everything(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shells); i++) {
		struct buf out;

		buf_init(&out, 1000000);
		assert_true(completion_put(&out, shells[i]));
		for (int j = 0; j < COMMANDS; j++)
			assert_non_null(strstr(buf_string(&out),
			    command_row((enum command)j)->name));
		for (int j = 0; j < OPTIONS; j++) {
			char name[64];

			(void)snprintf(name, sizeof(name),
			    i == 2 ? "-l %s " : "--%s",
			    option_row((enum option)j)->name);
			if (!strstr(buf_string(&out), name))
				fail_msg("%s: %s", shells[i], name);
		}
		buf_release(&out);
	}
}

static void
stands_in_contrib(void **state)
{
	static const char *const names[] = {
	    "mailstop.bash", "_mailstop", "mailstop.fish"};
	const char *top = getenv("TOP_SRCDIR");

	(void)state;
	for (size_t i = 0; i < COUNT(shells); i++) {
		char path[4096];
		struct buf out;
		FILE *file;
		char *found;

		(void)snprintf(path, sizeof(path), "%s/contrib/completions/%s",
		    top ? top : "..", names[i]);
		file = fopen(path, "re");
		if (!file)
			fail_msg("no %s", path);
		buf_init(&out, 1000000);
		assert_true(completion_put(&out, shells[i]));
		found = calloc(1, out.len + 2);
		assert_non_null(found);
		if (fread(found, 1, out.len + 1, file) != out.len ||
		    strcmp(found, buf_string(&out)) != 0)
			fail_msg("%s: make it anew with \"mailstop completion "
				 "%s\"",
			    path, shells[i]);
		free(found);
		buf_release(&out);
		assert_int_equal(fclose(file), 0);
	}
}

static void
knows_no_other_shell(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_false(completion_put(&out, "tcsh"));
	assert_int_equal(out.len, 0);
	assert_false(completion_put(&out, "bash"));
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_everything),
	    cmocka_unit_test(stands_in_contrib),
	    cmocka_unit_test(knows_no_other_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
