/* fuzz_link: what is found stands in the part, and the surest code comes first.
 */
#include "fuzz.h"

#include "link.h"
#include "url_host.h"

#include <string.h>

static void
check(const struct links *links)
{
	FUZZ_REQUIRE(links->count <= LINK_MAX);
	FUZZ_REQUIRE(links->code_count <= LINK_CODES_MAX);
	for (size_t i = 0; i < links->count; i++) {
		FUZZ_REQUIRE(links->at[i].url.len > 0);
		FUZZ_REQUIRE(links->at[i].text.len <= 200);
		FUZZ_REQUIRE(!url_is_http(links->at[i].url) ||
		    url_host(links->at[i].url).len < links->at[i].url.len);
		(void)url_host_is_reserved(url_host(links->at[i].url));
		for (size_t j = 0; j < links->at[i].url.len; j++)
			FUZZ_REQUIRE(
			    (unsigned char)links->at[i].url.at[j] > ' ');
	}
	for (size_t i = 0; i < links->code_count; i++) {
		FUZZ_REQUIRE(
		    memchr(links->codes[i].code, '\0', LINK_CODE_SIZE) != NULL);
		FUZZ_REQUIRE(strlen(links->codes[i].code) >= 4);
		FUZZ_REQUIRE(links->codes[i].confidence <= 100);
		FUZZ_REQUIRE(i == 0 ||
		    links->codes[i - 1].confidence >=
			links->codes[i].confidence);
	}
}

/* Text up to the first form feed, HTML behind it, as mime.h would give them. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data, size);
	struct span text = span_cut(&rest, '\f');
	struct mime_part part = {.role = MIME_BODY,
	    .type = (char[]){"text/plain"},
	    .size = text.len};
	struct mime mime = {.subject = (char[]){"Your code"}};
	struct links links;

	mime.parts = &part;
	mime.part_count = 1;
	buf_init(&mime.text, size);
	buf_init(&mime.html, size);
	FUZZ_REQUIRE(buf_put(&mime.text, text));
	FUZZ_REQUIRE(buf_put(&mime.html, rest));
	links_init(&links);
	FUZZ_REQUIRE(links_find(&links, &mime));
	check(&links);
	links_release(&links);
	buf_release(&mime.text);
	buf_release(&mime.html);
	return 0;
}
