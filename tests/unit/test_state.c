/* test_state: where the folder is, by what the environment says. */
#include "state.h"

#include "scratch.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct row {
	const char *state_home;
	const char *home;
	const char *path; /* NULL: that of the password file is taken */
} rows[] = {
    {"/s", "/h", "/s/mailstop/mailstop.db"},
    {"s", "/h", "/h/.local/state/mailstop/mailstop.db"},
    {"", "/h", "/h/.local/state/mailstop/mailstop.db"},
    {NULL, "/h", "/h/.local/state/mailstop/mailstop.db"},
    {NULL, "h", NULL},
    {NULL, NULL, NULL},
};

static void
set_variable(const char *name, const char *value)
{
	if (value)
		assert_int_equal(setenv(name, value, 1), 0);
	else
		assert_int_equal(unsetenv(name), 0);
}

static void
finds_the_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure f;
		struct buf path;

		set_variable("XDG_STATE_HOME", rows[i].state_home);
		set_variable("HOME", rows[i].home);
		buf_init(&path, 4096);
		assert_int_equal(state_path(&path, "mailstop.db", &f), ERR_OK);
		if (rows[i].path)
			assert_string_equal(buf_string(&path), rows[i].path);
		else
			assert_int_equal(buf_string(&path)[0], '/');
		buf_release(&path);
	}
}

static void
says_when_it_does_not_fit(void **state)
{
	struct failure f;
	struct buf path;

	(void)state;
	set_variable("XDG_STATE_HOME", "/a/long/path");
	buf_init(&path, 8);
	assert_int_equal(state_path(&path, "x", &f), ERR_MEMORY);
	buf_release(&path);
}

static void
makes_the_folder_of_a_file(void **state)
{
	char scratch[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 32];
	struct stat found;
	struct failure f;

	(void)state;
	scratch_make(scratch);
	(void)snprintf(path, sizeof(path), "%s/a/b/file", scratch);
	assert_int_equal(state_make_folder_of(path, &f), ERR_OK);
	assert_int_not_equal(stat(path, &found), 0);
	path[strlen(path) - strlen("/file")] = '\0';
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0700);
	assert_int_equal(state_make_folder_of("file", &f), ERR_OK);
	assert_int_equal(state_make_folder_of("/file", &f), ERR_OK);
	assert_int_not_equal(
	    state_make_folder_of("/dev/null/x/file", &f), ERR_OK);
	scratch_remove(scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_the_folder),
	    cmocka_unit_test(says_when_it_does_not_fit),
	    cmocka_unit_test(makes_the_folder_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
