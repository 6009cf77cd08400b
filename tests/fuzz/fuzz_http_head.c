/* fuzz_http_head: heads and their targets, found at once or byte by byte. */
#include "fuzz.h"

#include "http_guard.h"
#include "http_head.h"
#include "http_target.h"

#include <stdlib.h>

static void
try_target(struct span text)
{
	struct http_target target;
	struct http_values values;
	struct http_pair pair;
	struct buf clean;

	if (!http_target_read(&target, text))
		return;
	buf_init(&clean, text.len * 3 + 2);
	FUZZ_REQUIRE(http_path_clean(&clean, target.path));
	FUZZ_REQUIRE(http_path_is_clean(buf_span(&clean)) ||
	    span_equal(target.path, SPAN("*")));
	/* Nothing that a browser takes for another host. */
	FUZZ_REQUIRE(span_find(buf_span(&clean), '\\') == clean.len);
	FUZZ_REQUIRE(clean.len < 2 || clean.at[1] != '/');
	(void)http_path_is_valid(target.path);
	(void)http_path_fits("/a/{b}/{c}.x/{d...}", target.path, &values);
	while (http_query_cut(&target.query, &pair))
		continue;
	(void)http_decode_form(clean.at, clean.len);
	buf_release(&clean);
}

static void
try_guard(const struct http_head *head)
{
	static const char *const names[] = {"*.a", "b", NULL};
	static const struct http_guard guard = {names, names};

	for (size_t i = 0; i < head->count; i++) {
		struct http_asked asked = {
		    .host = head->fields[i].value,
		    .origin = head->fields[i].name,
		};

		(void)http_guard_judge(&guard, &asked, HTTP_CROSS_CORS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct http_head head;
	struct http_field *fields;
	size_t looked = 0;
	size_t whole = http_head_find(text, &looked);
	size_t pieces = 0;

	looked = 0;
	for (size_t len = 0; !pieces && len <= size; len++)
		pieces = http_head_find(span_make(text.at, len), &looked);
	FUZZ_REQUIRE(pieces == whole);
	if (whole)
		text.len = whole;
	fields = calloc(http_head_count(text) + 1, sizeof(*fields));
	FUZZ_REQUIRE(fields);
	if (http_head_read(&head, text, fields) == 0) {
		FUZZ_REQUIRE(head.count <= http_head_count(text));
		try_target(head.target);
		try_guard(&head);
	}
	free(fields);
	return 0;
}
