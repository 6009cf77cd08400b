/* smtp_bdat: the chunks of BDAT (RFC 3030). */
#include "smtp_private.h"

static const struct smtp_reply bad_count = {
    501, "5.5.4", SPAN("Syntax: BDAT octets [LAST]")};

/* More octets than a number holds are as many as it can hold: too many. */
static bool
take_count(struct span digits, uint64_t *count)
{
	for (size_t i = 0; i < digits.len; i++)
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
	if (!span_number(digits, count))
		*count = UINT64_MAX;
	return digits.len > 0;
}

/* Also of a BDAT that comes at the wrong time: its octets follow it. */
const struct smtp_reply *
smtp_bdat_argument(struct smtp *smtp, struct span argument)
{
	struct smtp_chunk *chunk = &smtp->chunk;

	if (!take_count(span_cut_word(&argument), &chunk->size))
		return &bad_count;
	chunk->is_known = true;
	chunk->left = chunk->size;
	chunk->is_last = span_equal_nocase(argument, SPAN("LAST"));
	return argument.len && !chunk->is_last ? &bad_count : NULL;
}

const struct smtp_reply *
smtp_bdat_check(struct smtp *smtp, struct span argument)
{
	(void)argument;
	if (smtp->chunk.size > smtp->config->max_message - smtp->mail.received)
		return &smtp_too_big;
	return NULL;
}

void
smtp_bdat_commit(struct smtp *smtp)
{
	smtp->stage = STAGE_CHUNKS;
	smtp->mode = MODE_CHUNK;
}

/*
 * The octets come all the same. With a hole in it the message cannot become
 * whole any more: the chunks behind this one must fail too.
 */
void
smtp_bdat_refused(struct smtp *smtp)
{
	if (!smtp->chunk.is_known)
		return;
	smtp_void_transaction(smtp, smtp->wrong);
	if (smtp->mode == MODE_COMMAND)
		smtp->mode = MODE_SKIP;
}

static const struct smtp_command chunk_moment = {
    .usual = {250, "2.0.0", SPAN("%n octets received")},
};

/* How many of the chunk's octets are there; they count as taken. */
static size_t
take_octets(struct smtp_chunk *chunk, struct span in)
{
	size_t len = in.len < chunk->left ? in.len : (size_t)chunk->left;

	chunk->left -= len;
	return len;
}

enum smtp_event
smtp_bdat_read(struct smtp *smtp, struct span *in, struct buf *out)
{
	struct smtp_chunk *chunk = &smtp->chunk;

	if (chunk->left && in->len == 0)
		return SMTP_MORE;
	if (chunk->left)
		return smtp_content_take(smtp, in, take_octets(chunk, *in));
	return smtp_ask(
	    smtp, chunk->is_last ? &smtp_body_moment : &chunk_moment, out);
}

enum smtp_event
smtp_bdat_skip(struct smtp *smtp, struct span *in, struct buf *out)
{
	(void)out;
	span_skip(in, take_octets(&smtp->chunk, *in));
	if (smtp->chunk.left)
		return SMTP_MORE;
	smtp->mode = MODE_COMMAND;
	return GO_ON;
}
