/* fuzz_query: a query that is read is written as one that reads the same. */
#include "fuzz.h"

#include "query.h"

static void
read_again(const struct query *query)
{
	struct query_error error;
	struct query *again;
	struct buf first, second;

	/* A name is at most 11 bytes, and text never grows by more. */
	buf_init(&first, 64 * QUERY_LEN_MAX);
	buf_init(&second, 64 * QUERY_LEN_MAX);
	FUZZ_REQUIRE(query_put(&first, query));
	again = query_parse(buf_span(&first), NULL, &error);
	/* Quotes and parentheses may bring it over a ceiling. */
	if (again) {
		FUZZ_REQUIRE(query_put(&second, again));
		FUZZ_REQUIRE(span_equal(buf_span(&first), buf_span(&second)));
	}
	query_free(again);
	buf_release(&first);
	buf_release(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct query_options own = {QUERY_OWN, NULL, 1712752496000000};
	struct query_options mailpit = {
	    QUERY_MAILPIT, "America/New_York", 1712752496000000};
	struct query_error error;
	struct query *query;

	query = query_parse(text, &own, &error);
	if (query)
		read_again(query);
	else
		FUZZ_REQUIRE(error.offset <= size && error.text[0]);
	query_free(query);
	query = query_parse(text, &mailpit, &error);
	FUZZ_REQUIRE(query || (error.offset <= size && error.text[0]));
	query_free(query);
	return 0;
}
