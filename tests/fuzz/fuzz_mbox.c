/*
 * fuzz_mbox: a file gives the same messages whole and byte by byte, and what
 * was read and written again is read alike.
 */
#include "fuzz.h"

#include "mbox.h"

#define LIMIT ((size_t)16 * 1024 * 1024)

/* Marks each event by a NUL and a letter, and writes the messages again. */
struct account {
	struct buf events;
	struct buf message; /* the one under way */
	struct buf sender;
	int64_t received_us;
	struct buf file;
};

static void
write_again(struct account *account)
{
	struct span text = buf_span(&account->message);
	struct mbox_envelope envelope = {buf_span(&account->sender),
	    account->received_us,
	    text.len > 0 && text.at[text.len - 1] != '\n'};
	struct mbox_writer writer;

	FUZZ_REQUIRE(mbox_begin(&writer, &account->file, &envelope));
	FUZZ_REQUIRE(mbox_put(&writer, &account->file, text));
	FUZZ_REQUIRE(mbox_end(&writer, &account->file));
	buf_reset(&account->message);
	buf_reset(&account->sender);
}

static void
note(struct account *account, const struct mbox_reader *reader,
    enum mbox_event event)
{
	const struct mbox_envelope *envelope = mbox_envelope(reader);

	if (event == MBOX_BEGIN) {
		FUZZ_REQUIRE(buf_put(&account->sender, envelope->sender));
		account->received_us = envelope->received_us;
		FUZZ_REQUIRE(buf_put(&account->events, SPAN("\0B")));
		FUZZ_REQUIRE(buf_printf(&account->events, "%lld ",
		    (long long)envelope->received_us));
		FUZZ_REQUIRE(buf_put(&account->events, envelope->sender));
	} else if (event == MBOX_CONTENT) {
		FUZZ_REQUIRE(mbox_content(reader).len > 0);
		FUZZ_REQUIRE(buf_put(&account->events, mbox_content(reader)));
		FUZZ_REQUIRE(buf_put(&account->message, mbox_content(reader)));
	} else if (event == MBOX_END) {
		FUZZ_REQUIRE(buf_put(&account->events, SPAN("\0E")));
		write_again(account);
	} else if (event == MBOX_BROKEN) {
		FUZZ_REQUIRE(buf_put(&account->events, SPAN("\0X")));
	}
}

static void
read_file(struct account *account, struct span file, size_t size)
{
	struct mbox_reader reader = {.state = MBOX_AT_MESSAGE};
	/* An empty file may have no address to count from. */
	const char *start = file.at ? file.at : "";
	const char *end = start + file.len;
	struct span in = {start, 0};
	enum mbox_event event = MBOX_MORE;

	while (event != MBOX_OVER && event != MBOX_BROKEN) {
		event = mbox_step(&reader, &in);
		note(account, &reader, event);
		if (event != MBOX_MORE)
			continue;
		if (in.at + in.len == end)
			mbox_last(&reader);
		else if (size > (size_t)(end - in.at) - in.len)
			in.len = (size_t)(end - in.at);
		else
			in.len += size;
	}
	FUZZ_REQUIRE(event == MBOX_BROKEN || in.len == 0);
}

static void
init(struct account *account)
{
	buf_init(&account->events, LIMIT);
	buf_init(&account->message, LIMIT);
	buf_init(&account->sender, LIMIT);
	buf_init(&account->file, LIMIT);
}

static void
release(struct account *account)
{
	buf_release(&account->events);
	buf_release(&account->message);
	buf_release(&account->sender);
	buf_release(&account->file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span_make((const char *)data, size);
	struct account whole, single, again;

	init(&whole);
	init(&single);
	init(&again);
	read_file(&whole, file, size + 1);
	read_file(&single, file, 1);
	FUZZ_REQUIRE(
	    span_equal(buf_span(&whole.events), buf_span(&single.events)));
	FUZZ_REQUIRE(span_equal(buf_span(&whole.file), buf_span(&single.file)));
	read_file(&again, buf_span(&whole.file), 7);
	FUZZ_REQUIRE(span_equal(buf_span(&whole.file), buf_span(&again.file)));
	release(&whole);
	release(&single);
	release(&again);
	return 0;
}
