/* fuzz_base64: what is decoded is written the same way again, and back. */
#include "fuzz.h"

#include "base64.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size);
	struct buf bytes;
	struct buf text;

	buf_init(&bytes, size);
	buf_init(&text, size * 2 + 4);
	if (base64_decode(&bytes, input) == ERR_OK) {
		FUZZ_REQUIRE(base64_encode(&text, buf_span(&bytes)));
		FUZZ_REQUIRE(span_equal(buf_span(&text), input));
	}
	FUZZ_REQUIRE(!buf_failed(&bytes));
	buf_reset(&bytes);
	buf_reset(&text);
	FUZZ_REQUIRE(base64_encode(&text, input));
	FUZZ_REQUIRE(base64_decode(&bytes, buf_span(&text)) == ERR_OK);
	FUZZ_REQUIRE(span_equal(buf_span(&bytes), input));
	buf_release(&bytes);
	buf_release(&text);
	return 0;
}
