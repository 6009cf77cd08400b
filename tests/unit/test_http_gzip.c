/* test_http_gzip: what is packed comes out again. */
#include "http_gzip.h"

#include "fail_alloc.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LARGE ((size_t)1 << 20)

static void
unpack(struct span packed, struct span expected)
{
	char *bytes = malloc(expected.len + 1);
	z_stream stream;

	assert_non_null(bytes);
	memset(&stream, 0, sizeof(stream));
	stream.next_in = (Bytef *)(uintptr_t)packed.at;
	stream.avail_in = (uInt)packed.len;
	stream.next_out = (Bytef *)bytes;
	stream.avail_out = (uInt)expected.len + 1;
	/* gzip, and nothing else */
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.avail_in, 0);
	assert_int_equal(stream.total_out, expected.len);
	assert_memory_equal(bytes, expected.at, expected.len);
	inflateEnd(&stream);
	free(bytes);
}

static void
check(struct span text, size_t most)
{
	struct http_gzip *gzip = http_gzip_new();
	enum http_gzip_status status = HTTP_GZIP_MORE;
	struct span rest = text;
	struct buf packed;

	assert_non_null(gzip);
	buf_init(&packed, LARGE * 2);
	while (status == HTTP_GZIP_MORE) {
		size_t before = packed.len;

		status = http_gzip_step(gzip, &rest, &packed, most);
		assert_true(packed.len - before <= most);
	}
	assert_int_equal(status, HTTP_GZIP_DONE);
	assert_int_equal(rest.len, 0);
	unpack(buf_span(&packed), text);
	buf_release(&packed);
	http_gzip_free(gzip);
}

static void
packs(void **state)
{
	char *large = malloc(LARGE);
	unsigned number = 1;

	(void)state;
	assert_non_null(large);
	check(SPAN("a"), 1);
	check(SPAN(""), 7);
	check(SPAN("hello hello hello hello hello"), 3);
	memset(large, 'x', LARGE);
	check(span_make(large, LARGE), 1000);
	for (size_t i = 0; i < LARGE; i++) {
		number = number * 1103515245 + 12345;
		large[i] = (char)(number >> 16);
	}
	check(span_make(large, LARGE), 65536);
	free(large);
}

static void
scenario(void *context)
{
	struct http_gzip *gzip = http_gzip_new();
	struct span rest = SPAN("text");
	struct buf packed;

	(void)context;
	buf_init(&packed, 1000);
	assert_true(gzip || fail_alloc_happened());
	if (gzip &&
	    http_gzip_step(gzip, &rest, &packed, 500) == HTTP_GZIP_FAILED)
		assert_true(fail_alloc_happened());
	buf_release(&packed);
	http_gzip_free(gzip);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(scenario, NULL) >= 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packs),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("http_gzip", tests, NULL, NULL);
}
