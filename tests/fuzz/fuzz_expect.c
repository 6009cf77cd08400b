/* fuzz_expect: an expression is read, or refused at a place in it. */
#include "fuzz.h"

#include "expect.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query_options own = {QUERY_OWN, NULL, 1712752496000000};
	struct query_error error;
	struct expect *expect =
	    expect_parse(span_make((const char *)data, size), &own, &error);

	if (!expect) {
		FUZZ_REQUIRE(error.offset <= size && error.text[0]);
		return 0;
	}
	FUZZ_REQUIRE(!expect_wants_more(expect, expect_enough(expect)));
	if (expect->subject == EXPECT_FINDINGS)
		(void)expect_counts(expect, "bare-lf", "error");
	else
		FUZZ_REQUIRE(expect->query && expect->condition_count == 0);
	expect_free(expect);
	return 0;
}
