/*
 * tag: the names that messages are marked with.
 *
 * Pure; any thread. Names are compared in any case (ASCII).
 */
#ifndef TAG_H
#define TAG_H

#include "message.h"
#include "mime.h"
#include "span.h"

#include <stdbool.h>

#define TAG_MAX 100 /* octets */
/* More of them on one message are left out. */
#define TAG_COUNT_MAX 100

/*
 * Writes the clean form of a tag into `tag`: what is not a letter, a digit,
 * '-', '_', '.', '@' or blank becomes a blank, blanks collapse, the ends are
 * trimmed. False when nothing is left: then it is no tag.
 */
bool tag_clean(struct span text, char tag[TAG_MAX + 1]);

/*
 * The tags that a message brings along (API section 5.3): of its X-Tags header
 * and of the plus-addresses in To, Cc, Bcc (with the recipients that no header
 * names) and From. Clean, each once, sorted in any case, ended by NULL. NULL
 * without memory; tag_free() it.
 */
char **tag_find(const struct message *, const struct mime *);
void tag_free(char **tags);

#endif
