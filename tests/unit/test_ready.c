/* test_ready: the words, and how they reach who waits for them. */
#include "ready.h"

#include "scratch.h"
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define TEXT SPAN("{\"pid\":1}\n")

static void
has_each_key(void **state)
{
	static const struct ready_address addresses[] = {
	    {LISTEN_SMTP, "127.0.0.1:1025"},
	    {LISTEN_HTTP, "127.0.0.1:8025"},
	    {LISTEN_SMTP, "unix:/x\"y"},
	};
	struct ready ready = {1, "/x/y.db", "/x/ca.pem", addresses, 3};
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	assert_true(ready_put(&out, &ready));
	assert_string_equal(buf_string(&out),
	    "{\"pid\":1,\"db\":\"/x/y.db\",\"ca\":\"/x/ca.pem\","
	    "\"smtp\":[\"127.0.0.1:1025\",\"unix:/x\\\"y\"],\"smtps\":[],"
	    "\"lmtp\":[],\"pop3\":[],\"http\":[\"127.0.0.1:8025\"]}\n");
	buf_reset(&out);
	ready = (struct ready){.pid = 2, .db = "\xff"};
	assert_true(ready_put(&out, &ready));
	assert_string_equal(buf_string(&out),
	    "{\"pid\":2,\"db\":null,\"ca\":null,\"smtp\":[],\"smtps\":[],"
	    "\"lmtp\":[],\"pop3\":[],\"http\":[]}\n");
	buf_release(&out);
	buf_init(&out, 20);
	assert_false(ready_put(&out, &ready));
	buf_release(&out);
}

static void
check_content(const char *path, struct span text)
{
	char found[100];
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	assert_int_equal(fread(found, 1, sizeof(found), file), text.len);
	assert_memory_equal(found, text.at, text.len);
	assert_int_equal(fclose(file), 0);
}

static size_t
count_files(const char *folder)
{
	DIR *found = opendir(folder);
	size_t count = 0;

	assert_non_null(found);
	while (readdir(found))
		count++;
	assert_int_equal(closedir(found), 0);
	return count - 2;
}

static void
replaces_a_file(void **state)
{
	char scratch[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 8];
	struct stat found;
	struct failure f;

	(void)state;
	scratch_make(scratch);
	(void)snprintf(path, sizeof(path), "%s/ready", scratch);
	assert_int_equal(ready_write_file(path, SPAN("x"), &f), ERR_OK);
	check_content(path, SPAN("x"));
	assert_int_equal(ready_write_file(path, TEXT, &f), ERR_OK);
	check_content(path, TEXT);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0644);
	assert_int_equal(count_files(scratch), 1);
	ready_remove_file(path);
	ready_remove_file(path);
	assert_int_equal(count_files(scratch), 0);
	scratch_remove(scratch);
}

static void
leaves_nothing_behind_on_failure(void **state)
{
	char scratch[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct failure f;

	(void)state;
	scratch_make(scratch);
	(void)snprintf(path, sizeof(path), "%s/none/ready", scratch);
	assert_int_equal(ready_write_file(path, TEXT, &f), ERR_READONLY);
	assert_non_null(strstr(f.text, "--ready-file"));
	assert_non_null(strstr(f.text, path));
	(void)snprintf(path, sizeof(path), "%s/folder", scratch);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_not_equal(ready_write_file(path, TEXT, &f), ERR_OK);
	ready_remove_file(path);
	assert_int_equal(count_files(scratch), 1);
	scratch_remove(scratch);
}

static void
writes_into_a_fifo(void **state)
{
	char scratch[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 8];
	char found[32];
	struct failure f;
	int fd;

	(void)state;
	scratch_make(scratch);
	(void)snprintf(path, sizeof(path), "%s/fifo", scratch);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	ready_remove_file(path);
	assert_int_equal(ready_write_file(path, TEXT, &f), ERR_OK);
	assert_int_equal(read(fd, found, sizeof(found)), TEXT.len);
	assert_memory_equal(found, TEXT.at, TEXT.len);
	assert_int_equal(close(fd), 0);
	scratch_remove(scratch);
}

static void
writes_and_closes_a_descriptor(void **state)
{
	struct failure f;
	char found[32];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(ready_write_fd(fds[1], TEXT, &f), ERR_OK);
	assert_int_equal(read(fds[0], found, sizeof(found)), TEXT.len);
	assert_memory_equal(found, TEXT.at, TEXT.len);
	assert_int_equal(read(fds[0], found, sizeof(found)), 0);
	assert_int_equal(ready_write_fd(fds[1], TEXT, &f), ERR_IO);
	assert_non_null(strstr(f.text, "--ready-fd"));
	assert_int_equal(close(fds[0]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_each_key),
	    cmocka_unit_test(replaces_a_file),
	    cmocka_unit_test(leaves_nothing_behind_on_failure),
	    cmocka_unit_test(writes_into_a_fifo),
	    cmocka_unit_test(writes_and_closes_a_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
