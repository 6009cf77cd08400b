/* finding_envelope: what the envelope says against what the message says. */
#include "finding_private.h"

#include "span.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What mime.h stops at: behind that nobody knows who else is named. */
#define ADDRESSES_MAX 10000

/* RFC 1870 6.3: more may be declared than comes, not less. */
static void
check_size(struct look *look)
{
	if (look->promises & PROMISE_SIZE &&
	    look->raw.len > look->promised_size)
		finding_add(
		    look, FINDING_SIZE_DECLARED, look->promised_size, SPAN(""));
}

/* The addresses in To, Cc and Bcc, sorted so that many are found fast. */
struct named {
	const char **at;
	size_t count;
};

static int
compare(const void *left, const void *right)
{
	const char *const *a = left;
	const char *const *b = right;

	return strcasecmp(*a, *b);
}

static bool
collect(struct named *named, const struct mime *mime)
{
	static const enum mime_list lists[] = {MIME_TO, MIME_CC, MIME_BCC};
	size_t room = 1;

	memset(named, 0, sizeof(*named));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		room += mime->lists[lists[i]].count;
	named->at = malloc(room * sizeof(*named->at));
	if (!named->at)
		return false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct mime_addresses *all = &mime->lists[lists[i]];

		for (size_t j = 0; j < all->count; j++)
			named->at[named->count++] = all->at[j].address;
	}
	qsort(named->at, named->count, sizeof(*named->at), compare);
	return true;
}

static bool
is_named(const struct named *named, struct span address, struct buf *scratch)
{
	const char *text;

	buf_reset(scratch);
	(void)buf_put(scratch, address);
	text = buf_string(scratch);
	return !text ||
	    bsearch(
		&text, named->at, named->count, sizeof(*named->at), compare);
}

/* RFC 5321 7.2: they need not be there, and a list's never are. */
static void
check_recipients(struct look *look)
{
	size_t count = look->envelope ? look->envelope->recipient_count : 0;
	struct named named;
	struct buf scratch;

	if (!look->mime || count == 0 || look->extent == EXTENT_FIELDS)
		return;
	if (!collect(&named, look->mime)) {
		look->failed = true;
		return;
	}
	buf_init(&scratch, 64 * 1024);
	for (size_t i = 0; i < count && named.count < ADDRESSES_MAX; i++) {
		struct message_rcpt rcpt = message_recipient(look->envelope, i);

		if (message_rcpt_is_accepted(&rcpt) &&
		    !is_named(&named, rcpt.address, &scratch))
			finding_add(
			    look, FINDING_RECIPIENT_HIDDEN, 0, rcpt.address);
	}
	if (buf_failed(&scratch))
		look->failed = true;
	buf_release(&scratch);
	free(named.at);
}

void
finding_look_at_envelope(struct look *look)
{
	check_size(look);
	check_recipients(look);
}
