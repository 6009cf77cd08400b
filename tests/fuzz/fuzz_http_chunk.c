/* fuzz_http_chunk: a body in chunks is the same, however it comes. */
#include "fuzz.h"

#include "http_chunk.h"

#define LIMIT 4096

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_chunk whole = {.state = HTTP_CHUNK_SIZE};
	struct http_chunk pieces = {.state = HTTP_CHUNK_SIZE};
	struct span rest = span_make((const char *)data, size);
	enum http_chunk_status status = HTTP_CHUNK_MORE;
	enum http_chunk_status last = HTTP_CHUNK_MORE;
	struct buf a;
	struct buf b;
	size_t used = 0;

	buf_init(&a, LIMIT);
	buf_init(&b, LIMIT);
	status = http_chunk_step(&whole, &rest, &a);
	while (last == HTTP_CHUNK_MORE && used < size) {
		struct span byte = span_make((const char *)data + used, 1);

		last = http_chunk_step(&pieces, &byte, &b);
		used += 1 - byte.len;
		FUZZ_REQUIRE(byte.len == 0 || last != HTTP_CHUNK_MORE);
	}
	FUZZ_REQUIRE(status == last);
	FUZZ_REQUIRE(span_equal(buf_span(&a), buf_span(&b)));
	FUZZ_REQUIRE(rest.len == size - used);
	buf_release(&a);
	buf_release(&b);
	return 0;
}
