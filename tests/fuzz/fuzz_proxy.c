/* fuzz_proxy: a header is found at its last byte, and not one earlier. */
#include "fuzz.h"

#include "proxy.h"

#include <stdlib.h>
#include <string.h>

/* In memory of its very size. */
static enum proxy_status
parse(const uint8_t *data, size_t len, size_t *consumed)
{
	char *copy = malloc(len ? len : 1);
	struct span in = {copy, len};
	struct proxy_found found;
	enum proxy_status status;

	FUZZ_REQUIRE(copy);
	if (len)
		memcpy(copy, data, len);
	status = proxy_parse(&in, &found);
	*consumed = len - in.len;
	if (status == PROXY_DONE && found.known) {
		FUZZ_REQUIRE(memchr(found.peer, 0, sizeof(found.peer)));
		FUZZ_REQUIRE(memchr(found.local, 0, sizeof(found.local)));
		FUZZ_REQUIRE(found.peer[0] && found.local[0]);
	}
	free(copy);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = 0;
	size_t consumed;
	enum proxy_status status;

	do
		status = parse(data, len, &consumed);
	while (status == PROXY_MORE && ++len <= size);
	FUZZ_REQUIRE(len <= PROXY_MAX + 1);
	if (len > size)
		return 0;
	FUZZ_REQUIRE(consumed == (status == PROXY_DONE ? len : 0));
	/* What stands behind it changes nothing. */
	FUZZ_REQUIRE(parse(data, size, &consumed) == status);
	FUZZ_REQUIRE(consumed == (status == PROXY_DONE ? len : 0));
	return 0;
}
