/* test_spool: bytes stay the same wherever they are kept. */
#include "spool.h"

#include "fail_alloc.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	struct budget budget;
	struct spool_rules rules;
	struct spool spool;
	char directory[32];
};

/* The linker puts this in place of open(2); see UNIT_WRAP of Makefile.am. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

static int open_error;    /* what O_TMPFILE gives, if not 0 */
static int open_refusals; /* how often it did */

int
__wrap_open(const char *path, int flags, ...)
{
	if ((flags & O_TMPFILE) == O_TMPFILE && open_error) {
		errno = open_error;
		open_refusals++;
		return -1;
	}
	return __real_open(path, flags, 0600);
}

static int
set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	(void)snprintf(fixture.directory, sizeof(fixture.directory),
	    "/tmp/test-spool-XXXXXX");
	assert_non_null(mkdtemp(fixture.directory));
	fixture.budget.limit = 1024 * 1024;
	fixture.rules.budget = &fixture.budget;
	fixture.rules.memory_max = 64 * 1024;
	fixture.rules.directory = fixture.directory;
	spool_init(&fixture.spool, &fixture.rules);
	open_error = 0;
	open_refusals = 0;
	*state = &fixture;
	return 0;
}

/* Everything must be given back, and no file may have kept its name. */
static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	spool_release(&fixture->spool);
	assert_int_equal(fixture->budget.used, 0);
	return rmdir(fixture->directory);
}

/* Byte number `i` of what the tests put; a prime keeps pages different. */
static char
byte_at(uint64_t i)
{
	return (char)(i % 251);
}

static enum err
put_pattern(struct spool *spool, uint64_t len)
{
	char bytes[1000];
	enum err err = ERR_OK;

	while (len && !err) {
		size_t count =
		    len < sizeof(bytes) ? (size_t)len : sizeof(bytes);

		for (size_t i = 0; i < count; i++)
			bytes[i] = byte_at(spool->len + i);
		err = spool_put(spool, span_make(bytes, count));
		len -= count;
	}
	return err;
}

static void
assert_pattern(const struct spool *spool, uint64_t len)
{
	char bytes[777];
	uint64_t at = 0;

	assert_true(spool->len == len);
	while (at < len) {
		ssize_t n = spool_read(spool, at, bytes, sizeof(bytes));

		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(bytes[i], byte_at(at + (uint64_t)i));
		at += (uint64_t)n;
	}
	assert_true(at == len);
	assert_int_equal(spool_read(spool, len, bytes, sizeof(bytes)), 0);
	assert_int_equal(spool_read(spool, UINT64_MAX, bytes, 1), 0);
}

static void
few_bytes_stay_in_memory(void **state)
{
	struct fixture *fixture = *state;
	struct spool *spool = &fixture->spool;
	struct span all;

	assert_true(spool_in_memory(spool, &all));
	assert_int_equal(all.len, 0);
	assert_non_null(all.at);
	assert_int_equal(spool_put(spool, span_make(NULL, 0)), ERR_OK);
	assert_int_equal(put_pattern(spool, 64 * 1024), ERR_OK);
	assert_true(spool_in_memory(spool, &all));
	assert_int_equal(all.len, 64 * 1024);
	assert_int_equal(fixture->budget.used, 64 * 1024);
	assert_pattern(spool, 64 * 1024);
}

static void
many_bytes_go_to_a_file(void **state)
{
	struct fixture *fixture = *state;
	struct spool *spool = &fixture->spool;
	struct span all;

	assert_int_equal(put_pattern(spool, 64 * 1024), ERR_OK);
	assert_int_equal(put_pattern(spool, 1), ERR_OK);
	assert_false(spool_in_memory(spool, &all));
	assert_int_equal(fixture->budget.used, 0);
	assert_int_equal(put_pattern(spool, 300 * 1000), ERR_OK);
	assert_pattern(spool, 64 * 1024 + 1 + 300 * 1000);
}

static void
an_empty_budget_means_a_file(void **state)
{
	struct fixture *fixture = *state;

	fixture->budget.limit = 10 * 1000;
	assert_int_equal(put_pattern(&fixture->spool, 10 * 1000), ERR_OK);
	assert_true(fixture->spool.fd < 0);
	assert_int_equal(put_pattern(&fixture->spool, 1), ERR_OK);
	assert_true(fixture->spool.fd >= 0);
	assert_pattern(&fixture->spool, 10 * 1000 + 1);
}

static void
no_budget_and_no_file_is_a_limit(void **state)
{
	struct fixture *fixture = *state;

	fixture->budget.limit = 10 * 1000;
	fixture->rules.directory = NULL;
	assert_int_equal(put_pattern(&fixture->spool, 10 * 1000), ERR_OK);
	assert_int_equal(put_pattern(&fixture->spool, 1), ERR_LIMIT);
	assert_pattern(&fixture->spool, 10 * 1000);
	/* Memory that somebody gives back lets it go on. */
	fixture->budget.limit = 20 * 1000;
	assert_int_equal(put_pattern(&fixture->spool, 1), ERR_OK);
	assert_pattern(&fixture->spool, 10 * 1000 + 1);
}

static void
a_huge_share_does_not_wrap(void **state)
{
	struct fixture *fixture = *state;

	fixture->rules.memory_max = SIZE_MAX;
	fixture->rules.directory = NULL;
	spool_expect(&fixture->spool, SIZE_MAX);
	spool_expect(&fixture->spool, SIZE_MAX / 2 + 2);
	assert_int_equal(put_pattern(&fixture->spool, 100 * 1000), ERR_OK);
	assert_int_equal(
	    spool_put(&fixture->spool, span_make("", SIZE_MAX - 100 * 1000)),
	    ERR_LIMIT);
	assert_pattern(&fixture->spool, 100 * 1000);
}

static void
reset_keeps_a_small_block(void **state)
{
	struct fixture *fixture = *state;
	struct spool *spool = &fixture->spool;
	const char *at;

	assert_int_equal(put_pattern(spool, 3000), ERR_OK);
	at = spool->at;
	spool_reset(spool);
	assert_int_equal(put_pattern(spool, 3000), ERR_OK);
	assert_ptr_equal(spool->at, at);
	assert_int_equal(put_pattern(spool, 30 * 1000), ERR_OK);
	spool_reset(spool);
	assert_int_equal(fixture->budget.used, 0);
	assert_int_equal(put_pattern(spool, 100 * 1000), ERR_OK);
	spool_reset(spool);
	assert_true(spool->fd < 0);
	assert_int_equal(put_pattern(spool, 10), ERR_OK);
	assert_pattern(spool, 10);
}

static void
expecting_is_one_allocation(void **state)
{
	struct fixture *fixture = *state;
	const char *at;

	spool_expect(&fixture->spool, 50 * 1000);
	assert_int_equal(fixture->budget.used, 50 * 1000);
	at = fixture->spool.at;
	assert_int_equal(put_pattern(&fixture->spool, 50 * 1000), ERR_OK);
	assert_ptr_equal(fixture->spool.at, at);
	/* More than its share changes nothing: it will be a file. */
	spool_expect(&fixture->spool, UINT64_MAX);
	assert_int_equal(fixture->budget.used, 50 * 1000);
}

static void
works_where_files_need_names(void **state)
{
	static const int errors[] = {EOPNOTSUPP, EISDIR, ENOENT};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(errors); i++) {
		open_error = errors[i];
		spool_reset(&fixture->spool);
		assert_int_equal(
		    put_pattern(&fixture->spool, 100 * 1000), ERR_OK);
		assert_int_equal(open_refusals, i + 1);
		assert_true(fixture->spool.fd >= 0);
		assert_pattern(&fixture->spool, 100 * 1000);
		/* It is unlinked while it is in use: a crash leaves nothing. */
		assert_int_equal(rmdir(fixture->directory), 0);
		assert_int_equal(mkdir(fixture->directory, 0700), 0);
	}
}

static void
a_missing_directory_is_an_error(void **state)
{
	struct fixture *fixture = *state;

	fixture->rules.directory = "/nonexistent/spool";
	assert_int_equal(put_pattern(&fixture->spool, 64 * 1000), ERR_OK);
	assert_int_equal(
	    put_pattern(&fixture->spool, 64 * 1000), ERR_NOT_FOUND);
	assert_int_equal(fixture->spool.fd, -1);
	assert_true(fixture->spool.len >= 64 * 1000);
	assert_pattern(&fixture->spool, fixture->spool.len);
}

/* A ceiling on the file's size stands for a full disk, as root too. */
static void
limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_full_disk_loses_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before;
	enum err early;
	enum err late;
	uint64_t len;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit_file_size(8 * 1000);
	early = put_pattern(&fixture->spool, 70 * 1000);
	len = fixture->spool.len;
	limit_file_size(100500);
	late = put_pattern(&fixture->spool, 70 * 1000);
	limit_file_size(before.rlim_cur);
	/* While moving to a file, then while adding to one. */
	assert_int_equal(early, ERR_FULL);
	assert_true(len >= 64 * 1000);
	assert_int_equal(late, ERR_FULL);
	assert_true(fixture->spool.fd >= 0);
	len = fixture->spool.len;
	assert_in_range(len, 99 * 1000, 100500);
	assert_pattern(&fixture->spool, len);
	assert_int_equal(put_pattern(&fixture->spool, 5000), ERR_OK);
	assert_pattern(&fixture->spool, len + 5000);
}

static void
fill(void *context)
{
	struct fixture *fixture = context;
	enum err err;

	spool_expect(&fixture->spool, 2000);
	err = put_pattern(&fixture->spool, 60 * 1000);
	/* Without memory there is still the file. */
	assert_int_equal(err, ERR_OK);
	assert_pattern(&fixture->spool, 60 * 1000);
	if (fixture->spool.fd >= 0)
		assert_true(fail_alloc_happened());
	spool_release(&fixture->spool);
	assert_int_equal(fixture->budget.used, 0);
}

static void
survives_without_memory(void **state)
{
	assert_true(fail_alloc_each(fill, *state) > 3);
}

static void
cuts_what_is_beyond(void **state)
{
	static const uint64_t lens[] = {10, 60 * 1000, 300 * 1000};
	struct fixture *fixture = *state;
	struct spool *spool = &fixture->spool;

	for (size_t i = 0; i < COUNT(lens); i++) {
		assert_int_equal(put_pattern(spool, lens[i]), ERR_OK);
		spool_cut(spool, lens[i]);
		assert_pattern(spool, lens[i]);
		spool_cut(spool, 7);
		assert_pattern(spool, 7);
		spool_cut(spool, 0);
		assert_pattern(spool, 0);
		spool_reset(spool);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(few_bytes_stay_in_memory),
	    TEST(many_bytes_go_to_a_file),
	    TEST(an_empty_budget_means_a_file),
	    TEST(no_budget_and_no_file_is_a_limit),
	    TEST(a_huge_share_does_not_wrap),
	    TEST(reset_keeps_a_small_block),
	    TEST(expecting_is_one_allocation),
	    TEST(works_where_files_need_names),
	    TEST(a_missing_directory_is_an_error),
	    TEST(a_full_disk_loses_nothing),
	    TEST(cuts_what_is_beyond),
	    TEST(survives_without_memory),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
