/* test_smtp_data: each short text there is, against a slow reading of it. */
#include "smtp.h"

#include "smtp_double.h"
#include "unit.h"

#define ENVELOPE "MAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\nDATA"

/*
 * RFC 5321 4.5.2, word by word: lines end with `eol` (or CR LF); a line that is
 * a single dot is the end, of any other a dot at its beginning goes away. What
 * stands behind the end is left in *wire.
 */
static void
read_slowly(struct span *wire, struct span eol, struct buf *text)
{
	for (;;) {
		struct span line = *wire;

		line.len = 0;
		do {
			line.len++;
			assert_true(line.len <= wire->len);
		} while (line.len < eol.len ||
		    memcmp(line.at + line.len - eol.len, eol.at, eol.len) != 0);
		span_skip(wire, line.len);
		if (span_equal(line, SPAN(".\r\n")) ||
		    (eol.len == 1 && span_equal(line, SPAN(".\n"))))
			return;
		if (line.at[0] == '.')
			span_skip(&line, 1);
		buf_put(text, line);
	}
}

static void
check_text(
    struct smtp_double *d, struct span text, struct span eol, size_t chunk)
{
	unsigned stored = d->stored;
	struct buf wire;
	struct buf expected;
	struct span rest;

	buf_init(&wire, 1000);
	buf_init(&expected, 1000);
	buf_put(&wire, text);
	buf_put(&wire, eol);
	buf_put_string(&wire, ".");
	buf_put(&wire, eol);
	rest = buf_span(&wire);
	read_slowly(&rest, eol, &expected);
	double_feed(d, SPAN(ENVELOPE));
	double_feed(d, eol);
	double_feed_chunks(d, span_make(wire.at, wire.len - rest.len), chunk);
	assert_int_equal(d->stored, stored + 1);
	assert_true(span_equal(buf_span(&d->message), buf_span(&expected)));
	buf_reset(&d->said);
	buf_release(&wire);
	buf_release(&expected);
}

static void
check_each_short_text(struct smtp_double *d, struct span eol)
{
	static const char letters[] = ".\r\nx";

	assert_true(double_start(d));
	double_feed(d, SPAN("HELO c.test\r\n"));
	for (size_t len = 0; len <= 6; len++)
		for (size_t n = 0; n < (size_t)1 << (2 * len); n++) {
			char text[6];

			for (size_t i = 0; i < len; i++)
				text[i] = letters[n >> (2 * i) & 3];
			for (size_t chunk = 1; chunk <= 4; chunk++)
				check_text(d, span_make(text, len), eol,
				    chunk * chunk);
		}
	double_stop(d);
}

static void
reads_each_short_text(void **state)
{
	struct smtp_double d = {.config = double_config()};

	(void)state;
	check_each_short_text(&d, SPAN("\r\n"));
}

/* Also where bare LFs are allowed, if the client makes no use of that. */
static void
stays_strict_with_strict_clients(void **state)
{
	struct smtp_double d = {.config = double_config()};

	(void)state;
	d.config.bare_lf = true;
	check_each_short_text(&d, SPAN("\r\n"));
}

static void
reads_each_short_text_of_a_person(void **state)
{
	struct smtp_double d = {.config = double_config()};

	(void)state;
	d.config.bare_lf = true;
	check_each_short_text(&d, SPAN("\n"));
}

/* What is whole in the input is given out whole, and in place. */
static void
gives_large_spans(void **state)
{
	struct smtp_double d = {.config = double_config()};
	struct span in = SPAN("HELO c.test\r\n" ENVELOPE "\r\n"
			      "a. b.\r\n\r\n.\n. .\r\n..two\r\nthree\r\n.\r\n");
	static const struct span spans[] = {
	    SPAN("a. b.\r\n\r\n"),
	    SPAN("\n. .\r\n"),
	    SPAN(".two\r\nthree\r\n"),
	};
	size_t count = 0;
	enum smtp_event event;
	struct span all = in;

	(void)state;
	assert_true(double_start(&d));
	while ((event = smtp_step(d.smtp, &in, &d.out)) != SMTP_BODY) {
		struct span content = smtp_content(d.smtp);

		if (event != SMTP_LINE && event != SMTP_CONTENT)
			smtp_answer(d.smtp, &d.out, NULL);
		if (event != SMTP_CONTENT)
			continue;
		assert_true(count < COUNT(spans));
		assert_true(span_equal(content, spans[count++]));
		assert_true(content.at >= all.at &&
		    content.at + content.len <= all.at + all.len);
	}
	assert_int_equal(count, COUNT(spans));
	double_stop(&d);
}

/* Of a message that is too large its beginning is given, to the byte. */
static void
stops_at_the_limit(void **state)
{
	(void)state;
	for (size_t limit = 1; limit < 14; limit++) {
		struct smtp_double d = {.config = double_config()};

		d.config.max_message = limit;
		assert_true(double_start(&d));
		double_feed(&d, SPAN("HELO c.test\r\n" ENVELOPE "\r\n"));
		double_feed_chunks(
		    &d, SPAN("1234567\r\n..\r\n.\r\n"), 1 + limit % 4);
		if (limit < 12) {
			assert_int_equal(d.aborted, 1);
			assert_int_equal(d.voided.len, limit);
			assert_memory_equal(
			    d.voided.at, "1234567\r\n.\r\n", limit);
		} else {
			assert_int_equal(d.stored, 1);
			assert_string_equal(
			    buf_string(&d.message), "1234567\r\n.\r\n");
		}
		double_stop(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_each_short_text),
	    cmocka_unit_test(stays_strict_with_strict_clients),
	    cmocka_unit_test(reads_each_short_text_of_a_person),
	    cmocka_unit_test(gives_large_spans),
	    cmocka_unit_test(stops_at_the_limit),
	};

	return cmocka_run_group_tests_name("smtp_data", tests, NULL, NULL);
}
