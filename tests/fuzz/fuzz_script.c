/* fuzz_script: anybody's record becomes lines that tests/dialogue may have. */
#include "fuzz.h"

#include "script.h"

#include <string.h>

/* Texts of every kind: the record itself, in part. */
static bool
give_text(struct span id, struct buf *out, void *context)
{
	struct span *record = context;

	if (id.len % 3 == 0)
		return false;
	return buf_put(out, span_make(record->at, record->len / id.len));
}

static void
look_at(struct span line)
{
	static const char *const starts[] = {
	    "C: ", "c: ", "S: ", "S~ ", "# ", "N: "};

	if (span_equal(line, SPAN("S!")) || span_equal(line, SPAN("T!")))
		return;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_starts(line, span_string(starts[i])))
			return;
	FUZZ_REQUIRE(false);
}

static bool
write_lines(struct span lines, void *context)
{
	(void)context;
	FUZZ_REQUIRE(lines.len > 0 && lines.at[lines.len - 1] == '\n');
	while (lines.len)
		look_at(span_cut(&lines, '\n'));
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input =
	    size ? span_make((const char *)data, size) : SPAN("");
	const struct script_calls calls = {give_text, write_lines, &input};

	(void)script_put(input, &calls);
	return 0;
}
