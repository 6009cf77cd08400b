/* fuzz_html: words of anything are words, with single blanks between. */
#include "fuzz.h"

#include "html.h"

static void
try(struct span html, bool (*put)(struct buf *, struct span))
{
	struct buf out;

	/* An entity is longer than what it stands for. */
	buf_init(&out, html.len * 2 + 2000);
	FUZZ_REQUIRE(put(&out, html));
	for (size_t i = 0; i < out.len; i++)
		FUZZ_REQUIRE((unsigned char)out.at[i] >= ' ' &&
		    !(out.at[i] == ' ' &&
			(i == 0 || i + 1 == out.len || out.at[i - 1] == ' ')));
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span html = span_make((const char *)data, size);

	try(html, html_put_words);
	try(html, html_put_search);
	return 0;
}
