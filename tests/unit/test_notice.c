/* test_notice: a write wakes, and only the one that matters. */
#include "notice.h"

#include "clock.h"
#include "scratch.h"
#include "unit.h"

#include <stdio.h>

static void
write_to(const char *folder, const char *name)
{
	char path[SCRATCH_SIZE + 16];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fputs("x", file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
wakes_when_the_database_is_written(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct notice *notice;
	int64_t start;

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/x.db", folder);
	assert_int_equal(notice_open(&notice, path), ERR_OK);
	write_to(folder, "x.db");
	start = clock_mono_us();
	notice_wait(notice, start + 3600 * CLOCK_SECOND);
	write_to(folder, "x.db-wal");
	notice_wait(notice, start + 3600 * CLOCK_SECOND);
	/* Far less than the doubt that ends a wait anyway; twice of it would
	   mean that neither was seen. */
	assert_true(clock_mono_us() - start < 2 * CLOCK_SECOND);
	notice_close(notice);
	scratch_remove(folder);
}

static void
ends_at_the_deadline(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
	struct notice *notice;
	int64_t deadline;

	(void)state;
	scratch_make(folder);
	(void)snprintf(path, sizeof(path), "%s/x.db", folder);
	assert_int_equal(notice_open(&notice, path), ERR_OK);
	write_to(folder, "other");
	deadline = clock_mono_us() + 30000;
	notice_wait(notice, deadline);
	assert_true(clock_mono_us() >= deadline);
	/* One that has passed is no wait at all. */
	notice_wait(notice, 0);
	notice_close(notice);
	scratch_remove(folder);
}

/* Where the kernel cannot watch, a wait is short. */
static void
works_blindly(void **state)
{
	struct notice *notice;
	int64_t start = clock_mono_us();

	(void)state;
	assert_int_equal(notice_open(&notice, "/nonexistent/x.db"), ERR_OK);
	notice_wait(notice, start + 3600 * CLOCK_SECOND);
	assert_true(clock_mono_us() - start >= 10000);
	notice_close(notice);
	assert_int_equal(notice_open(&notice, "x.db"), ERR_OK);
	notice_close(notice);
	notice_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wakes_when_the_database_is_written),
	    cmocka_unit_test(ends_at_the_deadline),
	    cmocka_unit_test(works_blindly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
