/*
 * fuzz_smtp: the same input in every cut gives the same replies and events,
 * and replies are what RFC 5321 calls replies.
 */
#include "fuzz.h"

#include "smtp_double.h"

/* The first bytes of the input say how the server is set up. */
struct setup {
	struct smtp_config config;
	unsigned seed; /* which questions get a no; 0: none */
	size_t chunk;
};

static const struct smtp_reply *
refuse_some(struct smtp_double *d, enum smtp_event event)
{
	static const struct smtp_reply no = {450, "4.7.1", SPAN("Not\nnow")};

	/* What is thrown away at TLS depends on the cut. */
	if (event == SMTP_TLS || (d->seed >> d->questions % 8 & 1))
		return &no;
	return NULL;
}

static struct setup
take_setup(struct span *input)
{
	struct setup setup = {.config = double_config(), .chunk = 1};
	unsigned char flags, hidden;

	if (input->len < 4)
		return setup;
	flags = (unsigned char)input->at[0];
	hidden = (unsigned char)input->at[1];
	setup.seed = (unsigned char)input->at[2];
	setup.chunk = (size_t)(unsigned char)input->at[3] + 1;
	span_skip(input, 4);
	setup.config.features |= SMTP_XCLIENT;
	setup.config.features &= ~((unsigned)hidden << 1 & 0xfff);
	setup.config.lmtp = flags & 1;
	setup.config.auth_required = flags & 2;
	setup.config.tls_required = (flags & 12) == 12;
	setup.config.bare_lf = flags & 16;
	if (flags & 32)
		setup.config.max_message = 20;
	if (flags & 64)
		setup.config.max_recipients = 2;
	if (flags & 128)
		setup.config.max_errors = 3;
	return setup;
}

static void
run(struct smtp_double *d, const struct setup *setup, struct span input,
    size_t chunk)
{
	d->config = setup->config;
	d->seed = setup->seed;
	d->decide = refuse_some;
	d->is_recorded = true;
	FUZZ_REQUIRE(double_start(d));
	double_feed_chunks(d, input, chunk);
	FUZZ_REQUIRE(d->is_closed || d->input_len <= SMTP_LINE_MAX);
	/* What is left behind is the same, too. */
	double_note(d, "left", span_make(d->input, d->input_len));
	double_note(d, "content", buf_span(&d->content));
	double_note(d, "message", buf_span(&d->message));
}

static void
check_line(struct span line)
{
	FUZZ_REQUIRE(line.len >= 4 && line.len <= 511);
	for (size_t i = 0; i < 3; i++)
		FUZZ_REQUIRE(line.at[i] >= '0' && line.at[i] <= '9');
	FUZZ_REQUIRE(line.at[0] >= '2' && line.at[0] <= '5');
	FUZZ_REQUIRE(line.at[3] == ' ' || line.at[3] == '-');
	FUZZ_REQUIRE(line.at[line.len - 1] == '\r');
	for (size_t i = 4; i < line.len - 1; i++)
		FUZZ_REQUIRE((line.at[i] >= ' ' && line.at[i] <= '~') ||
		    line.at[i] == '\t');
}

static void
check_replies(struct span said)
{
	bool is_open = false;

	while (said.len) {
		struct span line = span_make(said.at, span_find(said, '\n'));

		FUZZ_REQUIRE(line.len < said.len);
		check_line(line);
		is_open = line.at[3] == '-';
		span_skip(&said, line.len + 1);
		/* Each line of a reply has the same code. */
		FUZZ_REQUIRE(!is_open ||
		    (said.len > 3 && memcmp(said.at, line.at, 3) == 0));
	}
	FUZZ_REQUIRE(!is_open);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size);
	struct setup setup = take_setup(&input);
	struct smtp_double whole = {.smtp = NULL};
	struct smtp_double cut = {.smtp = NULL};

	run(&whole, &setup, input, SIZE_MAX);
	run(&cut, &setup, input, setup.chunk);
	FUZZ_REQUIRE(span_equal(buf_span(&whole.said), buf_span(&cut.said)));
	FUZZ_REQUIRE(
	    span_equal(buf_span(&whole.record), buf_span(&cut.record)));
	check_replies(buf_span(&whole.said));
	double_stop(&whole);
	double_stop(&cut);
	return 0;
}
