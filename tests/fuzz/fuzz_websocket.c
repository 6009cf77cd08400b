/* fuzz_websocket: frames mean the same, however they come. */
#include "fuzz.h"

#include "websocket.h"

static bool
goes_on(enum websocket_event event)
{
	return event == WEBSOCKET_MORE || event == WEBSOCKET_GOT_PING ||
	    event == WEBSOCKET_GOT_PONG;
}

/* A sum over what happens when it comes in pieces of that size. */
static uint64_t
run(const uint8_t *data, size_t size, size_t piece)
{
	struct websocket ws = {.header_len = 0};
	enum websocket_event event = WEBSOCKET_MORE;
	struct span rest = span_make((const char *)data, size);
	uint64_t sum = 0;

	while (rest.len > 0 && goes_on(event)) {
		struct span part = rest;
		struct span payload = SPAN("");

		part.len = part.len < piece ? part.len : piece;
		span_skip(&rest, part.len);
		event = websocket_step(&ws, &part, &payload);
		FUZZ_REQUIRE(payload.len <= WEBSOCKET_CONTROL_LIMIT);
		rest.at -= part.len;
		rest.len += part.len;
		if (event == WEBSOCKET_MORE)
			continue;
		sum = sum * 31 + (uint64_t)event;
		for (size_t i = 0; i < payload.len; i++)
			sum = sum * 31 + (unsigned char)payload.at[i];
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = run(data, size, size ? size : 1);

	FUZZ_REQUIRE(run(data, size, 1) == whole);
	FUZZ_REQUIRE(run(data, size, 3) == whole);
	return 0;
}
