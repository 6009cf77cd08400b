/* test_err: each kind has words and an exit code. */
#include "err.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

static void
each_kind_is_described(void **state)
{
	(void)state;
	for (int err = ERR_OK; err <= ERR_STOPPED; err++) {
		assert_non_null(err_text((enum err)err));
		assert_true(strlen(err_text((enum err)err)) > 0);
		if (err == ERR_OK)
			assert_int_equal(err_exit_code((enum err)err), 0);
		else
			assert_in_range(
			    err_exit_code((enum err)err), EX__BASE, EX__MAX);
	}
}

static const struct {
	int error_number;
	enum err err;
	int exit_code;
} kinds[] = {
    {0, ERR_OK, EX_OK},
    {ENOMEM, ERR_MEMORY, EX_OSERR},
    {EIO, ERR_IO, EX_IOERR},
    {EBADF, ERR_IO, EX_IOERR},
    {ENOSPC, ERR_FULL, EX_IOERR},
    {EDQUOT, ERR_FULL, EX_IOERR},
    {EROFS, ERR_READONLY, EX_CANTCREAT},
    {ENOENT, ERR_NOT_FOUND, EX_NOINPUT},
    {EEXIST, ERR_EXISTS, EX_CANTCREAT},
    {EADDRINUSE, ERR_EXISTS, EX_CANTCREAT},
    {EACCES, ERR_PERMISSION, EX_NOPERM},
    {EMFILE, ERR_LIMIT, EX_UNAVAILABLE},
    {EAGAIN, ERR_BUSY, EX_TEMPFAIL},
    {EADDRNOTAVAIL, ERR_UNAVAILABLE, EX_UNAVAILABLE},
    {ECONNREFUSED, ERR_UNAVAILABLE, EX_UNAVAILABLE},
};

static void
errno_has_a_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		enum err err = err_from_errno(kinds[i].error_number);

		assert_int_equal(err, kinds[i].err);
		assert_int_equal(err_exit_code(err), kinds[i].exit_code);
	}
}

/* The same errno says something else of what is there and of what is not. */
static void
making_fails_in_its_own_way(void **state)
{
	static const int cannot[] = {ENOENT, ENOTDIR, EACCES, EPERM, EROFS,
	    EISDIR, ENAMETOOLONG, ELOOP, EEXIST};

	(void)state;
	for (size_t i = 0; i < COUNT(cannot); i++)
		assert_int_equal(
		    err_exit_code(err_from_making(cannot[i])), EX_CANTCREAT);
	assert_int_equal(err_from_making(ENOSPC), ERR_FULL);
	assert_int_equal(err_from_making(EEXIST), ERR_EXISTS);
	assert_int_equal(err_from_making(0), ERR_OK);
}

static void
failure_keeps_the_words(void **state)
{
	struct failure failure;
	char text[2 * sizeof(failure.text)];

	(void)state;
	assert_int_equal(
	    failure_set(&failure, ERR_IO, "%s: %d", "a.db", 5), ERR_IO);
	assert_string_equal(failure.text, "a.db: 5");
	assert_int_equal(failure_set(NULL, ERR_FULL, "nobody asks"), ERR_FULL);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)failure_set(&failure, ERR_IO, "%s", text);
	assert_int_equal(strlen(failure.text), sizeof(failure.text) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_is_described),
	    cmocka_unit_test(errno_has_a_kind),
	    cmocka_unit_test(making_fails_in_its_own_way),
	    cmocka_unit_test(failure_keeps_the_words),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
