/* fuzz_address: a path is part of the text that it was read from. */
#include "fuzz.h"

#include "address.h"

static void
check_inside(struct span part, struct span whole)
{
	FUZZ_REQUIRE(part.at >= whole.at);
	FUZZ_REQUIRE(part.at + part.len <= whole.at + whole.len);
}

static void
check_path(struct span text, enum path_use use)
{
	struct span rest = text;
	struct path path;
	enum path_status status = address_parse(&rest, use, &path);
	enum path_status alone;
	struct span again;
	struct path same;

	check_inside(rest, text);
	FUZZ_REQUIRE(rest.at + rest.len == text.at + text.len);
	if (status != PATH_OK && status != PATH_NEEDS_UTF8)
		return;
	check_inside(path.text, text);
	check_inside(path.mailbox, path.text);
	check_inside(path.local, path.text);
	FUZZ_REQUIRE(path.text.at == text.at);
	FUZZ_REQUIRE(path.text.len + rest.len == text.len);
	for (size_t i = 0; i < path.text.len; i++)
		FUZZ_REQUIRE((unsigned char)path.text.at[i] >= ' ' &&
		    path.text.at[i] != 127);
	FUZZ_REQUIRE(address_is_utf8(path.text));
	if (path.mailbox.len == 0)
		return;
	/* A mailbox that was read can be read alone; only the source route in
	   front of it may have needed UTF-8. */
	again = path.mailbox;
	alone = address_parse(&again, use, &same);
	FUZZ_REQUIRE(alone == status || alone == PATH_OK);
	FUZZ_REQUIRE(span_equal(same.mailbox, path.mailbox));
	FUZZ_REQUIRE(span_equal(same.domain, path.domain));
	FUZZ_REQUIRE(path.domain.len == 0 || address_is_domain(path.domain) ||
	    address_is_literal(path.domain));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);

	check_path(text, PATH_REVERSE);
	check_path(text, PATH_FORWARD);
	(void)address_is_domain(text);
	(void)address_is_literal(text);
	return 0;
}
