/* test_export_file: whole files, safe names, nothing overwritten. */
#include "export_file.h"

#include "scratch.h"
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct fixture {
	char folder[SCRATCH_SIZE];
	struct budget budget;
	struct spool_rules rules;
	struct spool body;
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	scratch_make(fixture.folder);
	fixture.budget.limit = 1000000;
	fixture.rules.budget = &fixture.budget;
	fixture.rules.memory_max = 1000000;
	spool_init(&fixture.body, &fixture.rules);
	assert_int_equal(spool_put(&fixture.body, SPAN("X\r\n\0Y")), ERR_OK);
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	spool_release(&fixture->body);
	scratch_remove(fixture->folder);
	return 0;
}

static void
check_file(const char *folder, const char *name, struct span text)
{
	char path[SCRATCH_SIZE + 100];
	char found[100];
	struct stat status;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("no %s", path);
	assert_int_equal(fread(found, 1, sizeof(found), file), text.len);
	assert_memory_equal(found, text.at, text.len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mtim.tv_sec, 1048592222);
	assert_int_equal(status.st_mtim.tv_nsec, 1000);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static size_t
count_files(const char *folder)
{
	DIR *found = opendir(folder);
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(found);
	while ((entry = readdir(found)))
		count += strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0;
	assert_int_equal(closedir(found), 0);
	return count;
}

static struct export_message
make_message(struct fixture *fixture, const char *id)
{
	return (struct export_message){
	    .id = id,
	    .seq = 7,
	    .received_us = INT64_C(1048592222000001),
	    .body = &fixture->body,
	};
}

static void
writes_whole_files(void **state)
{
	struct fixture *fixture = *state;
	struct export_message message = make_message(fixture, "0Vz1");
	struct export_folder *folder;
	char path[SCRATCH_SIZE + 16];
	struct failure f;

	(void)snprintf(path, sizeof(path), "%s/a/b", fixture->folder);
	assert_int_equal(
	    export_folder_open(&folder, path, EXPORT_EML, &f), ERR_OK);
	assert_int_equal(export_folder_put(folder, &message, &f), ERR_OK);
	check_file(path, "00000007-0Vz1.eml", SPAN("X\r\n\0Y"));
	assert_int_equal(count_files(path), 1);
	/* The one that is there stays as it is. */
	assert_int_equal(spool_put(&fixture->body, SPAN("more")), ERR_OK);
	assert_int_equal(export_folder_put(folder, &message, &f), ERR_EXISTS);
	check_file(path, "00000007-0Vz1.eml", SPAN("X\r\n\0Y"));
	assert_int_equal(count_files(path), 1);
	export_folder_close(folder);
}

static void
writes_a_maildir(void **state)
{
	struct fixture *fixture = *state;
	struct export_message message = make_message(fixture, "0Vz1");
	struct export_folder *folder;
	char path[SCRATCH_SIZE + 16];
	struct failure f;

	assert_int_equal(
	    export_folder_open(&folder, fixture->folder, EXPORT_MAILDIR, &f),
	    ERR_OK);
	assert_int_equal(export_folder_put(folder, &message, &f), ERR_OK);
	(void)snprintf(path, sizeof(path), "%s/new", fixture->folder);
	check_file(path, "1048592222.0Vz1.mailstop", SPAN("X\r\n\0Y"));
	(void)snprintf(path, sizeof(path), "%s/tmp", fixture->folder);
	assert_int_equal(count_files(path), 0);
	(void)snprintf(path, sizeof(path), "%s/cur", fixture->folder);
	assert_int_equal(count_files(path), 0);
	export_folder_close(folder);
}

/* A server that lies about its ids reaches no other folder. */
static void
takes_no_name_from_a_stranger(void **state)
{
	static const char *const ids[] = {"", "..", "../x", "a/b", "a.b",
	    "a\nb", "a b", "\xff", "-",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct fixture *fixture = *state;
	struct export_folder *folder;
	struct failure f;

	assert_int_equal(
	    export_folder_open(&folder, fixture->folder, EXPORT_EML, &f),
	    ERR_OK);
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct export_message message = make_message(fixture, ids[i]);

		assert_int_equal(
		    export_folder_put(folder, &message, &f), ERR_DATA);
	}
	assert_int_equal(count_files(fixture->folder), 0);
	export_folder_close(folder);
}

static void
says_what_cannot_be_made(void **state)
{
	struct export_folder *folder;
	struct failure f;

	(void)state;
	assert_int_not_equal(
	    export_folder_open(&folder, "/dev/null/x", EXPORT_EML, &f), ERR_OK);
	assert_null(folder);
	assert_non_null(strstr(f.text, "/dev/null"));
}

static void
reads_times(void **state)
{
	(void)state;
	assert_int_equal(export_time("2003-03-25T11:37:02.000001Z"),
	    INT64_C(1048592222000001));
	assert_int_equal(
	    export_time("2003-03-25T11:37:02.5Z"), INT64_C(1048592222500000));
	assert_int_equal(
	    export_time("2003-03-25T11:37:02Z"), INT64_C(1048592222000000));
	assert_int_equal(export_time("yesterday"), 0);
	assert_int_equal(export_time(""), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		writes_whole_files, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		writes_a_maildir, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		takes_no_name_from_a_stranger, set_up, tear_down),
	    cmocka_unit_test(says_what_cannot_be_made),
	    cmocka_unit_test(reads_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
