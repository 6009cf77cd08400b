/* fuzz_mime: anything can be read as a message, and what is said of it fits. */
#include "fuzz.h"

#include "mime.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* Parts whose bytes are asked for: each one parses the message anew. */
#define PARTS_READ 20

static void
check_text(struct span text)
{
	while (text.len) {
		uint32_t code;
		size_t len = utf8_next(text, &code);

		FUZZ_REQUIRE(len > 0 && code != 0);
		span_skip(&text, len);
	}
}

static void
check_string(const char *text)
{
	FUZZ_REQUIRE(text);
	check_text(span_string(text));
}

static void
check_heads(const struct mime *mime)
{
	for (size_t i = 0; i < mime->field_count; i++) {
		check_string(mime->fields[i].name);
		check_string(mime->fields[i].raw);
		check_string(mime->fields[i].value);
	}
	for (int list = 0; list < MIME_LISTS; list++) {
		const struct mime_addresses *all = &mime->lists[list];

		for (size_t i = 0; i < all->count; i++) {
			check_string(all->at[i].name);
			check_string(all->at[i].address);
		}
	}
	check_string(mime->subject);
	check_string(mime->message_id);
	check_string(mime->return_path);
	check_string(mime->date);
	check_string(mime->snippet);
	check_text(buf_span(&mime->text));
	check_text(buf_span(&mime->html));
}

static void
check_bytes(struct span message, const struct mime_part *part)
{
	struct buf bytes;

	/* A charset may triple it. */
	buf_init(&bytes, message.len * 4 + 100);
	FUZZ_REQUIRE(mime_part_bytes(message, part->id, &bytes) ==
	    (part->role != MIME_CONTAINER));
	if (part->role == MIME_ATTACHMENT)
		FUZZ_REQUIRE(strlen(part->sha256) == 64);
	buf_release(&bytes);
}

static void
check_parts(struct span message, const struct mime *mime)
{
	FUZZ_REQUIRE(mime->part_count <= MIME_PARTS_MAX);
	for (size_t i = 0; i < mime->part_count; i++) {
		const struct mime_part *part = &mime->parts[i];

		FUZZ_REQUIRE(part->parent < i || (i == 0 && part->parent == 0));
		check_string(part->type);
		check_string(part->disposition);
		check_string(part->charset);
		check_string(part->encoding);
		check_string(part->name);
		check_string(part->content_id);
		if (i < PARTS_READ)
			check_bytes(message, part);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span_make((const char *)data, size);
	struct mime *mime;

	mime_init();
	mime = mime_parse(message);
	FUZZ_REQUIRE(mime);
	check_heads(mime);
	check_parts(message, mime);
	mime_free(mime);
	return 0;
}
