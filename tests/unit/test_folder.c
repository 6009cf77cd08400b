/* test_folder: folders are made with what is above them, and locked. */
#include "folder.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

static void
makes_all_of_the_path(void **state)
{
	char top[SCRATCH_SIZE];
	char path[SCRATCH_SIZE * 2];
	struct stat found;

	(void)state;
	scratch_make(top);
	(void)snprintf(path, sizeof(path), "%s/a/b/c", top);
	assert_int_equal(folder_make(path, NULL), ERR_OK);
	assert_int_equal(folder_make(path, NULL), ERR_OK);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0700);
	scratch_remove(top);
}

static void
says_what_is_in_the_way(void **state)
{
	char top[SCRATCH_SIZE];
	char path[SCRATCH_SIZE * 2];
	struct failure failure = {""};
	FILE *file;
	int lock;

	(void)state;
	scratch_make(top);
	(void)snprintf(path, sizeof(path), "%s/file", top);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fclose(file);
	(void)snprintf(path, sizeof(path), "%s/file/below", top);
	assert_int_equal(folder_make(path, &failure), ERR_READONLY);
	assert_non_null(strstr(failure.text, path));
	assert_int_equal(folder_lock(&lock, path, &failure), ERR_READONLY);
	scratch_remove(top);
}

static void
locks_out_others(void **state)
{
	char top[SCRATCH_SIZE];
	int first;
	int second;
	struct failure failure = {""};

	(void)state;
	scratch_make(top);
	assert_int_equal(folder_lock(&first, top, NULL), ERR_OK);
	assert_int_equal(folder_lock(&second, top, &failure), ERR_BUSY);
	assert_int_equal(second, -1);
	assert_non_null(strstr(failure.text, top));
	close(first);
	assert_int_equal(folder_lock(&second, top, NULL), ERR_OK);
	close(second);
	scratch_remove(top);
}

static void
scenario(void *context)
{
	char path[SCRATCH_SIZE * 2];
	enum err err;

	(void)snprintf(path, sizeof(path), "%s/x", (const char *)context);
	(void)rmdir(path);
	err = folder_make(path, NULL);
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
}

static void
survives_without_memory(void **state)
{
	char top[SCRATCH_SIZE];

	(void)state;
	scratch_make(top);
	assert_int_equal(fail_alloc_each(scenario, top), 1);
	scratch_remove(top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_all_of_the_path),
	    cmocka_unit_test(says_what_is_in_the_way),
	    cmocka_unit_test(locks_out_others),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
