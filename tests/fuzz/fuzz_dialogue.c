/* fuzz_dialogue: anybody's record is read; what is written is read again. */
#include "fuzz.h"

#include "dialogue.h"

#include <string.h>

static void
read_all(struct span input)
{
	struct dialogue_line line;
	struct span rest = input;
	struct buf raw;

	buf_init(&raw, input.len);
	while (dialogue_next(&rest, &line)) {
		FUZZ_REQUIRE(line.at_us >= 0);
		FUZZ_REQUIRE(!memchr(line.text.at, '\n', line.text.len));
		buf_reset(&raw);
		FUZZ_REQUIRE(dialogue_unescape(&raw, line.text));
		FUZZ_REQUIRE(raw.len <= line.text.len);
	}
	FUZZ_REQUIRE(rest.len == 0);
	buf_release(&raw);
}

static void
write_and_read(struct span input)
{
	struct dialogue_line line;
	struct buf out;
	struct buf raw;
	struct span rest;

	buf_init(&out, input.len * 4 + 64);
	buf_init(&raw, input.len * 4);
	FUZZ_REQUIRE(
	    dialogue_put(&out, DIALOGUE_PIPELINED, (int64_t)input.len, input));
	for (size_t i = 0; i + 1 < out.len; i++)
		FUZZ_REQUIRE(out.at[i] >= 0x20 && out.at[i] < 0x7f);
	rest = buf_span(&out);
	FUZZ_REQUIRE(dialogue_next(&rest, &line));
	FUZZ_REQUIRE(rest.len == 0);
	FUZZ_REQUIRE(line.kind == DIALOGUE_PIPELINED);
	FUZZ_REQUIRE(line.at_us == (int64_t)input.len);
	FUZZ_REQUIRE(dialogue_unescape(&raw, line.text));
	FUZZ_REQUIRE(span_equal(buf_span(&raw), input));
	buf_release(&out);
	buf_release(&raw);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input =
	    size ? span_make((const char *)data, size) : SPAN("");

	read_all(input);
	write_and_read(input);
	return 0;
}
