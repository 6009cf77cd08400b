/* test_digest: sums that FIPS 180-2 gives. */
#include "digest.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static const struct {
	const char *text;
	const char *hex;
} rows[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void
sums_up(void **state)
{
	struct digest *digest = digest_new();
	char hex[DIGEST_SIZE];

	(void)state;
	assert_non_null(digest);
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t size = 1; size < 8; size++) {
			struct span rest = span_string(rows[i].text);

			while (rest.len) {
				size_t len = rest.len < size ? rest.len : size;

				digest_put(digest, span_make(rest.at, len));
				span_skip(&rest, len);
			}
			assert_true(digest_end(digest, hex));
			assert_string_equal(hex, rows[i].hex);
		}
	digest_free(digest);
	digest_free(NULL);
}

static void
make_one(void *context)
{
	struct digest *digest = digest_new();

	(void)context;
	digest_free(digest);
}

static void
bears_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(make_one, NULL) > 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_up),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
