/* fuzz_html: words of anything are words, with single blanks between; and no
   feature is found in more elements than there are. */
#include "fuzz.h"

#include "html.h"
#include "html_check.h"

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

static void
check(struct span html)
{
	struct html_check found;
	struct html_support total;

	FUZZ_REQUIRE(html_check(&found, html));
	for (size_t i = 0; i < HTML_FEATURES; i++)
		FUZZ_REQUIRE(found.found[i] <= found.nodes);
	html_check_total(&found, &total);
	FUZZ_REQUIRE(total.yes >= -0.001 && total.no <= 100.001);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span html = span_make((const char *)data, size);

	try(html, html_put_words);
	try(html, html_put_search);
	check(html);
	return 0;
}
