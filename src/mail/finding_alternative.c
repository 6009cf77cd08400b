/* finding_alternative: whether a message's text and its HTML say the same. */
#include "finding_private.h"

#include "hash.h"
#include "html.h"

#include <stdlib.h>
#include <string.h>

/* As much of each is compared; words are few beside it. */
#define TEXT_MAX ((size_t)256 * 1024)
#define WORDS_MAX 20000
/* Shorter texts say too little to tell. */
#define WORDS_MIN 5
/* Of the shorter one's words, this share must be in the other: one in... */
#define COMMON_SHARE 4
/* One alternative may be a summary of the other, but no more than that. */
#define LENGTH_RATIO 10

/* Hashes of different words; 0 is a free place. */
struct words {
	uint64_t *at;
	size_t size; /* a power of two */
	size_t count;
};

/* Letters and digits of ASCII; two comparisons, since each byte is asked. */
static bool
is_letter(char byte)
{
	return (unsigned)((byte | 0x20) - 'a') < 26 ||
	    (unsigned)(byte - '0') < 10;
}

/* The hash of the next word, which is skipped: letters and digits, or one
   character beyond ASCII, since not every script has blanks. */
static bool
hash_word(struct span *rest, uint64_t *sum)
{
	const char *at = rest->at, *end = at + rest->len;
	const char *start;

	while (at < end && !is_letter(*at) && (unsigned char)*at < 128)
		at++;
	*rest = span_make(at, (size_t)(end - at));
	if (at == end)
		return false;
	start = at;
	if (is_letter(*at)) {
		while (at < end && is_letter(*at))
			at++;
		*sum = hash_of_word(span_make(start, (size_t)(at - start)));
	} else {
		do
			at++;
		while (at < end && ((unsigned char)*at & 0xc0) == 0x80);
		*sum = hash_of(span_make(start, (size_t)(at - start)));
	}
	*rest = span_make(at, (size_t)(end - at));
	return true;
}

/* Links stand in a text, and behind the words of HTML. */
static bool
skip_link(struct span *rest)
{
	if (rest->len == 0 || (rest->at[0] | ' ') != 'h' ||
	    (!span_starts_nocase(*rest, SPAN("http://")) &&
		!span_starts_nocase(*rest, SPAN("https://"))))
		return false;
	while (rest->len && rest->at[0] > ' ')
		span_skip(rest, 1);
	return true;
}

/* Where the hash stands, or would stand. */
static uint64_t *
find(const struct words *words, uint64_t sum)
{
	size_t at = (size_t)(sum ^ sum >> 32) & (words->size - 1);

	while (words->at[at] && words->at[at] != sum)
		at = (at + 1) & (words->size - 1);
	return &words->at[at];
}

static void
add(struct words *words, uint64_t sum)
{
	uint64_t *place = find(words, sum ? sum : 1);

	words->count += *place == 0;
	*place = sum ? sum : 1;
}

/* False at the end of the text. */
static bool
next_word(struct span *text, uint64_t *sum)
{
	for (;;) {
		while (text->len && text->at[0] <= ' ' && text->at[0] >= 0)
			span_skip(text, 1);
		if (!skip_link(text))
			return hash_word(text, sum);
	}
}

static bool
read_words(struct words *words, struct span text)
{
	size_t half = text.len / 2 + 1; /* a word and a blank */
	size_t most = half < WORDS_MAX ? half : WORDS_MAX;
	uint64_t sum;

	words->count = 0;
	words->size = 64;
	while (words->size < most * 2)
		words->size *= 2;
	words->at = calloc(words->size, sizeof(*words->at));
	if (!words->at)
		return false;
	while (words->count < WORDS_MAX && next_word(&text, &sum))
		add(words, sum);
	return true;
}

/*
 * Whether words of the HTML alone, as far as it has to be read, show that it
 * does not differ from the text: mail that says the same twice is the usual
 * case. So many are common then that neither is too long for the other,
 * whatever the rest is, and that they are enough of the text's.
 */
static bool
are_alike(const struct words *texts, struct span html)
{
	size_t most = html.len / 2 + 1; /* words that it may have */
	size_t wanted = texts->count / COMMON_SHARE + 1;
	size_t common = 0;
	bool *seen;
	uint64_t sum;

	if (texts->count > most)
		most = texts->count;
	if (wanted < most / LENGTH_RATIO + 1)
		wanted = most / LENGTH_RATIO + 1;
	if (wanted > texts->count)
		return false;
	seen = calloc(texts->size, sizeof(*seen));
	if (!seen)
		return false;
	for (int i = 0; i < WORDS_MAX && common < wanted; i++) {
		const uint64_t *place;

		if (!next_word(&html, &sum))
			break;
		place = find(texts, sum ? sum : 1);
		common += *place && !seen[place - texts->at];
		seen[place - texts->at] = true;
	}
	free(seen);
	return common >= wanted;
}

static size_t
count_common(const struct words *a, const struct words *b)
{
	size_t common = 0;

	for (size_t i = 0; i < a->size; i++)
		common += a->at[i] && *find(b, a->at[i]);
	return common;
}

static bool
differ(const struct words *a, const struct words *b)
{
	size_t less = a->count < b->count ? a->count : b->count;
	size_t more = a->count < b->count ? b->count : a->count;

	if (more < WORDS_MIN)
		return false;
	return less * LENGTH_RATIO < more ||
	    (less >= WORDS_MIN && count_common(a, b) * COMMON_SHARE < less);
}

/* The multipart/alternative that the part is a choice of, perhaps inside a
   multipart/related with its pictures; SIZE_MAX when there is none. */
static size_t
alternative_around(const struct mime *mime, const struct mime_part *part)
{
	size_t around = part->parent;

	while (strcmp(mime->parts[around].type, "multipart/related") == 0 &&
	    mime->parts[around].parent != around)
		around = mime->parts[around].parent;
	return strcmp(mime->parts[around].type, "multipart/alternative") == 0
	    ? around
	    : SIZE_MAX;
}

/* The text of a multipart/alternative that has HTML beside it, or NULL. */
static const struct mime_part *
find_text(const struct mime *mime)
{
	const struct mime_part *text = NULL;

	for (size_t i = 1; i < mime->part_count; i++) {
		const struct mime_part *part = &mime->parts[i];
		size_t around = alternative_around(mime, part);

		if (part->role != MIME_BODY || around == SIZE_MAX)
			continue;
		if (strcmp(part->type, "text/plain") == 0)
			text = part;
		else if (strcmp(part->type, "text/html") == 0 && text &&
		    text->parent == around)
			return text;
	}
	return NULL;
}

static struct span
front(const struct buf *buf)
{
	return span_make(
	    buf->at ? buf->at : "", buf->len < TEXT_MAX ? buf->len : TEXT_MAX);
}

static bool
look_at(struct look *look, struct span text, struct span html)
{
	struct words texts = {NULL, 0, 0}, htmls = {NULL, 0, 0};
	bool fits = read_words(&texts, text);

	if (fits && !are_alike(&texts, html)) {
		fits = read_words(&htmls, html);
		if (fits && differ(&texts, &htmls))
			finding_add(look, FINDING_ALTERNATIVES_DIFFER,
			    look->head.len, text);
	}
	free(texts.at);
	free(htmls.at);
	return fits;
}

void
finding_look_at_alternatives(struct look *look)
{
	const struct mime *mime = look->mime;
	const struct mime_part *part = mime ? find_text(mime) : NULL;
	struct buf visible;
	struct span text;

	if (!part)
		return;
	/* Where the text is a line end or less, mime.h gives that of the HTML.
	 */
	text = part->size > 2 ? front(&mime->text) : SPAN("");
	buf_init(&visible, TEXT_MAX * 4);
	if (!html_put_words(&visible, front(&mime->html)) ||
	    !look_at(look, text, front(&visible)))
		look->failed = true;
	buf_release(&visible);
}
