/* test_hash: what is the same has one number, what is not has another. */
#include "hash.h"

#include "unit.h"

#include <string.h>

#define LEN_MAX 40

static void
tells_each_byte(void **state)
{
	char text[LEN_MAX + 1];

	(void)state;
	for (size_t len = 0; len <= LEN_MAX; len++) {
		uint64_t sum;

		memset(text, 'x', sizeof(text));
		sum = hash_of(span_make(text, len));
		for (size_t i = 0; i < len; i++) {
			text[i] = 'y';
			assert_true(sum != hash_of(span_make(text, len)));
			text[i] = 'x';
		}
		text[len] = 'y';
		assert_true(sum == hash_of(span_make(text, len)));
		text[len] = 'x';
		assert_true(sum != hash_of(span_make(text, len + 1)));
	}
}

static void
words_have_no_case(void **state)
{
	(void)state;
	assert_true(hash_of_word(SPAN("a")) == hash_of_word(SPAN("A")));
	assert_true(hash_of_word(SPAN("Order4711Shipped")) ==
	    hash_of_word(SPAN("oRDER4711sHIPPED")));
	assert_true(
	    hash_of_word(SPAN("order4711")) != hash_of_word(SPAN("order4712")));
	assert_true(hash_of(SPAN("order")) != hash_of(SPAN("Order")));
}

/* A table of a few thousand finds its places by some of the bits. */
static void
fills_a_table_evenly(void **state)
{
	static unsigned char places[4096];
	size_t most = 0;

	(void)state;
	for (unsigned i = 0; i < 4096; i++) {
		char text[3] = {(char)('a' + i % 16), (char)('a' + i / 16 % 16),
		    (char)('a' + i / 256)};
		size_t at = hash_of(span_make(text, 3)) % 4096;

		places[at]++;
		if (places[at] > most)
			most = places[at];
	}
	assert_in_range(most, 1, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_each_byte),
	    cmocka_unit_test(words_have_no_case),
	    cmocka_unit_test(fills_a_table_evenly),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
