/* test_mbox: files read whole and in pieces, and what is written read again. */
#include "mbox.h"

#include "unit.h"

#include <string.h>

#define DATE "Tue Mar 25 11:37:02 2003"
#define DATE_US INT64_C(1048592222000000)

/* What a file comes to: "[sender|seconds|content]" for each message. */
static const struct row {
	const char *file;
	const char *messages;
} rows[] = {
    {"", ""},
    {"From a@b.test " DATE "\nX\n\n", "[a@b.test|1048592222|X\n]"},
    {"From a@b.test " DATE "\nX\n", "[a@b.test|1048592222|X\n]"},
    {"From a@b.test " DATE "\nX", "[a@b.test|1048592222|X]"},
    {"From a@b.test " DATE "\n", "[a@b.test|1048592222|]"},
    {"From a@b.test " DATE "\n\n", "[a@b.test|1048592222|]"},
    {"From MAILER-DAEMON " DATE "\nX\n\n", "[|1048592222|X\n]"},
    {"From a " DATE "\nX\n\nFrom b " DATE "\nY\n\n",
	"[a|1048592222|X\n][b|1048592222|Y\n]"},
    {"From a " DATE "\n\nFrom b " DATE "\n\n",
	"[a|1048592222|][b|1048592222|]"},
    /* only the last empty line is the end */
    {"From a " DATE "\nX\n\n\n\nFrom b " DATE "\nY\n\n",
	"[a|1048592222|X\n\n\n][b|1048592222|Y\n]"},
    {"From a " DATE "\nX\r\n\r\n\nFrom b " DATE "\nY\r\n\n",
	"[a|1048592222|X\r\n\r\n][b|1048592222|Y\r\n]"},
    /* a file of CRLFs */
    {"From a " DATE "\r\nX\r\n\r\nFrom b " DATE "\r\nY\r\n\r\n",
	"[a|1048592222|X\r\n][b|1048592222|Y\r\n]"},
    /* the mark of a message without its last line feed */
    {"From a " DATE " unended\nX\n\nFrom b " DATE " unended\nY\n\n",
	"[a|1048592222|X][b|1048592222|Y]"},
    {"From a " DATE " unended\n\n\nX\n\n", "[a|1048592222|\n\nX]"},
    {"From a " DATE " unended\nX\n\r\n\nFrom b " DATE "\nY\n\n",
	"[a|1048592222|X\n\r][b|1048592222|Y\n]"},
    {"From a " DATE " unended\nX\n\n\nY", "[a|1048592222|X\n\n\nY]"},
    /* quotes */
    {"From a " DATE "\n>From x\n>>From y\n>Fromz\n> From\n>\n>>\n\n",
	"[a|1048592222|From x\n>From y\n>Fromz\n> From\n>\n>>\n]"},
    {"From a " DATE "\n>From ", "[a|1048592222|From ]"},
    {"From a " DATE "\n>From", "[a|1048592222|>From]"},
    {"From a " DATE "\n>", "[a|1048592222|>]"},
    {"From a " DATE "\nX>From y\n\n", "[a|1048592222|X>From y\n]"},
    /* what begins no message */
    {"From a " DATE "\nX\nFrom b " DATE "\nY\n\n",
	"[a|1048592222|X\nFrom b " DATE "\nY\n]"},
    {"From a " DATE "\nX\n\nFrom here on\nY\n\n",
	"[a|1048592222|X\n\nFrom here on\nY\n]"},
    {"From a " DATE "\nX\n\nFrom b " DATE,
	"[a|1048592222|X\n\nFrom b " DATE "]"},
    {"From a " DATE "\nX\n\nFrom", "[a|1048592222|X\n\nFrom]"},
    {"From a " DATE "\nX\n\r", "[a|1048592222|X\n\r]"},
    /* dates and senders of other programs */
    {"From a@b Thu Jan  1 00:00:01 1970\n", "[a@b|1|]"},
    {"From a@b  Thu Jan 01 00:00 1970\n", "[a@b|0|]"},
    {"From a@b Tue Mar 25 11:37:02 2003 +0200\n", "[a@b|1048585022|]"},
    {"From a@b Tue Mar 25 11:37:02 -0100 2003\n", "[a@b|1048595822|]"},
    {"From a@b Tue Mar 25 11:37:02 CET 2003\n", "[a@b|1048592222|]"},
    {"From a@b Tue Mar 25 11:37:02 2003 remote from x\n", "[a@b|1048592222|]"},
    {"From \"x Tue Mar 25 1:1 2003 y\"@b " DATE "\n",
	"[\"x Tue Mar 25 1:1 2003 y\"@b|1048592222|]"},
    {"From a@b 2003-03-25 11:37\n", "[a@b|0|]"},
    {"From a@b\n", "[a@b|0|]"},
    {"From \n", "[|0|]"},
    {"From a Tue Mar 32 11:37:02 2003\n", "[a|0|]"},
    {"From a Tue Mar 25 24:37:02 2003\n", "[a|0|]"},
    {"From a Tue Mar 25 11:60:02 2003\n", "[a|0|]"},
    {"From a Tue Mar 25 11:37:61 2003\n", "[a|0|]"},
    {"From a Tue Mar 25 11:37:02 103\n", "[a|0|]"},
    {"From a Tue Mar 25 11:37:02 99999\n", "[a|0|]"},
    {"From a Tux Mar 25 11:37:02 2003\n", "[a|0|]"},
    {"From a Tue Mat 25 11:37:02 2003\n", "[a|0|]"},
    /* no mbox */
    {"Subject: x\n\nFrom a " DATE "\n", "!"},
    {"\nFrom a " DATE "\n", "!"},
    {"From", "!"},
    {"From a " DATE, "!"},
    {"from a " DATE "\n", "!"},
};

/* Goes on until there is nothing left; `out` shows what there was. */
static void
read_on(struct mbox_reader *reader, struct span *in, struct buf *out)
{
	for (;;) {
		const struct mbox_envelope *envelope;

		switch (mbox_step(reader, in)) {
		case MBOX_MORE:
			assert_true(in->len <= MBOX_LINE_MAX + 8);
			return;
		case MBOX_OVER:
			assert_int_equal(in->len, 0);
			return;
		case MBOX_BROKEN:
			buf_put_char(out, '!');
			*in = (struct span){in->at, 0};
			return;
		case MBOX_BEGIN:
			envelope = mbox_envelope(reader);
			buf_printf(out, "[%.*s|%lld|",
			    SPAN_ARG(envelope->sender),
			    (long long)(envelope->received_us / 1000000));
			break;
		case MBOX_CONTENT:
			assert_true(mbox_content(reader).len > 0);
			buf_put(out, mbox_content(reader));
			break;
		case MBOX_END:
			buf_put_char(out, ']');
			break;
		}
	}
}

/* Gives the file in pieces, what is left in front of the next one. */
static void
read_in_pieces(struct span file, size_t size, struct buf *out)
{
	struct mbox_reader reader = {.state = MBOX_AT_MESSAGE};
	struct buf left;

	buf_init(&left, 1000000);
	while (file.len > 0) {
		struct span in;

		if (size > file.len)
			size = file.len;
		assert_true(buf_put(&left, span_make(file.at, size)));
		span_skip(&file, size);
		in = buf_span(&left);
		read_on(&reader, &in, out);
		buf_drop(&left, buf_span(&left).len - in.len);
		if (out->len > 0 && out->at[out->len - 1] == '!')
			break;
	}
	if (out->len == 0 || out->at[out->len - 1] != '!') {
		struct span in = buf_span(&left);

		mbox_last(&reader);
		read_on(&reader, &in, out);
		assert_int_equal(in.len, 0);
	}
	buf_release(&left);
}

static void
reads_files_in_pieces_of_any_size(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span file = span_string(rows[i].file);

		for (size_t size = 1; size <= file.len + 1; size++) {
			buf_reset(&out);
			read_in_pieces(file, size, &out);
			if (strcmp(buf_string(&out), rows[i].messages) != 0)
				print_error("row %zu, %zu bytes: %s\n", i, size,
				    buf_string(&out));
			assert_string_equal(buf_string(&out), rows[i].messages);
		}
	}
	buf_release(&out);
}

static void
has_a_ceiling(void **state)
{
	struct mbox_reader reader = {.state = MBOX_AT_MESSAGE};
	char line[MBOX_LINE_MAX + 20];
	struct span in = {line, sizeof(line)};

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "From ", 5);
	assert_int_equal(mbox_step(&reader, &in), MBOX_BROKEN);
}

/* Messages that must come back as they are. */
static const struct span bodies[] = {
    SPAN(""),
    SPAN("\n"),
    SPAN("\n\n\n"),
    SPAN("X"),
    SPAN("X\n"),
    SPAN("X\r\n"),
    SPAN("X\r"),
    SPAN("X\n\r"),
    SPAN("\r"),
    SPAN("\r\n"),
    SPAN("\r\n\r\n"),
    SPAN("X\r\n\r\n\n"),
    SPAN("From x " DATE "\nFrom y " DATE "\n"),
    SPAN("X\n\nFrom y " DATE "\nZ"),
    SPAN(">From x\n>>From y\n>>\n>\nFrom"),
    SPAN("From \n>From"),
    SPAN("From"),
    SPAN("Fro\nFrom\nF\n"),
    SPAN(">"),
    SPAN(">>>>From \n"),
    SPAN("a\0b\xff\x80\n\0"),
    SPAN("a\rFrom x\n"),
};

static void
write_one(struct buf *out, size_t index, size_t size)
{
	struct span rest = bodies[index];
	struct mbox_writer writer;
	struct mbox_envelope envelope = {SPAN("a@b"), DATE_US,
	    rest.len > 0 && rest.at[rest.len - 1] != '\n'};

	assert_true(mbox_begin(&writer, out, &envelope));
	while (rest.len > 0) {
		size_t len = size < rest.len ? size : rest.len;

		assert_true(mbox_put(&writer, out, span_make(rest.at, len)));
		span_skip(&rest, len);
	}
	assert_true(mbox_end(&writer, out));
}

static void
gives_back_what_was_written(void **state)
{
	struct buf file, expected, found, one;

	(void)state;
	buf_init(&file, 100000);
	buf_init(&one, 100000);
	buf_init(&expected, 100000);
	buf_init(&found, 100000);
	for (size_t i = 0; i < COUNT(bodies); i++) {
		buf_printf(&expected, "[a@b|1048592222|");
		buf_put(&expected, bodies[i]);
		buf_put_char(&expected, ']');
		buf_reset(&one);
		write_one(&one, i, bodies[i].len + 1);
		for (size_t size = 1; size <= bodies[i].len; size++) {
			struct buf other;

			buf_init(&other, 100000);
			write_one(&other, i, size);
			assert_true(
			    span_equal(buf_span(&one), buf_span(&other)));
			buf_release(&other);
		}
		buf_put(&file, buf_span(&one));
	}
	for (size_t size = 1; size <= file.len; size++) {
		buf_reset(&found);
		read_in_pieces(buf_span(&file), size, &found);
		assert_true(span_equal(buf_span(&found), buf_span(&expected)));
	}
	buf_release(&file);
	buf_release(&one);
	buf_release(&expected);
	buf_release(&found);
}

static const struct line {
	struct mbox_envelope envelope;
	const char *text;
} lines[] = {
    {{SPAN("a@b"), DATE_US, false}, "From a@b " DATE "\n"},
    {{SPAN("a@b"), DATE_US + 999999, true}, "From a@b " DATE " unended\n"},
    {{SPAN(""), 0, false}, "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"},
    {{SPAN("\"a b\"@c"), 1000000, false},
	"From \"a b\"@c Thu Jan  1 00:00:01 1970\n"},
    {{SPAN("a\nFrom b\x7f"), -5, false},
	"From a?From b? Thu Jan  1 00:00:00 1970\n"},
    {{SPAN("a"), INT64_MAX, false}, "From a Thu Jan  1 00:00:00 1970\n"},
};

static void
writes_the_line_that_begins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct mbox_writer writer;
		struct buf out;

		buf_init(&out, 1000);
		assert_true(mbox_begin(&writer, &out, &lines[i].envelope));
		assert_string_equal(buf_string(&out), lines[i].text);
		buf_release(&out);
	}
}

static void
says_when_it_does_not_fit(void **state)
{
	struct mbox_envelope envelope = {SPAN("a@b"), DATE_US, false};
	struct mbox_writer writer;
	struct buf out;

	(void)state;
	buf_init(&out, 40);
	assert_true(mbox_begin(&writer, &out, &envelope));
	assert_false(mbox_put(&writer, &out, SPAN("more than that")));
	assert_false(mbox_end(&writer, &out));
	buf_reset(&out);
	envelope.is_unended = true;
	assert_false(mbox_begin(&writer, &out, &envelope));
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_files_in_pieces_of_any_size),
	    cmocka_unit_test(has_a_ceiling),
	    cmocka_unit_test(gives_back_what_was_written),
	    cmocka_unit_test(writes_the_line_that_begins),
	    cmocka_unit_test(says_when_it_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
