/* tag: the names that messages are marked with. */
#include "tag.h"

#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
may_stand_in_tag(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	    (byte >= 'A' && byte <= 'Z') ||
	    (byte != '\0' && strchr("-_.@", byte));
}

bool
tag_clean(struct span text, char tag[TAG_MAX + 1])
{
	size_t len = 0;
	bool is_blank = false;

	for (size_t i = 0; i < text.len && len < TAG_MAX; i++) {
		if (!may_stand_in_tag(text.at[i])) {
			is_blank = len > 0;
			continue;
		}
		if (is_blank) {
			/* A blank at the very end would have to go again. */
			if (len + 1 == TAG_MAX)
				break;
			tag[len++] = ' ';
		}
		is_blank = false;
		tag[len++] = text.at[i];
	}
	tag[len] = '\0';
	return len > 0;
}

struct finding_tags {
	char **tags;
	size_t count;
	bool failed;
};

static void
add(struct finding_tags *found, struct span text)
{
	char tag[TAG_MAX + 1];

	if (found->count == TAG_COUNT_MAX || !tag_clean(text, tag))
		return;
	for (size_t i = 0; i < found->count; i++)
		if (strcasecmp(found->tags[i], tag) == 0)
			return;
	found->tags[found->count] = strdup(tag);
	if (found->tags[found->count])
		found->count++;
	else
		found->failed = true;
}

/* user+one+two@x.test has two of them. */
static void
add_plus(struct finding_tags *found, struct span address)
{
	size_t end = address.len;

	while (end && address.at[end - 1] != '@')
		end--;
	if (end == 0)
		return;
	address.len = end - 1;
	(void)span_cut(&address, '+');
	while (address.len)
		add(found, span_cut(&address, '+'));
}

static bool
add_unlisted(struct span address, void *context)
{
	add_plus(context, address);
	return true;
}

static void
add_list(struct finding_tags *found, const struct mime_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_plus(found, span_string(list->at[i].address));
}

static int
compare(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcasecmp(*left, *right);
}

char **
tag_find(const struct message *message, const struct mime *mime)
{
	static const enum mime_list lists[] = {
	    MIME_TO, MIME_CC, MIME_BCC, MIME_FROM};
	const struct mime_field *field = mime_find(mime, "X-Tags");
	struct span rest = span_string(field ? field->value : "");
	struct finding_tags found = {0};

	found.tags = calloc(TAG_COUNT_MAX + 1, sizeof(char *));
	if (!found.tags)
		return NULL;
	while (rest.len)
		add(&found, span_cut(&rest, ','));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		add_list(&found, &mime->lists[lists[i]]);
	if (!trace_unlisted(message, mime, add_unlisted, &found) ||
	    found.failed) {
		tag_free(found.tags);
		return NULL;
	}
	qsort(found.tags, found.count, sizeof(char *), compare);
	return found.tags;
}

void
tag_free(char **tags)
{
	for (char **tag = tags; tag && *tag; tag++)
		free(*tag);
	free(tags);
}
