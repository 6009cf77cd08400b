/* test_vfs_bytes: bytes in memory, over a file that stays as it is. */
#include "vfs_bytes.h"

#include "fail_alloc.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* More than two pieces, and no whole number of them. */
#define LEN ((size_t)150000)

static char
byte_at(size_t offset)
{
	return (char)('a' + offset % 23);
}

static int
make_file(void)
{
	int fd = memfd_create("beneath", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = 0; i < LEN; i++) {
		char byte = byte_at(i);

		assert_int_equal(pwrite(fd, &byte, 1, (off_t)i), 1);
	}
	return fd;
}

/* What should be there, written beside. */
struct model {
	struct vfs_bytes bytes;
	char at[2 * LEN];
	size_t len;
};

static void
write_both(struct model *model, size_t offset, const char *text)
{
	size_t len = strlen(text);

	assert_true(
	    vfs_bytes_write(&model->bytes, offset, span_make(text, len)));
	memcpy(model->at + offset, text, len);
	if (offset + len > model->len)
		model->len = offset + len;
}

static void
cut_both(struct model *model, size_t len)
{
	vfs_bytes_cut(&model->bytes, len);
	memset(model->at + len, 0, sizeof(model->at) - len);
	if (len < model->len)
		model->len = len;
}

static void
check(const struct model *model)
{
	static char found[2 * LEN];
	size_t got;

	assert_int_equal(model->bytes.len, model->len);
	assert_true(
	    vfs_bytes_read(&model->bytes, 0, found, sizeof(found), &got));
	assert_int_equal(got, model->len);
	assert_memory_equal(found, model->at, sizeof(found));
	/* Across a piece's end, and behind the end. */
	assert_true(vfs_bytes_read(&model->bytes, 65530, found, 100, &got));
	assert_memory_equal(found, model->at + 65530, 100);
	assert_true(
	    vfs_bytes_read(&model->bytes, model->len + 1, found, 100, &got));
	assert_int_equal(got, 0);
}

static void
covers_a_file(void **state)
{
	struct model *model = calloc(1, sizeof(*model));
	int fd = make_file();
	char kept;

	(void)state;
	assert_non_null(model);
	vfs_bytes_init(&model->bytes);
	assert_true(vfs_bytes_lend(&model->bytes, dup(fd), LEN));
	for (size_t i = 0; i < LEN; i++)
		model->at[i] = byte_at(i);
	model->len = LEN;
	check(model);
	write_both(model, 65533, "over the end of a piece");
	check(model);
	/* What is cut off beneath does not come back when it grows. */
	cut_both(model, 140000);
	check(model);
	write_both(model, 145000, "behind a gap");
	check(model);
	cut_both(model, 65536);
	write_both(model, LEN + 100000, "far behind");
	check(model);
	cut_both(model, 10);
	check(model);
	write_both(model, 70000, "again");
	check(model);
	cut_both(model, 0);
	check(model);
	write_both(model, 3, "anew");
	check(model);
	vfs_bytes_release(&model->bytes);
	for (size_t i = 0; i < LEN; i += 1009) {
		assert_int_equal(pread(fd, &kept, 1, (off_t)i), 1);
		assert_int_equal(kept, byte_at(i));
	}
	assert_int_equal(close(fd), 0);
	free(model);
}

static void
begins_with_nothing(void **state)
{
	struct model *model = calloc(1, sizeof(*model));

	(void)state;
	assert_non_null(model);
	vfs_bytes_init(&model->bytes);
	check(model);
	write_both(model, 100000, "x");
	check(model);
	vfs_bytes_release(&model->bytes);
	assert_int_equal(model->bytes.len, 0);
	free(model);
}

static void
tells_what_cannot_be_read(void **state)
{
	struct vfs_bytes bytes;
	int fd = make_file();
	char byte;
	size_t got;

	(void)state;
	vfs_bytes_init(&bytes);
	assert_true(vfs_bytes_lend(&bytes, fd, LEN));
	assert_int_equal(ftruncate(fd, 1000), 0);
	assert_true(vfs_bytes_read(&bytes, 999, &byte, 1, &got));
	assert_false(vfs_bytes_read(&bytes, 1000, &byte, 1, &got));
	assert_false(vfs_bytes_write(&bytes, 70000, SPAN("x")));
	vfs_bytes_release(&bytes);
}

static void
use(void *context)
{
	struct vfs_bytes bytes;

	vfs_bytes_init(&bytes);
	if (!vfs_bytes_lend(&bytes, dup(*(int *)context), LEN) ||
	    !vfs_bytes_write(&bytes, 5, SPAN("x")) ||
	    !vfs_bytes_write(&bytes, 200000, SPAN("x")))
		assert_true(fail_alloc_happened());
	vfs_bytes_release(&bytes);
}

static void
survives_without_memory(void **state)
{
	int fd = make_file();

	(void)state;
	assert_true(fail_alloc_each(use, &fd) > 2);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(covers_a_file),
	    cmocka_unit_test(begins_with_nothing),
	    cmocka_unit_test(tells_what_cannot_be_read),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
